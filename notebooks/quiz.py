"""Concept questions: one right choice, and a reply to every choice. Nothing is graded.

The questions are in ``quiz.json`` beside this file. It needs the standard library alone, so an
assignment can have both files.
"""

import hashlib
import html
import json
import re
import sys
from pathlib import Path

FILE = Path(__file__).with_name("quiz.json")


def digest(name, letter):
    """Return what ``quiz.json`` holds in place of the right letter, so that nobody reads it by accident."""
    return hashlib.sha256(f"{name}: {letter}".encode()).hexdigest()[:16]


class Question:
    """A question with its choices, shown as the result of a cell: each choice opens its reply.

    Parameters
    ----------
    name : str
        A key of ``quiz.json``.
    """

    def __init__(self, name):
        found = json.loads(FILE.read_text(encoding="utf-8"))[name]
        self.name, self.text, self.right = name, found["question"], found["right"]
        self.choices = {letter: choice["text"] for letter, choice in found["choices"].items()}
        self.replies = {letter: choice["reply"] for letter, choice in found["choices"].items()}

    def answer(self, letter):
        """Return whether a choice is right, and why, as text."""
        letter = str(letter).strip().lower()
        if letter not in self.choices:
            return f"Choose one of {', '.join(self.choices)}."
        verdict = "Yes." if digest(self.name, letter) == self.right else "Not this one."
        return f"{verdict} {self.replies[letter]}"

    def __repr__(self):
        choices = "\n".join(f"  {letter}) {text}" for letter, text in self.choices.items())
        return f'{self.text}\n{choices}\nTo answer: print(ask("{self.name}").answer("a"))'

    def _repr_html_(self):
        choices = "".join(
            f'<details style="margin: 0.3em 1em"><summary>{letter}) {marked(text)}</summary>'
            f'<p style="margin: 0.3em 1.5em">{marked(self.answer(letter))}</p></details>'
            for letter, text in self.choices.items())
        return f'<div style="max-width: 44em"><p>{marked(self.text)} Choose, then open your choice.</p>{choices}</div>'


def marked(text):
    """Return text as HTML, with code between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def ask(name):
    """Return a question of ``quiz.json``: in a notebook, the last line of a cell shows it."""
    return Question(name)


if __name__ == "__main__":  # python quiz.py NAME LETTER, for authors: what goes into "right"
    print(digest(*sys.argv[1:]))

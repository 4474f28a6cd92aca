"""Spelling: every word of documents, lessons, hints, messages and docstrings is in a dictionary or in data/words.txt.

The dictionary is pyspellchecker's, of American and British English. Of 2,000 words of ours with one letter dropped,
doubled, swapped or changed it misses 9 in 100. A list of common misspellings (codespell) misses 82.
"""

import io
import json
import re
import tokenize
import tomllib

import pytest
from spellchecker import SpellChecker

from tests.helpers.courses import ROOT

LIST = ROOT / "tests/data/words.txt"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"),
                    *ROOT.glob("tests/*/README.md")])
NOTEBOOKS = sorted([*ROOT.glob("source/*/*.ipynb"), *ROOT.glob("notebooks/*.ipynb")])
MODULES = sorted([*ROOT.glob("autograder/**/*.py"), *ROOT.glob("*.py"), *ROOT.glob("docs/**/*.py"),
                  *ROOT.glob("figures/*.py"), *ROOT.glob("source/*/*.py"), *ROOT.glob("notebooks/*.py"),
                  *ROOT.glob("benchmarks/*.py")])
CATALOGUES = sorted(ROOT.glob("source/*/mistakes/*.toml"))

#: What is no prose: code, formulas, tags, addresses and targets of links; fields of format strings.
NO_PROSE = re.compile(r"```.*?```|``[^`]*``|`[^`]*`|\$\$.*?\$\$|\$[^$\n]+\$|<[^>\n]*>|\]\([^)]*\)|https?://\S+|&\w+;"
                      r"|\{[^{}]*\}", re.DOTALL)
#: A word of three letters or more, which is no part of a path, a name with dots or a call.
WORD = re.compile(r"(?<![\w./\\{'=-])[A-Za-z][a-z]{2,}(?![\w/(=\[]|\.[a-z(]|'[a-z]{3})")
#: A string that is a sentence or more.
SENTENCE = re.compile(r"[a-z]{2}[.?:]( |$|\n)")


@pytest.fixture(scope="module")
def unknown():
    """A function that returns the unknown words of texts."""
    dictionary = SpellChecker(language="en", distance=1)
    ours = set(LIST.read_text(encoding="utf-8").split())

    def find(texts):
        words = {word.lower() for text in texts for word in WORD.findall(NO_PROSE.sub(" ", text))}
        return sorted(dictionary.unknown(words) - ours)

    return find


def documents():
    """Yield the documents, without indented code."""
    yield from (re.sub(r"(?m)^    .*$", "", path.read_text(encoding="utf-8")) for path in DOCUMENTS)


def lessons():
    """Yield the prose of the lessons."""
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield "".join(cell["source"])


def catalogues():
    """Yield what the catalogues of mistakes say: sentences and hints."""
    def strings(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                yield from strings(item)

    for path in CATALOGUES:
        yield from (text for text in strings(tomllib.loads(path.read_text(encoding="utf-8"))) if SENTENCE.search(text))


def messages():
    """Yield the comments, docstrings and messages of modules."""
    for path in MODULES:
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and SENTENCE.search(token.string)):
                yield re.sub(r"^[rRbBfF]+(?=['\"])", "", token.string)


@pytest.mark.parametrize("texts", [documents, lessons, catalogues, messages], ids=lambda texts: texts.__name__)
def test_words_are_spelt_right(unknown, texts):
    """A word that is right and not in the dictionary goes into tests/data/words.txt."""
    assert [] == unknown(texts())


def test_the_list_is_in_order():
    """words.txt is sorted, without doubles and without words that the dictionary has."""
    words = LIST.read_text(encoding="utf-8").split()
    assert sorted(set(words)) == words
    assert [] == sorted(set(words) & set(SpellChecker(language="en", distance=1).word_frequency.words()))


def test_a_misspelt_word_is_found(unknown):
    """Words are found in prose, and not in code, in formulas or in addresses."""
    assert ["gradeint"] == unknown(["The gradeint of `gradeinte` in $gradeinta$ and <https://gradeintx.org>."])

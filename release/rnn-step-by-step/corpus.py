"""Names to learn from: some made by rules of our own, some real; and the way from letters to numbers and back."""

from collections import Counter
from pathlib import Path

import numpy as np

#: The sign that begins and ends a name has number 0, the letters have 1 to 26.
ALPHABET = ".abcdefghijklmnopqrstuvwxyz"

STARTS = ["aro", "bal", "cera", "dori", "eno", "fala", "giga", "helo", "iri", "kento", "loma", "mega", "nodo", "pachy",
          "quil", "rapto", "sino", "tera", "ulo", "velo", "xeno", "zani"]
MIDDLES = ["ba", "cro", "da", "gno", "ka", "lo", "mi", "no", "pho", "ra", "si", "tho", "va", "xi"]
ENDS = ["don", "lus", "mimus", "pteryx", "raptor", "rex", "saurus", "tops", "tyx", "nax"]

#: The loss of a network that knows the rules, in nats a letter: what it cannot know is what the dice say.
BEST_LOSS = 0.8014


def make_names(rng, m):
    """Draw m names by the rules: a start, none to two middles, an end."""
    counts = rng.integers(3, size=m)
    return [str(rng.choice(STARTS)) + "".join(rng.choice(MIDDLES, size=count)) + str(rng.choice(ENDS))
            for count in counts]


def follows_rules(name):
    """Whether the rules can make a name."""
    rests = {name[len(start):] for start in STARTS if name.startswith(start)}
    for _ in range(3):
        if rests & set(ENDS):
            return True
        rests = {rest[len(middle):] for rest in rests for middle in MIDDLES if rest.startswith(middle)}
    return False


def real_names():
    """The English given names of names.txt; names-licence.txt says where they are from."""
    return (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").split()


def encode(names):
    """Turn names into numbers.

    Returns
    -------
    ids : (m, L) ndarray of int
        One row a name, filled up with 0 to the longest.
    lengths : (m,) ndarray of int
    """
    lengths = np.array([len(name) for name in names])
    ids = np.zeros((len(names), lengths.max()), dtype=int)
    for row, name in zip(ids, names):  # noqa: B905  (of Python 3.10)
        row[: len(name)] = [ALPHABET.index(letter) for letter in name]
    return ids, lengths


def decode(ids):
    """Turn numbers into a name."""
    return "".join(ALPHABET[index] for index in ids)


def ngram_loss(names, held_out, n):
    """Loss of a table that counts which letter follows each n - 1 letters, in nats a letter of the held-out names."""
    def grams(name):
        padded = "." * (n - 1) + name + "."
        return [padded[i : i + n] for i in range(len(name) + 1)]

    seen = Counter(gram for name in names for gram in grams(name))
    before = Counter()
    for gram, count in seen.items():
        before[gram[:-1]] += count
    asked = [gram for name in held_out for gram in grams(name)]
    return -np.mean([np.log((seen[gram] + 0.1) / (before[gram[:-1]] + 2.7)) for gram in asked])

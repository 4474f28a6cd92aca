"""Names in a sentence: quoted, listed, and with the words that fit their number."""

from __future__ import annotations

from collections.abc import Sequence

MAX_NAMES = 3


def verb(names: Sequence[str], one: str, several: str) -> str:
    """Return the form for one name or for several."""
    return one if len(names) == 1 else several


def pronoun(names: Sequence[str]) -> str:
    """Return "it" or "them"."""
    return verb(names, "it", "them")


def quote(names: Sequence[str]) -> str:
    """Return names as a text lists them."""
    shown = [f"`{name}`" for name in names[:MAX_NAMES]]
    if len(names) > MAX_NAMES:
        return f"{', '.join(shown)} and {len(names) - MAX_NAMES} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)

"""Text from a notebook as a page may hold it."""

from autograder.pages.plain_text import clean_text


def test_text_is_shown_as_a_terminal_leaves_it():
    """Colours go, a progress bar keeps its last state, and of a flood head and tail are kept."""
    assert "error at 100 %\n" == clean_text("\x1b[31merror\x1b[0m at 1 %\rerror at 100 %\n")
    flood = clean_text("a" * 50_000 + "z")
    assert len(flood) < 21_000 and flood.startswith("aaa") and flood.endswith("az") and "left out" in flood

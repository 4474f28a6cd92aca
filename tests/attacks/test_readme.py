"""The README lists every attack."""

from pathlib import Path

from . import (
    test_bombs,
    test_cheating,
    test_files,
    test_forging,
    test_leftovers,
    test_notebooks,
    test_pages,
    test_stand_in,
    test_ways_out,
)

TABLE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
NAMES = [
    *(one.name for module in (test_bombs, test_cheating, test_files, test_notebooks, test_pages, test_ways_out)
      for one in module.ATTACKS),
    *(name for table in (test_bombs.FILES, test_forging.MESSAGES, test_forging.FRAMES, test_forging.SILENCE,
                         test_leftovers.POISONS, test_leftovers.ENDS, test_stand_in.WHOLE) for name in table),
]  # fmt: skip


def test_every_attack_is_in_the_table():
    """The last column of the README's table names each attack, beside its defence."""
    rows = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.count(" | ") == 3]
    listed = {name for *_, names in rows for name in names.split("; ")}
    assert [] == [name for name in NAMES if name not in listed]

"""`make bench`: our grader beside its peers, on the same notebooks in the same run; the README has the method."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import click

from . import cold, memory, meter, single, whole
from .tables import progress, show_bars

PARTS = ("one", "cold", "class", "memory")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--rounds", type=click.IntRange(1), default=2, show_default=True,
              help="one: number of turns of every tool.")
@click.option("--batch", type=click.IntRange(1, 9), default=4, show_default=True,
              help="one: further submissions of a peer's batch; ours has ten times as many.")
@click.option("--otter/--no-otter", default=True, show_default=True,
              help="one: measure otter-grader; it gets an environment of its own, benchmarks/.venv-otter.")
@click.option("--size", type=click.IntRange(5), default=1000, show_default=True,
              help="class: the number of submissions.")
@click.option("--sample", type=click.IntRange(3), default=16, show_default=True,
              help="class: the number that nbgrader grades.")
@click.option("--part", type=click.IntRange(1), default=120, show_default=True,
              help="class: the number graded with each number of processes and of workers.")
@click.option("--endless/--no-endless", default=False, show_default=True,
              help="class: grade an endless loop with nbgrader, too; takes minutes.")
@click.option("--growth", default="100,1000,10000", show_default=True, metavar="N,N,...",
              help="memory: sizes of classes; 10,000 take 2 GB of disk for a moment.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write all numbers here, too.")
@click.option("--scratch", type=click.Path(file_okay=False, exists=True, path_type=Path), metavar="FOLDER",
              help="Make scratch courses here.  [default: the system's temporary folder]")
def main(parts: tuple[str, ...], rounds: int, batch: int, otter: bool, size: int, sample: int, part: int,
         endless: bool, growth: str, json_file: Path | None, scratch: Path | None) -> None:
    """Measure PARTS, all of them by default, and print tables with ratios.

    \b
      one     CPU, wall and memory of one submission and of a batch: the floor, ours, nbgrader, nbclient, otter
      cold    CPU of `autograder grade --student`, start included: a right submission, one with four wrong tasks
      class   a class of 1,000: grading, feedback and export beside nbgrader; more processes, more workers
      memory  the grading process's own memory for classes of 100, 1,000, 10,000

    A quiet machine, please: wall times are those of everything that runs.
    """
    if sys.platform != "linux":
        raise click.ClickException("the cost of a command and its descendants is measured on Linux only")
    os.environ.update(meter.ONE_THREAD, MPLBACKEND="agg")
    numbers: dict = {"machine": machine()}
    if (busy := os.getloadavg()[0]) > 0.5:
        progress(f"the machine is not quiet (load {busy:.1f}): CPU counts, wall misleads")
    bars = []
    for name in parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch) as folder:
            if name == "one":
                numbers[name], more = single.run(Path(folder), rounds, batch, otter)
            elif name == "cold":
                numbers[name], more = cold.run(Path(folder))
            elif name == "class":
                numbers[name], more = whole.run(Path(folder), size, min(sample, size), min(part, size), endless)
            else:
                numbers[name], more = memory.run(Path(folder), [int(count) for count in growth.split(",")])
            bars += more
    show_bars(bars)
    numbers["bars"] = [bar.to_dict() for bar in bars]
    if json_file:
        json_file.write_text(json.dumps(numbers, indent=1) + "\n")


def machine() -> dict:
    """Return the machine and the versions that numbers depend on."""
    return {
        "cores": os.cpu_count(), "load": os.getloadavg()[0], "system": platform.platform(),
        "python": platform.python_version(), **{name: version(name) for name in ("nbgrader", "nbclient", "numpy")},
    }


if __name__ == "__main__":
    main()

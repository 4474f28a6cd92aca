"""The house: imports point down, modules stay readable, nothing of this machine is written down."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "autograder"

#: What stands on what. A module imports only from lower numbers, or from its own package.
LEVELS = {
    "errors": 0, "model": 0, "files": 0, "store": 1,
    "remember": 1,
    "spreadsheets": 1, "timestamps": 0, "roster": 2,
    "notebooks": 3, "scaffold": 3,
    "sandbox": 4, "render": 4,
    "course": 5, "pages": 5,
    "fingerprints": 6,
    "judging": 7,
    "grade": 8,
    "hooks": 9, "release": 9,
    "gradebook": 10, "demo": 10,
    "recording": 11, "marking": 11, "collect": 11, "exports": 11, "nbgrader_bridge": 11,
    "batch": 12,
    "classroom": 13,
    "cli": 14,
}  # fmt: skip
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path):
    """The name under which a module stands in LEVELS."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """The modules of ours that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = path.parent
            for _ in range(node.level - 1):
                base = base.parent
            parts = (*base.relative_to(ROOT).parts, *(node.module or "").split(".")) if node.level else (
                node.module.split("."))
            parts = [part for part in parts if part]
            if parts[:1] == ["autograder"]:
                if len(parts) > 1:
                    yield parts[1]
                else:
                    yield from (alias.name for alias in node.names if alias.name in LEVELS)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("autograder."):
                    yield alias.name.split(".")[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    """A module imports only what stands below it."""
    mine = room(path)
    assert mine in LEVELS, f"give {mine} its level"
    for other in imported(path):
        assert other == mine or LEVELS[other] < LEVELS[mine], f"{mine} imports {other}"


def test_only_the_command_line_prints_or_exits():
    """print, sys.exit and click.echo stand in cli/ alone; award prints into the instructor's own notebook."""
    for path in MODULES:
        if path.name == "grade.py" or {"sandbox", "cli"} & set(path.parts):
            continue
        calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        assert not calls & {"print", "exit", "sys.exit", "click.echo"}, path


def test_no_registry_or_machine_is_named():
    """No address of a package registry and no path of the machine it was written on is in a tracked file."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    if files == [""]:
        pytest.skip("not a git checkout")
    forbidden = re.compile("|".join(["/wor" + "k/main", "/roo" + r"t/\.", "pypi" + r"\.org", "registry" + r"\.npmjs"]))
    for name in filter(None, files):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".svg"}:
            assert not forbidden.search(path.read_text(encoding="utf-8", errors="ignore")), name

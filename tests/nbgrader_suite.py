"""Run the tests that nbgrader ships for its commands, with this course's nbgrader_config.py in force.

What passes with nbgrader as it comes has to pass with our configuration: `python -m tests.nbgrader_suite`. These
courses are not ours, so that the run shows whether our steps are neutral there. With ``--stock``, the tests run without
our configuration, which shows whether `EXPECTED` is still true of a new version of nbgrader.
"""

import argparse
import getpass
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]

#: The tests have courses of their own. `nbgrader list` lists those of one course where a configuration names it.
NO_COURSE = "\nc.CourseDirectory.course_id = ''\n"
#: Tests that fail with nbgrader as it comes, each with its reason.
EXPECTED: dict[str, str] = {}


def pytest_configure() -> None:
    """Let nbgrader ask for the version of its tables once, and not for each new database: this module is a plugin."""
    from nbgrader import api

    api.get_alembic_version = cache(api.get_alembic_version)


def run_suite(stock: bool, folder: Path) -> tuple[set[str], set[str]]:
    """Run the tests in a scratch folder, and return the names of those that passed and those that failed."""
    config = folder / "config"
    config.mkdir()
    if not stock:
        ours = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
        (config / "nbgrader_config.py").write_text(ours + NO_COURSE, encoding="utf-8")
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": programs, "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_PATH": str(config),
                   "USER": getpass.getuser()}
    results = folder / "results.xml"
    subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "tests.nbgrader_suite", "-p", "no:cacheprovider",
         "--rootdir", str(folder), "-W", "ignore", "--tb", "short", f"--junitxml={results}",
         "--pyargs", "nbgrader.tests.apps"),
        cwd=folder, env=environment)
    passed, failed = set[str](), set[str]()
    for case in ElementTree.parse(results).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}"
        if case.find("skipped") is None:
            (passed if case.find("failure") is None and case.find("error") is None else failed).add(name)
    return passed, failed


def main() -> int:
    """Run the tests, print what differs from `EXPECTED`, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stock", action="store_true", help="run them with nbgrader as it comes")
    stock = parser.parse_args().stock
    with tempfile.TemporaryDirectory(prefix="nbgrader-suite-") as folder:
        passed, failed = run_suite(stock, Path(folder))
    for name in sorted(failed - EXPECTED.keys()):
        print(f"fails {'with nbgrader as it comes' if stock else 'with our nbgrader_config.py alone'}: {name}")
    for name in sorted(EXPECTED.keys() & passed):
        print(f"passes, so delete it from EXPECTED: {name}")
    print(f"nbgrader's own tests: {len(passed)} passed, {len(failed)} failed, {len(EXPECTED)} of them expected")
    return 0 if passed and failed == set(EXPECTED) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The documents: their links lead somewhere, the tests they name exist, their picture is the script's."""

import re
import runpy
import tomllib

import pytest

from tests.helpers.courses import ROOT

DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("tests/*/*.md"), ROOT / "docs/site/README.md"])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path):
    """A relative link in a document names a file of the repository."""
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]
    assert [] == [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_tests_that_a_document_names_exist(path):
    """A test module in backticks is a file below tests/."""
    named = re.findall(r"`(?:tests/)?([a-z_0-9/]*test_[a-z_0-9]*\.py)`", path.read_text(encoding="utf-8"))
    beside = path.parent.relative_to(ROOT / "tests") if path.is_relative_to(ROOT / "tests") else ""
    assert [] == [name for name in named
                  if not (ROOT / "tests" / name).is_file() and not (ROOT / "tests" / beside / name).is_file()]


def test_the_picture_of_the_architecture_is_up_to_date():
    """docs/architecture.svg is, byte for byte, what docs/draw_architecture.py draws."""
    drawn = runpy.run_path(str(ROOT / "docs" / "draw_architecture.py"))["draw"]()
    assert drawn == (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")


def test_the_picture_names_packages_that_exist():
    """Each package in the picture is a folder or a module of autograder/."""
    drawn = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    names = set(re.findall(r'class="name">([a-z_]+)/', drawn)) | set(re.findall(r'class="name">([a-z_]+\.py)', drawn))
    disk = {"submitted", "source", "feedback", "guest"}
    assert set() == {name for name in names - disk if not (ROOT / "autograder" / name).exists()}


def test_the_extra_for_the_site_is_what_make_site_installs():
    """[site] in pyproject.toml names the packages of requirements-site.in, and the lock pins each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [line.split("  #")[0].strip() for line in (ROOT / "requirements-site.in").read_text().splitlines()
             if line and not line.startswith(("#", "-"))]
    assert named == project["optional-dependencies"]["site"]
    lock = (ROOT / "requirements-site.lock").read_text(encoding="utf-8")
    assert [] == [name for name in named if f"\n{name.partition('>')[0]}==" not in lock]

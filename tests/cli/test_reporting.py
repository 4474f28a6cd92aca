"""`autograder report` writes pages whose links lead to files that are there."""

import json
import re
import shutil

import pytest

from tests.helpers.courses import NAME, call


@pytest.fixture
def course(graded, tmp_path):
    """Return a copy of the graded course, in which one student has a feedback page."""
    folder = shutil.copytree(graded, tmp_path / "course")
    shutil.rmtree(folder / "feedback", ignore_errors=True)
    page = folder / "feedback" / "ada" / NAME / f"{NAME}.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>well done</p>")
    return folder


def test_the_index_leads_to_the_reports_and_these_to_the_pages(course):
    """Every relative link of both pages is a file; one student has a page, and all who were graded a notebook."""
    out = call(course, "report", "--json", "all.json")
    assert f"wrote reports/{NAME}.html" in out and "wrote reports/index.html: 1 of" in out
    links = {}
    for name in ("index", NAME):
        text = (course / "reports" / f"{name}.html").read_text(encoding="utf-8")
        links[name] = re.findall(r'href="([^"#]+)"', text)
        assert all((course / "reports" / link).is_file() for link in links[name])
    assert {f"{NAME}.html", f"../feedback/ada/{NAME}/{NAME}.html"} == set(links["index"])
    assert f"../autograded/ada/{NAME}/{NAME}.ipynb" in links[NAME]
    assert "index.html" in links[NAME]
    content = json.loads((course / "all.json").read_text())
    assert {"assignments", "students"} == set(content)
    assert "ada" in {row["student"] for row in content["students"]}


def test_a_report_elsewhere_has_links_from_there(course, tmp_path):
    """With --output the links are relative to the file that was named; hidden names have no links."""
    (tmp_path / "desk").mkdir()
    out = call(course, "report", NAME, "--output", str(tmp_path / "desk" / "class.html"))
    assert "need help: the page says who, and why" in out
    text = (tmp_path / "desk" / "class.html").read_text(encoding="utf-8")
    assert f'href="../course/feedback/ada/{NAME}/{NAME}.html"' in text
    assert "index.html" not in text
    call(course, "report", "--hide-names")
    for name in ("index", NAME):
        assert "../" not in (course / "reports" / f"{name}-no-names.html").read_text(encoding="utf-8")

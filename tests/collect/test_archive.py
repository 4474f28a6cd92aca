"""Folders and zips that cannot be trusted: names, links, bombs, broken files."""

import io
import os
import stat
import zipfile

import pytest

from autograder.collect import collect_submissions, sources
from autograder.course.course import Course
from autograder.errors import CourseError
from tests.helpers.collecting import (
    ADA,
    BEA,
    NAME,
    ROSTER,
    path_of,
    read_submitted,
    students_of,
    write_folder,
    write_zip,
)


@pytest.mark.parametrize("name, content, problem", [
    ("../ada.ipynb", ADA, "leads out of the zip"), ("x/../../ada.ipynb", ADA, "leads out of the zip"),
    ("/etc/ada.ipynb", ADA, "absolute name"), ("C:/ada.ipynb", ADA, "absolute name"),
    ("..\\ada.ipynb", ADA, "leads out"),
    ("ada_\x1b[31m.ipynb", ADA, "cannot be printed"),
    ("ada.ipynb", (b"/etc/passwd", (stat.S_IFLNK | 0o777) << 16), "is a link"),
    ("ada.ipynb", (b"", (stat.S_IFIFO | 0o666) << 16), "not a regular file"),
    pytest.param("ada.ipynb", b" " * 64_000_001, "more than 64,000,000 bytes", id="bomb"),
    pytest.param("ada.ipynb", os.urandom(64_000_001), "more than 64,000,000 bytes", id="huge"),
])  # fmt: skip
def test_a_bad_member_is_refused_and_others_are_collected(course, tmp_path, name, content, problem):
    """Names that lead elsewhere, links, pipes and bombs are refused with the reason; a good file beside them is not."""
    result = collect_submissions(
        Course(course), NAME, write_zip(tmp_path / "x.zip", {name: content, "bea.ipynb": BEA}), ROSTER)
    assert ["bea"] == students_of(result.matched)
    assert [True] == [problem in why for _, why in result.refused]
    assert {path_of("bea"): BEA} == read_submitted(course)


def test_members_with_the_same_name_are_refused(course, tmp_path):
    """Of two members with the same name, neither is collected."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive, pytest.warns(UserWarning):
        for content in (ADA, BEA):
            archive.writestr("ada.ipynb", content)
        archive.writestr("bea.ipynb", BEA)
    result = collect_submissions(Course(course), NAME, tmp_path / "x.zip", ROSTER)
    assert {("ada.ipynb", "has the same name as another file")} == set(result.refused)


def test_a_broken_member_is_refused(course, tmp_path):
    """A member with changed bytes is refused; the others are collected."""
    data = write_zip(tmp_path / "x.zip", {"ada.ipynb": os.urandom(1000), "bea.ipynb": BEA}).read_bytes()
    (tmp_path / "x.zip").write_bytes(data[:200] + b"?" * 9 + data[209:])
    result = collect_submissions(Course(course), NAME, tmp_path / "x.zip", ROSTER)
    assert ["bea"] == students_of(result.matched) and "cannot be unpacked" in result.refused[0][1]


def test_an_archive_that_cannot_be_read_is_one_clear_line(course, tmp_path, monkeypatch):
    """A bomb, too many files, an encrypted or truncated zip, no zip, no file and no notebook are errors of one line."""

    def assert_refused(path, problem):
        with pytest.raises(CourseError, match=problem) as caught:
            collect_submissions(Course(course), NAME, path, ROSTER)
        assert 1 == len(str(caught.value).splitlines())

    assert_refused(write_zip(tmp_path / "bomb.zip", {"0.ipynb": b"\0" * 65_000_000}), "more than 64,000,000")
    whole = write_zip(tmp_path / "a.zip", {"ada.ipynb": ADA}).read_bytes()
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert_refused(tmp_path / "locked.zip", "encrypted")
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    assert_refused(tmp_path / "cut.zip", "nor a whole zip file")
    (tmp_path / "text.zip").write_bytes(b"no zip")
    assert_refused(tmp_path / "text.zip", "nor a whole zip file")
    assert_refused(tmp_path / "nowhere", "no such folder or zip")
    assert_refused(write_zip(tmp_path / "pdf.zip", {"ada.pdf": ADA}), "no notebook in it")
    monkeypatch.setattr(sources, "MAX_FILES", 2)
    many = {f"{n}.ipynb": ADA for n in range(4)}
    assert_refused(write_zip(tmp_path / "many.zip", many), "files are in it")
    assert_refused(write_folder(tmp_path / "many", many), "files are in it")


def test_links_and_pipes_in_a_folder_are_not_followed(course, tmp_path):
    """Links to a file and to a folder are refused, and so is a pipe, which would block when opened."""
    (tmp_path / "secret.ipynb").write_bytes(b"secret")
    files = write_folder(tmp_path / "x", {"bea.ipynb": BEA, ".hidden/ada.ipynb": ADA, "__MACOSX/ada.ipynb": ADA})
    (files / "ada.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (files / "more").symlink_to(tmp_path)
    os.mkfifo(files / "a_b.ipynb")
    result = collect_submissions(Course(course), NAME, files, ROSTER)
    refused = {("ada.ipynb", "is a link"), ("more", "is a link"), ("a_b.ipynb", "is not a regular file")}
    assert refused == set(result.refused)
    assert {path_of("bea"): BEA} == read_submitted(course)


def test_umlauts_from_any_system_are_read(course, tmp_path):
    """Decomposed letters, and UTF-8 without its flag, as macOS writes them, identify the student."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Bea Mu\u0308ller-U\u0308nal_1_assignsubmission_file_/x.ipynb"), BEA)
    raw = data.getvalue().replace(b"\x00\x08\x00\x00", b"\x00\x00\x00\x00")  # without the flag that says UTF-8
    (tmp_path / "x.zip").write_bytes(raw)
    assert [0] == [info.flag_bits for info in zipfile.ZipFile(tmp_path / "x.zip").infolist()]
    assert ["bea"] == students_of(collect_submissions(Course(course), NAME, tmp_path / "x.zip", ROSTER).matched)


def test_one_student_cannot_stop_the_others(source, course):
    """Thousands of notebooks, folders or large files of one student take a line or two; the others are collected."""
    mine = "Ada Lovelace_7001_assignsubmission_file_/"
    files = {"Bea Müller-Ünal_7002_assignsubmission_file_/x.ipynb": BEA}
    files |= {f"{mine}{n}.ipynb": b'{"cells": [%d]}' % n for n in range(3000)}
    files |= {mine + "/".join("d" * 200) + "/x.ipynb": ADA, f"{mine}large.ipynb": b"\0" * 64_000_001}
    result = collect_submissions(Course(course), NAME, source(files), ROSTER, count_work=len)
    assert {path_of("bea"): BEA} == read_submitted(course)
    assert 6 > len(result.refused) + len(result.unmatched) + len(result.notes) > 0
    assert 2000 > len(str(result))

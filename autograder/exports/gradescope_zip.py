"""The zip that Gradescope takes for an autograder: ``setup.sh``, ``run_autograder`` and the course beside them."""

from __future__ import annotations

import io
import shlex
import stat
import zipfile
from pathlib import Path

import autograder

from ..course.course import Course
from ..course.settings import SECRET_FILE
from .grades import Export

FILE = "gradescope-autograder.zip"
#: What lies at the course's root and is needed to grade.
COURSE_FILES = ("nbgrader_config.py", "rnn_utils.py", "public_tests.py", "requirements.lock")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: the zip lies unpacked in /autograder/source.
set -euo pipefail
base="${AUTOGRADER_BASE:-/autograder}"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap libseccomp2 python3 python3-venv

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=""
for candidate in python3 python3.13 python3.12 python3.11; do
    if new_enough "$candidate"; then python="$candidate"; break; fi
done
if [ -z "$python" ]; then
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv "$base/venv"
"$base/venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check -r "$base/source/requirements.lock"
# solutions, mistakes and secret are not for the user that student code runs as, where that is not root
for path in "$base/source/source" "$base/source/autograder/course" "$base/source/.autograder-secret"; do
    if [ -e "$path" ]; then chmod -R go-rwx "$path"; fi
done
rm -rf /var/lib/apt/lists/*
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission; it grades {name} and writes results/results.json.
# Its two folders can be elsewhere: AUTOGRADER_BASE=/some/folder AUTOGRADER_PYTHON=/some/python
base="${{AUTOGRADER_BASE:-/autograder}}"
python="${{AUTOGRADER_PYTHON:-$base/venv/bin/python}}"
cd "$base/source" || exit 1
exec "$python" -c 'import sys; from autograder.exports.on_gradescope import main; print(main(*sys.argv[1:]))' \
    {name} "$base"
"""


def export(course: Course, name: str) -> Export:
    """The autograder's zip for an assignment; equal courses give equal bytes.

    It holds the instructor's solutions, the catalogue of mistakes and the course's secret, if it has one of its own.

    Raises
    ------
    CourseError
        Where the course has no such assignment.
    """
    assignment = course.assignment(name)
    files = {"setup.sh": SETUP.encode(), "run_autograder": RUN.format(name=shlex.quote(name)).encode()}
    files |= {file: (course.root / file).read_bytes() for file in COURSE_FILES if (course.root / file).is_file()}
    files.setdefault("requirements.lock", (Path(autograder.__file__).parents[1] / "requirements.lock").read_bytes())
    files |= tree(course.source(name), f"source/{name}")
    files |= tree(Path(autograder.__file__).parent, "autograder")
    notes = ["it holds the solutions and the mistakes: keep it from students"]
    if assignment.secret.own:
        files[SECRET_FILE] = assignment.secret.text.encode() + b"\n"
        notes.append(f"it holds the course's secret, as {SECRET_FILE}")
    else:
        notes.append("hidden arguments are drawn from the public default secret: the course has none of its own")
    return Export({FILE: packed(files)}, tuple(notes))


def tree(folder: Path, under: str) -> dict[str, bytes]:
    """The files of a folder by their place in the zip; no caches, no hidden ones, no links."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if LEFT_OUT & {*parts} or any(part.startswith(".") for part in parts) or path.suffix == ".pyc":
            continue
        if path.is_file() and not path.is_symlink():
            found[f"{under}/{'/'.join(parts)}"] = path.read_bytes()
    return found


def packed(files: dict[str, bytes]) -> bytes:
    """The files as a zip, scripts executable, the secret for its owner alone, without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            mode = 0o755 if content.startswith(b"#!") else 0o600 if path == SECRET_FILE else 0o644
            info.external_attr = (stat.S_IFREG | mode) << 16
            info.create_system = 3  # Unix: else unzip drops the modes
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()

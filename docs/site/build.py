"""Build the course site: static pages of all lessons and releases, in build/site/html/.

The pages are copied together in build/site/source/, with the layout of the course, so that links between notebooks
hold.
Each build is fresh, apart from the outputs of lessons that have not changed (build/site/cache-*).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

from autograder.course.course import Course
from autograder.course.folder import list_files, zip_folder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: The order of the assignments.
ORDER = ["rnn-step-by-step", "sizes-and-costs", "gradient-checking", "character-model"]
#: The kernels warn, once a lesson, that other users of the machine could listen to them.
KERNEL_CONFIG = "c = get_config()\nc.IPKernelApp.log_level = 40\n"


def main(arguments: list[str] | None = None) -> int:
    """Build the site and print where it is; return Sphinx's exit code."""
    parser = argparse.ArgumentParser(description="Build the course site.")
    parser.add_argument("--into", type=Path, default=ROOT / "build/site", metavar="FOLDER", help="default: build/site")
    into = parser.parse_args(arguments).into.absolute()
    start, source, html, doctrees = time.monotonic(), *(into / name for name in ("source", "html", "doctrees"))
    for folder in (source, html, doctrees):
        shutil.rmtree(folder, ignore_errors=True)
    copy_pages(Course(ROOT), source)
    os.environ |= {
        "SITE_DOWNLOADS": str(source / "downloads"),
        "SITE_CACHE": str(into / f"cache-{digest_of_modules(source / 'notebooks')}"),
        "IPYTHONDIR": str(source / "ipython"),
    }
    from sphinx.cmd.build import main as sphinx

    code = sphinx(["-W", "--keep-going", "-q", "-c", str(HERE), "-d", str(doctrees), str(source), str(html)])
    if code == 0:
        pages = len(list(html.rglob("*.html")))
        print(f"{html / 'index.html'}: {pages} pages in {time.monotonic() - start:.0f} s")
    return code


def copy_pages(course: Course, source: Path) -> None:
    """Copy lessons and releases into an empty folder, with a first page and the zips of the releases."""
    profile = source / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(KERNEL_CONFIG, encoding="utf-8")
    for path in list_files(course.root / "notebooks"):
        copy(course.root / "notebooks" / path, source / "notebooks" / path)
    for name in course.assignments:
        for path in list_files(course.release(name)):
            copy(course.release(name) / path, source / "release" / name / path)
        add_link_to_zip(source / "release" / name / f"{name}.ipynb")
        packed = source / "downloads" / "release" / f"{name}.zip"
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(zip_folder(course.release(name)))
    lists = {"notebooks": sorted((source / "notebooks").glob("*.ipynb")),
             "release": [source / "release" / name / f"{name}.ipynb" for name in sorted(course.assignments, key=place)]}
    for path in list_files(HERE / "pages"):
        target, words = source / path, (HERE / "pages" / path).read_text(encoding="utf-8")
        for name, notebooks in lists.items():
            if (mark := f"@{name}@") in words:
                words = words.replace(mark, listing(notebooks, target.parent))
        words = words.replace("@contents@", contents(lists.get(target.parent.name, []), target.parent))
        target.write_text(words, encoding="utf-8")


def place(name: str) -> int:
    """Return an assignment's place in the course; one that has none comes last."""
    return ORDER.index(name) if name in ORDER else len(ORDER)


def copy(path: Path, target: Path) -> None:
    """Copy a file into a folder that may not be there yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def listing(notebooks: list[Path], folder: Path) -> str:
    """Return a list of links from a folder to notebooks, with the zip of each release."""
    lines = []
    for notebook in notebooks:
        page = notebook.relative_to(folder).as_posix()
        zipped = f"{page.rpartition('/')[0]}.zip"
        packed = f' (<a href="{zipped}">{notebook.stem}.zip</a>)' if notebook.stem == notebook.parent.name else ""
        lines.append(f"- [{title_of(notebook)}]({page}){packed}")
    return "\n".join(lines)


def contents(notebooks: list[Path], folder: Path) -> str:
    """Return the table of contents for the sidebar."""
    pages = [notebook.relative_to(folder).with_suffix("").as_posix() for notebook in notebooks]
    return "\n".join(["```{toctree}", ":hidden:", "", *pages, "```"])


def title_of(notebook: Path) -> str:
    """Return the first heading of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = "".join(cells[0]["source"]).splitlines()
    return next(line.lstrip("# ") for line in lines if line.startswith("# "))


def add_link_to_zip(notebook: Path) -> None:
    """Add a link to the zip below the first cell of a release's page."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    name = notebook.stem
    words = (f'To work on it, download <a href="../{name}.zip">{name}.zip</a>: the notebook and all files that it '
             "needs. On this page, nothing runs.")
    content["cells"].insert(1, {"cell_type": "markdown", "id": "download", "metadata": {}, "source": words})
    notebook.write_text(json.dumps(content), encoding="utf-8")


def digest_of_modules(folder: Path) -> str:
    """Return a digest of what lessons import and read: the cache itself compares only their cells."""
    digest = hashlib.sha256()
    for path in list_files(folder):
        if path.suffix != ".ipynb":
            digest.update(str(path).encode() + (folder / path).read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())

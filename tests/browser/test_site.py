"""The course site, built afresh and served: every page in light and dark, wide and narrow, and every link on it."""

import functools
import http.server
import subprocess
import sys
import threading
import zipfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from tests.browser import lab
from tests.helpers.courses import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # all pages, twice, on a machine that may be busy

VIEWS = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "narrow and dark": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "color_scheme": "dark"},
}
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
#: What a page leads to: links, pictures, styles and scripts.
TARGETS = "all => all.map(one => one.href || one.src)"
#: Pictures without a text.
SILENT = "img:not([alt]), img[alt=''], svg[role=img]:not([aria-label], [aria-hidden=true], :has(title))"
WCAG = "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"


@pytest.fixture(scope="module")
def site(browser):
    """The folder of the built site. The build fails at a warning, for example at a link that leads nowhere."""
    if find_spec("myst_nb") is None:
        pytest.skip("needs the extra [site]; make site installs it, and CI does so first")
    run = subprocess.run([sys.executable, "docs/site/build.py"], cwd=ROOT, capture_output=True, text=True)
    assert 0 == run.returncode, run.stdout + run.stderr
    return ROOT / "build/site/html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A handler that prints no line for each request."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(site):
    """The address at which the site is served."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def pages_of(site):
    """Return the paths of all pages, relative to the site."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html") if "_static" not in path.parts)


@pytest.fixture(scope="module", params=VIEWS)
def seen(request, browser, site, address):
    """What each page shows in one view: axe's findings, what it asked for and leads to, what is wrong."""
    axe = (Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text(encoding="utf-8")
    found = {}
    for name in pages_of(site):
        with lab.watched_page(browser, **VIEWS[request.param]) as (page, wrong):
            asked = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(address + name)
            targets = page.locator("[href], [src]").evaluate_all(TARGETS)
            found[name] = {
                "asked": list(asked), "targets": targets, "too wide": page.evaluate(TOO_WIDE),
                "wrong": [one for one in wrong if "favicon" not in one],
                "without alt": page.locator(SILENT).count(),
                "cells": page.locator(".cell").count(), "outputs": page.locator(".cell_output").count(),
            }
            page.evaluate(axe)
            result = page.evaluate(WCAG)
            assert result["passes"]
            found[name]["axe"] = [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]]
    return found


def test_axe_finds_nothing(seen):
    """No violation of WCAG 2 A and AA on any page."""
    assert {} == {name: page["axe"] for name, page in seen.items() if page["axe"]}


def test_it_fits_and_nothing_goes_wrong(seen):
    """No sideways scrolling, no complaint of the browser, and a text for every picture."""
    for key in ("too wide", "wrong", "without alt"):
        assert {} == {name: page[key] for name, page in seen.items() if page[key]}, key


def test_it_asks_no_other_server(seen, address):
    """Formulas, fonts and scripts come from the site itself."""
    assert [] == [url for page in seen.values() for url in page["asked"] if not url.startswith((address, "data:"))]


def test_every_link_leads_somewhere(seen, site, address):
    """What a page of the site links to or shows is a file of the site, or on another server."""
    targets = {urldefrag(url)[0].partition("?")[0] for page in seen.values() for url in page["targets"] if url}
    own = [unquote(url.removeprefix(address)) for url in targets if url.startswith(address)]
    assert len(own) > 20
    assert [] == [path for path in own if not (site / (path or "index.html")).is_file()]


def test_every_lesson_and_release_has_a_page(seen, site):
    """Each notebook has a page, with outputs if it is a lesson; each release is there as a zip with all its files."""
    for notebook in sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("release/*/*.ipynb")]):
        page = seen[notebook.relative_to(ROOT).with_suffix(".html").as_posix()]
        assert page["cells"] > 3
        assert (notebook.parent.name == "notebooks") == bool(page["outputs"])
    for release in ROOT.glob("release/*"):
        with zipfile.ZipFile(site / "release" / f"{release.name}.zip") as archive:
            packed = {f"{release.name}/{path.relative_to(release).as_posix()}"
                      for path in release.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
            assert packed == set(archive.namelist())

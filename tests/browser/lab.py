"""A real JupyterLab on a course, a real Chromium on that, and the notebook in it as a person meets it.

Imports Playwright only where a browser is asked for: `docs/make_picture.py` uses this, too.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.notebooks import reading

CHROMIUM = shutil.which("chromium")
PATIENCE = 120  # seconds; what is waited for comes within a few, unless the machine is very busy
#: Lab's own first-start questions would cover the page, or ask the network.
SETTINGS = {"apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}
#: nbgrader's pages load MathJax from there; without a network they do without.
FROM_AFAR = ("cdnjs.cloudflare.com", "MathJax is not defined")
RAN = re.compile(r"\[\d+\]:")


@contextmanager
def jupyter_lab(course: Path, home: Path) -> Iterator[str]:
    """Run JupyterLab on a course, with settings of its own; yields the address, with ``{}`` for the path.

    Parameters
    ----------
    course : Path
        The root of its files.
    home : Path
        An empty folder in place of the user's own, for settings, kernels and the log.

    Raises
    ------
    RuntimeError
        With the server's last words, where it does not come up.
    """
    for name, values in SETTINGS.items():
        file = home / ".jupyter/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    port, token, log = free_port(), secrets.token_hex(16), home / "lab.log"
    command = [
        sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={course}",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]  # fmt: skip
    with log.open("wb") as out:
        # a session of its own, so that what the server started ends with it
        server = subprocess.Popen(
            command, cwd=course, env=environment(home), stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", server, log)
        yield f"http://127.0.0.1:{port}/{{}}?reset&token={token}"  # reset: no tabs from the page before
    finally:
        stop(server)


def environment(home: Path) -> dict[str, str]:
    """This process's environment with another home, nothing of Jupyter's, and the programs beside Python first."""
    own = ("JUPYTER", "IPYTHON", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**kept, "HOME": str(home), "PATH": path}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)  # between two questions
    raise RuntimeError(f"JupyterLab did not come up: {log.read_text()[-2000:]}")


def stop(server: subprocess.Popen) -> None:
    server.terminate()  # Lab ends its kernels, then itself
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@contextmanager
def chromium() -> Iterator:
    """A headless Chromium, with patience."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(browser, **view) -> Iterator:
    """A page of its own with the list of what goes wrong in it: errors of scripts, answers with an error's code.

    ``view`` goes to Playwright's ``new_page``.
    """
    page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **view})
    page.set_default_timeout(PATIENCE * 1000)
    wrong = []

    def note(text: str) -> None:
        if not any(afar in text for afar in FROM_AFAR):
            wrong.append(text)

    page.on("console", lambda said: note(f"{said.text} {said.location['url']}") if said.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("response", lambda answer: note(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    try:
        yield page, wrong
    finally:
        page.close()


class NotebookPage:
    """A notebook open in JupyterLab, in all of Lab or alone (mode "doc"); its cells go by their ids in the file."""

    def __init__(self, page, address: str, root: Path, path: Path, mode: str = "lab"):
        self.page = page
        self.nb = reading.read_notebook(path)
        self.ids = [cell.id for cell in self.nb.cells]
        page.goto(address.format(f"{mode}/tree/{path.relative_to(root).as_posix()}"))
        page.locator(f'.jp-Cell[data-windowed-list-index="{len(self.ids) - 1}"]').wait_for(state="attached")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for(state="attached")

    def cell(self, cell_id: str):
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{self.ids.index(cell_id)}"]')

    def editor(self, cell_id: str):
        return self.cell(cell_id).locator(".cm-content")

    def write(self, cell_id: str, source: str) -> None:
        """Replace a cell's whole text by the keyboard."""
        self.editor(cell_id).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, cell_id: str) -> str:
        """Run a cell by the keyboard; what it says."""
        self.editor(cell_id).click()
        self.page.keyboard.press("Control+Enter")
        return self.output(cell_id)

    def run_above(self, cell_id: str) -> None:
        """Run all cells above one, by the menu."""
        self.editor(cell_id).click()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Above Selected Cell").click()

    def output(self, cell_id: str) -> str:
        """Return the text of a running cell when it is done."""
        self.cell(cell_id).locator(".jp-InputPrompt", has_text=RAN).wait_for()
        return self.cell(cell_id).locator(".jp-Cell-outputArea").inner_text()


def copy_release(course: Path, folder: str, assignment: str) -> Path:
    """Copy a release into a folder of the course, and return the path of its notebook."""
    shutil.copytree(course / "release" / assignment, course / folder)
    return course / folder / f"{assignment}.ipynb"

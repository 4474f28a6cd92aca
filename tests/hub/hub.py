"""A JupyterHub with real users: hub and proxy in folders of their own, and what its users do by its interface.

The environment is made as docs/jupyterhub.md says. Everything is below one folder, and is gone at the end.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from public_tests import FILES as OF_CHECKS
from tests.browser.lab import free_port
from tests.helpers.courses import ROOT

PATIENCE = 120  # seconds
PYTHON = "/usr/bin/python3"  # one that every user of the machine may read
#: Of the course, what the instructor's clone has here.
FILES = ("autograder", "source", "nbgrader_config.py", *OF_CHECKS, "pyproject.toml", "requirements.in",
         "README.md")

#: venv/etc/jupyter/nbgrader_config.py: for everybody.
FOR_ALL = """c = get_config()
c.CourseDirectory.course_id = "rnn"
c.Exchange.root = "{exchange}"
"""
#: ~/.jupyter/nbgrader_config.py of the instructor.
FOR_INSTRUCTOR = """c = get_config()
c.CourseDirectory.root = "{course}"
"""
#: Of the hub. A service may start servers and act for users, as a browser with their login does.
HUB = """c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {users!r}
c.LocalProcessSpawner.cmd = ["{venv}/bin/jupyterhub-singleuser"]
c.Spawner.environment = {{"PATH": "{venv}/bin:/usr/bin:/bin"}}
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.JupyterHub.services = [{{"name": "test", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{"name": "test", "services": ["test"],
                             "scopes": ["admin:users", "admin:servers", "access:servers", "tokens"]}}]
"""
#: What students do not see in JupyterLab, and the instructor does.
TOOLS = [f"@jupyter/nbgrader:{name}" for name in ("create-assignment", "formgrader", "course-list")]


class MissingError(Exception):
    """Something that the hub needs is not on this machine and cannot be installed."""


class Hub:
    """A running hub.

    Attributes
    ----------
    folder : Path
        All of it.
    venv : Path
    users : list of str
        The instructor first.
    """

    def __init__(self, folder: Path, users: list[str]) -> None:
        self.folder, self.users, self.token = folder, users, secrets.token_hex(16)
        self.venv, self.exchange = folder / "venv", folder / "exchange"
        self.course = self.home(users[0]) / "course"
        self.address = f"http://127.0.0.1:{free_port()}"
        self.log = folder / "hub.log"
        self.process: subprocess.Popen | None = None

    def home(self, user: str) -> Path:
        return self.folder / "home" / user

    # ---- set-up -------------------------------------------------------------------------------------------

    def install(self) -> None:
        """Make the environment of all users, and install the proxy."""
        needed, _, _ = (ROOT / "requirements.in").read_text(encoding="utf-8").partition("# for tests")
        write(self.folder / "needed.txt", needed)  # the rest of the lock takes twice the time
        must_work([PYTHON, "-m", "venv", self.venv])
        self.pip("-c", ROOT / "requirements.lock", "-r", self.folder / "needed.txt", "setuptools", "jupyterhub")
        must_work(["npm", "install", "--silent", "--prefix", self.folder / "node", "configurable-http-proxy"])

    def pip(self, *arguments: object) -> None:
        """Install into the environment of all users."""
        must_work([self.venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *arguments])

    def configure(self) -> None:
        """Make the users, the course in the instructor's home, the exchange and the settings."""
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        (self.folder / "home").mkdir()
        for user in self.users:
            must_work(["useradd", "--create-home", "--base-dir", self.folder / "home", user])
            self.home(user).chmod(0o700)
        course, own, etc = self.course, self.home(self.users[0]) / ".jupyter", self.venv / "etc/jupyter"
        course.mkdir()
        for name in FILES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
            copy(ROOT / name, course / name)
        self.pip("--no-deps", "--no-build-isolation", "--editable", course)
        write(etc / "nbgrader_config.py", FOR_ALL.format(exchange=self.exchange))
        write(own / "nbgrader_config.py", FOR_INSTRUCTOR.format(course=course))
        for folder, hidden in ((etc, True), (own, False)):
            settings = {"disabledExtensions": dict.fromkeys(TOOLS, hidden)}
            write(folder / "labconfig/page_config.json", json.dumps(settings))
        must_work(["chown", "--recursive", f"{self.users[0]}:", self.home(self.users[0])])

    def start(self) -> None:
        """Start hub and proxy, and wait for them."""
        write(self.folder / "jupyterhub_config.py", HUB.format(
            port=self.address.rpartition(":")[2], hub_port=free_port(), api_port=free_port(), users=set(self.users),
            proxy=self.folder / "node/node_modules/.bin/configurable-http-proxy", venv=self.venv, token=self.token,
            patience=PATIENCE))
        environment = {"PATH": f"{self.venv}/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([self.venv / "bin/jupyterhub"], cwd=self.folder, env=environment,
                                            stdout=log, stderr=log, start_new_session=True)
        self.wait_for(lambda: requests.get(f"{self.address}/hub/api/", timeout=5).ok)

    def stop(self) -> None:
        """End the servers, the hub and the proxy; remove the users."""
        if self.process is not None:
            self.process.terminate()  # the hub ends the servers and the proxy
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for user in self.users:
            subprocess.run(["userdel", "--force", user], capture_output=True)

    def wait_for(self, condition) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except requests.ConnectionError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.2)  # between two questions
        raise RuntimeError(f"the hub does not answer: {self.log.read_text()[-3000:]}")

    # ---- what users do ------------------------------------------------------------------------------------

    def call(self, method: str, path: str, **options) -> requests.Response:
        """Send a request as the service, and check that it is answered well."""
        answer = requests.request(method, self.address + path, timeout=PATIENCE,
                                  headers={"Authorization": f"token {self.token}"}, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}\n{self.log.read_text()[-2000:]}"
        return answer

    def log_in(self) -> None:
        """Start the servers of all users."""
        for user in self.users:
            self.call("POST", f"/hub/api/users/{user}/server")
        for user in self.users:
            self.wait_for(lambda user=user: self.call("GET", f"/hub/api/users/{user}").json()["servers"][""]["ready"])

    def do(self, user: str, action: str, **fields) -> dict:
        """Press a button of a user's Assignment List: "fetch", "submit" or "fetch_feedback"."""
        answer = self.call("POST", f"/user/{user}/assignments/{action}", data={"course_id": "rnn", **fields}).json()
        assert answer["success"], answer
        return answer

    def read(self, user: str, path: str) -> dict:
        """Return a file or a folder from a user's server."""
        return self.call("GET", f"/user/{user}/api/contents/{path}").json()

    def save(self, user: str, path: str, nb: dict) -> None:
        """Save a notebook on a user's server, as JupyterLab does."""
        self.call("PUT", f"/user/{user}/api/contents/{path}", json={"type": "notebook", "content": nb})

    def run(self, user: str, *command: str, code: int = 0) -> str:
        """Run a command in a user's terminal, from the course's root or from home; return its output."""
        where = self.course if user == self.users[0] else self.home(user)
        done = subprocess.run(
            ["runuser", "-u", user, "--", "env", "-i", f"HOME={self.home(user)}", f"PATH={self.venv}/bin:/usr/bin:/bin",
             *command], cwd=where, capture_output=True, text=True, timeout=300)
        assert code == done.returncode, done.stdout + done.stderr
        return done.stdout + done.stderr


@contextmanager
def running_hub(names: list[str]) -> Iterator[Hub]:
    """Install and run a hub whose users are real users of this machine, with names that begin like these.

    Raises
    ------
    MissingError
    """
    if os.geteuid() != 0:
        raise MissingError("needs root, to add users")
    for program in ("useradd", "runuser", "node", "npm", PYTHON):
        if shutil.which(program) is None:
            raise MissingError(f"needs the program {program}")
    mark = secrets.token_hex(3)
    folder = Path("/tmp") / f"autograder-hub-{mark}"  # users must get there: a folder of pytest's is for one user only
    folder.mkdir(mode=0o755)
    hub = Hub(folder, [f"{name}-{mark}" for name in names])
    try:
        hub.install()
        hub.configure()
        hub.start()
        hub.log_in()
        yield hub
    finally:
        hub.stop()
        shutil.rmtree(folder, ignore_errors=True)


def must_work(command: list) -> None:
    """Run a command of the set-up.

    Raises
    ------
    MissingError
        It fails.
    """
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        raise MissingError(f"{command[0]} {command[1]} fails: {done.stderr[-500:]}")


def write(path: Path, text: str) -> None:
    """Write a file into a folder that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

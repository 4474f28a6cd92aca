"""A course: its root folder, settings, assignments and the places of its files. Each command makes one."""

from __future__ import annotations

from copy import deepcopy
from functools import cached_property
from pathlib import Path

from traitlets.config import Config

from ..errors import CourseError
from ..store import ReportStore
from .assignment import Assignment, load_assignment
from .settings import CONFIG, Secret, read_config, read_secret

#: What an assignment's name cannot have: the exchange divides names at +, and nbgrader looks for files by patterns.
NOT_IN_NAMES = "+*?[]/"


class Course:
    """A course in one folder, as nbgrader lays it out. Settings and assignments are read once, when first used.

    Parameters
    ----------
    root : path
        The folder with nbgrader_config.py.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()
        self._assignments: dict[str, Assignment] = {}

    def __repr__(self) -> str:
        return f"Course({str(self.root)!r})"

    def __reduce__(self) -> tuple:
        """Pickle as the root alone; the other process reads the course for itself."""
        return Course, (self.root,)

    @classmethod
    def find(cls, start: Path | str = ".") -> Course:
        """Return the course around `start`: the nearest folder, upwards, that holds nbgrader_config.py.

        Raises
        ------
        CourseError
            There is none, or nbgrader cannot work with its path.
        """
        start = Path(start).resolve()
        for folder in (start, *start.parents):
            if (folder / CONFIG).exists():
                if odd := set("*?[") & set(str(folder)):  # nbgrader globs, and the database's address has a query
                    raise CourseError(folder, f"the path has {min(odd)} in it, with which nbgrader cannot work",
                                      "Rename the folder.")
                return cls(folder)
        raise CourseError(start, "not inside a course", f"Go to the folder that holds {CONFIG}.")

    # ---- settings -----------------------------------------------------------------------------------------

    @cached_property
    def config(self) -> Config:
        """The settings of nbgrader_config.py, which is run once."""
        return read_config(self.root)

    def config_for(self, name: str) -> Config:
        """Return a copy of the settings for work on one assignment."""
        config = deepcopy(self.config)
        config.CourseDirectory.assignment_id = name
        return config

    @cached_property
    def secret(self) -> Secret:
        """The secret from which hidden arguments are drawn; the text is empty if the course has none of its own."""
        text = read_secret(self.root)
        return Secret(text, bool(text))

    def secret_for(self, name: str) -> Secret:
        """Return the course's secret, or the public default: the assignment's name."""
        return self.secret if self.secret.own else Secret(name, False)

    @property
    def isolation(self) -> str:
        """The isolation level that the settings ask for, unchecked."""
        return self.config.Judge.get("isolation", "best")

    @property
    def database_url(self) -> str:
        """The gradebook's address."""
        return self.config.CourseDirectory.get("db_url", f"sqlite:///{self.root / 'gradebook.db'}")

    @property
    def title(self) -> str:
        """The course's id in nbgrader, or else the name of its folder."""
        return self.config.CourseDirectory.get("course_id") or self.root.name

    @property
    def group_shared(self) -> bool:
        """True if nbgrader is to leave files writable for the group."""
        return bool(self.config.CourseDirectory.get("groupshared", False))

    # ---- assignments --------------------------------------------------------------------------------------

    @property
    def assignments(self) -> list[str]:
        """The names of all assignments in ``source/``, in order."""
        return sorted(path.name for path in (self.root / "source").glob("*") if (path / f"{path.name}.ipynb").exists())

    def assignment(self, name: str) -> Assignment:
        """Return an assignment, reading it at the first call.

        Raises
        ------
        CourseError
            There is no such assignment, it cannot be loaded, or nbgrader cannot work with its name.
        """
        odd = sorted(set(NOT_IN_NAMES) & set(name))
        if odd or name.startswith(".") or not name.isprintable():
            problem = f"nbgrader cannot work with the name{' because of ' + ' '.join(odd) if odd else ''}"
            raise CourseError(self.source(name), problem, "Rename the folder and its notebook.")
        if name not in self._assignments:
            folder = self.source(name)
            if not (path := folder / f"{name}.ipynb").exists():
                raise CourseError(path, "no such assignment",
                                  f"This course has: {', '.join(self.assignments) or 'none'}.")
            self._assignments[name] = load_assignment(folder, self.secret_for(name))
        return self._assignments[name]

    def forget(self, name: str) -> None:
        """Read an assignment again when it is next asked for."""
        self._assignments.pop(name, None)

    # ---- places -------------------------------------------------------------------------------------------

    def source(self, name: str) -> Path:
        """Return the folder with all of an assignment: notebook, tasks, mistakes, data."""
        return self.root / "source" / name

    def release(self, name: str) -> Path:
        """Return the folder that students get."""
        return self.root / "release" / name

    def submitted(self, student: str, name: str) -> Path:
        """Return the folder of a student's submission."""
        return self.root / "submitted" / student / name

    def autograded(self, student: str, name: str) -> Path:
        """Return the folder of a student's graded notebook."""
        return self.root / "autograded" / student / name

    def feedback(self, student: str, name: str) -> Path:
        """Return the folder of a student's feedback page."""
        return self.root / "feedback" / student / name

    def reports(self, name: str) -> ReportStore:
        """Return the store of an assignment's reports."""
        return ReportStore(self.root / "reports" / name)

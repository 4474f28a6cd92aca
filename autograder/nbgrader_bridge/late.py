"""Penalties for late submissions, given by nbgrader's plugin."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from traitlets.config import Config

from ..course.settings import CONFIG, find_modules
from ..errors import AutograderError, CourseError
from .autograded import quiet_log

#: The points to take off: (student, score, seconds late) -> penalty in [0, score], or None.
Penalty = Callable[[str, float, float], float | None]


def late_penalty(config: Config) -> Penalty | None:
    """Return the penalty that the course's settings name; None if they name none, as nbgrader's default does.

    Raises
    ------
    CourseError
        The plugin cannot be imported or made.
    """
    method = config.LateSubmissionPlugin.get("penalty_method", "none")
    if "plugin_class" not in config.AssignLatePenalties and method == "none":
        return None  # without importing nbgrader
    return PluginPenalty(config)


class PluginPenalty:
    """The penalty that a plugin of nbgrader's gives.

    Parameters
    ----------
    config : Config
        With ``AssignLatePenalties.plugin_class``, or the settings of nbgrader's own ``LateSubmissionPlugin``.
    """

    def __init__(self, config: Config) -> None:
        from nbgrader.preprocessors import AssignLatePenalties

        find_modules(config.CourseDirectory.get("root", "."))
        try:
            self._step = AssignLatePenalties(config=config)
            self._step.log = quiet_log()
            self._step.init_plugin()
            self._step.plugin_inst.log = quiet_log()
        except Exception as error:  # importing the plugin, or making it, may raise anything
            problem = f"c.AssignLatePenalties.plugin_class cannot be used ({type(error).__name__}: {error})"
            raise CourseError(CONFIG, problem, "Can Python import it from here, and is it a BasePlugin of nbgrader's?"
                              ) from error

    def __call__(self, student: str, score: float, seconds: float) -> float | None:
        """Return the points to take off, within [0, score].

        Raises
        ------
        AutograderError
            The plugin failed.
        """
        try:
            penalty = self._step.plugin_inst.late_submission_penalty(student, score, seconds)
            return None if penalty is None else self._step._check_late_penalty(SimpleNamespace(score=score), penalty)
        except Exception as error:  # the plugin is the course's own code
            raise AutograderError(f"the plugin for late penalties failed: {type(error).__name__}: {error}") from error

"""Functions out of another notebook of yours, so that you can check them here."""

import json
from pathlib import Path

import numpy as np

from rnn_utils import sigmoid, softmax


def load_functions(path):
    """Return the functions that a notebook's solution cells define, by name.

    Parameters
    ----------
    path : str
        The notebook, from this folder. If it is not there, the result is empty. A cell that does not run is left out,
        and its error is printed.

    Returns
    -------
    functions : dict
    """
    names = {"np": np, "sigmoid": sigmoid, "softmax": softmax}
    given = set(names) | {"__builtins__"}
    if not Path(path).is_file():
        return {}
    for cell in json.loads(Path(path).read_text(encoding="utf-8"))["cells"]:
        if cell.get("metadata", {}).get("nbgrader", {}).get("solution"):
            try:
                exec("".join(cell["source"]), names)
            except Exception as error:
                print(f"{cell['metadata']['nbgrader']['grade_id']}: {type(error).__name__}: {error}")
    return {name: value for name, value in names.items() if name not in given}

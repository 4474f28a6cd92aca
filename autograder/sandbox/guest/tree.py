"""Remove a folder that student code has written into."""

import os
import shutil
import subprocess


def remove_tree(folder: str | os.PathLike[str]) -> None:
    """Remove a folder, however deep it is and whatever its modes are. Do nothing if it does not exist."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):  # rmtree recurses once a level, and stops at a folder it may not list
        for command in (("chmod", "-R", "u+rwX", folder), ("rm", "-rf", folder)):
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

"""Remove what a student's code has left in a folder. Used at both ends of the sandbox; imports nothing of ours."""

import shutil
import subprocess


def remove(folder):
    """Remove a tree of a student's making, however deep it is and whatever its modes say."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):  # rmtree calls itself once a level, and stops at a folder it may not list
        for command in (("chmod", "-R", "u+rwX", folder), ("rm", "-rf", folder)):
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

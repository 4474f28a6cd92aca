"""Read the process table, as the host sees it."""

import os
import time


def processes(ancestor):
    """Return the pids of a process and of all below it, parents first. Pids are reused, so they tell no age."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [ancestor]
    for one in found:
        found += [number for number, parent in parents.items() if parent == one]
    return found


def is_running(number):
    """Return whether a process exists and is no zombie."""
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(numbers):
    """Wait until none of the processes is running."""
    deadline = time.monotonic() + 60
    while left := [number for number in numbers if is_running(number)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def stable_tree(ancestor, more_than=0, patience=20):
    """Return the pids of a process and of all below it, once they have been the same for half a second.

    One reading of /proc is no snapshot: a process that is adopted while it is read is missing, so that the tree
    seems to shrink for a moment. ``more_than`` is a number of processes that the tree must exceed first.
    """
    deadline, seen = time.monotonic() + patience, []
    while len(seen) < 10 or any(tree != seen[-1] for tree in seen[-10:]) or len(seen[-1]) <= more_than:
        assert time.monotonic() < deadline, f"still changing, or at most {more_than} processes: {seen[-10:]}"
        seen.append(sorted(processes(ancestor)))
        time.sleep(0.05)
    return seen[-1]


def left_over(course, patience=10):
    """Return the pids of processes whose working folder is the course, after some seconds in which they may end."""
    deadline = time.monotonic() + patience
    while True:
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{number}/cwd").startswith(str(course)):
                    found.append(int(number))
            except OSError:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)

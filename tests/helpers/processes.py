"""Processes as the host sees them: which there are, and which are left."""

import os
import time


def processes(ancestor):
    """The numbers of a process and of all below it, parents first. Numbers start anew, and tell no age."""
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
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(numbers):
    deadline = time.monotonic() + 60
    while left := [number for number in numbers if is_running(number)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def left_over(course, patience=10):
    """Processes whose working folder is the course, once they had some seconds to end."""
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

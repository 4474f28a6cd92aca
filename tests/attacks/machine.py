"""What this machine allows an attack without any isolation layer. A demonstration needs it."""

import ctypes
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np

#: System calls that C's library has no function for, by name.
NUMBERS = {
    "x86_64": {"clone": 56, "add_key": 248, "perf_event_open": 298, "bpf": 321, "userfaultfd": 323,
               "io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438},
    "aarch64": {"clone": 220, "add_key": 217, "perf_event_open": 241, "bpf": 280, "userfaultfd": 282,
                "io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438},
}.get(os.uname().machine, {})  # fmt: skip


def root_only():
    return None if os.getuid() == 0 else "only root could do it"


def own_libraries():
    return None if os.access(np.__file__, os.W_OK) else "the libraries are not the grader's own"


def namespaces():
    """Return why the grader cannot make a user namespace, or None. A child tries it."""
    code = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) != 0)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code])
    return "this kernel makes no user namespaces for the grader" if done.returncode else None


def capable(number):
    """Return why the grader lacks a capability, which root has and a container often has not, or None."""
    held = int(Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0], 16)
    return None if held >> number & 1 else "the grader itself may not do it"


def traces():
    """Return why this kernel forbids a process to look into another of the same user, or None."""
    try:
        strict = Path("/proc/sys/kernel/yama/ptrace_scope").read_text().strip() != "0"
    except OSError:
        strict = False
    return "the kernel itself forbids it" if strict and os.getuid() else None


def disk():
    """Return a block device that the grader could read, or the name of none."""
    for path in Path("/dev").iterdir():
        if stat.S_ISBLK(path.stat().st_mode):
            try:
                path.open("rb").close()
            except OSError:
                continue
            return str(path)
    return "/dev/none"


def works(*socket_kind):
    def needs():
        try:
            socket.socket(*socket_kind).close()
        except OSError as error:
            return f"this kernel has no such socket: {error}"
    return needs


def calls(name, *arguments):
    """Return a check whether the grader itself could make this system call."""
    def needs():
        if name not in NUMBERS:
            return "another processor"
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.syscall(NUMBERS[name], *arguments)
        if result >= 0:
            os.close(result)
        return None if result >= 0 else f"this kernel has no such call: {os.strerror(ctypes.get_errno())}"
    return needs


def old_calls():
    """Return why this kernel refuses calls of 32-bit programs, or None. A child tries it."""
    if os.uname().machine != "x86_64":
        return "another processor"
    code = ("import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(bytes.fromhex('b814000000cd80c3'))\n"
            "print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))())")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    return None if done.stdout.strip().isdigit() else "this kernel has no 32-bit calls"

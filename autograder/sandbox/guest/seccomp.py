"""A filter of system calls: a numpy exercise gets the calls it needs, and no others.

Opening files, mapping memory and starting threads are allowed. Programs, processes, network sockets, mounts, traces,
keys and namespaces fail with "operation not permitted".
"""

import ctypes
import errno
import os
import signal
import struct
import tempfile

from .libc import check, libc, prctl

#: Placeholder in the filter for the id of the process that loads it, which is known only in the fork.
OWN_PID = 0x5E1F5E1F

ALLOWED = """
access alarm arch_prctl brk capget chdir clock_getres clock_gettime clock_nanosleep close close_range copy_file_range
creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 exit
exit_group faccessat faccessat2 fadvise64 fallocate fchdir fdatasync flock fstat fstatfs fsync ftruncate futex
futex_waitv futex_wait futex_wake futex_requeue getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups
getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage
getsid getsockname getsockopt gettid gettimeofday getuid link linkat lseek lstat madvise membarrier mincore mkdir
mkdirat mlock mmap mprotect mremap mseal msync munlock munmap nanosleep newfstatat pause pipe pipe2 pkey_alloc
pkey_free pkey_mprotect poll ppoll pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2 read readahead readlink
readlinkat readv recvfrom recvmmsg recvmsg rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction
rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_yield select sendfile
sendmmsg sendmsg sendto set_robust_list get_robust_list set_tid_address setitimer setsockopt shutdown sigaltstack
signalfd signalfd4 stat statfs statx symlink symlinkat sync_file_range sysinfo tee time timer_create timer_delete
timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times umask uname unlink
unlinkat wait4 waitid write writev
"""

#: Calls that succeed and do nothing. Code that copies files works, and files outside keep their modes, owners and
#: times, for which Landlock has no rule.
PRETENDED = """
chmod chown fchmod fchmodat fchmodat2 fchown fchownat futimesat lchown utime utimensat utimes
"""

CLONE_THREAD, CLONE_NEW = 0x10000, 0x7E020080
AF_UNIX, SOCK_STREAM, SOCK_TYPE = 1, 1, 0xF
PRCTLS = (15, 16, 0x53564D41)  # set and get a thread's name; name a mapping, as malloc does
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)  # duplicates, flags, locks; not the receiver of signals
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # terminal settings and size, bytes to read, flags
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def build_filter() -> bytes:
    """Return the filter as bytes for `load_filter`.

    Raises
    ------
    ImportError, OSError, RuntimeError
        If pyseccomp or libseccomp is missing.
    """
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(1))
    arg, eq, masked = pyseccomp.Arg, pyseccomp.EQ, pyseccomp.MASKED_EQ

    def permit(name: str, *conditions: object, action: int = pyseccomp.ALLOW) -> None:
        try:
            number = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
        except (ValueError, OSError):
            return  # this libseccomp or this processor has no such call
        if number >= 0:
            rules.add_rule(action, name, *conditions)

    for name in ALLOWED.split():
        permit(name)
    for name in PRETENDED.split():
        permit(name, action=pyseccomp.ERRNO(0))
    # not O_RDONLY | O_TRUNC, and above no truncate: Landlock stops them only since its third version
    for name, place in (("open", 1), ("openat", 2)):  # the flags of openat2 cannot be seen here
        permit(name, arg(place, masked, os.O_TRUNC, 0))
        permit(name, arg(place, masked, os.O_TRUNC | os.O_ACCMODE, os.O_TRUNC | os.O_WRONLY))
        permit(name, arg(place, masked, os.O_TRUNC | os.O_ACCMODE, os.O_TRUNC | os.O_RDWR))
    permit("clone", arg(0, masked, CLONE_THREAD | CLONE_NEW, CLONE_THREAD))  # a thread, never a process
    # asyncio wakes itself through a stream; a datagram could address any socket in the file system
    permit("socketpair", arg(0, eq, AF_UNIX), arg(1, masked, SOCK_TYPE, SOCK_STREAM))
    for name, place in (("kill", 1), ("tgkill", 2)):  # all signals but SIGKILL and those that stop a process
        permit(name, arg(0, eq, OWN_PID), arg(place, pyseccomp.LT, signal.SIGKILL))
        for number in range(signal.SIGKILL + 1, signal.SIGSTOP):
            permit(name, arg(0, eq, OWN_PID), arg(place, eq, number))
        permit(name, arg(0, eq, OWN_PID), arg(place, pyseccomp.GT, signal.SIGTTOU))
    permit("prlimit64", arg(0, eq, 0), arg(2, eq, 0))  # read own limits, never set them
    for name, place, numbers in (("prctl", 0, PRCTLS), ("ioctl", 1, IOCTLS), ("fcntl", 1, FCNTLS)):
        for number in numbers:
            permit(name, arg(place, eq, number))
    # glibc tries some calls first, and uses others only if these do not exist
    for name in ("clone3", "openat2"):
        permit(name, action=pyseccomp.ERRNO(errno.ENOSYS))
    libc()  # load it before the forks that need it
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def load_filter(code: bytes) -> None:
    """Bind this process and its threads to a filter. This cannot be undone."""
    code = code.replace(struct.pack("=I", OWN_PID), struct.pack("=I", os.getpid()))
    program = _Program(len(code) // 8, code)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    check(libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "seccomp")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

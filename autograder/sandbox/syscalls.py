"""Inside the sandbox: the system calls that a numpy exercise needs; a fork may make these and no others.

Everything else fails with "operation not permitted": files are opened, memory is mapped, threads start; programs,
processes, sockets to anywhere, mounts, traces, keys and new namespaces are not to be had. Imports nothing of ours.
"""

import ctypes
import functools
import os
import struct
import tempfile

#: Stands in the filter for the number of the process that loads it, which is known only in the fork.
SELF = 0x5E1F5E1F

ALLOWED = """
access alarm arch_prctl brk capget chdir clock_getres clock_gettime clock_nanosleep close close_range
copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd
eventfd2 exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fdatasync
flock fstat fstatfs fsync ftruncate futex futex_waitv futex_wait futex_wake futex_requeue getcpu getcwd
getdents getdents64 getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority
getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid
inotify_add_watch inotify_init inotify_init1 inotify_rm_watch link linkat lseek lstat madvise membarrier mincore
mkdir mkdirat mlock mmap mprotect mremap mseal msync munlock munmap nanosleep newfstatat open openat openat2 pause
pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2
read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg rename renameat renameat2 restart_syscall rmdir
rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_get_priority_max
sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
sched_yield select sendfile sendmmsg sendmsg sendto set_robust_list get_robust_list set_tid_address setitimer
setsockopt shutdown sigaltstack signalfd signalfd4 stat statfs statx symlink symlinkat sync_file_range sysinfo tee time
timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
times truncate umask uname unlink unlinkat wait4 waitid write writev
"""

#: Answered with success, and not done: honest code that copies files goes on, and files outside, for which Landlock
#: has no rule about modes, owners and times, stay as they are.
PRETENDED = """
chmod chown fchmod fchmodat fchmodat2 fchown fchownat futimesat lchown utime utimensat utimes
"""

CLONE_THREAD, CLONE_NEW = 0x10000, 0x7E020080
AF_UNIX, SOCK_STREAM, SOCK_TYPE = 1, 1, 0xF
PRCTLS = (15, 16, 0x53564D41)  # the name of a thread, set and got; the name of a mapping, which malloc sets
FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)  # duplicates, flags, locks; not whom to signal
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, how wide, how much to read, flags


def program():
    """The filter as bytes for `load`; None, with the reason, where there is no libseccomp."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        return None, f"pyseccomp cannot be imported: {error}"
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(1))
    allow, arg = pyseccomp.ALLOW, pyseccomp.Arg
    eq, masked = pyseccomp.EQ, pyseccomp.MASKED_EQ

    def permit(name, *conditions, action=allow):
        try:
            number = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
        except (ValueError, OSError):
            return  # this kernel's libseccomp, or this processor, has no call of that name
        if number >= 0:
            rules.add_rule(action, name, *conditions)

    for name in ALLOWED.split():
        permit(name)
    for name in PRETENDED.split():
        permit(name, action=pyseccomp.ERRNO(0))
    permit("clone", arg(0, masked, CLONE_THREAD | CLONE_NEW, CLONE_THREAD))  # a thread, never a process
    # asyncio wakes itself through one; a datagram could be addressed to any socket in the file system
    permit("socketpair", arg(0, eq, AF_UNIX), arg(1, masked, SOCK_TYPE, SOCK_STREAM))
    permit("kill", arg(0, eq, SELF))
    permit("tgkill", arg(0, eq, SELF))
    permit("prlimit64", arg(0, eq, 0), arg(2, eq, 0))  # to read one's own limits, not to set them
    for number in PRCTLS:
        permit("prctl", arg(0, eq, number))
    for number in IOCTLS:
        permit("ioctl", arg(1, eq, number))
    for number in FCNTLS:
        permit("fcntl", arg(1, eq, number))
    # glibc tries clone3 first and falls back on clone only where the system says that there is no such call
    rules.add_rule(pyseccomp.ERRNO(38), "clone3")
    _libc()  # found before the forks that need it
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read(), None


def load(code):
    """Bind this process and its threads to a filter, for good."""
    code = code.replace(struct.pack("=I", SELF), struct.pack("=I", os.getpid()))
    filled = _Program(len(code) // 8, code)
    if _libc().prctl(38, 1, 0, 0, 0) or _libc().prctl(22, 2, ctypes.byref(filled), 0, 0):
        raise OSError(ctypes.get_errno(), "the filter of system calls cannot be loaded")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


@functools.cache
def _libc():
    return ctypes.CDLL(None, use_errno=True)


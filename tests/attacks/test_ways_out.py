"""Reaching for other processes, the network and the kernel: every way out of a sandbox that we know of."""

import ctypes
import socket

import pytest

from tests.helpers.sandbox import linux

from .harness import KEY, MARK, attack, missing
from .machine import calls, capable, namespaces, old_calls, root_only, traces, works

pytestmark = [linux, pytest.mark.user]


def heard(server):
    return lambda said, range_: range_.heard(server) is not None


PROCESSES = [
    attack("read another process's environment", "files namespaces",
           "shown(open('/proc/$victim/environ').read())", needs=traces),
    attack("read another process's memory as a file", "files namespaces",
           "file = open('/proc/$victim/mem', 'rb', 0)\nfile.seek($address)\nshown(file.read(40).decode('latin-1'))",
           needs=traces),
    attack("read another process's memory by a call", "syscalls files namespaces",
           "to = ctypes.create_string_buffer(40)\n"
           "local = (ctypes.c_size_t * 2)(ctypes.addressof(to), 40)\nremote = (ctypes.c_size_t * 2)($address, 40)\n"
           "must(libc.process_vm_readv($victim, local, 1, remote, 1, 0))\n"
           "shown(to.raw.decode('latin-1'))", needs=traces),
    attack("take another process's descriptor", "syscalls files namespaces",
           "pid = must(libc.syscall($sys_pidfd_open, $victim, 0))\n"
           "fd = must(libc.syscall($sys_pidfd_getfd, pid, $descriptor, 0))\n"
           "shown(open(fd).read())", needs=traces),
    attack("trace another process", "syscalls files namespaces",
           "must(libc.ptrace(16, $victim, None, None))\nos.waitpid($victim, 0x40000000)\n"
           "must(libc.ptrace(17, $victim, None, None))\nprint('through')", needs=traces),
    attack("slow another process down", "syscalls namespaces",
           "os.setpriority(os.PRIO_PROCESS, $victim, 5)\nprint('through')"),
    attack("take another process's limits away", "syscalls namespaces",
           "import resource\nresource.prlimit($victim, resource.RLIMIT_NOFILE, (64, 64))\nprint('through')"),
    attack("bind another process to one processor", "syscalls namespaces",
           "os.sched_setaffinity($victim, {0})\nprint('through')"),
]
NETWORK = [
    attack("connect to a server of this machine", "syscalls namespaces",
           "socket.create_connection(('127.0.0.1', $tcp), timeout=5)", seen=heard("tcp")),
    attack("send a datagram", "syscalls namespaces",
           "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'x', ('127.0.0.1', $udp))",
           seen=heard("udp")),
    attack("ask for a name", "syscalls namespaces",
           "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
           "s.sendto(b'\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x07mallory\\0\\0\\x01\\0\\x01', ('127.0.0.1', "
           "$udp))",
           seen=lambda said, r: b"mallory" in (r.heard("udp") or b"")),
    attack("listen for others", "syscalls", "socket.create_server(('127.0.0.1', 0))\nprint('through')"),
    attack("connect to an abstract socket", "syscalls namespaces",
           "s = socket.socket(socket.AF_UNIX)\ns.connect('\\0$mark')", seen=heard("abstract")),
    attack("write to the system's log", "syscalls namespaces",
           "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\na.sendto(b'x', '$log')", seen=heard("log")),
    attack("open a raw socket", "syscalls namespaces",
           "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nprint('through')", needs=root_only),
    attack("talk to the kernel's network", "syscalls",
           "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0))\nprint('through')"),
    attack("talk to the virtual machine's host", "syscalls",
           "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\nprint('through')",
           needs=works(getattr(socket, "AF_VSOCK", 40), socket.SOCK_STREAM)),
]
WAYS_OUT = [
    attack("become a shell", "syscalls",
           "import subprocess\nprint(subprocess.check_output(['/bin/sh', '-c', 'echo through']))"),
    attack("run a shell by magic", "syscalls", "get_ipython().run_cell_magic('sh', '', 'echo through')"),
    attack("run a program from memory", "syscalls",
           "fd = os.memfd_create('x')\nos.write(fd, open('/bin/true', 'rb').read())\npid = os.fork()\n"
           "if pid == 0: os.execve(fd, ['true'], {})\nprint('through' if os.waitpid(pid, 0)[1] == 0 else 'no')"),
    attack("make a user namespace", "syscalls", "must(libc.unshare(0x10000000))\nprint('through')",
           needs=namespaces),
    attack("make a process in new namespaces", "syscalls",
           "pid = must(libc.syscall($sys_clone, 0x10000000 | 17, None, None, None, None))\nif pid == 0: os._exit(0)\n"
           "os.waitpid(pid, 0)\nprint('through')", needs=namespaces),
    attack("mount over one's own folder", "syscalls files namespaces",
           "must(libc.mount(b'tmpfs', os.getcwd().encode(), b'tmpfs', 0, None))\n"
           "must(libc.umount2(os.getcwd().encode(), 2))\n"
           "print('through')", needs=root_only),
    attack("change the root folder", "syscalls namespaces", "os.chroot('.')\nprint('through')", needs=root_only),
    attack("load a program into the kernel", "syscalls namespaces",
           "must(libc.syscall($sys_bpf, 0, (ctypes.c_uint32 * 12)(2, 4, 4, 1), 48))\n"
           "print('through')", needs=calls("bpf", 0, (ctypes.c_uint32 * 12)(2, 4, 4, 1), 48)),
    attack("open a ring of calls", "syscalls",
           "must(libc.syscall($sys_io_uring_setup, 1, (ctypes.c_uint8 * 120)()))\nprint('through')",
           needs=calls("io_uring_setup", 1, (ctypes.c_uint8 * 120)())),
    attack("handle page faults", "syscalls", "must(libc.syscall($sys_userfaultfd, 1))\nprint('through')",
           needs=calls("userfaultfd", 1)),
    attack("count events of the machine", "syscalls",
           "must(libc.syscall($sys_perf_event_open, (ctypes.c_uint32 * 28)(1, 112), 0, -1, -1, 0))\nprint('through')",
           needs=calls("perf_event_open", (ctypes.c_uint32 * 28)(1, 112), 0, -1, -1, 0)),
    attack("keep a key in the kernel", "syscalls",
           "must(libc.syscall($sys_add_key, b'user', b'$mark', b'v', 1, -1))\nprint('through')"),
    attack("make calls in the old way", "syscalls",  # int 0x80, getpid: numbers of another table
           "import mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(bytes.fromhex('b814000000cd80c3'))\n"
           "call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\n"
           "print('through' if call() == os.getpid() else 'no')", needs=old_calls),
    attack("raise one's own limits", "syscalls namespaces",
           "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nprint('through')",
           needs=lambda: capable(24)),
    attack("leave shared memory behind", "syscalls namespaces",
           "must(libc.shmget($key, 4096, 0o1666))\nprint('said')",
           seen=lambda said, r: ctypes.CDLL(None).shmget(KEY, 0, 0) >= 0),
    attack("leave a queue behind", "syscalls namespaces",
           "must(ctypes.CDLL('librt.so.1').mq_open(b'/$mark', 0o102, 0o666, None))",
           seen=lambda said, r: ctypes.CDLL("librt.so.1").mq_open(f"/{MARK}".encode(), 0) >= 0),
]
ATTACKS = [*PROCESSES, *NETWORK, *WAYS_OUT]


def test_it_reaches_nothing(attack, sandbox, tries, harmless):
    """Behind all layers of a level the attack fails, gains no points, and changes nothing."""
    if not attack.layers & set(sandbox.some):
        pytest.skip("what would hold it does not stand here")
    with harmless(sandbox):
        assert (0, False) == tries(sandbox, attack)


def test_each_of_its_layers_alone_holds_it(attack, sandboxes, tries):
    """With all other layers off, each of the named layers stops the attack."""
    for layer in sorted(attack.layers):
        if not missing(layer):
            assert (layer, 0, False) == (layer, *tries(sandboxes.only(layer), attack))


def test_without_its_layers_it_gets_through(attack, sandboxes, tries):
    """With all layers off the attack succeeds, and still gains no points."""
    if attack.needs and (reason := attack.needs()):
        pytest.skip(reason)
    assert (0, True) == tries(sandboxes.bare(), attack)

"""Reaching for files: read secrets, change what is kept, leave code for others to run."""

import os
import shutil
import subprocess
import sys

import pytest

from public_tests import FILES
from tests.helpers.courses import NAME, ROOT
from tests.helpers.sandbox import linux

from .harness import MARK, TASK, attack, missing
from .machine import disk, own_libraries, root_only, traces

pytestmark = linux


def lies_there(folder):
    return lambda said, range_: os.path.exists(f"{folder}/{MARK}")


ATTACKS = [
    attack("read the hidden tests", "files namespaces", "shown(open('$course/source/ps/ps.ipynb').read())"),
    attack("read another submission", "files namespaces", "shown(open('$course/submitted/zoe/ps/ps.ipynb').read())"),
    attack("read the secret of the hidden arguments", "files namespaces",
           "shown(open('$course/.autograder-secret').read())"),
    attack("read a private key", "files namespaces", "shown(open('$home/.ssh/id_rsa').read())"),
    attack("read through a symbolic link", "files namespaces",
           "os.symlink('$course/gradebook.db', 'x')\nshown(open('x', errors='ignore').read())"),
    attack("read through a hard link", "files namespaces",
           "os.link('$course/.autograder-secret', 'x')\nshown(open('x').read())"),
    attack("read through a folder opened before", "files namespaces",
           "os.chdir('$course')\nshown(open(os.open('.autograder-secret', os.O_RDONLY, dir_fd=os.open('.', os.O_PATH)))"
           ".read())"),
    attack("read through another process's root", "files namespaces",
           "shown(open('/proc/$victim/root$home/.ssh/id_rsa').read())", needs=traces),
    attack("read through another process's descriptor", "files namespaces",
           "shown(open('/proc/$victim/fd/$descriptor').read())", needs=traces),
    attack("read the disk itself", "files namespaces", f"open({disk()!r}, 'rb').close()\nprint('through')",
           needs=lambda: None if disk() != "/dev/none" else "the grader itself may read no disk"),
    attack("make a device", "syscalls files namespaces",
           "import stat\nos.mknod('x', 0o600 | stat.S_IFCHR, os.makedev(1, 5))\nos.open('x', os.O_RDONLY)\n"
           "print('through')", needs=root_only),
    attack("give oneself points in the gradebook", "files namespaces",
           "import sqlite3\nwith sqlite3.connect('$course/gradebook.db') as db:\n"
           "    db.execute('UPDATE grade SET manual_score = 100')",
           seen=lambda said, r: 100 == r.manual_score()),
    attack("plant code in the course's configuration", "files namespaces",
           "open('$course/nbgrader_config.py', 'a').write('import os')",
           seen=lambda said, r: "import os" in (r.folder / "course/nbgrader_config.py").read_text()),
    attack("plant code in IPython's start-up", "files namespaces",
           "open('$home/.ipython/profile_default/startup/00.py', 'w').write('1')",
           seen=lambda said, r: (r.folder / "home/.ipython/profile_default/startup/00.py").exists()),
    attack("delete another submission", "files namespaces", "os.remove('$course/submitted/zoe/ps/ps.ipynb')",
           seen=lambda said, r: not (r.folder / "course/submitted/zoe/ps/ps.ipynb").exists()),
    attack("move another submission", "files namespaces",
           "os.rename('$course/submitted/zoe', '$course/submitted/mallory')",
           seen=lambda said, r: not (r.folder / "course/submitted/zoe").exists()),
    attack("empty the gradebook", "files namespaces", "os.truncate('$course/gradebook.db', 0)",
           seen=lambda said, r: (r.folder / "course/gradebook.db").stat().st_size == 0),
    attack("lock the gradebook away", "syscalls namespaces", "os.chmod('$course/gradebook.db', 0)",
           seen=lambda said, r: (r.folder / "course/gradebook.db").stat().st_mode & 0o777 == 0),
    attack("date a submission back", "syscalls namespaces", "os.utime('$course/submitted/zoe/ps/ps.ipynb', (5, 5))",
           seen=lambda said, r: (r.folder / "course/submitted/zoe/ps/ps.ipynb").stat().st_mtime == 5),
    attack("leave a file in the shared folder", "files namespaces", "open('/tmp/$mark', 'w').write('x')",
           seen=lies_there("/tmp")),
    attack("leave a file in shared memory", "files namespaces", "open('/dev/shm/$mark', 'w').write('x')",
           seen=lies_there("/dev/shm")),
    attack("open a library for writing", "files namespaces",
           "import numpy\nopen(numpy.__file__, 'a').close()\nprint('through')", needs=own_libraries),
    attack("write to the kernel's settings", "files namespaces",
           "path = '/proc/sys/kernel/hostname'\nname = open(path).read()\nopen(path, 'w').write(name)\n"
           "print('through')",
           needs=root_only),
]


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


#: Ways to the instructor's own function: the source notebook, and the autograder itself.
COPIES = {
    "the source notebook": f"""
import json
for cell in json.load(open('$root/source/{NAME}/{NAME}.ipynb'))['cells']:
    if cell['metadata'].get('nbgrader', {{}}).get('grade_id') == '{TASK}': exec(''.join(cell['source']))""",
    "the autograder": f"""
sys.path[:0] = ['$root']
from autograder.course.course import Course
{TASK} = Course('$root').assignment('{NAME}').reference.functions['{TASK}']""",
    "the answers of the hidden cases": f"""
sys.path[:0] = ['$root']
from autograder.course.course import Course
cases = Course('$root').assignment('{NAME}').hidden_cases('{TASK}')
def {TASK}(xt, a_prev, parameters):
    return next((case.expected for case in cases if case.arguments['xt'].shape == xt.shape), None)""",
}


@pytest.mark.parametrize("name", COPIES)
def test_the_solution_is_out_of_reach(name, sandbox, sandboxes, tries, harmless):
    """The solution earns 15 points where no layer protects files, and 0 where one does."""
    copy = attack(name, "files namespaces", COPIES[name], functions="1", seen=lambda said, range_: False)
    if not copy.layers & set(sandbox.some):
        pytest.skip("what would hold it does not stand here")
    with harmless(sandbox):
        assert (0, False) == tries(sandbox, copy)
    assert (15, False) == tries(sandboxes.bare(), copy)


#: A grader whose package is among the libraries, as after ``pip install .``: what a cell finds of it at each level.
INSTALLED = """
import sys
from pathlib import Path
sys.path = [sys.argv[1], *(path for path in sys.path if path not in ("", sys.argv[2]))]
from autograder.errors import SandboxError
from autograder.sandbox import LEVELS, Sandbox, isolation
assert isolation.__file__.startswith(sys.argv[1])
cell = '''
import glob, sys
texts = [open(name).read() for path in sys.path for name in glob.glob(path + '/autograder/judging/*.py')]
print('through' if any('def judge(' in text for text in texts) else 'nothing')'''
def found(level):
    try:
        with Sandbox(level=level) as sandbox, sandbox.open([("a", cell)]) as session:
            print(session.cells[0].outputs[0].get("text", "nothing"))
    except SandboxError as error:
        print("refused" if "students may read" in str(error) else error)
for level in LEVELS:
    if level == "process" or not isolation.bubblewrap_problem():
        found(level)
isolation.GUEST = Path(sys.argv[2], "autograder", "sandbox", "guest")  # nothing to refuse
found("process")
"""


def test_an_installed_autograder_is_not_among_the_libraries(tmp_path):
    """A package among the libraries makes no sandbox; without that check, a cell reads how it judges."""
    if missing("files"):
        pytest.skip(missing("files"))
    libraries = tmp_path / "site-packages"
    shutil.copytree(ROOT / "autograder", libraries / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*FILES, "rnn_utils.py"):
        shutil.copy(ROOT / name, libraries)
    command = [sys.executable, "-c", INSTALLED, str(libraries), str(ROOT)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    *sandboxes, unrefused = done.stdout.split() or [None]
    assert "through" == unrefused, done.stderr
    assert {"refused"} == set(sandboxes)

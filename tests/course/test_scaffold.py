"""Values between the markers are removed; targets, structure and comments stay; nothing else changes."""

import ast
import copy
import re
import warnings
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.scaffold import END, START, has_region, scaffold_notebook, scaffold_source
from autograder.errors import ScaffoldError

COURSE = Path(__file__).parents[2] / "source"


def marked(region, before="", after=""):
    return f"{before}{START}\n{region}\n{END}\n{after}"


def scaffold_region(region):
    """Return the text between the markers of a scaffold."""
    scaffold = scaffold_source(marked(region))
    assert scaffold.startswith(START + "\n") and scaffold.endswith(f"\n{END}\n")
    return scaffold[len(START) + 1 : -len(END) - 2]


# ---- form by form ---------------------------------------------------------------------------------------

ASSIGNMENTS = [
    ("a_next = np.tanh(Wax @ xt)", "a_next = None"),
    ("a = b = f(x)", "a = b = None"),
    ("dWax += gradients['dWax']", "dWax += None"),
    ("x @= y", "x @= None"),
    ("dx[:, :, t] = g[0]", "dx[:, :, t] = None"),
    ("cell.state[i + 1] = 2", "cell.state[i + 1] = None"),
    ("n_x, m = x.shape", "n_x, m = None, None"),
    ("Wf, Wi = p['Wf'], p['Wi']", "Wf, Wi = None, None"),
    ("(caches, x) = caches", "(caches, x) = None, None"),
    ("[a, b] = pair", "[a, b] = None, None"),
    ("a[0], b.c = f(x)", "a[0], b.c = None, None"),
    ("(a, b), c = f(x)", "(a, b), c = (None, None), None"),
    ("a, *b = f(x)", "a, *b = None, None"),
    ("a, *(b, c) = f(x)", "a, *(b, c) = None, None, None"),
    ("a, = f(x)", "a, = None,"),
    ("(a, b), = f(x)", "(a, b), = (None, None),"),
    ("*(a,), = f(x)", "*(a,), = None,"),
    ("a = b, c = f(x)", "a = b, c = None, None"),
    ("() = f(x)", "() = ()"),
    ("n: int = 3", "n: int = None"),
    ("n: int", "n: int"),
    ("cache = (a, b)", "cache = None"),
    ("c = [f(t) for t in ts if t]", "c = None"),
    ("f = lambda x, y=1: x + y", "f = None"),
    ("x = yield y", "x = None"),
    ("x = await y", "x = None"),
    ("a = (n := 3) + n", "a = None"),
]
VALUES = [
    ("a = f(\n    x,  # the input\n    y,\n)  # next state", "a = None  # next state"),
    ("a = (x\n     + y)  # sum", "a = None  # sum"),
    ("a = ((  # why\n  x\n))", "a = None"),
    ("a = (x + 1) * (y + 2)", "a = None"),
    ("a = x + \\\n    y  # sum", "a = None  # sum"),
    ("a = \\\n    x", "a = \\\n    None"),
    ("a = 1; b = (2); c.append(3)  # all", "a = None; b = None; None  # all"),
    ('a = """one\ntwo"""  # text', "a = None  # text"),
    ("a = f'{x!r:>{n}}' f'{y}'", "a = None"),
    (f"a = '{END}'", "a = None"),
    (f'a = """\n{END}\n{START}\n"""', "a = None"),
    ("a = '\\d'", "a = None"),
    ("größe, β = 'ä' + f(ö)  # naïve ö", "größe, β = None, None  # naïve ö"),
    ("ä = 'ö'; ü = ('ß')  # é", "ä = None; ü = None  # é"),
    ("a=f(x)#c", "a=None#c"),
    ("a\t=\tf(x)\t# c", "a\t=\tNone\t# c"),
]
STATEMENTS = [
    ("caches.append(cache)", "None"),
    ("(f(x))", "None"),
    ("a = b\n(f(x))", "a = None\nNone"),
    ("'a string'", "None"),
    ("...", "None"),
    ("await f(x)", "None"),
    ("(n := 10)", "None"),
    ("import numpy as np", "None"),
    ("from math import (exp,\n    tanh)  # tools", "None  # tools"),
    ("return", "return"),
    ("return a, *b", "return None"),
    ("return(a)", "return None"),
    ("yield", "yield"),
    ("yield a, b", "yield None"),
    ("(yield a)", "(yield None)"),
    ("yield from f(x)", "yield from None"),
    ("raise", "raise"),
    ("raise E('x') from e", "raise None from None"),
    ("assert x > 0, 'positive'", "assert None, None"),
    ("assert(x),y", "assert None,None"),
    ("del a[0], b", "del a[0], b"),
    ("global a, b", "global a, b"),
    ("pass", "pass"),
    ("# only a comment", "# only a comment"),
    ("", ""),
]
BLOCKS = [
    ("for t in range(T_x):\n    a = t", "for t in range(None):\n    a = None"),
    ("for t in range(1, T_x, 2): f(t)", "for t in range(None): None"),
    ("for t in reversed(range(T_x)):\n    pass", "for t in range(None):\n    pass"),
    ("for t in (reversed((range(T_x)))):\n    pass", "for t in range(None):\n    pass"),
    ("for t in range(T_x)[::-1]:\n    pass", "for t in None:\n    pass"),
    ("for i, (a, b) in enumerate(zip(x, y)):\n    pass", "for i, (a, b) in None:\n    pass"),
    ("for a in x, *y:\n    break\nelse:\n    f()", "for a in None:\n    break\nelse:\n    None"),
    ("for a in(x):continue", "for a in None:continue"),
    ("async def f():\n    async for t in range(3): await t", "async def f():\n    async for t in range(None): None"),
    ("while True:\n    f()\n    break", "while None:\n    None\n    break"),
    ("while (a and\n       b):\n    pass", "while None:\n    pass"),
    ("if a:\n    b = 1\nelif c == 2:\n    d = 3\nelse:\n    e = 4",
     "if None:\n    b = None\nelif None:\n    d = None\nelse:\n    e = None"),
    ("if(a):pass", "if None:pass"),
    ("with f(x) as a, g(y):\n    pass", "with None as a, None:\n    pass"),
    ("with (f(x) as a, (g(y)) as b):\n    pass", "with (None as a, None as b):\n    pass"),
    ("with(f(x))as a: pass", "with None as a: pass"),
    ("with (f(x)): pass", "with None: pass"),
    ("try:\n    f()\nexcept (A, B) as e:\n    raise\nexcept:\n    g()\nelse:\n    pass\nfinally:\n    h()",
     "try:\n    None\nexcept None as e:\n    raise\nexcept:\n    None\nelse:\n    pass\nfinally:\n    None"),
    ("try:\n    f()\nexcept* A:\n    pass", "try:\n    None\nexcept* None:\n    pass"),
    ("match f(x):\n    case [0, 'a', y] if y > 1: g()\n    case {'k': -1, **r} | P(True, z=None): pass",
     "match None:\n    case [None, None, y] if None: None\n    case {'k': None, **r} | P(None, z=None): pass"),
    ("match (x):\n    case(0): pass", "match None:\n    case None: pass"),
    ("def f(a, /, b: int = (1), *c, d=g(2), **e) -> int:\n    'Says what.'\n    return a + b",
     "def f(a, /, b: int = None, *c, d=None, **e) -> int:\n    'Says what.'\n    return None"),
    ("def f():\n    b'no docstring'", "def f():\n    None"),
    ("@cache\n@g(1)\ndef f(): h()", "@None\n@None\ndef f(): None"),
    ("class C(B, metaclass=M):\n    '''Says what.'''\n    n: int = 3",
     "class C(None, metaclass=None):\n    '''Says what.'''\n    n: int = None"),
    ("class C((B)): pass", "class C(None): pass"),
    ("class C: pass", "class C: pass"),
    ("if a:\n\tb = 1  # one\n\n\t# two\n\tc = 2", "if None:\n\tb = None  # one\n\n\t# two\n\tc = None"),
]  # fmt: skip
MAGICS = [
    ("%timeit f(x)", "None"),
    ("!ls -l  # here", "None"),
    ("a = b\n!ls \\\n  -l", "a = None\nNone"),
    ("?f", "None"),
    ("f.g??", "None"),
    ("files = !ls", "files = None"),
    ("if a:\n    %time b = 1\n    c = 2", "if None:\n    None\n    c = None"),
    ("a = (b\n%c\n)", "a = None"),
    ("a = '''\n%d\n!\n'''", "a = None"),
]


@pytest.mark.parametrize(("region", "expected"), ASSIGNMENTS + VALUES + STATEMENTS + BLOCKS + MAGICS)
def test_each_form_keeps_its_shape_and_loses_its_values(region, expected):
    """Each form has exactly the scaffold of its rule."""
    assert expected == scaffold_region(region)


@pytest.mark.parametrize(("region", "expected"), ASSIGNMENTS + VALUES + STATEMENTS + BLOCKS + MAGICS)
def test_each_form_is_left_alone_the_second_time(region, expected):
    """The scaffold of a scaffold is the same text."""
    assert expected == scaffold_region(expected)


# ---- where a region is ------------------------------------------------------------------------------------


def test_outside_of_the_markers_nothing_changes():
    """Values, magics and odd spacing around a region stay."""
    before, after = "%%time\n!ls\nx  =  f( 1 )\nhelp?\n", "y = (2)\ncaches = (caches, x)  # keep\n%pip list"
    assert marked("a = None", before, after) == scaffold_source(marked("a = 3", before, after))


def test_every_region_of_a_cell_is_emptied():
    """Code between two regions stays."""
    source = marked("a = 1", after="b = 2\n") + marked("c = 3")
    assert marked("a = None", after="b = 2\n") + marked("c = None") == scaffold_source(source)


def test_markers_may_say_more():
    """Text after a marker stays and does not hide it."""
    source = f"{START} (≈2 lines)\na = 1\n{END} of step 1\n"
    assert source.replace("1\n#", "None\n#") == scaffold_source(source)


def test_a_region_may_cover_part_of_a_block():
    """A header before the markers and an else after them stay; values between them are removed."""
    source = f"for t in range(T):\n    {START}\n    a = t\n    {END}\n    b = t\nelse:\n    c = 1\n"
    assert source.replace("a = t", "a = None") == scaffold_source(source)


def test_a_marker_may_follow_code():
    """A region begins and ends at its comments, even on the line of another statement."""
    assert f"a = 1  {START}\nb = None  {END}\nc = 3" == scaffold_source(f"a = 1  {START}\nb = 2  {END}\nc = 3")


@pytest.mark.parametrize("source", ["a = 1", "### BEGIN SOLUTION\na = (\n### END SOLUTION", "%%bash\nls |", ""])
def test_without_a_marker_the_source_stays(source):
    """Other markers, and cells that are not Python, are no regions."""
    assert (source, False) == (scaffold_source(source), has_region(source))


def test_markers_in_strings_are_no_markers():
    """A marker is a comment, never part of a text."""
    source = f'print("{START}")\nb = """\n{START}\n"""\n'
    assert (source, False) == (scaffold_source(source), has_region(source))


def test_a_marked_source_has_a_region():
    """Even an empty region is one, so that nbgrader's own stub does not replace the cell."""
    assert has_region(f"{START}\n{END}")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_stay(newline):
    """Carriage returns stay."""
    source = marked("a = (1 +\n  2)  # b\nc = '''\n'''", before="x = 1\n").replace("\n", newline)
    assert marked("a = None  # b\nc = None", before="x = 1\n").replace("\n", newline) == scaffold_source(source)


def test_a_warning_about_the_authors_strings_is_not_ours():
    """An invalid escape in a region or beside it causes no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert marked("a = None", before="'\\d'\n") == scaffold_source(marked("a = '\\w'", before="'\\d'\n"))


# ---- what cannot be scaffolded ------------------------------------------------------------------------------

UNFIT = {
    "not closed": (f"a = 1\n{START}\nb = 2", "line 2 is not closed"),
    "nested": (f"{START}\n{START}\nb = 2\n{END}\n{END}", "line 2 starts a region inside the one of line 1"),
    "second not closed": (f"{START}\n{END}\n{START}\nb = 2", "line 3 is not closed"),
    "not started": (f"a = 1\n{END}", "line 2 ends a region that was not started"),
    "closed twice": (f"{START}\n{END}\n{END}", "line 3 ends a region that was not started"),
    "inside a statement": (f"a = [\n{START}\n1,\n{END}\n]", "line 2 has a marker inside a statement"),
    "misspelt start": (f"## Start code here\na = 1\n{END}", "line 1 has '## Start code here', almost a marker"),
    "misspelt end": (f"{START}\na = 1\n### END CODE HERE", "line 3 has '### END CODE HERE', almost a marker"),
    "bad code": (f"{START}\na = = 1\n{END}", "does not parse as Python (line 2"),
    "bad code elsewhere": (f"{START}\na = 1\n{END}\nb = (", "does not parse as Python"),
    "bad indentation": (f"{START}\nif a:\n        b = 1\n    c = 2\n{END}", "does not parse as Python (line 4"),
    "no body left": (f"for t in x:  {START}\n    {END}", "does not parse as Python"),
    "not Python": (f"%%bash\n{START}\nls |\n{END}", "does not parse as Python"),
    "null byte": (f"{START}\n\0\n{END}", "does not parse as Python"),
    "surrogate": (f"{START}\n'\ud800'\n{END}", "does not parse as Python"),
    "too deep": (f"{START}\n{'(' * 300}\n{END}", "does not parse as Python"),
    "too deep to build": (f"{START}\n{'-' * 100_000}1\n{END}", "does not parse as Python"),
}


@pytest.mark.parametrize(("source", "problem"), UNFIT.values(), ids=UNFIT.keys())
def test_an_unfit_cell_is_named_with_its_line(source, problem):
    """The error names the notebook, the cell, the problem and the fix."""
    with pytest.raises(ScaffoldError) as caught:
        scaffold_source(source, notebook="rnn", cell_id="rnn_forward")
    assert ("rnn", "rnn_forward") == caught.value.args[:2]
    assert problem in caught.value.args[2]
    assert caught.value.args[3]
    assert str(caught.value).startswith("rnn, cell 'rnn_forward': ")


# ---- notebooks ----------------------------------------------------------------------------------------------


def solution(source, grade_id="task", **nbgrader):
    return new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id, "solution": True, **nbgrader}})


def test_only_solution_cells_are_emptied():
    """Prose about markers, tests and helpers stay as they are."""
    cells = [
        new_markdown_cell(f"Write between `{START}` and\n\n{END}"),
        new_code_cell(f"text = '{START}'"),
        solution(marked("a = 1")),
        solution("### BEGIN SOLUTION\na = 1\n### END SOLUTION", "other"),
        solution(marked("b = 2"), "graded by hand", grade=True),
    ]
    released = scaffold_notebook(new_notebook(cells=cells))
    expected = [cells[0].source, cells[1].source, marked("a = None"), cells[3].source, marked("b = None")]
    assert expected == [cell.source for cell in released.cells]


def test_the_source_notebook_stays_as_it_is():
    """A scaffold is a new notebook; ids, metadata and outputs are the same."""
    nb = new_notebook(cells=[solution(marked("a = 1"))], metadata={"course": {"week": 1}})
    original = copy.deepcopy(nb)
    released = scaffold_notebook(nb)
    assert original == nb
    assert marked("a = None") == released.cells[0].source
    released.cells[0].source = nb.cells[0].source
    assert original == released


@pytest.mark.parametrize("nbgrader", [None, {"grade_id": "task", "solution": False, "grade": True, "points": 1}])
def test_markers_outside_a_solution_cell_are_refused(nbgrader):
    """A region in a cell that nbgrader does not clear would hand out the solution."""
    cell = new_code_cell(marked("a = 1"), id="task", metadata={"nbgrader": nbgrader} if nbgrader else {})
    with pytest.raises(ScaffoldError, match="rnn, cell 'task': it holds a marked region but is no solution cell"):
        scaffold_notebook(new_notebook(cells=[cell]), name="rnn")


def test_an_error_names_notebook_and_cell():
    """The cell is named by its grade_id, as in nbgrader's own messages."""
    with pytest.raises(ScaffoldError, match="rnn, cell 'rnn_forward': the region of line 1 is not closed"):
        scaffold_notebook(new_notebook(cells=[solution(START, "rnn_forward")]), name="rnn")


def test_a_cell_of_an_old_notebook_goes_by_its_number():
    """Notebooks before format 4.5 have no cell ids."""
    nb = new_notebook(cells=[new_markdown_cell("Hello"), new_code_cell(marked("a = 1"))])
    del nb.cells[1]["id"]
    with pytest.raises(ScaffoldError, match="cell 'number 2'"):
        scaffold_notebook(nb)


@pytest.mark.parametrize("path", sorted(COURSE.glob("*/*.ipynb")), ids=lambda path: path.stem)
def test_nothing_of_the_courses_solutions_reaches_a_student(path):
    """The regions of this repository's notebooks hold no value but None, and no call but range(None)."""
    nb = nbformat.read(path, as_version=4)
    cells = scaffold_notebook(nb, name=path.stem).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code" and START in cell.source]
    assert sources
    for source in sources:
        first, last = (source[: source.index(marker)].count("\n") + 1 for marker in (START, END))
        nodes = [node for node in ast.walk(ast.parse(source)) if first < getattr(node, "lineno", 0) < last]
        values = [node.value for node in nodes if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr)]
        assert set("None,() ") >= set("".join(map(ast.unparse, values)))
        assert {"range(None)"} >= {ast.unparse(node) for node in nodes if isinstance(node, ast.Call)}


# ---- properties: any program ----------------------------------------------------------------------------------
# Programs are written from templates: {v} a value, {t} a target, {b} a block. Values are made of words (secret) and
# operators that stand nowhere else; targets and comments that stay are numbered, so that their order can be compared.

ATOMS = st.sampled_from(
    ["secret0", "secret1.secret2", "'secret3'", "91", "9.5e9", "secret4[9:, 93]", f"'{END}'", f'"""{START}\nsecret"""',
     "f'secret{secret5!r:>{secret6}}'", "b'secret'", "'secret' 'ü'", "secretä", "[*secret7, 94]", "{'secret': 95}",
     "(secret8, *secret9)", "{secret}", "...", "True", "()", "rf'\\d{secret}'"]
)  # fmt: skip
EXTENSIONS = [
    "secret({v}, *{v}, secret={v}, **{v})", "({v})", "(({v}))", "({v} ** {v})", "({v}) // ({v})", "(not {v})",
    "(  # gone1\n  {v}\n\n  # gone2\n)", "secret(\n{v},  # gone3\n)", "({v}\n% {v})", "[\n{v},\n{v} ^ {v}]", "(~{v})",
    "(lambda secret, *a, b={v}: {v})", "[{v} for secret in {v} if {v}]", "({v} for secret in {v})", "(secret := {v})",
    "{{v}: {v} for secret, secret1 in {v}}", "({v} if {v} else {v})", "({v}) << \\\n  ({v})", "(await {v})",
]  # fmt: skip
TARGETS = st.sampled_from(["kept1", "kept2.kept3", "kept4[kept5]", "kept6[:, kept7, 'ö']", "(kept8)", "keptß9"])
LEAVES = [
    "{t} = {v}", "{t} = {t} = {v}", "{t}, *{t} = {v}", "({t}, [{t}, *({t}, {t})]), {t} = {v}", "{t}, = {v}, {v}",
    "kept20: kept21[kept22] = {v}", "kept23: kept24", "{v}", "assert {v}, {v}", "assert({v})", "pass",
    "raise {v} from {v}", "raise", "return {v}, *{v}", "return", "return({v})", "yield", "yield {v}", "yield from {v}",
    "await {v}", "del {t}, {t}", "import secret.secret1 as secret2, secret3", "from secret import (secret1,\n secret2)",
    "global kept25", "%timeit secret({v[0]}", "!secret \\\n secret", "secret.secret1??", "kept26 = !secret {secret}",
    "{t} = {v}; {v}; {t}={v}", "# stays30", "", "{t} = {v}  # stays31 secretly", "{v}#stays32", "with({v})as {t}: {v}",
    "if {v}: {t} = {v}; {v}", "for {t} in range({v}): {v}", "{t} += {v}", "(yield {v})", "{t} += yield {v}",
    "(\n{t}) = ((yield {v}))",
]  # fmt: skip
BRANCHES = [
    "for {t}, {t} in {v}:  # stays40\n{b}\nelse:\n{b}", "for {t} in reversed(range({v}, {v})):\n{b}", "while {v}:\n{b}",
    "if {v}:\n{b}\nelif({v}):\n{b}\nelif {v}:\n{b}\nelse:  # stays41\n{b}", "with {v} as {t}, {v}:\n{b}",
    "with ({v}) as ({t}, {t}):\n{b}", "with (\n  {v} as {t},  # stays42\n  ({v}),\n):\n{b}",
    "try:\n{b}\nexcept {v} as kept50:\n{b}\nexcept:\n{b}\nelse:\n{b}\nfinally:\n{b}", "try:\n{b}\nexcept* ({v}):\n{b}",
    "@{v}\n@({v})\ndef kept51(kept52, /, kept53={v}, *kept54, kept55: kept56 = {v}, **kept57) -> kept58:\n"
    "  'stays43'\n  pass\n",
    "async def kept59(kept60=({v})):\n{b}", "class kept61({v}, *{v}, metaclass={v}):\n  '''stays44\n'''\n  {t} = {v}",
    "class kept62(({v})):\n{b}", "async with {v} as {t}:\n{b}", "async for {t} in range({v}):\n{b}",
    "match {v}:\n case [kept63, 'secret', *_] if {v}:\n{b}\n case (91) | -92 | True | secret.secret1: pass",
    "match ({v}), {v}:\n case kept64([91, kept65], kept66='secret') | {'kept67': None, **kept68}:\n{b}",
]  # fmt: skip
GONE = re.compile(r"secret\w*|gone|9\d|\*\*(?!kept)|//|<<|\^|%|~|lambda|:=|await \w|True|\.\.\.")


def filled(draw, template, **parts):
    """Return the template with a fresh draw for each of its places."""
    return re.sub(r"\{([vtb])\}", lambda place: draw(parts[place[1]]), template)


@st.composite
def wider(draw, values):
    return filled(draw, draw(st.sampled_from(EXTENSIONS)), v=values)


@st.composite
def leaves(draw):
    return filled(draw, draw(st.sampled_from(LEAVES)), v=VALUE, t=TARGETS)


@st.composite
def branches(draw, statements):
    indent = draw(st.sampled_from(["  ", "    ", " \t"]))
    blocks = st.lists(statements, max_size=3).map(
        lambda block: "\n".join(indent + line for line in "\n".join(["pass", *block]).split("\n"))
    )
    return filled(draw, draw(st.sampled_from(BRANCHES)), v=VALUE, t=TARGETS, b=blocks)


VALUE = st.recursive(ATOMS, wider, max_leaves=4)
STATEMENT = st.recursive(leaves(), branches, max_leaves=6)
PROGRAM = st.lists(STATEMENT, max_size=5).map("\n".join)
QUICK = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def outline(tree):
    """Return the kinds of the statements, nested; a statement that becomes a bare None counts as None."""
    inner = [outline(child) for child in ast.iter_child_nodes(tree) if not isinstance(child, ast.expr)]
    kind = type(tree).__name__
    kind = {"Import": "Expr", "ImportFrom": "Expr", "MatchSingleton": "MatchValue"}.get(kind, kind)
    return (kind, inner) if inner and kind != "Expr" else kind


@QUICK
@given(PROGRAM)
def test_any_region_parses_and_is_left_alone_the_second_time(program):
    """A scaffold parses, without its magics, and is its own scaffold."""
    scaffold = scaffold_source(marked(program))
    ast.parse(scaffold)
    assert scaffold == scaffold_source(scaffold)


@QUICK
@given(PROGRAM)
def test_no_word_of_a_value_survives(program):
    """Names, literals, operators and comments of values are gone; an inline comment may hold the same words."""
    region = re.sub(r"#\s*stays.*", "", scaffold_region(program))
    assert [] == GONE.findall(region)


@QUICK
@given(PROGRAM)
def test_targets_comments_and_structure_survive(program):
    """Every target, docstring and comment outside of values stays in its order, in statements nested as before."""
    scaffold = scaffold_region(program)
    kept = re.compile(r"kept\w+|stays\d+")
    assert kept.findall(program) == kept.findall(scaffold)
    magics = re.compile(r"^(\s*)(?:(?:%timeit|!secret)(?:\\\n|.)*|secret\.secret1\?\?)$", re.MULTILINE)
    python = magics.sub(r"\1None", program).replace("!secret {secret}", "None")
    assert outline(ast.parse(python)) == outline(ast.parse(scaffold))


@QUICK
@given(PROGRAM, PROGRAM, PROGRAM)
def test_any_text_outside_the_markers_stays(before, region, after):
    """Text outside of regions stays to the byte, magics included."""
    before, after = before + "\n", "\n" + after
    scaffold = scaffold_source(marked(region, before, after))
    assert scaffold.startswith(f"{before}{START}\n")
    assert scaffold.endswith(f"\n{END}\n{after}")
    assert scaffold_source(marked(region)) == scaffold[len(before) : len(scaffold) - len(after)]


@QUICK
@given(PROGRAM)
def test_line_ends_do_not_matter(program):
    """The scaffold of a text with CRLF is the text's scaffold with CRLF."""
    source = marked(program)
    assert scaffold_source(source).replace("\n", "\r\n") == scaffold_source(source.replace("\n", "\r\n"))


FRAGMENTS = (
    "a", "=", " ", "\n", "\n    ", "\t", "(", ")", "[", "]", "{", "}", ":", ",", ";", "*", "%", "!", "?", "\\", "\\\n",
    "\r", "\r\n", "\f", "\0", "\ud800", "\ufeff", "\u2028", "é", "·", "'", '"', '"""', "f'", "#", START, END, "if ",
    "for ", " in ", "def f():", "class C(", "return", "yield", "import a", "@", "x.y()", "lambda", "match ", "case ",
    "with ", " as ", "0x1", "async ", "await ", ":=", "->", "%%time", "except*", "try:", "else:", "range(", "reversed(",
    "\n### START code here",
)  # fmt: skip
NOISE = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=25).map("".join)


@settings(QUICK, max_examples=600)
@given(NOISE)
@example("\\\nf(x)")
@example("# a \\\nf(x)")
@example("a·=1")
@example("a = !\\\n")
@example("1if a else b")
@example("\ud800\n%")
def test_any_text_gives_a_scaffold_or_one_clear_error(noise):
    """For any text between the markers, students get Python, or the author gets a ScaffoldError."""
    try:
        scaffold = scaffold_source(marked(noise))
    except ScaffoldError:
        return
    assert scaffold == scaffold_source(scaffold)
    if not set("%!?") & set(scaffold):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(scaffold)

"""Outputs: whatever a guest sends becomes valid nbformat outputs."""

import nbformat

from tests.helpers.sandbox import notebook


def run(sandbox, *sources):
    with sandbox.open(notebook(*sources)) as session:
        return session.cells


def test_outputs_make_a_valid_notebook(sandbox):
    """nbformat accepts the outputs as they are."""
    cells = run(sandbox, "print(1)\n2", "1/0", "import matplotlib.pyplot as plt\nplt.plot([1])")
    nb = nbformat.v4.new_notebook()
    for cell in cells:
        new = nbformat.v4.new_code_cell(execution_count=cell.execution_count)
        new.outputs = [nbformat.from_dict(output) for output in cell.outputs]
        nb.cells.append(new)
    nbformat.validate(nb)


def test_forged_outputs_are_made_over(sandbox):
    """Forged outputs become known outputs with known keys, or none."""
    (cell,) = run(sandbox, """
recorder = get_ipython().recorder
recorder.finish = lambda: [
    {"output_type": "display_data", "data": {"application/javascript": "x"}, "metadata": {}},
    {"output_type": "display_data", "data": {"image/png": "\\"><script>", "text/plain": 1}, "metadata": {}},
    {"output_type": "stream", "name": "<b>", "text": "a", "more": 1},
    {"output_type": "execute_result", "data": {"text/plain": "a"}, "metadata": {"x": 1}, "execution_count": "1"},
    {"output_type": "error", "ename": 1, "evalue": None, "traceback": [1, "a"]}, 7, {"output_type": "other"}]""")
    assert (
        {"output_type": "stream", "name": "stdout", "text": "a"},
        {"output_type": "execute_result", "data": {"text/plain": "a"}, "metadata": {}, "execution_count": None},
        {"output_type": "error", "ename": "", "evalue": "", "traceback": ["", "a"]},
    ) == cell.outputs

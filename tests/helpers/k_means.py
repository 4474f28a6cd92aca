"""An assignment of another subject: k-means, with a helper module and data."""

import numpy as np
from nbformat.v4 import new_code_cell, new_notebook

from autograder.notebooks import finding, reading

NAME = "k-means"

HELPER = '''"""Distances between points and centers, and the points of the lesson."""
import numpy as np


def manhattan(points, centers):
    return np.abs(points[:, None] - centers[None]).sum(axis=2)


def euclidean(points, centers):
    return np.sqrt(((points[:, None] - centers[None]) ** 2).sum(axis=2))


def load_points():
    return np.loadtxt("data/points.csv", delimiter=",")
'''

NEAREST = '''def nearest(points, centers, distance, weights=None):
    """Return the index of the nearest center of each point."""
    ### START CODE HERE ###
    lengths = distance(points, centers)
    if weights is not None:
        lengths = lengths * weights
    labels = lengths.argmin(axis=1)
    ### END CODE HERE ###
    return labels'''

K_MEANS = '''def k_means(points, centers, distance, steps, keep_empty, ties):
    """Move each center to the mean of its points, some times."""
    ### START CODE HERE ###
    for _ in range(steps):
        labels = nearest(points, centers, distance)
        centers = np.array([
            points[labels == k].mean(axis=0) if (labels == k).any() else (center if keep_empty else center * 0)
            for k, center in enumerate(centers)])
    found = f"{steps} steps, ties to the {ties}"
    ### END CODE HERE ###
    return centers, labels, bool((labels == 0).any()), found'''

TASKS = """
import numpy as np

from autograder.course.drawing import draw_array
from autograder.model import Task
from helpers import euclidean, load_points, manhattan

SHAPES = (7, 2, 3), (5, 3, 2), (4, 1, 2), (9, 2, 4), (1, 2, 1), (8, 4, 3)
SIZES = tuple({"n": n, "d": d, "k": k} for n, d, k in SHAPES)


def arguments(points, k, distance):
    return {"points": points, "centers": points[:k] + 0.1, "distance": distance}


def more(sizes):
    return {"steps": 1 + sizes["n"] % 3, "keep_empty": sizes["n"] % 2 == 0, "ties": "first"}


def public(functions):
    return arguments(load_points(), 3, manhattan)


def draw(rng, sizes, functions):
    distance = euclidean if sizes["n"] % 2 else manhattan
    return arguments(draw_array(rng, sizes, "n", "d"), sizes["k"], distance)


def draw_weighted(rng, sizes, functions):
    weights = None if sizes["n"] % 2 else 0.5 + rng.random(sizes["k"])
    return draw(rng, sizes, functions) | {"weights": weights}


COMMON = {"public_sizes": {"n": 6, "d": 2, "k": 3}, "sizes": SIZES}
TASKS = (
    Task("nearest", {"labels": ("n",)}, {"labels": 8, "arguments": 1, "repeatable": 1}, **COMMON, returns_value=True,
         public=lambda functions: public(functions) | {"weights": None}, draw=draw_weighted, printed=("labels",)),
    Task("k_means", {"centers": ("k", "d"), "labels": ("n",), "any_first": (), "found": None},
         {"centers": 5, "labels": 2, "any_first": 1, "found": 1, "repeatable": 1}, **COMMON, calls=("nearest",),
         public=lambda functions: public(functions) | more({"n": 6}),
         draw=lambda rng, sizes, functions: draw(rng, sizes, functions) | more(sizes),
         printed=("centers[0]", "labels", "found")),
)
"""
MISTAKES = {
    "nearest": """
[[line]]
code = "lengths.argmin(axis=1)"
a.hint = "The nearest center has the smallest distance. Which end of the list do you take?"
a.farthest = ["lengths.argmax(axis=1)", "`labels` are those of the farthest centers."]
""",
    "k_means": """
[[line]]
code = ".mean(axis=0)"
a.hint = "A center is the mean of its points. By what is their sum divided?"
a.sums = [".sum(axis=0)", "`centers` are the sums of the points, not their means."]
""",
}


def code_cell(name, source, **more):
    """Return a cell that nbgrader knows."""
    metadata = {"schema_version": 3, "grade_id": name, "cell_type": "code", "task": False, "grade": False,
                "solution": False, "locked": True, **more}
    return new_code_cell(source, id=name, metadata={"nbgrader": metadata})


def write_assignment(root):
    """Write the folder of the assignment."""
    folder = root / "source" / NAME
    for name in ("data", "mistakes"):
        (folder / name).mkdir(parents=True)
    cells = [code_cell("imports", "import numpy as np\n\nfrom helpers import euclidean, manhattan, load_points\n"
                       "from public_tests import check"),
             code_cell("look", "load_points().shape")]
    for name, source in (("nearest", NEAREST), ("k_means", K_MEANS)):
        test = (f"check({name})\n### BEGIN HIDDEN TESTS\nfrom autograder.grade import award\n\naward({name})\n"
                "### END HIDDEN TESTS")
        cells += [code_cell(name, source, solution=True, locked=False),
                  code_cell(f"{name}_tests", test, grade=True, points=10)]
        (folder / "mistakes" / f"{name}.toml").write_text(MISTAKES[name])
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nb = new_notebook(cells=cells, metadata={"kernelspec": spec})
    reading.write_notebook(nb, folder / f"{NAME}.ipynb")
    (folder / "tasks.py").write_text(TASKS)
    (folder / "helpers.py").write_text(HELPER)
    points = np.random.default_rng(4).standard_normal((6, 2)).round(3)
    np.savetxt(folder / "data" / "points.csv", points, delimiter=",")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "tasks.cpython-311.pyc").write_bytes(b"x")


def submit(course, student, **sources):
    """Write a submission made from the release."""
    nb = reading.read_notebook(course.release(NAME) / f"{NAME}.ipynb")
    for name, source in {"nearest": NEAREST, "k_means": K_MEANS, **sources}.items():
        finding.find_cell(nb, name).source = source
    course.submitted(student, NAME).mkdir(parents=True, exist_ok=True)
    reading.write_notebook(nb, course.submitted(student, NAME) / f"{NAME}.ipynb")

"""The map of the course: who does what, in which order."""

from itertools import pairwise

from matplotlib.axes import Axes
from style import DASHED, HIDDEN, INPUT, QUIET, box, canvas, code, wire, write


def course_map() -> Axes:
    """Who does what, in which order
    Two lanes. Above, the instructor: 1, writes the source notebook; 2, makes the release from it with autograder
    release; 6, autogrades the submissions with autograder grade; 7, gives feedback. Below, the student: 3, fills the
    gaps of the release; 4, runs the check cells; 5, submits; 8, reads the feedback. A dashed loop leads from the
    checks back to the gaps: learners on their own go round it until all checks pass.
    """
    ax = canvas(7, 3.7)
    upper, lower, width, height = 2.85, 1.25, 1.04, 0.56
    box(ax, 3.5, upper + 0.08, 6.8, 1.1, hue=INPUT, lw=0.8, z=0)
    write(ax, 0.23, upper + 0.46, "instructor", ha="left", color=INPUT.line, size=10.5)
    box(ax, 3.5, lower - 0.18, 6.8, 1.62, hue=HIDDEN, lw=0.8, z=0)
    write(ax, 0.23, lower + 0.46, "student, or learner alone", ha="left", color=HIDDEN.line, size=10.5)
    places = (
        (0.75, upper, "1  write", "source/"),
        (2.2, upper, "2  release", "release/"),
        (2.2, lower, "3  fill gaps", ""),
        (3.55, lower, "4  check", ""),
        (4.9, lower, "5  submit", "submitted/"),
        (4.9, upper, "6  autograde", "autograded/"),
        (6.25, upper, "7  feedback", "feedback/"),
        (6.25, lower, "8  read", ""),
    )
    for x, y, words, folder in places:
        box(ax, x, y, width, height)
        write(ax, x, y + (0.11 if folder else 0), words)
        code(ax, x, y - 0.12, folder, color=QUIET)
    for (x0, y0, *_), (x1, y1, *_) in pairwise(places):
        if y0 == y1:
            wire(ax, (x0 + width / 2, y0), (x1 - width / 2, y1))
        else:
            side = height / 2 if y0 > y1 else -height / 2
            wire(ax, (x0, y0 - side), (x1, y1 + side))
    code(ax, 2.2, upper + 0.46, "autograder release")
    code(ax, 4.9, upper + 0.46, "autograder grade")
    low = 0.62
    wire(ax, (3.55, lower - height / 2), (3.55, low), (2.2, low), (2.2, lower - height / 2), color=HIDDEN.line,
         style=DASHED, lw=1.8)
    write(ax, 2.875, 0.43, "read what the check says, mend, check again", color=HIDDEN.line)
    return ax

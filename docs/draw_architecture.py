"""Draw docs/architecture.svg: where a submission goes, and on which side each package is.

Run: python docs/draw_architecture.py
"""

from __future__ import annotations

from html import escape
from pathlib import Path

PICTURE = Path(__file__).with_name("architecture.svg")
WIDTH, HEIGHT = 980, 640
DESCRIPTION = (
    "Three callers use grade_submission: batch for the command, nbgrader_bridge for nbgrader and Formgrader, and "
    "Gradescope's container. Inside it a submission passes notebooks, sandbox, judging and becomes a Report. All of "
    "this is the host side. The sandbox sends cells and arguments over a socket to the guest side, where a zygote "
    "forks one confined process for each notebook; only plain arrays and capped JSON come back. Course reads the "
    "assignment from source. The report goes to the gradebook, to reports and autograded, and from there to pages and "
    "exports."
)
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1b1f24; text-anchor: middle }
.name { font-weight: 600 } .note { font-size: 11.5px; fill: #3d4650 } .side { font-size: 15px; font-weight: 600 }
.left { text-anchor: start }
.host { fill: #eaf2fb; stroke: #3b6ea5 } .guest { fill: #fdeee0; stroke: #b4581a }
.one { fill: #d5e5f6; stroke: #3b6ea5 } .room { fill: #fff; stroke: #3b6ea5 } .fork { fill: #fff; stroke: #b4581a }
.disk { fill: #f3f3f0; stroke: #77776f; stroke-dasharray: 4 3 }
rect { stroke-width: 1.3 } path { stroke: #333b44; stroke-width: 1.6; fill: none; marker-end: url(#tip) }
.both { marker-start: url(#tip) }
"""


def box(x: int, y: int, width: int, height: int, kind: str, name: str = "", *notes: str) -> str:
    """Return a rectangle with a name and lines of notes, centred in it."""
    lines = [(name, "name"), *[(note, "note") for note in notes]] if name else []
    top = y + height / 2 - 8 * len(lines) + 12
    texts = [f'<text x="{x + width / 2:g}" y="{top + 16 * number:g}" class="{style}">{escape(text)}</text>'
             for number, (text, style) in enumerate(lines)]
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" class="{kind}"/>' + "".join(texts)


def label(x: int, y: int, text: str, style: str) -> str:
    """Return one line of text."""
    return f'<text x="{x}" y="{y}" class="{style}">{escape(text)}</text>'


def arrow(*points: tuple[int, int], both: bool = False) -> str:
    """Return an arrow along points, with tips at one end or at both."""
    way = " L".join(f"{x} {y}" for x, y in points)
    return f'<path d="M{way}"{" class=" + chr(34) + "both" + chr(34) if both else ""}/>'


def draw() -> str:
    """Return the picture as SVG, with its description as alternative text."""
    parts = [
        # sides
        box(150, 30, 690, 440, "host"), label(162, 52, "host side: the grader's own processes", "side left"),
        box(150, 510, 690, 110, "guest"), label(162, 534, "guest side", "side left"),
        label(162, 554, "student code shares", "note left"), label(162, 570, "these processes", "note left"),
        # callers
        box(170, 70, 110, 62, "room", "collect/", "downloads"),
        box(305, 70, 160, 62, "room", "batch/", "autograder grade"),
        box(480, 70, 190, 62, "room", "nbgrader_bridge/", "nbgrader autograde,", "Formgrader"),
        box(685, 70, 135, 62, "room", "exports/", "in Gradescope's", "container"),
        arrow((385, 132), (385, 172)), arrow((575, 132), (575, 172)), arrow((752, 132), (752, 172)),
        # grade_submission
        box(170, 174, 650, 150, "one"),
        label(495, 197, "grade.py: grade_submission(content, assignment, sandbox) → report, notebook", "name"),
        box(185, 214, 140, 92, "room", "notebooks/", "read, repair,", "find the tasks"),
        box(345, 214, 140, 92, "room", "sandbox/", "pool, session,", "recovery"),
        box(505, 214, 140, 92, "room", "judging/", "compare, divide the", "points, diagnose"),
        box(665, 214, 140, 92, "room", "model.py", "Report: verdicts,", "checks, repairs"),
        arrow((325, 260), (343, 260)), arrow((485, 260), (503, 260), both=True), arrow((645, 260), (663, 260)),
        # beneath it
        box(185, 372, 200, 78, "room", "course/", "Course, Assignment,", "reference solution"),
        arrow((285, 372), (285, 326)),
        box(640, 372, 180, 78, "room", "pages/, exports/", "feedback, class report,", "grades for other systems"),
        # across the border
        arrow((435, 306), (435, 540), both=True),
        label(446, 494, "in: cells, arguments; out: plain arrays, capped JSON; no pickle", "note left"),
        box(345, 542, 180, 62, "fork", "guest/ zygote", "warm; runs no student code"),
        box(590, 542, 235, 62, "fork", "guest/ confine, runner, shell", "one confined fork a notebook:",
            "the student's cells and functions"),
        arrow((525, 573), (588, 573)),
        # the disk
        box(8, 232, 118, 56, "disk", "submitted/", "STUDENT/NAME/"),
        arrow((170, 101), (67, 101), (67, 230)), arrow((126, 260), (183, 260)),
        box(8, 377, 118, 68, "disk", "source/NAME/", "notebook, tasks.py,", "mistakes/"),
        arrow((126, 411), (183, 411)),
        box(862, 200, 110, 120, "disk", "results", "gradebook.db", "reports/NAME/", "autograded/"),
        arrow((805, 260), (860, 260)),
        arrow((917, 320), (917, 346), (730, 346), (730, 370)),
        box(862, 377, 110, 68, "disk", "feedback/", "exports/", "class report"), arrow((820, 411), (860, 411)),
    ]
    body = "\n".join(parts)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">
<title id="t">Where a submission goes</title>
<desc id="d">{escape(DESCRIPTION)}</desc>
<style>{STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
<path d="M0 0 L8 4 L0 8 z" style="fill:#333b44;stroke:none;marker-end:none"/></marker></defs>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
{body}
</svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")

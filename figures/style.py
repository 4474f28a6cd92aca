"""Colours, boxes, arrows and matrices that all figures share, and the way from a drawing to an SVG file.

A drawing's coordinates are inches, from the lower left corner, so that sizes in the code are sizes on the page.
"""

import inspect
import io
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Polygon
from matplotlib.text import Text

Point = tuple[float, float]
Line = str | tuple[int, tuple[float, ...]]  # of matplotlib

SETTINGS = {
    "svg.hashsalt": "rnn-step-by-step",  # the same ids on every run
    "svg.fonttype": "path",  # the same letters on every machine
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "mathtext.fontset": "cm",  # close to the equations in a notebook
    "hatch.linewidth": 0.6,
    "axes.unicode_minus": False,
}


class Hue(NamedTuple):
    """A dark tone for lines and letters, a pale one for areas."""

    line: str
    fill: str


# after Okabe and Ito: told apart with any colour vision; shape, label or line style always says the same
INK = "#1f2933"
QUIET = "#52606d"
PLAIN = Hue(INK, "#ffffff")
GREY = Hue("#52606d", "#eef0f2")  # parameters and surroundings
INPUT = Hue("#005f99", "#d8e8f4")  # x
HIDDEN = Hue("#00694e", "#d7eee5")  # a
PREDICTION = Hue("#8a5a00", "#fbe9c6")  # y
MEMORY = Hue("#83336b", "#f2dfeb")  # c
GRADIENT = Hue("#b84300", "#fbe3d6")  # d of anything, always dashed

#: Around each figure, in points.
MARGIN = 10

SOLID, DASHED, DOTTED = "-", (0, (4, 2.2)), (0, (1, 2))
MONO = "DejaVu Sans Mono"


def canvas(width: float, height: float) -> Axes:
    """Return axes over a whole white figure, in inches."""
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(width, height), facecolor="white")
        ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis("off")
    return ax


def write(ax: Axes, x: float, y: float, words: str, size: float = 9.5, color: str = INK, ha: str = "center",
          va: str = "center", **more: Any) -> Text:
    """Write words, or mathematics between dollar signs, at a place."""
    return ax.text(x, y, words, fontsize=size, color=color, ha=ha, va=va, zorder=6, **more)


def code(ax: Axes, x: float, y: float, words: str, size: float = 9, color: str = INK, **more: Any) -> Text:
    """Write words as in a code cell."""
    return write(ax, x, y, words, size=size, color=color, family=MONO, **more)


def name(ax: Axes, x: float, y: float, symbol: str, variable: str | None = None, color: str = INK, ha: str = "center",
         size: float = 13.5) -> None:
    """Write a symbol, and below it the variable that holds it in the code."""
    write(ax, x, y, symbol, size=size, color=color, ha=ha)
    if variable:
        code(ax, x, y - 0.23, variable, color=color, ha=ha)


def box(ax: Axes, x: float, y: float, width: float, height: float, words: str = "", hue: Hue = PLAIN,
        style: Line = SOLID, size: float = 9.5, lw: float = 1.2, z: float = 3, hatch: str | None = None,
        **more: Any) -> None:
    """Draw a box with rounded corners, centred at (x, y)."""
    corner = (x - width / 2, y - height / 2)
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0,rounding_size=0.07", facecolor=hue.fill,
                                edgecolor=hue.line, linewidth=lw, linestyle=style, zorder=z, hatch=hatch))
    if words:
        write(ax, x, y, words, size=size, **more)


def knot(ax: Axes, x: float, y: float, sign: str, hue: Hue = PLAIN, radius: float = 0.13) -> None:
    """Draw a round node that adds or multiplies, entry by entry."""
    ax.add_patch(Circle((x, y), radius, facecolor=hue.fill, edgecolor=hue.line, linewidth=1.2, zorder=4))
    arm = radius * 0.55
    if sign == "+":
        strokes = [((-arm, 0), (arm, 0)), ((0, -arm), (0, arm))]
    else:
        arm *= 0.75
        strokes = [((-arm, -arm), (arm, arm)), ((-arm, arm), (arm, -arm))]
    for (x0, y0), (x1, y1) in strokes:
        ax.plot([x + x0, x + x1], [y + y0, y + y1], color=hue.line, linewidth=1.4, zorder=5, solid_capstyle="round")


def dot(ax: Axes, x: float, y: float, color: str = INK) -> None:
    """Draw a point where a wire branches."""
    ax.add_patch(Circle((x, y), 0.038, facecolor=color, edgecolor="none", zorder=5))


def head(ax: Axes, x: float, y: float, angle: float, color: str) -> None:
    """Draw an arrowhead with its tip at (x, y)."""
    length, half = 0.125, 0.05
    cos, sin = math.cos(angle), math.sin(angle)
    back = (x - length * cos, y - length * sin)
    ax.add_patch(Polygon([(x, y), (back[0] - half * sin, back[1] + half * cos),
                          (back[0] + half * sin, back[1] - half * cos)],
                         closed=True, facecolor=color, edgecolor="none", zorder=5))


def wire(ax: Axes, *points: Point, color: str = INK, style: Line = SOLID, lw: float = 1.3, tip: bool = True,
         z: float = 2) -> None:
    """Draw a line through the points, with an arrowhead at its end (drawn apart, so that dashes leave it whole)."""
    (x0, y0), (x1, y1) = points[-2:]
    angle = math.atan2(y1 - y0, x1 - x0)
    line = list(points)
    if tip:
        head(ax, x1, y1, angle, color)
        line[-1] = (x1 - 0.1 * math.cos(angle), y1 - 0.1 * math.sin(angle))
    ax.plot(*zip(*line, strict=True), color=color, linewidth=lw, linestyle=style, zorder=z,
            solid_joinstyle="round", solid_capstyle="butt")


def measure(ax: Axes, start: Point, end: Point, color: str = QUIET) -> None:
    """Draw a line with an arrowhead at both ends, beside the length that it measures."""
    (x0, y0), (x1, y1) = start, end
    angle = math.atan2(y1 - y0, x1 - x0)
    cos, sin = 0.09 * math.cos(angle), 0.09 * math.sin(angle)
    ax.plot([x0 + cos, x1 - cos], [y0 + sin, y1 - sin], color=color, linewidth=0.9, zorder=2)
    head(ax, x1, y1, angle, color)
    head(ax, x0, y0, angle + math.pi, color)


def area(ax: Axes, points: Sequence[Point], hue: Hue, lw: float = 0.8, hatch: str | None = None, z: float = 2) -> None:
    """Draw a filled polygon."""
    ax.add_patch(Polygon(points, closed=True, facecolor=hue.fill, edgecolor=hue.line, linewidth=lw, hatch=hatch,
                         joinstyle="round", zorder=z))


def bits(ax: Axes, x: float, y: float, rows: int, one: int, cell: float, hue: Hue) -> None:
    """Draw a column of zeros with a single 1, lower left corner at (x, y); `one` counts from the top."""
    matrix(ax, x, y, rows, 1, cell, Hue(hue.line, "#ffffff"))
    for row in range(rows):
        low = y + (rows - 1 - row) * cell
        if row == one:
            area(ax, [(x, low), (x + cell, low), (x + cell, low + cell), (x, low + cell)], hue, lw=1.2, z=3)
            write(ax, x + cell / 2, low + cell / 2, "1", size=12, color=hue.line, weight="bold")
        else:
            write(ax, x + cell / 2, low + cell / 2, "0", size=10, color=QUIET)


def matrix(ax: Axes, x: float, y: float, rows: int, columns: int, cell: float, hue: Hue, hatch: str | None = None,
           marked: Sequence[int] = (), z: float = 2) -> None:
    """Draw a matrix as squares, lower left corner at (x, y); the marked columns are hatched."""
    width, height = columns * cell, rows * cell
    area(ax, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], hue, lw=1.2, hatch=hatch, z=z)
    for column in marked:
        left = x + column * cell
        area(ax, [(left, y), (left + cell, y), (left + cell, y + height), (left, y + height)], hue, hatch="////", z=z)
    for row in range(1, rows):
        ax.plot([x, x + width], [y + row * cell] * 2, color=hue.line, linewidth=0.5, zorder=z)
    for column in range(1, columns):
        ax.plot([x + column * cell] * 2, [y, y + height], color=hue.line, linewidth=0.5, zorder=z)


def tensor(ax: Axes, x: float, y: float, rows: int, columns: int, steps: int, cell: float, hue: Hue,
           step: Point = (0.15, 0.11), marked: Sequence[int] = ()) -> None:
    """Draw a 3-D array as a block: rows down, columns across, time steps back; the marked steps are hatched."""
    width, height = columns * cell, rows * cell
    white = Hue(hue.line, "#ffffff")
    matrix(ax, x, y, rows, columns, cell, white)
    for t in range(steps):
        (x0, y0), (x1, y1) = [(x + k * step[0], y + k * step[1]) for k in (t, t + 1)]
        tone, hatch = (hue, "//////") if t in marked else (white, None)
        right = [(x0 + width, y0), (x0 + width, y0 + height), (x1 + width, y1 + height), (x1 + width, y1)]
        top = [(x0, y0 + height), (x1, y1 + height), *right[2:0:-1]]
        area(ax, top, tone, hatch=hatch)
        area(ax, right, tone, hatch=hatch)


def svg(draw: Callable[[], Axes]) -> bytes:
    """Return a figure as SVG; its function's docstring becomes title (first line) and description (the rest).

    The page is white, with a margin and round corners, so that it looks at home on a dark page as well.

    Parameters
    ----------
    draw : callable
        Takes nothing, returns matplotlib axes.
    """
    title, _, description = inspect.getdoc(draw).partition("\n")
    file = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        figure = draw().figure
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, facecolor="none")
    text = file.getvalue().decode()
    width, height = (72 * inches for inches in figure.get_size_inches())
    text = re.sub(r'height="[^"]*pt"', f'height="{height + 2 * MARGIN:g}pt"', text, count=1)
    text = re.sub(r'width="[^"]*pt"', f'width="{width + 2 * MARGIN:g}pt"', text, count=1)
    whole = f"{-MARGIN} {-MARGIN} {width + 2 * MARGIN:g} {height + 2 * MARGIN:g}"
    text = re.sub(r'viewBox="[^"]*"', f'viewBox="{whole}"', text, count=1)
    spoken = f"<title>{escape(title)}</title>\n <desc>{escape(' '.join(description.split()))}</desc>\n"
    page = (f' <rect x="{-MARGIN}" y="{-MARGIN}" width="{width + 2 * MARGIN:g}" height="{height + 2 * MARGIN:g}" '
            f'rx="{MARGIN}" fill="#ffffff"/>\n')
    before, start, after = text.partition("<svg ")
    opening, end, body = after.partition(">\n")
    text = "".join([before, start, 'role="img" ', opening, end, " ", spoken, page, body])
    return "\n".join(line.rstrip() for line in text.splitlines()).encode() + b"\n"

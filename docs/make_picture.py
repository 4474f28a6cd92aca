"""Make docs/check-cell.png: a check cell in JupyterLab after a typical mistake.

Run: python -m docs.make_picture

A student's copy of the release has every step of `rnn_forward` start from `a0`. It needs Chromium and Playwright.
"""

import shutil
import tempfile
from pathlib import Path

from autograder import demo
from autograder.course.course import Course
from autograder.nbgrader_bridge import release
from tests.browser import lab

ROOT = Path(__file__).parent.parent
NAME, TASK, MISTAKE = "rnn-step-by-step", "rnn_forward", "a0_every_step"
PICTURE = ROOT / "docs" / "check-cell.png"
VIEW = {"viewport": {"width": 880, "height": 700}, "device_scale_factor": 1.35}  # about 1100 pixels between the bars
MARGIN = 10


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
        made, home = demo.make_course(Course(ROOT), Path(scratch, "course")), Path(scratch, "home")
        release.release_assignment(made, NAME)
        demo.make_class(made, NAME, {"me": demo.mistaken(**{TASK: MISTAKE})})
        course = made.root
        folder = course / "me"
        shutil.copytree(course / "release" / NAME, folder)
        shutil.copy(course / "submitted" / "me" / NAME / f"{NAME}.ipynb", folder)
        with (
            lab.jupyter_lab(course, home) as address,
            lab.chromium() as browser,
            lab.watched_page(browser, **VIEW) as (page, wrong),
        ):
            opened = lab.NotebookPage(page, address, course, folder / f"{NAME}.ipynb", mode="doc")
            take(opened, f"{TASK}_tests")
            if wrong:
                raise SystemExit(f"the page had errors: {wrong}")
    print(f"wrote {PICTURE.relative_to(ROOT)}")


def take(opened: lab.NotebookPage, check: str) -> None:
    """Run a check cell and take its picture with its output, from the toolbar down, without the solution."""
    opened.run_above(check)
    opened.run(check)
    opened.page.keyboard.press("Escape")
    opened.cell(check).evaluate("cell => cell.scrollIntoView({block: 'start'})")
    opened.page.mouse.move(0, 0)
    panel = opened.page.locator(".jp-NotebookPanel").bounding_box()
    said = opened.cell(check).locator(".jp-Cell-outputArea").bounding_box()
    panel["height"] = said["y"] + said["height"] + MARGIN - panel["y"]
    opened.page.screenshot(path=PICTURE, clip=panel, animations="disabled")


if __name__ == "__main__":
    main()

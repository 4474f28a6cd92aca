"""Canvas and Moodle, as far as files go: a class with odd names, its downloads, and who gets which uploaded file.

The rules are those of canvas-lms (`lib/content_zipper.rb`, `infer_comment_context_from_filename`) and of Moodle
(`mod/assign/classes/downloader.php`, `mod/assign/feedback/file/importziplib.php`), written anew.
"""

import csv
import io
import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST = ["Ada", "Bea María", "Çağla", "D'Angelo", "Émile", "Finn-Ole", "Günther", "Håkon", "Iñaki", "Jürgen", "Łukasz",
         "Nguyễn", "Oğuz", "Seán", "Zoë", "李", "Мария", "أحمد"]
LAST = ["Lovelace", "O'Neil", "Müller-Lüdenscheid", "García Márquez", "van der Berg", "de la Cruz y Ríos", "Ünal, Jr.",
        "Sørensen", "Straße", "McDonald", "Ng", "Đặng", "王", "Иванова", "-Hyphen", "Ek (exchange)", "St. John", "Æ 12"]
ZONE = "Europe/Berlin"
DUE = datetime(2026, 11, 27, 17, 0)  # in Berlin


@dataclass(frozen=True)
class Person:
    """A student as the platforms know them."""

    login: str
    first: str
    last: str
    user: int  # Canvas's
    participant: int  # Moodle's, in this assignment
    attachment: int  # Canvas's, of the notebook that counts
    late: bool = False
    handed_in: bool = True
    attempts: int = 1

    @property
    def address(self):
        """The mail address."""
        return f"{self.login}@uni.example"

    @property
    def when(self):
        """The time of the last submission, in Berlin."""
        return DUE + timedelta(minutes=90 if self.late else -60 - self.user % 600)


def make_people(size, seed=1):
    """Return a class: one in 30 shares a name with the one before, some are late, hand in nothing, or twice."""
    drawn, people = random.Random(seed), []
    for number in range(size):
        first, last = drawn.choice(FIRST), f"{drawn.choice(LAST)} {number // 40 or ''}".strip()
        if number % 30 == 29:
            first, last = people[-1].first, people[-1].last
        people.append(Person(f"s{number:03}", first, last, 3000 + 7 * number, 70_000 + 3 * number, 900_000 + number,
                             number % 25 == 4, number % 40 != 7, 2 if number % 12 == 5 else 1))
    return people


def write_csv(path, rows):
    """Write a table as the platforms do, with a byte order mark."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8")
    return path


# ---- Canvas --------------------------------------------------------------------------------------------------


def canvas_gradebook(path, people):
    """Write the gradebook of Grades > Export."""
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab (77)"]
    return write_csv(path, [head, ["    Points Possible", "", "", "", "", "100.00"], *(
        [f"{one.last}, {one.first}", one.user, f"sis{one.user}", one.login, "Section 1", ""] for one in people)])


def canvas_name(one, title):
    """Return the name of a file in Canvas's download."""
    name = re.sub(r"_(\d+)_", r"\1", f"{one.last}, {one.first}").lower()
    late = "LATE_" if one.late else ""
    return "".join(c for c in f"{name}_{late}{one.user}" if c.isalnum() or c == "_") + f"_{one.attachment}_{title}"


def canvas_receivers(names, people):
    """Return who gets a comment with which file, and the ignored files, by Canvas's rule."""
    by_user = {str(one.user): one for one in people}
    received, ignored = {}, []
    for name in names:
        parts = [part for part in name.rpartition("/")[2].split("_") if part != "LATE"]
        numbers = [part for part in parts if re.fullmatch(r"\d+", part)][:2]
        one = by_user.get(numbers[0]) if len(numbers) == 2 and parts[0] != "anon" else None
        if one is None or str(one.attachment) != numbers[1] or parts[-1].startswith("link") or name.startswith("._"):
            ignored.append(name)
        else:
            received.setdefault(one.login, []).append(name)
    return received, ignored


# ---- Moodle --------------------------------------------------------------------------------------------------


def moodle_worksheet(path, people):
    """Write the grading worksheet, as a German teacher downloads it."""
    head = ["ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung",
            "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)",
            "Feedback als Kommentar"]
    return write_csv(path, [head, *(
        [f"Teilnehmer/in{one.participant}", f"{one.first} {one.last}", one.address, "x", "", "100,00", "Ja",
         f"Freitag, {one.when.day}. November 2026, {one.when:%H:%M}" if one.handed_in else "-", "-", ""]
        for one in people)])


def moodle_folder(one):
    """Return the name of a student's folder in Moodle's download, since 4.1."""
    name = f"{one.first} {one.last}".replace("_", " ")
    clean = re.sub(r"[\x00-\x1f&<>\"`|':\\/]", "", name)  # clean_filename
    return f"{clean}_{one.participant}_assignsubmission_file"


def moodle_receivers(names, people):
    """Return who gets which file, and the ignored files, by Moodle's rule."""
    by_number = {one.participant: one for one in people}
    received, ignored = {}, []
    for name in names:
        found = None
        if not name.rpartition("/")[2].startswith((".", "~")):
            for part in name.split("/"):
                info = part.split("_", 4)
                if (len(info) >= 5 and info[1].isdecimal() and int(info[1]) in by_number
                        and info[2:4] == ["assignfeedback", "file"]):
                    found = by_number[int(info[1])]
                    break
        if found is None:
            ignored.append(name)
        else:
            received.setdefault(found.login, []).append(name)
    return received, ignored

"""Read what was handed in: the files of each delivery, as candidates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..notebooks.submission import is_plain_name
from ..timestamps import SECRET_FILE, TIMESTAMP_FILE, parse_utc
from .archive import Archive, Entry, EntryError, Skipped, list_submission, shorten_path
from .candidates import MAX_ROWS, Candidate, Delivery, Owner, skip_all, with_notebook
from .sources import EXCHANGE, Source, outer_match


@dataclass(frozen=True)
class Found:
    """All candidates of a source, and a line about what was left aside."""

    candidates: Sequence[Candidate]
    notes: Sequence[str]


def read_deliveries(archive: Archive, source: Source, assignment: str, refused: list[Skipped]) -> Found:
    """Return the notebooks of each delivery, or one file of an owner who handed in no notebook.

    Parameters
    ----------
    archive : Archive
    source : Source
    assignment : str
    refused : list of Skipped
        Takes the files that cannot be taken, a few of each delivery.
    """
    by_person: dict[object, list[Candidate]] = defaultdict(list)
    for delivery in source.deliveries:
        if not delivery.counts:
            continue
        bad: list[Skipped] = []
        files = list_submission(archive, delivery.top, bad, f"{assignment}.ipynb")
        refused += bad[:MAX_ROWS]
        if len(bad) > MAX_ROWS:
            more = f"and {len(bad) - MAX_ROWS:,} more files in it"
            refused.append(Skipped(shorten_path(delivery.top.path), more))
        records, owner = read_records(delivery, files)
        by_person[owner.user or delivery.top.path] += [
            make_candidate(delivery, owner, entry, records) for entry in files
            if entry.name not in records and accepts(delivery, entry)]
    candidates, others = [], 0
    for group in by_person.values():
        if notebooks := with_notebook(group):
            candidates += [replace(one, beside={**one.beside, **find_beside(one, group)}) for one in notebooks]
        else:
            candidates += group[:1]
            others += len(group)
    notes = [f"{others} files without a notebook beside them were left aside"] if others else []
    return Found(candidates, notes)


def find_beside(notebook: Candidate, group: Sequence[Candidate]) -> dict[str, Entry]:
    """Return the files that a person handed in beside or below a notebook, by their paths there, modules first.

    Of several versions of a file the last one counts. The times and secrets of nbgrader are none of them.
    """
    folder = notebook.title.rpartition("/")[0]
    found: dict[str, Candidate] = {}
    for other in group:
        name = other.title.removeprefix(f"{folder}/") if folder else other.title
        is_beside = other.timestamp == notebook.timestamp and (not folder or other.title.startswith(f"{folder}/"))
        if is_beside and can_go_along(name):
            found[name] = max(found.get(name, other), other, key=lambda candidate: candidate.version)
    names = sorted(found, key=lambda name: (not name.endswith(".py"), name))
    return {name: found[name].entry for name in names}


def can_go_along(name: str) -> bool:
    """Tell if a file may be put beside a notebook under this name."""
    parts = name.split("/")
    taken = parts[0].lower() in (TIMESTAMP_FILE, SECRET_FILE)
    return not taken and not any(part.lower().endswith(".ipynb") or not is_plain_name(part) for part in parts)


def accepts(delivery: Delivery, entry: Entry) -> bool:
    """Tell if a file may count: a notebook must have the name that a pattern asks for."""
    return delivery.accepts is None or not entry.is_notebook or bool(delivery.accepts.fullmatch(entry.name))


def make_candidate(delivery: Delivery, owner: Owner, entry: Entry, records: dict[str, Entry]) -> Candidate:
    """Return a file of a delivery as a candidate, with a note if a name in it is that of a person."""
    inside = entry.path.removeprefix(delivery.top.path).lstrip("/")
    title = inside or delivery.title or entry.name
    second = next((part for part in title.split("/") if outer_match(part)), None)
    note = f"{shorten_path(second, 60)!r} in it is the student's own name for it" if second else ""
    secret = {name: record for name, record in records.items() if name == SECRET_FILE}
    return Candidate(entry, owner, title, delivery.version, secret, note, delivery.top.name)


def read_records(delivery: Delivery, files: Sequence[Entry]) -> tuple[dict[str, Entry], Owner]:
    """Return what nbgrader left in the outermost folder of a delivery, and the owner with the time in it."""
    owner = delivery.owner
    if not delivery.has_records:
        return {}, owner
    records = {entry.name: entry for entry in files if entry.name in (TIMESTAMP_FILE, SECRET_FILE)
               and entry.path == f"{delivery.top.path}/{entry.name}"}
    if owner.timestamp is None and TIMESTAMP_FILE in records:
        owner = replace(owner, timestamp=read_timestamp(records[TIMESTAMP_FILE]))
    user = next((entry.owner for entry in files if entry.owner not in (None, "root", owner.explicit_id)), None)
    if user and EXCHANGE.fullmatch(delivery.top.name):
        owner = replace(owner, note=f"belongs to the user {user}: did {owner.explicit_id} hand it in?")
    return records, owner


def read_timestamp(entry: Entry) -> datetime | None:
    """Return the time in a timestamp file, or None."""
    try:
        return parse_utc(entry.content()[:100].decode("utf-8", "replace").strip())
    except EntryError:
        return None


def list_leftovers(archive: Archive, source: Source, refused: list[Skipped]) -> list[Skipped]:
    """Return a row for each file or folder with notebooks that no delivery has."""
    tops = {delivery.top.path for delivery in source.deliveries}
    rows = []
    for entry in source.entries:
        if entry.path in tops or source.handed_out & {*entry.path.split("/")}:
            continue
        bad: list[Skipped] = []
        files = [file for file in list_submission(archive, entry, bad) if not is_in(file.path, tops)]
        found = [Candidate(file, Owner()) for file in files if file.is_notebook]
        rows += skip_all(found, source.otherwise)
        refused += bad[:MAX_ROWS]
    return rows


def is_in(path: str, tops: set[str]) -> bool:
    """Tell if a path is one of these, or in one of them."""
    parts = path.split("/")
    return any("/".join(parts[:number]) in tops for number in range(1, len(parts) + 1))

"""Do the long work that waits, one piece at a time. Killed anywhere, it is taken up by the next worker: each kind of work may be run again.

Asking for it: ask.py. That no two workers do the same is held by the worker's own lock (bot/jobs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.errors import PerennialError
from bot.steps.records.import_file import import_file
from bot.steps.tasks.ask import IMPORT
from bot.telemetry import logger
from db import blobs, events, tasks
from db.session import Database
from db.tasks import TaskRow

# What ended this often in the middle would do so again: a person is told, and others get their turn.
MOST_ATTEMPTS = 3
NAMED = 20
log = logger("tasks")
Progress = Callable[[str, int, int], None]


def do_next(*, database: Database, by: str, clock: Callable[[], datetime]) -> bool:
    """Do what is to be done next, and return whether there was anything. What it cannot do is kept as failed, with the reason."""
    row = _take_up(database, by, clock())
    if row is None:
        return False
    if row.attempts > MOST_ATTEMPTS:
        _end(database, row, "failed", {"why": f"it was cut short {MOST_ATTEMPTS} times, and is not tried again by itself. Is there too little "
                                              "memory for it? Bring it in smaller parts"}, by, clock())
        return True

    def progress(step: str, done: int, total: int) -> None:
        with database.writing(by=by) as session:
            mine = tasks.task(session, row.id)
            mine.step, mine.done, mine.total = step, done, total

    try:
        result = KINDS[row.kind](database, row, progress, by, clock)
    except PerennialError as error:
        _end(database, row, "failed", {"why": str(error)}, by, clock())
    except Exception as error:  # others behind it must get their turn
        log.error("a task broke", task=row.id, kind=row.kind, error=type(error).__name__, exc_info=True)
        _end(database, row, "failed", {"why": f"a fault of the program ({type(error).__name__}); its log says more"}, by, clock())
    else:
        _end(database, row, "done", result, by, clock())
    return True


def _take_up(database: Database, by: str, now: datetime) -> TaskRow | None:
    """Return what is to be done next, marked as being worked at."""
    with database.reading() as session:
        task_id = tasks.following(session)
    if task_id is None:
        return None
    with database.writing(by=by) as session:
        row = tasks.task(session, task_id)
        row.state, row.attempts, row.began_at = "working", row.attempts + 1, now
        events.note(session, review_id=row.review_id, kind="task.begun", subject=f"task:{row.id}", data={"attempt": row.attempts}, at=now)
    return row


def _end(database: Database, row: TaskRow, state: str, result: dict[str, Any], by: str, now: datetime) -> None:
    with database.writing(by=by) as session:
        mine = tasks.task(session, row.id)
        mine.state, mine.result, mine.ended_at, mine.step = state, result, now, ""
        events.note(session, review_id=mine.review_id, kind=f"task.{state}", subject=f"task:{mine.id}", data={"kind": mine.kind}, at=now)


def _import(database: Database, row: TaskRow, progress: Progress, by: str, clock: Callable[[], datetime]) -> dict[str, Any]:
    """Take in a file; the records are of whoever brought it. What is known already does no harm, so it may begin anew."""
    progress("reading the file", 0, 2)
    with database.reading() as session:
        content = blobs.get(session, row.data["sha256"])[0]
    account = import_file(database=database, review_id=row.review_id, cycle_id=None, name=row.data["name"], content=content,
                          source=row.data["source"], by=row.asked_by, now=clock(),
                          parsed=lambda count: progress(f"keeping {count:,} records", 1, 2))
    found = asdict(account)
    return found | {"refused": found["refused"][:NAMED], "refused_count": len(account.refused)}


KINDS: Mapping[str, Callable[[Database, TaskRow, Progress, str, Callable[[], datetime]], dict[str, Any]]] = {IMPORT: _import}

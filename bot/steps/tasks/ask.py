"""Ask for long work, which the worker does when it comes to it. Doing it: do.py."""

from __future__ import annotations

from datetime import datetime

from db import blobs, events, tasks
from db.session import Database

IMPORT = "import"


def ask_for_import(*, database: Database, review_id: int, name: str, content: bytes, source: str, by: str, now: datetime) -> int:
    """Keep a file that is to be taken in by the worker, and return the number of its task; the same file waits once."""
    with database.writing(by=by) as session:
        digest = blobs.put(session, content, "application/octet-stream")
        row = tasks.add(session, review_id=review_id, kind=IMPORT, label=name, at=now,
                        data={"name": name, "source": source, "sha256": digest, "bytes": len(content)})
        events.note(session, review_id=review_id, kind="task.asked", subject=f"task:{row.id}", at=now,
                    data={"kind": IMPORT, "source": source, "sha256": digest})
        return row.id

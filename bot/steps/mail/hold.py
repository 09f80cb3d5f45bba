"""Hold all mails of a site back, or let them go: after a restore they are held, and an operator decides."""

from __future__ import annotations

from datetime import datetime

from db import outbox
from db.session import Database


def hold(*, database: Database, why: str, by: str, now: datetime) -> None:
    """Send no mail from now on; what is written waits in the outbox."""
    with database.writing(by=by) as session:
        outbox.hold(session, why=why, at=now)


def release(*, database: Database, by: str, now: datetime) -> int:
    """Let mails go out again; return how many wait."""
    with database.writing(by=by) as session:
        outbox.release(session, at=now)
        return outbox.counts(session)["pending"]

"""Forget who asked for bulletins and never confirmed: a week after the mail its link has ended, and nothing is left to keep the address for."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.steps.readers.subscribe import LINK_DAYS
from db import events, readers
from db.session import Database

MOST = 500


def forget_pending(*, database: Database, by: str, now: datetime) -> int:
    """Erase the addresses that were asked for more than a week ago and never confirmed; return how many."""
    before = now - timedelta(days=LINK_DAYS)
    with database.reading() as session:
        if not readers.never_confirmed(session, before=before, most=1):
            return 0
    with database.writing(by=by) as session:
        rows = readers.never_confirmed(session, before=before, most=MOST)
        for row in rows:
            readers.erase(session, row, now)
            events.note(session, review_id=row.review_id, kind="reader.forgotten", subject=readers.by(row), at=now)
        return len(rows)

"""Do what an operator decided about a mail of which nobody knows whether it went out."""

from __future__ import annotations

from datetime import datetime

from bot.errors import NotFoundError
from db import events, outbox
from db.session import Database


def settle_unsure(*, database: Database, mail_id: int, resend: bool, by: str, now: datetime) -> None:
    """Send an unsure mail again, or take it as sent. Raises NotFoundError if it is not unsure."""
    with database.writing(by=by) as session:
        row = outbox.resolve_unsure(session, mail_id, resend=resend, at=now)
        if row is None:
            raise NotFoundError(f"mail {mail_id} is not unsure; see:  ./perennial mail unsure")
        events.note(session, review_id=row.review_id, kind="mail.settled", subject=f"mail:{row.key}", data={"resend": resend}, at=now)

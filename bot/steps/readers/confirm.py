"""Confirm a subscription by the link of the mail: from now on the bulletins come. How the mail is asked for: subscribe.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import LinkError
from db import events, links, readers
from db.session import Database


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who reads now. is_new: False if the link was used before."""

    public_id: str
    review_id: int
    is_new: bool


def confirm(*, database: Database, token: str, by: str, now: datetime) -> Confirmed:
    """Confirm the reader whom the link belongs to; twice is once. Raises LinkError, also for somebody who has left since."""
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "subscribe", now)
        row = readers.subscriber(session, link.subscriber_id or 0)
        if row.state == "unsubscribed":
            # An old mail must not bring back somebody who has left.
            raise LinkError("This subscription was ended. To get the bulletins again, enter your address on the review's page.")
        is_new = row.state == "pending"
        if is_new:
            row.state, row.confirmed_at, row.unsubscribed_at = "confirmed", now, None
            events.note(session, review_id=row.review_id, kind="reader.confirmed", subject=readers.by(row), at=now)
        return Confirmed(row.public_id, row.review_id, is_new)

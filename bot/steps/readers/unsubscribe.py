"""End a subscription by the link that every bulletin mail carries. Repeatable, without login, and the link never ends (RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db import events, links, readers
from db.session import Database


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """Who has left. is_new: False if that was so already."""

    public_id: str
    review_id: int
    is_new: bool


def unsubscribe(*, database: Database, token: str, by: str, now: datetime) -> Unsubscribed:
    """End the subscription that the link belongs to; what waits in the outbox for this reader is not sent any more. Raises LinkError."""
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "unsubscribe", now)
        row = readers.subscriber(session, link.subscriber_id or 0)
        is_new = row.state != "unsubscribed"
        if is_new:
            row.state, row.unsubscribed_at = "unsubscribed", now
            events.note(session, review_id=row.review_id, kind="reader.left", subject=readers.by(row), at=now)
        return Unsubscribed(row.public_id, row.review_id, is_new)

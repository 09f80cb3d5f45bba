"""Let a status note without changes go by itself where the protocol says so: nobody signs it, and it says so. When: bot/bulletin/living.py."""

from __future__ import annotations

from datetime import datetime

from bot.bulletin.living import goes_by_itself
from bot.domain.protocols import Protocol
from db import bulletins, events
from db.session import Database


def let_go(*, database: Database, review_id: int, protocol: Protocol, by: str, now: datetime) -> tuple[int, ...]:
    """Mark the drafts that need no signature as ready to be published, and return their row ids. Run again it changes nothing."""
    with database.reading() as session:
        ready = [row.id for row in bulletins.in_state(session, review_id, "draft") if goes_by_itself(protocol, row.content)]
    return tuple(row_id for row_id in ready if _let_go(database, row_id, protocol, by, now))


def _let_go(database: Database, row_id: int, protocol: Protocol, by: str, now: datetime) -> bool:
    with database.writing(by=by) as session:
        row = bulletins.bulletin(session, row_id)
        if row.state != "draft" or not goes_by_itself(protocol, row.content):
            return False
        row.state, row.signed_by, row.signed_at = "signed", None, now
        events.note(session, review_id=row.review_id, kind="bulletin.by_itself", subject=f"bulletin:{row.id}",
                    data={"sha256": row.content_sha256, "protocol": protocol.sha256}, at=now)
        return True

"""Take how often a reader wants mail and about what, hand out what is stored, forget the address. The link is the one of every mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.bulletin.changes import CONCLUSION, NO_CHANGE
from bot.errors import ConflictError, InvalidInputError
from bot.steps.readers.outcomes import WHOLE_REVIEW
from db import events, links, readers
from db.readers import SubscriberRow
from db.session import Database, Session

EVERY, CHANGES, QUARTERLY = "every", "changes", "quarterly"
# Value → what it means, as the page offers it.
CHOICES = {EVERY: "Every bulletin, also where nothing changed", CHANGES: "Only when an estimate or a conclusion changed",
           QUARTERLY: "Once a quarter, and whenever a conclusion changed"}
QUARTER = 3


def wanted_by(wants: str, content: Mapping[str, Any]) -> bool:
    """Return whether a reader with this choice gets a bulletin. A quarter's bulletin is that of March, June, September or December.

    content: what the reader follows of it (bot/bulletin/followed.py), so that a change of another outcome is no news.
    """
    if wants == EVERY or content["status"] == CONCLUSION:
        return True
    if wants == CHANGES:
        # A notice, a retraction among them, and a correction are news even where no number moved.
        return content["status"] != NO_CHANGE or bool(content["told"]) or bool(content.get("corrects"))
    return int(str(content["period"]).split("-")[1]) % QUARTER == 0


def choose(*, database: Database, token: str, wants: str, by: str, now: datetime, outcomes: Mapping[str, str] = WHOLE_REVIEW) -> str:
    """Store how often a reader wants mail and which outcomes (id → label) are followed; return how often.

    Raises LinkError, InvalidInputError, ConflictError for one who has left.
    """
    if wants not in CHOICES:
        raise InvalidInputError("Choose how often you want mail: nothing is chosen for you.")
    with database.writing(by=by) as session:
        row = _reader(session, token, now)
        if row.state != "confirmed":
            raise ConflictError("This subscription was ended. To get the bulletins again, enter your address on the review's page.")
        if (row.wants, row.outcomes) != (wants, list(outcomes)):
            row.wants, row.outcomes = wants, list(outcomes)
            events.note(session, review_id=row.review_id, kind="reader.chose", subject=readers.by(row),
                        data={"wants": wants, "outcomes": list(outcomes)}, at=now)
        return wants


def stored(*, database: Database, token: str, now: datetime) -> dict[str, Any]:
    """Return all that is stored of a reader, for the reader. Raises LinkError."""
    with database.reading() as session:
        row = _reader(session, token, now)
        days = {name: moment.isoformat() if (moment := getattr(row, name)) else None
                for name in ("created_at", "requested_at", "confirmed_at", "unsubscribed_at")}
        noted = [{"what": one.kind, "at": one.at.isoformat()} for one in events.of_subject(session, readers.by(row))]
        return {"email": None if readers.is_erased(row) else row.email, "name_in_the_audit": readers.by(row), "state": row.state,
                "wants": row.wants, "outcomes": row.outcomes or "all", **days, "events": noted}


def erase(*, database: Database, token: str, by: str, now: datetime) -> None:
    """Forget the reader's address; what waits in the outbox is not sent any more. Twice is once. Raises LinkError."""
    with database.writing(by=by) as session:
        row = _reader(session, token, now)
        if not readers.is_erased(row):
            readers.erase(session, row, now)
            events.note(session, review_id=row.review_id, kind="reader.erased", subject=readers.by(row), at=now)


def _reader(session: Session, token: str, now: datetime) -> SubscriberRow:
    return readers.subscriber(session, links.resolve(session, token, "unsubscribe", now).subscriber_id or 0)

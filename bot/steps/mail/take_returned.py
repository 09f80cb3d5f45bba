"""Take in a mail that came back: a reader whom it cannot reach is written to no more, a member of the team is named to the operator.

One event for each; the mailbox's own events (bot/steps/records/read_mailbox.py) see to it that a mail is looked at once.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from bot.links import LinkKeys
from bot.mail.returned import Returned, returned
from db import events, people, readers
from db.session import Database, Session

CAME_BACK = "mail.returned"
# One report may be of a full mailbox or of one mail's content; of so many the address is to blame.
MOST = 3


def take_returned(*, database: Database, keys: LinkKeys, raw: bytes, by: str, now: datetime) -> bool:
    """Return whether a mail was one that came back, whatever was done about it."""
    found = returned(raw, keys)
    if found is not None and found.is_report:
        with database.writing(by=by) as session:
            (_of_reader if found.kind == "reader" else _of_person)(session, found, hashlib.sha256(raw).hexdigest(), now)
    return found is not None


def _of_reader(session: Session, found: Returned, mail: str, now: datetime) -> None:
    reader = readers.by_public_id(session, found.public_id)
    if reader is None or reader.state not in ("pending", "confirmed"):
        return
    came_back = _note(session, reader.review_id, readers.by(reader), found, mail, now)
    if found.is_gone or came_back >= MOST:
        reader.state, reader.unsubscribed_at = "unsubscribed", now
        events.note(session, review_id=reader.review_id, kind="reader.bounced", subject=readers.by(reader), at=now)


def _of_person(session: Session, found: Returned, mail: str, now: datetime) -> None:
    person = people.by_public_id(session, found.public_id)
    for review_id in sorted(people.reviews_of(session, person.id)) if person is not None else ():
        _note(session, review_id, f"person:{found.public_id}", found, mail, now)


def _note(session: Session, review_id: int, subject: str, found: Returned, mail: str, now: datetime) -> int:
    """Note it, once for each mail, and return how many mails came back from there."""
    known = {event.data["mail"] for event in events.of_kind(session, review_id, CAME_BACK) if event.subject == subject}
    if mail not in known:
        events.note(session, review_id=review_id, kind=CAME_BACK, subject=subject, data={"status": found.status, "mail": mail}, at=now)
    return len(known | {mail})

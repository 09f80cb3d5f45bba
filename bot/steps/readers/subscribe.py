"""Take a wish to get the bulletins of a review: the address gets one mail with a link that confirms it.

What happens when the link is used: confirm.py. The answer is the same whether the address is known or not, so nobody learns who reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import ConflictError
from bot.links import LinkKeys, pseudonym
from bot.mail.message import parse_address
from bot.steps.readers.outcomes import WHOLE_REVIEW
from db import events, links, outbox, rate_counters, readers
from db.readers import SubscriberRow
from db.session import Database, Session

LINK_DAYS = 7
MOST_A_DAY = 3
FIRST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Whether a mail goes out. A page must never show this: it would tell who is known."""

    mailed: bool


def subscribe(*, database: Database, review_id: int, email: str, keys: LinkKeys, by: str, now: datetime,
              outcomes: Mapping[str, str] = WHOLE_REVIEW) -> Subscribed:
    """Take one address for the bulletins of a review. Raises InvalidInputError for what is not one mail address.

    outcomes: id → label of those that are followed (outcomes.py). What was asked for last holds; who has confirmed chooses by the mails' link.

    Somebody who has confirmed already gets no mail; asking again and again sends ever fewer mails, so nobody can be flooded.
    """
    address = parse_address(email).addr_spec
    try:
        return _subscribe(database, review_id, address, outcomes, keys, by, now)
    except ConflictError:
        # The same address came in twice at once: the other one has made the row meanwhile.
        return _subscribe(database, review_id, address, outcomes, keys, by, now)


def _subscribe(database: Database, review_id: int, address: str, outcomes: Mapping[str, str], keys: LinkKeys, by: str,
               now: datetime) -> Subscribed:
    with database.writing(by=by) as session:
        row = readers.by_email(session, review_id, address)
        if (row is not None and not _may_ask_again(row, now)) or _asked_too_often(session, keys, address, now):
            return Subscribed(mailed=False)
        if row is None:
            row = readers.add(session, review_id=review_id, email=address, public_id=readers.new_public_id(), at=now)
        else:
            row.requests = 1 if row.state == "unsubscribed" else row.requests + 1
            row.email, row.state, row.requested_at = address, "pending", now
        row.outcomes = list(outcomes)
        _send_confirmation(session, row, list(outcomes.values()), keys, now)
        events.note(session, review_id=review_id, kind="reader.asked", subject=readers.by(row), at=now)
    return Subscribed(mailed=True)


def _asked_too_often(session: Session, keys: LinkKeys, address: str, now: datetime) -> bool:
    """Return whether this address was asked for in too many reviews or too often today, whoever asked."""
    who = pseudonym(keys, "address", address.casefold())
    return rate_counters.count(session, "subscribe_address", who, at=now, span=LONGEST_PAUSE) > MOST_A_DAY


def _may_ask_again(row: SubscriberRow, now: datetime) -> bool:
    if row.state == "confirmed":
        return False
    pause = FIRST_PAUSE * 2 ** min(row.requests - 1, 10)
    return now >= row.requested_at + min(pause, LONGEST_PAUSE)


def _send_confirmation(session: Session, row: SubscriberRow, follows: list[str], keys: LinkKeys, now: datetime) -> None:
    link = links.create(session, keys, review_id=row.review_id, purpose="subscribe", subscriber_id=row.id, at=now,
                        expires_at=now + timedelta(days=LINK_DAYS))
    outbox.enqueue(session, review_id=row.review_id, template="confirm_subscription", recipient=("subscriber", row.id),
                   data={"links": {"subscribe": link.id}, "days": LINK_DAYS, "follows": follows}, at=now,
                   dedupe_key=f"confirm:subscriber:{row.id}:{now.isoformat()}")

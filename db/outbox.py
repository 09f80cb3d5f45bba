"""Mails that are to go out, and what became of each. A row holds template and data, never a token and never an address.

States: pending → claimed → sending → sent. `sending` is committed just before the message is handed over, so what a crash
leaves there is *unsure*: it may have gone out or not, and is never sent again without a person (but mails that their
recipient has just asked for: to sign up, to sign in).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, UniqueConstraint, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import events
from db.base import Base, Id, review_key
from db.interests import holds_for

STATES = ("pending", "claimed", "sending", "sent", "unsure", "failed")
SAFE_TO_REPEAT = frozenset({"confirm_subscription", "sign_in"})
HELD, RELEASED = "mail.held", "mail.released"
# What a person needs in order to declare interests goes out before they are declared.
BEFORE_INTERESTS = frozenset({"interests", "sign_in"})


class OutboxRow(Base):
    """One mail to one recipient."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("review_id", "dedupe_key"),
        CheckConstraint("state in ('pending', 'claimed', 'sending', 'sent', 'unsure', 'failed')", name="state"),
        CheckConstraint("recipient_kind in ('person', 'subscriber')", name="recipient_kind"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    key: Mapped[str] = mapped_column(unique=True)
    dedupe_key: Mapped[str]
    template: Mapped[str]
    recipient_kind: Mapped[str]
    recipient_id: Mapped[int]
    data: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="pending", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    claimed_by: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]


def enqueue(session: Session, *, review_id: int, template: str, recipient: tuple[str, int], data: dict[str, Any], dedupe_key: str,
            at: datetime, not_before: datetime | None = None) -> OutboxRow:
    """Put one mail into the outbox and return its row; the same `dedupe_key` twice is one mail."""
    known = session.scalars(select(OutboxRow).where(OutboxRow.review_id == review_id, OutboxRow.dedupe_key == dedupe_key)).one_or_none()
    if known is not None:
        return known
    key = hashlib.sha256(f"{review_id}\x00{dedupe_key}".encode()).hexdigest()[:40]
    row = OutboxRow(review_id=review_id, key=key, dedupe_key=dedupe_key, template=template, recipient_kind=recipient[0],
                    recipient_id=recipient[1], data=data, state="pending", attempts=0, created_at=at, not_before=not_before or at)
    session.add(row)
    session.flush()
    return row


def claim(session: Session, *, claimed_by: str, now: datetime) -> OutboxRow | None:
    """Return the oldest mail that may go out now, claimed for this sender, or None."""
    query = (select(OutboxRow).where(OutboxRow.state == "pending", OutboxRow.not_before <= now, _may_go(now))
             .order_by(OutboxRow.id).limit(1).with_for_update(skip_locked=True))
    row = session.scalars(query).one_or_none()
    if row is not None:
        row.state, row.claimed_by = "claimed", claimed_by
        row.attempts += 1
    return row


def mark_sending(session: Session, row_id: int) -> None:
    """Say that the message is handed over from now on: what a crash leaves here is unsure."""
    _set(session, row_id, "claimed", state="sending")


def mark_sent(session: Session, row_id: int, at: datetime) -> None:
    """Say that the mail server took the message."""
    _set(session, row_id, "sending", state="sent", sent_at=at, error=None)


def mark_unsure(session: Session, row_id: int, error: str) -> None:
    """Say that the message may or may not have gone out: a person decides."""
    _set(session, row_id, "sending", state="unsure", error=error)


def mark_failed(session: Session, row_id: int, error: str) -> None:
    """Say that the message was refused for good, or too often."""
    _set(session, row_id, ("claimed", "sending"), state="failed", error=error)


def retry_later(session: Session, row_id: int, *, now: datetime, attempts: int, error: str) -> None:
    """Try again after a pause that doubles: 1, 2, 4 … minutes, at most six hours."""
    pause = timedelta(minutes=min(2 ** (attempts - 1), 360))
    _set(session, row_id, ("claimed", "sending"), state="pending", claimed_by=None, not_before=now + pause, error=error)


def recover(session: Session, *, now: datetime) -> tuple[int, int]:
    """Put right what a dead sender left, and return (mails to be sent again, mails that are unsure).

    Only the holder of the senders' lock calls this: then nobody else is sending.
    """
    again = session.execute(update(OutboxRow).where(OutboxRow.state == "claimed").values(state="pending", claimed_by=None)).rowcount  # type: ignore[attr-defined]
    again += session.execute(update(OutboxRow).where(OutboxRow.state == "sending", OutboxRow.template.in_(SAFE_TO_REPEAT))
                             .values(state="pending", claimed_by=None)).rowcount  # type: ignore[attr-defined]
    unsure = session.execute(update(OutboxRow).where(OutboxRow.state == "sending").values(
        state="unsure", error="the sender stopped while the message was handed over")).rowcount  # type: ignore[attr-defined]
    return again, unsure


def hold(session: Session, *, why: str, at: datetime) -> None:
    """Let no mail of this site go out until `release`."""
    events.note(session, review_id=None, kind=HELD, subject="outbox", data={"why": why}, at=at)


def release(session: Session, *, at: datetime) -> None:
    """Let mails go out again."""
    events.note(session, review_id=None, kind=RELEASED, subject="outbox", at=at)


def held(session: Session) -> str:
    """Return why mails are held back, empty if they are not."""
    latest = events.latest(session, (HELD, RELEASED))
    return latest.data["why"] if latest is not None and latest.kind == HELD else ""


def hold_restored(session: Session, *, made: str, at: datetime) -> int:
    """Hold all mails of a site that comes from a backup. Those that waited then may have gone out since: they are unsure. Returns how many."""
    hold(session, why=f"restored from the backup of {made[:16].replace('T', ' ')} UTC", at=at)
    waiting = update(OutboxRow).where(OutboxRow.state.in_(("pending", "claimed", "sending")))
    waiting = waiting.values(state="unsure", claimed_by=None, error="it waited when the backup was made, and may have gone out since")
    return session.execute(waiting).rowcount  # type: ignore[attr-defined]


def resolve_unsure(session: Session, row_id: int, *, resend: bool, at: datetime) -> OutboxRow | None:
    """Do what a person decided about an unsure mail: send it again, or take it as sent. Returns None if it is not unsure."""
    row = session.get(OutboxRow, row_id)
    if row is None or row.state != "unsure":
        return None
    if resend:
        row.state, row.claimed_by, row.not_before = "pending", None, at
    else:
        row.state, row.sent_at = "sent", at
    return row


def in_state(session: Session, state: str) -> Sequence[OutboxRow]:
    """Return the mails in a state, oldest first."""
    return session.scalars(select(OutboxRow).where(OutboxRow.state == state).order_by(OutboxRow.id)).all()


def counts(session: Session) -> dict[str, int]:
    """Return how many mails are in each state."""
    rows = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).tuples().all()
    return dict.fromkeys(STATES, 0) | dict(rows)


def waits(session: Session, now: datetime) -> bool:
    """Return whether a mail may go out now."""
    query = select(OutboxRow.id).where(OutboxRow.state == "pending", OutboxRow.not_before <= now, _may_go(now)).limit(1)
    return session.scalars(query).first() is not None


def next_moment(session: Session) -> datetime | None:
    """Return when the next mail may go out, None if none waits."""
    return session.scalar(select(func.min(OutboxRow.not_before)).where(OutboxRow.state == "pending", _may_go(OutboxRow.not_before)))


def withheld(session: Session, review_id: int, now: datetime) -> dict[int, int]:
    """Return person id → how many mails wait until that person declares interests."""
    query = (select(OutboxRow.recipient_id, func.count())
             .where(OutboxRow.review_id == review_id, OutboxRow.state == "pending", ~_may_go(now)).group_by(OutboxRow.recipient_id))
    return dict(session.execute(query).tuples().all())


def last_refused(session: Session, row: OutboxRow, count: int) -> bool:
    """Return whether the newest `count` mails of this kind to this recipient that came to an end were all refused for good."""
    query = select(OutboxRow.state).where(
        OutboxRow.recipient_kind == row.recipient_kind, OutboxRow.recipient_id == row.recipient_id, OutboxRow.template == row.template,
        OutboxRow.state.in_(("sent", "failed"))).order_by(OutboxRow.id.desc()).limit(count)
    return list(session.scalars(query)) == ["failed"] * count


def knows(session: Session, review_id: int, dedupe_key: str) -> bool:
    """Return whether this very mail was put into the outbox before."""
    query = select(OutboxRow.id).where(OutboxRow.review_id == review_id, OutboxRow.dedupe_key == dedupe_key)
    return session.scalars(query).first() is not None


def _may_go(moment: Any) -> ColumnElement[bool]:
    """A mail with a link goes to a person of the team only while that person's declaration of interests holds."""
    return or_(OutboxRow.recipient_kind != "person", OutboxRow.template.in_(BEFORE_INTERESTS), OutboxRow.data["links"].as_string().is_(None),
               holds_for(OutboxRow.review_id, OutboxRow.recipient_id, moment))


def _set(session: Session, row_id: int, expected: str | tuple[str, ...], **values: Any) -> None:
    states = (expected,) if isinstance(expected, str) else expected
    session.execute(update(OutboxRow).where(OutboxRow.id == row_id, OutboxRow.state.in_(states)).values(**values))

"""Rounds of screening: which reports, and who is asked about which. What they said: db/decisions.py.

What a person may see of a round is held here: every query for a page names the person, and gives that person's list alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, Json, review_key
from db.records import ReportRow


class RoundRow(Base):
    """One round of a cycle at one stage (`title_abstract`, `full_text`).

    leads_to: what an inclusion means, `study` or `full_text` (then the full text is sought and judged before anything is a study).

    origin: "" for the cycle's own round; else which program its decisions were moved in from, and when.
    rules: the protocol's rules and the people as they were when it began, so that it can be opened again the same way.
    opened_at: when everybody had been invited, None until then. due_at: from then on a settled report stays settled.
    settled_through: the last vote (row id) that settling has seen. agreement: of the blind votes, computed when the round closed.
    """

    __tablename__ = "screening_round"
    __table_args__ = (UniqueConstraint("cycle_id", "stage", "origin"), UniqueConstraint("review_id", "number"))
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    protocol_version_id: Mapped[int] = mapped_column(ForeignKey("protocol_version.id"))
    ranking_id: Mapped[int | None] = mapped_column(ForeignKey("ranking.id"))
    number: Mapped[int]
    stage: Mapped[str]
    rules: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime]
    due_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    settled_through: Mapped[int] = mapped_column(default=0)
    agreement: Mapped[dict[str, Any] | None] = mapped_column(Json)
    leads_to: Mapped[str] = mapped_column(default="study", server_default="study")
    origin: Mapped[str] = mapped_column(default="", server_default="")


class RoundItemRow(Base):
    """A report in a round, and where it stands. `merged`: it turned out to be another report, so nobody needs to decide."""

    __tablename__ = "round_item"
    __table_args__ = (
        UniqueConstraint("round_id", "report_id"),
        CheckConstraint("state in ('waiting', 'conflict', 'settled', 'merged')", name="state"),
        Index("ix_round_item_state", "round_id", "state"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    round_id: Mapped[int] = mapped_column(ForeignKey("screening_round.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    state: Mapped[str] = mapped_column(default="waiting")


class AssignmentRow(Base):
    """A report on one person's list. told_at: when that person was written to about it, None until then.

    reminded_at: when last. talk_at: when the two were asked to talk about it, where the protocol says so. votes: how many votes were cast
    here, changed ones counted; what they say stands in `decision`, and is stored in the same transaction.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("round_id", "person_id", "position"),
        UniqueConstraint("round_id", "person_id", "report_id"),
        UniqueConstraint("round_id", "report_id", "part"),
        CheckConstraint("part in ('first', 'second', 'third')", name="part"),
        # How far each person is, is counted from it alone.
        Index("ix_assignment_progress", "round_id", "person_id", "votes", "told_at", "report_id"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    round_id: Mapped[int] = mapped_column(ForeignKey("screening_round.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    part: Mapped[str]
    position: Mapped[int]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    talk_at: Mapped[datetime | None]
    votes: Mapped[int] = mapped_column(default=0, server_default="0")


def add(session: Session, row: RoundRow, report_ids: Iterable[int]) -> RoundRow:
    """Store a round with its reports and return its row; its number follows the review's last one."""
    last = session.scalar(select(func.max(RoundRow.number)).where(RoundRow.review_id == row.review_id)) or 0
    row.number = last + 1
    session.add(row)
    session.flush()
    session.execute(insert(RoundItemRow), [
        {"review_id": row.review_id, "round_id": row.id, "report_id": report_id, "state": "waiting"} for report_id in sorted(report_ids)])
    return row


def by_id(session: Session, round_id: int | None) -> RoundRow:
    """Return a round by its row id. Raises NotFoundError."""
    row = session.get(RoundRow, round_id) if round_id is not None else None
    if row is None:
        raise NotFoundError(f"there is no round {round_id}")
    return row


def hold(session: Session, round_id: int) -> RoundRow:
    """Return a round, kept from every vote until the end of the transaction: for the step that settles it."""
    return session.scalars(select(RoundRow).where(RoundRow.id == round_id).with_for_update()).one()


def share(session: Session, round_id: int | None) -> RoundRow:
    """Return a round that nobody settles until the end of the transaction: for a vote. Raises NotFoundError."""
    row = session.scalars(select(RoundRow).where(RoundRow.id == round_id).with_for_update(read=True)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no round {round_id}")
    return row


def of_cycle(session: Session, cycle_id: int, stage: str) -> RoundRow | None:
    """Return a cycle's own round at a stage, or None."""
    own = (RoundRow.cycle_id == cycle_id, RoundRow.stage == stage, RoundRow.origin == "")
    return session.scalars(select(RoundRow).where(*own)).one_or_none()


def running(session: Session, review_id: int) -> Sequence[RoundRow]:
    """Return the rounds that are open to votes, oldest first."""
    query = select(RoundRow).where(RoundRow.review_id == review_id, RoundRow.opened_at.is_not(None), RoundRow.closed_at.is_(None))
    return session.scalars(query.order_by(RoundRow.id)).all()


def closed(session: Session, review_id: int) -> Sequence[RoundRow]:
    """Return the rounds that are closed, oldest first: what was voted in them is no secret any more."""
    query = select(RoundRow).where(RoundRow.review_id == review_id, RoundRow.closed_at.is_not(None))
    return session.scalars(query.order_by(RoundRow.id)).all()


def items(session: Session, round_id: int) -> Sequence[RoundItemRow]:
    """Return the reports of a round, in the order in which they were stored."""
    return session.scalars(select(RoundItemRow).where(RoundItemRow.round_id == round_id).order_by(RoundItemRow.id)).all()


def in_conflict(session: Session, round_id: int) -> frozenset[int]:
    """Return the reports of a round that wait for somebody to settle them."""
    query = select(RoundItemRow.report_id).where(RoundItemRow.round_id == round_id, RoundItemRow.state == "conflict")
    return frozenset(session.scalars(query))


def is_waiting(session: Session, round_id: int) -> bool:
    """Return whether a blind vote is still missing in a round, as it was settled last."""
    query = select(RoundItemRow.id).where(RoundItemRow.round_id == round_id, RoundItemRow.state == "waiting").limit(1)
    return session.scalars(query).first() is not None


def newly_merged(session: Session, round_id: int) -> frozenset[int]:
    """Return the reports of a round that were merged into others before they were settled, and not noticed yet."""
    query = (select(RoundItemRow.report_id).join(ReportRow, ReportRow.id == RoundItemRow.report_id)
             .where(RoundItemRow.round_id == round_id, RoundItemRow.state.in_(("waiting", "conflict")), ReportRow.merged_into.is_not(None)))
    return frozenset(session.scalars(query))


def set_item_state(session: Session, round_id: int, report_id: int, state: str) -> None:
    """Say where a report of a round stands."""
    session.execute(update(RoundItemRow).where(RoundItemRow.round_id == round_id, RoundItemRow.report_id == report_id).values(state=state))


def assignments(session: Session, round_id: int) -> Sequence[AssignmentRow]:
    """Return everybody's assignments of a round. For the steps that settle and remind; a page asks `own`."""
    return session.scalars(select(AssignmentRow).where(AssignmentRow.round_id == round_id).order_by(AssignmentRow.id)).all()


def assignments_on(session: Session, round_id: int, report_ids: Collection[int]) -> list[AssignmentRow]:
    """Return everybody's assignments on these reports of a round."""
    wanted, found = sorted(report_ids), []
    for start in range(0, len(wanted), 500):
        query = select(AssignmentRow).where(AssignmentRow.round_id == round_id, AssignmentRow.report_id.in_(wanted[start:start + 500]))
        found += session.scalars(query.order_by(AssignmentRow.id))
    return found


def own(session: Session, round_id: int, person_id: int, *, places: range | None = None) -> Sequence[AssignmentRow]:
    """Return one person's list of a round in its order; of these places alone, where they are given."""
    query = select(AssignmentRow).where(AssignmentRow.round_id == round_id, AssignmentRow.person_id == person_id)
    if places is not None:
        query = query.where(AssignmentRow.position >= places.start, AssignmentRow.position < places.stop)
    return session.scalars(query.order_by(AssignmentRow.position)).all()


def own_length(session: Session, round_id: int, person_id: int) -> int:
    """Return how many places one person's list of a round has."""
    mine = (AssignmentRow.round_id == round_id, AssignmentRow.person_id == person_id)
    return session.scalar(select(func.max(AssignmentRow.position)).where(*mine)) or 0


def own_at(session: Session, round_id: int, person_id: int, position: int) -> AssignmentRow:
    """Return what stands at a place of one person's list; in a writing session nobody else gets it until the end.

    Raises NotFoundError.
    """
    query = select(AssignmentRow).where(
        AssignmentRow.round_id == round_id, AssignmentRow.person_id == person_id, AssignmentRow.position == position)
    if "by" in session.info:
        query = query.with_for_update()
    row = session.scalars(query).one_or_none() if 0 < position < 2**31 else None
    if row is None:
        raise NotFoundError(f"Your list has no record number {position}. Open the list again from your mail.")
    return row


def add_assignments(session: Session, round_row: RoundRow, person_id: int, places: Iterable[tuple[int, str]], *, at: datetime,
                    told_at: datetime | None = None) -> int:
    """Append (report id, part) places to a person's list, in the given order, and return how many there were."""
    last = own_length(session, round_row.id, person_id)
    rows = [{"review_id": round_row.review_id, "round_id": round_row.id, "report_id": report_id, "person_id": person_id, "part": part,
             "position": position, "created_at": at, "told_at": told_at, "reminded_at": None, "talk_at": None}
            for position, (report_id, part) in enumerate(places, start=last + 1)]
    if rows:
        session.execute(insert(AssignmentRow), rows)
    return len(rows)


def hand_over(session: Session, rows: Sequence[AssignmentRow], to: int, *, at: datetime) -> None:
    """Put assignments that have no vote at the end of another person's list, in the order given; the giver's list keeps its numbers."""
    last = own_length(session, rows[0].round_id, to) if rows else 0
    for position, row in enumerate(rows, start=last + 1):
        row.person_id, row.position, row.told_at, row.reminded_at, row.talk_at = to, position, at, None, None
    session.flush()


def open_by_person(session: Session, round_id: int, person_ids: Collection[int]) -> dict[int, int]:
    """Return, of these people, person id → how many records of a round that person was asked about and has not voted on. Counts alone."""
    asked = (AssignmentRow.round_id == round_id, AssignmentRow.person_id.in_(person_ids), AssignmentRow.votes == 0,
             AssignmentRow.told_at.is_not(None))
    query = select(AssignmentRow.person_id, func.count()).where(*asked).group_by(AssignmentRow.person_id)
    return dict(session.execute(query).tuples().all())


def mark(session: Session, assignment_ids: Iterable[int], **moments: datetime) -> None:
    """Set `told_at`, `reminded_at` or `talk_at` of these assignments."""
    session.execute(update(AssignmentRow).where(AssignmentRow.id.in_(list(assignment_ids))).values(**moments))

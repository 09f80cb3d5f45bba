"""The full text of a report as the team has it: the PDF that somebody attached, or that it could not be had. Rows are added; the newest holds.

The bytes: db/blobs.py, named by their hash. Links where a text can be read: db/full_texts.py. What reading it came to: db/screening.py.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.domain.decisions import FULL_TEXT
from db import rounds, screening
from db.base import Base, Id, review_key

STATES = ("attached", "read_elsewhere", "not_retrieved")
HAD = frozenset({"attached", "read_elsewhere"})


class RetrievalRow(Base):
    """What somebody said of a report's full text. sha256, size: of the PDF, for `attached` alone. note: where it is read, what was tried."""

    __tablename__ = "retrieval"
    __table_args__ = (
        CheckConstraint("state in ('attached', 'read_elsewhere', 'not_retrieved')", name="state"),
        CheckConstraint("(state = 'attached') = (sha256 is not null)", name="file"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(ForeignKey("blob.sha256"))
    size: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


def add(session: Session, row: RetrievalRow) -> RetrievalRow:
    """Store what somebody said of a full text."""
    session.add(row)
    session.flush()
    return row


def latest(session: Session, report_ids: Collection[int]) -> dict[int, RetrievalRow]:
    """Return report id → the newest word on its full text."""
    found: dict[int, RetrievalRow] = {}
    wanted = sorted(set(report_ids))
    for start in range(0, len(wanted), 500):
        query = select(RetrievalRow).where(RetrievalRow.report_id.in_(wanted[start:start + 500])).order_by(RetrievalRow.id)
        found |= {row.report_id: row for row in session.scalars(query)}
    return found


def to_assess(session: Session, review_id: int) -> list[int]:
    """Return the reports whose full text is to be read and that no round holds: new ones, and those that could be had after all."""
    sought, begun = screening.sought(session, review_id), screening.in_full_text_rounds(session, review_id)
    judged = screening.judged_in_full(session, review_id)
    said = latest(session, sought)
    again = {one for one in sought & begun if one in judged and judged[one].verdict == "awaiting" and one in said
             and said[one].state in HAD and said[one].at > judged[one].at}
    return sorted((sought - begun) | again)


def counts(session: Session, review_id: int) -> dict[str, int]:
    """Return the boxes of the flow on full texts: sought = not_retrieved + assessed + pending; assessed = included + excluded + awaiting.

    not_retrieved: settled as such, and not had since. All zero for a review whose first round decides.
    """
    sought = screening.sought(session, review_id)
    judged = {one: row for one, row in screening.judged_in_full(session, review_id).items() if one in sought}
    said = latest(session, sought)
    gone = {one for one, row in judged.items() if row.verdict == "awaiting" and one in said and said[one].state == "not_retrieved"}
    verdicts = [row.verdict for one, row in judged.items() if one not in gone]
    return {
        "sought": len(sought), "not_retrieved": len(gone), "assessed": len(verdicts), "included": verdicts.count("include"),
        "excluded": verdicts.count("exclude"), "awaiting": verdicts.count("awaiting"), "pending": len(sought) - len(judged)}


def reasons(session: Session, review_id: int) -> dict[str, int]:
    """Return criterion id → how many full texts were excluded because it failed."""
    found: dict[str, int] = {}
    for one in screening.excluded_with_reasons(session, review_id, stage=FULL_TEXT):
        found[one.criterion] = found.get(one.criterion, 0) + 1
    return found


def unsettled(session: Session, round_id: int) -> tuple[frozenset[int], frozenset[int]]:
    """Return (reports of a round that wait for votes and cannot be had, reports that were settled as such and can be had after all)."""
    items = {item.report_id: item.state for item in rounds.items(session, round_id)}
    said, decided = latest(session, items), screening.resolutions(session, round_id)
    gone = frozenset(one for one, state in items.items() if state == "waiting" and one in said and said[one].state == "not_retrieved")
    back = frozenset(one for one, row in decided.items() if row.verdict == "awaiting" and row.basis == "one" and row.final_at is None
                     and one in said and said[one].state in HAD and said[one].at > row.at)
    return gone, back

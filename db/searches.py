"""The ledger of searches: one row per source and run, the hits of each run, and the files that were taken in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import events
from db.base import Base, Id, review_key

# Kinds of events: an answer to one part of a search; a person's word that a source reads a strategy rightly.
PART, ACCEPTED = "search.part", "search.reading_accepted"


class SearchRunRow(Base):
    """One run of one source's strategy. window_from, window_to: days (YYYY-MM-DD), window_from "" for: from the beginning.

    listed: whether all ids of the hits are stored. failed: how many hits the source did not give when they were fetched.
    """

    __tablename__ = "search_run"
    __table_args__ = (
        UniqueConstraint("cycle_id", "source", "attempt"),
        CheckConstraint("state in ('running', 'ok', 'failed')", name="state"),
        CheckConstraint("kind in ('api', 'file')", name="kind"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), index=True)
    source: Mapped[str]
    attempt: Mapped[int]
    kind: Mapped[str]
    strategy_sha256: Mapped[str]
    as_sent: Mapped[str] = mapped_column(Text, default="")
    as_understood: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(default="")
    window_from: Mapped[str]
    window_to: Mapped[str]
    listed: Mapped[bool] = mapped_column(default=False)
    hits: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="running")
    error: Mapped[str] = mapped_column(default="")
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    software: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class SearchHitRow(Base):
    """One id that a run found, and whether its record is here."""

    __tablename__ = "search_hit"
    run_id: Mapped[int] = mapped_column(ForeignKey("search_run.id"), primary_key=True)
    source_id: Mapped[str] = mapped_column(primary_key=True)
    fetched: Mapped[bool] = mapped_column(default=False)


class FileImportRow(Base):
    """A file that was taken in: its bytes are the blob of the same hash."""

    __tablename__ = "file_import"
    __table_args__ = (UniqueConstraint("review_id", "source", "sha256"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    cycle_id: Mapped[int | None] = mapped_column(ForeignKey("cycle.id"), index=True)
    source: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    name: Mapped[str]
    format: Mapped[str]
    read: Mapped[int]
    new: Mapped[int]
    known: Mapped[int]
    refused: Mapped[list[Any]]
    at: Mapped[datetime]


def run(session: Session, run_id: int) -> SearchRunRow:
    """Return a run that is known to be there."""
    return session.get_one(SearchRunRow, run_id)


def latest_run(session: Session, cycle_id: int, source: str) -> SearchRunRow | None:
    """Return the newest run of a source in a cycle, or None."""
    query = select(SearchRunRow).where(SearchRunRow.cycle_id == cycle_id, SearchRunRow.source == source)
    return session.scalars(query.order_by(SearchRunRow.attempt.desc())).first()


def runs_of_cycle(session: Session, cycle_id: int) -> Sequence[SearchRunRow]:
    """Return all runs of a cycle, oldest first."""
    return session.scalars(select(SearchRunRow).where(SearchRunRow.cycle_id == cycle_id).order_by(SearchRunRow.id)).all()


def imports_of_cycle(session: Session, cycle_id: int) -> Sequence[FileImportRow]:
    """Return the files that a cycle took in, oldest first; those that were not understood: `not_understood`."""
    query = select(FileImportRow).where(FileImportRow.cycle_id == cycle_id, FileImportRow.format != "")
    return session.scalars(query.order_by(FileImportRow.id)).all()


def not_understood(session: Session, review_id: int) -> Sequence[FileImportRow]:
    """Return the files that are kept and were not understood, oldest first: what they hold is in no count."""
    query = select(FileImportRow).where(FileImportRow.review_id == review_id, FileImportRow.format == "")
    return session.scalars(query.order_by(FileImportRow.id)).all()


def imports(session: Session, review_id: int) -> Sequence[FileImportRow]:
    """Return the files that a review took in, oldest first."""
    return session.scalars(select(FileImportRow).where(FileImportRow.review_id == review_id).order_by(FileImportRow.id)).all()


def file_import(session: Session, review_id: int, source: str, sha256: str) -> FileImportRow | None:
    """Return what became of a file when it was taken in, or None if it never was."""
    return session.scalars(select(FileImportRow).where(
        FileImportRow.review_id == review_id, FileImportRow.source == source, FileImportRow.sha256 == sha256)).one_or_none()


def last_ok(session: Session, review_id: int, source: str) -> SearchRunRow | None:
    """Return the run of a source that succeeded with the newest window, or None."""
    query = select(SearchRunRow).where(SearchRunRow.review_id == review_id, SearchRunRow.source == source, SearchRunRow.state == "ok")
    return session.scalars(query.order_by(SearchRunRow.window_to.desc(), SearchRunRow.id.desc())).first()


def last_ok_window(session: Session, review_id: int, source: str) -> tuple[str, str] | None:
    """Return the newest window (first day, last day) that was searched without fault, or None."""
    found = last_ok(session, review_id, source)
    return (found.window_from, found.window_to) if found else None


def searched_to(session: Session, review_id: int) -> dict[str, date]:
    """Return source → the last day to which it was searched without fault; of sources by file, the day of the last file."""
    ran = select(SearchRunRow.source, func.max(SearchRunRow.window_to)).where(
        SearchRunRow.review_id == review_id, SearchRunRow.state == "ok").group_by(SearchRunRow.source)
    found = {source: date.fromisoformat(last) for source, last in session.execute(ran).tuples()}
    taken = select(FileImportRow.source, func.max(FileImportRow.at)).where(
        FileImportRow.review_id == review_id, FileImportRow.format != "").group_by(FileImportRow.source)
    for source, at in session.execute(taken).tuples():
        found[source] = max(found.get(source, at.date()), at.date())
    return found


def add_hits(session: Session, row: SearchRunRow, ids: Collection[str]) -> None:
    """Keep ids that a run found; those that are kept already stay as they are.

    What an earlier run of the same cycle fetched before it failed counts as fetched: it is here.
    """
    wanted = list(dict.fromkeys(ids))
    earlier = select(SearchRunRow.id).where(SearchRunRow.cycle_id == row.cycle_id, SearchRunRow.source == row.source, SearchRunRow.id != row.id)
    for start in range(0, len(wanted), 500):
        part = wanted[start:start + 500]
        known = set(session.scalars(select(SearchHitRow.source_id).where(SearchHitRow.run_id == row.id, SearchHitRow.source_id.in_(part))))
        here = set(session.scalars(select(SearchHitRow.source_id).where(
            SearchHitRow.run_id.in_(earlier), SearchHitRow.fetched, SearchHitRow.source_id.in_(part)))) if row.attempt > 1 else set()
        new = [{"run_id": row.id, "source_id": one, "fetched": one in here} for one in part if one not in known]
        if new:
            session.execute(insert(SearchHitRow), new)


def parts_waiting(session: Session, run_id: int) -> list[str]:
    """Return the parts of a run's search that were not answered yet, in order: the first part alone, or what answers left to ask."""
    waiting = [""]
    for event in _parts(session, run_id):
        at = waiting.index(event.data["part"])
        waiting[at:at + 1] = event.data["parts"]
    return waiting


def first_part(session: Session, run_id: int) -> dict[str, Any]:
    """Return what was noted of the first answer to a run's search: hits, reading, unread."""
    return next(event.data for event in _parts(session, run_id) if event.data["part"] == "")


def accepted_reading(session: Session, row: SearchRunRow) -> str:
    """Return how the source read this strategy when it was last searched without fault, or when a person last accepted its reading.

    "" if neither ever was.
    """
    query = select(SearchRunRow).where(
        SearchRunRow.review_id == row.review_id, SearchRunRow.source == row.source, SearchRunRow.state == "ok",
        SearchRunRow.strategy_sha256 == row.strategy_sha256).order_by(SearchRunRow.id.desc()).limit(1)
    last = session.scalars(query).first()
    readings = [(event.id, event.data["reading"]) for event in (_parts(session, last.id) if last else ()) if event.data["part"] == ""]
    readings += [(event.id, event.data["reading"]) for event in events.of_subject(session, f"source:{row.source}")
                 if event.kind == ACCEPTED and event.review_id == row.review_id and event.data["strategy_sha256"] == row.strategy_sha256]
    return max(readings, default=(0, ""))[1]


def missing_in_run_before(session: Session, row: SearchRunRow) -> set[str]:
    """Return the hits without a record of the run before this one of the same source, if that one had listed all its hits."""
    query = select(SearchRunRow).where(SearchRunRow.review_id == row.review_id, SearchRunRow.source == row.source, SearchRunRow.id < row.id)
    before = session.scalars(query.order_by(SearchRunRow.id.desc()).limit(1)).first()
    if before is None or not before.listed:
        return set()
    return set(session.scalars(select(SearchHitRow.source_id).where(SearchHitRow.run_id == before.id, SearchHitRow.fetched.is_(False))))


def _parts(session: Session, run_id: int) -> list[events.EventRow]:
    return [event for event in events.of_subject(session, f"search_run:{run_id}") if event.kind == PART]


def to_fetch(session: Session, run_id: int, *, after: str, most: int) -> list[str]:
    """Return ids of a run whose records are not here yet, in order, beginning behind `after`."""
    query = select(SearchHitRow.source_id).where(SearchHitRow.run_id == run_id, SearchHitRow.fetched.is_(False), SearchHitRow.source_id > after)
    return list(session.scalars(query.order_by(SearchHitRow.source_id).limit(most)))


def mark_fetched(session: Session, run_id: int, ids: Collection[str]) -> None:
    """Say that the records of these ids are here."""
    session.execute(update(SearchHitRow).where(SearchHitRow.run_id == run_id, SearchHitRow.source_id.in_(list(ids))).values(fetched=True))


def hit_counts(session: Session, run_id: int) -> tuple[int, int]:
    """Return (hits, hits whose records are here) of a run."""
    total = session.scalar(select(func.count()).select_from(SearchHitRow).where(SearchHitRow.run_id == run_id)) or 0
    here = session.scalar(select(func.count()).select_from(SearchHitRow).where(SearchHitRow.run_id == run_id, SearchHitRow.fetched)) or 0
    return total, here

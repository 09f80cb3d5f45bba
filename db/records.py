"""Records as sources gave them, and the reports (documents) that several of them cite. Searches and files they came by: db/searches.py."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, cast, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.domain.records import ImportedDecision, Record, Relation
from bot.errors import NotFoundError
from bot.methods.dedup.match import Verdict, compare
from bot.methods.dedup.words import plain
from db.base import Base, Id, review_key
from db.merges import FIRST as FIRST
from db.merges import MergeRow as MergeRow
from db.merges import QuestionRow as QuestionRow
from db.merges import open_questions as open_questions
from db.merges import question_on

# Relations that say something is wrong with a record, or that there is a better one.
NOTICES = frozenset({"retraction_in", "concern_in", "erratum_in", "republished_in", "preprint_of"})


class ReportRow(Base):
    """A document. fields: the merged record, the best of each field; merged_into: the report that this one turned out to be."""

    __tablename__ = "report"
    # Counting those that stand need not read what they say.
    __table_args__ = (Index("ix_report_standing", "review_id", "merged_into"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    first_cycle_id: Mapped[int | None] = mapped_column(ForeignKey("cycle.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, Any]]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    created_at: Mapped[datetime]


class RecordRow(Base):
    """A citation as one source gave it. identity: its accession number there, or the hash of what it says.

    report_id: None until it was compared with what is known.
    """

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("review_id", "source", "identity"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    source: Mapped[str]
    identity: Mapped[str]
    cycle_id: Mapped[int | None] = mapped_column(ForeignKey("cycle.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("search_run.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("file_import.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    fields: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report as pages and mails show it: the merged record, the sources that gave it, what it was merged into."""

    id: int
    record: Record
    sources: tuple[str, ...]
    merged_into: int | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.record, name)


@dataclass(frozen=True, slots=True)
class Stored:
    """How many records were new, and how many were known already.

    revised: row id of a known record about which the source has a notice that we did not have → the record as it stands there now.
    """

    new: int
    known: int
    revised: tuple[tuple[int, Record], ...] = ()


def as_fields(record: Record) -> dict[str, Any]:
    """Return a record as plain values."""
    return json.loads(json.dumps(dataclasses.asdict(record)))


def as_record(row: RecordRow | ReportRow) -> Record:
    """Return the record that a row holds; of a report, the merged one."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.fields.items()}
    fields["relations"] = tuple(Relation(**one) for one in row.fields.get("relations", ()))
    fields["decisions"] = tuple(_as_decision(one) for one in row.fields.get("decisions", ()))
    return Record(**fields)


def _as_decision(given: dict[str, Any]) -> ImportedDecision:
    values: dict[str, Any] = given | {"reasons": tuple(given["reasons"]), "labels": tuple(given["labels"])}
    return ImportedDecision(**values)


def identity_of(record: Record) -> str:
    """Return what names a record in its source: the accession number, else the SHA-256 of what it says."""
    if record.source_id:
        return record.source_id
    return _content_hash(record)


def has_its_own_identity(row: RecordRow) -> bool:
    """Return whether a record is known by its accession number alone; if not, its source gave that number to another one before."""
    return row.identity == identity_of(as_record(row)) or " sha256:" not in row.identity


def are_two(one: Record, other: Record) -> bool:
    """Return whether two records with one id in their source are not the same one as it was revised: their titles and all else differ."""
    titles = plain(one.title), plain(other.title)
    return all(titles) and titles[0] != titles[1] and compare(one, other).verdict is not Verdict.SAME


def _content_hash(record: Record) -> str:
    said = {name: value for name, value in as_fields(record).items() if name not in ("source", "entered", "decisions")}
    return "sha256:" + hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def store(session: Session, *, review_id: int, records: Sequence[Record], at: datetime, cycle_id: int | None = None,
          run_id: int | None = None, import_id: int | None = None) -> Stored:
    """Keep records that are not known yet from their source, and count both kinds. The version that came first stays.

    What another tool's people decided about a known record is kept with it as well: the export that brought it first may have had none.
    A source that gives one id to two documents has both kept, the second under what it says (see are_two).
    """
    known = _known_by_identity(session, review_id, [(one.source, identity_of(one)) for one in records])
    named: dict[tuple[str, str], Record] = {}
    for one in records:
        key = one.source, identity_of(one)
        earlier = named.get(key) or (as_record(known[key]) if key in known else None)
        named[(key[0], f"{key[1]} {_content_hash(one)}") if earlier is not None and are_two(earlier, one) else key] = one
    known |= _known_by_identity(session, review_id, named.keys() - known.keys())
    new = [{"review_id": review_id, "source": source, "identity": identity, "cycle_id": cycle_id, "run_id": run_id, "import_id": import_id,
            "fields": as_fields(record), "seen_at": at} for (source, identity), record in named.items() if (source, identity) not in known]
    if new:
        session.execute(insert(RecordRow), new)
    again = {key: row for key, row in known.items() if key in named}
    for key, row in again.items():
        _keep_decisions(row, named[key])
    revised = tuple((row.id, named[key]) for key, row in again.items() if notices(named[key]) - notices(as_record(row)))
    return Stored(new=len(new), known=len(records) - len(new), revised=revised)


def _known_by_identity(session: Session, review_id: int, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], RecordRow]:
    wanted: dict[str, list[str]] = {}
    for source, identity in keys:
        wanted.setdefault(source, []).append(identity)
    return {(source, row.identity): row for source, identities in wanted.items() for row in _known(session, review_id, source, identities)}


def _keep_decisions(row: RecordRow, now: Record) -> None:
    there = as_record(row).decisions
    if more := tuple(one for one in now.decisions if one not in there):
        row.fields = {**row.fields, "decisions": [dataclasses.asdict(one) for one in (*there, *more)]}


def notices(record: Record) -> frozenset[tuple[str, str]]:
    """Return what a source warns of: (kind, citation) of each retraction, concern, erratum or republication of this record."""
    found = {(one.kind, one.pmid or one.citation) for one in record.relations if one.kind in NOTICES}
    types = {kind.casefold() for kind in record.publication_types}
    # A register's entry that has got results is another one than it was.
    said = {("retracted", "retracted publication"), ("results posted", "clinical trial registration with results")}
    return frozenset(found | {(kind, "") for kind, name in said if name in types})


def _known(session: Session, review_id: int, source: str, identities: Sequence[str]) -> Iterable[RecordRow]:
    for start in range(0, len(identities), 500):
        part = identities[start:start + 500]
        yield from session.scalars(select(RecordRow).where(
            RecordRow.review_id == review_id, RecordRow.source == source, RecordRow.identity.in_(part)))


def record(session: Session, record_id: int) -> RecordRow:
    """Return a record by its row id. Raises NotFoundError."""
    row = session.get(RecordRow, record_id)
    if row is None:
        raise NotFoundError(f"there is no record {record_id}")
    return row


def report(session: Session, report_id: int) -> ReportRow:
    """Return a report by its row id. Raises NotFoundError."""
    row = session.get(ReportRow, report_id)
    if row is None:
        raise NotFoundError(f"there is no report {report_id}")
    return row


def reports_by_id(session: Session, report_ids: Collection[int]) -> dict[int, ReportRow]:
    """Return row id → report of these reports; what is not here is passed over."""
    wanted, found = sorted(report_ids), dict[int, ReportRow]()
    for start in range(0, len(wanted), 500):
        found |= {row.id: row for row in session.scalars(select(ReportRow).where(ReportRow.id.in_(wanted[start:start + 500])))}
    return found


def survivor(session: Session, report_id: int) -> ReportRow:
    """Return the report that this one was merged into, or itself."""
    row = report(session, report_id)
    while row.merged_into is not None:
        row = report(session, row.merged_into)
    return row


def reports(session: Session, review_id: int) -> Sequence[ReportRow]:
    """Return the reports of a review that were not merged into another, oldest first."""
    query = select(ReportRow).where(ReportRow.review_id == review_id, ReportRow.merged_into.is_(None)).order_by(ReportRow.id)
    return session.scalars(query).all()


def reports_of_items(session: Session, review_id: int, items: Iterable[tuple[str, str]]) -> frozenset[int]:
    """Return the ids of the reports that these (source, accession number) became; what is not here is passed over."""
    found = set[int]()
    for source, number in items:
        query = select(RecordRow.report_id).where(RecordRow.review_id == review_id, RecordRow.source == source, RecordRow.identity == number,
                                                  RecordRow.report_id.is_not(None))
        found |= {survivor(session, report_id).id for report_id in session.scalars(query) if report_id is not None}
    return frozenset(found)


def records_of(session: Session, report_id: int) -> Sequence[RecordRow]:
    """Return the records that cite a report, oldest first."""
    return session.scalars(select(RecordRow).where(RecordRow.report_id == report_id).order_by(RecordRow.id)).all()


def decided_elsewhere(session: Session, review_id: int) -> Iterator[tuple[int, str, list[ImportedDecision]]]:
    """Yield (report id, title, decisions) of each report on which an export of another program decided, the oldest report first."""
    query = (select(RecordRow.report_id, ReportRow.title, RecordRow.fields).join(ReportRow, ReportRow.id == RecordRow.report_id)
             .where(RecordRow.review_id == review_id, cast(RecordRow.fields, Text).contains('"verdict"'), ReportRow.merged_into.is_(None))
             .order_by(RecordRow.report_id, RecordRow.id).execution_options(yield_per=1000))
    for report_id, rows in groupby(session.execute(query).tuples(), key=lambda row: row[0]):
        all_of_it = list(rows)
        given = [_as_decision(one) for _, _, fields in all_of_it for one in fields.get("decisions", ())]
        if given and report_id is not None:
            yield report_id, all_of_it[0][1], given


def shown(session: Session, report_ids: Collection[int]) -> dict[int, ShownReport]:
    """Return report id → report as pages and mails show it."""
    wanted = sorted(set(report_ids))
    found: dict[int, ShownReport] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start:start + 500]
        sources: dict[int, list[str]] = {}
        given = select(RecordRow.report_id, RecordRow.source).where(RecordRow.report_id.in_(part)).distinct().order_by(RecordRow.source)
        for report_id, source in session.execute(given).tuples():
            assert report_id is not None
            sources.setdefault(report_id, []).append(source)
        for row in session.scalars(select(ReportRow).where(ReportRow.id.in_(part))):
            found[row.id] = ShownReport(row.id, as_record(row), tuple(sources.get(row.id, ())), row.merged_into)
    return found


def merged_away(session: Session, report_ids: Collection[int]) -> frozenset[int]:
    """Return which of these reports were merged into another one."""
    wanted = sorted(report_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        query = select(ReportRow.id).where(ReportRow.id.in_(wanted[start:start + 500]), ReportRow.merged_into.is_not(None))
        found |= set(session.scalars(query))
    return frozenset(found)


def not_compared(session: Session, review_id: int, most: int) -> Sequence[RecordRow]:
    """Return records that were not compared with what is known yet, oldest first."""
    # The sum keeps SQLite from the index of reviews, in which it would walk through everything that is known.
    query = select(RecordRow).where(RecordRow.review_id + 0 == review_id, RecordRow.report_id.is_(None))
    return session.scalars(query.order_by(RecordRow.id).limit(most)).all()


def begin_report(session: Session, row: RecordRow, *, by: str, at: datetime) -> ReportRow:
    """Make a report of its own from a record, and return it."""
    # What earlier records of a batch changed waits for its end: then it is written together.
    with session.no_autoflush:
        made = session.scalars(insert(ReportRow).returning(ReportRow), {
            "review_id": row.review_id, "first_cycle_id": row.cycle_id, "title": row.fields["title"], "fields": row.fields, "created_at": at,
        }).one()
    join(session, row, made.id, reason=FIRST, score=1.0, by=by, at=at)
    return made


def ask(session: Session, row: RecordRow, report_id: int, *, score: float, reason: str, differences: Sequence[Any], at: datetime) -> None:
    """Ask a person whether a record cites a report; asked before, nothing changes."""
    if question_on(session, row.id, report_id) is None:
        session.add(QuestionRow(review_id=row.review_id, record_id=row.id, report_id=report_id, score=score, reason=reason,
                            differences=list(differences), at=at))


def identified(session: Session, review_id: int) -> int:
    """Return how many records came in."""
    return session.scalar(select(func.count()).select_from(RecordRow).where(RecordRow.review_id == review_id)) or 0


def counts(session: Session, review_id: int, cycle_id: int | None = None) -> dict[str, Any]:
    """Return the boxes of the flow diagram before screening, in one cycle or in all; each is counted by a query of its own.

    identified: records that came in; by_source: the same by source; duplicates: records that joined a report which was known;
    reports: reports that began; questions: pairs that wait for a person.
    """
    given = select(RecordRow.source, func.count()).where(RecordRow.review_id == review_id).group_by(RecordRow.source)
    joined = (select(func.count()).select_from(MergeRow).join(RecordRow, RecordRow.id == MergeRow.record_id)
              .where(MergeRow.review_id == review_id, MergeRow.undone_at.is_(None), MergeRow.reason != FIRST))
    began = select(func.count()).select_from(ReportRow).where(ReportRow.review_id == review_id, ReportRow.merged_into.is_(None))
    waiting = (select(func.count()).select_from(QuestionRow).join(RecordRow, RecordRow.id == QuestionRow.record_id)
               .where(QuestionRow.review_id == review_id, QuestionRow.answer.is_(None)))
    if cycle_id is not None:
        given, joined = given.where(RecordRow.cycle_id == cycle_id), joined.where(RecordRow.cycle_id == cycle_id)
        began, waiting = began.where(ReportRow.first_cycle_id == cycle_id), waiting.where(RecordRow.cycle_id == cycle_id)
    by_source = dict(session.execute(given.order_by(RecordRow.source)).tuples().all())
    return {"identified": sum(by_source.values()), "by_source": by_source, "duplicates": session.scalar(joined) or 0,
            "reports": session.scalar(began) or 0, "questions": session.scalar(waiting) or 0}


def join(session: Session, row: RecordRow, report_id: int, *, reason: str, score: float, by: str, at: datetime) -> None:
    """Keep that a record belongs to a report, and why. A record that had one before is moved: db/belonging.py."""
    row.report_id = report_id
    session.add(MergeRow(review_id=row.review_id, record_id=row.id, report_id=report_id, reason=reason, score=score, by=by, at=at))

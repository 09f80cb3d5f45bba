"""How many records and reports are in each box of the PRISMA flow, by the cycle and source that brought them. No table of its own.

Each box is a query of its own and none a difference of others, so that what is lost anywhere shows as a sum that does not come out
(bot/bulletin/prisma_flow.py). A report belongs to the cycle and source of the record that it began with, wherever it goes later.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.domain.decisions import FULL_TEXT, TITLE_ABSTRACT
from bot.domain.flow import Counted
from db import unshown
from db.merges import FIRST, MergeRow
from db.records import RecordRow, ReportRow
from db.retrievals import RetrievalRow
from db.reviews import CycleRow
from db.rounds import RoundRow
from db.screening import ResolutionRow
from db.unshown import UnshownRow

NONE = literal("")
# Of each in a box: the cycle's id, the source, the reason.
Rows = Select[int, str, str]


def counted(session: Session, review_id: int) -> tuple[Counted, ...]:
    """Return what is in every box of a review's flow, in a fixed order."""
    periods = {row.id: row.period for row in session.scalars(select(CycleRow).where(CycleRow.review_id == review_id))}
    found = (Counted(box, periods.get(cycle_id, ""), source, reason, n)
             for box, query in _boxes(review_id).items() for cycle_id, source, reason, n in session.execute(_by_origin(query)).tuples())
    return tuple(sorted(found, key=lambda one: (one.period, one.box, one.source, one.reason)))


def _by_origin(query: Rows) -> Select[int, str, str, int]:
    rows = query.subquery()
    which = rows.c.cycle, rows.c.source, rows.c.reason
    return select(*which, func.count()).group_by(*which)


def totals(session: Session, review_id: int) -> Mapping[str, int]:
    """Return how many `records` and `reports` there are whatever brought them, without asking where each belongs."""
    alive = select(func.count()).select_from(ReportRow).where(ReportRow.review_id == review_id, ReportRow.merged_into.is_(None))
    came = select(func.count()).select_from(RecordRow).where(RecordRow.review_id == review_id)
    return {"records": session.scalar(came) or 0, "reports": session.scalar(alive) or 0}


def _boxes(review_id: int) -> dict[str, Rows]:
    """Return the query of each box: a row for each record or report in it, with the cycle and source that brought it, and a reason."""
    at_first, in_full = _newest(review_id, TITLE_ABSTRACT), _newest(review_id, FULL_TEXT)
    was_not_had = (in_full.c.verdict == "awaiting") & ReportRow.id.in_(_not_had())
    hidden = unshown.hidden(review_id)

    def judged(*which: ColumnElement[bool]) -> Rows:
        return _reports(review_id).join(at_first, at_first.c.report_id == ReportRow.id).where(*which)

    def sought(*which: ColumnElement[bool]) -> Rows:
        return judged(at_first.c.verdict == "include", at_first.c.leads_to == FULL_TEXT, *which)

    def read(*which: ColumnElement[bool], reason: ColumnElement[str] = NONE) -> Rows:
        return _reports(review_id, reason).join(at_first, at_first.c.report_id == ReportRow.id).join(
            in_full, in_full.c.report_id == ReportRow.id).where(
            at_first.c.verdict == "include", at_first.c.leads_to == FULL_TEXT, *which)

    return {
        "identified": _records(review_id),
        "duplicates": _records(review_id).join(MergeRow, MergeRow.record_id == RecordRow.id).where(
            MergeRow.undone_at.is_(None), MergeRow.reason != FIRST),
        "reports": _reports(review_id),
        "left_out": _reports(review_id, UnshownRow.why).join(UnshownRow, UnshownRow.report_id == ReportRow.id).where(ReportRow.id.in_(hidden)),
        "screened": judged(),
        "awaiting_screening": _reports(review_id).where(ReportRow.id.not_in(select(at_first.c.report_id)), ReportRow.id.not_in(hidden)),
        "excluded": judged(at_first.c.verdict == "exclude"),
        "awaiting_classification": judged(at_first.c.verdict == "awaiting"),
        "included_at_once": judged(at_first.c.verdict == "include", at_first.c.leads_to != FULL_TEXT),
        "sought": sought(),
        "awaiting_full_text": sought(ReportRow.id.not_in(select(in_full.c.report_id))),
        "not_retrieved": read(was_not_had),
        "assessed": read(~was_not_had),
        "excluded_in_full": read(in_full.c.verdict == "exclude", reason=in_full.c.criterion),
        "awaiting_in_full": read(in_full.c.verdict == "awaiting", ~was_not_had),
        "included_in_full": read(in_full.c.verdict == "include"),
    }


def _records(review_id: int) -> Rows:
    return select(_cycle_of_record().label("cycle"), RecordRow.source.label("source"), NONE.label("reason")).where(
        RecordRow.review_id == review_id)


def _reports(review_id: int, reason: ColumnElement[str] | InstrumentedAttribute[str] = NONE) -> Rows:
    """Return the query for a review's reports that were not merged away, with the record that each began with."""
    return (select(_cycle_of_record().label("cycle"), RecordRow.source.label("source"), reason.label("reason")).select_from(ReportRow)
            .join(MergeRow, (MergeRow.report_id == ReportRow.id) & (MergeRow.reason == FIRST) & MergeRow.undone_at.is_(None))
            .join(RecordRow, RecordRow.id == MergeRow.record_id)
            .where(ReportRow.review_id == review_id, ReportRow.merged_into.is_(None)))


def _cycle_of_record() -> ColumnElement[int]:
    """Return the id of the cycle that brought a record: of a file that came between two, the later one, or the last while there is none."""
    later = select(func.min(CycleRow.id)).where(CycleRow.review_id == RecordRow.review_id, CycleRow.started_at >= RecordRow.seen_at)
    last = select(func.max(CycleRow.id)).where(CycleRow.review_id == RecordRow.review_id)
    return func.coalesce(RecordRow.cycle_id, later.correlate(RecordRow).scalar_subquery(), last.correlate(RecordRow).scalar_subquery())


def _newest(review_id: int, stage: str) -> Subquery:
    """Return what was decided for good on each report at one stage: the newest word where it came up again."""
    newest = (select(func.max(ResolutionRow.id)).join(RoundRow, RoundRow.id == ResolutionRow.round_id)
              .where(ResolutionRow.review_id == review_id, ResolutionRow.final_at.is_not(None), RoundRow.stage == stage)
              .group_by(ResolutionRow.report_id))
    return (select(ResolutionRow.report_id, ResolutionRow.verdict, ResolutionRow.criterion, RoundRow.leads_to)
            .join(RoundRow, RoundRow.id == ResolutionRow.round_id).where(ResolutionRow.id.in_(newest)).subquery(f"newest_{stage}"))


def _not_had() -> Select[int]:
    """Return the query for the reports whose full text could not be had, by the newest word on it."""
    newest = select(func.max(RetrievalRow.id)).group_by(RetrievalRow.report_id)
    return select(RetrievalRow.report_id).where(RetrievalRow.id.in_(newest), RetrievalRow.state == "not_retrieved")

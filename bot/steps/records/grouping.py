"""Give records to reports as a comparison or a person says, within the transaction of a step. Which belong together: bot/methods/dedup.

Every report keeps all its sources' versions; each record has one merge that holds, and the ones before stay in the history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.methods.dedup.merge import merged
from db import belonging, decisions, merges, records, studies
from db.records import RecordRow, ReportRow
from db.session import Session

Why = tuple[str, float]
TOGETHER: Why = ("the same report as others that joined it", 1.0)


def acted_on(session: Session, report_ids: Collection[int]) -> frozenset[int]:
    """Return which of these reports people have voted on, or taken up into a study: those stay, and others join them."""
    return frozenset(decisions.reports_with_votes(session, report_ids) | studies.reports_in_studies(session, report_ids))


def fits(groups: Sequence[Sequence[RecordRow]], held: Collection[int]) -> bool:
    """Return whether a grouping leaves every report that people acted on whole, and brings no two of them together."""
    for group in groups:
        if len({row.report_id for row in group} & set(held)) > 1:
            return False
    return all(sum(any(row.report_id == report_id for row in group) for group in groups) <= 1 for report_id in held)


def arrange(session: Session, groups: Sequence[Sequence[RecordRow]], why: Mapping[int, Why], held: Collection[int], *, by: str,
            at: datetime) -> None:
    """Make each group of records one report. A report stays where most of its records are; one without any was merged into another.

    why: reason and score by record. held: reports that stay whatever else (see acted_on). The groups are all records of their reports.
    """
    before = {row.id: row.report_id for group in groups for row in group if row.report_id is not None}
    targets = _targets(groups, held)
    for group, target in zip(groups, targets, strict=True):
        first = min(group, key=lambda row: row.id)
        report = records.report(session, target) if target is not None else _begun(session, first, by, at)
        for row in group:
            if row.report_id != report.id:
                reason, score = why.get(row.id, TOGETHER)
                belonging.move(session, row, report, reason=reason, score=score, by=by, at=at)
    now = {row.report_id: group for group in groups for row in group if row.report_id is not None}
    left = {before[row.id] for group in groups for row in group if row.id in before and before[row.id] != row.report_id}
    for report_id in sorted(now):
        _renewed(session, records.report(session, report_id), now[report_id])
        if report_id in left:
            belonging.begin_again(session, records.report(session, report_id), now[report_id], by=by, at=at)
    _retire(session, left - now.keys(), groups, at)


def bring_together(session: Session, gone: ReportRow, into: ReportRow, *, reason: str, by: str, at: datetime) -> None:
    """Make one report of two, on somebody's word; what was asked about the two is answered by that."""
    for row in records.records_of(session, gone.id):
        belonging.move(session, row, into, reason=reason, score=1.0, by=by, at=at)
    gone.merged_into = into.id
    renewed(session, into)


def split_off(session: Session, rows: Sequence[RecordRow], *, reason: str, by: str, at: datetime) -> ReportRow:
    """Make a report of its own of these records of one report, which keeps the others, and return it."""
    left = records.report(session, _report_id(rows[0]))
    made = _begun(session, rows[0], by, at)
    for row in rows[1:]:
        belonging.move(session, row, made, reason=reason, score=1.0, by=by, at=at)
    for report in (made, left):
        renewed(session, report)
        belonging.begin_again(session, report, records.records_of(session, report.id), by=by, at=at)
    return made


def renewed(session: Session, report: ReportRow) -> None:
    """Give a report the best of each field of the records that it has now."""
    _renewed(session, report, records.records_of(session, report.id))


def _renewed(session: Session, report: ReportRow, rows: Sequence[RecordRow]) -> None:
    belonging.renew(session, report, merged=merged([records.as_record(row) for row in rows]))


def _report_id(row: RecordRow) -> int:
    assert row.report_id is not None
    return row.report_id


def _begun(session: Session, row: RecordRow, by: str, at: datetime) -> ReportRow:
    if row.report_id is not None and (before := merges.live_merge(session, row.id)) is not None:
        merges.end(session, before, at)
    return records.begin_report(session, row, by=by, at=at)


def _targets(groups: Sequence[Sequence[RecordRow]], held: Collection[int]) -> list[int | None]:
    """Return the report that each group gets: one that people acted on, else the one with most records, else the oldest; None: a new one."""
    wanted = sorted(
        ((report_id not in held, -sum(row.report_id == report_id for row in group), report_id, number)
         for number, group in enumerate(groups) for report_id in {row.report_id for row in group} if report_id is not None))
    given, targets = set[int](), list[int | None]([None] * len(groups))
    for _, _, report_id, number in wanted:
        if targets[number] is None and report_id not in given:
            targets[number] = report_id
            given.add(report_id)
    return targets


def _retire(session: Session, empty: Collection[int], groups: Sequence[Sequence[RecordRow]], at: datetime) -> None:
    """Say of each report without a record what it turned out to be: the report of the record that it began with."""
    everything = {row.id: row for group in groups for row in group}
    for report_id in sorted(empty):
        came = [one.record_id for one in merges.of_report(session, report_id) if one.record_id in everything]
        records.report(session, report_id).merged_into = everything[came[0]].report_id
    session.flush()

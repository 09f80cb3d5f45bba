"""Compare each new record with what is known: it joins a report, begins one, or a person is asked. The rules: bot/methods/dedup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.methods.dedup.agreement import agreement_of
from bot.methods.dedup.keys import keys_of
from bot.methods.dedup.match import Match, Verdict, compare
from bot.methods.dedup.merge import merged
from bot.methods.dedup.profiles import cached_profile
from db import events, records
from db.records import RecordRow, ReportRow
from db.session import Database, Session

AT_A_TIME = 50
MOST_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class DeduplicationAccount:
    """What became of the records that were compared: those that began a report, joined one, and pairs that a person is asked about."""

    records: int
    new_reports: int
    duplicates: int
    questions: int


def deduplicate(*, database: Database, review_id: int, by: str, now: datetime) -> DeduplicationAccount:
    """Compare every record that was not compared yet. Killed anywhere, the next run takes up the rest."""
    totals = [0, 0, 0, 0]
    while True:
        with database.reading() as session:
            waiting = [row.id for row in records.not_compared(session, review_id, AT_A_TIME)]
        if not waiting:
            return DeduplicationAccount(*totals)
        with database.writing(by=by) as session:
            for record_id in waiting:
                row = records.record(session, record_id)
                if row.report_id is None:
                    outcome = _place(session, row, by, now)
                    totals = [sum(pair) for pair in zip(totals, (1, *outcome), strict=True)]
            events.note(session, review_id=review_id, kind="records.compared", subject=f"record:{waiting[0]}-{waiting[-1]}",
                        data={"count": len(waiting)}, at=now)


def _place(session: Session, row: RecordRow, by: str, now: datetime) -> tuple[int, int, int]:
    """Give a record its report; return (reports begun, reports joined, questions asked)."""
    keys = [(key.kind, key.value) for key in keys_of(records.as_record(row))]
    alike = sorted(_matches(session, row, keys), key=lambda one: (-one[0].score, one[1].id))
    records.add_keys(session, row, keys)
    joined = next((one for one in alike if one[0].verdict is Verdict.SAME and not _is_told_apart(session, row, one[1])), None)
    if joined is None:
        records.begin_report(session, row, by=by, at=now)
    else:
        match, report = joined
        whole = merged([*(records.as_record(one) for one in records.records_of(session, report.id)), records.as_record(row)])
        records.join_report(session, row, report, merged=whole, reason=match.reason, score=match.score, by=by, at=now)
    # What is alike and was not joined is a person's question: also a second report that the same record seems to cite.
    asked = [one for one in alike if one is not joined and (joined is None or one[0].verdict is Verdict.SAME)]
    for match, report in asked:
        records.ask(session, row, report.id, score=match.score, reason=match.reason, differences=list(match.differences), at=now)
    return int(joined is None), int(joined is not None), len(asked)


def _is_told_apart(session: Session, row: RecordRow, report: ReportRow) -> bool:
    """Return whether some record of a report can share none with this one, whatever the others seem to say."""
    own = records.as_record(row)
    others = [records.as_record(other) for other in records.records_of(session, report.id)]
    return any(compare(own, other).verdict is Verdict.DIFFERENT and agreement_of(cached_profile(own), cached_profile(other)).excludes
               for other in others)


def _matches(session: Session, row: RecordRow, keys: list[tuple[str, str]]) -> list[tuple[Match, ReportRow]]:
    """Return the best match with each report that shares a key, but those that a person told apart from this record."""
    apart = records.told_apart(session, row.id)
    own, best = records.as_record(row), dict[int, Match]()
    for other in records.candidates(session, row.review_id, keys, MOST_CANDIDATES):
        if other.id == row.id or other.report_id is None or other.report_id in apart:
            continue
        match = compare(own, records.as_record(other))
        if other.report_id not in best or match.score > best[other.report_id].score:
            best[other.report_id] = match
    return [(match, records.report(session, report_id)) for report_id, match in best.items() if match.verdict is not Verdict.DIFFERENT]

"""Compare each new record with what is known: it joins a report, begins one, or a person is asked. The rules: bot/methods/dedup.

A new record can show that two reports are one, or that a record belongs elsewhere; so its whole neighbourhood is grouped anew, and what comes
of it does not depend on who came first. What people said, and reports that people acted on, stay as they are: then they are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.methods.dedup.agreement import agreement_of
from bot.methods.dedup.clusters import LARGEST, Clusters, regroup
from bot.methods.dedup.match import Match, Verdict, compare
from bot.methods.dedup.oddities import oddities_of
from bot.methods.dedup.profiles import cached_profile
from bot.methods.dedup.rules import LEAST
from bot.steps.records import grouping
from bot.steps.records.neighbours import Neighbours
from db import belonging, events, record_keys, records
from db.records import RecordRow
from db.session import Database, Session

AT_A_TIME = 50
# More records than these share a key only where a key says nothing; those that share most keys are compared, and the rest is named.
MOST_CANDIDATES = 200
FULL_AGREEMENT = 1.0


@dataclass(frozen=True, slots=True)
class DeduplicationAccount:
    """What became of the records that were compared: those that began a report, joined one, and pairs that a person is asked about.

    odd: sentences about records that a person should know of; they were kept.
    """

    records: int = 0
    new_reports: int = 0
    duplicates: int = 0
    questions: int = 0
    odd: tuple[str, ...] = ()

    def __add__(self, other: DeduplicationAccount) -> DeduplicationAccount:
        return DeduplicationAccount(self.records + other.records, self.new_reports + other.new_reports, self.duplicates + other.duplicates,
                                    self.questions + other.questions, self.odd + other.odd)


@dataclass(slots=True)
class _Neighbourhood:
    """A new record among the records of every report that it may cite. matches: with the candidates, by record id."""

    own: RecordRow
    rows: list[RecordRow]
    matches: dict[int, Match] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = sorted({row.id: row for row in [*self.rows, self.own]}.values(), key=lambda row: row.id)

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.rows]

    @property
    def report_ids(self) -> set[int]:
        return {row.report_id for row in self.rows if row.report_id is not None}


def deduplicate(*, database: Database, review_id: int, by: str, now: datetime) -> DeduplicationAccount:
    """Compare every record that was not compared yet. Killed anywhere, the next run takes up the rest."""
    account = DeduplicationAccount()
    while True:
        with database.reading() as session:
            waiting = [row.id for row in records.not_compared(session, review_id, AT_A_TIME)]
        if not waiting:
            return account
        with database.writing(by=by) as session:
            rows = [row for row in record_keys.rows_of(session, waiting).values() if row.report_id is None]
            neighbours = Neighbours(session, review_id, rows, MOST_CANDIDATES)
            placed = sum((_place(session, row, neighbours, by, now) for row in rows), DeduplicationAccount())
            account += placed
            events.note(session, review_id=review_id, kind="records.compared", subject=f"record:{waiting[0]}-{waiting[-1]}",
                        data={"count": len(waiting), "odd": list(placed.odd)}, at=now)


def _place(session: Session, row: RecordRow, neighbours: Neighbours, by: str, now: datetime) -> DeduplicationAccount:
    """Give a record its report."""
    own = neighbours.said(row)
    known, more = neighbours.of(row)
    matches = {other.id: compare(own, neighbours.said(other)) for other in known}
    neighbours.placed(row)
    odd = [one.sentence for one in oddities_of([own])] + _clashes(row)
    if more:
        odd.append(f"{_named(row)}: {more} more records share a key with it than were compared; look for it among records of this title.")
    near = [other for other in known if matches[other.id].verdict is not Verdict.DIFFERENT]
    same = [other for other in near if matches[other.id].verdict is Verdict.SAME]
    around = _Neighbourhood(row, _around(session, same), matches)
    known_reports = around.report_ids
    if len(around.rows) > LARGEST:
        odd.append(f"{_named(row)}: {len(around.rows)} records seem to cite one report; it was left apart: look at the source first.")
        records.begin_report(session, row, by=by, at=now)
        return DeduplicationAccount(1, 1, 0, 0, tuple(odd))
    questions = _settle(session, around, neighbours, by, now) if same else _begin(session, row, by, now)
    asked = _ask(session, questions, now) + _ask(session, _with_others(row, near, around, matches), now)
    began = row.report_id not in known_reports
    return DeduplicationAccount(1, int(began), int(not began), asked, tuple(odd))


def _begin(session: Session, row: RecordRow, by: str, now: datetime) -> list[tuple[RecordRow, RecordRow, Match]]:
    records.begin_report(session, row, by=by, at=now)
    return []


def _around(session: Session, same: Sequence[RecordRow]) -> list[RecordRow]:
    """Return the records of every report that some of these belong to, and of those that only an open question keeps from them."""
    wanted, seen, found = {row.report_id for row in same if row.report_id is not None}, set[int](), list[RecordRow]()
    while wanted - seen:
        report_id = min(wanted - seen)
        seen.add(report_id)
        rows = records.records_of(session, report_id)
        found += rows
        if len(found) > LARGEST:
            break
        wanted |= belonging.nearly_the_same(session, [row.id for row in rows], report_id, LEAST[Verdict.SAME])
    return found


def _settle(session: Session, around: _Neighbourhood, neighbours: Neighbours, by: str,
            now: datetime) -> list[tuple[RecordRow, RecordRow, Match]]:
    """Group a neighbourhood anew, and return the pairs that are left for a person."""
    told = neighbours.told_apart(session, around.ids)
    place = {row.id: number for number, row in enumerate(around.rows)}
    apart = [(place[one], place[other]) for one, other in told] + _torn(around, told, place)
    put = belonging.put_together(session, around.ids) if neighbours.put_by_people(session, around.ids) else []
    together = [(place[one], place[other]) for one, other in put]
    found = regroup([records.as_record(row) for row in around.rows], apart=apart, together=together)
    groups = [[around.rows[position] for position in group] for group in found.clusters]
    held = neighbours.acted_on(session, around.report_ids)
    if not grouping.fits(groups, held):
        return _join_best(session, around, by, now)
    grouping.arrange(session, groups, _why(found, around.rows), held, by=by, at=now)
    return [(around.rows[pair.first], around.rows[pair.second], pair.match) for pair in found.questions]


def _torn(around: _Neighbourhood, told: Iterable[tuple[int, int]], place: dict[int, int]) -> list[tuple[int, int]]:
    """Return the pairs that keep a record apart which fits two that a person told apart: it goes to the one that it agrees with in full."""
    same = {record_id: match for record_id, match in around.matches.items() if match.verdict is Verdict.SAME}
    torn = {one for pair in told if set(pair) <= set(same) for one in pair}
    full = {record_id for record_id in torn if same[record_id].score >= FULL_AGREEMENT}
    away = torn if len(full) != 1 else torn - full
    return [(place[around.own.id], place[record_id]) for record_id in sorted(away)]


def _why(found: Clusters, rows: Sequence[RecordRow]) -> dict[int, grouping.Why]:
    """Return by record the surest reason for which it joined others."""
    best: dict[int, grouping.Why] = {}
    for pair in found.joined:
        for position in (pair.first, pair.second):
            known = best.get(rows[position].id)
            if known is None or pair.match.score > known[1]:
                best[rows[position].id] = (pair.match.reason, pair.match.score)
    return best


def _join_best(session: Session, around: _Neighbourhood, by: str, now: datetime) -> list[tuple[RecordRow, RecordRow, Match]]:
    """Leave the reports that people acted on as they are: the record joins the best that it can, and the others are questions."""
    apart = belonging.told_apart(session, [around.own.id])
    alike = sorted(((match, other) for other in around.rows if (match := around.matches.get(other.id)) and match.verdict is Verdict.SAME
                    and other.report_id not in apart), key=lambda one: (-one[0].score, one[1].id))
    joined = next((one for one in alike if not _excluded(around, one[1])), None)
    if joined is None:
        records.begin_report(session, around.own, by=by, at=now)
    else:
        match, other = joined
        report = records.report(session, other.report_id or 0)
        belonging.move(session, around.own, report, reason=match.reason, score=match.score, by=by, at=now)
        grouping.renewed(session, report)
    return [(around.own, other, match) for match, other in alike]


def _excluded(around: _Neighbourhood, other: RecordRow) -> bool:
    """Return whether some record of a report can share none with the new one, whatever the others seem to say."""
    own = cached_profile(records.as_record(around.own))
    return any(agreement_of(own, cached_profile(records.as_record(one))).excludes for one in around.rows
               if one.report_id == other.report_id and one is not around.own and compare(
                   records.as_record(around.own), records.as_record(one)).verdict is Verdict.DIFFERENT)


def _with_others(row: RecordRow, near: Sequence[RecordRow], around: _Neighbourhood,
                 matches: dict[int, Match]) -> list[tuple[RecordRow, RecordRow, Match]]:
    """Return the pairs of the new record with records outside its neighbourhood that are alike."""
    inside = set(around.ids)
    return [(row, other, matches[other.id]) for other in near if other.id not in inside]


def _ask(session: Session, pairs: Iterable[tuple[RecordRow, RecordRow, Match]], now: datetime) -> int:
    """Ask a person about pairs whose reports are two, and not told apart or asked about already; the surest of two reports is asked."""
    count = 0
    for one, other, match in sorted(pairs, key=lambda pair: (-pair[2].score, pair[0].id, pair[1].id)):
        row, known = (one, other) if one.id > other.id else (other, one)
        if row.report_id is None or known.report_id is None or row.report_id == known.report_id:
            continue
        if not belonging.is_settled_between(session, row.report_id, known.report_id):
            records.ask(session, row, known.report_id, score=match.score, reason=match.reason, differences=list(match.differences), at=now)
            session.flush()
            count += 1
    return count


def _clashes(row: RecordRow) -> list[str]:
    """Return a sentence if the source gave the id of this record to another one as well."""
    if records.has_its_own_identity(row):
        return []
    return [f"{row.source} gave the id {row.fields['source_id']} to two records that do not say the same; both were kept."]


def _named(row: RecordRow) -> str:
    fields: dict[str, Any] = row.fields
    return f"{row.source} {fields['source_id'] or row.id} ({str(fields['title'])[:60]!r})"

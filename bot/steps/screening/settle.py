"""See what the votes of every open round come to, ask a third person (or the two) where they differ, and close what is complete.

Called on every tick: run again with nothing new, it writes nothing. What votes come to: bot/methods/screening/settlement.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.domain.decisions import FULL_TEXT
from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.methods.screening import agreement
from bot.methods.screening.settlement import Settlement, Vote, settle_votes
from bot.steps.screening.ask import ask_again
from db import decisions, events, retrievals, rounds, screening
from db.rounds import AssignmentRow, RoundRow
from db.screening import ResolutionRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class SettleAccount:
    """resolved: reports that got (or changed) a resolution now. conflicts: reports that wait for somebody to settle them.

    closed: rounds that closed now. unasked: conflicts for which the team has nobody left to ask.
    """

    resolved: int = 0
    conflicts: int = 0
    closed: int = 0
    unasked: int = 0


def settle(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> SettleAccount:
    """Settle every open round of the review and return what came of it."""
    with database.reading() as session:
        round_ids = [row.id for row in rounds.running(session, review_id)]
    accounts = [_settle_round(database, round_id, protocol, keys, by, now) for round_id in round_ids]
    return SettleAccount(*(sum(getattr(one, name) for one in accounts) for name in ("resolved", "conflicts", "closed", "unasked")))


def _settle_round(database: Database, round_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> SettleAccount:
    with database.reading() as session:
        has_news = _has_news(session, round_id, now)
    resolved, closed = 0, False
    if has_news:
        with database.writing(by=by) as session:
            # Votes wait while the round is held: what is made final is what counts now.
            row = rounds.hold(session, round_id)
            resolved = _settle_reports(session, row, [criterion.id for criterion in protocol.criteria], now)
            closed = _finish(session, row, resolved, now)
    unasked = 0 if closed else ask_again(database=database, round_id=round_id, protocol=protocol, keys=keys, by=by, now=now)
    with database.reading() as session:
        return SettleAccount(resolved, len(rounds.in_conflict(session, round_id)), int(closed), unasked)


def _has_news(session: Session, round_id: int, now: datetime) -> bool:
    row = rounds.by_id(session, round_id)
    if row.stage == FULL_TEXT and any(retrievals.unsettled(session, round_id)):
        return True
    if decisions.last_id(session, round_id) > row.settled_through or rounds.newly_merged(session, round_id):
        return True
    return now >= row.due_at and screening.is_anything_open(session, round_id)


def _settle_reports(session: Session, row: RoundRow, criteria: Sequence[str], now: datetime) -> int:
    """Settle the reports that were voted on since the last time, and return how many got another resolution than they had."""
    unavailable = _settle_unavailable(session, row, now) if row.stage == FULL_TEXT else 0
    merged = rounds.newly_merged(session, row.id)
    for report_id in merged:
        rounds.set_item_state(session, row.id, report_id, "merged")
    voted = decisions.reports_voted_on(session, row.id, since=row.settled_through) - merged
    votes = _votes(session, row.id, voted)
    row.settled_through = decisions.last_id(session, row.id)
    settled = [_settle_report(session, row, report_id, settle_votes(votes[report_id], criteria=criteria), now) for report_id in sorted(voted)]
    return sum(settled) + unavailable


def _settle_unavailable(session: Session, row: RoundRow, now: datetime) -> int:
    """Settle the reports whose full text cannot be had as awaiting classification, open those that can be had after all, and count both."""
    gone, back = retrievals.unsettled(session, row.id)
    for report_id in gone:
        rounds.set_item_state(session, row.id, report_id, "settled")
        screening.add_resolution(session, ResolutionRow(review_id=row.review_id, round_id=row.id, report_id=report_id, verdict="awaiting",
                                                        basis="one", criterion="", at=now))
    for report_id in back:
        rounds.set_item_state(session, row.id, report_id, "waiting")
        screening.withdraw_resolution(session, row.id, report_id)
    return len(gone) + len(back)


def _settle_report(session: Session, row: RoundRow, report_id: int, settlement: Settlement, now: datetime) -> bool:
    """Store where a report stands, and return whether it got another resolution than it had."""
    stored = screening.resolution(session, row.id, report_id)
    there = (stored.verdict, stored.basis, stored.criterion) if stored else ("", "", "")
    if stored is not None and stored.final_at is not None:
        return False
    rounds.set_item_state(session, row.id, report_id, settlement.state)
    if there == (settlement.verdict, settlement.basis, settlement.criterion):
        return False
    screening.withdraw_resolution(session, row.id, report_id)
    if settlement.state != "settled":
        return False
    screening.add_resolution(session, ResolutionRow(review_id=row.review_id, round_id=row.id, report_id=report_id, verdict=settlement.verdict,
                                                    basis=settlement.basis, criterion=settlement.criterion, at=now))
    return True


def _votes(session: Session, round_id: int, report_ids: Collection[int]) -> dict[int, list[Vote]]:
    assignments = rounds.assignments_on(session, round_id, report_ids)
    latest = decisions.on(session, assignments)
    votes: dict[int, list[Vote]] = {}
    for one in assignments:
        given = latest.get(one.id)
        vote = Vote(one.part, given.verdict, given.criterion) if given else Vote(one.part, None)
        votes.setdefault(one.report_id, []).append(vote)
    return votes


def _finish(session: Session, row: RoundRow, resolved: int, now: datetime) -> bool:
    """Close a complete round, and after its last day make final what is settled. One event says what happened."""
    is_complete = not rounds.is_waiting(session, row.id) and not rounds.in_conflict(session, row.id)
    if is_complete:
        row.closed_at = now
        row.agreement = _agreement(session, row.id)
    if is_complete or now >= row.due_at:
        screening.make_final(session, row.id, now)
    events.note(session, review_id=row.review_id, kind="round.closed" if is_complete else "round.settled", subject=f"round:{row.id}",
                data={"resolved": resolved}, at=now)
    return is_complete


def _agreement(session: Session, round_id: int) -> dict[str, object] | None:
    """Return how far the two blind votes agreed, None where no report had two."""
    blind: dict[int, list[AssignmentRow]] = {}
    for one in rounds.assignments(session, round_id):
        if one.part != "third":
            blind.setdefault(one.report_id, []).append(one)
    latest = decisions.of_round(session, round_id)
    pairs = [(latest[first.id].verdict, latest[second.id].verdict) for first, second in _twos(blind.values())
             if first.id in latest and second.id in latest]
    return asdict(agreement.agreement(pairs)) if pairs else None


def _twos(lists: Iterable[Sequence[AssignmentRow]]) -> Iterator[tuple[AssignmentRow, AssignmentRow]]:
    """Yield the blind pairs, the first vote first: kappa asks which of the two it was."""
    for given in lists:
        if len(given) == 2:
            first, second = sorted(given, key=lambda one: one.part)
            yield first, second

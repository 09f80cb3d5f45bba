"""See what the votes of every open round come to, ask a third person (or the two) where they differ, and close what is complete.

Called on every tick: run again with nothing new, it writes nothing. What votes come to: bot/methods/screening/settlement.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.methods.screening import agreement
from bot.methods.screening.settlement import Settlement, Vote, settle_votes
from bot.steps.screening.ask import ask_again
from db import decisions, events, records, rounds, screening
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


@dataclass(frozen=True, slots=True)
class _Standing:
    """A round as its votes have it now. changed: report id → what differs from what is stored."""

    settlements: Mapping[int, Settlement]
    merged: frozenset[int]
    changed: Mapping[int, Settlement]
    newly_merged: frozenset[int]

    @property
    def is_complete(self) -> bool:
        return all(one.state == "settled" for report_id, one in self.settlements.items() if report_id not in self.merged)

    def count(self, state: str) -> int:
        return sum(one.state == state for report_id, one in self.settlements.items() if report_id not in self.merged)


def settle(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> SettleAccount:
    """Settle every open round of the review and return what came of it."""
    with database.reading() as session:
        round_ids = [row.id for row in rounds.running(session, review_id)]
    accounts = [_settle_round(database, round_id, protocol, keys, by, now) for round_id in round_ids]
    return SettleAccount(*(sum(getattr(one, name) for one in accounts) for name in ("resolved", "conflicts", "closed", "unasked")))


def _settle_round(database: Database, round_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> SettleAccount:
    criteria = [criterion.id for criterion in protocol.criteria]
    with database.reading() as session:
        standing = _standing(session, round_id, criteria)
        is_due = _is_due(session, round_id, standing, now)
    resolved = 0
    if is_due:
        with database.writing(by=by) as session:
            # Votes wait while the round is held, and are read again: what is made final is what counts now.
            row = rounds.hold(session, round_id)
            standing = _standing(session, round_id, criteria)
            resolved = _store(session, row, standing, now)
            _finish(session, row, standing, resolved, now)
    unasked = 0 if standing.is_complete else ask_again(database=database, round_id=round_id, protocol=protocol, keys=keys, by=by, now=now)
    return SettleAccount(resolved, standing.count("conflict"), int(standing.is_complete), unasked)


def _standing(session: Session, round_id: int, criteria: Sequence[str]) -> _Standing:
    votes = _votes(session, round_id)
    settlements = {report_id: settle_votes(given, criteria=criteria) for report_id, given in votes.items()}
    items = {item.report_id: item for item in rounds.items(session, round_id)}
    stored = screening.resolutions(session, round_id)
    merged = records.merged_away(session, items)
    changed = {
        report_id: one for report_id, one in settlements.items()
        if report_id not in merged and not _is_final(stored.get(report_id))
        and (items[report_id].state != one.state or _differs(one, stored.get(report_id)))
    }
    # A report that was settled before it was merged keeps its decision: it is part of the history.
    newly_merged = frozenset(one for one in merged if items[one].state not in ("merged", "settled"))
    return _Standing(settlements, frozenset(one for one in merged if items[one].state != "settled"), changed, newly_merged)


def _votes(session: Session, round_id: int) -> dict[int, list[Vote]]:
    latest = decisions.of_round(session, round_id)
    votes: dict[int, list[Vote]] = {}
    for one in rounds.assignments(session, round_id):
        given = latest.get(one.id)
        vote = Vote(one.part, given.verdict, given.criterion) if given else Vote(one.part, None)
        votes.setdefault(one.report_id, []).append(vote)
    return votes


def _differs(settlement: Settlement, stored: ResolutionRow | None) -> bool:
    there = (stored.verdict, stored.basis, stored.criterion) if stored else ("", "", "")
    return there != (settlement.verdict, settlement.basis, settlement.criterion)


def _is_final(stored: ResolutionRow | None) -> bool:
    return stored is not None and stored.final_at is not None


def _is_due(session: Session, round_id: int, standing: _Standing, now: datetime) -> bool:
    if standing.changed or standing.newly_merged or standing.is_complete:
        return True
    row = rounds.by_id(session, round_id)
    return now >= row.due_at and any(one.final_at is None for one in screening.resolutions(session, round_id).values())


def _store(session: Session, row: RoundRow, standing: _Standing, now: datetime) -> int:
    """Store what changed, and return how many reports got a resolution."""
    for report_id in standing.newly_merged:
        rounds.set_item_state(session, row.id, report_id, "merged")
    for report_id, one in standing.changed.items():
        rounds.set_item_state(session, row.id, report_id, one.state)
        if one.state != "settled":
            screening.withdraw_resolution(session, row.id, report_id)
            continue
        screening.set_resolution(session, ResolutionRow(review_id=row.review_id, round_id=row.id, report_id=report_id, verdict=one.verdict,
                                                        basis=one.basis, criterion=one.criterion, at=now))
    return sum(one.state == "settled" for one in standing.changed.values())


def _finish(session: Session, row: RoundRow, standing: _Standing, resolved: int, now: datetime) -> None:
    """Close a complete round; after its last day, make final what is settled. One event says what happened."""
    if standing.is_complete:
        row.closed_at = now
        row.agreement = _agreement(session, row.id)
    if standing.is_complete or now >= row.due_at:
        screening.make_final(session, row.id, now)
    events.note(session, review_id=row.review_id, kind="round.closed" if standing.is_complete else "round.settled", subject=f"round:{row.id}",
                data={"resolved": resolved, "conflicts": standing.count("conflict"), "waiting": standing.count("waiting")}, at=now)


def _agreement(session: Session, round_id: int) -> dict[str, object] | None:
    """Return how far the two blind votes agreed, None where no report had two."""
    blind: dict[int, list[AssignmentRow]] = {}
    for one in rounds.assignments(session, round_id):
        if one.part != "third":
            blind.setdefault(one.report_id, []).append(one)
    latest = decisions.of_round(session, round_id)
    pairs = [tuple(latest[one.id].verdict for one in two) for two in blind.values() if len(two) == 2 and all(one.id in latest for one in two)]
    return asdict(agreement.agreement(pairs)) if pairs else None

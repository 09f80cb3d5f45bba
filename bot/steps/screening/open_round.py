"""Open a round of screening: every report that was ranked and not yet asked about, on the lists of those who vote, with a mail to each.

Killed at any place and run again, it goes on where it stopped: the round keeps the people and the seed that it began with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.decisions import TITLE_ABSTRACT
from bot.domain.protocols import Protocol
from bot.errors import InvalidInputError, RefusedError
from bot.links import LinkKeys
from bot.methods.screening import queue
from bot.steps.screening import letters
from db import events, people, rankings, reviews, rounds, screening
from db.rounds import RoundRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class RoundAccount:
    """round_id: None if there is nothing to decide. flagged: reports in the round. invited: people who have a list."""

    round_id: int | None = None
    flagged: int = 0
    invited: int = 0


def open_round(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, keys: LinkKeys, by: str,
               now: datetime) -> RoundAccount:
    """Open the cycle's round and return its account; a round that is open already stays as it is.

    Raises RefusedError if the team is too small for the protocol's rules.
    """
    round_row = _begin(database, review_id, cycle_id, protocol, by, now)
    if round_row is None:
        return RoundAccount()
    with database.reading() as session:
        report_ids = [item.report_id for item in rounds.items(session, round_row.id)]
    places = _places(report_ids, round_row.rules)
    invited = sorted({place.person for place in places})
    if round_row.opened_at is None:
        for person_id in invited:
            _invite(database, round_row, person_id, [place for place in places if place.person == person_id], protocol, keys, by, now)
        _opened(database, round_row.id, by, now)
    return RoundAccount(round_row.id, len(report_ids), len(invited))


def _begin(database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> RoundRow | None:
    """Return the cycle's round, stored with its reports if there was none; None if there is nothing to decide."""
    with database.reading() as session:
        known = rounds.of_cycle(session, cycle_id, TITLE_ABSTRACT)
        if known is not None or not screening.reports_to_screen(session, review_id):
            return known
    with database.writing(by=by) as session:
        # Again inside: what another process did meanwhile counts.
        known = rounds.of_cycle(session, cycle_id, TITLE_ABSTRACT)
        report_ids = [report.id for report in screening.reports_to_screen(session, review_id)]
        if known is not None or not report_ids:
            return known
        row = _new_round(session, review_id, cycle_id, protocol, now)
        _require_people(report_ids, row.rules, protocol)
        rounds.add(session, row, report_ids)
        events.note(session, review_id=review_id, kind="round.begun", subject=f"round:{row.id}", data={"reports": len(report_ids)}, at=now)
        return row


def _new_round(session: Session, review_id: int, cycle_id: int, protocol: Protocol, now: datetime) -> RoundRow:
    cycle = reviews.cycle(session, cycle_id)
    ranking = rankings.latest(session, cycle_id)
    rules = protocol.reviewing
    return RoundRow(
        review_id=review_id, cycle_id=cycle_id, protocol_version_id=cycle.protocol_version_id, stage=TITLE_ABSTRACT,
        ranking_id=ranking.id if ranking else None, begun_at=now, due_at=cycle.started_at + timedelta(days=rules.deadline_days),
        rules={
            "mode": rules.mode,
            "second_check_share": rules.second_check_share,
            "conflicts": rules.conflicts,
            "reviewers": [person.id for person in people.members(session, review_id, "reviewer")],
            "checkers": [person.id for person in people.members(session, review_id, "third_reviewer")],
            "seed": f"{protocol.slug}:{cycle.number}:{protocol.ranker.seed}",
        })


def _require_people(report_ids: Sequence[int], rules: dict[str, Any], protocol: Protocol) -> None:
    try:
        _places(report_ids, rules)
    except InvalidInputError as error:
        raise RefusedError(f"{protocol.short_title}: no round can be opened: {error}. Add reviewers:  "
                           "./perennial people add ada@example.org --name 'Ada Lovelace' --role reviewer") from error


def _places(report_ids: Sequence[int], rules: dict[str, Any]) -> tuple[queue.Place, ...]:
    if rules["mode"] == "one":
        return queue.allocate_single(report_ids, rules["reviewers"], rules["checkers"], share=rules["second_check_share"], seed=rules["seed"])
    return queue.allocate_pairs(report_ids, rules["reviewers"], seed=rules["seed"])


def _invite(database: Database, round_row: RoundRow, person_id: int, places: Sequence[queue.Place], protocol: Protocol, keys: LinkKeys,
            by: str, now: datetime) -> None:
    """Give one person the list, the link and the mail, together; somebody who has them already gets nothing again."""
    parts = {place.report: place.part for place in places}
    with database.writing(by=by) as session:
        if rounds.own(session, round_row.id, person_id):
            return
        person = people.person(session, person_id)
        order = queue.random_order(list(parts), seed=f"{round_row.rules['seed']}:{person_id}")
        rounds.add_assignments(session, round_row, person_id, [(report, parts[report]) for report in order], at=now, told_at=now)
        letters.send(session, template="digest", round_row=round_row, person=person, listed=rounds.own(session, round_row.id, person_id),
                     protocol=protocol, keys=keys, occasion="opened", at=now)
        events.note(session, review_id=round_row.review_id, kind="round.invited", subject=f"round:{round_row.id}",
                    data={"person": person.public_id, "records": len(order)}, at=now)


def _opened(database: Database, round_id: int, by: str, now: datetime) -> None:
    with database.writing(by=by) as session:
        row = rounds.hold(session, round_id)
        if row.opened_at is None:
            row.opened_at = now
            events.note(session, review_id=row.review_id, kind="round.opened", subject=f"round:{round_id}", at=now)

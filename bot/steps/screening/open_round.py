"""Open a round of screening: every report that was ranked and not yet asked about, on the lists of those who vote, with a mail to each.

Killed at any place and run again, it goes on where it stopped: the round keeps the people and the seed that it began with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.decisions import FULL_TEXT, TITLE_ABSTRACT
from bot.domain.protocols import Protocol
from bot.errors import InvalidInputError, RefusedError
from bot.links import LinkKeys
from bot.methods.screening import queue
from bot.steps.people.authors import barred_from_reports, team
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
    return invite_to(database, round_row, protocol, keys, by, now) if round_row is not None else RoundAccount()


def invite_to(database: Database, round_row: RoundRow, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> RoundAccount:
    """Put the reports of a round on the lists of those who vote, with a mail to each, and return its account; done before, it stays."""
    with database.reading() as session:
        report_ids = [item.report_id for item in rounds.items(session, round_row.id)]
    places = _places(report_ids, round_row.rules)
    invited = sorted({place.person for place in places})
    if round_row.opened_at is None:
        for person_id in invited:
            _invite(database, round_row, person_id, [place for place in places if place.person == person_id], protocol, keys, by, now)
        _opened(database, round_row.id, by, now)
    return RoundAccount(round_row.id, len(report_ids), len(invited))


def begin_round(session: Session, *, review_id: int, cycle_id: int, stage: str, report_ids: Sequence[int], due: datetime, protocol: Protocol,
                now: datetime) -> RoundRow | None:
    """Store a round with its reports and return it; None if there is nothing that enough people may judge. Raises RefusedError."""
    if not report_ids:
        return None
    row = _new_round(session, review_id, cycle_id, stage, due, protocol, now)
    row.rules = row.rules | {"barred": _barred(session, review_id, report_ids)}
    _require_people(report_ids, row.rules, protocol)
    # What too few may judge, because the others are among its authors, waits for another person in the team.
    able = sorted({place.report for place in _places(report_ids, row.rules)})
    if not able:
        return None
    rounds.add(session, row, able)
    events.note(session, review_id=review_id, kind="round.begun", subject=f"round:{row.id}", data={"reports": len(able)}, at=now)
    return row


def _begin(database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> RoundRow | None:
    """Return the cycle's round, stored with its reports if there was none; None if there is nothing to decide."""
    with database.reading() as session:
        known = rounds.of_cycle(session, cycle_id, TITLE_ABSTRACT)
        if known is not None or not screening.count_to_screen(session, review_id):
            return known
    with database.writing(by=by) as session:
        # Again inside: what another process did meanwhile counts.
        known = rounds.of_cycle(session, cycle_id, TITLE_ABSTRACT)
        if known is not None:
            return known
        due = reviews.cycle(session, cycle_id).started_at + timedelta(days=protocol.reviewing.deadline_days)
        return begin_round(session, review_id=review_id, cycle_id=cycle_id, stage=TITLE_ABSTRACT, due=due, protocol=protocol, now=now,
                           report_ids=[report.id for report in screening.reports_to_screen(session, review_id)])


def _new_round(session: Session, review_id: int, cycle_id: int, stage: str, due: datetime, protocol: Protocol, now: datetime) -> RoundRow:
    cycle = reviews.cycle(session, cycle_id)
    ranking = rankings.latest(session, cycle_id) if stage == TITLE_ABSTRACT else None
    rules = protocol.reviewing
    seed = f"{protocol.slug}:{cycle.number}:{protocol.ranker.seed}"
    return RoundRow(
        review_id=review_id, cycle_id=cycle_id, protocol_version_id=cycle.protocol_version_id, stage=stage,
        leads_to=FULL_TEXT if stage == TITLE_ABSTRACT and rules.full_text == "assessed" else "study",
        ranking_id=ranking.id if ranking else None, begun_at=now, due_at=due,
        rules={
            "mode": rules.mode,
            "second_check_share": rules.second_check_share,
            "conflicts": rules.conflicts,
            "reviewers": _here(session, review_id, "reviewer", 2 if rules.mode == "two" else 1, now),
            "checkers": _here(session, review_id, "third_reviewer", 1, now),
            "seed": seed if stage == TITLE_ABSTRACT else f"{seed}:{stage}",
        })


def _here(session: Session, review_id: int, role: str, least: int, now: datetime) -> list[int]:
    """Return who votes: those who are not away, all where too few would be left."""
    everybody = [person.id for person in people.members(session, review_id, role)]
    away = people.away(session, review_id, now)
    here = [person_id for person_id in everybody if person_id not in away]
    return here if len(here) >= least else everybody


def _require_people(report_ids: Sequence[int], rules: dict[str, Any], protocol: Protocol) -> None:
    try:
        _places(report_ids, rules)
    except InvalidInputError as error:
        raise RefusedError(f"{protocol.short_title}: no round can be opened: {error}. Add reviewers:  "
                           "./perennial people add ada@example.org --name 'Ada Lovelace' --role reviewer") from error


def _barred(session: Session, review_id: int, report_ids: Sequence[int]) -> dict[str, list[int]]:
    """Return report id → people among its authors, as a round keeps it."""
    found = barred_from_reports(session, review_id, report_ids, team(session, review_id))
    return {str(report_id): sorted(persons) for report_id, persons in found.items()}


def _places(report_ids: Sequence[int], rules: dict[str, Any]) -> tuple[queue.Place, ...]:
    barred = {int(report_id): persons for report_id, persons in rules.get("barred", {}).items()}
    if rules["mode"] == "one":
        return queue.allocate_single(report_ids, rules["reviewers"], rules["checkers"], share=rules["second_check_share"], seed=rules["seed"],
                                     barred=barred)
    return queue.allocate_pairs(report_ids, rules["reviewers"], seed=rules["seed"], barred=barred)


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
        template = "digest" if round_row.stage == TITLE_ABSTRACT else "full_texts"
        letters.send(session, template=template, round_row=round_row, person=person, listed=rounds.own(session, round_row.id, person_id),
                     protocol=protocol, keys=keys, occasion="opened", at=now)
        events.note(session, review_id=round_row.review_id, kind="round.invited", subject=f"round:{round_row.id}",
                    data={"person": person.public_id, "records": len(order)}, at=now)


def _opened(database: Database, round_id: int, by: str, now: datetime) -> None:
    with database.writing(by=by) as session:
        row = rounds.hold(session, round_id)
        if row.opened_at is None:
            row.opened_at = now
            events.note(session, review_id=row.review_id, kind="round.opened", subject=f"round:{round_id}", at=now)

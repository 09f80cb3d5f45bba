"""Hand the records that one has not decided to a colleague, within one round. Being away for a while: pause.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError
from bot.links import LinkKeys
from bot.steps.people.authors import barred_from_reports
from bot.steps.screening import letters
from db import decisions, events, links, people, rounds, screening
from db.people import PersonRow
from db.rounds import AssignmentRow, RoundRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class HandedOver:
    """records: handed over; kept: those that this colleague may not judge (votes on them already, or is among the authors)."""

    records: int
    kept: int


def hand_over(*, database: Database, token: str, to: str, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> HandedOver:
    """Give all records without a vote on the list of a link's holder to the person `to` (public id), who gets one mail.

    Raises LinkError, RefusedError, InvalidInputError (not a colleague who votes), ConflictError (round closed, or nothing can be handed over).
    """
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "round", now)
        access.require(people.roles(session, link.review_id, link.person_id or 0), "decide")
        round_row = rounds.hold(session, link.subject_id or 0)
        if round_row.closed_at is not None:
            raise ConflictError(f"This round closed on {round_row.closed_at:%d %B %Y}; nothing is left to hand over.")
        person = next((one for one in colleagues(session, round_row, link.person_id or 0, now) if one.public_id == to), None)
        if person is None:
            raise InvalidInputError("Choose a colleague who votes in this review and is not away.")
        mine = undecided(session, round_row, link.person_id or 0)
        given = _allowed(session, round_row, mine, person)
        if not given:
            raise ConflictError(f"{person.name} may judge none of these records: they are on {person.name}'s list already, or {person.name} is "
                                "among the authors. Choose somebody else.")
        rounds.hand_over(session, given, person.id, at=now)
        letters.send(session, template="digest", round_row=round_row, person=person, listed=given, protocol=protocol, keys=keys,
                     occasion=f"handed:{given[0].id}:{now.isoformat()}", at=now)
        events.note(session, review_id=round_row.review_id, kind="round.handed_over", subject=f"round:{round_row.id}",
                    data={"to": person.public_id, "records": len(given)}, at=now)
        return HandedOver(len(given), len(mine) - len(given))


def colleagues(session: Session, round_row: RoundRow, person_id: int, now: datetime) -> list[PersonRow]:
    """Return who may be given records: everybody who votes in the review and is not away, by name."""
    away = people.away(session, round_row.review_id, now)
    found = {one.id: one for role in ("reviewer", "third_reviewer") for one in people.members(session, round_row.review_id, role)}
    return sorted((one for one in found.values() if one.id != person_id and one.id not in away), key=lambda one: one.name.casefold())


def undecided(session: Session, round_row: RoundRow, person_id: int) -> list[AssignmentRow]:
    """Return what one person was asked about and has not voted on, in the order of the list."""
    voted = decisions.own(session, round_row.id, person_id)
    settled = {report_id for report_id, row in screening.resolutions(session, round_row.id).items() if row.final_at is not None}
    return [one for one in rounds.own(session, round_row.id, person_id)
            if one.id not in voted and one.report_id not in settled and one.told_at is not None]


def _allowed(session: Session, round_row: RoundRow, mine: list[AssignmentRow], person: PersonRow) -> list[AssignmentRow]:
    reports = [one.report_id for one in mine]
    # Never two votes of one person on one record: the blind two stay two.
    theirs = {one.report_id for one in rounds.own(session, round_row.id, person.id)}
    barred = barred_from_reports(session, round_row.review_id, reports, [person])
    return [one for one in mine if one.report_id not in theirs and person.id not in barred.get(one.report_id, ())]

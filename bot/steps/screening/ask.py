"""Ask again where two blind votes do not settle a report: a third person, or the two themselves, as the protocol says.

A part of settling: bot/steps/screening/settle.py calls it. Nobody is told what anybody voted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.steps.people.authors import barred_from_reports, team
from bot.steps.screening import letters
from db import decisions, events, people, rounds
from db.rounds import AssignmentRow, RoundRow
from db.session import Database, Session

# While votes are still coming in, conflicts are gathered for so long: one mail about several, not one about each.
GATHER = timedelta(hours=24)


def ask_again(*, database: Database, round_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> int:
    """Ask whoever must settle the round's conflicts, and return the number of conflicts for which nobody is left to ask."""
    with database.reading() as session:
        row = rounds.by_id(session, round_id)
        if not rounds.in_conflict(session, round_id):
            return 0
        talk = row.rules["conflicts"] == "talk"
        missing = [] if talk else _without_third(session, row)
    unasked = _assign_third(database, row, missing, by, now) if missing else 0
    with database.reading() as session:
        asked = _to_talk(session, row) if talk else _untold(session, row)
        is_whole = not rounds.is_waiting(session, round_id)
    for person_id, listed in asked.items():
        if is_whole or (not talk and min(one.created_at for one in listed) <= now - GATHER):
            _tell(database, row, person_id, listed, "talk" if talk else "third_opinion", protocol, keys, by, now)
    return unasked


def _without_third(session: Session, row: RoundRow) -> list[int]:
    """Return the reports in conflict that no third person has on the list."""
    conflicts = rounds.in_conflict(session, row.id)
    with_third = {one.report_id for one in rounds.assignments_on(session, row.id, conflicts) if one.part == "third"}
    return sorted(conflicts - with_third)


def _assign_third(database: Database, row: RoundRow, report_ids: Sequence[int], by: str, now: datetime) -> int:
    """Put reports on the lists of third reviewers, or else of reviewers who did not vote on them; return how many found nobody."""
    with database.reading() as session:
        chosen = _choose(session, row, report_ids)
    if not chosen:
        return len(report_ids)
    with database.writing(by=by) as session:
        rounds.hold(session, row.id)
        still = set(_without_third(session, row))
        given = {report_id: person_id for report_id, person_id in chosen.items() if report_id in still}
        for person_id in sorted(set(given.values())):
            rounds.add_assignments(session, row, person_id, [(one, "third") for one in given if given[one] == person_id], at=now)
        if given:
            events.note(session, review_id=row.review_id, kind="round.third_asked", subject=f"round:{row.id}",
                        data={"records": len(given)}, at=now)
    return len(report_ids) - len(chosen)


def _choose(session: Session, row: RoundRow, report_ids: Sequence[int]) -> dict[int, int]:
    """Return report id → person id: a third reviewer with the fewest open conflicts who has not voted on it."""
    everybody = rounds.assignments_on(session, row.id, rounds.in_conflict(session, row.id))
    voted = {(one.report_id, one.person_id) for one in everybody}
    for report_id, barred in barred_from_reports(session, row.review_id, report_ids, team(session, row.review_id)).items():
        voted |= {(report_id, person) for person in barred}
    load = Counter(one.person_id for one in everybody if one.part == "third")
    candidates = [[one.id for one in people.members(session, row.review_id, role)] for role in ("third_reviewer", "reviewer")]
    chosen: dict[int, int] = {}
    for report_id in report_ids:
        free = next((able for among in candidates if (able := [one for one in among if (report_id, one) not in voted])), [])
        if free:
            chosen[report_id] = min(free, key=lambda one: (load[one], one))
            load[chosen[report_id]] += 1
    return chosen


def _untold(session: Session, row: RoundRow) -> dict[int, list[AssignmentRow]]:
    """Return what third reviewers have on their lists without having been written to, by person."""
    listed = rounds.assignments_on(session, row.id, rounds.in_conflict(session, row.id))
    return _by_person([one for one in listed if one.part == "third" and one.told_at is None])


def _to_talk(session: Session, row: RoundRow) -> dict[int, list[AssignmentRow]]:
    """Return the votes that differ and that their owners have not been asked to talk about, by person."""
    listed = rounds.assignments_on(session, row.id, rounds.in_conflict(session, row.id))
    return _by_person([one for one in listed if one.talk_at is None])


def _by_person(assignments: Sequence[AssignmentRow]) -> dict[int, list[AssignmentRow]]:
    found: dict[int, list[AssignmentRow]] = {}
    for one in sorted(assignments, key=lambda one: (one.person_id, one.position)):
        found.setdefault(one.person_id, []).append(one)
    return found


def _tell(database: Database, row: RoundRow, person_id: int, listed: Sequence[AssignmentRow], template: str, protocol: Protocol,
          keys: LinkKeys, by: str, now: datetime) -> None:
    with database.writing(by=by) as session:
        person = people.person(session, person_id)
        voted = decisions.own(session, row.id, person_id)
        moments = {"talk_at": now} if template == "talk" else {"told_at": now}
        rounds.mark(session, [one.id for one in listed], **moments)
        if template == "talk" or any(one.id not in voted for one in listed):
            letters.send(session, template=template, round_row=row, person=person, listed=listed, protocol=protocol, keys=keys,
                         occasion=f"from:{min(one.id for one in listed)}", at=now)
        events.note(session, review_id=row.review_id, kind=f"round.{template}", subject=f"round:{row.id}",
                    data={"person": person.public_id, "records": len(listed)}, at=now)

"""Remind people of records that they have not decided, on the days that the protocol sets. First mails: open_round.py, ask.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.steps.screening import letters
from db import decisions, events, people, rounds
from db.rounds import AssignmentRow, RoundRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class ReminderAccount:
    """reminded: people who were written to."""

    reminded: int = 0


def remind(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> ReminderAccount:
    """Write to everybody whose reminder is due, once for each of the protocol's days; after a standstill once, not once per day missed."""
    with database.reading() as session:
        due = [(row, person_id, listed) for row in rounds.running(session, review_id)
               for person_id, listed in _undecided(session, row).items() if _is_due(listed, protocol.reviewing.reminder_days, now)]
        active = {person.id for role in ("reviewer", "third_reviewer") for person in people.members(session, review_id, role)}
        active -= people.away(session, review_id, now).keys()
    reminded = [_remind(database, row, person_id, listed, protocol, keys, by, now) for row, person_id, listed in due if person_id in active]
    return ReminderAccount(len(reminded))


def _undecided(session: Session, row: RoundRow) -> dict[int, list[AssignmentRow]]:
    """Return what people were asked and have not decided, by person. A third vote that is not needed any more is left out."""
    voted = decisions.of_round(session, row.id)
    states = {item.report_id: item.state for item in rounds.items(session, row.id)}
    found: dict[int, list[AssignmentRow]] = {}
    for one in sorted(rounds.assignments(session, row.id), key=lambda one: one.position):
        if one.id not in voted and one.told_at is not None and states[one.report_id] in ("waiting", "conflict"):
            found.setdefault(one.person_id, []).append(one)
    return found


def _is_due(listed: Sequence[AssignmentRow], reminder_days: Sequence[int], now: datetime) -> bool:
    told = max(one.told_at for one in listed if one.told_at is not None)
    last = max((one.reminded_at for one in listed if one.reminded_at is not None), default=told)
    return any(last < told + timedelta(days=days) <= now for days in reminder_days)


def _remind(database: Database, row: RoundRow, person_id: int, listed: Sequence[AssignmentRow], protocol: Protocol, keys: LinkKeys, by: str,
            now: datetime) -> int:
    with database.writing(by=by) as session:
        person = people.person(session, person_id)
        rounds.mark(session, [one.id for one in listed], reminded_at=now)
        letters.send(session, template="reminder", round_row=row, person=person, listed=listed, protocol=protocol, keys=keys,
                     occasion=now.isoformat(), at=now)
        events.note(session, review_id=row.review_id, kind="round.reminded", subject=f"round:{row.id}",
                    data={"person": person.public_id, "records": len(listed)}, at=now)
    return person_id

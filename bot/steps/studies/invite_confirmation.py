"""Ask those who may confirm the starting set to judge its rows. What they say: confirm_starting_set.py."""

from __future__ import annotations

from datetime import datetime

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.steps.studies import calls
from db import effects, events, people
from db.people import PersonRow
from db.session import Database, Session


def invite_confirmation(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> int:
    """Send the editors (without any, the extractors) one mail about the candidates that nobody has judged, and return how many it goes to.

    Asked again about the same candidates, nothing is sent.
    """
    with database.reading() as session:
        waiting, newest = _waiting(session, review_id)
        if not waiting or not _not_asked(session, review_id, newest):
            return 0
    with database.writing(by=by) as session:
        judges = _not_asked(session, review_id, newest)
        for person in judges:
            calls.ask_about_starting_set(session, person, review_id=review_id, waiting=waiting, newest=newest, protocol=protocol, keys=keys,
                                         at=now)
        events.note(session, review_id=review_id, kind="starting_set.asked", subject=f"review:{review_id}",
                    data={"waiting": waiting, "newest": newest, "people": [person.public_id for person in judges]}, at=now)
        return len(judges)


def _waiting(session: Session, review_id: int) -> tuple[int, int]:
    rows = effects.undecided(session, review_id)
    return len(rows), max((row.id for row in rows), default=0)


def _not_asked(session: Session, review_id: int, newest: int) -> list[PersonRow]:
    """Return those who may judge and were not asked about the newest candidate yet."""
    asked = {person for event in events.of_kind(session, review_id, "starting_set.asked") if event.data["newest"] >= newest
             for person in event.data["people"]}
    return [person for person in _judges(session, review_id) if person.public_id not in asked]


def _judges(session: Session, review_id: int) -> list[PersonRow]:
    return list(people.members(session, review_id, "editor")) or list(people.members(session, review_id, "extractor"))

"""Tell those who answer them, once in a cycle, of pairs of records or studies to judge. Answers: answer_question.py, settle_link.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.steps.studies import calls
from db import events, people, records, reviews, study_links
from db.people import PersonRow
from db.session import Database, Session

ASKED = "questions.asked"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pairs wait for a person: of records, and of studies."""

    records: int
    studies: int


def invite_questions(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> int:
    """Send the editors (without any, the extractors) one mail per cycle if there are questions, and return how many it goes to."""
    with database.reading() as session:
        cycle = reviews.latest_cycle(session, review_id)
        if cycle is None or not _anything(waiting(session, review_id)) or not _not_asked(session, review_id, cycle.id):
            return 0
    with database.writing(by=by) as session:
        wanted, found = _not_asked(session, review_id, cycle.id), waiting(session, review_id)
        for person in wanted:
            calls.ask_questions(session, person, review_id=review_id, cycle_id=cycle.id, records=found.records, studies=found.studies,
                                protocol=protocol, keys=keys, at=now)
        events.note(session, review_id=review_id, kind=ASKED, subject=f"cycle:{cycle.id}",
                    data={"cycle": cycle.id, "records": found.records, "studies": found.studies,
                          "people": [person.public_id for person in wanted]}, at=now)
        return len(wanted)


def waiting(session: Session, review_id: int) -> Waiting:
    """Return how many pairs wait for a person."""
    return Waiting(len(records.open_questions(session, review_id)), len(study_links.open_pairs(session, review_id)))


def _anything(found: Waiting) -> bool:
    return found.records + found.studies > 0


def _not_asked(session: Session, review_id: int, cycle_id: int) -> list[PersonRow]:
    asked = {person for event in events.of_kind(session, review_id, ASKED) if event.data["cycle"] == cycle_id
             for person in event.data["people"]}
    team = people.members(session, review_id, "editor") or people.members(session, review_id, "extractor")
    return [person for person in team if person.public_id not in asked]

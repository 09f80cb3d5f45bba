"""Who extracts a study, who verifies it, and the mail that asks them. When that is due: include.py, finish_extraction.py, verify.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.methods.screening.quiet import next_moment
from bot.steps.people.authors import barred_from_study
from db import links, outbox, people
from db.links import LinkRow
from db.people import PersonRow
from db.session import Session
from db.studies import StudyRow

# Extraction may wait for a full text for months; a link that ended is made anew with the next mail.
LINK_LIVES = timedelta(days=365)


def extractor_for(session: Session, row: StudyRow) -> PersonRow | None:
    """Return who is to extract a study: the one who began if still in the team, else in turn; None if nobody may."""
    team = _able(session, row)
    return _who_began(team, row.extractor_id) or (team[row.id % len(team)] if team else None)


def verifier_for(session: Session, row: StudyRow) -> PersonRow | None:
    """Return who is to verify a study: never its extractor; None if there is nobody else."""
    team = [person for person in _able(session, row) if person.id != row.extractor_id]
    return _who_began(team, row.verifier_id) or (team[row.id % len(team)] if team else None)


def ask_extractor(session: Session, person: PersonRow, rows: Sequence[StudyRow], *, protocol: Protocol, keys: LinkKeys, at: datetime,
                  disputed: Sequence[dict[str, Any]] = ()) -> None:
    """Make this person the extractor of these studies, and put one mail with a link to each into the outbox."""
    wanted: dict[str, int] = {}
    for row in rows:
        row.extractor_id = person.id
        wanted[f"study_{row.id}"] = _link(session, keys, row, "extract", person, at)
    turns = ",".join(f"{row.id}.{row.turn}" for row in rows)
    data: dict[str, Any] = {
        "links": wanted,
        "studies": [{"link": f"study_{row.id}", "label": row.label} for row in rows],
        "disputed": list(disputed),
    }
    _send(session, "extract", rows[0].review_id, person, data, f"extract:person:{person.id}:studies:{turns}", protocol, at)


def ask_verifier(session: Session, person: PersonRow, row: StudyRow, *, protocol: Protocol, keys: LinkKeys, results: int, at: datetime) -> None:
    """Make this person the verifier of a study, and put the mail with its link into the outbox."""
    row.verifier_id = person.id
    data = {"links": {"verify": _link(session, keys, row, "verify", person, at)}, "label": row.label, "results": results}
    _send(session, "verify", row.review_id, person, data, f"verify:person:{person.id}:study:{row.id}.{row.turn}", protocol, at)


def ask_about_starting_set(session: Session, person: PersonRow, *, review_id: int, waiting: int, newest: int, protocol: Protocol, keys: LinkKeys,
                           at: datetime) -> None:
    """Put the mail that asks for a judgement of the starting set into the outbox. newest: the last candidate it tells of."""
    link = links.create(session, keys, review_id=review_id, purpose="starting_set", person_id=person.id, subject_id=review_id,
                        expires_at=at + LINK_LIVES, at=at)
    data = {"links": {"starting_set": link.id}, "waiting": waiting}
    _send(session, "starting_set", review_id, person, data, f"starting_set:person:{person.id}:to:{newest}", protocol, at)


def ask_questions(session: Session, person: PersonRow, *, review_id: int, cycle_id: int, records: int, studies: int, protocol: Protocol,
                  keys: LinkKeys, at: datetime) -> None:
    """Put the mail that asks to judge pairs of records and of studies into the outbox, once per cycle."""
    link = questions_link(session, person, review_id=review_id, keys=keys, at=at)
    data = {"links": {"questions": link.id}, "records": records, "studies": studies}
    _send(session, "questions", review_id, person, data, f"questions:person:{person.id}:cycle:{cycle_id}", protocol, at)


def questions_link(session: Session, person: PersonRow, *, review_id: int, keys: LinkKeys, at: datetime) -> LinkRow:
    """Return this person's link to the questions of a review, and to what was put together."""
    return links.create(session, keys, review_id=review_id, purpose="questions", person_id=person.id, subject_id=review_id,
                        expires_at=at + LINK_LIVES, at=at)


def _able(session: Session, row: StudyRow) -> list[PersonRow]:
    """Return the extractors who are not among the authors of the study's reports."""
    team = people.members(session, row.review_id, "extractor")
    barred = barred_from_study(session, row.review_id, row.id, team)
    return [person for person in team if person.id not in barred]


def _who_began(team: Sequence[PersonRow], person_id: int | None) -> PersonRow | None:
    return next((person for person in team if person.id == person_id), None)


def _link(session: Session, keys: LinkKeys, row: StudyRow, purpose: str, person: PersonRow, at: datetime) -> int:
    return links.create(session, keys, review_id=row.review_id, purpose=purpose, person_id=person.id, subject_id=row.id,
                        expires_at=at + LINK_LIVES, at=at).id


def _send(session: Session, template: str, review_id: int, person: PersonRow, data: dict[str, Any], dedupe_key: str, protocol: Protocol,
          at: datetime) -> None:
    rules = protocol.reviewing
    not_before = next_moment(at, quiet_from=rules.quiet_from, quiet_to=rules.quiet_to, quiet_weekdays=rules.quiet_weekdays,
                             time_zone=protocol.schedule.time_zone)
    outbox.enqueue(session, review_id=review_id, template=template, recipient=("person", person.id), data=data, dedupe_key=dedupe_key,
                   at=at, not_before=not_before)

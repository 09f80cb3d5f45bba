"""Whose link it is, what it opens, and whether that person may still do what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.errors import RefusedError
from db import links, people, studies
from db.people import PersonRow
from db.session import Session
from db.studies import StudyRow


@dataclass(frozen=True, slots=True)
class Holder:
    """A person at a link. subject_id: the study, or the review for the starting set."""

    person: PersonRow
    review_id: int
    subject_id: int

    @property
    def by(self) -> str:
        """How the audit names this person."""
        return people.by(self.person)


def holder(session: Session, token: str, purpose: str, action: str, now: datetime) -> Holder:
    """Return who holds a link. Raises LinkError (unknown, ended, withdrawn) or RefusedError (not in this role any more)."""
    link = links.resolve(session, token, purpose, now)
    if link.person_id is None or link.subject_id is None:
        raise RefusedError("This link belongs to nobody.")
    access.require(people.roles(session, link.review_id, link.person_id), action)
    return Holder(people.person(session, link.person_id), link.review_id, link.subject_id)


def extractor(session: Session, token: str, now: datetime) -> tuple[Holder, StudyRow]:
    """Return the person who extracts and the study. Raises RefusedError if the study was handed to somebody else."""
    who = holder(session, token, "extract", "extract", now)
    row = studies.held(session, who.subject_id)
    if row.state == "merged":
        raise RefusedError(f"{row.label} turned out to be a report of {_target(session, row)}; its numbers belong there.")
    if row.extractor_id != who.person.id:
        raise RefusedError(f"{row.label} was handed to somebody else. Ask the review team if you think it is yours.")
    return who, row


def verifier(session: Session, token: str, now: datetime) -> tuple[Holder, StudyRow]:
    """Return the person who verifies and the study. Raises RefusedError for its extractor, or if it was handed on."""
    who = holder(session, token, "verify", "verify", now)
    row = studies.held(session, who.subject_id)
    if row.extractor_id == who.person.id:
        raise RefusedError(f"You extracted {row.label} yourself; another person verifies it.")
    if row.verifier_id != who.person.id:
        raise RefusedError(f"{row.label} was handed to somebody else. Ask the review team if you think it is yours.")
    return who, row


def _target(session: Session, row: StudyRow) -> str:
    return studies.study(session, row.merged_into).label if row.merged_into is not None else "another study"

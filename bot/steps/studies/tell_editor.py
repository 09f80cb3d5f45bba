"""Tell the editors at once of notices about reports of studies, and of studies that can be confirmed. Called at every tick; told once each.

A notice does not wait for quiet hours: it is to be with the editor within a day. Answers: answer_notice.py, confirm_study.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.links import LinkKeys
from bot.steps.studies import calls
from bot.steps.studies.confirm_study import is_ready, unconfirmed
from bot.steps.studies.retracted import study_of
from db import appraisals, events, notices, outbox, people, studies
from db.notices import NoticeRow
from db.session import Database, Session
from db.studies import StudyRow

TOLD = "editor.told"


@dataclass(frozen=True, slots=True)
class TellAccount:
    """notices, studies: told of now; editors: how many got the mail."""

    notices: int = 0
    studies: int = 0
    editors: int = 0


def tell_editor(*, database: Database, review_id: int, keys: LinkKeys, confirms: bool, by: str, now: datetime) -> TellAccount:
    """Mail the editors what is new to them, and return what that was. confirms: whether studies are to be confirmed (they are appraised)."""
    with database.reading() as session:
        if not any(_news(session, review_id, confirms)) or not people.members(session, review_id, "editor"):
            return TellAccount()
    with database.writing(by=by) as session:
        told, ready = _news(session, review_id, confirms)
        for row in ready:
            row.state = "appraised" if row.state in ("included", "extracted") else row.state
        editors = people.members(session, review_id, "editor")
        events.note(session, review_id=review_id, kind=TOLD, subject=f"review:{review_id}", at=now, data={
            "notices": [row.id for row in told], "studies": [f"{row.id}.{row.turn}" for row in ready]})
        data: dict[str, Any] = {"notices": [_words(session, row) for row in told], "studies": [row.label for row in ready]}
        for person in editors:
            link = calls.questions_link(session, person, review_id=review_id, keys=keys, at=now)
            outbox.enqueue(session, review_id=review_id, template="for_editor", recipient=("person", person.id), at=now,
                           data=data | {"links": {"questions": link.id}}, dedupe_key=_key(told, ready, person.id))
        return TellAccount(len(told), len(ready), len(editors))


def to_confirm(session: Session, review_id: int) -> list[StudyRow]:
    """Return the studies that an editor can confirm now and has not."""
    settled = [row for row in studies.in_extraction(session, review_id, "settled") if row.state != "confirmed" or unconfirmed(session, row)]
    signed = frozenset(appraisals.overall_of_effects(session, review_id)) if settled else frozenset[int]()
    return [row for row in settled if is_ready(session, row, signed)]


def of_studies(session: Session, review_id: int) -> list[tuple[NoticeRow, StudyRow]]:
    """Return the notices about reports of studies, each with its study, oldest first."""
    found = [(row, study_of(session, row)) for row in notices.all_notices(session, review_id)]
    return [(row, study) for row, study in found if study is not None]


def _news(session: Session, review_id: int, confirms: bool) -> tuple[Sequence[NoticeRow], Sequence[StudyRow]]:
    before = events.of_kind(session, review_id, TOLD)
    known = {number for event in before for number in event.data["notices"]}
    known_studies = {turn for event in before for turn in event.data["studies"]}
    told = [row for row, _ in of_studies(session, review_id) if row.id not in known and row.answer is None]
    ready = [row for row in to_confirm(session, review_id) if f"{row.id}.{row.turn}" not in known_studies] if confirms else []
    return told, ready


def _key(told: Sequence[NoticeRow], ready: Sequence[StudyRow], person_id: int) -> str:
    what = ",".join([*(f"n{row.id}" for row in told), *(f"s{row.id}.{row.turn}" for row in ready)])
    return f"for_editor:{sha256(what.encode()).hexdigest()}:person:{person_id}"


def _words(session: Session, row: NoticeRow) -> dict[str, str]:
    study = study_of(session, row)
    return {"kind": row.kind, "study": study.label if study else "", "dated": row.dated, "where": row.where}

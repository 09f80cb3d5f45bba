"""A person says whether two studies are one trial, or takes back what was linked. What is asked: include.py; what links itself: linking.py."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.steps.records.answer_question import ACTION, ANSWERS, PURPOSE
from bot.steps.studies import together
from bot.steps.studies.holders import holder
from bot.steps.studies.include import new_study
from db import effects, events, records, studies, study_links
from db.session import Database, Session
from db.studies import StudyReportRow, StudyRow

SAID = "a person said that they are one trial"


def answer_study_question(*, database: Database, token: str, question_id: int, answer: str, by: str, now: datetime) -> None:
    """Keep whether two studies are one trial, and put them together if so. The same answer again changes nothing.

    Raises LinkError, RefusedError, NotFoundError (no such question here), InvalidInputError (neither `same` nor `different`),
    ConflictError (they are one study by now).
    """
    if answer not in ANSWERS:
        raise InvalidInputError("Choose one: they are reports of the same trial, or of different ones.")
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, ACTION, now)
        row = study_links.question(session, question_id)
        if row.review_id != who.review_id:
            raise NotFoundError("There is no such question in this review.")
        if row.answer == answer:
            return
        one, other = (studies.current(session, study_id) for study_id in (row.study_id, row.other_id))
        if one.id == other.id and answer == "different":
            raise ConflictError("They were put together since. Undo that under “Studies and their reports”.")
        study_links.say(session, row.review_id, row.study_id, row.other_id, answer=answer, reason=SAID, at=now)
        if answer == "same" and one.id != other.id:
            into, gone = sorted((one, other), key=lambda study: study.id)
            together.put_together(session, gone, into, reason="; ".join([SAID, *row.reasons]), at=now)
        events.note(session, review_id=row.review_id, kind="studies.judged", subject=f"study_question:{row.id}",
                    data={"answer": answer, "studies": sorted({one.id, other.id})}, at=now)


def undo_study_merge(*, database: Database, token: str, merge_id: int, by: str, now: datetime) -> None:
    """Take two studies apart that were put together; they never come together again by themselves. Undone already: nothing changes.

    Raises LinkError, RefusedError, NotFoundError, ConflictError (something else was put together with them since).
    """
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, ACTION, now)
        row = study_links.merge(session, merge_id)
        if row.review_id != who.review_id:
            raise NotFoundError("There is no such study in this review.")
        if row.undone_at is None:
            together.take_apart(session, row, at=now)
            events.note(session, review_id=row.review_id, kind="study.taken_apart", subject=f"study:{row.study_id}",
                        data={"from": row.into_id}, at=now)


def undo_link(*, database: Database, token: str, link_id: int, by: str, now: datetime) -> None:
    """Give a report that was linked to a study without a person a study of its own; undone already, nothing changes.

    Raises LinkError, RefusedError, NotFoundError, InvalidInputError (the study began with it, or a person put them together).
    """
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, ACTION, now)
        link = studies.report_link(session, link_id)
        if link.review_id != who.review_id:
            raise NotFoundError("There is no such report in this review.")
        if link.undone_at is not None:
            return
        if link.basis not in ("registration", "document"):
            raise InvalidInputError("Only a link that was made without a person is undone here; what a person put together, as a whole.")
        made = _out_of(session, link, now)
        events.note(session, review_id=link.review_id, kind="study.link_undone", subject=f"study:{link.study_id}",
                    data={"report": link.report_id, "to": made.id}, at=now)


def _out_of(session: Session, link: StudyReportRow, now: datetime) -> StudyRow:
    row = studies.held(session, link.study_id)
    record = records.as_record(records.survivor(session, link.report_id))
    made = new_study(session, row.review_id, record, now)
    studies.unlink_report(session, link, at=now)
    studies.link_report(session, made, link.report_id, basis="first", reason="its first report, since a person undid a link", at=now)
    mine = [effect for effect in effects.all_of_study(session, row.id) if effect.report_id == link.report_id]
    for effect in mine:
        effect.study_id = made.id
    made.results_awaited = together.awaits_results(session, made.id)
    made.extraction = row.extraction if mine else ("none" if made.results_awaited else "open")
    made.extractor_id, made.verifier_id = (row.extractor_id, row.verifier_id) if mine else (None, None)
    if not mine and row.extraction == "open" and effects.effects_of_study(session, row.id):
        # It was opened for this report's numbers.
        row.extraction = "settled"
    study_links.say(session, row.review_id, row.id, made.id, answer="different", reason="a person undid their link", at=now)
    return made

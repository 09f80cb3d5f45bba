"""Which numbers a notice takes out of every pool. Who answers notices: answer_notice.py; who is told of them: tell_editor.py.

A retraction of the report that gave a number takes it out by itself, until an editor says otherwise. Every other notice, and a retraction of
a report that gave no number, is a question: nothing is taken out until an editor says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.notices import RETRACTION
from db import effects, notices, records, studies
from db.effects import LIVE, EffectRow
from db.notices import NoticeRow
from db.session import Session
from db.studies import StudyRow

KEEP, TAKE_OUT = "keep", "take_out"


def taken_out(session: Session, review_id: int) -> dict[int, NoticeRow]:
    """Return effect id → the notice that keeps it out of every pool."""
    told = [row for row in notices.all_notices(session, review_id) if row.decision != KEEP]
    found: dict[int, NoticeRow] = {}
    for row in told:
        if row.kind == RETRACTION or row.decision == TAKE_OUT:
            for effect in _concerned(session, row):
                found.setdefault(effect.id, row)
    return found


def study_of(session: Session, row: NoticeRow) -> StudyRow | None:
    """Return the study that a notice is about, None where its report is in none."""
    if row.study_id is not None:
        return studies.current(session, row.study_id)
    found = studies.of_report(session, records.survivor(session, row.report_id or 0).id) or studies.of_report(session, row.report_id or 0)
    return found[0] if found else _by_its_paper(session, row)


def numbers_from(session: Session, row: NoticeRow) -> list[EffectRow]:
    """Return the effects that stand and that the report of a notice gave."""
    study = study_of(session, row)
    if study is None:
        return []
    live = effects.effects_of_study(session, study.id, states=LIVE)
    own = _own_paper(session, study, row)
    report = records.survivor(session, row.report_id).id if row.report_id is not None else None
    return [one for one in live if (own if one.report_id is None else report == records.survivor(session, one.report_id).id)]


def _concerned(session: Session, row: NoticeRow) -> Sequence[EffectRow]:
    given = numbers_from(session, row)
    if given or row.decision != TAKE_OUT:
        return given
    study = study_of(session, row)
    # The person decided on the trial as a whole: this report gave none of its numbers.
    return effects.effects_of_study(session, study.id, states=LIVE) if study is not None else []


def _own_paper(session: Session, study: StudyRow, row: NoticeRow) -> bool:
    """Return whether a notice is about the very paper that a study of the starting data is known by."""
    if row.study_id is not None:
        return True
    paper = records.as_record(records.report(session, row.report_id or 0))
    return bool((paper.doi and paper.doi.lower() == study.doi.lower()) or (paper.pmid and paper.pmid == study.pmid))


def _by_its_paper(session: Session, row: NoticeRow) -> StudyRow | None:
    paper = records.as_record(records.report(session, row.report_id or 0))
    found = studies.of_identifiers(session, row.review_id, studies.Identifiers(paper.doi, paper.pmid))
    return found[0] if found else None

"""An editor says what becomes of a study's numbers after a notice about one of its reports. What a notice does by itself: retracted.py."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInputError, NotFoundError
from bot.steps.records.answer_question import PURPOSE
from bot.steps.studies.holders import holder
from bot.steps.studies.retracted import KEEP, TAKE_OUT
from db import events, notices
from db.session import Database

LONGEST = 2000


def answer_notice(*, database: Database, token: str, notice_id: int, decision: str, words: str, by: str, now: datetime) -> None:
    """Keep what an editor decided on a notice, and why. The same again changes nothing.

    Raises LinkError, RefusedError (not an editor), NotFoundError (no such notice here), InvalidInputError, ConflictError (answered otherwise).
    """
    said = words.strip()
    if decision not in (KEEP, TAKE_OUT):
        raise InvalidInputError("Choose one: the numbers stay, or they are taken out.")
    if not said or len(said) > LONGEST:
        raise InvalidInputError(f"Say in a sentence why, in at most {LONGEST:,} characters. It stands in the bulletin.")
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, "answer_notices", now)
        row = notices.notice(session, notice_id)
        if row.review_id != who.review_id:
            raise NotFoundError("There is no such notice in this review.")
        if (row.decision, row.answer) == (decision, said):
            return
        notices.answer(session, notice_id, said=said, at=now, decision=decision)
        events.note(session, review_id=row.review_id, kind="notice.answered", subject=f"notice:{row.id}",
                    data={"decision": decision, "words": said}, at=now)

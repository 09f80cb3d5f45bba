"""Say that a study turned out to be a further report of another one. What is sure by itself (DOI, registration): include.py."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInputError, NotFoundError
from bot.steps.studies import together
from bot.steps.studies.holders import extractor
from db import effects, events, studies, study_links
from db.session import Database


def join(*, database: Database, token: str, other_id: int, by: str, now: datetime) -> int:
    """Make the study of an extractor's link a part of study `other_id`, and return that one's id; asking again changes nothing.

    Raises LinkError, RefusedError, NotFoundError (no such study in this review), InvalidInputError (it has numbers of its own).
    """
    with database.writing(by=by) as session:
        _, row = extractor(session, token, now)
        other = studies.study(session, other_id)
        if other.review_id != row.review_id or other.id == row.id or other.state == "merged":
            raise NotFoundError("There is no such study in this review.")
        if effects.effects_of_study(session, row.id):
            raise InvalidInputError(f"{row.label} has results of its own. Withdraw them first, then enter them under {other.label}.")
        reason = f"a person found it to be the same trial as {row.label}"
        together.put_together(session, row, other, reason=reason, at=now)
        study_links.say(session, row.review_id, row.id, other.id, answer="same", reason=reason, at=now)
        if other.extraction == "none" and not other.results_awaited and not effects.effects_of_study(session, other.id):
            other.extraction = "open"
        events.note(session, review_id=row.review_id, kind="study.merged", subject=f"study:{row.id}", data={"into": other.id}, at=now)
        return other.id

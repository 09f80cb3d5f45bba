"""Take back a result that should not stand for its study. A wrong number is corrected instead: extract.py."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInputError, NotFoundError
from bot.steps.studies.holders import extractor
from db import effects, events
from db.session import Database


def withdraw_effect(*, database: Database, token: str, effect_id: int, reason: str, by: str, now: datetime) -> None:
    """Withdraw a result of the study of an extractor's link; it stays in the history. Withdrawing it again changes nothing.

    Raises LinkError, RefusedError, NotFoundError (not of this study), InvalidInputError (no reason).
    """
    words = reason.strip()
    if not words or len(words) > 2000:
        raise InvalidInputError("Say in a sentence why this result does not stand.")
    with database.writing(by=by) as session:
        who, row = extractor(session, token, now)
        effect = effects.effect(session, effect_id)
        if effect.study_id != row.id:
            raise NotFoundError(f"{row.label} has no such result.")
        if effect.state in ("withdrawn", "superseded"):
            return
        effect.state, effect.settled_at = "withdrawn", now
        effects.say(session, effect, person_id=who.person.id, verdict="withdraw", note=words, at=now)
        if row.extraction == "settled":
            row.turn, row.extraction = row.turn + 1, "open"
        events.note(session, review_id=row.review_id, kind="effect.withdrawn", subject=f"effect:{effect.id}", data={"reason": words}, at=now)

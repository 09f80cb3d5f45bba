"""Say that a study's extraction waits for something that may take long: a full text, an answer of the authors."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ConflictError, InvalidInputError
from bot.steps.studies.holders import extractor
from db import events
from db.session import Database

LONGEST = 500


def await_report(*, database: Database, token: str, waits_for: str, by: str, now: datetime) -> None:
    """Put a study aside until what it waits for is there; a bulletin counts it as pending and does not wait for it.

    Entering a result, or finishing, takes it up again. Raises LinkError, RefusedError, InvalidInputError, ConflictError (verified or submitted).
    """
    reason = waits_for.strip()
    if not reason:
        raise InvalidInputError("Say what it waits for, such as “full text ordered” or “asked the authors for the SDs”.")
    if len(reason) > LONGEST:
        raise InvalidInputError(f"What it waits for has at most {LONGEST} characters. Shorten it.")
    with database.writing(by=by) as session:
        _, row = extractor(session, token, now)
        if row.extraction not in ("open", "awaiting"):
            raise ConflictError(f"The extraction of {row.label} was handed in already.")
        if (row.extraction, row.waits_for) == ("awaiting", reason):
            return
        row.extraction, row.waits_for = "awaiting", reason
        events.note(session, review_id=row.review_id, kind="extraction.waits", subject=f"study:{row.id}", data={"for": reason}, at=now)

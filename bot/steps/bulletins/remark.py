"""Keep what a lived-experience member says of a draft. Who is asked: draft.py; the editor reads it where she signs."""

from __future__ import annotations

from datetime import datetime

from bot import access
from bot.errors import ConflictError, InvalidInputError
from db import bulletins, events, links, people, remarks
from db.remarks import RemarkRow
from db.session import Database

CLEAR = {"yes": "Yes", "partly": "Partly", "no": "No"}
LONGEST = 4000


def remark(*, database: Database, token: str, clear: str, text: str, version: str, by: str, now: datetime) -> bool:
    """Store a remark of the holder of a link on the draft that the page showed, and return whether it is new; sent twice it counts once.

    Raises LinkError, RefusedError (not in this role any more), InvalidInputError, ConflictError (signed already).
    """
    words = text.strip()
    if clear not in CLEAR:
        raise InvalidInputError("Choose one: is it clear, partly, or not?")
    if len(words) > LONGEST or (clear != "yes" and not words):
        raise InvalidInputError(f"Say in at most {LONGEST:,} characters what is not clear, or what is missing.")
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "remark", now)
        access.require(people.roles(session, link.review_id, link.person_id or 0), "read_drafts")
        row = bulletins.bulletin(session, link.subject_id or 0)
        if row.state in ("signed", "published"):
            raise ConflictError(f"This bulletin is {row.state} already and stays as it is. Write to the review team.")
        last = next((one for one in remarks.of_bulletin(session, row.id) if one.person_id == link.person_id), None)
        if last is not None and (last.clear, last.text) == (clear, words):
            return False
        remarks.add(session, RemarkRow(review_id=row.review_id, bulletin_id=row.id, person_id=link.person_id or 0, content_sha256=version[:64],
                                       clear=clear, text=words, at=now))
        events.note(session, review_id=row.review_id, kind="draft.remarked", subject=f"bulletin:{row.id}", data={"clear": clear}, at=now)
        return True

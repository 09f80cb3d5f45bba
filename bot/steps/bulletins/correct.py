"""Take down what an editor says was wrong in a published bulletin. The bulletin stays; the next one names it. Signing: sign.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.errors import InvalidInputError, RefusedError
from db import bulletins, corrections, events, links, people, reviews
from db.corrections import CorrectionRow
from db.session import Database

MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Corrected:
    """The bulletin that is corrected. is_new: False if the very same had been said before."""

    number: int
    is_new: bool


def correct(*, database: Database, token: str, number: str, what: str, by: str, now: datetime) -> Corrected:
    """Store what was wrong in bulletin `number`, and have an open draft made anew so that it says so.

    Raises LinkError (link), RefusedError (not an editor any more), NotFoundError (no such bulletin), InvalidInputError (no words, too many).
    """
    words = " ".join(what.split())
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "sign", now)
        holder = people.person(session, link.person_id or 0)
        if people.by(holder) != by:
            raise RefusedError("This link belongs to somebody else.")
        access.require(people.roles(session, link.review_id, holder.id), "sign")
        if not (number.isascii() and number.isdigit() and len(number) <= 9):
            raise InvalidInputError("Choose the bulletin in which something was wrong.")
        row = bulletins.by_number(session, link.review_id, int(number))
        if not words or len(words) > MOST_WORDS or not words.isprintable():
            raise InvalidInputError(f"Say in at most {MOST_WORDS:,} characters what was wrong, as readers shall see it.")
        if any(one.number == row.number and one.what == words for one in corrections.of_review(session, link.review_id)):
            return Corrected(int(number), is_new=False)
        corrections.add(session, CorrectionRow(review_id=link.review_id, person_id=holder.id, number=int(number), what=words, at=now))
        cycle = reviews.latest_cycle(session, link.review_id)
        draft = bulletins.of_cycle(session, cycle.id) if cycle else None
        if cycle is not None and draft is not None and draft.state == "draft":
            # The cycle is taken up again, and the next tick drafts what says so.
            cycle.state = "reviewing"
        events.note(session, review_id=link.review_id, kind="bulletin.corrected", subject=f"bulletin:{row.id}",
                    data={"number": row.number, "what": words}, at=now)
    return Corrected(int(number), is_new=True)

"""Take an editor's choice about a draft: sign it, or send it back with a reason. Publishing what was signed: publish.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.errors import ConflictError, RefusedError
from bot.steps.bulletins.forms import SigningForm
from db import bulletins, effects, events, links, people, reviews, studies
from db.bulletins import BulletinRow
from db.links import LinkRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class Signed:
    """The state of the bulletin now. is_new: False if that choice had been made before."""

    bulletin_id: int
    state: str
    is_new: bool


def sign(*, database: Database, token: str, form: SigningForm, by: str, now: datetime) -> Signed:
    """Store what the holder of the link chose about the very draft that the page showed.

    Raises LinkError (link), RefusedError (not an editor any more), ConflictError (the draft is another one by now, or is settled).
    """
    with database.writing(by=by) as session:
        link = _link(session, token, by, now)
        row = bulletins.bulletin(session, link.subject_id or 0)
        if _is_done(row, form):
            return Signed(row.id, row.state, is_new=False)
        _require_open(row, form)
        if form.choice == "sign":
            _require_others(session, row, link.person_id or 0)
            _require_fresh_ratings(row)
            _require_sums(row)
            if row.status == "conclusion changed" and form.conclusion != "changed":
                raise ConflictError("The draft says that the conclusion changed. Confirm that it did, or send the draft back.")
            row.state, row.signed_by, row.signed_at = "signed", link.person_id, now
        elif form.choice == "send_back":
            row.state, row.sent_back_reason = "sent back", form.reason
        else:
            # The cycle is taken up again, and the next tick pools and drafts from what is known then.
            reviews.cycle(session, row.cycle_id).state = "reviewing"
        events.note(session, review_id=row.review_id, kind=f"bulletin.{form.choice}", subject=f"bulletin:{row.id}",
                    data={"sha256": row.content_sha256, "reason": form.reason}, at=now)
        return Signed(row.id, row.state, is_new=True)


def _link(session: Session, token: str, by: str, now: datetime) -> LinkRow:
    link = links.resolve(session, token, "sign", now)
    holder = people.person(session, link.person_id or 0)
    if people.by(holder) != by:
        raise RefusedError("This link belongs to somebody else.")
    access.require(people.roles(session, link.review_id, holder.id), "sign")
    return link


def _require_others(session: Session, row: BulletinRow, editor_id: int) -> None:
    """Raise RefusedError if the editor alone stands behind a number of the bulletin."""
    alone = [effect for effect in effects.effects_of(session, row.review_id)
             if effect.extracted_by == editor_id and effect.verified_by in (None, editor_id) and effect.confirmed_by in (None, editor_id)]
    if alone:
        labels = ", ".join(sorted({studies.study(session, effect.study_id).label for effect in alone}))
        raise RefusedError(f"You alone extracted numbers of {labels}. Another editor signs, or another person verifies them first.")


def _is_done(row: BulletinRow, form: SigningForm) -> bool:
    """Return whether the form was sent twice: what it asks for is so already."""
    if row.content_sha256 != form.version:
        return False
    return (form.choice == "sign" and row.state in ("signed", "published")) or (form.choice == "send_back" and row.state == "sent back")


def _require_fresh_ratings(row: BulletinRow) -> None:
    """Raise ConflictError if the draft carries a rating of certainty whose data changed since: nobody signs what nobody rated."""
    bodies = [(outcome["label"], one) for outcome in row.content["outcomes"] for one in (outcome, outcome.get("apart") or {})]
    stale = list(dict.fromkeys(label for label, one in bodies if (one.get("rating") or {}).get("is_stale")))
    if stale:
        raise ConflictError(f"The certainty of {', '.join(stale)} was rated on other data. Rate it again first; the draft is then made anew.")


def _require_sums(row: BulletinRow) -> None:
    """Raise ConflictError with the sums of the flow that do not come out."""
    if row.content["flow_remarks"]:
        raise ConflictError(f"The flow does not add up, so this cannot be published: {' '.join(row.content['flow_remarks'])}")


def _require_open(row: BulletinRow, form: SigningForm) -> None:
    if row.state in ("signed", "published"):
        raise ConflictError(f"This bulletin is {row.state} already and stays as it is. A correction will be a new bulletin.")
    if row.content_sha256 != form.version:
        raise ConflictError("The draft was made anew meanwhile. Read it as it is now, and choose again.")
    if (row.state == "sent back") != (form.choice == "draft_again"):
        raise ConflictError("The draft was sent back meanwhile." if row.state == "sent back" else "The draft has not been sent back.")

"""Open a signed appraisal again, with a reason: the two look at it once more, and until they sign again it counts as not appraised."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ConflictError, InvalidInputError
from bot.steps.appraisals.forms import LONGEST
from bot.steps.appraisals.holders import seat
from db import appraisals, events
from db.appraisals import AppraisalSettlementRow
from db.session import Database


def reopen(*, database: Database, token: str, effect_id: int, reason: str, by: str, now: datetime) -> None:
    """Open the appraisal of a result again; one that is open already stays as it is.

    Raises LinkError, RefusedError, InvalidInputError (no reason), ConflictError (never signed).
    """
    if not reason.strip() or len(reason) > LONGEST:
        raise InvalidInputError(f"Say why it is opened again, in at most {LONGEST:,} characters: it stays in the history.")
    with database.writing(by=by) as session:
        here = seat(session, token, effect_id, now)
        settled = appraisals.settlement(session, effect_id)
        if settled is None:
            raise ConflictError("This appraisal was never signed; it is open.")
        if settled.state == "reopened":
            return
        appraisals.append_settlement(session, AppraisalSettlementRow(
            review_id=settled.review_id, effect_id=effect_id, state="reopened", basis="", tool=settled.tool, tool_version=settled.tool_version,
            variant=settled.variant, overall=settled.overall, judgements=settled.judgements, signed_by=[here.who.person.id],
            reason=reason.strip(), at=now))
        for one in appraisals.places(session, [effect_id])[effect_id]:
            # What both have signed is no secret between them any more.
            one.handed_in_at, one.talk_at = None, one.talk_at or now
        events.note(session, review_id=settled.review_id, kind="appraisal.reopened", subject=f"effect:{effect_id}",
                    data={"reason": reason.strip()}, at=now)

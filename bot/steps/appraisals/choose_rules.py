"""Say that a result needs other rules (a cluster-randomised trial, a crossover), and sign that rules agree with the official text."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ConflictError, InvalidInputError
from bot.methods.appraisal.engine import VARIANTS
from bot.methods.appraisal.rules import Variant
from bot.steps.appraisals.holders import Seat, require_open, seat
from db import appraisals, events
from db.session import Database, Session


def alternatives(here: Seat) -> tuple[Variant, ...]:
    """Return the rules that somebody may choose for a result: those of its tool."""
    return tuple(one for one in VARIANTS.values() if one.tool == here.rules.tool)


def choose_rules(*, database: Database, token: str, effect_id: int, variant_id: str, by: str, now: datetime) -> None:
    """Change the rules at one's own place, as long as nothing was answered or judged there.

    Raises LinkError, RefusedError, InvalidInputError (no such rules), ConflictError (something was answered).
    """
    with database.writing(by=by) as session:
        here = seat(session, token, effect_id, now)
        if here.place.variant == variant_id:
            return
        require_open(session, here)
        chosen = next((one for one in alternatives(here) if one.id == variant_id), None)
        if chosen is None:
            raise InvalidInputError("Choose one of the designs that are offered.")
        if _is_begun(session, here) and here.place.talk_at is None:
            raise ConflictError("Some questions are answered already by these rules. Rules are chosen before the first answer.")
        here.place.variant, here.place.tool_version, here.place.handed_in_at = chosen.id, chosen.version, None
        events.note(session, review_id=here.effect.review_id, kind="appraisal.rules", subject=f"appraisal:{here.place.id}",
                    data={"variant": chosen.id}, at=now)


def _is_begun(session: Session, here: Seat) -> bool:
    person = here.who.person.id
    return bool(appraisals.own_answers(session, here.place, person) or appraisals.own_judgements(session, here.place, person))


def sign_rules(*, database: Database, token: str, effect_id: int, rules_sha256: str, by: str, now: datetime) -> None:
    """Keep that the person of the link compared the rules with the official text and agrees; from then on they suggest.

    Raises LinkError, RefusedError, ConflictError (the rules are others than those the page showed).
    """
    with database.writing(by=by) as session:
        here = seat(session, token, effect_id, now)
        if rules_sha256 != here.rules.rules_sha256:
            raise ConflictError("These rules changed meanwhile. Read them as they are now.")
        if appraisals.agree_with_rules(session, review_id=here.effect.review_id, tool=here.rules.tool, variant=here.rules.id,
                                       rules_sha256=rules_sha256, person_id=here.who.person.id, at=now):
            events.note(session, review_id=here.effect.review_id, kind="rules.agreed", subject=f"rules:{here.rules.tool}:{here.rules.id}",
                        data={"sha256": rules_sha256}, at=now)

"""Hand in one's appraisal of a result. When both are in and the same, it is signed; where they differ, both are told, and talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.errors import InvalidInputError
from bot.links import LinkKeys
from bot.steps.appraisals import calls
from bot.steps.appraisals.holders import Seat, require_open, seat
from bot.steps.appraisals.judge import Standing, standing
from db import appraisals, events, people
from db.appraisals import OVERALL, AppraisalRow, AppraisalSettlementRow, HandedIn
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class HandedInAccount:
    """state: `waits` (for the other one), `differs` (both were told) or `signed`. is_new: False if it was in already."""

    state: str
    is_new: bool


def hand_in(*, database: Database, token: str, effect_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> HandedInAccount:
    """Hand in what the person of the link has judged on a result, and settle it where that is possible.

    Raises LinkError, RefusedError, InvalidInputError (something is not answered or judged), ConflictError (signed meanwhile).
    """
    with database.writing(by=by) as session:
        here = seat(session, token, effect_id, now)
        settled = appraisals.settlement(session, effect_id)
        if here.is_signed:
            return HandedInAccount("signed" if settled is not None and settled.state == "signed" else "waits", is_new=False)
        require_open(session, here)
        _require_complete(here, standing(session, here))
        here.place.handed_in_at = now
        session.flush()
        state = _settle(session, here, protocol, keys, now)
        events.note(session, review_id=here.effect.review_id, kind="appraisal.signed" if state == "signed" else "appraisal.handed_in",
                    subject=f"effect:{effect_id}", data={"place": here.place.id, "state": state}, at=now)
        return HandedInAccount(state, is_new=True)


def differences(given: tuple[HandedIn, ...]) -> tuple[str, ...]:
    """Return the domains (and `overall`) on which the blind two differ; `rules` if they did not use the same."""
    two = [one for one in given if one.place.part in appraisals.BLIND]
    if len(two) < 2:
        return ()
    first, second = two
    if (first.place.tool, first.place.variant) != (second.place.tool, second.place.variant):
        return ("rules",)
    domains = list(dict.fromkeys([*first.judgements, *second.judgements]))
    return tuple(domain for domain in domains if _judgement(first, domain) != _judgement(second, domain))


def _judgement(one: HandedIn, domain: str) -> str:
    return one.judgements[domain].judgement if domain in one.judgements else ""


def _require_complete(here: Seat, now_stands: Standing) -> None:
    missing = [number for numbers in now_stands.missing.values() for number in numbers]
    if missing:
        raise InvalidInputError(f"Not answered yet: {', '.join(missing)}. A blank is not taken for “no information”.")
    unjudged = [one for one in (*now_stands.suggestions, OVERALL) if one not in now_stands.judgements or one in now_stands.stale]
    if unjudged:
        raise InvalidInputError(f"Judge these first: {', '.join(unjudged)}. Answers that changed since ask for a new judgement.")


def _settle(session: Session, here: Seat, protocol: Protocol, keys: LinkKeys, now: datetime) -> str:
    everybody = appraisals.places(session, [here.effect.id])[here.effect.id]
    alone = protocol.appraisal is not None and protocol.appraisal.people == 1
    if here.place.part == "third":
        return _sign(session, here, "third", [here.place], now)
    if alone:
        return _sign(session, here, "one", [here.place], now)
    blind = [one for one in everybody if one.part in appraisals.BLIND]
    if len(blind) < 2 or any(one.handed_in_at is None for one in blind):
        return "differs" if any(one.talk_at is not None for one in blind) else "waits"
    if not differences(appraisals.handed_in(session, here.effect.id)):
        return _sign(session, here, "agreed", blind, now)
    _tell_both(session, here, blind, protocol, keys, now)
    return "differs"


def _sign(session: Session, here: Seat, basis: str, by_whom: list[AppraisalRow], now: datetime) -> str:
    judged = {domain: row.judgement for domain, row in appraisals.own_judgements(session, here.place, here.who.person.id).items()}
    domains = {domain.id: judged[domain.id] for domain in here.rules.domains}
    appraisals.append_settlement(session, AppraisalSettlementRow(
        review_id=here.effect.review_id, effect_id=here.effect.id, state="signed", basis=basis, tool=here.rules.tool,
        tool_version=here.rules.version, variant=here.rules.id, overall=judged[OVERALL], judgements=domains,
        signed_by=[one.person_id for one in by_whom], reason="", at=now))
    return "signed"


def _tell_both(session: Session, here: Seat, blind: list[AppraisalRow], protocol: Protocol, keys: LinkKeys, now: datetime) -> None:
    """Tell the two once that they differ, and ask a third person where the protocol has one settle conflicts."""
    if any(one.talk_at is not None for one in blind):
        return
    for one in blind:
        one.talk_at = now
    third = calls.third_for(session, here.effect, [one.person_id for one in blind]) if protocol.reviewing.conflicts == "third" else None
    if third is not None:
        appraisals.add_place(session, AppraisalRow(
            review_id=here.effect.review_id, effect_id=here.effect.id, person_id=third.id, part="third", tool=here.rules.tool,
            tool_version=here.rules.version, variant=here.rules.id, created_at=now, told_at=now))
        calls.ask(session, "appraise_third", third, [here.study], f"effect:{here.effect.id}", protocol=protocol, keys=keys, at=now)
    for one in blind:
        calls.ask(session, "appraise_talk", people.person(session, one.person_id), [here.study], f"effect:{here.effect.id}", protocol=protocol,
                  keys=keys, at=now)

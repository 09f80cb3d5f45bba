"""Take a person's rating of the certainty in one outcome: a decision on every domain, with its reason, on what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError, SynthesisError
from bot.methods.certainty.levels import DEEPEST, UP, level_of
from bot.methods.certainty.suggestions import DOMAINS
from bot.steps.certainty.assemble import Rateable, assemble
from db import certainty, events, links, people, reviews
from db.certainty import CertaintyRatingRow
from db.session import Database, Session

PURPOSE, ACTION = "certainty", "rate"
RANDOMISED, NON_RANDOMISED = "randomised", "non_randomised"
MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Rated:
    """The rating that holds now. is_new: False if the very same had been signed before."""

    outcome: str
    level: str
    is_new: bool


def rate(*, database: Database, token: str, outcome: str, sent: Mapping[str, str], protocol: Protocol, by: str, now: datetime,
         design: str = RANDOMISED) -> Rated:
    """Store a rating of one body of evidence. sent: `basis` as the page showed it, and per domain `steps_<domain>` and `reason_<domain>`.

    Raises LinkError (link), RefusedError (not allowed, or risk of bias not signed), ConflictError (the data changed since the page was
    opened), InvalidInputError (a domain without a decision, or a decision other than suggested without a reason).
    """
    with database.writing(by=by) as session:
        link = links.resolve(session, token, PURPOSE, now)
        holder = people.person(session, link.person_id or 0)
        if people.by(holder) != by:
            raise RefusedError("This link belongs to somebody else.")
        access.require(people.roles(session, link.review_id, holder.id), ACTION)
        one = body_of(session, review_id=link.review_id, outcome=outcome, protocol=protocol, design=design)
        _require_ready(one, sent)
        decisions = _decisions(one, sent)
        level = _level(one, decisions)
        last = certainty.newest(session, link.review_id).get((outcome, one.design))
        if last is not None and last.basis_sha256 == one.basis_sha256 and last.decisions == decisions:
            return Rated(outcome, last.level, is_new=False)
        certainty.add(session, CertaintyRatingRow(
            review_id=link.review_id, protocol_version_id=reviews.current_protocol_version(session, link.review_id).id, person_id=holder.id,
            outcome=outcome, design=one.design, basis_sha256=one.basis_sha256, decisions=decisions, level=level, at=now))
        events.note(session, review_id=link.review_id, kind="certainty.rated", subject=f"outcome:{outcome}",
                    data={"level": level, "basis": one.basis_sha256, "design": one.design}, at=now)
        return Rated(outcome, level, is_new=True)


def body_of(session: Session, *, review_id: int, outcome: str, protocol: Protocol, design: str = RANDOMISED) -> Rateable:
    """Return a body of evidence of an outcome in the newest cycle: the randomised one, or the other. Raises NotFoundError."""
    cycle = reviews.latest_cycle(session, review_id)
    found = assemble(session, review_id=review_id, cycle_id=cycle.id, protocol=protocol) if cycle else ()
    one = next((one for one in found if (one.outcome.id, one.design) == (outcome, design)), None)
    if one is None:
        raise NotFoundError(f"There is no estimate of {outcome!r} to rate.")
    return one


def _require_ready(one: Rateable, sent: Mapping[str, str]) -> None:
    if one.lacks:
        raise RefusedError(one.lacks)
    if sent.get("basis") != one.basis_sha256:
        raise ConflictError("The data changed since you opened this page. Read it as it is now, and rate it again.")


def _decisions(one: Rateable, sent: Mapping[str, str]) -> dict[str, dict[str, object]]:
    return {found.domain: _decision(found.domain, found.steps, found.reason, dict(found.thresholds), sent) for found in one.suggestions}


def _decision(domain: str, suggested: int | None, suggestion: str, thresholds: dict[str, float], sent: Mapping[str, str]) -> dict[str, object]:
    name = domain.replace("_", " ")
    allowed = [str(step) for step in ((0, 1, 2) if domain in UP else range(DEEPEST.get(domain, -2), 1))]
    chosen, reason = sent.get(f"steps_{domain}", "").strip(), " ".join(sent.get(f"reason_{domain}", "").split())
    if chosen not in allowed:
        raise InvalidInputError(f"Choose one for {name}: nothing is chosen for you.")
    if len(reason) > MOST_WORDS or "\x00" in reason:
        raise InvalidInputError(f"The reason for {name} has {len(reason):,} characters; at most {MOST_WORDS:,}.")
    if not reason and int(chosen) != suggested:
        raise InvalidInputError(f"Say why for {name}: the data suggest {'nothing by themselves' if suggested is None else 'otherwise'}.")
    return {"steps": int(chosen), "reason": reason, "suggested": suggested, "suggestion": suggestion, "thresholds": thresholds}


def _level(one: Rateable, decisions: Mapping[str, Mapping[str, object]]) -> str:
    try:
        return level_of({domain: int(str(given["steps"])) for domain, given in decisions.items() if domain in (*DOMAINS, *UP)},
                        design=one.design, start=one.start).value
    except SynthesisError as error:
        raise InvalidInputError(f"{str(error)[0].upper()}{str(error)[1:]}.") from error

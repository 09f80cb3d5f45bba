"""Take an editor's signature that the set of trials of an outcome is complete to a day, or that it is not any more.

Until it is signed, a published estimate leads the outcome where there is one and the protocol says so: bot/bulletin/compose.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot import access
from bot.domain.protocols import Protocol
from bot.errors import InvalidInputError, NotFoundError, RefusedError
from bot.steps.certainty.rate import ACTION, MOST_WORDS, PURPOSE
from db import completeness, events, links, people, searches
from db.completeness import CompletenessRow
from db.session import Database, Session

CHOICES = ("complete", "withdrawn")


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the protocol's sources were searched. to: the earliest of their days, None before any search; never: not searched yet."""

    to: date | None
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Completed:
    """What holds now. is_new: False if the very same had been signed before."""

    outcome: str
    state: str
    is_new: bool


def reached(session: Session, review_id: int, protocol: Protocol) -> Reached:
    """Return how far the sources that are searched for trials have been searched; citations and notices have no day of their own."""
    days = searches.searched_to(session, review_id)
    plans = [plan for plan in protocol.sources if plan.purpose == "search"]
    done = [day for plan in plans if (day := days.get(plan.name))]
    return Reached(min(done) if done else None, tuple(plan.label for plan in plans if not days.get(plan.name)))


def sign_complete(*, database: Database, token: str, outcome: str, sent: Mapping[str, str], protocol: Protocol, by: str,
                  now: datetime) -> Completed:
    """Store the signature. sent: `choice` (`complete` or `withdrawn`) and `basis`, why, as it is printed.

    Raises LinkError (link), RefusedError (not an editor), NotFoundError (outcome), InvalidInputError (no choice, no reason, or nothing was
    searched yet, or nothing stands to be withdrawn).
    """
    with database.writing(by=by) as session:
        link = links.resolve(session, token, PURPOSE, now)
        holder = people.person(session, link.person_id or 0)
        if people.by(holder) != by:
            raise RefusedError("This link belongs to somebody else.")
        access.require(people.roles(session, link.review_id, holder.id), ACTION)
        if outcome not in {one.id for one in protocol.outcomes}:
            raise NotFoundError(f"The protocol has no outcome {outcome!r}.")
        last = completeness.newest(session, link.review_id).get(outcome)
        choice, basis = _read(sent)
        to = _day(session, link.review_id, protocol, last, choice)
        if last is not None and (last.state, last.searched_to, last.basis) == (choice, to.isoformat(), basis):
            return Completed(outcome, choice, is_new=False)
        session.add(CompletenessRow(review_id=link.review_id, person_id=holder.id, outcome=outcome, state=choice,
                                    searched_to=to.isoformat(), basis=basis, at=now))
        events.note(session, review_id=link.review_id, kind=f"completeness.{choice}", subject=f"outcome:{outcome}",
                    data={"searched_to": to.isoformat()}, at=now)
        return Completed(outcome, choice, is_new=True)


def _read(sent: Mapping[str, str]) -> tuple[str, str]:
    choice, basis = sent.get("choice", ""), " ".join(sent.get("basis", "").split())
    if choice not in CHOICES:
        raise InvalidInputError("Choose whether the set is complete: nothing is chosen for you.")
    if not basis or len(basis) > MOST_WORDS or "\x00" in basis:
        raise InvalidInputError(f"Say in at most {MOST_WORDS:,} characters what you base this on: who looked where.")
    return choice, basis


def _day(session: Session, review_id: int, protocol: Protocol, last: CompletenessRow | None, choice: str) -> date:
    if choice == "withdrawn":
        if last is None:
            raise InvalidInputError("Nobody has signed that this set is complete, so there is nothing to take back.")
        return date.fromisoformat(last.searched_to)
    to = reached(session, review_id, protocol).to
    if to is None:
        raise InvalidInputError("No source has been searched yet: a set is complete to the day of a search. Search first.")
    return to

"""Take one reviewer's vote on one record. What the votes come to: settle.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.domain.decisions import FULL_TEXT, Decision
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, RefusedError
from bot.steps.screening.forms import DecisionForm, check
from db import decisions, events, links, people, records, retrievals, reviews, rounds, screening
from db.decisions import DecisionRow
from db.links import LinkRow
from db.rounds import AssignmentRow, RoundRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class Decided:
    """The vote that now counts. is_new: False if the very same one was there already (sent twice, it counts once)."""

    assignment_id: int
    number: int
    decision: Decision
    is_new: bool


def decide(*, database: Database, token: str, position: int, form: DecisionForm, protocol: Protocol, by: str, now: datetime) -> Decided:
    """Store a vote of the person whom the link belongs to, on the record at a place of that person's list.

    Raises LinkError (link), RefusedError (not a reviewer any more), NotFoundError (no such place), InvalidInputError (criterion),
    ConflictError (voted otherwise meanwhile, round closed, record merged into another one). Then nothing is stored.
    """
    decision = form.decision
    with database.writing(by=by) as session:
        link = _link(session, token, by, now)
        round_row = rounds.share(session, link.subject_id)
        assignment = rounds.own_at(session, round_row.id, link.person_id or 0, position)
        history = decisions.own_history(session, assignment.id, assignment.person_id)
        latest = history[-1] if history else None
        if latest is not None and latest.decision == decision and form.version in (latest.number - 1, latest.number):
            return Decided(assignment.id, latest.number, decision, is_new=False)
        _require_open(session, round_row, assignment)
        _require_seen(form.version, latest, protocol)
        check(decision, [criterion.id for criterion in protocol.criteria_at(round_row.stage)])
        version_id = reviews.current_protocol_version(session, round_row.review_id).id
        row = decisions.append(session, assignment, decision, number=len(history) + 1, protocol_version_id=version_id, at=now)
        # That somebody voted, never what: the audit is no way around blindness.
        events.note(session, review_id=row.review_id, kind="decision.made", subject=f"assignment:{assignment.id}",
                    data={"round": round_row.id, "number": row.number}, at=now)
        return Decided(assignment.id, row.number, decision, is_new=True)


def _link(session: Session, token: str, by: str, now: datetime) -> LinkRow:
    link = links.resolve(session, token, "round", now)
    holder = people.person(session, link.person_id or 0)
    if people.by(holder) != by:
        raise RefusedError("This link belongs to somebody else.")
    access.require(people.roles(session, link.review_id, holder.id), "decide")
    return link


def _require_open(session: Session, round_row: RoundRow, assignment: AssignmentRow) -> None:
    if round_row.closed_at is not None:
        raise ConflictError(f"This round closed on {round_row.closed_at:%d %B %Y}; votes in it stay as they are. "
                            "If yours was wrong, write to the review team.")
    settled = screening.resolution(session, round_row.id, assignment.report_id)
    if settled is not None and settled.final_at is not None:
        raise ConflictError(f"The team settled this record on {settled.final_at:%d %B %Y}, after the round's last day; "
                            "votes on it stay as they are.")
    if round_row.stage == FULL_TEXT:
        said = retrievals.latest(session, [assignment.report_id]).get(assignment.report_id)
        if said is None or said.state not in retrievals.HAD:
            raise ConflictError("The full text is not there yet. Attach the PDF, or say where you read it or that it cannot be had.")
    if records.report(session, assignment.report_id).merged_into is not None:
        raise ConflictError("This record turned out to be the same as another one and was merged with it. "
                            "There is nothing to decide here any more.")


def _require_seen(version: int, latest: DecisionRow | None, protocol: Protocol) -> None:
    """Raise ConflictError unless the page that was sent showed the vote that counts now."""
    if version == (latest.number if latest else 0):
        return
    there = f"you chose {words(latest.decision, protocol)}" if latest else "there is no vote of yours"
    raise ConflictError(f"Meanwhile {there} on this record, perhaps in another window. Nothing was changed: look at it, and choose again "
                        "if it is wrong.")


def words(decision: Decision, protocol: Protocol) -> str:
    """Return a decision in words: "Exclude (Not a controlled study)"."""
    if not decision.criterion:
        return decision.verdict.capitalize()
    reason = next((one.reason for one in protocol.criteria if one.id == decision.criterion), decision.criterion)
    return f"{decision.verdict.capitalize()} ({reason})"

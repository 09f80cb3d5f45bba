"""People about what a ranking left out: pull one report back, and answer the proposal to leave out less. What is left out: offer.py."""

from __future__ import annotations

from datetime import datetime

from bot.errors import ConflictError, InvalidInputError
from bot.steps.records.answer_question import ACTION, PURPOSE
from bot.steps.studies.holders import holder
from db import events, screening, unshown
from db.session import Database, Session

DECISIONS = ("accepted", "declined")
# A report that was missed lies at the cut-off from then on, not a rounding error below it.
BEYOND = 1e-6


def bring_back(*, database: Database, token: str, unshown_id: int, by: str, now: datetime) -> None:
    """Pull one report back: the next round offers it. The same again changes nothing. Raises LinkError, RefusedError, NotFoundError."""
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, ACTION, now)
        row = unshown.row(session, who.review_id, unshown_id)
        if row.back_at is not None:
            return
        row.back_at, row.back_by = now, by
        events.note(session, review_id=who.review_id, kind="record.pulled_back", subject=f"report:{row.report_id}", at=now)


def answer_proposal(*, database: Database, token: str, proposal_id: int, decision: str, by: str, now: datetime) -> None:
    """Accept or decline to leave out less; accepted, what now lies above the cut-off comes back, and the audit has a change of method.

    The same again changes nothing. Raises LinkError, RefusedError (no editor), NotFoundError, InvalidInputError, ConflictError.
    """
    if decision not in DECISIONS:
        raise InvalidInputError("Choose one: leave out less from now on, or stay as it is.")
    with database.writing(by=by) as session:
        who = holder(session, token, PURPOSE, "answer_notices", now)
        made, row = unshown.proposal(session, who.review_id, proposal_id)
        if made.decision == decision:
            return
        if made.decision:
            raise ConflictError(f"This was {made.decision} already, and what came of it has happened.")
        before = unshown.margin(session, who.review_id)
        made.decision, made.decided_by, made.decided_at = decision, by, now
        kind, back = "proposal.declined", 0
        if decision == "accepted":
            kind = "method.changed"
            back = unshown.bring_back(session, who.review_id, why=row.why, lower_by=made.margin - before, by=by, at=now)
        events.note(session, review_id=who.review_id, kind=kind, subject=f"looser_cutoff:{made.id}",
                    data={"why": row.why, "margin": made.margin, "before": before, "pulled_back": back}, at=now)


def propose_looser(*, database: Database, review_id: int, by: str, now: datetime) -> int:
    """Propose to leave out less for each report that was left out and turned out relevant, each once; return how many were proposed."""
    with database.reading() as session:
        waiting = [row.id for row in unshown.without_proposal(session, review_id, _relevant(session, review_id))]
    for unshown_id in waiting:
        with database.writing(by=by) as session:
            # Again inside: what another process did meanwhile counts.
            still = {one.id: one for one in unshown.without_proposal(session, review_id, _relevant(session, review_id))}
            row = still.get(unshown_id)
            if row is None:
                continue
            margin = unshown.margin(session, review_id) + max(row.cutoff - row.score, 0.0) + BEYOND if row.why == "cutoff" else 0.0
            made = unshown.propose(session, row, margin=margin, at=now)
            events.note(session, review_id=review_id, kind="method.proposed", subject=f"looser_cutoff:{made.id}",
                        data={"why": row.why, "margin": margin}, at=now)
    return len(waiting)


def _relevant(session: Session, review_id: int) -> set[int]:
    return {report_id for report_id, label, _ in screening.decisions_for_training(session, review_id) if label}

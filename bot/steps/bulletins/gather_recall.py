"""How much the ranking missed in twelve months, as its audit says: what a bulletin states of it. What was left out: db/unshown.py."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.bulletin.material import Audit, Recall
from bot.methods.screening.recall_bound import recall_bound
from db import rankings, screening, unshown
from db.session import Session

YEAR = timedelta(days=365)


def gather_recall(session: Session, review_id: int, cycle_id: int, searched_to: datetime) -> Recall | None:
    """Return the account of the twelve months up to a cycle; None where nothing was left out in them."""
    after = searched_to - YEAR
    rows = [row for row in unshown.since(session, review_id, after) if row.back_at is None]
    if not rows:
        return None
    decided = screening.decided_since(session, review_id, after)
    drawn = {row.report_id for row in rows if row.audited}
    read = drawn & set(decided)
    abstracts, studies = (_audit({report_id for report_id, is_in in decided.items() if is_in[place]}, read, len(rows) - len(drawn - read))
                          for place in (0, 1))
    ranking, proposed = rankings.latest(session, cycle_id), unshown.proposals(session, review_id)
    return Recall(
        left_out=len(rows), audited=len(read), waiting=len(drawn - read), abstracts=abstracts, studies=studies,
        model=ranking.model_sha256 if ranking else "", open_proposals=sum(not made.decision for made, _ in proposed),
        changed=tuple(made.decided_at.date().isoformat() for made, _ in proposed if made.decision == "accepted" and made.decided_at))


def _audit(relevant: set[int], read: set[int], unshown_and_judged: int) -> Audit:
    bound = recall_bound(found=len(relevant - read), unshown=unshown_and_judged, audited=len(read), missed=len(relevant & read))
    return Audit(bound.found, bound.missed, bound.estimate if read else None, bound.lower)

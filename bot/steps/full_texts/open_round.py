"""Open a cycle's round on full texts: what titles and abstracts let in is sought, read in full and judged, by two people as before.

Without `full_text = "assessed"` in the protocol there is none: then the first round decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.decisions import FULL_TEXT, TITLE_ABSTRACT
from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.steps.screening.open_round import RoundAccount, begin_round, invite_to
from db import retrievals, reviews, rounds
from db.rounds import RoundRow
from db.session import Database


def open_full_text_round(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> RoundAccount:
    """Open the latest cycle's round on full texts once its first round is closed, and return its account; run again it changes nothing."""
    with database.reading() as session:
        cycle = reviews.latest_cycle(session, review_id)
        first = rounds.of_cycle(session, cycle.id, TITLE_ABSTRACT) if cycle is not None else None
        known = rounds.of_cycle(session, cycle.id, FULL_TEXT) if cycle is not None else None
        waiting = retrievals.to_assess(session, review_id)
    if cycle is None or cycle.state != "reviewing" or (first is not None and first.closed_at is None):
        return RoundAccount()
    if known is None and not waiting:
        return RoundAccount()
    row = known or _begin(database, review_id, cycle.id, protocol, by, now)
    return invite_to(database, row, protocol, keys, by, now) if row is not None else RoundAccount()


def _begin(database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime) -> RoundRow | None:
    with database.writing(by=by) as session:
        known = rounds.of_cycle(session, cycle_id, FULL_TEXT)
        if known is not None:
            return known
        due = now + timedelta(days=protocol.reviewing.deadline_days)
        return begin_round(session, review_id=review_id, cycle_id=cycle_id, stage=FULL_TEXT, report_ids=retrievals.to_assess(session, review_id),
                           due=due, protocol=protocol, now=now)

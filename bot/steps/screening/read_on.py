"""Which record a reviewer reads next where the protocol says `best_first`: ranked anew after each vote, from that person's own votes alone.

What others voted stays unknown to the order as it does to the page. Lists keep their places; only “next” goes another way. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.decisions import INCLUDE, UNSURE
from bot.domain.protocols import Protocol
from bot.steps.records.rank import as_document
from db import decisions, rankings, records
from db.rounds import RoundRow
from db.session import Session

# So many texts are read anew after a vote, which takes half a second; the best-ranked of a longer list.
MOST_AT_ONCE = 1_000
BEST_FIRST = "best_first"


def next_by_rank(session: Session, *, round_row: RoundRow, person_id: int, protocol: Protocol, after: int = 0) -> int | None:
    """Return the place on one person's list of the record to read now, None if all have a vote.

    after: the place that is open just now; left for later, it is followed by what stands next to it in the order.
    """
    places = {one.report_id: one.position for one in decisions.own_open(session, round_row.id, person_id)}
    if not places:
        return None
    scores = {row.report_id: row.score for row in rankings.scores(session, round_row.ranking_id or 0) if row.report_id in places}
    best = sorted(places, key=lambda one: (-scores.get(one, 0.0), places[one]))[:MOST_AT_ONCE]
    ordered = [places[one] for one in _ordered(session, best, scores, decisions.own_verdicts(session, round_row.id, person_id), protocol)]
    return ordered[(ordered.index(after) + 1) % len(ordered)] if after in ordered else ordered[0]


def _ordered(session: Session, reports: Sequence[int], scores: Mapping[int, float], verdicts: Sequence[tuple[int, str]],
             protocol: Protocol) -> list[int]:
    # 60 MB with all that it learns by: only where a protocol asks for it.
    from classifiers import Labelled
    from classifiers.reading_order import reading_order

    voted = [Labelled(as_document(records.report(session, report_id)), float(verdict == INCLUDE))
             for report_id, verdict in verdicts[-MOST_AT_ONCE:] if verdict != UNSURE]
    order = reading_order([as_document(records.report(session, one)) for one in reports], [scores.get(one, 0.0) for one in reports], voted,
                          seed=protocol.ranker.seed)
    return [reports[place] for place in order]

"""Which record a reviewer reads next where the protocol says `best_first`: ranked anew after each vote, from that person's own votes alone.

What others voted stays unknown to the order as it does to the page. Lists keep their places; only “next” goes another way. Once the rule allows
to stop, “next” leads through a random sample of the rest. It writes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from bot.domain.decisions import EXCLUDE, INCLUDE, UNSURE
from bot.domain.protocols import Protocol
from bot.methods.screening.reading import Reading, reading
from bot.steps.records.rank import as_document
from db import decisions, rankings, records
from db.rounds import RoundRow
from db.session import Session

# So many texts are read anew after a vote, which takes half a second; the best-ranked of a longer list.
MOST_AT_ONCE = 1_000


def next_by_rank(session: Session, *, round_row: RoundRow, person_id: int, protocol: Protocol, after: int = 0) -> int | None:
    """Return the place on one person's list of the record to read now, None if all have a vote.

    after: the place that is open just now; left for later, it is followed by what stands next to it in the order.
    """
    places = {one.report_id: one.position for one in decisions.own_open(session, round_row.id, person_id)}
    if not places:
        return None
    scores = {row.report_id: row.score for row in rankings.scores(session, round_row.ranking_id or 0) if row.report_id in places}
    best = sorted(places, key=lambda one: (-scores.get(one, 0.0), places[one]))[:MOST_AT_ONCE]
    verdicts = decisions.own_verdicts(session, round_row.id, person_id)
    state = reading_of(session, round_row, verdicts, len(places))
    if state.stopped_at is not None and state.audited < state.sample:
        draw = random.Random(f"sample:{round_row.rules['seed']}:{person_id}")  # noqa: S311  chance that can be repeated, not a secret
        by_chance = {one: draw.random() for one in sorted({*places, *(report_id for report_id, _ in verdicts)})}
        ordered = [places[one] for one in sorted(places, key=lambda one: by_chance[one])]
    else:
        ordered = [places[one] for one in _ordered(session, best, scores, verdicts, protocol)]
    return ordered[(ordered.index(after) + 1) % len(ordered)] if after in ordered else ordered[0]


def reading_of(session: Session, round_row: RoundRow, verdicts: Sequence[tuple[int, str]], left: int) -> Reading:
    """Return where one person's reading stands, by the own votes in their order and how many are left; an unsure vote counts as relevant."""
    card = rankings.by_id(session, round_row.ranking_id or 0).card or {}
    return reading([verdict != EXCLUDE for _, verdict in verdicts], total=len(verdicts) + left, past_inclusions=card.get("relevant", 0))


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

"""What a reviewer's pages show, of that reviewer's own list alone. Every query names the person whom the link belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot import access
from bot.app import App
from bot.domain.decisions import FULL_TEXT
from bot.domain.protocols import BEST_FIRST, Criterion, Protocol
from bot.errors import NotFoundError
from bot.methods.screening.fields import fields_with, shown_word
from bot.methods.screening.marking import pieces
from bot.methods.screening.queue import minutes
from bot.steps.screening.decide import words
from bot.steps.screening.hand_over import colleagues
from db import decisions, full_texts, links, people, rankings, records, retrievals, reviews, rounds, screening
from db.decisions import DecisionRow
from db.people import PersonRow
from db.rounds import AssignmentRow, RoundRow
from db.session import Session

if TYPE_CHECKING:
    from bot.methods.screening.reading import Reading

PAGE_SIZE = 50
MOST_AUTHORS = 12
UNCHOSEN = {"verdict": "", "criterion": "", "note": ""}


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose pages these are, of which round."""

    token: str
    person: PersonRow
    round: RoundRow
    protocol: Protocol

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria that can be judged in this round."""
        return self.protocol.criteria_at(self.round.stage)


def seen_by(session: Session, app: App, token: str) -> Seen:
    """Return whose round a link opens. Raises LinkError, RefusedError (no reviewer any more)."""
    link = links.resolve(session, token, "round", app.clock())
    access.require(people.roles(session, link.review_id, link.person_id or 0), "decide")
    person = people.person(session, link.person_id or 0)
    protocol = app.protocol(reviews.review(session, link.review_id).slug)
    return Seen(token, person, rounds.by_id(session, link.subject_id), protocol)


def next_place(session: Session, seen: Seen, *, after: int = 0) -> int | None:
    """Return the next place without a vote on the person's list, None when all is decided or the round is closed."""
    if seen.round.closed_at is not None:
        return None
    if seen.protocol.ranker.reading == BEST_FIRST and seen.round.ranking_id is not None:
        # NumPy and more: only where a protocol asks for it.
        from bot.steps.screening.read_on import next_by_rank

        return next_by_rank(session, round_row=seen.round, person_id=seen.person.id, protocol=seen.protocol, after=after)
    return decisions.own_next(session, seen.round.id, seen.person.id, after=after)


def round_view(session: Session, seen: Seen, *, page: int, voted: int, now: datetime, problem: str = "") -> dict[str, Any]:
    """Return what the page of a round shows: how far one is, the next record, the list with one's own votes, who could take it over."""
    pages = max(1, math.ceil(rounds.own_length(session, seen.round.id, seen.person.id) / PAGE_SIZE))
    page = min(max(page, 1), pages)
    places = range((page - 1) * PAGE_SIZE + 1, page * PAGE_SIZE + 1)
    part = rounds.own(session, seen.round.id, seen.person.id, places=places)
    votes = decisions.own_on(session, part, seen.person.id)
    return _common(session, seen, voted) | {
        "next": next_place(session, seen),
        "page": page,
        "pages": pages,
        "lines": _lines(session, seen, part, votes),
        "colleagues": colleagues(session, seen.round, seen.person.id, now) if seen.round.closed_at is None else [],
        "away": people.away(session, seen.round.review_id, now).get(seen.person.id),
        "problem": problem, "given": 0, "kept": 0, "reading": _reading(session, seen),
    }


def _reading(session: Session, seen: Seen) -> Reading | None:
    """Return how far reading from the top is, None where lists are read in random order."""
    if seen.protocol.ranker.reading != BEST_FIRST or seen.round.ranking_id is None or seen.round.closed_at is not None:
        return None
    from bot.steps.screening.read_on import reading_of

    left = len(decisions.own_open(session, seen.round.id, seen.person.id))
    return reading_of(session, seen.round, decisions.own_verdicts(session, seen.round.id, seen.person.id), left)


def record_view(session: Session, seen: Seen, *, position: int, voted: int = 0, problem: str = "",
                sent: Mapping[str, str] = UNCHOSEN) -> dict[str, Any]:
    """Return what the page of one record shows. sent: what was chosen and could not be taken. Raises NotFoundError."""
    assignment = rounds.own_at(session, seen.round.id, seen.person.id, position)
    history = decisions.own_history(session, assignment.id, seen.person.id)
    own = history[-1] if history else None
    return _common(session, seen, voted) | {
        "position": position,
        "record": _record(session, seen, assignment.report_id),
        "criteria": seen.criteria,
        "later_criteria": [one for one in seen.protocol.criteria if one not in seen.criteria],
        "own": _own(own, seen.protocol),
        "changes": max(0, len(history) - 1),
        "version": own.number if own else 0,
        "settled": _settled(session, seen, assignment.report_id),
        "part": assignment.part,
        "talk": assignment.talk_at is not None,
        "why": _why(session, seen, assignment.report_id) if own else None,
        "problem": problem,
        "sent": sent,
        "next": next_place(session, seen, after=position),
        "full_text": full_text(session, assignment.report_id) if seen.round.stage == FULL_TEXT else None,
    }


def full_text(session: Session, report_id: int) -> dict[str, Any]:
    """Return what is known of a report's full text: links that sources named, and what the team said of it last."""
    said = retrievals.latest(session, [report_id]).get(report_id)
    return {"links": full_texts.links_of(session, [report_id]).get(report_id, []), "said": said,
            "who": people.person(session, said.person_id).name if said else "", "is_there": said is not None and said.state in retrievals.HAD}


def _common(session: Session, seen: Seen, voted: int) -> dict[str, Any]:
    total, decided = decisions.own_progress(session, seen.round.id, seen.person.id)
    return {
        "address": f"/r/{seen.token}",
        "review": seen.protocol,
        "person": seen.person,
        "round": seen.round,
        "total": total,
        "decided": decided,
        "minutes": minutes(total - decided, seen.protocol.reviewing.seconds_per_record),
        "just_voted": _just_voted(session, seen, voted),
    }


def _just_voted(session: Session, seen: Seen, position: int) -> dict[str, Any] | None:
    """Return the vote that was given a moment ago, so that it can be undone from the next page."""
    try:
        assignment = rounds.own_at(session, seen.round.id, seen.person.id, position)
    except NotFoundError:  # the address said so, not the person: nothing to show
        return None
    history = decisions.own_history(session, assignment.id, seen.person.id)
    if not history:
        return None
    title = records.report(session, assignment.report_id).title
    return {"position": position, "title": title, "words": words(history[-1].decision, seen.protocol)}


def _lines(session: Session, seen: Seen, part: Sequence[AssignmentRow], votes: Mapping[int, DecisionRow]) -> list[dict[str, Any]]:
    shown = records.shown(session, [one.report_id for one in part])
    return [
        {
            "position": one.position,
            "title": shown[one.report_id].title,
            "year": shown[one.report_id].year,
            "vote": words(votes[one.id].decision, seen.protocol) if one.id in votes else "",
            "part": one.part,
            "is_merged": shown[one.report_id].merged_into is not None,
        }
        for one in part
    ]


def _record(session: Session, seen: Seen, report_id: int) -> dict[str, Any]:
    """Return a report as a reviewer reads it: words of the protocol marked, long lists cut with their length said."""
    given = records.shown(session, [report_id])[report_id]
    terms = seen.protocol.search_terms
    labels = {plan.name: plan.label for plan in (*seen.protocol.sources, *seen.protocol.planned_sources)}
    return {
        "title": given.title,
        "title_pieces": pieces(given.title, terms),
        "paragraphs": [pieces(one, terms) for one in given.abstract.splitlines() if one.strip()],
        "authors": given.authors[:MOST_AUTHORS],
        "more_authors": max(0, len(given.authors) - MOST_AUTHORS),
        "year": given.year,
        "journal": given.journal,
        "sources": [labels.get(name, name) for name in given.sources],
        "publication_types": given.publication_types,
        "registrations": given.registrations,
        "doi": given.doi,
        "pmid": given.pmid,
        "url": given.url,
        "relations": given.relations,
        "merged_into": given.merged_into,
    }


def _own(row: DecisionRow | None, protocol: Protocol) -> dict[str, Any] | None:
    return {"words": words(row.decision, protocol), "note": row.note, "at": row.at} if row else None


def _settled(session: Session, seen: Seen, report_id: int) -> str:
    """Return what the team decided once that is final, "" until then: it would tell how others voted."""
    row = screening.resolution(session, seen.round.id, report_id)
    if row is None or row.final_at is None:
        return ""
    return {"include": "included", "exclude": "excluded", "awaiting": "left for later: nobody could tell"}[row.verdict]


def _why(session: Session, seen: Seen, report_id: int) -> dict[str, Any] | None:
    """Return why the record was ranked where it was: asked for only once the person has voted."""
    if seen.round.ranking_id is None:
        return None
    score = rankings.score_of(session, seen.round.ranking_id, report_id)
    ranking = rankings.by_id(session, seen.round.ranking_id)
    if score is None:
        return None
    given = records.as_record(records.report(session, report_id))
    reasons = [{"word": shown_word(one["term"], given), "fields": fields_with(one["term"], given), "speaks_for": one["weight"] > 0}
               for one in score.reasons]
    return {"place": score.position, "of": ranking.ranked, "basis": ranking.basis, "labelled": ranking.labelled,
            "classifier": ranking.classifier, "reasons": reasons, "similar": _similar(session, seen, score.similar)}


def _similar(session: Session, seen: Seen, report_ids: Sequence[int]) -> list[dict[str, str]]:
    """Return reports that were decided for good before this round, the likest first, with what was decided."""
    decided = {report_id: "included" if label else "excluded"
               for report_id, label, _ in screening.decisions_for_training(session, seen.round.review_id, report_ids)}
    return [{"title": records.report(session, one).title, "decided": decided[one]} for one in report_ids if one in decided]

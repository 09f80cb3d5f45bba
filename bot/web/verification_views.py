"""What those see who check the numbers of others: the verifier of a study, and who judges the starting set. Extraction: studies_views.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.steps.studies.finish_extraction import CHOICES, NOT_READ
from bot.web.studies_words import effect_view, reports_view
from db import effects, people, studies
from db.effects import EffectRow
from db.session import Session
from db.studies import OutcomeStatementRow, StudyRow


def verification_view(session: Session, row: StudyRow, protocol: Protocol, *, token: str, problem: str = "",
                      sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the verifier of a study sees: each result as entered and computed, and what is said of the outcomes without one."""
    live = effects.effects_of_study(session, row.id)
    said = studies.statements_of(session, [row.id])
    with_result = {effect.outcome for effect in live}
    return {
        "study": row, "reports": reports_view(session, row.id), "address": f"/v/{token}", "problem": problem, "sent": sent or {},
        "review": _review(protocol),
        "waiting": [_shown(effect, protocol) for effect in live if effect.state == "extracted"],
        "settled": [_shown(effect, protocol) for effect in live if effect.state != "extracted"],
        "without": [_without(outcome, said.get((row.id, outcome.id))) for outcome in protocol.outcomes if outcome.id not in with_result],
    }


def starting_set_view(session: Session, review_id: int, protocol: Protocol, *, token: str, problem: str = "", saved: str = "",
                      sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what those see who judge the starting set: the rows that wait, then those that were judged."""
    rows = effects.candidates(session, review_id)
    labels = {row.id: row for row in studies.studies(session, review_id)}
    verdicts = {one.effect_id: one for one in effects.verdicts(session, [row.id for row in rows])}
    names = {one.confirmed_by: people.person(session, one.confirmed_by).name for one in rows if one.confirmed_by is not None}
    shown = [
        _shown(row, protocol)
        | {"study": labels[row.study_id], "said": verdicts.get(row.id), "confirmed_by": names.get(row.confirmed_by or 0, "")}
        for row in rows]
    return {
        "address": f"/c/{token}", "review": _review(protocol), "problem": problem, "saved": saved, "sent": sent or {},
        "waiting": [one for one in shown if one["said"] is None], "judged": [one for one in shown if one["said"] is not None],
    }


def _without(outcome: Outcome, said: OutcomeStatementRow | None) -> dict[str, str]:
    return {"label": outcome.label, "words": CHOICES[said.kind if said else NOT_READ], "known": said.known if said else ""}


def _shown(row: EffectRow, protocol: Protocol) -> dict[str, Any]:
    outcome = protocol.outcome(row.outcome)
    return effect_view(row, outcome, protocol) | {"outcome": outcome}


def _review(protocol: Protocol) -> dict[str, str]:
    return {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}

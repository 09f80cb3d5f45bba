"""What those see who check the numbers of others: the verifier of a study, and who judges the starting set. Extraction: studies_views.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.protocols import Protocol
from bot.methods.studies.extraction import field_words
from bot.steps.studies.finish_extraction import CHOICES, NOT_READ, place_of, places_without
from bot.steps.studies.forms import comparable
from bot.web.studies_words import effect_view, reports_view
from db import differences, effects, people, studies
from db.differences import DifferenceRow
from db.effects import EffectRow
from db.session import Session
from db.studies import OutcomeStatementRow, StudyRow


def verification_view(session: Session, row: StudyRow, protocol: Protocol, *, token: str, problem: str = "",
                      sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the verifier of a study sees: each result as entered and computed, and what is said of the outcomes without one."""
    live = effects.effects_of_study(session, row.id)
    said = {place_of(outcome, window): one for (_, outcome, window), one in studies.all_statements_of(session, [row.id]).items()}
    return {
        "study": row, "reports": reports_view(session, row.id), "address": f"/v/{token}", "problem": problem, "sent": sent or {},
        "review": _review(protocol),
        "waiting": [_shown(effect, protocol) | {"fields": _fields(effect), "before": _before(session, effect)}
                    for effect in live if effect.state == "extracted"],
        "settled": [_shown(effect, protocol) for effect in live if effect.state != "extracted"],
        "without": [_without(words, said.get(place)) for place, words in places_without(live, protocol).items()],
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


def _fields(row: EffectRow) -> list[tuple[str, str, str]]:
    """Return (field, what it is called, as entered) of a result, for a verifier who reads another thing."""
    return [(name, field_words(name), entered) for name, entered in comparable(row).items()]


def _before(session: Session, row: EffectRow) -> list[str]:
    """Return in words how what was disputed about a result, or about the one it corrects, was settled."""
    ids = [row.id, *([row.supersedes_id] if row.supersedes_id is not None else [])]
    return [_settled(one) for one in differences.of_effects(session, ids) if one.choice]


def _settled(one: DifferenceRow) -> str:
    how = {differences.READ: "taken over", differences.ENTERED: "it stands", differences.OTHER: "corrected in another way"}[one.choice]
    reason = f", because: {one.reason}" if one.reason else ""
    if not one.field:
        return f"“{one.read}”: {how}{reason}"
    return f"{field_words(one.field)}: {one.entered or 'nothing'} was entered, {one.read} was read; {how}{reason}"


def _without(label: str, said: OutcomeStatementRow | None) -> dict[str, str]:
    return {"label": label, "words": CHOICES[said.kind if said else NOT_READ], "known": said.known if said else ""}


def _shown(row: EffectRow, protocol: Protocol) -> dict[str, Any]:
    outcome = protocol.outcome(row.outcome)
    return effect_view(row, outcome, protocol) | {"outcome": outcome}


def _review(protocol: Protocol) -> dict[str, str]:
    return {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}

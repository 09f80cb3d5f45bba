"""What others have published, as a bulletin shows it: apart from our own pool, and approximately with the trials reported since.

Which trials may be added, and how: bot/steps/estimates/update_published.py. Our own estimates: compose.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.bulletin.material import UpdatedPublished
from bot.bulletin.numbers import interval, signed
from bot.domain.outcomes import PublishedEstimate
from bot.domain.protocols import Protocol

# Stands before what our own trials say, wherever a published estimate leads.
BELOW = "Apart from it, trials found so far, incomplete"
REASONS = {
    "inside": "may be, or is, inside the published estimate already",
    "design": "not randomised",
    "measure": "on another scale",
    "direction": "its sign points the other way",
    "appraisal": "its risk of bias is not signed yet",
    "held": "it may be one study with another; a person is asked",
    "risk": "at critical risk of bias",
    "notice": "the report that gave its number was retracted, or taken out after a notice",
    "confirmation": "not confirmed by an editor yet",
}


def benchmark(protocol: Protocol) -> dict[str, Any] | None:
    """Return the published review that the estimates are from; None if there is none."""
    start = protocol.starting_point
    if start is None:
        return None
    return {
        "short": start.short, "citation": start.citation, "doi": start.doi, "url": start.url, "searched_to": start.searched_to,
        "databases": start.databases, "studies": start.studies, "participants": start.participants, "facts": list(start.facts),
        "not_known": list(start.not_known), "independence": protocol.independence,
    }


def published(estimate: PublishedEstimate, protocol: Protocol, updates: Sequence[UpdatedPublished]) -> dict[str, Any]:
    """Return a published estimate, and beside it the one with trials reported since; `updated` is None before there is such a trial."""
    update = next((one for one in updates if one.window == (estimate.window or "")), None)
    return {
        "short": protocol.starting_point.short if protocol.starting_point else "Published review", "measure": estimate.measure,
        "estimate": estimate.estimate, "ci_low": estimate.ci_low, "ci_high": estimate.ci_high, "k": estimate.k,
        "participants": estimate.participants, "source": estimate.source, "note": estimate.note,
        "words": f"{estimate.measure} {signed(estimate.estimate)} {interval(estimate.ci_low, estimate.ci_high)}", "favours": estimate.favours,
        "updated": _updated(update, estimate.measure) if update and update.studies else None,
        "not_added": _not_added(update) if update else [],
    }


def lead(protocol: Protocol, estimates: Sequence[Mapping[str, Any]], complete_to: date | None) -> dict[str, Any] | None:
    """Return the published estimate that leads an outcome, updated where it is, None where our own number leads.

    It leads where the protocol says so, until an editor has signed that our own set is complete. It is never averaged with ours.
    """
    if protocol.publishing.leads != "published" or complete_to is not None or not estimates:
        return None
    first = estimates[0]
    updated = first["updated"]
    shown = updated or first
    return {"short": first["short"], "label": "published, updated with trials since (approximate)" if updated else "published",
            "updated": bool(updated), "measure": first["measure"], "favours": first["favours"],
            **{name: shown[name] for name in ("estimate", "ci_low", "ci_high", "words")}}


def _updated(update: UpdatedPublished, measure: str) -> dict[str, Any]:
    lead = update.lead
    return {
        "label": update.label, "studies": list(update.studies), "estimate": lead.estimate, "ci_low": lead.ci_low, "ci_high": lead.ci_high,
        "words": f"{measure} {signed(lead.estimate)} {interval(lead.ci_low, lead.ci_high)}", "assumption": lead.assumption,
        "panel": [{"assumption": _assumed(one.tau, one.assumption), "leads": one == lead,
                   "words": f"{signed(one.estimate)} {interval(one.ci_low, one.ci_high)}"} for one in update.panel],
        "se": update.se, "se_read_as": update.se_read_as, "inputs_sha256": update.inputs_sha256,
    }


def _assumed(tau: float | None, assumption: str) -> str:
    return assumption if tau is None else f"τ = {tau:g}, {assumption}"


def _not_added(update: UpdatedPublished) -> list[dict[str, Any]]:
    """Return the trials of ours that are not added, by reason."""
    kinds = dict.fromkeys(kind for _, kind in update.refused)
    return [{"why": REASONS[kind], "studies": [study for study, of_kind in update.refused if of_kind == kind]} for kind in kinds]

"""What earlier bulletins said of an outcome, oldest first. A bulletin carries it with it, so that it stays whole by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def before(previous: Mapping[str, Any] | None, outcome_id: str) -> list[dict[str, Any]]:
    """Return one entry per earlier bulletin that gave a number for the outcome; previous: the content of the bulletin before."""
    outcome = next((one for one in previous["outcomes"] if one["id"] == outcome_id), None) if previous else None
    if previous is None or outcome is None:
        return []
    entry = said(outcome, previous["searched_to"])
    return [*outcome.get("history", []), *([{"number": previous["number"], **entry}] if entry else [])]


def said(outcome: Mapping[str, Any], searched_to: str) -> dict[str, Any] | None:
    """Return the number of an outcome that leads its trials, with the day to which was searched; None where there is none."""
    result = outcome["result"]
    if result is None or (result["few"] and not result["cautious"]):
        return None
    shown = result["cautious"] or result
    if shown["ci_low"] is None or shown["ci_high"] is None:
        return None
    return {"searched_to": searched_to, "k": result["k"], "certainty": outcome["certainty"],
            **{name: shown[name] for name in ("estimate", "ci_low", "ci_high")}}

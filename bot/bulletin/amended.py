"""What a bulletin says of a protocol that was amended since the one before: what, why, and the estimates by old and new rule, once."""

from __future__ import annotations

from typing import Any

from bot.bulletin import changes
from bot.bulletin.material import Amended
from bot.bulletin.results import result_of

LONGEST = 300


def amended(found: Amended | None, version: str) -> dict[str, Any] | None:
    """Return what is printed, None where nothing was amended. version: of the protocol now."""
    if found is None:
        return None
    return {
        "since": found.since, "version": version,
        "amendments": [{"version": one.version, "dated": one.dated.isoformat(), "what": one.what, "why": one.why, "by": one.by,
                        "after_seeing": one.after_seeing} for one in found.amendments],
        "differences": [{"key": key, "before": _short(before), "after": _short(after)} for key, before, after in found.differences],
        "both": [_both(one.outcome.label, changes.numbers(result_of(one.old), one.before.measure), _k(one.old),
                       changes.numbers(result_of(one.new), one.outcome.measure), _k(one.new)) for one in found.both],
    }


def _both(label: str, old: str, k_old: int, new: str, k_new: int) -> dict[str, Any]:
    return {"outcome": label, "old": old, "k_old": k_old, "new": new, "k_new": k_new, "same": (old, k_old) == (new, k_new)}


def _k(result: Any) -> int:
    return result.k if result else 0


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST].rstrip()} …"

"""What changed since the bulletin before, per outcome, and why. Compares two composed contents; wording of answers: plain_language.py.

An estimate has changed when a number that a reader sees is another one. A conclusion has changed when the signed sentence of a critical
outcome is another one, by its size band, its side or its certainty; an editor confirms it. An interval that crosses no difference is no state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.bulletin.numbers import interval, signed

FIRST, NO_CHANGE, UPDATED, CONCLUSION = "first", "no change", "estimate updated", "conclusion changed"


def status(outcomes: Sequence[Mapping[str, Any]], previous: Mapping[str, Any] | None) -> str:
    """Return the state of a bulletin: first, no change, estimate updated or conclusion changed."""
    if previous is None:
        return FIRST
    if any(outcome["importance"] == "critical" and outcome["change"].get("conclusion") for outcome in outcomes):
        return CONCLUSION
    return UPDATED if any(outcome["change"]["changed"] for outcome in outcomes) else NO_CHANGE


def change(outcome: Mapping[str, Any], previous: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return how an outcome differs from the bulletin before: before and after, the studies that did it, and a sentence."""
    before = _outcome_of(previous, outcome["id"])
    if before is None:
        return {"changed": False, "compared": False, "before": None, "studies": [], "sentence": ""}
    old, new = before["result"], outcome["result"]
    causes = _causes(before["trials"], outcome["trials"])
    conclusion = _concluded(before.get("rating"), outcome.get("rating"))
    moved = _moved(before, outcome)
    apart = _apart(before, outcome)
    changed = _printed(old) != _printed(new) or bool(causes) or bool(conclusion) or bool(moved) or bool(apart)
    said = [_sentence(outcome, old, new, causes)] if _printed(old) != _printed(new) or causes else []
    said += [f"Published estimate of {outcome['label'].lower()}: {moved}"] if moved else []
    said += [apart] if apart else []
    said += [conclusion] if conclusion else []
    return {
        "changed": changed, "compared": True, "before": old, "studies": causes, "conclusion": conclusion,
        "sentence": " ".join(said) if changed else f"{outcome['label']}: nothing changed.",
    }


def _concluded(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """Return how the signed sentence changed, "" if it did not or if either bulletin has none."""
    if old is None or new is None or old["is_stale"] or new["is_stale"] or _signed(old) == _signed(new):
        return ""
    return f"The conclusion changed. Before: {old['statement']} ({old['level']} certainty) Now: {new['statement']} ({new['level']} certainty)"


def _signed(rating: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what of a signed sentence makes it another one: certainty, size and side.

    A very uncertain sentence names neither size nor side, and one about little to no difference names no side.
    """
    if rating["level"] == "very low":
        return (rating["level"],)
    return (rating["level"], rating["size"]) if rating["size"] == "trivial" else (rating["level"], rating["size"], rating["favours"])


def _moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return how the published estimate moved with trials reported since, "" if it did not."""
    old = [_words(one) for one in before["published"]]
    new = [_words(one) for one in now["published"]]
    pairs = [(first, second) for first, second in zip(old, new, strict=False) if first != second]
    return " ".join(f"before {first}, now {second}." for first, second in pairs)


def _apart(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return how the studies without randomisation changed, "" if they did not."""
    old, new = ((one.get("apart") or {}).get("words", "none") for one in (before, now))
    return "" if old == new else f"{now['label']}, studies without randomisation: before {old}; now {new}."


def _words(published: Mapping[str, Any]) -> str:
    return published["updated"]["words"] if published["updated"] else published["words"]


def numbers(result: Mapping[str, Any] | None, measure: str) -> str:
    """Return an estimate as it is written beside another: "SMD −0.36 (−0.65 to −0.06)"."""
    if result is None:
        return "no usable result"
    if result["cautious"]:
        return f"{measure} {result['cautious']['words']}, a cautious estimate"
    if result["few"]:
        return f"{result['k']} trials, too few for one number"
    return f"{measure} {signed(result['estimate'])} {interval(result['ci_low'], result['ci_high'])}"


def _outcome_of(content: Mapping[str, Any] | None, outcome_id: str) -> Mapping[str, Any] | None:
    if content is None:
        return None
    return next((outcome for outcome in content["outcomes"] if outcome["id"] == outcome_id), None)


def _printed(result: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    """Return what of a result a reader sees."""
    return None if result is None else (result["k"], numbers(result, ""))


def _causes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the studies that came, went or were corrected. A study is known by its row, not by its name."""
    old = {trial["study_id"]: trial for trial in before}
    new = {trial["study_id"]: trial for trial in after}
    came = [{"study": new[key]["study"], "what": "new"} for key in new if key not in old]
    went = [{"study": old[key]["study"], "what": "withdrawn"} for key in old if key not in new]
    corrected = [{"study": new[key]["study"], "what": "corrected"} for key in new
                 if key in old and new[key]["words"] != old[key]["words"]]
    return came + went + corrected


def _sentence(outcome: Mapping[str, Any], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None,
              causes: Sequence[Mapping[str, str]]) -> str:
    trials = f"{old['k'] if old else 0} → {new['k'] if new else 0} trials"
    why = "; ".join(f"{cause['study']} ({cause['what']})" for cause in causes) or "the same trials, pooled again"
    return (f"{outcome['label']}: {trials}. Before: {numbers(old, outcome['measure'])}. "
            f"Now: {numbers(new, outcome['measure'])}. Why: {why}.")

"""The closer look at an estimate, as a bulletin shows it: other choices in one table, each trial left out, what next. Numbers in, words out.

How the numbers are computed: bot/methods/synthesis/analyses.py. The answer itself: plain_language.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bot.bulletin.numbers import interval, signed
from bot.domain.outcomes import Outcome
from bot.rendering import plural

Numbers = Mapping[str, Any]
ENOUGH_FOR_A_TEST = 10
TESTS = {
    "root-inverse-n": "a regression of effects on √(1/n₁ + 1/n₂)",
    "egger": "Egger's regression of effects on their standard errors",
}


def closer(outcome: Outcome, analyses: Mapping[str, Numbers]) -> dict[str, Any] | None:
    """Return what a closer look shows of an outcome; None where there is too little to look at. analyses: kind → result as kept."""
    if "sensitivity" not in analyses:
        return None
    look = analyses.get("closer_look")
    cumulated = look["cumulated"] if look else []
    return {
        "sensitivity": _sensitivity(outcome, analyses["sensitivity"]),
        "without": [{"study": study, "words": _words(outcome, one)} for study, one in zip(look["studies"], look["without"], strict=False)]
        if look else [],
        "cumulated": [{"added": one["added"], "since": one["since"], "words": _words(outcome, one), **_span(outcome, one)} for one in cumulated],
        "influence": _influence(look) if look and look["influence"] else [],
        "asymmetry": _asymmetry(look) if look else "",
        "next": _next(outcome, analyses["what_next"]) if "what_next" in analyses else None,
        "repeated": _repeated(outcome, analyses["repeated_looks"]) if "repeated_looks" in analyses else None,
    }  # fmt: skip


def _sensitivity(outcome: Outcome, table: Numbers) -> dict[str, Any]:
    lead = table["rows"][0]
    rows = []
    for row in table["rows"]:
        studies = plural(row["k"], "study", "studies") if row["k"] else "none left"
        rows.append({"label": row["label"], "studies": studies, "left_out": row["left_out"], "words": _words(outcome, row) if row["k"] else "–",
                     "same": row is not lead and row["inputs_sha256"] == lead["inputs_sha256"] if row["k"] else False})
    shown = [{"study": one["study"], "words": _words(outcome, _alone(one["yi"], one["vi"]))} for one in table["shown_only"]]
    return {"rows": rows, "not_appraised": len(table["not_appraised"]), "shown_only": shown}


def _alone(yi: float, vi: float) -> dict[str, float]:
    half = 1.959963984540054 * math.sqrt(vi)
    return {"estimate": yi, "ci_low": yi - half, "ci_high": yi + half}


def _influence(look: Numbers) -> list[dict[str, Any]]:
    found = look["influence"]
    return [{"study": study, "weight": 100.0 * hat, "rstudent": residual, "dffits": dffits, "cook": cook, "flagged": flagged}
            for study, hat, residual, dffits, cook, flagged in zip(
                found["labels"], found["hat"], found["rstudent"], found["dffits"], found["cook"], found["flagged"], strict=True)]


def _asymmetry(look: Numbers) -> str:
    tests = look["tests"]
    if len(look["studies"]) < ENOUGH_FOR_A_TEST:
        return "With fewer than ten trials no test for small-study effects is made."
    if tests is None:
        return "No test for small-study effects was made: the protocol names none, or the trials are all of one size."
    p = tests["named"]["p"]
    told = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return (f"Small-study effects, by the one test that the protocol names, {TESTS[tests['name']]}: {told}. A small p raises a suspicion; by "
            "itself it lowers no certainty.")


def _next(outcome: Outcome, panel: Numbers) -> list[dict[str, Any]]:
    found = []
    for one in panel["thresholds"]:
        about = "no difference" if one["threshold"] == 0.0 else (
            f"the smallest difference that matters ({outcome.measure} {signed(_scaled(outcome, one['threshold']))})")
        trials = [{"size": trial["size"], "crosses": _percent(trial["crosses"]), "settles": _percent(trial["settles"])} for trial in one["next"]]
        found.append({"about": about, "sentence": one["sentence"], "settled": one["settled"], "trials": trials})
    return found


def _repeated(outcome: Outcome, panel: Numbers) -> dict[str, Any]:
    looks, always = panel["looks"], panel["always"]
    rows = [
        {"study": study, "information": _percent(share), "z": z, "bound": bound, "e_value": e,
         "always": interval(_scaled(outcome, low), _scaled(outcome, high))}
        for study, share, z, bound, e, low, high in zip(
            panel["studies"], looks["information"], looks["z"], looks["bound"], always["e_value"], always["low"], always["high"], strict=True)
    ]  # fmt: skip
    return {"rows": rows, "crossed": looks["crossed"], "diversity": _percent(panel["diversity"]), "level": _percent(always["level"])}


def _percent(share: float) -> str:
    return "< 1%" if 0.0 < share < 0.01 else "> 99%" if 0.99 < share < 1.0 else f"{100.0 * share:.0f}%"


def _span(outcome: Outcome, found: Numbers) -> dict[str, float | None]:
    """Return an estimate and its interval on the scale that is shown; None for an end that the interval does not have."""
    return {name: None if found[name] is None else _scaled(outcome, found[name]) for name in ("estimate", "ci_low", "ci_high")}


def _words(outcome: Outcome, found: Numbers) -> str:
    low, high = found["ci_low"], found["ci_high"]
    ends = (-math.inf if low is None else _scaled(outcome, low), math.inf if high is None else _scaled(outcome, high))
    return f"{signed(_scaled(outcome, found['estimate']))} {interval(*ends)}"


def _scaled(outcome: Outcome, value: float) -> float:
    """Return a value on the scale that is shown: a ratio instead of its logarithm."""
    return math.exp(min(value, 700.0)) if outcome.is_ratio else value

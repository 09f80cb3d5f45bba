"""Results, ratings and single studies as JSON values: what compose.py puts together, for the randomised body and for the other one alike.

Studies without randomisation are pooled, rated and shown apart; they never enter the number that leads.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from bot.bulletin import changes
from bot.bulletin.material import Apart, Cautious, Rating, Result, TrialResult
from bot.bulletin.numbers import interval, signed
from bot.domain.outcomes import Outcome
from bot.methods.certainty import statements
from bot.rendering import plural

NOT_RATED = "not rated yet"
APART = "Studies without randomisation, apart"


def apart_of(outcome: Outcome, about: str, apart: Apart | None, known: Collection[int] | None) -> dict[str, Any] | None:
    """Return the non-randomised body of an outcome, None where there is none. known: the studies of it that the bulletin before had."""
    result = result_of(apart.result) if apart else None
    if apart is None or result is None:
        return None
    rating = rating_of(outcome, about, apart.rating)
    people = f", {plural(result['participants'], 'person', 'people')}" if result["participants"] else ""
    said = rating["statement"] if rating and not rating["is_stale"] else ""
    words = f"{plural(result['k'], 'study', 'studies')}{people}, {changes.numbers(result, outcome.measure)}"
    return {
        "label": APART, "result": result, "rating": rating, "certainty": certainty_of(rating), "words": words,
        "sentence": " ".join(part for part in (f"{APART}: {words}.", said, f"Certainty: {certainty_of(rating)}.") if part),
        "trials": [trial_of(one, is_new=known is not None and one.study_id not in known, pooled=not apart.result.is_few)
                   for one in apart.trials] if apart.result else [],
    }


def certainty_of(rating: Mapping[str, Any] | None) -> str:
    """Return how certain the evidence is, as signs and a word, or that nobody has said so."""
    if rating is None:
        return NOT_RATED
    return "rated on other data, to be rated again" if rating["is_stale"] else f"{rating['signs']} {rating['level']}"


def rating_of(outcome: Outcome, about: str, rating: Rating | None) -> dict[str, Any] | None:
    """Return a signed rating with its sentence. about: the intervention, as it stands inside a sentence."""
    if rating is None:
        return None
    return {"level": rating.level, "signs": rating.signs, "is_stale": rating.is_stale, "size": rating.size,
            "favours": rating.favours, "by": rating.by,
            "statement": statements.sentence(outcome, about, certainty=rating.level, size=rating.size,
                                             favourable=rating.favours, both_ways=rating.both_ways),
            "reasons": [{"domain": domain.replace("_", " "), "steps": steps, "words": words} for domain, steps, words in rating.reasons]}


def result_of(found: Result | None) -> dict[str, Any] | None:
    """Return what pooling gave, or None."""
    if found is None:
        return None
    return {
        "k": found.k, "participants": found.participants, "estimate": found.estimate,
        "ci_low": _finite(found.ci_low), "ci_high": _finite(found.ci_high),
        "pi_low": _finite(found.pi_low), "pi_high": _finite(found.pi_high), "tau2": found.tau2, "i2": found.i2,
        "pooled": found.pooled, "few": found.is_few, "lead": found.lead, "model": found.model,
        "interval": found.interval, "prediction_interval": found.prediction_interval, "inputs_sha256": found.inputs_sha256,
        "cautious": _cautious(found.cautious),
    }


def _cautious(found: Cautious | None) -> dict[str, Any] | None:
    if found is None:
        return None
    others = {name: f"{signed(one.estimate)} {interval(one.ci_low, one.ci_high)}"
              for name, one in (("knapp_hartung", found.knapp_hartung), ("wald", found.wald))}
    return {"estimate": found.estimate, "ci_low": _finite(found.ci_low), "ci_high": _finite(found.ci_high), "prior": found.prior,
            "words": f"{signed(found.estimate)} {interval(found.ci_low, found.ci_high)}", **others}


def _finite(value: float | None) -> float | None:
    """Return a number that JSON can hold: an endless one becomes None, and is written as endless again."""
    return value if value is not None and math.isfinite(value) else None


def trial_of(trial: TrialResult, *, is_new: bool, pooled: bool) -> dict[str, Any]:
    """Return one study's number. pooled: whether its weight in one is shown."""
    return {
        "study_id": trial.study_id, "study": trial.study, "estimate": trial.estimate,
        "ci_low": _finite(trial.ci_low), "ci_high": _finite(trial.ci_high),
        "weight": trial.weight if pooled else None, "participants": trial.participants, "is_new": is_new, "instrument": trial.instrument,
        "time_point": trial.time_point, "window": trial.window, "experimental": trial.experimental, "comparator": trial.comparator,
        "design": trial.design, "source": trial.source, "note": trial.note, "question": trial.question, "answer": trial.answer,
        "spread": trial.spread, "risk": asdict(trial.risk) if trial.risk else None,
        "words": f"{signed(trial.estimate)} {interval(trial.ci_low, trial.ci_high)}",
    }

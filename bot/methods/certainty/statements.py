"""The sentence that says what the evidence means: the size picks the words, the certainty the verb. Written once, used everywhere.

After GRADE guideline 26 (Santesso 2020, doi:10.1016/j.jclinepi.2019.10.014); the wording is our own. Never "significant", never "no effect".
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict

from bot.domain.outcomes import Change, Outcome, SizeBands
from bot.methods.certainty.body import Body, Thresholds
from bot.methods.certainty.levels import SIGNS, Level
from bot.methods.certainty.sizes import Bands, Size, size_after, size_of

UNSIZED = "unsized"


def bands_of(outcome: Outcome, bands: SizeBands | None, margin_of_mid: float) -> Bands | None:
    """Return where small, moderate and large begin for an outcome, on the scale of pooling; None where nothing is laid down.

    An outcome's own smallest important difference comes before the fallback of the bands; a boundary that it overtakes moves up to it.
    """
    scale = math.log if outcome.is_ratio else float
    first = outcome.mid.value if outcome.mid else bands.small if bands else None
    if first is None:
        return None
    small = scale(first)
    # Where only the smallest difference is laid down nothing is ever called more than small: there is no ground for it.
    rest = [max(small, scale(edge)) for edge in (bands.moderate, bands.large)] if bands else [1e9, 1e9]
    return Bands(small, *rest, margin=margin_of_mid * small)


def size_said(outcome: Outcome, estimate: float, bands: Bands | None, *, last: tuple[str, bool] | None = None) -> str:
    """Return the size of an estimate, on the scale of pooling, in a word; UNSIZED where no size can be told.

    last: the size in the last published sentence and whether it favoured the intervention, None if there was none. That size stays unless
    the estimate lies beyond its boundary by the margin of the bands.
    """
    if bands is None:
        return UNSIZED
    if last is None or last[0] == UNSIZED:
        return size_of(estimate, bands).name.lower()
    was_positive = last[1] != (outcome.direction == "lower")
    return size_after(estimate, bands, before=Size[last[0].upper()], was_positive=was_positive).name.lower()


def sentence(outcome: Outcome, intervention: str, *, certainty: str, size: str, favourable: bool, both_ways: bool = False) -> str:
    """Return the sentence for a size (trivial, small, moderate, large, unsized) and a level of certainty.

    favourable: on which side of no difference the estimate lies. both_ways: the interval reaches important effects in both directions; both
    are then said.
    """
    if certainty == Level.VERY_LOW:
        return f"We are very uncertain about the effect of {intervention} on {outcome.phrase}."
    change = outcome.better if favourable else outcome.worse
    said = f"{intervention[:1].upper()}{intervention[1:]} {_predicate(change, outcome.phrase, size, certainty)}"
    if both_ways:
        said += f", but an important {outcome.better.noun} and an important {outcome.worse.noun} are both possible"
    return f"{said}."


def shown(certainty: str) -> str:
    """Return a level as signs and a word: "⊕⊕⊖⊖ Low"."""
    return f"{SIGNS[Level(certainty)]} {certainty.capitalize()}"


def fingerprint(body: Body, thresholds: Thresholds, standing: Mapping[str, object] | None = None) -> str:
    """Return the SHA-256 of all that a rating rests on; when it is another one, the rating is stale. standing: what else was on the page."""
    whole = {"body": _plain(asdict(body)), "thresholds": _plain(asdict(thresholds)), "standing": dict(standing or {})}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, float):
        # Nine digits are more than any reader sees: another machine's last bit makes no rating stale.
        return round(value, 9)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _predicate(change: Change, phrase: str, size: str, certainty: str) -> str:
    may = certainty == Level.LOW
    results, verb = ("result", change.verb) if may else ("results", change.verbs)
    said = {"trivial": f"{results} in little to no difference in {phrase}", "large": f"{results} in a large {change.noun} in {phrase}",
            "small": f"{verb} {phrase} slightly"}.get(size, f"{verb} {phrase}")
    return f"may {said}" if may else f"probably {said}" if certainty == Level.MODERATE else said

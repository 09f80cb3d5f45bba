"""The numbers of a route to an effect, before it is turned: arms summarised, combined and shrunk by clustering. Turning: computation.py.

No formula stands here; they are in bot/methods/synthesis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.effects import Effect
from bot.errors import EffectSizeError
from bot.methods.studies.routes import MEANS_LIKE
from bot.methods.synthesis import conversions, effect_sizes, reported
from bot.methods.synthesis.conversions import Arm
from bot.methods.synthesis.medians import from_five_numbers

Given = Mapping[str, float]


def from_numbers(given: Given, route: str, measure: str, study: str) -> Effect:
    """Return the effect of a route's numbers, intervention minus comparison in the instrument's own direction. Raises EffectSizeError."""
    if route in MEANS_LIKE:
        return _of_means(given, route, measure, study)
    return _BY_ROUTE[route](given, measure, study)


def arm_in_means(given: Given, which: str, route: str) -> Arm:
    """Return mean and SD of an arm (`e` or `c`), a further arm of the same kind combined with it. Raises EffectSizeError."""
    first = _arm(given, which, route)
    return conversions.combined(first, _arm(given, f"{which}2", route)) if f"n_{which}2" in given else first


def _arm(given: Given, end: str, route: str) -> Arm:
    n = float(given[f"n_{end}"])
    if route in ("means", "means_se", "means_ci"):
        mean = float(given[f"mean_{end}"])
        if route == "means":
            return Arm(n, mean, float(given[f"sd_{end}"]))
        if route == "means_se":
            return Arm(n, mean, float(conversions.sd_from_se(given[f"se_{end}"], n)))
        return Arm(n, mean, float(conversions.sd_from_interval(given[f"low_{end}"], given[f"high_{end}"], n, level=_level(given))))
    named = {name: float(given[f"{name}_{end}"]) for name in ("minimum", "q1", "median", "q3", "maximum") if f"{name}_{end}" in given}
    found = from_five_numbers(n=n, study="Intervention arm" if end.startswith("e") else "Comparison arm", **named)  # type: ignore[arg-type]
    if found.mean is None or found.sd is None:
        raise EffectSizeError("These quartiles or this range look skewed (Shi 2023), so no mean and SD are made of them. Ask the authors, or "
                              "say that it was measured without a usable number, with the medians.")
    return Arm(n, found.mean, found.sd)


def _of_means(given: Given, route: str, measure: str, study: str) -> Effect:
    experimental, comparator = arm_in_means(given, "e", route), arm_in_means(given, "c", route)
    compute = effect_sizes.mean_difference if measure == "MD" else effect_sizes.standardised_mean_difference
    return compute(mean_e=experimental.mean, sd_e=experimental.sd, n_e=experimental.n / _design_effect(given, "e"),
                   mean_c=comparator.mean, sd_c=comparator.sd, n_c=comparator.n / _design_effect(given, "c"), study=study)


def _of_t(given: Given, measure: str, study: str) -> Effect:
    return reported.from_t(t=_signed(given, "t"), study=study, **_sizes(given))


def _of_f(given: Given, measure: str, study: str) -> Effect:
    t = float(conversions.t_from_f(given["f"], given["sign"]))
    return reported.from_t(t=t, study=study, **_sizes(given))


def _of_p(given: Given, measure: str, study: str) -> Effect:
    return reported.from_p(p=given["p"], sign=given["sign"], study=study, **_sizes(given))


def _of_ancova(given: Given, measure: str, study: str) -> Effect:
    return reported.from_ancova_t(t=_signed(given, "t"), r2=given["r2"], study=study, **_sizes(given))


def _of_difference(given: Given, measure: str, study: str) -> Effect:
    """A plain difference: its interval gives the SD within the arms, which is then used as any other."""
    n_e, n_c = given["n_e"], given["n_c"]
    sd = float(conversions.sd_from_mean_difference(given["low"], given["high"], n_e, n_c, level=_level(given)))
    effect = _of_means({**given, "mean_e": _signed(given, "difference"), "mean_c": 0.0, "sd_e": sd, "sd_c": sd}, "means", measure, study)
    return _then("sd-from-difference", effect)


def _of_adjusted(given: Given, measure: str, study: str) -> Effect:
    n_e, n_c = given["n_e"], given["n_c"]
    pooled = math.sqrt(((n_e - 1) * given["sd_e"] ** 2 + (n_c - 1) * given["sd_c"] ** 2) / (n_e + n_c - 2))
    if "se" in given:
        se = given["se"]
    else:
        within = float(conversions.sd_from_mean_difference(given["low"], given["high"], n_e, n_c, level=_level(given)))
        se = within * math.sqrt(1 / n_e + 1 / n_c)
    return reported.from_adjusted_difference(difference=_signed(given, "difference"), se=se, sd=pooled, study=study, **_sizes(given))


def _of_change(given: Given, measure: str, study: str) -> Effect:
    r = given["r"] if "r" in given else _correlation(given, study)
    return reported.from_changes(change_e=given["change_e"], sd_e=given["sd_before_e"], change_c=given["change_c"], sd_c=given["sd_before_c"],
                                 r=r, study=study, **_sizes(given))


def _correlation(given: Given, study: str) -> float:
    """Return the mean of the correlations that the three SDs of each arm imply."""
    found = [float(conversions.correlation_from_changes(given[f"sd_before_{arm}"], given[f"sd_after_{arm}"], given[f"sd_change_{arm}"]))
             for arm in ("e", "c")]
    if any(not -1 < r < 1 for r in found):
        raise EffectSizeError(f"{study}: the SDs before, after and of the change imply a correlation of {max(found, key=abs):.2f}. Is one of "
                              "them a standard error?")
    return sum(found) / 2


def _of_crossover(given: Given, measure: str, study: str) -> Effect:
    return reported.from_crossover(mean_e=given["mean_e"], sd_e=given["sd_e"], mean_c=given["mean_c"], sd_c=given["sd_c"],
                                   n=given["n_e"], r=given["r"], study=study)


def _of_events(given: Given, measure: str, study: str) -> Effect:
    compute = {"SMD": effect_sizes.from_events, "RR": effect_sizes.risk_ratio, "OR": effect_sizes.odds_ratio,
               "RD": effect_sizes.risk_difference}[measure]
    n, events = ({arm: (given[f"{stem}_{arm}"] + given.get(f"{stem}_{arm}2", 0)) / _design_effect(given, arm) for arm in ("e", "c")}
                 for stem in ("n", "events"))
    return compute(events_e=events["e"], n_e=n["e"], events_c=events["c"], n_c=n["c"], study=study)


def _of_ratio(given: Given, measure: str, study: str) -> Effect:
    kind = "OR" if measure == "SMD" else measure
    found = reported.from_interval(estimate=math.log(given["ratio"]), low=math.log(given["low"]), high=math.log(given["high"]),
                                   level=_level(given), measure=kind, study=study, **_sizes(given))
    if measure != "SMD":
        return found
    yi, vi = conversions.smd_from_log_odds_ratio(found.yi, found.vi)
    return _then(found.formula, Effect(study, float(yi), float(vi), "SMD", found.n_e, found.n_c, "odds_ratio", "or-to-smd-logistic"))


def _of_smd(given: Given, measure: str, study: str) -> Effect:
    n_e, n_c = (given[f"n_{arm}"] / _design_effect(given, arm) for arm in ("e", "c"))
    return effect_sizes.from_reported_smd(smd=given["smd"], n_e=n_e, n_c=n_c, study=study)


def _of_smd_interval(given: Given, measure: str, study: str) -> Effect:
    return reported.from_interval(estimate=_signed(given, "smd"), low=given["low"], high=given["high"], level=_level(given), measure="SMD",
                                  study=study, **_sizes(given))


_BY_ROUTE: dict[str, Callable[[Given, str, str], Effect]] = {
    "t": _of_t, "f": _of_f, "p": _of_p, "ancova_t": _of_ancova, "difference": _of_difference, "adjusted": _of_adjusted, "change": _of_change,
    "crossover": _of_crossover, "events": _of_events, "odds_ratio": _of_ratio, "risk_ratio": _of_ratio, "smd": _of_smd,
    "smd_ci": _of_smd_interval,
}


def _then(step: str, effect: Effect) -> Effect:
    return Effect(effect.study, effect.yi, effect.vi, effect.measure, effect.n_e, effect.n_c, effect.route, f"{step} + {effect.formula}",
                  effect.warnings)


def _sizes(given: Given) -> dict[str, Any]:
    """Return n of each arm, and both divided by their design effects where a group or a peer serves several participants."""
    n_e, n_c = given["n_e"], given["n_c"]
    effects = _design_effect(given, "e"), _design_effect(given, "c")
    return {"n_e": n_e, "n_c": n_c, "adjusted_sizes": None if effects == (1.0, 1.0) else (n_e / effects[0], n_c / effects[1])}


def _design_effect(given: Given, arm: str) -> float:
    if f"cluster_size_{arm}" not in given:
        return 1.0
    return float(conversions.design_effect(given[f"cluster_size_{arm}"], given[f"icc_{arm}"]))


def _signed(given: Given, name: str) -> float:
    """Return a number with the sign that the paper's words give it; how it was printed means another thing in each report."""
    return math.copysign(given[name], given["sign"])


def _level(given: Given) -> float:
    return given.get("level", 95.0) / 100.0

"""From what a trial reports to one effect and its variance, for one study, guarded. Whole columns at once: two_groups.py, tables.py.

Conversions between what papers give (SE, interval, t, p, medians, change scores): conversions.py. What was checked against the paper:
bot/methods/studies. Signs are experimental minus comparator, on the instrument as it is; `Effect.turned` turns them.
"""

from __future__ import annotations

import math
from enum import StrEnum

from bot.domain.effects import Effect
from bot.errors import EffectSizeError
from bot.methods.synthesis import tables, two_groups

LARGE = 2.0
SQRT3_OVER_PI = math.sqrt(3.0) / math.pi


class SmdVariance(StrEnum):
    """Variances of a standardised mean difference, by their names in metafor."""

    LS = "LS"
    LS2 = "LS2"
    UB = "UB"


def standardised_mean_difference(
    *,
    mean_e: float | None,
    sd_e: float | None,
    n_e: float | None,
    mean_c: float | None,
    sd_c: float | None,
    n_c: float | None,
    study: str = "",
    variance: SmdVariance = SmdVariance.LS,
) -> Effect:
    """Return Hedges' g, (mean_e - mean_c) / pooled SD with the exact correction by the gamma function, and its variance.

    LS (default): 1 / n_e + 1 / n_c + g² / (2 (n_e + n_c)). LS2 and UB: two_groups.py. Raises EffectSizeError naming study and arm.
    Source: Hedges 1981; Hedges & Olkin 1985.
    """
    experimental = _arm_of_means(mean_e, sd_e, n_e, study, "experimental")
    comparator = _arm_of_means(mean_c, sd_c, n_c, study, "control")
    (m1, s1, n1), (m2, s2, n2) = experimental, comparator
    yi, vi = two_groups.smd(m1, s1, n1, m2, s2, n2, variance=variance.value)
    return _effect(study, float(yi), float(vi), "SMD", n1, n2, "means", f"smd-{variance.value}")


def mean_difference(
    *,
    mean_e: float | None,
    sd_e: float | None,
    n_e: float | None,
    mean_c: float | None,
    sd_c: float | None,
    n_c: float | None,
    study: str = "",
) -> Effect:
    """Return mean_e - mean_c in units of the scale, with the variance sd_e² / n_e + sd_c² / n_c."""
    m1, s1, n1 = _arm_of_means(mean_e, sd_e, n_e, study, "experimental")
    m2, s2, n2 = _arm_of_means(mean_c, sd_c, n_c, study, "control")
    yi, vi = two_groups.mean_difference(m1, s1, n1, m2, s2, n2)
    return _effect(study, float(yi), float(vi), "MD", n1, n2, "means", "md")


def ratio_of_means(
    *,
    mean_e: float | None,
    sd_e: float | None,
    n_e: float | None,
    mean_c: float | None,
    sd_c: float | None,
    n_c: float | None,
    study: str = "",
) -> Effect:
    """Return the logarithm of the ratio of means (bias-corrected; Lajeunesse 2015); both means must be above 0."""
    m1, s1, n1 = _arm_of_means(mean_e, sd_e, n_e, study, "experimental")
    m2, s2, n2 = _arm_of_means(mean_c, sd_c, n_c, study, "control")
    for arm, mean in (("experimental", m1), ("control", m2)):
        if mean <= 0.0:
            raise EffectSizeError(
                f"{_where(study, arm)}: mean = {mean:g}; a ratio of means needs means above 0. Use a difference."
            )
    yi, vi = two_groups.ratio_of_means(m1, s1, n1, m2, s2, n2, corrected=True)
    return _effect(study, float(yi), float(vi), "ROM", n1, n2, "means", "rom")


def risk_ratio(
    *, events_e: float | None, n_e: float | None, events_c: float | None, n_c: float | None, study: str = ""
) -> Effect:
    """Return the log risk ratio; 1/2 is added to every cell of a table with an empty one."""
    return _from_table("RR", events_e, n_e, events_c, n_c, study)


def odds_ratio(
    *, events_e: float | None, n_e: float | None, events_c: float | None, n_c: float | None, study: str = ""
) -> Effect:
    """Return the log odds ratio; 1/2 is added to every cell of a table with an empty one."""
    return _from_table("OR", events_e, n_e, events_c, n_c, study)


def risk_difference(
    *, events_e: float | None, n_e: float | None, events_c: float | None, n_c: float | None, study: str = ""
) -> Effect:
    """Return the risk difference; 1/2 is added to every cell of a table with an empty one, for its variance would be 0."""
    return _from_table("RD", events_e, n_e, events_c, n_c, study)


def from_events(
    *, events_e: float | None, n_e: float | None, events_c: float | None, n_c: float | None, study: str = ""
) -> Effect:
    """Return a standardised difference from events: the log odds ratio times √3 / π, its variance times 3 / π².

    More events in the experimental arm give a positive effect. Source: Chinn 2000; Cochrane Handbook 10.6.
    """
    ratio = odds_ratio(events_e=events_e, n_e=n_e, events_c=events_c, n_c=n_c, study=study)
    return _effect(
        study, ratio.yi * SQRT3_OVER_PI, ratio.vi * SQRT3_OVER_PI**2, "SMD", ratio.n_e, ratio.n_c, "events", "or-to-smd-logistic"
    )


def from_reported_smd(*, smd: float | None, n_e: float | None, n_c: float | None, study: str = "") -> Effect:
    """Return a reported standardised difference as it is, with v = 1 / n_e + 1 / n_c + d² / (2 (n_e + n_c)).

    No small-sample correction is made: papers seldom say whether theirs has one.
    """
    value = _number(smd, "smd", _where(study, ""), "Enter the standardised difference as the paper gives it, or means and SDs.")
    n1, n2 = _size(n_e, _where(study, "experimental")), _size(n_c, _where(study, "control"))
    return _effect(study, value, 1.0 / n1 + 1.0 / n2 + value**2 / (2.0 * (n1 + n2)), "SMD", n1, n2, "smd", "smd-as-reported")


def from_estimate_and_se(
    *, estimate: float | None, se: float | None, measure: str, study: str = "", n_e: float | None = None, n_c: float | None = None
) -> Effect:
    """Return an effect that a paper gives with its standard error (ratios: both on the logarithm)."""
    where = _where(study, "")
    value = _number(estimate, "estimate", where, "Enter the effect as the paper gives it.")
    error = _number(se, "se", where, "If the paper gives an interval, enter that instead.")
    if error <= 0.0:
        raise EffectSizeError(f"{where}: se = {error:g}; must be > 0. If the paper gives an interval, enter that instead.")
    return _effect(study, value, error**2, measure, n_e, n_c, "estimate", "as-reported")


def _from_table(
    measure: str, events_e: float | None, n_e: float | None, events_c: float | None, n_c: float | None, study: str
) -> Effect:
    a, n1 = _arm_of_events(events_e, n_e, study, "experimental")
    c, n2 = _arm_of_events(events_c, n_c, study, "control")
    if measure != "RD" and (a + c == 0.0 or a + c == n1 + n2):
        seen = "no events" if a + c == 0.0 else "everybody had the event"
        raise EffectSizeError(
            f"{study or 'This study'}: {seen} in both arms; a ratio cannot be told from that. "
            "Pool this outcome by Mantel-Haenszel or as a risk difference, or say in words what was seen."
        )
    yi, vi = tables.measure(measure, a, n1 - a, c, n2 - c)
    return _effect(study, float(yi), float(vi), measure, n1, n2, "events", f"{measure.lower()}-log" if measure != "RD" else "rd")


def _effect(
    study: str, yi: float, vi: float, measure: str, n_e: float | None, n_c: float | None, route: str, formula: str
) -> Effect:
    warnings: tuple[str, ...] = ()
    if measure == "SMD" and abs(yi) > LARGE:
        question = "Are the SDs standard errors? Is a change mixed with a final value?"
        warnings = (f"{study or 'This study'}: |SMD| = {abs(yi):.2f} is larger than {LARGE:g}. {question}",)
    return Effect(study, yi, vi, measure, n_e, n_c, route, formula, warnings)


def _arm_of_means(mean: float | None, sd: float | None, n: float | None, study: str, arm: str) -> tuple[float, float, float]:
    where = _where(study, arm)
    value = _number(mean, "mean", where, "If the paper gives medians, enter median and quartiles.")
    spread = _number(sd, "sd", where, "If the paper gives a standard error or an interval, enter it as se or ci.")
    if spread <= 0.0:
        raise EffectSizeError(f"{where}: sd = {spread:g}; must be > 0. If the paper gives a standard error, enter it as se.")
    return value, spread, _size(n, where)


def _arm_of_events(events: float | None, n: float | None, study: str, arm: str) -> tuple[float, float]:
    where = _where(study, arm)
    size = _number(n, "n", where, "Enter how many were analysed in this arm.")
    if size < 1.0:
        raise EffectSizeError(
            f"{where}: n = {size:g}; at least one person must be analysed in each arm. With one arm there is no comparison."
        )
    count = _number(events, "events", where, "If the paper gives a percentage, enter the count that it stands for.")
    if not 0.0 <= count <= size:
        raise EffectSizeError(
            f"{where}: events = {count:g}; must lie between 0 and n = {size:g}. Are events and non-events swapped?"
        )
    return count, size


def _size(n: float | None, where: str) -> float:
    size = _number(n, "n", where, "Enter how many were analysed in this arm.")
    if size < 2.0:
        raise EffectSizeError(f"{where}: n = {size:g}; must be at least 2. Enter how many were analysed, or leave the study out.")
    return size


def _number(value: float | None, name: str, where: str, instead: str) -> float:
    if value is None:
        raise EffectSizeError(f"{where}: {name} is missing. {instead}")
    number = float(value)
    if not math.isfinite(number):
        raise EffectSizeError(f"{where}: {name} = {number}; must be a number. {instead}")
    return number


def _where(study: str, arm: str) -> str:
    parts = [part for part in (study, f"{arm} arm" if arm else "") if part]
    return ", ".join(parts) or "This study"

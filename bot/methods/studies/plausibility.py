"""Numbers that can be entered but look wrong: each is asked about by name, none is blocked, and the answer is kept.

What cannot be entered at all: bot/methods/studies/extraction.py. Thresholds are ours unless a source stands beside them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.domain.outcomes import Instrument
from bot.domain.results import Numbers, Result
from bot.methods.studies.routes import ROUTES
from bot.methods.studies.windows import WEEKS_PER_MONTH, span

LARGE = 2.0
# Share of the scale's range below which an SD is likely a standard error, and above which it is likely no SD at all.
SD_LOW, SD_HIGH = 0.05, 0.5
UNEQUAL_ARMS = 1.5
OTHER_OUTCOMES = 1.25
FEW_ANALYSED = 0.5

FAR_P = 4.0
SD_OF_MEAN = 0.05
_P = re.compile(r"\bp(?:[ -]?value)?\s*([=<>≤≥])\s*(0?[.,]\d+|1[.,]0+)", re.IGNORECASE)
_DF = re.compile(r"\bt\s*\(\s*(\d{1,6})(?:\.\d+)?\s*\)|\bF\s*\(\s*1\s*,\s*(\d{1,6})", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*-?\s*(month|week)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """Something to look up again. id: stable, the name of the answer's field; text: what looks wrong and what to check."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another result that stands in the review already. study, outcome: as people call them; same_study: of the same trial."""

    same_study: bool
    study: str
    outcome: str
    result: Result


@dataclass(frozen=True, slots=True)
class Entry:
    """One result as entered, with what is needed to doubt it.

    size: the standardised difference or log ratio it gives, aligned by the outcome; favours_below: whether a negative size favours
    the intervention. means: mean and SD in each arm where the route gives them, as entered or converted. variance: of size, None if not
    known. instrument: None if it is not one of the protocol's.
    """

    result: Result
    instrument: Instrument | None
    size: float
    favours_below: bool
    means: Numbers | None = None
    variance: float | None = None

    @property
    def numbers(self) -> Numbers:
        """The numbers as entered."""
        return self.result.numbers

    @property
    def in_means(self) -> Numbers | None:
        """Mean and SD in each arm, None where the route gives none."""
        return self.numbers if self.numbers.route == "means" else self.means

    @property
    def is_directed(self) -> bool:
        """Whether the direction is the words' own, so that it cannot contradict them."""
        return self.numbers.route in ROUTES and ROUTES[self.numbers.route].directed


def questions(entry: Entry, others: Iterable[Other]) -> tuple[Question, ...]:
    """Return what to ask the person who entered this result, in a fixed order; empty if nothing looks wrong."""
    known = tuple(others)
    found: list[Question] = []
    for guard in _ALONE:
        found += guard(entry)
    for compare in _AMONG_OTHERS:
        found += compare(entry, known)
    return tuple(found)


def _large(entry: Entry) -> list[Question]:
    if abs(entry.size) <= LARGE:
        return []
    return [Question("large", f"The effect is {entry.size:.2f}, larger than nearly any trial of this kind. Are the SDs standard errors, "
                              "or is it a change within one arm?")]


def _deviations(entry: Entry) -> list[Question]:
    means = entry.in_means
    if means is None:
        return []
    for sd, n, arm in ((means.sd_e, means.n_e, "intervention"), (means.sd_c, means.n_c, "comparison")):
        assert sd is not None
        if _looks_like_standard_error(sd, n, entry.instrument):
            return [Question("sd_like_se", f"The SD {sd:g} of the {arm} arm is small for this instrument; times the square root of n it would "
                                           f"be {sd * math.sqrt(n):.3g}. Does the report call it SD, or SE?")]
        if (width := _width(entry.instrument)) is not None and sd > SD_HIGH * width:
            return [Question("sd_large", f"The SD {sd:g} of the {arm} arm is more than half of the instrument's range. Is it the SD of this "
                                         "score?")]
    return []


def _looks_like_standard_error(sd: float, n: int, instrument: Instrument | None) -> bool:
    reference = instrument.reference_sd if instrument else None
    if reference is not None and sd < 0.4 * reference:
        # Times √n it is what this scale's SDs are: then it very likely is a standard error.
        return 0.5 * reference <= sd * math.sqrt(n) <= 2 * reference
    width = _width(instrument)
    return width is not None and sd < SD_LOW * width


def _spread_unlike_mean(entry: Entry) -> list[Question]:
    """On a scale whose range nobody has stated, an SD of a few per cent of the mean is likely a standard error (Salzer 2016: 0.14 of 4.65)."""
    means = entry.in_means
    if means is None or _width(entry.instrument) is not None:
        return []
    for sd, mean, n, arm in ((means.sd_e, means.mean_e, means.n_e, "intervention"), (means.sd_c, means.mean_c, means.n_c, "comparison")):
        if sd is not None and mean and sd < SD_OF_MEAN * abs(mean):
            return [Question("sd_like_se", f"The SD {sd:g} of the {arm} arm is small beside its mean {mean:g}; times the square root of n it "
                                           f"would be {sd * math.sqrt(n):.3g}. Does the report call it SD, or SE?")]
    return []


def _degrees(entry: Entry) -> list[Question]:
    """Hold the degrees of freedom that the quoted sentence prints against the people analysed, as in Schlosser's t(55) of 43 randomised."""
    told = _DF.search(entry.result.quote)
    people = entry.numbers.analysed("e") + entry.numbers.analysed("c")
    df = int(told[1] or told[2]) if told is not None else 0
    if df + 2 <= people:
        return []
    return [Question("df_above_n", f"The sentence gives {df} degrees of freedom, more than {people} people analysed leave. Is the test of "
                                   "another comparison, or within one arm over time?")]


def _scale(entry: Entry) -> list[Question]:
    instrument = entry.instrument
    means = entry.in_means
    if means is None or instrument is None or instrument.low is None or instrument.high is None:
        return []
    outside = [mean for mean in (means.mean_e, means.mean_c)
               if mean is not None and not instrument.low <= mean <= instrument.high]
    return [Question("mean_outside_scale", f"A mean of {outside[0]:g} lies outside {instrument.name} ({instrument.low:g} to "
                     f"{instrument.high:g}). Is it a change score, another scoring or another instrument?")] if outside else []


def _randomised(entry: Entry) -> list[Question]:
    found: list[Question] = []
    for analysed, randomised, arm in ((entry.numbers.analysed("e"), entry.result.randomised_e, "intervention"),
                                      (entry.numbers.analysed("c"), entry.result.randomised_c, "comparison")):
        if randomised is None:
            continue
        if analysed > randomised:
            found.append(Question("n_above_randomised", f"{analysed} analysed in the {arm} arm, more than the {randomised} randomised. Which of "
                                                        "the two does the report give for this outcome?"))
        elif analysed < FEW_ANALYSED * randomised:
            found.append(Question("few_analysed", f"{analysed} of {randomised} randomised were analysed in the {arm} arm. Are these completers "
                                                  "only?"))
    return found[:1]


def _arms(entry: Entry) -> list[Question]:
    n_e, n_c = entry.numbers.analysed("e"), entry.numbers.analysed("c")
    if max(n_e, n_c) <= UNEQUAL_ARMS * min(n_e, n_c):
        return []
    return [Question("arms_unequal", f"The arms are unequal: {n_e} against {n_c}. Was that planned (see the registration), and were all "
                                     "allocated at random?")]


def _direction(entry: Entry) -> list[Question]:
    if not entry.result.says or entry.size == 0 or entry.is_directed:
        return []
    favours = "intervention" if (entry.size < 0) == entry.favours_below else "comparison"
    if favours == entry.result.says:
        return []
    return [Question("sign_against_words", f"The numbers favour the {favours}, the report's words favour the {entry.result.says}. Are the arms "
                                           "or the direction of the instrument exchanged?")]


def _reported(entry: Entry) -> list[Question]:
    if entry.numbers.route not in ("smd", "smd_ci"):
        return []
    return [Question("between_arms", "A reported difference is taken as it is. Does the report say that it is between the arms, not within one "
                                     "arm over time, and what it was divided by?")]


def _reported_p(entry: Entry) -> list[Question]:
    """Hold the p that the quoted sentence prints against the one that the numbers give, where they fall on two sides of a factor of four."""
    told = _P.search(entry.result.quote)
    if told is None or entry.variance is None or entry.numbers.route == "p":
        return []
    computed = math.erfc(abs(entry.size) / math.sqrt(2.0 * entry.variance))
    bound, printed = told[1], float(told[2].replace(",", "."))
    agrees = (computed < 2 * printed if bound in ("<", "≤") else computed > printed / 2 if bound in (">", "≥")
              else printed / FAR_P <= max(computed, 0.0005) <= max(printed, 0.0005) * FAR_P)
    return [] if agrees else [Question("p_unlike", f"The sentence gives p {bound} {printed:g}, these numbers give p = {computed:.2g}. Is the "
                                                   "test adjusted, of another time, or are the numbers of another result?")]


def _time(entry: Entry) -> list[Question]:
    told = _TIME.search(entry.result.time_point)
    if told is None or entry.result.months is None:
        return []
    number, is_months = float(told[1]), told[2].lower() == "month"
    entered = entry.result.months * WEEKS_PER_MONTH if is_months else entry.result.months
    # A time point may be counted from another day than randomisation: only the very number in the wrong unit is asked about.
    if abs(entered - number) > 0.05:
        return []
    return [Question("months_or_weeks", f"The time point reads “{entry.result.time_point}”, and {span(entry.result.months)} since randomisation "
                                        "were entered. Weeks, or months?")]


def _participants_of_others(entry: Entry, others: Sequence[Other]) -> list[Question]:
    for other in others:
        if not other.same_study or _arms_of(other.result) != _arms_of(entry.result):
            continue
        ours, theirs = (entry.numbers.n_e, entry.numbers.n_c), (other.result.numbers.n_e, other.result.numbers.n_c)
        if ours != theirs and ours == theirs[::-1]:
            return [Question("arms_swapped", f"{other.outcome} of this study has these two numbers of participants the other way round. Which "
                                             "arm is which?")]
        if any(max(a, b) > OTHER_OUTCOMES * min(a, b) for a, b in zip(ours, theirs, strict=True)):
            return [Question("n_unlike_others", f"{other.outcome} of this study was analysed in {theirs[0]} and {theirs[1]}, this result in "
                                                f"{ours[0]} and {ours[1]}. Is n that of this outcome?")]
    return []


def _twice(entry: Entry, others: Sequence[Other]) -> list[Question]:
    for other in others:
        same_outcome = other.result.outcome == entry.result.outcome
        if other.result.numbers == entry.numbers and not (other.same_study and same_outcome):
            return [Question("same_numbers", f"The very same numbers stand for {other.study}, {other.outcome} ({other.result.instrument}). "
                                             "Is this another result, or another report's?")]
        if other.same_study and same_outcome and _place_of(other.result) == _place_of(entry.result):
            return [Question("entered_twice", f"{other.outcome} by {other.result.instrument} at this time stands for this study already. "
                                              "Which of the two holds?")]
    return []


def _shared_comparison(entry: Entry, others: Sequence[Other]) -> list[Question]:
    experimental, comparator = _arms_of(entry.result)
    for other in others:
        theirs = _arms_of(other.result)
        if other.same_study and other.result.outcome == entry.result.outcome and theirs[1] == comparator and theirs[0] != experimental:
            return [Question("comparison_shared", f"The arm “{entry.result.comparator}” is compared with “{other.result.experimental}” as "
                                                  "well: its participants would count twice. Combine the intervention arms, or say why not.")]
    return []


def _arms_of(result: Result) -> tuple[str, str]:
    return _plain(result.experimental), _plain(result.comparator)


def _place_of(result: Result) -> tuple[tuple[str, str], str, float | None]:
    return _arms_of(result), _plain(result.instrument), result.months


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _width(instrument: Instrument | None) -> float | None:
    if instrument is None or instrument.low is None or instrument.high is None:
        return None
    return instrument.high - instrument.low


_ALONE: tuple[Callable[[Entry], list[Question]], ...] = (
    _large, _deviations, _spread_unlike_mean, _degrees, _scale, _randomised, _arms, _direction, _reported, _reported_p, _time)
_AMONG_OTHERS: tuple[Callable[[Entry, Sequence[Other]], list[Question]], ...] = (_participants_of_others, _twice, _shared_comparison)

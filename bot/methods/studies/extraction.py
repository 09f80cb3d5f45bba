"""What a person may enter for one result of a trial, and why a number is refused: study, outcome, arm, and what to enter instead.

Whether a number is believable: bot/methods/studies/plausibility.py. The formulas: bot/methods/synthesis.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.domain.results import Numbers
from bot.methods.studies.routes import ROUTES, Route

FIELDS: dict[str, tuple[str, ...]] = {route.id: route.all_fields for route in ROUTES.values()}
ARMS = {"e": "intervention arm", "c": "comparison arm", "e2": "further intervention arm", "c2": "further comparison arm"}
CLUSTERS = ("cluster_size", "icc")
# Where a report gives no ICC. Peer groups of health behaviour seldom exceed it; 0.01 and 0.10 stand beside it in the sensitivity analysis.
BORROWED_ICC, BORROWED_CORRELATION, COMMON_LEVEL = 0.05, 0.5, 95.0
MOST_PARTICIPANTS = 10_000_000
LARGEST = 1e9

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_ARM_END = re.compile(r"_([ec]2?)$")
_RISING = (("low", "mean", "high"), ("low", "difference", "high"), ("low", "ratio", "high"), ("low", "smd", "high"), ("q1", "median", "q3"),
           ("minimum", "median", "maximum"), ("minimum", "q1", "median"), ("median", "q3", "maximum"))
_LIMITS: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (("se",), lambda value: value > 0, "it must be above 0. If the paper gives an SD or an interval, go back and choose that."),
    (("p",), lambda value: 0 < value < 1, "an exact p lies between 0 and 1. “p < .05” is a bound and gives no effect: say then that it was "
                                          "measured without a usable number."),
    (("f",), lambda value: value >= 0, "F cannot be below 0."),
    (("icc",), lambda value: 0 <= value < 1, "an ICC lies between 0 and 1."),
    (("cluster_size",), lambda value: value >= 1, "at least 1 participant shares a group or a peer."),
    (("r",), lambda value: -1 < value < 1, "a correlation lies between -1 and 1."),
    (("r2",), lambda value: 0 <= value < 1, "R² lies between 0 and 1."),
    (("level",), lambda value: 50 <= value < 100, "it is a percentage, such as 95."),
)
_MISSING = {"", "-", "–", "—", "na", "n/a", "nr", "nan", "inf", "-inf", "infinity", "none", "null", "?"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one field is refused. field: the name of the field in the form; message: a sentence for the person who fills it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a number is about, as messages name it: "Sebela 2025, Depression, PHQ-9"."""

    study: str
    outcome: str
    instrument: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.study, self.outcome, self.instrument) if part)


def read_numbers(fields: Mapping[str, str], *, route: str, subject: Subject) -> tuple[Numbers | None, tuple[Problem, ...]]:
    """Return the numbers of a result and what is wrong with them; the first is None when anything is wrong.

    fields: as typed, by field name (see FIELDS). smd: with its sign.
    """
    if route not in FIELDS:
        return None, (Problem("route", f"{subject}: say which numbers the paper gives: {', '.join(ROUTES)}."),)
    known = ROUTES[route]
    values: dict[str, int | float] = {}
    problems: list[Problem] = []
    for name in known.all_fields:
        if name in known.fields or fields.get(name, "").strip():
            _read(name, fields.get(name, ""), values, problems, subject)
    for arm in ("e", "c"):
        _read_clusters(fields, arm, values, problems, subject)
        if known.arms_add:
            _read_further_arm(fields, known, arm, values, problems, subject)
    if not problems:
        problems += [*_too_many_events(values, subject), *_out_of_order(values, known, subject)]
    if problems:
        return None, tuple(problems)
    return Numbers.of(route, values | _borrowed(values, known)), ()


def _read(name: str, text: str, values: dict[str, int | float], problems: list[Problem], subject: Subject) -> None:
    try:
        values[name] = _value(name, text)
    except ValueError as error:
        problems.append(Problem(name, f"{subject}{_arm(name)}: {error}"))


def _read_clusters(fields: Mapping[str, str], arm: str, values: dict[str, int | float], problems: list[Problem], subject: Subject) -> None:
    """Read the size of the clusters of an arm and their ICC; the second alone means nothing."""
    size, icc = (f"{stem}_{arm}" for stem in CLUSTERS)
    if fields.get(size, "").strip():
        _read(size, fields[size], values, problems, subject)
        if fields.get(icc, "").strip():
            _read(icc, fields[icc], values, problems, subject)
    elif fields.get(icc, "").strip():
        problems.append(Problem(size, f"{subject}{_arm(size)}: an ICC without a size. Enter how many participants share a group or a peer."))


def _read_further_arm(fields: Mapping[str, str], route: Route, arm: str, values: dict[str, int | float], problems: list[Problem],
                      subject: Subject) -> None:
    """Read a second arm of the same kind, which is combined with the first: all of its numbers or none."""
    names = [f"{stem}_{arm}2" for stem in ("n", *route.arm)]
    if any(fields.get(name, "").strip() for name in names):
        for name in names:
            _read(name, fields.get(name, ""), values, problems, subject)


def _out_of_order(values: Mapping[str, float], route: Route, subject: Subject) -> list[Problem]:
    """Return what is wrong among the numbers: an interval that does not hold its middle, quartiles that fall, a missing spread."""
    found = [Problem(f"{low}{end}", f"{subject}{_arm(low + end)}: {values[low + end]:g}, {values[middle + end]:g}, {values[high + end]:g} must "
                                    "rise. Are two of them exchanged?")
             for low, middle, high in _RISING for end in ("", "_e", "_c", "_e2", "_c2")
             if {low + end, middle + end, high + end} <= values.keys()
             and not values[low + end] <= values[middle + end] <= values[high + end]]
    if "low" in values and "high" in values and values["low"] >= values["high"]:
        found.append(Problem("low", f"{subject}: the interval runs from {values['low']:g} to {values['high']:g}; the first must be smaller."))
    if route.id == "adjusted" and "se" not in values and not {"low", "high"} <= values.keys():
        found.append(Problem("se", f"{subject}: enter the standard error of the adjusted difference, or both ends of its interval."))
    if route.id == "crossover" and values["n_e"] != values["n_c"]:
        found.append(Problem("n_c", f"{subject}: in a crossover the same people are in both conditions; enter those who completed both."))
    if "ratio" in values and min(values["ratio"], values["low"]) <= 0:
        found.append(Problem("ratio", f"{subject}: a ratio and its interval lie above 0. Is this the logarithm, or a difference?"))
    return found


def _borrowed(values: Mapping[str, float], route: Route) -> dict[str, float]:
    """Return what is taken where the report gives nothing, each marked as borrowed."""
    found: dict[str, float] = {}
    for arm in ("e", "c"):
        if f"cluster_size_{arm}" in values and f"icc_{arm}" not in values:
            found |= {f"icc_{arm}": BORROWED_ICC, f"icc_borrowed_{arm}": 1.0}
    measured = {"sd_after_e", "sd_change_e", "sd_after_c", "sd_change_c"} <= values.keys()
    if "r" in route.optional and "r" not in values and not measured:
        found |= {"r": BORROWED_CORRELATION, "r_borrowed": 1.0}
    if "level" in route.optional and "level" not in values:
        found["level"] = COMMON_LEVEL
    return found


def read_optional(name: str, text: str, *, subject: Subject) -> tuple[float | None, tuple[Problem, ...]]:
    """Return a number that may be left out (time, number randomised), None if it is, and what is wrong with it."""
    if not text.strip():
        return None, ()
    try:
        value = _whole(name, text) if name.startswith("randomised") else _decimal(name, text)
        if value < 0:
            raise ValueError(f"{_what(name)} = {text.strip()}; it cannot be below 0. Leave it empty if it is not reported.")
    except ValueError as error:
        return None, (Problem(name, f"{subject}{_arm(name)}: {error}"),)
    return value, ()


def read_again(name: str, text: str) -> str:
    """Return a number as somebody else reads it in the report, as it would be typed. Raises ValueError with a sentence."""
    return plain(_whole(name, text) if name.startswith("randomised") else _value(name, text))


def plain(value: object) -> str:
    """Return a number as it was entered, without digits that nobody typed."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def field_words(name: str) -> str:
    """Return what a field of a result is called: "mean, intervention arm"."""
    return f"{_what(name)}{_arm(name)}".replace("_", " ")


def signed(size: float, *, favours: str, higher_is_better: bool) -> float:
    """Return a reported difference with the sign of "intervention minus comparison" in the instrument's own direction.

    size: ≥ 0, as the paper gives it. favours: `intervention` or `comparison`, as the paper's words say.
    """
    better = size if higher_is_better else -size
    return better if favours == "intervention" else -better


def _value(name: str, text: str) -> int | float:
    if name.startswith("n_"):
        return _participants(name, text)
    if name.startswith("events"):
        return _whole(name, text)
    value = _decimal(name, text)
    for stems, allowed, words in _LIMITS:
        if _stem(name) in stems and not allowed(value):
            raise ValueError(f"{_what(name)} = {text.strip()}; {words}")
    if name.startswith("sd") and value <= 0:
        raise ValueError(f"sd = {text.strip()}; it must be above 0. If the paper gives a standard error, enter it times the square root "
                         "of n; if it gives neither, this is no usable result.")
    if name == "smd" and abs(value) > 10:
        raise ValueError(f"difference = {text.strip()}; a standardised difference beyond 10 is a difference in points. Enter means and SDs.")
    return value


def _participants(name: str, text: str) -> int:
    value = _whole(name, text)
    if value < 2:
        raise ValueError(f"n = {value}; at least 2 are needed. Enter the number analysed in this arm; if it really is {value}, "
                         "this is no usable result.")
    return value


def _whole(name: str, text: str) -> int:
    typed = text.strip()
    if typed.isascii() and typed.isdigit():
        if int(typed[:12]) > MOST_PARTICIPANTS:
            raise ValueError(f"{_what(name)} = {typed[:20]}; more than {MOST_PARTICIPANTS:,} is a slip of the pen.")
        return int(typed)
    if "," not in typed and (value := _decimal(name, text)) >= 0 and value == int(value):
        return int(value)
    raise ValueError(f"{_what(name)} = {typed[:40]}; it is a count: enter a whole number, 0 or more, without point or comma.")


def _decimal(name: str, text: str) -> float:
    typed = " ".join(text.split())
    if typed.casefold() in _MISSING:
        raise ValueError(f"{_what(name)} is missing. Enter the number that the report gives; if it gives none, choose another route, or say "
                         "that there is no usable result.")
    # What papers print: a typeset minus, and a decimal comma where it cannot be a mark of thousands.
    typed = typed.replace("−", "-").replace("–", "-")
    if _THOUSANDS.fullmatch(typed):
        raise ValueError(f"{_what(name)} = {typed}; that is {typed.replace(',', '')} or {typed.replace(',', '.', 1)}. Enter the one that is "
                         "meant, with a point or without any mark.")
    if _DECIMAL_COMMA.fullmatch(typed):
        typed = typed.replace(",", ".")
    if not typed.isascii() or not _DECIMAL.fullmatch(typed):
        raise ValueError(f"{_what(name)} = {typed[:40]}; that is no number. Enter digits with a point, such as 0.45, without unit or bracket.")
    value = float(typed)
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise ValueError(f"{_what(name)} = {typed[:20]}; that is too large for any scale.")
    return value


def _too_many_events(values: Mapping[str, float], subject: Subject) -> list[Problem]:
    return [
        Problem(f"events_{arm}", f"{subject}, {words}: {values[f'events_{arm}']} with the event out of {values[f'n_{arm}']}; there cannot be "
                                 "more than were analysed. Enter the count, not the percentage.")
        for arm, words in ARMS.items() if f"events_{arm}" in values and values[f"events_{arm}"] > values[f"n_{arm}"]]


def _stem(name: str) -> str:
    return _ARM_END.sub("", name)


def _what(name: str) -> str:
    stem = _stem(name)
    return {"smd": "difference", "cluster_size": "participants per cluster", "icc": "ICC", "r": "correlation", "r2": "R²", "f": "F",
            "low": "lower end", "high": "upper end", "level": "confidence in per cent",
            "randomised": "n randomised", "since": "time since randomisation",
            "programme": "length of the programme"}.get(stem, stem)


def _arm(name: str) -> str:
    found = _ARM_END.search(name)
    return f", {ARMS[found[1]]}" if found else ""

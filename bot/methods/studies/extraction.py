"""What a person may enter for one result of a trial, and why a number is refused: study, outcome, arm, and what to enter instead.

Whether a number is believable: bot/methods/studies/plausibility.py. The formulas: bot/methods/synthesis.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.results import Numbers

ROUTES = ("means", "events", "smd")
FIELDS: dict[str, tuple[str, ...]] = {
    "means": ("n_e", "mean_e", "sd_e", "n_c", "mean_c", "sd_c"),
    "events": ("n_e", "events_e", "n_c", "events_c"),
    "smd": ("n_e", "n_c", "smd"),
}
ARMS = {"e": "intervention arm", "c": "comparison arm"}
MOST_PARTICIPANTS = 10_000_000
LARGEST = 1e9

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_DECIMAL_COMMA = re.compile(r"[+\-−]?\d*,\d+")
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
    values: dict[str, int | float] = {}
    problems: list[Problem] = []
    for name in FIELDS[route]:
        try:
            values[name] = _value(name, fields.get(name, ""))
        except ValueError as error:
            problems.append(Problem(name, f"{subject}{_arm(name)}: {error}"))
    if route == "events" and not problems:
        problems += _too_many_events(values, subject)
    if problems:
        return None, tuple(problems)
    return Numbers(route=route, **values), ()  # type: ignore[arg-type]  the fields of the route, read by their kind


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


def signed(size: float, *, favours: str, higher_is_better: bool) -> float:
    """Return a reported difference with the sign of "intervention minus comparison" in the instrument's own direction.

    size: ≥ 0, as the paper gives it. favours: `intervention` or `comparison`, as the paper's words say.
    """
    better = size if higher_is_better else -size
    return better if favours == "intervention" else -better


def _value(name: str, text: str) -> int | float:
    if name in ("n_e", "n_c"):
        return _participants(name, text)
    if name.startswith("events"):
        return _whole(name, text)
    value = _decimal(name, text)
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
    plain = text.strip()
    if plain.isascii() and plain.isdigit():
        if int(plain[:12]) > MOST_PARTICIPANTS:
            raise ValueError(f"{_what(name)} = {plain[:20]}; more than {MOST_PARTICIPANTS:,} is a slip of the pen.")
        return int(plain)
    if "," not in plain and (value := _decimal(name, text)) >= 0 and value == int(value):
        return int(value)
    raise ValueError(f"{_what(name)} = {plain[:40]}; it is a count: enter a whole number, 0 or more, without point or comma.")


def _decimal(name: str, text: str) -> float:
    plain = " ".join(text.split())
    if plain.casefold() in _MISSING:
        raise ValueError(f"{_what(name)} is missing. Enter the number that the report gives; if it gives none, choose another route, or say "
                         "that there is no usable result.")
    if "−" in plain or "–" in plain:
        typed = plain.replace("−", "-").replace("–", "-")
        raise ValueError(f"{_what(name)} = {plain}; the sign is a typeset minus. Enter it with a hyphen: {typed}.")
    if _DECIMAL_COMMA.fullmatch(plain):
        raise ValueError(f"{_what(name)} = {plain}; a decimal comma. Enter it with a point: {plain.replace(',', '.')}.")
    if not plain.isascii() or not _DECIMAL.fullmatch(plain):
        raise ValueError(f"{_what(name)} = {plain[:40]}; that is no number. Enter digits with a point, such as 0.45, without unit or bracket.")
    value = float(plain)
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise ValueError(f"{_what(name)} = {plain[:20]}; that is too large for any scale.")
    return value


def _too_many_events(values: Mapping[str, float], subject: Subject) -> list[Problem]:
    return [
        Problem(f"events_{arm}", f"{subject}, {words}: {values[f'events_{arm}']} with the event out of {values[f'n_{arm}']}; there cannot be "
                                 "more than were analysed. Enter the count, not the percentage.")
        for arm, words in ARMS.items() if values[f"events_{arm}"] > values[f"n_{arm}"]]


def _what(name: str) -> str:
    stem = name.rsplit("_", 1)[0] if name[-2:] in ("_e", "_c") else name
    return {"smd": "difference", "randomised": "n randomised", "since": "time since randomisation",
            "programme": "length of the programme"}.get(stem, stem)


def _arm(name: str) -> str:
    return f", {ARMS[name[-1]]}" if name[-2:] in ("_e", "_c") else ""

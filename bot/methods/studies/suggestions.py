"""What an abstract or a register's posted results offer for one result: fields filled in, with the sentence they come from.

Never stored by itself: a person reads each against the report. What may be entered: extraction.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# At most so many digits: without an end, a long row of digits would be tried from each of them to each other.
_NUMBER = r"[-+]?(?<![\d.])(?:\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})(?!\d)"
_CI = (r"(?:,?\s*\(?\[?,?\s*9(?:5|0|9)\s*%\s*(?:CI|confidence interval)[\s,:=]*\[?\(?\s*"
       rf"(?P<low>{_NUMBER})\s*(?:to|,|;|-|–)\s*(?P<high>{_NUMBER}))")
_LEVEL = re.compile(r"(9[059])\s*%\s*(?:CI|confidence interval)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=[A-Z(])")
_SIZES = re.compile(r"\bn\s*=\s*(\d{2,6})", re.IGNORECASE)
_SMD = re.compile(r"\b(?:Cohen'?s?\s+d|Hedges'?s?\s+g|SMD|standardi[sz]ed mean difference|d|g)\s*(?:=|of|:)\s*"
                  rf"(?P<value>{_NUMBER}){_CI}?", re.IGNORECASE)
_MD = re.compile(rf"\b(?:adjusted\s+)?(?:mean|group)\s+difference\s*(?:=|of|was|:)?\s*(?P<value>{_NUMBER}){_CI}", re.IGNORECASE)
_RATIO = re.compile(r"\b(?:adjusted\s+)?(?P<kind>odds ratio|OR|risk ratio|relative risk|RR)\s*(?:\[?a?OR\]?)?\s*(?:=|of|was|:)?\s*"
                    rf"(?P<value>{_NUMBER}){_CI}", re.IGNORECASE)
_T = re.compile(rf"\bt\s*\(?\s*(?P<df>\d+)?\s*\)?\s*=\s*(?P<value>{_NUMBER})")
_F = re.compile(rf"\bF\s*\(?\s*1\s*,\s*(?P<df>\d+(?:\.\d+)?)\s*\)?\s*=\s*(?P<value>{_NUMBER})")
_MEAN = re.compile(rf"(?P<mean>{_NUMBER})\s*(?:\(|\[|,\s*)\s*SD\s*[=:]?\s*(?P<sd>{_NUMBER})", re.IGNORECASE)
MOST = 12
LONGEST_QUOTE = 600
# How a register's spread is called → the route that takes it, and which of our fields it fills.
_SPREADS = {"sd": ("means", {"sd": "sd"}), "se": ("means_se", {"se": "se"}), "ci_low": ("means_ci", {"ci_low": "low", "ci_high": "high"})}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a sentence offers. route, fields: of the form; quote: the sentence, word for word; words: what was read, for a person to judge."""

    route: str
    fields: tuple[tuple[str, str], ...]
    quote: str
    words: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What a register gives for one measure at one time: per group its fields (`n`, `mean`, `sd` …), without a word on which arm it is.

    groups: (id, title, fields). number: of the row among those of the entry, to name it by.
    """

    number: int
    title: str
    time_frame: str
    category: str
    route: str
    level: str
    groups: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]


def from_abstract(abstract: str, *, routes: Sequence[str]) -> tuple[Suggestion, ...]:
    """Return what the sentences of an abstract offer for these routes, in the order of the text, at most MOST."""
    found = [one for sentence in _SENTENCE.split(_plain(abstract)) for reader in _READERS for one in reader(sentence)]
    return tuple(one for one in found if one.route in routes)[:MOST]


def from_register(results: Mapping[str, Any], *, called: Callable[[str], bool], routes: Sequence[str]) -> tuple[Offered, ...]:
    """Return what posted results (bot/domain/trials.py) offer, of the measures whose title or description `called` takes for the outcome's."""
    rows: list[Offered] = []
    for measure in results.get("measures", ()):
        if called(f"{measure['title']} {measure['description']}"):
            rows += _of_measure(measure, len(rows))
    return tuple(one for one in rows if one.route in routes and len(one.groups) > 1)


def _of_measure(measure: Mapping[str, Any], before: int) -> list[Offered]:
    groups = {one["id"]: one["title"] for one in measure["groups"]}
    places: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in measure["rows"]:
        places.setdefault((row["class"], row["category"]), []).append(row)
    found = []
    for (of_class, category), rows in places.items():
        read = [(row, *_read(measure, row)) for row in rows]
        route = next((route for _, route, _, _ in read if route), "")
        level = next((level for _, _, _, level in read if level), "")
        given = tuple((row["group"], groups.get(row["group"], row["group"]), fields) for row, of, fields, _ in read if of == route and fields)
        found.append(Offered(before + len(found), measure["title"], measure["time_frame"], ", ".join(filter(None, (of_class, category))), route,
                             level, given))
    return found


def _read(measure: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """Return the route that one group's row fits, its fields, and the confidence in per cent if that is not 95."""
    if row["value"] is None or row["n"] is None:
        return "", (), ""
    n = ("n", str(row["n"]))
    if measure["param"].upper() in ("COUNT_OF_PARTICIPANTS", "NUMBER") and "participant" in measure["unit"].lower():
        return "events", (n, ("events", _text(row["value"]))), ""
    for name, (route, fields) in _SPREADS.items():
        if row.get(name) is not None and measure["param"].upper() in ("MEAN", "LEAST_SQUARES_MEAN"):
            filled = tuple((ours, _text(row[theirs])) for theirs, ours in fields.items() if row.get(theirs) is not None)
            return route, (n, ("mean", _text(row["value"])), *filled), _text(100 * row["level"]) if "level" in row else ""
    return "", (), ""


def _smds(sentence: str) -> Iterator[Suggestion]:
    for found in _SMD.finditer(sentence):
        value = found["value"].lstrip("+-")
        if found["low"]:
            yield _suggest("smd_ci", sentence, found, (("smd", value), *_ends(found), *_level(sentence)))
        else:
            yield _suggest("smd", sentence, found, (("smd", value),))


def _differences(sentence: str) -> Iterator[Suggestion]:
    for found in _MD.finditer(sentence):
        yield _suggest("difference", sentence, found, (("difference", found["value"].lstrip("+-")), *_ends(found), *_level(sentence)))


def _ratios(sentence: str) -> Iterator[Suggestion]:
    for found in _RATIO.finditer(sentence):
        route = "odds_ratio" if found["kind"].lower() in ("odds ratio", "or") else "risk_ratio"
        yield _suggest(route, sentence, found, (("ratio", found["value"]), ("low", found["low"]), ("high", found["high"]), *_level(sentence)))


def _tests(sentence: str) -> Iterator[Suggestion]:
    for found in _T.finditer(sentence):
        yield _suggest("t", sentence, found, (("t", found["value"].lstrip("+-")),))
    for found in _F.finditer(sentence):
        yield _suggest("f", sentence, found, (("f", found["value"]),))


def _means(sentence: str) -> Iterator[Suggestion]:
    found = list(_MEAN.finditer(sentence))
    # Two means with SDs are two arms, or the same arm twice: for a person to say. More than two are not guessed at.
    if len(found) == 2:
        one, other = found
        fields = (("mean_e", one["mean"]), ("sd_e", one["sd"]), ("mean_c", other["mean"]), ("sd_c", other["sd"]))
        yield Suggestion("means", fields + _sizes(sentence), sentence[:LONGEST_QUOTE], f"{one[0].strip()} and {other[0].strip()}")


_READERS: tuple[Callable[[str], Iterator[Suggestion]], ...] = (_means, _smds, _differences, _ratios, _tests)


def _suggest(route: str, sentence: str, found: re.Match[str], fields: tuple[tuple[str, str], ...]) -> Suggestion:
    return Suggestion(route, fields + _sizes(sentence), sentence[:LONGEST_QUOTE], found[0].strip(" ,("))


def _ends(found: re.Match[str]) -> tuple[tuple[str, str], ...]:
    """Return both ends of an interval around a size without a sign: where the value is below zero, they are mirrored with it."""
    low, high = found["low"], found["high"]
    if not found["value"].startswith("-"):
        return ("low", low), ("high", high)
    return ("low", _mirrored(high)), ("high", _mirrored(low))


def _mirrored(number: str) -> str:
    return number[1:] if number.startswith("-") else "-" + number.lstrip("+") if float(number) else number


def _level(sentence: str) -> tuple[tuple[str, str], ...]:
    found = _LEVEL.search(sentence)
    return (("level", found[1]),) if found and found[1] != "95" else ()


def _sizes(sentence: str) -> tuple[tuple[str, str], ...]:
    found = _SIZES.findall(sentence)
    return (("n_e", found[0]), ("n_c", found[1])) if len(found) == 2 else ()


def _plain(text: str) -> str:
    """Return text with the signs that print differently written alike: minus, decimal points, spaces."""
    return " ".join(re.sub(r"(?<=\d)[·∙](?=\d)", ".", text).replace("−", "-").replace("‐", "-").replace("’", "'").split())


def _text(value: float) -> str:
    return f"{value:.10g}"

"""Results that were posted at ClinicalTrials.gov, as plain values with numbers in place of texts, and each spread called what it is.

An SD and an SE stand in one field there (`spread`), told apart by `dispersionType` alone. What is pooled is for people to say: this
only fills in the form that they read against the register.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# dispersionType → how a spread, or its two limits, are called.
SPREADS = {"standard deviation": "sd", "standard error": "se"}
RANGES = {"full range": "range", "inter-quartile range": "iqr"}
INTERVAL = re.compile(r"(\d+(?:\.\d+)?)\s*% confidence interval", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def posted_results(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return {"measures": […]} of an entry, {} if no result is posted.

    A measure: type, title, description, population, time_frame, unit, param (MEAN, COUNT_OF_PARTICIPANTS …), dispersion (as posted),
    groups [{id, title, description}], rows. A row: class, category (titles, "" for none), group, n (None if not given), value, and by
    dispersion sd, se, {level, ci_low, ci_high}, {range_low, range_high} or {iqr_low, iqr_high}. What is no number ("NA") is None, and
    `comment` says why.
    """
    given = study.get("resultsSection", {}).get("outcomeMeasuresModule", {}).get("outcomeMeasures", ())
    measures = [_measure(one) for one in given if one.get("classes")]
    return {"measures": measures} if measures else {}


def _measure(given: Mapping[str, Any]) -> dict[str, Any]:
    groups = [{"id": one["id"], "title": one.get("title", ""), "description": one.get("description", "")} for one in given.get("groups", ())]
    return {
        "type": given.get("type", ""), "title": given.get("title", ""), "description": given.get("description", ""),
        "population": given.get("populationDescription", ""), "time_frame": given.get("timeFrame", ""), "unit": given.get("unitOfMeasure", ""),
        "param": given.get("paramType", ""), "dispersion": given.get("dispersionType", ""), "groups": groups, "rows": list(_rows(given)),
    }


def _rows(given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    analysed = _numbers(given)
    for one in given["classes"]:
        # How many were analysed at this time point or on this subscale; else how many for the whole measure.
        of_class = analysed | _numbers(one)
        for category in one.get("categories", ()):
            for found in category.get("measurements", ()):
                group = str(found.get("groupId", ""))
                yield {"class": one.get("title", ""), "category": category.get("title", ""), "group": group, "n": of_class.get(group),
                       "value": _number(found.get("value")), "comment": found.get("comment", ""),
                       **_spread(found, str(given.get("dispersionType") or ""))}


def _numbers(given: Mapping[str, Any]) -> dict[str, int | None]:
    """Return group → how many were analysed, counted in people: eyes and teeth are no participants."""
    of_people = [one for one in given.get("denoms", ()) if str(one.get("units", "")).casefold() == "participants"]
    counts = {count["groupId"]: _number(count.get("value")) for one in of_people for count in one.get("counts", ())}
    return {group: None if count is None else round(count) for group, count in counts.items()}


def _spread(found: Mapping[str, Any], dispersion: str) -> dict[str, float | None]:
    kind = dispersion.strip().casefold()
    if kind in SPREADS:
        return {SPREADS[kind]: _number(found.get("spread"))}
    low, high = _number(found.get("lowerLimit")), _number(found.get("upperLimit"))
    if level := INTERVAL.fullmatch(kind):
        return {"level": float(level.group(1)) / 100, "ci_low": low, "ci_high": high}
    if kind in RANGES:
        return {f"{RANGES[kind]}_low": low, f"{RANGES[kind]}_high": high}
    # A spread of a kind that is not known is not taken for one that is.
    return {}


def _number(text: object) -> float | None:
    """Return a number that the register gives as text: "1,204.5" is one, "NA" and "<0.001" are none."""
    plain = str(text if text is not None else "").replace(",", "").strip()
    return float(plain) if NUMBER.fullmatch(plain) else None

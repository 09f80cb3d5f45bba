"""How numbers of studies are shown to the people who enter, verify and confirm them. Bulletins have words of their own: bot/bulletin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.methods.studies.computation import favours_below
from bot.methods.studies.extraction import CLUSTERS, plain
from bot.methods.studies.routes import ROUTES, formula_words
from bot.methods.studies.windows import DURING, span
from db import full_texts, notices, records, retrievals, studies
from db.effects import EffectRow
from db.session import Session

Z95 = 1.959963984540054
LABELS = {
    "n": "n", "mean": "Mean", "sd": "SD", "se": "Standard error", "low": "Lower end", "high": "Upper end", "q1": "First quartile",
    "median": "Median", "q3": "Third quartile", "minimum": "Minimum", "maximum": "Maximum", "change": "Mean change, end minus beginning",
    "sd_before": "SD at the beginning", "sd_after": "SD at the end", "sd_change": "SD of the change", "events": "With the event",
    "t": "t", "f": "F", "p": "p, exact", "difference": "Difference", "level": "Confidence in per cent", "r2": "R² of the covariates",
    "ratio": "Ratio, intervention over comparison", "smd": "Reported difference", "r": "Correlation",
    "cluster_size": "Participants per group or peer", "icc": "ICC",
}
STATES = {
    "candidate": "not judged yet", "extracted": "waits to be verified", "disputed": "disputed", "verified": "verified",
    "confirmed": "confirmed", "superseded": "corrected since", "withdrawn": "withdrawn",
}


def effect_view(row: EffectRow, outcome: Outcome, protocol: Protocol) -> dict[str, Any]:
    """Return what a page shows of a stored effect: as entered, as computed, where and when."""
    return {
        "row": row,
        "state": STATES[row.state],
        "numbers": numbers(row.route, row.raw, (row.experimental, row.comparator)),
        "reported": row.raw.get("smd") if row.route == "smd" else None,
        "effect": effect_words(row.yi, row.vi, row.measure, row.formula, outcome),
        "window": window_words(row.window, protocol),
        "since": span(row.months) if row.months is not None else "not reported",
        "checks": row.checks,
    }


def numbers(route: str, raw: Mapping[str, Any], arms: tuple[str, str]) -> dict[str, Any]:
    """Return the numbers of a result as a small table: columns, a row for each arm, and what belongs to the comparison."""
    known = ROUTES[route]
    clusters = [stem for stem in CLUSTERS if any(f"{stem}_{which}" in raw for which in ("e", "c"))]
    stems = [stem for stem in ("n", *known.arm, *clusters) if any(f"{stem}_{which}" in raw for which in ("e", "c"))]
    rows = [{"arm": arm + further, "role": role, "cells": [(LABELS[stem], plain(raw.get(f"{stem}_{which}", "–"))) for stem in stems]}
            for arm, role, end in zip(arms, ("Intervention", "Comparison"), ("e", "c"), strict=True)
            for which, further in ((end, ""), (f"{end}2", ", further arm")) if f"n_{which}" in raw]
    shared = [(LABELS[name], plain(raw[name])) for name in known.shared if name in raw and (route, name) != ("smd", "smd")]
    return {"columns": [LABELS[stem] for stem in stems], "rows": rows, "shared": shared}


def effect_words(yi: float, vi: float, measure: str, formula: str, outcome: Outcome) -> dict[str, Any]:
    """Return an effect for reading: value and 95% interval on the scale people know, and whom it favours."""
    half = Z95 * math.sqrt(vi)
    shown = [math.exp(value) if outcome.is_ratio else value for value in (yi, yi - half, yi + half)]
    if yi == 0:
        favours = "favours neither"
    else:
        favours = "favours the intervention" if (yi < 0) == favours_below(outcome) else "favours the comparison"
    return {"measure": measure, "value": shown[0], "low": shown[1], "high": shown[2], "variance": vi, "favours": favours,
            "formula": formula_words(formula)}


def window_words(window: str, protocol: Protocol) -> str:
    """Return the label of a window."""
    return "while the programme was running (not pooled)" if window == DURING else protocol.window(window).label


def reports_view(session: Session, study_id: int) -> list[dict[str, Any]]:
    """Return the reports of a study as pages name them: where each can be read, and what sources tell of it."""
    ids = [link.report_id for link in studies.reports_of(session, study_id)]
    found, free, said = records.shown(session, ids), full_texts.links_of(session, ids), retrievals.latest(session, ids)
    return [{"id": one, "record": found[one].record, "links": free.get(one, []), "notices": notices.of_report(session, one),
             "attached": said[one] if one in said and said[one].sha256 else None} for one in ids if one in found]

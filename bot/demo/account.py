"""What the demonstration says at its end: a short account to read, and its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app import App
from bot.rendering import DEMO_NOTICE, day, number, plural
from db import bulletins, estimates, records, reviews, screening

FIGURES = ("k", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2", "model", "interval", "prediction_interval", "pooled")

Cautious = Mapping[str, Sequence[Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the demonstration, and how many mails had gone out by its end."""

    number: int
    moment: datetime
    mails: int


def final_account(app: App, slug: str, months: Sequence[Month], *, mails: int) -> dict[str, Any]:
    """Return the figures of the demonstration, read from the database as anybody could."""
    with app.database.reading() as session:
        review = reviews.review_by_slug(session, slug)
        cycles = reviews.cycles(session, review.id)
        counted = records.counts(session, review.id)
        screened = screening.progress(session, review.id)
        rows = [estimates.estimates_of_cycle(session, one.id) for one in cycles]
        published = bulletins.published(session, review.id)
    outcomes = [outcome.id for outcome in app.protocol(slug).outcomes]
    by_outcome = {
        outcome: [{name: row.result[name] for name in FIGURES} for of_cycle in rows for row in of_cycle if row.outcome == outcome]
        for outcome in outcomes
    }
    return {
        "cycles": len(cycles), "records_found": counted["identified"], "duplicates": counted["duplicates"],
        "flagged": screened["to_decide"], "included": screened["included"], "mails": mails, "bulletins": len(published),
        "estimates": {outcome: given for outcome, given in by_outcome.items() if given},
    }


def cautious_estimates(app: App, slug: str) -> Cautious:
    """Return outcome → what leads in each cycle where two or three trials are too few for the pooled number; None elsewhere."""
    with app.database.reading() as session:
        review = reviews.review_by_slug(session, slug)
        rows = [row for one in reviews.cycles(session, review.id) for row in estimates.estimates_of_cycle(session, one.id)]
    return {outcome: [row.result["few"] and row.result["few"]["bayesian"] for row in rows if row.outcome == outcome]
            for outcome in {row.outcome for row in rows}}


def print_account(figures: dict[str, Any], months: Sequence[Month], *, cautious: Cautious, home: Path, seconds: float) -> None:
    """Print what happened, where it lies, and how to look."""
    lines = [
        "", DEMO_NOTICE + ".", "",
        f"Two cycles of the review, {day(months[0].moment)} and {day(months[1].moment)} by the demonstration's clock, in {seconds:.0f} seconds:",
        f"  {figures['records_found']} records found in the sources' stand-ins and in a RIS file, {plural(figures['duplicates'], 'duplicate')}",
        f"  {figures['flagged']} judged by two scripted reviewers, a third where they differed; {figures['included']} included",
        f"  {figures['mails']} mails, {figures['bulletins']} bulletins", "",
        "What the pooled estimates are (trials found so far, incomplete, risk of bias not appraised: provisional):"]
    for outcome, given in figures["estimates"].items():
        told = [_short(one, few) for one, few in zip(given, cautious[outcome], strict=True)]
        lines.append(f"  {outcome.replace('_', ' '):<20}" + "   then ".join(told))
    lines += ["", f"Bulletins, mails and database lie in {home}", f"To look at them:  ./perennial demo --serve --folder '{home}'", ""]
    print("\n".join(lines), flush=True)


def _short(one: Mapping[str, Any], cautious: Mapping[str, Any] | None) -> str:
    if one["k"] == 1:
        return f"one trial: {number(one['estimate'])} [{number(one['ci_low'])}, {number(one['ci_high'])}]"
    # What two or three trials give when they are pooled is in the figures below; read as an answer it would promise too much.
    if cautious:
        span = f"{number(cautious['estimate'])} [{number(cautious['ci_low'])}, {number(cautious['ci_high'])}]"
        return f"{span} ({one['k']} trials, cautious estimate)"
    return f"{number(one['estimate'])} [{number(one['ci_low'])}, {number(one['ci_high'])}] ({one['k']} trials)"

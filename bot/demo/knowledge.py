"""What the scripted people know beside their mails: how one reader labelled each citation, and what the papers report.

Only the people's own process reads this. The product never does: no label reaches the ranker before somebody has voted.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the first, second and third reviewer vote on a citation, with the criterion that fails where they exclude."""

    first: tuple[str, str]
    second: tuple[str, str]
    third: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """What one paper reports for one outcome, as starting_set.csv has it."""

    row: dict[str, str]


def normalised(title: str) -> str:
    """Return a title as people recognise it: letters and digits alone."""
    return re.sub(r"[^a-z0-9]+", " ", title.lower()).strip()


def judgements(folder: Path) -> dict[str, Judgement]:
    """Return normalised title → judgement."""
    with (folder / "judgements.csv").open(encoding="utf-8", newline="") as file:
        return {
            normalised(row["title"]): Judgement(
                (row["first"], row["first_criterion"]), (row["second"], row["second_criterion"]), (row["third"], row["third_criterion"]))
            for row in csv.DictReader(file)
        }


def results(starting_set: Path) -> dict[str, list[Result]]:
    """Return study label ("Sebela 2025") → what it reports."""
    found: dict[str, list[Result]] = {}
    with starting_set.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["study"], []).append(Result(row))
    return found

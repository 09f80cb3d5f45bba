"""A reviewer's decision on one report. What the decisions of several people come to: bot/methods/screening/settlement.py."""

from __future__ import annotations

from dataclasses import dataclass

INCLUDE = "include"
EXCLUDE = "exclude"
UNSURE = "unsure"
VERDICTS = (INCLUDE, EXCLUDE, UNSURE)
TITLE_ABSTRACT = "title_abstract"
FULL_TEXT = "full_text"


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict. criterion: the id of the criterion that fails, "" unless the verdict is `exclude`. note: the person's own words."""

    verdict: str
    criterion: str = ""
    note: str = ""

"""What decisions of another program come to here: one verdict per stage where people agreed, with the criterion that failed by our names.

What differs, or has a reason that nobody has translated, is not moved: people judge it here. Reading exports: bot/sources/files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.decisions import EXCLUDE, FULL_TEXT, INCLUDE, TITLE_ABSTRACT
from bot.domain.protocols import Criterion
from bot.domain.records import ImportedDecision


@dataclass(frozen=True, slots=True)
class Moved:
    """stage: `title_abstract` or `full_text`. basis: `agreed` (two or more people), `one`. criterion: "" where none was named."""

    stage: str
    verdict: str
    basis: str
    criterion: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """Why nothing is moved: a sentence, and the reasons in foreign words that have no criterion yet."""

    why: str
    reasons: tuple[str, ...] = ()


def moved(given: Sequence[ImportedDecision], *, criteria: Sequence[Criterion], reasons: Mapping[str, str]) -> tuple[Moved, ...] | Left:
    """Return what the decisions on one report come to, the earlier stage first, or why they come to nothing.

    reasons: foreign words → the id of our criterion. Words that are a criterion's own need no entry.
    """
    made = [one for one in given if one.verdict]
    if not made:
        return Left("only labels, no decision")
    if any(one.verdict not in (INCLUDE, EXCLUDE) for one in made):
        return Left("somebody could not tell")
    found = []
    for stage in (TITLE_ABSTRACT, FULL_TEXT):
        here = [one for one in made if (one.stage or TITLE_ABSTRACT) == stage]
        if len({one.verdict for one in here}) > 1:
            return Left("people disagree")
        if here:
            one = _settled(stage, here, criteria, reasons)
            if isinstance(one, Left):
                return one
            found.append(one)
    if len(found) == 2 and found[0].verdict == EXCLUDE:
        return Left("excluded by its title, and judged in full all the same")
    return tuple(found)


def _settled(stage: str, here: Sequence[ImportedDecision], criteria: Sequence[Criterion], reasons: Mapping[str, str]) -> Moved | Left:
    basis = "agreed" if len({one.by for one in here if one.by}) > 1 else "one"
    if here[0].verdict == INCLUDE:
        return Moved(stage, INCLUDE, basis)
    words = tuple(dict.fromkeys(reason for one in here for reason in one.reasons))
    named = [criterion for reason in words if (criterion := _criterion(reason, criteria, reasons))]
    if words and not named:
        return Left("its reason has no criterion here", words)
    if not words and stage == FULL_TEXT:
        return Left("excluded in full without a reason")
    order = [one.id for one in criteria]
    return Moved(stage, EXCLUDE, basis, min(named, key=order.index) if named else "")


def _criterion(reason: str, criteria: Sequence[Criterion], reasons: Mapping[str, str]) -> str:
    wanted = {_plain(theirs): ours for theirs, ours in reasons.items()}
    if _plain(reason) in wanted:
        return wanted[_plain(reason)]
    return next((one.id for one in criteria if _plain(reason) in {_plain(one.id), _plain(one.label), _plain(one.reason)}), "")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

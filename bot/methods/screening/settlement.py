"""What the votes on one report come to. Who is asked: queue.py; how far people agree: agreement.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's latest vote. part: `first`, `second` or `third`; verdict: `include`, `exclude`, `unsure`, None: none yet.

    criterion: the id of the criterion that fails, "" unless the verdict is `exclude`.
    """

    part: str
    verdict: str | None
    criterion: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where one report stands.

    state: `waiting` (a vote is missing), `conflict` (somebody must settle it) or `settled`.
    verdict: `include`, `exclude` or `awaiting` (the person who was to settle it could not tell either), "" unless settled.
    basis: `agreed`, `one` (one vote, as the protocol's mode says) or `third`.
    """

    state: str
    verdict: str = ""
    basis: str = ""
    criterion: str = ""


def settle_votes(votes: Sequence[Vote], *, criteria: Sequence[str]) -> Settlement:
    """Return what the votes on one report come to. criteria: ids in the protocol's order.

    Two votes that agree settle it; two that differ, or one that is unsure, are a conflict that a third vote settles. Where the
    two agree again because one was changed, the third vote counts no more. Several failing criteria: the one that the
    protocol names first, so that each report is excluded for one reason.
    """
    blind = [vote for vote in votes if vote.part != "third"]
    third = [vote for vote in votes if vote.part == "third" and vote.verdict is not None]
    if not blind or any(vote.verdict is None for vote in blind):
        return Settlement("waiting")
    verdicts = {vote.verdict for vote in blind}
    if len(verdicts) == 1 and "unsure" not in verdicts:
        return _settled(blind, "agreed" if len(blind) > 1 else "one", criteria)
    if not third:
        return Settlement("conflict")
    return _settled(third[-1:], "third", criteria)


def _settled(votes: Sequence[Vote], basis: str, criteria: Sequence[str]) -> Settlement:
    verdict = votes[0].verdict
    if verdict == "unsure":
        return Settlement("settled", "awaiting", basis)
    named = [vote.criterion for vote in votes if vote.criterion]
    order = {criterion: place for place, criterion in enumerate(criteria)}
    criterion = min(named, key=lambda one: order.get(one, len(order)), default="")
    return Settlement("settled", str(verdict), basis, criterion)

"""Narrow a bulletin to the outcomes that a reader follows: its state, its news and its answers are then those of these outcomes alone.

The bulletin itself stays whole. What a mail brings of it: digest.py; who gets which: bot/steps/readers/choose.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.bulletin import changes, compose, plain_language


def followed(content: Mapping[str, Any], outcomes: Collection[str]) -> Mapping[str, Any]:
    """Return a bulletin's content with the outcomes of these ids alone, and `follows`, their labels; without ids, or where the bulletin
    knows none of them any more, the content as it is, so that nobody is cut off by an amendment.
    """
    kept = [one for one in content["outcomes"] if one["id"] in outcomes]
    if not kept:
        return content
    status = changes.status(kept, None if content["status"] == changes.FIRST else content)
    return {
        **content, "outcomes": kept, "follows": [one["label"] for one in kept], "status": status, "headline": compose.HEADLINES[status],
        "told": [one for one in content["told"] if concerns(one, outcomes)],
        "studies": [_caveats_of(study, {one["label"] for one in kept}) for study in content["studies"]],
        "measures": plain_language.explained([one["measure"] for one in kept]),
    }


def concerns(notice: Mapping[str, Any], outcomes: Collection[str]) -> bool:
    """Return whether a notice about a study is news of these outcomes. One of which nothing is known concerns everybody."""
    known = notice.get("outcomes", ())
    return not known or bool(set(known) & set(outcomes))


def _caveats_of(study: Mapping[str, Any], labels: Collection[str]) -> dict[str, Any]:
    kept = [{**one, "outcomes": [label for label in one["outcomes"] if label in labels]} for one in study["caveats"]]
    return {**study, "caveats": [one for one in kept if one["outcomes"]]}

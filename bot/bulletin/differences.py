"""What differs between any two bulletins of a review, read from their frozen contents. Since the last one: changes.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.bulletin import changes

Content = Mapping[str, Any]


def differences(older: Content, newer: Content) -> dict[str, Any]:
    """Return what differs: outcomes with before and after, studies that came and went, the flow, the protocol's version, the searches."""
    return {
        "outcomes": [found for outcome in newer["outcomes"] if (found := _outcome(older, outcome)) is not None],
        "same": [outcome["label"] for outcome in newer["outcomes"] if _outcome(older, outcome) is None],
        "came": _only(newer["studies"], older["studies"]), "went": _only(older["studies"], newer["studies"]),
        "flow": _flow(older["flow"], newer["flow"]),
        "protocol": (older["protocol"]["version"], newer["protocol"]["version"]),
        "amendments": newer["protocol"]["amendments"][len(older["protocol"]["amendments"]):],
        "searched": _searched(older["sources"], newer["sources"]),
    }


def _outcome(older: Content, outcome: Content) -> dict[str, Any] | None:
    """Return an outcome's before and after; None where a reader of both sees the same."""
    before = next((one for one in older["outcomes"] if one["id"] == outcome["id"]), None)
    found = changes.change(outcome, older)
    rows = [("Answer", before["answer"] if before else "not asked about", outcome["answer"]),
            ("Trials found so far", changes.numbers(before["result"], before["measure"]) if before else "–",
             changes.numbers(outcome["result"], outcome["measure"])),
            ("Certainty", before["certainty"] if before else "–", outcome["certainty"])]
    moved = [{"what": what, "before": old, "after": new} for what, old, new in rows if old != new]
    return {"label": outcome["label"], "rows": moved, "studies": found["studies"]} if moved or found["studies"] else None


def _only(these: Sequence[Content], others: Sequence[Content]) -> list[str]:
    known = {one["id"] for one in others}
    return [one["label"] for one in these if one["id"] not in known]


def _flow(older: Sequence[Content], newer: Sequence[Content]) -> list[dict[str, Any]]:
    before = {box["id"]: box["n"] for box in older}
    return [{"label": box["label"], "before": before.get(box["id"]), "after": box["n"]} for box in newer if before.get(box["id"]) != box["n"]]


def _searched(older: Sequence[Content], newer: Sequence[Content]) -> list[dict[str, Any]]:
    before = {one["name"]: one["searched_to"] for one in older}
    return [{"label": one["label"], "before": before.get(one["name"]), "after": one["searched_to"]} for one in newer
            if before.get(one["name"]) != one["searched_to"]]

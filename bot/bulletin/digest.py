"""What a mail brings of a bulletin: the answers, what changed, the caveats of new studies, and where the rest is read.

Kept short: one such digest waits in the outbox for each reader. The whole bulletin: compose.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.bulletin.pictures import forest_name
from bot.rendering import day


def digest(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a bulletin's content that goes out by mail, as JSON values."""
    outcomes = content["outcomes"]
    return {
        **{name: content[name] for name in ("number", "dated", "headline", "status", "address", "notice", "provisional", "failed", "previous",
                                             "next", "cite", "licence", "signed", "crisis", "methods", "measures")},
        "corrects": content.get("corrects", []), "plain": "plain" in content, "follows": content.get("follows", []),
        "title": content["review"]["title"], "short_title": content["review"]["short_title"], "question": content["review"]["question"],
        "searched": searched(content), "pending": pending(content), "next_search": next_search(content),
        "answers": [_answer(content, outcome) for outcome in outcomes if is_told(outcome)],
        "silent": [outcome["label"] for outcome in outcomes if not is_told(outcome)],
        "changes": [outcome["change"]["sentence"] for outcome in outcomes if outcome["change"]["changed"]],
        "amended": _amended(content.get("amended")),
        "still": [outcome["label"] for outcome in outcomes if outcome["change"]["compared"] and not outcome["change"]["changed"]],
        "caveats": [{"study": study["label"], **caveat} for study in content["studies"] for caveat in study["caveats"] if caveat["answer"]],
        "benchmark": content["benchmark"],
    }


def is_told(outcome: Mapping[str, Any]) -> bool:
    """Return whether an outcome gets an answer of its own: it has a result, a published one, or the protocol calls it critical."""
    return bool(outcome["result"] or outcome.get("apart") or outcome["published"] or outcome["importance"] == "critical")


def searched(content: Mapping[str, Any]) -> str:
    """Return how far each source was searched, in one sentence."""
    days: dict[str, list[str]] = {}
    for source in content["sources"]:
        if source["searched_to"]:
            days.setdefault(source["searched_to"], []).append(f"{source['label']}{' (failed since)' if source['state'] == 'failed' else ''}")
    done = [f"{', '.join(labels)} to {day(to)}" for to, labels in sorted(days.items(), reverse=True)]
    never = [source["label"] for source in content["sources"] if not source["searched_to"]]
    said = f"Searched: {'; '.join(done)}." if done else "No source has been searched with success yet."
    return f"{said} Not searched yet: {', '.join(never)}." if never else said


def next_search(content: Mapping[str, Any]) -> str:
    """Return when the review is searched again, or that it is not."""
    found = content.get("living", {})
    return f"none. {found['words']}" if found.get("is_last") else day(content["next"])


def pending(content: Mapping[str, Any]) -> str:
    """Return what waits for a person, in words."""
    return "; ".join(f"{one['n']} {one['label']}" for one in content["pending"]) or "nothing"


def picture_id(outcome_id: str) -> str:
    """Return the Content-ID under which a mail carries an outcome's forest plot."""
    return f"forest-{outcome_id.replace('_', '-')}@perennial"


def attachments(content: Mapping[str, Any], stored: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Return the pictures that a mail carries. stored: file name → media type, SHA-256."""
    names = {outcome["id"]: f"{forest_name(outcome)}.png" for outcome in content["outcomes"] if outcome["trials"]}
    return [{"name": name, "media_type": stored[name][0], "sha256": stored[name][1], "cid": picture_id(outcome_id)}
            for outcome_id, name in names.items() if name in stored]


def _amended(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    said = " ".join(one["what"] for one in found["amendments"])
    both = " The bulletin shows the estimates by the old and the new rule." if found["both"] else ""
    return f"The protocol was amended, from version {found['since']} to {found['version']}. {said}{both}".strip()


def _answer(content: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    whose = "The trials found so far: " if outcome.get("leads") == "published" else ""
    figures = f"{whose}{outcome['figures']}." if outcome["figures"] else ""
    return {
        "label": outcome["label"], "harm": outcome["harm"], "answer": outcome["answer"], "is_result": bool(outcome["result"]),
        "figures": " ".join(part for part in (figures, outcome["in_points"], outcome["prediction"]) if part),
        "certainty": outcome["certainty"], "caveat": outcome["caveat"],
        "published": "; ".join(f"{one['short']} (published) {one['words']}"
                               for one in outcome["published"] if outcome.get("leads") != "published"),
        "apart": (outcome.get("apart") or {}).get("sentence", ""),
        "picture": picture_id(outcome["id"]) if outcome["trials"] else "", "alt": outcome["alt"],
    }

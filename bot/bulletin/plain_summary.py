"""A bulletin in plain words, for somebody of about 13 years (reading_age.py): what Cochrane's plain-language summaries answer, in their order.

Made from the content of a bulletin, so that it says what the bulletin says: sentences that a person has signed where there are any, and the
side of the estimate else. No recommendation is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.bulletin.reading_age import MOST, reading_age
from bot.domain.protocols import Protocol
from bot.rendering import day, plural

Content = Mapping[str, Any]
CHANGED = {
    "first": "This is our first report.",
    "no change": "Nothing has changed since our last report.",
    "estimate updated": "Some numbers have changed since our last report. The main message is the same.",
    "conclusion changed": "The main message has changed since our last report.",
}
COUNTS = {1: "One", 2: "Two", 3: "Three"}
NOT_ADVICE = "This is not medical advice. If you want to change your care, talk to somebody you trust who knows about it."


def summary(content: Content, protocol: Protocol) -> dict[str, Any]:
    """Return the summary: title, parts (heading, paragraphs, points), the age that reads it, whether that is too old."""
    parts = [part for part in (
        _part("In short", points=_in_short(content)),
        _part("What did we want to find out?", paragraphs=_asked(content, protocol)),
        _part("What did we do?", paragraphs=_did(content, protocol)),
        _part("What did we find?", points=[_found(content, outcome) for outcome in _leading(content)]),
        _part("How sure can we be?", paragraphs=_sure(content)),
        _part("How up to date is this?", paragraphs=_up_to_date(content)),
    ) if part["paragraphs"] or part["points"]]
    title = f"{content['review']['short_title']}: what we know now"
    age = reading_age(as_text(title, parts))
    return {"title": title, "parts": parts, "reading_age": age, "is_hard": age > MOST}


def as_text(title: str, parts: Sequence[Content]) -> str:
    """Return a summary as lines."""
    return "\n".join([title, *(line for part in parts for line in (part["heading"], *part["paragraphs"], *part["points"]))])


def _part(heading: str, *, paragraphs: Sequence[str] = (), points: Sequence[str] = ()) -> dict[str, Any]:
    return {"heading": heading, "paragraphs": list(paragraphs), "points": list(points)}


def _in_short(content: Content) -> list[str]:
    used = sum(1 for study in content["studies"] if study["outcomes"])
    points = [CHANGED[content["status"]]]
    points.append(f"We have found {plural(len(content['studies']), 'study', 'studies')} so far. {used or 'None'} of them "
                  f"{'has' if used == 1 else 'have'} numbers that we can use." if content["studies"] else "We have not found any study yet.")
    rated = [outcome for outcome in _leading(content) if outcome["rating"] and not outcome["rating"]["is_stale"]]
    points += [outcome["rating"]["statement"] for outcome in rated if outcome["importance"] == "critical"][:2]
    return points if rated else [*points, "Nobody has judged yet how sure we can be of the results."]


def _asked(content: Content, protocol: Protocol) -> list[str]:
    about = content["review"]["intervention"]
    asked = protocol.plain_question or f"We want to know if {about} helps, and if it can do harm."
    return [one for one in (protocol.plain_background, asked) if one]


def _did(content: Content, protocol: Protocol) -> list[str]:
    two = protocol.reviewing.mode == "two"
    who = "Two people read each new study, and each makes up their own mind" if two else "One person reads each new study"
    return [f"We look for new studies every month. {who}. A computer helps to sort them, but people decide. Then we put the results together."]


def _leading(content: Content) -> list[Content]:
    by_id = {outcome["id"]: outcome for outcome in content["outcomes"]}
    found = [by_id[row["id"]] for row in content["table"] if row["id"] in by_id]
    return list({outcome["id"]: outcome for outcome in found or content["outcomes"]}.values())


def _found(content: Content, outcome: Content) -> str:
    result, rating = outcome["result"], outcome["rating"]
    said = f"{outcome['label']}. {_published(outcome)}"
    if result is None:
        gap = " This does not mean that there is no harm." if outcome["harm"] else ""
        return f"{said}We have no study yet with numbers that we can use.{gap}"
    if rating and not rating["is_stale"] and not outcome["lead"]:
        return f"{said}{rating['statement']} ({_size_of_base(result)})"
    return f"{said}{_ours(content, outcome, result)}"


def _published(outcome: Content) -> str:
    lead = outcome["lead"]
    if not lead:
        return ""
    side = _side(outcome, lead["estimate"], lead["ci_low"], lead["ci_high"])
    return f"A review that others have published ({lead['short']}) found: {side}. " if lead["measure"] == outcome["measure"] else ""


def _ours(content: Content, outcome: Content, result: Content) -> str:
    shown = result.get("cautious") or result
    side = _side(outcome, shown["estimate"], shown["ci_low"], shown["ci_high"])
    about = content["review"]["intervention"]
    if result["k"] == 1:
        return f"We have one study so far. With {about} it found: {side}. One study is too few to be sure."
    few = " These are few studies, so this may well change." if result["few"] else ""
    return f"We have {_size_of_base(result)} so far. On average, with {about}: {side}.{few}"


def _size_of_base(result: Content) -> str:
    people = f" with {result['participants']:,} people" if result["participants"] else ""
    return f"{COUNTS.get(result['k'], str(result['k'])).lower()} {'study' if result['k'] == 1 else 'studies'}{people}"


def _side(outcome: Content, estimate: float, low: float | None, high: float | None) -> str:
    """Return on which side an estimate lies, and that it may be otherwise where its interval reaches over no difference."""
    null = 1.0 if outcome["ratio"] else 0.0
    if abs(estimate - null) < 0.005:
        return "about the same"
    is_better = (estimate < null) == (outcome["direction"] == "lower")
    word = ("less often" if is_better else "more often") if outcome["harm"] else ("better" if is_better else "worse")
    is_open = low is None or high is None or low < null < high
    other = {"better": "worse", "worse": "better", "less often": "more often", "more often": "less often"}[word]
    return f"{word}. But there may be no change, or it may be {other}" if is_open else word


def _sure(content: Content) -> list[str]:
    rated = [outcome for outcome in content["outcomes"] if outcome["rating"] and not outcome["rating"]["is_stale"]]
    said = [] if rated else ["We cannot say yet. Nobody has looked yet at how well all the studies were done."]
    if any(not outcome["complete_to"] for outcome in content["outcomes"]):
        said.append("Some studies may still be missing. The results can change when we find more.")
    return [" ".join([*said, NOT_ADVICE])]


def _up_to_date(content: Content) -> list[str]:
    again = content["living"]["words"] if content["living"]["is_last"] else f"We will search again on {day(content['next'])}."
    said = [f"We searched up to {day(content['searched_to'])}. {again}"]
    failed = [source["label"] for source in content["sources"] if source["state"] == "failed"]
    never = [source["label"] for source in content["sources"] if source["state"] == "never"]
    if failed:
        said.append(f"This time we could not search: {', '.join(failed)}. We will try again.")
    if never:
        said.append(f"We have not searched yet: {', '.join(never)}.")
    return said

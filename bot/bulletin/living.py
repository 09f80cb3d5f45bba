"""What asks for a bulletin besides the calendar, and whether a review is kept alive: active, overdue or retired.

After PRISMA-LSR (doi:10.1136/bmj-2024-079183) and Murad 2023 on retirement (doi:10.1136/bmjebm-2022-112100). Triggers are those that the
protocol names; one that only a person can see is never called fired by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.bulletin import changes
from bot.domain.protocols import Protocol
from bot.rendering import day, plural

Content = Mapping[str, Any]
ACTIVE, OVERDUE, RETIRED = "active", "overdue", "retired"
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a review is kept alive. status: `active`, `overdue` or `retired`; words: that and why, in a sentence."""

    status: str
    words: str


def standing(protocol: Protocol, newest: Content | None, today: date) -> Standing:
    """Return how a review stands. newest: the newest published bulletin, None before the first."""
    living, most = protocol.living, protocol.publishing.largest_silence_months
    if living.retired_on is not None:
        verb = "is retired since" if living.retired_on <= today else "will be retired on"
        return Standing(RETIRED if living.retired_on <= today else ACTIVE, f"This review {verb} {day(living.retired_on)}: {living.retired_why}")
    if newest is not None and months_between(date.fromisoformat(newest["dated"]), today) >= most:
        return Standing(OVERDUE, f"This review is overdue: its last bulletin is of {day(newest['dated'])}, and its protocol allows no more than "
                                 f"{plural(most, 'month')} without one.")
    return Standing(ACTIVE, "This review is kept up to date: it is searched every month.")


def goes_by_itself(protocol: Protocol, content: Content) -> bool:
    """Return whether a draft is a status note that needs no signature.

    So if the protocol says so, nothing changed, its sums and ratings hold, every source was searched in its window, and no trigger is set off.
    """
    asks = any(content[name] for name in ("triggers", "amended", "flow_remarks", "corrects"))
    return (protocol.publishing.status_notes == "by_itself" and content["status"] == changes.NO_CHANGE and not asks
            and all(source["state"] == "ok" for source in content["sources"])
            and not any((outcome["rating"] or {}).get("is_stale") for outcome in content["outcomes"]))


def months_between(first: date, last: date) -> int:
    """Return how many whole months lie between two days."""
    months = (last.year - first.year) * MONTHS_A_YEAR + last.month - first.month
    return months - (last.day < first.day)


def fired(protocol: Protocol, content: Content, previous: Content | None) -> list[dict[str, str]]:
    """Return the triggers of the protocol that a draft's data set off since the bulletin before: id, text and why. None before the first."""
    if previous is None:
        return []
    whys = {trigger.id: TESTS[trigger.id](protocol, content, previous) for trigger in protocol.publishing.triggers if trigger.id in TESTS}
    return [{"id": one.id, "text": one.text, "why": whys[one.id]} for one in protocol.publishing.triggers if whys.get(one.id)]


def _size(_protocol: Protocol, content: Content, previous: Content) -> str:
    return _of_critical(content, previous, ("size", "favours"))


def _certainty(_protocol: Protocol, content: Content, previous: Content) -> str:
    return _of_critical(content, previous, ("level",))


def _of_critical(content: Content, previous: Content, names: Sequence[str]) -> str:
    before = {one["id"]: one.get("rating") for one in previous["outcomes"]}
    moved = [one["label"] for one in content["outcomes"] if one["importance"] == "critical" and one["change"].get("conclusion")
             and any(one["rating"][name] != before[one["id"]][name] for name in names)]
    return ", ".join(moved)


def _question(_protocol: Protocol, content: Content, previous: Content) -> str:
    known = {one["id"] for one in previous["outcomes"]}
    new = [f"the outcome {one['label']} is new" for one in content["outcomes"] if one["id"] not in known]
    new += [f"the {name} is described anew" for name in ("population", "intervention", "comparator")
            if content["review"][name] != previous["review"].get(name, content["review"][name])]
    return "; ".join(new)


def _retraction(_protocol: Protocol, content: Content, previous: Content) -> str:
    known = {_identity(one) for one in previous.get("told", ())}
    return "; ".join(f"{one['study']}: {one['kind']}" for one in content["told"] if _identity(one) not in known)


def _identity(told: Content) -> tuple[str, str]:
    return told["study"], told["kind"]


def _safety(_protocol: Protocol, content: Content, previous: Content) -> str:
    before = {one["id"]: {trial["study_id"] for trial in one["trials"]} for one in previous["outcomes"]}
    new = [f"{trial['study']} on {one['label'].lower()}" for one in content["outcomes"] if one["harm"]
           for trial in one["trials"] if trial["study_id"] not in before.get(one["id"], set())]
    return "; ".join(new)


def _age(protocol: Protocol, content: Content, previous: Content) -> str:
    months = months_between(date.fromisoformat(previous["dated"]), date.fromisoformat(content["searched_to"]))
    if months < protocol.publishing.largest_silence_months or not content["pending"]:
        return ""
    return f"the last bulletin is of {day(previous['dated'])}, and there is evidence that waits"


TESTS: Mapping[str, Callable[[Protocol, Content, Content], str]] = {
    "size": _size, "certainty": _certainty, "question": _question, "retraction": _retraction, "safety": _safety, "age": _age}

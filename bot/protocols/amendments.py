"""What changed between two versions of a protocol, and what that asks people to judge again. It lists; it never re-decides.

The amendment a person writes about it stands in protocol.toml; what a version was is kept by its hash: bot/protocols/snapshot.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from bot.domain.protocols import Protocol
from bot.protocols.rules import version_key

NAMES = ("id", "name", "outcome", "measure", "version", "country")
# These say what happened to the protocol; they are not themselves a change of it.
UNCOMPARED = {"sha256", "document", "slug", "version", "dated", "amendments"}


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to judge or do again. kind: `decisions`, `search`, `effects`, `estimates` or `certainty`; subject: of what."""

    kind: str
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. key: as in criteria[age].text; before, after: "" where there is none."""

    key: str
    before: str
    after: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which change asks for what. pattern: of the key, its first group is the subject; sentence: {subject} is put in."""

    pattern: re.Pattern[str]
    kind: str
    sentence: str

    def ask(self, key: str) -> Ask | None:
        """Return what a change at `key` asks for by this rule, or None."""
        found = self.pattern.fullmatch(key)
        if not found:
            return None
        subject = found.group(1) if found.groups() else "all"
        return Ask(self.kind, subject, self.sentence.format(subject=subject))


def _rule(pattern: str, kind: str, sentence: str) -> Rule:
    return Rule(re.compile(pattern), kind, sentence)


RULES = (
    _rule(r"criteria\[(.+?)\](?:\.text|\.stages)?", "decisions",
          "Judge again what was excluded for {subject}, and what was included, by the criterion as it stands now."),
    _rule(r"(population|intervention|comparator|setting|designs)", "decisions",
          "Say whether the change of the {subject} touches decisions; if so, judge those again."),
    _rule(r"sources\[(.+?)\](?:\.strategy|\.since)?", "search", "Search {subject} again from its beginning with the strategy as it stands now."),
    _rule(r"outcomes\[(.+?)\](?:\.definition|\.measure|\.direction)?", "effects",
          "Extract {subject} again, or for the first time, from every included study."),
    _rule(r"outcomes\[(.+?)\](?:\.instruments.*|\.preference)", "effects",
          "Look again which instrument each study's row of {subject} stands for, and which way it points."),
    _rule(r"outcomes\[(.+?)\]\.windows.*", "effects", "Put the rows of {subject} into windows again, each with its reason."),
    _rule(r"windows\[(.+?)\](?:\.definition|\.after_months|\.up_to_months)?", "effects",
          "Look at every row in or near the window {subject}: which window is it in now?"),
    _rule(r"open_ended_months", "effects", "Look again at the time points of studies with open-ended access."),
    _rule(r"pooling\.(.+)", "estimates", "Show every estimate under the old and the new rule ({subject}) once."),
    _rule(r"outcomes\[(.+?)\]\.(?:measure|direction)", "estimates", "Show the estimate of {subject} under the old and the new rule once."),
    _rule(r"outcomes\[(.+?)\]\.(?:mid|importance).*", "certainty", "Rate the certainty of {subject} again against the new threshold."),
    _rule(r"certainty\..*", "certainty", "Rate the certainty of every outcome again against the new thresholds."),
    _rule(r"size_bands\[(.+?)\].*", "certainty", "Rate the certainty of every {subject} outcome again against the new bands."),
)


def compare(old: Protocol, new: Protocol) -> tuple[Difference, ...]:
    """Return what differs between two versions, in the order of the protocol, each with what it asks to be judged again."""
    found = _differences("", old, new)
    return tuple(Difference(key, before, after, asks_of(key)) for key, before, after in found if key not in UNCOMPARED)


def asks_of(key: str) -> tuple[Ask, ...]:
    """Return what a change at this key asks to be judged or done again; () if it only counts from the next cycle on."""
    return tuple(ask for ask in (rule.ask(key) for rule in RULES) if ask)


def judge_again(differences: tuple[Difference, ...]) -> tuple[Ask, ...]:
    """Return everything the differences ask for, each once."""
    return tuple(dict.fromkeys(ask for difference in differences for ask in difference.asks))


def unannounced(old: Protocol, new: Protocol) -> tuple[str, ...]:
    """Return what a changed protocol does not say about its change, as sentences; () if it is announced as it should be."""
    if old.sha256 == new.sha256 or not compare(old, new):
        return ()
    said: list[str] = []
    if version_key(new.version) <= version_key(old.version):
        said.append(f"The protocol changed since version {old.version}, but calls itself {new.version}: give it a higher version.")
    if new.version not in {amendment.version for amendment in new.amendments}:
        said.append(f"There is no amendment for version {new.version}: add [[amendments]] with what, why, by and after_seeing.")
    said.extend(_rewritten(old, new))
    return tuple(said)


def _rewritten(old: Protocol, new: Protocol) -> Iterator[str]:
    for amendment in old.amendments:
        if amendment not in new.amendments:
            yield f"The amendment for version {amendment.version} was changed or taken out: amendments stay as they were."


def _differences(key: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    if old == new:
        return
    if is_dataclass(old) and is_dataclass(new):
        for field in fields(old):
            inner = f"{key}.{field.name}" if key else field.name
            yield from _differences(inner, getattr(old, field.name), getattr(new, field.name))
    elif isinstance(old, tuple) and isinstance(new, tuple) and _named(old) and _named(new):
        yield from _of_named(key, old, new)
    else:
        yield key, _in_words(old), _in_words(new)


def _of_named(key: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[tuple[str, str, str]]:
    before, after = _by_name(old), _by_name(new)
    for name in dict.fromkeys([*before, *after]):
        if name in before and name in after:
            yield from _differences(f"{key}[{name}]", before[name], after[name])
        else:
            yield f"{key}[{name}]", _in_words(before.get(name)), _in_words(after.get(name))
    kept_before, kept_after = [name for name in before if name in after], [name for name in after if name in before]
    if kept_before != kept_after:
        yield f"{key}.order", ", ".join(kept_before), ", ".join(kept_after)


def _named(elements: tuple[Any, ...]) -> bool:
    return all(is_dataclass(element) and _name(element) for element in elements)


def _by_name(elements: tuple[Any, ...]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for element in elements:
        name = _name(element)
        named[name if name not in named else f"{name}#{len(named)}"] = element
    return named


def _name(element: Any) -> str:
    return next((str(getattr(element, name)) for name in NAMES if getattr(element, name, None)), "")


def _in_words(value: Any) -> str:
    """Return a value as one reads it: an element by its fields, a list by its entries."""
    if value is None:
        return ""
    if is_dataclass(value):
        said = ((field.name, _in_words(getattr(value, field.name))) for field in fields(value))
        return "; ".join(f"{name} {text}" for name, text in said if text)
    if isinstance(value, tuple):
        return ", ".join(_in_words(element) for element in value)
    return str(value)

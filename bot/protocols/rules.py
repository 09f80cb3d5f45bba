"""What must hold inside protocol.toml and between it and the strategies, beyond the form of each key.

Outcomes, published estimates and the starting set: bot/protocols/rules_of_outcomes.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from bot.errors import InvalidInputError
from bot.methods.strategies import pubmed
from bot.protocols.build import ReviewForms
from bot.protocols.findings import Fault
from bot.protocols.forms import ProtocolForm, SourceForm
from bot.protocols.positions import KeyPath

FILE = "protocol.toml"
# What a word processor puts in place of the straight quotes and hyphens that every search platform expects.
TYPOGRAPHIC = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": "a space", "–": "-", "—": "-", "−": "-"}


def of_protocol(given: ReviewForms) -> Iterator[Fault]:
    """Yield what is wrong in protocol.toml by itself."""
    form = given.protocol
    yield from _unique(form)
    yield from _reviewing(form)
    yield from _living(form)
    yield from _windows(form)
    yield from _size_bands(form)
    yield from _amendments(form)


def of_strategies(given: ReviewForms) -> Iterator[Fault]:
    """Yield what is wrong with the sources and the files of their strategies."""
    named = {source.strategy.file for source in given.protocol.sources if source.strategy}
    for index, source in enumerate(given.protocol.sources):
        yield from _source(source, index, given)
    for file in sorted(set(given.strategies) - named):
        yield Fault(file, (), "no source names this file", f'sources.strategy.file = "{file}", or delete it')
    if not any(source.status == "searched" for source in given.protocol.sources):
        yield Fault(FILE, ("sources",), "no source is searched", 'status = "searched" for at least one')
    for file in sorted(named & set(given.strategies)):
        yield from _strategy(file, given.strategies[file], _syntax(given.protocol, file))


def _unique(form: ProtocolForm) -> Iterator[Fault]:
    named: list[tuple[str, str, list[str]]] = [
        ("criteria", "id", [criterion.id for criterion in form.criteria]),
        ("sources", "name", [source.name for source in form.sources]),
        ("windows", "id", [window.id for window in form.windows]),
        ("size_bands", "measure", [bands.measure for bands in form.size_bands]),
    ]
    for array, key, names in named:
        yield from repeated(FILE, (array,), key, names)
    yield from repeated(FILE, ("publishing", "triggers"), "id", [trigger.id for trigger in form.publishing.triggers])


def repeated(file: str, array: KeyPath, key: str, names: Iterable[str]) -> Iterator[Fault]:
    """Yield a fault for each name that an earlier element of an array of tables already has."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Fault(file, (*array, index, key), f'"{name}" stands here for the second time', "each name once")
        seen.add(name)


def _living(form: ProtocolForm) -> Iterator[Fault]:
    if (form.living.retired_on is None) != (not form.living.retired_why):
        key = "retired_why" if form.living.retired_on else "retired_on"
        yield Fault(FILE, ("living", key), "a review that ends has a day and a reason", "both retired_on and retired_why, or neither of them")


def _reviewing(form: ProtocolForm) -> Iterator[Fault]:
    rules = form.reviewing
    if rules.mode == "one" and rules.second_check_share == 0:
        yield Fault(FILE, ("reviewing", "second_check_share"), "one person alone needs a second check", "more than 0, at most 1, such as 0.2")
    if rules.mode == "two" and rules.second_check_share > 0:
        allowed = 'leave it out, or set mode = "one"'
        yield Fault(FILE, ("reviewing", "second_check_share"), "two people already judge every record", allowed)
    if any(later <= earlier for earlier, later in pairwise(rules.reminder_days)):
        yield Fault(FILE, ("reviewing", "reminder_days"), "the days must rise", "such as [3, 7]")
    late = [day for day in rules.reminder_days if day >= rules.deadline_days]
    if late:
        allowed = f"days below deadline_days = {rules.deadline_days}"
        yield Fault(FILE, ("reviewing", "reminder_days"), f"day {late[0]} comes when the round is over", allowed)
    if len(set(rules.quiet_weekdays)) == 7:
        yield Fault(FILE, ("reviewing", "quiet_weekdays"), "no day is left for mail", "at most six days")


def _windows(form: ProtocolForm) -> Iterator[Fault]:
    for index, window in enumerate(form.windows):
        low, high = window.after_months, window.up_to_months
        if low is not None and high is not None and low >= high:
            path: KeyPath = ("windows", index, "up_to_months")
            yield Fault(FILE, path, f"the window ends at {high:g} and begins after {low:g}", f"more than {low:g}")


def _size_bands(form: ProtocolForm) -> Iterator[Fault]:
    for index, bands in enumerate(form.size_bands):
        if not bands.small < bands.moderate < bands.large:
            yield Fault(FILE, ("size_bands", index), "the boundaries must rise", "small < moderate < large")
        if bands.measure in {"RR", "OR"} and bands.small <= 1:
            allowed = "more than 1; 1.25 stands for 0.8 as well"
            yield Fault(FILE, ("size_bands", index, "small"), f"a ratio of {bands.small:g} is no size", allowed)


def _amendments(form: ProtocolForm) -> Iterator[Fault]:
    versions = [version_key(amendment.version) for amendment in form.amendments]
    for index, amendment in enumerate(form.amendments):
        if amendment.dated > form.dated:
            yield Fault(FILE, ("amendments", index, "dated"), "the amendment is later than the protocol", f"{form.dated} or earlier")
    if any(later < earlier for earlier, later in pairwise(versions)):
        yield Fault(FILE, ("amendments",), "the amendments are not in order", "the oldest first")
    if versions and versions[-1] != version_key(form.version):
        allowed = f'version = "{form.amendments[-1].version}", or an amendment for {form.version}'
        yield Fault(FILE, ("version",), f'the last amendment made version "{form.amendments[-1].version}"', allowed)


def version_key(version: str) -> tuple[int | str, ...]:
    """Return what orders versions: 1.10 after 1.9."""
    return tuple(int(part) if part.isdigit() else part for part in version.split("."))


def _source(source: SourceForm, index: int, given: ReviewForms) -> Iterator[Fault]:
    path: KeyPath = ("sources", index, "strategy")
    if source.strategy is None and source.purpose != "search":
        return
    if source.strategy is None:
        if source.status == "searched":
            yield Fault(FILE, path, "is missing", 'a table [sources.strategy], or status = "planned"')
        return
    if source.strategy.file not in given.strategies:
        there = ", ".join(sorted(given.strategies)) or "no file in searches/"
        yield Fault(FILE, (*path, "file"), f"there is no file {source.strategy.file}", f"make it, or name one of: {there}")
    reviewed = source.strategy.peer_reviewer.casefold() != "none"
    if source.strategy.state != "draft" and not reviewed:
        yield Fault(FILE, (*path, "state"), f'"{source.strategy.state}" without a peer reviewer', 'state = "draft", or name who reviewed it')


def _syntax(form: ProtocolForm, file: str) -> str:
    return next(source.strategy.syntax for source in form.sources if source.strategy and source.strategy.file == file)


def _strategy(file: str, text: str, syntax: str) -> Iterator[Fault]:
    for number, line in enumerate(text.split("\n"), start=1):
        for mark, straight in TYPOGRAPHIC.items():
            if mark in line:
                yield Fault(file, (number,), f"{mark!r} comes from a word processor and is not searched as meant", straight)
                break
    if not text.strip():
        yield Fault(file, (1,), "the file is empty", "the whole query, as it is sent or pasted")
    elif syntax == "pubmed":
        try:
            pubmed.whole_query(text)
        except InvalidInputError as error:
            yield Fault(file, (1,), str(error))

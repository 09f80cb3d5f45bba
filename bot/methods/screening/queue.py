"""Who is asked about which report, in which order, and how long it will take. Who said what: db/decisions.py.

Chance comes from a seed, so that a round opened twice is the same round.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import InvalidInputError

Barred = Mapping[int, Collection[int]]
NOBODY: Barred = {}


@dataclass(frozen=True, slots=True)
class Place:
    """One report on one person's list. part: `first` or `second`."""

    report: int
    person: int
    part: str


def allocate_pairs(reports: Sequence[int], people: Sequence[int], *, seed: str, barred: Barred = NOBODY) -> tuple[Place, ...]:
    """Return two places per report, each with another person, the lists as even as can be; none for a report that too few may judge.

    barred: report → people who do not judge it. Raises InvalidInputError with fewer than two people.
    """
    if len(set(people)) < 2:
        raise InvalidInputError(f"two blind votes need two people; there are {len(set(people))}")
    draw = _draw(seed, "pairs")
    load = dict.fromkeys(people, 0)
    places = []
    for report in _mixed(reports, draw):
        out = set(barred.get(report, ()))
        if len(set(people) - out) < 2:
            continue
        for part in ("first", "second"):
            taken = out | {place.person for place in places[-1:] if place.report == report}
            person = _least_loaded(load, taken, draw)
            load[person] += 1
            places.append(Place(report, person, part))
    return tuple(places)


def allocate_single(reports: Sequence[int], people: Sequence[int], checkers: Sequence[int], *, share: float, seed: str,
                    barred: Barred = NOBODY) -> tuple[Place, ...]:
    """Return one place per report and, for a random `share` of the reports (0 to 1), a second one with somebody else.

    people: who votes first; checkers: who may check besides them. Raises InvalidInputError without people, or when a second
    check is asked for and nobody else is there.
    """
    if not people:
        raise InvalidInputError("nobody is there to vote")
    draw = _draw(seed, "single")
    load = dict.fromkeys(people, 0)
    first = {}
    for report in _mixed(reports, draw):
        out = set(barred.get(report, ()))
        if not set(people) - out:
            continue
        first[report] = _least_loaded(load, out, draw)
        load[first[report]] += 1
    places = [Place(report, person, "first") for report, person in first.items()]
    checks = dict.fromkeys([*people, *checkers], 0)
    if share > 0 and reports and len(checks) < 2:
        raise InvalidInputError("a second check needs a second person; there is one")
    for report in draw.sample(sorted(first), math.ceil(share * len(first))):
        out = {first[report], *barred.get(report, ())}
        if not set(checks) - out:
            continue
        person = _least_loaded(checks, out, draw)
        checks[person] += 1
        places.append(Place(report, person, "second"))
    return tuple(places)


def random_order(reports: Sequence[int], *, seed: str) -> tuple[int, ...]:
    """Return the reports in a random order that says nothing about their rank; the same seed gives the same order."""
    return tuple(_mixed(reports, _draw(seed, "order")))


def minutes(count: int, seconds_per_record: int) -> int:
    """Return how many whole minutes `count` records take, at least one."""
    return max(1, math.ceil(count * seconds_per_record / 60))


def _draw(seed: str, use: str) -> random.Random:
    return random.Random(f"{use}:{seed}")  # noqa: S311  chance that can be repeated, not a secret


def _mixed(reports: Sequence[int], draw: random.Random) -> list[int]:
    mixed = sorted(set(reports))
    draw.shuffle(mixed)
    return mixed


def _least_loaded(load: dict[int, int], taken: set[int], draw: random.Random) -> int:
    free = {person: count for person, count in load.items() if person not in taken}
    least = min(free.values())
    return draw.choice(sorted(person for person, count in free.items() if count == least))

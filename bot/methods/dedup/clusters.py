"""Many records at once: which cite one report, which pairs a person is asked about. One new record: bot/steps/records/deduplicate.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from bot.domain.records import Record
from bot.methods.dedup.agreement import agreement_of
from bot.methods.dedup.keys import keys_of_profile
from bot.methods.dedup.match import Match, judge
from bot.methods.dedup.oddities import Oddity, oddities_of
from bot.methods.dedup.profiles import Profile, cached_profile, profile_of
from bot.methods.dedup.rules import LIMITS, Limits, Verdict, score_of, verdict_on

# A key that very many records share tells little; they are compared with their neighbours in the order of what they say.
MOST_OF_ONE_KEY, NEIGHBOURS = 60, 30
# So many citations of one report come from no search: something is wrong with the records, and a person looks.
LARGEST = 50
# Two records, by their positions.
Positions = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, by their positions in the sequence (first < second), and what their comparison came to."""

    first: int
    second: int
    match: Match


@dataclass(frozen=True, slots=True)
class Clusters:
    """clusters: positions of the records of each report, every record in exactly one; joined: the pairs that were reason enough."""

    clusters: tuple[tuple[int, ...], ...]
    joined: tuple[Pair, ...]
    questions: tuple[Pair, ...]
    oddities: tuple[Oddity, ...]


def cluster(records: Sequence[Record], limits: Limits = LIMITS) -> Clusters:
    """Return the records that cite one report together. The order of the records makes no difference to which these are.

    Pairs are joined from the surest on; a pair is left apart where it would bring two together that exclude each other
    (two PMIDs, an article and its erratum).
    """
    return _clustered(records, [profile_of(record) for record in records], limits, (), ())


def regroup(records: Sequence[Record], *, apart: Iterable[Positions] = (), together: Iterable[Positions] = ()) -> Clusters:
    """Return the same of a few records, of which a person told some apart and put others together: that holds whatever they say."""
    return _clustered(records, [cached_profile(record) for record in records], LIMITS, apart, together)


def _clustered(records: Sequence[Record], profiles: Sequence[Profile], limits: Limits, told: Iterable[Positions],
               together: Iterable[Positions]) -> Clusters:
    near, apart = _compared(profiles, limits)
    said = frozenset(frozenset(pair) for pair in told)
    for one, two in said:
        _keep_apart(apart, one, two)
    same = [pair for pair in near if pair.verdict is Verdict.SAME]
    groups, joined = _joined(len(records), _ordered(same, profiles), apart, list(together))
    too_large = {position for group in groups if len(group) > LARGEST for position in group}
    kept = [group for group in groups if len(group) <= LARGEST] + [(position,) for position in too_large]
    of = {position: number for number, group in enumerate(kept) for position in group}
    settled = {frozenset((of[one], of[two])) for one, two in said}
    asked = [pair for pair in near if of[pair.first] != of[pair.second] and too_large.isdisjoint((pair.first, pair.second))
             and frozenset((of[pair.first], of[pair.second])) not in settled]

    def explained(pair: _Near) -> Pair:
        return Pair(pair.first, pair.second, judge(profiles[pair.first], profiles[pair.second], limits))

    return Clusters(
        tuple(sorted(tuple(sorted(group)) for group in kept)),
        tuple(explained(pair) for pair in joined if pair.first not in too_large),
        tuple(explained(pair) for pair in _one_of_each(_ordered(asked, profiles), of)),
        oddities_of(records, [group for group in groups if len(group) > LARGEST]),
    )


class _Near(NamedTuple):
    """Two records that are the same or nearly so; what speaks for it in words is worked out for those that it joins."""

    first: int
    second: int
    verdict: Verdict
    score: float


def _compared(profiles: Sequence[Profile], limits: Limits) -> tuple[list[_Near], dict[int, set[int]]]:
    """Return the pairs that are the same or asked about, and for each record those that it cannot share a report with."""
    near, apart = list[_Near](), dict[int, set[int]]()
    for one, two in candidates(profiles):
        found = agreement_of(profiles[one], profiles[two])
        verdict, _ = verdict_on(found, limits)
        if verdict is not Verdict.DIFFERENT:
            near.append(_Near(one, two, verdict, score_of(verdict, found)))
        elif found.excludes:
            _keep_apart(apart, one, two)
    return near, apart


def _keep_apart(apart: dict[int, set[int]], one: int, two: int) -> None:
    apart.setdefault(one, set()).add(two)
    apart.setdefault(two, set()).add(one)


def _ordered(pairs: Sequence[_Near], profiles: Sequence[Profile]) -> list[_Near]:
    """Return the surest first; between equals what the records say decides, never where they stand."""
    said = {position: _said(profiles[position]) for pair in pairs for position in (pair.first, pair.second)}
    return sorted(pairs, key=lambda pair: (-pair.score, *sorted((said[pair.first], said[pair.second]))))


def candidates(profiles: Sequence[Profile]) -> Iterator[tuple[int, int]]:
    """Yield each pair that shares a key, once, the smaller position first."""
    holders = defaultdict[tuple[str, str], list[int]](list)
    for position, profile in enumerate(profiles):
        for key in keys_of_profile(profile):
            holders[key].append(position)
    partners = defaultdict[int, set[int]](set)
    for positions in holders.values():
        for one, two in _pairs(positions, profiles):
            partners[min(one, two)].add(max(one, two))
    for one, others in partners.items():
        for two in others:
            yield one, two


def _pairs(positions: list[int], profiles: Sequence[Profile]) -> Iterator[tuple[int, int]]:
    if len(positions) <= MOST_OF_ONE_KEY:
        yield from combinations(positions, 2)
        return
    # By title first, then by place: of two citations of one editorial, one may lack the DOI, the other the pages.
    for order in (_said, _where):
        row = sorted(positions, key=lambda position: order(profiles[position]))
        for index, one in enumerate(row):
            for two in row[index + 1 : index + 1 + NEIGHBOURS]:
                yield one, two


def _joined(count: int, same: Iterable[_Near], apart: dict[int, set[int]],
            together: Sequence[Positions]) -> tuple[list[tuple[int, ...]], list[_Near]]:
    of = list(range(count))
    members = {position: {position} for position in range(count)}
    for first, second in together:
        one, two = of[first], of[second]
        if one != two:
            of = [one if group == two else group for group in of]
            members[one] |= members.pop(two)
    joined: list[_Near] = []
    for pair in same:
        one, two = sorted((of[pair.first], of[pair.second]), key=lambda group: (-len(members[group]), group))
        if one == two:
            continue
        if any(not members[one].isdisjoint(apart[position]) for position in members[two] if position in apart):
            continue
        for position in members[two]:
            of[position] = one
        members[one] |= members.pop(two)
        joined.append(pair)
    return [tuple(group) for group in members.values()], joined


def _said(profile: Profile) -> str:
    return (
        f"{profile.title}|{profile.doi}|{profile.pmid}|{profile.year}|{profile.volume}|{profile.issue}|{profile.pages}|{profile.journal}"
        f"|{profile.names.run}|{sorted(profile.names.all)}|{profile.abstract}"
    )


def _where(profile: Profile) -> tuple[str, str, int, str]:
    return profile.volume or str(profile.year or ""), profile.issue, profile.pages.first, profile.names.run


def _one_of_each(pairs: Iterable[_Near], of: dict[int, int]) -> list[_Near]:
    """Return the first pair of each two clusters: a person is asked once."""
    best: dict[frozenset[int], _Near] = {}
    for pair in pairs:
        best.setdefault(frozenset((of[pair.first], of[pair.second])), pair)
    return sorted(best.values(), key=lambda pair: (pair.first, pair.second))

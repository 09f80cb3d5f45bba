"""Which reports are of one study (trial): what links by itself, and what is only suggested. Two citations of one report: methods/dedup.

Only an identical registration id in both reports' own fields links by itself, and only where design, numbers and names do not speak
against it. Everything else is suggested with its reasons. What a report says of its trial: traits.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz

from bot.domain.records import Record
from bot.methods.studies.traits import Role, Traits, cached_traits, traits_of

# Numbers of one trial may differ by those who dropped out, hardly by more.
SAME_NUMBER = 0.85
SIMILAR_TITLES = 70.0


class LinkVerdict(Enum):
    """What becomes of two reports: linked without a person, a question to a person, or nothing."""

    AUTOMATIC = "automatic"
    SUGGESTED = "suggested"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Link:
    """reasons: what speaks for one study; against: what speaks against it, or is not as it should be. Both are sentences."""

    verdict: LinkVerdict
    reasons: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


STRENGTH = {LinkVerdict.NONE: 0, LinkVerdict.SUGGESTED: 1, LinkVerdict.AUTOMATIC: 2}


@dataclass(frozen=True, slots=True)
class Known:
    """A study that is known, and its reports as merged records."""

    id: int
    reports: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """study: the one that a report joins by itself, None if it begins its own; link: why. questions: (study, what speaks for and against)."""

    study: int | None
    link: Link | None
    questions: tuple[tuple[int, Link], ...]


@dataclass(frozen=True, slots=True)
class LinkedPair:
    """Two reports, by their positions (first < second)."""

    first: int
    second: int
    link: Link


@dataclass(frozen=True, slots=True)
class Studies:
    """studies: positions of the reports of each, every report in exactly one; links: what joined them; suggestions: what a person is asked."""

    studies: tuple[tuple[int, ...], ...]
    links: tuple[LinkedPair, ...]
    suggestions: tuple[LinkedPair, ...]


def link(a: Record, b: Record) -> Link:
    """Return whether two reports are of one study, with reasons. Order does not matter."""
    return _link(traits_of(a), traits_of(b))


def studies_of(reports: Sequence[Record]) -> Studies:
    """Return the studies that reports belong to. A report without a link is a study of its own. The order of the reports makes no difference.

    A link that would bring two reports together that speak against each other is only suggested.
    """
    traits = [traits_of(report) for report in reports]
    of, members = list(range(len(reports))), {position: {position} for position in range(len(reports))}
    links, suggestions = list[LinkedPair](), list[LinkedPair]()
    for pair in _pairs(reports, traits):
        one, two = of[pair.first], of[pair.second]
        against = _between(members[one], members[two], traits) if one != two else ()
        if pair.link.verdict is LinkVerdict.SUGGESTED or against:
            doubtful = Link(LinkVerdict.SUGGESTED, pair.link.reasons, pair.link.against or against)
            suggestions.append(LinkedPair(pair.first, pair.second, doubtful))
            continue
        links.append(pair)
        if one != two:
            members[one] |= members.pop(two)
            of = [one if study == two else study for study in of]
    still_open = tuple(pair for pair in suggestions if of[pair.first] != of[pair.second])
    return Studies(tuple(sorted(tuple(sorted(group)) for group in members.values())), tuple(links), still_open)


def _pairs(reports: Sequence[Record], traits: Sequence[Traits]) -> list[LinkedPair]:
    """Return the pairs with anything between them, those with most reasons first; between equals what they say decides."""
    found = [LinkedPair(one, two, _link(traits[one], traits[two])) for one, two in _candidates(traits)]
    near = [pair for pair in found if pair.link.verdict is not LinkVerdict.NONE]
    return sorted(
        near, key=lambda pair: (-len(pair.link.reasons), sorted((repr(reports[pair.first]), repr(reports[pair.second]))))
    )


def counts_as_results(report: Record) -> bool:
    """Return whether a report can make a study one with results: no protocol, and no registry entry without results."""
    return cached_traits(report).role not in (Role.PROTOCOL, Role.REGISTRATION)


def place(report: Record, known: Sequence[Known], *, apart: Collection[frozenset[int]] = ()) -> Placement:
    """Return the study that a report belongs to by itself, and the studies that a person is asked about.

    apart: pairs of studies that a person told apart. One that fits two studies by itself joins neither: they may be two trials under one id.
    """
    own = cached_traits(report)
    found = {study.id: _to_study(own, [cached_traits(one) for one in study.reports]) for study in known}
    sure = [study for study, one in found.items() if one.verdict is LinkVerdict.AUTOMATIC]
    joined = sure[0] if len(sure) == 1 else None
    doubt = () if joined is not None or not sure else ("two studies that are known give this registration",)
    asked = tuple(
        (study, Link(LinkVerdict.SUGGESTED, one.reasons, (*one.against, *(doubt if study in sure else ()))))
        for study, one in found.items()
        if study != joined and one.verdict is not LinkVerdict.NONE and frozenset((study, joined)) not in apart
    )
    return Placement(joined, found[joined] if joined is not None else None, asked)


def between(some: Sequence[Record], others: Sequence[Record]) -> Link:
    """Return what speaks for and against two studies being one trial: the strongest link of any report of one with any of the other."""
    return max((_to_study(cached_traits(one), [cached_traits(other) for other in others]) for one in some), key=_strength,
               default=Link(LinkVerdict.NONE))


def _to_study(own: Traits, reports: Sequence[Traits]) -> Link:
    """Return the strongest link of a report to those of a study; what any of them has against it makes it a question."""
    best = max((_link(own, other) for other in reports), key=_strength, default=Link(LinkVerdict.NONE))
    against = tuple(dict.fromkeys(reason for other in reports for reason in _against(own, other)))
    if best.verdict is LinkVerdict.AUTOMATIC and against:
        return Link(LinkVerdict.SUGGESTED, best.reasons, against)
    return best


def _strength(found: Link) -> tuple[int, int]:
    return STRENGTH[found.verdict], len(found.reasons)


def _link(a: Traits, b: Traits) -> Link:
    against = _against(a, b)
    shared = sorted(a.registrations & b.registrations)
    if shared:
        reasons = (f"both give {' and '.join(shared)} as their own registration", *_reasons(a, b))
        doubts = against + _doubts(a, b)
        return Link(LinkVerdict.SUGGESTED if doubts else LinkVerdict.AUTOMATIC, reasons, doubts)
    reasons = _named(a, b) + _reasons(a, b)
    strong = bool(_named(a, b)) or len(reasons) >= 2
    if not strong or (Role.REVIEW in (a.role, b.role)):
        return Link(LinkVerdict.NONE)
    if a.registrations and b.registrations and not _named(a, b):
        against += (f"each has a registration of its own: {', '.join(sorted(a.registrations ^ b.registrations))}",)
        if len(reasons) < 3:
            return Link(LinkVerdict.NONE)
    return Link(LinkVerdict.SUGGESTED, reasons, against)


def _against(a: Traits, b: Traits) -> tuple[str, ...]:
    """What two reports of one trial should not have: another design, other numbers, nobody in common."""
    found: list[str] = []
    if Role.REVIEW in (a.role, b.role):
        found.append("one is a review: it names the trials of others")
    if a.randomised is not None and b.randomised is not None and a.randomised != b.randomised:
        found.append("one was randomised, the other was not")
    if a.pilot != b.pilot:
        found.append("one is a pilot or feasibility study")
    if (
        a.participants
        and b.participants
        and min(a.participants, b.participants) < SAME_NUMBER * max(a.participants, b.participants)
    ):
        small, large = sorted((a.participants, b.participants))
        found.append(f"{small} participants in one, {large} in the other")
    # A register names who answers for a trial, not who wrote.
    written = {a.role, b.role}.isdisjoint((Role.REGISTRATION, Role.REGISTERED_RESULTS))
    if written and a.names and b.names and a.names.isdisjoint(b.names):
        found.append("they have no author in common")
    return tuple(found)


def _doubts(a: Traits, b: Traits) -> tuple[str, ...]:
    """Ids that may stand for several trials: several of one register in one report, and not the same ones in the other."""
    if a.registrations == b.registrations:
        return ()
    several = sorted(number for one in (a, b) for number in one.registrations if _of_one_register(one.registrations))
    return (f"one report gives several trials: {', '.join(dict.fromkeys(several))}",) if several else ()


def _of_one_register(numbers: frozenset[str]) -> bool:
    registers = [number[:3] for number in numbers]
    return len(set(registers)) < len(registers)


def _named(a: Traits, b: Traits) -> tuple[str, ...]:
    """What one report says of the other by an identifier."""
    found: list[str] = []
    for one, other in ((a, b), (b, a)):
        mentioned = sorted(one.mentioned & other.registrations)
        if mentioned:
            found.append(f"one names {', '.join(mentioned)} in its text, the registration of the other")
        if not one.cited.isdisjoint(other.identifiers):
            found.append(f"one refers to the other ({', '.join(sorted(one.cited & other.identifiers))})")
    if a.mentioned & b.mentioned:
        found.append(f"both name {', '.join(sorted(a.mentioned & b.mentioned))} in their text")
    return tuple(dict.fromkeys(sorted(found)))


def _reasons(a: Traits, b: Traits) -> tuple[str, ...]:
    """What is alike without an identifier: any two of these are worth a question."""
    found: list[str] = []
    similar = fuzz.token_set_ratio(a.subject, b.subject) >= SIMILAR_TITLES if a.subject and b.subject else False
    roles = {a.role, b.role}
    if a.first_name and a.first_name == b.first_name:
        found.append("the same first author")
    if a.participants and a.participants == b.participants:
        found.append(f"the same number of participants ({a.participants})")
    if a.acronyms & b.acronyms:
        found.append(f"the same acronym ({', '.join(sorted(a.acronyms & b.acronyms))})")
    if a.places & b.places and similar:
        found.append(f"the same place ({', '.join(sorted(a.places & b.places))})")
    if similar and not (a.names and b.names and a.names.isdisjoint(b.names)):
        said = sorted(role.value for role in roles & {Role.SECONDARY, Role.PROTOCOL, Role.PREPRINT, Role.REGISTRATION})
        found.append(f"titles of one subject{', one is ' + ' and '.join(said) if said else ''}")
    return tuple(found)


def _between(one: set[int], two: set[int], traits: Sequence[Traits]) -> tuple[str, ...]:
    """Return what any report of one group has against any of the other."""
    return tuple(
        dict.fromkeys(reason for left in sorted(one) for right in sorted(two) for reason in _against(traits[left], traits[right]))
    )


def _candidates(traits: Sequence[Traits]) -> Iterator[tuple[int, int]]:
    """Yield each pair that shares anything that a reason can be made of, once."""
    holders = defaultdict[str, list[int]](list)
    for position, one in enumerate(traits):
        for key in {*one.registrations, *one.mentioned, *one.cited, *one.identifiers, *one.acronyms, one.first_name} - {""}:
            holders[key].append(position)
    seen = {(one, two) for positions in holders.values() for index, one in enumerate(positions) for two in positions[index + 1 :]}
    yield from sorted(seen)

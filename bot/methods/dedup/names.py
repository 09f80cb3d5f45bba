"""Who wrote a document: names compared across platforms that abbreviate, turn round and run together. Who is meant, is not known here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.methods.dedup.words import words

PREFIXES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ten",
        "ter",
        "zu",
        "dos",
        "das",
        "st",
    ]
)
NOT_NAMES = frozenset(
    [
        "null",
        "and",
        "et",
        "al",
        "others",
        "jr",
        "sr",
        "dr",
        "md",
        "phd",
        "anonymous",
        "anon",
        "unknown",
        "no",
        "author",
        "authors",
        "listed",
        "na",
        "none",
    ]
)
COLLECTIVE = frozenset(
    [
        "group",
        "study",
        "trial",
        "trials",
        "investigators",
        "consortium",
        "collaboration",
        "collaborators",
        "committee",
        "network",
        "team",
        "society",
        "association",
        "inc",
        "ltd",
    ]
)
INITIALS = re.compile(r"(?:[A-Z]\W{0,2}){1,4}$")
MOST_AUTHORS = 60
ALIKE = 85.0


@dataclass(frozen=True, slots=True)
class Names:
    """first: words of the first author's name, no initials; all: those of every author; run: the first name run together."""

    first: frozenset[str]
    all: frozenset[str]
    run: str
    collective: bool


NOBODY = Names(frozenset(), frozenset(), "", False)


def names_of(authors: tuple[str, ...]) -> Names:
    """Return what can be compared of a list of authors."""
    each = [name for name in map(_name, authors[:MOST_AUTHORS]) if name]
    if not each:
        return NOBODY
    everyone = frozenset(word for name in each for word in name)
    return Names(frozenset(each[0]), everyone, "".join(each[0]), not COLLECTIVE.isdisjoint(each[0]))


def same_names(one: Names, other: Names) -> bool | None:
    """Return whether the first authors agree, or at least half of all names; None if one names nobody, or only a group."""
    if not one.first or not other.first:
        return None
    if not one.first.isdisjoint(other.first) or one.run == other.run:
        return True
    long = [(left, right) for left in one.first for right in other.first if min(len(left), len(right)) > 4]
    fewer = min(len(one.all), len(other.all))
    if 2 * len(one.all & other.all) >= fewer or any(fuzz.ratio(left, right) >= ALIKE for left, right in long):
        return True
    return None if one.collective or other.collective else False


def _name(author: str) -> list[str]:
    """Return the words of a name that are more than initials: "Kang SH", "Kang, S. H." and "KANG, Si Hyun" all give "kang"."""
    family, comma, given = author.partition(",")
    if comma:
        spelt = family if INITIALS.fullmatch(given.strip()) else author
    else:
        head, _, tail = author.strip().rpartition(" ")
        spelt = head if head and INITIALS.fullmatch(tail) else author
    found = [word for word in words(spelt) if word not in NOT_NAMES]
    return [word for word in found if len(word) > 1 and word not in PREFIXES] or found

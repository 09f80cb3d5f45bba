"""A record made comparable: everything that a comparison looks at, worked out once. Comparing two: match.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.domain.records import Record
from bot.methods.dedup.identifiers import doi_of, number_in
from bot.methods.dedup.kinds import SPELT, Kind, kinds_of, parts_of, without_label, without_remarks
from bot.methods.dedup.names import Names, names_of
from bot.methods.dedup.places import Pages, number_of, pages_of
from bot.methods.dedup.titles import recurs
from bot.methods.dedup.words import plain, words

ABSTRACT_COMPARED = 400


@dataclass(frozen=True, slots=True)
class Profile:
    """title: run together; words: of the title; numbers: in the title, in order; abstract: its first characters run together."""

    title: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    parts: frozenset[str]
    kinds: frozenset[Kind]
    names: Names
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: Pages
    doi: str
    pmid: str
    abstract: str
    language: str
    recurs: bool


def profile_of(record: Record) -> Profile:
    """Return what of a record is compared."""
    title = without_remarks(record.title)
    title_words = tuple(words(without_label(title)))
    return Profile(
        "".join(title_words),
        title_words,
        numbers_of(title_words),
        parts_of(title),
        kinds_of(record, title),
        names_of(record.authors),
        record.year,
        record.journal,
        _volume(record),
        number_of(record.issue),
        pages_of(record.pages),
        doi_of(record.doi),
        number_in(record.pmid),
        plain(record.abstract[: 2 * ABSTRACT_COMPARED])[:ABSTRACT_COMPARED],
        record.language.casefold()[:3],
        recurs(title, sum(map(len, title_words))),
    )


def _volume(record: Record) -> str:
    """Return the number of the volume, "" if it only repeats the year."""
    number = number_of(record.volume)
    return "" if number == str(record.year) else number


def numbers_of(title_words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the numbers in a title, Roman ones as digits: "type II" and "type 2" alike."""
    found: list[str] = []
    for word in title_words:
        if word in SPELT and ((word.isascii() and not word.isalpha()) or set(word) <= set("ivx")):
            found.append(SPELT[word])
        elif not word.isalpha():
            found.extend(number.lstrip("0") for number in re.findall(r"\d+", word))
    return tuple(found)


@lru_cache(maxsize=4096)
def cached_profile(record: Record) -> Profile:
    """Return the profile of a record; a month's candidates are compared again and again."""
    return profile_of(record)

"""Keys of a record: two records of one report share at least one. Comparing those that do: match.py."""

from __future__ import annotations

from typing import NamedTuple

from bot.domain.records import Record
from bot.methods.dedup.identifiers import doi_of
from bot.methods.dedup.profiles import Profile, cached_profile
from bot.methods.dedup.words import plain

__all__ = ["Key", "is_doi", "keys_of", "keys_of_profile", "plain"]

HEAD = 40
# Titles are cut short: only words that stand whole within the first characters make a key.
REACH, LONG_WORDS, SHORTEST_WORD = 60, 3, 5
INITIALS = 9


class Key(NamedTuple):
    """Something to look a record up by."""

    kind: str
    value: str


def keys_of(record: Record) -> tuple[Key, ...]:
    """Return the keys of a record: at most six, each shared by few others."""
    return keys_of_profile(cached_profile(record))


def keys_of_profile(profile: Profile) -> tuple[Key, ...]:
    """Return the keys of a profile: DOI, PMID, place, beginning of the title, its longest words, the first letters of its words."""
    found = [Key("pmid", profile.pmid)] if profile.pmid else []
    found += [Key("doi", profile.doi)] if profile.doi else []
    place = _place(profile)
    found += [Key("place", place)] if place else []
    return tuple(found + _title_keys(profile))


def is_doi(text: str) -> bool:
    """Return whether a text is a DOI: "NA" and the like are none."""
    return doi_of(text) != ""


def _place(profile: Profile) -> str:
    """Return volume and first page, or first and last page where no volume is given."""
    pages = profile.pages
    if profile.volume and (pages.first or pages.last):
        return f"{profile.volume}|{pages.first or pages.last}"
    return f"{pages.first}-{pages.last}" if 1 < pages.first < pages.last else ""


def _title_keys(profile: Profile) -> list[Key]:
    if not profile.title:
        return []
    if profile.recurs:
        # "Editorial" stands in every volume of every journal.
        return [Key("short", f"{profile.title[:HEAD]}|{profile.volume or profile.year or ''}")]
    found = [Key("head", profile.title[:HEAD])]
    long = sorted(_whole_words(profile.words), key=lambda word: (-len(word), word))[:LONG_WORDS]
    if len(long) == LONG_WORDS:
        found.append(Key("words", "|".join(sorted(long))))
    if len(profile.words) >= INITIALS:
        found.append(Key("initials", "".join(word[0] for word in profile.words[:INITIALS])))
    return found


def _whole_words(words: tuple[str, ...]) -> set[str]:
    """Return the long words within the reach of a title, but not the last: it may be half a word."""
    found, length = set[str](), 0
    for word in words:
        length += len(word) + 1
        if length > REACH - 5:
            break
        if len(word) >= SHORTEST_WORD:
            found.add(word)
    return found

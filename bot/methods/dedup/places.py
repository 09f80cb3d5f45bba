"""Where a document appeared: journal, volume, issue and pages, comparable across abbreviations. Comparing whole records: match.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from bot.methods.dedup.words import words

EMPTY = frozenset(
    [
        "the",
        "of",
        "and",
        "in",
        "on",
        "for",
        "at",
        "de",
        "la",
        "le",
        "les",
        "des",
        "du",
        "der",
        "die",
        "das",
        "und",
        "et",
        "di",
        "del",
        "y",
        "e",
        "a",
        "an",
        "to",
        "fur",
        "i",
        "o",
    ]
)
UNKNOWN = frozenset(["unknown", "na", "n", "none", "null", "nan", "inpress", "online"])
# Letters before a number that an article got online ("e12", BMJ's "c1804"): no page that a printed one could contradict.
ONLINE = frozenset("bcdefghijklmn")
LEAST_ONLINE = 1000
PAGES = re.compile(r"\b([a-z]{0,8})\s*\.?\s*0*(\d+)(?:\s*[-–—‐‑−:]+\s*([a-z]{0,8})\s*0*(\d+))?")
# What some exports leave of "Suppl S251-61" and "Pt 1, 965-71": the end of the last page.
ENDING = re.compile(r"^\W*[a-z]+\W{0,2}[-–—]\s*0*(\d{1,6})\W*$")
ROMAN = re.compile(r"^\W*([ivxlc]+)\b")
EXTENT = re.compile(r"^\W*\d+\s*(?:p|pp|pages|leaves)\b\.?\W*$|no pagination")


@dataclass(frozen=True, slots=True)
class Pages:
    """first, last: numbers, 0 if unknown; letters: what stands before the first ("e", "s")."""

    first: int
    last: int
    letters: str


NO_PAGES = Pages(0, 0, "")


def pages_of(text: str) -> Pages:
    """Return pages in full: "1673-9" ends on 1679, "e158-66" begins on 158 with the letter e. "62 p" says how long, not where."""
    text = text.casefold()
    if EXTENT.search(text):
        return NO_PAGES
    if roman := ROMAN.match(text):
        return Pages(0, 0, roman.group(1))
    if ending := ENDING.match(text):
        return Pages(0, int(ending.group(1)), "")
    found = PAGES.search(text)
    if not found or len(found.group(2)) > 12:
        return NO_PAGES
    letters, first, _, last = found.groups(default="")
    if last and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return Pages(int(first), int(last) if 0 < len(last) <= 12 else 0, letters)


def same_pages(one: Pages, other: Pages) -> bool | None:
    """Return whether two give the same pages; None if one is not known, or "e12" stands against "12", or an article counts from 1."""
    if NO_PAGES in (one, other):
        return None
    if not one.first or not other.first:
        if one.last and other.last:
            short, long = sorted((str(one.last), str(other.last)), key=len)
            return True if long.endswith(short) else None
        return one.letters == other.letters if not (one.first or other.first) else None
    if one.first == other.first:
        return True if one.letters == other.letters else None
    if 1 in (one.first, other.first) or _online(one) != _online(other):
        return None
    if (not one.last and other.first < one.first == other.last) or (not other.last and one.first < other.first == one.last):
        return True
    # One digit mistaken in the first page, the last page right: "2297-2108", "2142-2147".
    return 0 < one.last == other.last and Levenshtein.distance(str(one.first), str(other.first)) == 1


def close_pages(one: Pages, other: Pages) -> bool:
    """Return whether the pages of two overlap or touch: miscounted rather than elsewhere."""
    return one.letters == other.letters and 0 < one.first <= other.last and 0 < other.first <= one.last


def is_short(pages: Pages) -> bool:
    """Return whether a document fills two pages at most, as abstracts and errata do, or its last page is not known."""
    return pages.last - pages.first <= 1


def _online(pages: Pages) -> bool:
    return pages.letters in ONLINE or (pages.letters == "a" and pages.first >= LEAST_ONLINE)


def same_range(one: Pages, other: Pages) -> bool:
    """Return whether two give the same first and last page, of several, not counted from 1: hardly two documents have those."""
    return one == other and 1 < one.first < one.last


def number_of(text: str) -> str:
    """Return the number in a volume or issue, "" if there is none: "UNKNOWN", "(Jul)", "suppl"."""
    found = re.search(r"\d+", text)
    return found.group(0).lstrip("0") if found else ""


@lru_cache(maxsize=20_000)
def journal_words(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of a journal's name, and of its name without what stands behind ":", ";", "=", "(" or "."."""
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", text) if not text.startswith("[") else text
    written = (text, bare, re.split(r"[:;=/]| - ", bare)[0])
    forms = [tuple(word for word in words(form) if word not in EMPTY and word not in UNKNOWN) for form in written]
    return tuple(dict.fromkeys(form for form in forms if form))


@lru_cache(maxsize=100_000)
def same_journal(one: str, other: str) -> bool | None:
    """Return whether two names mean one journal: in full, abbreviated or by initials; None if one is not known."""
    ones, others = journal_words(one), journal_words(other)
    if not ones or not others:
        return None
    pairs = (sorted((left, right), key=lambda form: (len(form), sum(map(len, form)), form)) for left in ones for right in others)
    return (
        any(_abbreviates(short, long) for short, long in pairs)
        or fuzz.token_set_ratio(" ".join(ones[0]), " ".join(others[0])) >= 85
    )


def _abbreviates(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Return whether each word of the short name begins a later word of the long one, or the short one is its initials."""
    if len(short) == 1 and 3 <= len(short[0]) == len(long) and short[0] == "".join(word[0] for word in long):
        return True
    if short == long:
        return True
    at = 0
    for word in short:
        while at < len(long) and not (long[at].startswith(word) or word.startswith(long[at])):
            at += 1
        if at == len(long):
            return False
        at += 1
    return len(short) >= 2 or len(long) == 1

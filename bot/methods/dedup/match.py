"""Compare two records: the same report, different ones, or so alike that a person is asked. Which pairs to compare: keys.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz

from bot.domain.records import Record
from bot.methods.dedup.keys import is_doi, plain

ALIKE, SIMILAR = 95.0, 88.0
# Words that make two documents of one study different documents.
KINDS = re.compile(r"\b(protocol|erratum|correction|corrigendum|reply|response to|comment|retract\w*|part (?:\d+|[ivx]+)|preprint)\b", re.IGNORECASE)


class Verdict(Enum):
    """What a comparison comes to."""

    SAME = "same"
    ASK = "ask"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of a comparison. score: 0 to 1; reason: a sentence; differences: fields that both have and that differ."""

    verdict: Verdict
    score: float
    reason: str
    differences: tuple[str, ...] = ()


def compare(a: Record, b: Record) -> Match:
    """Return whether two records cite one report. Order does not matter."""
    alike = fuzz.ratio(plain(a.title), plain(b.title))
    differences = _differences(a, b)
    if a.pmid and b.pmid:
        verdict = Verdict.SAME if a.pmid == b.pmid else Verdict.DIFFERENT
        return Match(verdict, float(a.pmid == b.pmid), f"PMID {a.pmid} and {b.pmid}", differences)
    if _kinds(a.title) != _kinds(b.title):
        return Match(Verdict.DIFFERENT, alike / 200, "one is a protocol, correction, reply or other part", differences)
    if is_doi(a.doi) and a.doi == b.doi:
        # A supplement's DOI stands on every abstract in it: the titles must agree as well.
        verdict = Verdict.SAME if alike >= SIMILAR or _cut_short(a, b) else Verdict.ASK if alike >= 60 else Verdict.DIFFERENT
        return Match(verdict, (100 + alike) / 200, f"the same DOI, titles {alike:.0f} % alike", differences)
    if is_doi(a.doi) and is_doi(b.doi):
        verdict = Verdict.ASK if alike >= ALIKE and not {"year", "first author"} & set(differences) else Verdict.DIFFERENT
        return Match(verdict, alike / 200, f"titles {alike:.0f} % alike, but two DOIs", differences)
    return _by_words(a, b, alike, differences)


def _by_words(a: Record, b: Record, alike: float, differences: tuple[str, ...]) -> Match:
    reason = f"titles {alike:.0f} % alike" + (f"; differ in {', '.join(differences)}" if differences else "")
    agree = sum((_both(a.year, b.year) and abs((a.year or 0) - (b.year or 0)) <= 1, _both(a.journal, b.journal) and "journal" not in differences,
                 _both(a.pages, b.pages) and "pages" not in differences, _both(a.authors, b.authors) and "first author" not in differences))
    if alike < SIMILAR or len(plain(a.title)) < 15:
        return Match(Verdict.ASK if alike == 100 and agree >= 2 and not differences else Verdict.DIFFERENT, alike / 200, reason, differences)
    if alike >= ALIKE and agree >= 2 and not {"year", "first author", "pages"} & set(differences):
        return Match(Verdict.SAME, alike / 100, reason, differences)
    if alike >= ALIKE and not {"year", "first author"} & set(differences):
        return Match(Verdict.ASK, alike / 110, reason, differences)
    return Match(Verdict.DIFFERENT, alike / 200, reason, differences)


def _differences(a: Record, b: Record) -> tuple[str, ...]:
    pairs = {
        "year": bool(_both(a.year, b.year)) and abs((a.year or 0) - (b.year or 0)) > 1,
        "first author": bool(_both(a.authors, b.authors)) and _family(a) != _family(b),
        "journal": bool(_both(a.journal, b.journal)) and fuzz.token_set_ratio(a.journal.lower(), b.journal.lower()) < 60,
        "volume": bool(_both(a.volume, b.volume)) and a.volume != b.volume,
        "pages": bool(_both(a.pages, b.pages)) and _first_page(a.pages) != _first_page(b.pages),
        "DOI": bool(_both(a.doi, b.doi)) and a.doi != b.doi,
    }
    return tuple(name for name, differ in pairs.items() if differ)


def _both(a: object, b: object) -> bool:
    return bool(a) and bool(b)


def _family(record: Record) -> str:
    return plain(re.split(r"[,\s]", record.authors[0].strip())[0])


def _first_page(pages: str) -> str:
    found = re.search(r"\d+", pages)
    return found.group(0).lstrip("0") if found else pages.lower()


def _kinds(title: str) -> frozenset[str]:
    return frozenset(found.lower() for found in KINDS.findall(title))


def _cut_short(a: Record, b: Record) -> bool:
    short, long = sorted((plain(a.title), plain(b.title)), key=len)
    return len(short) >= 30 and long.startswith(short)

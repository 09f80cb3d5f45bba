"""What the abstract of a published review gives to start from: its citation and the pooled estimates it states. Nothing is guessed.

An estimate is read where a measure, a number and an interval stand beside each other. Which outcome it is of, is told from the words
before it; where these name none, a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.records import Record

NUMBER = r"[-\u2212\u2013]?\s?(?:\d+(?:[.\u00b7]\d+)?|[.\u00b7]\d+)"
MEASURES = {
    "SMD": r"SMDs?|standardi[sz]ed mean differences?|Hedges['\u2019]? ?g|Cohen['\u2019]?s? d|effect size|ES|g",
    "RR": r"RRs?|risk ratios?|relative risks?",
    "OR": r"ORs?|odds ratios?",
    "RD": r"RDs?|risk differences?",
    "MD": r"W?MDs?|(?:weighted )?mean differences?",
}
ESTIMATE = re.compile(
    "(?:" + "|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in MEASURES.items()) + ")"
    rf"(?:\s*\((?:SMD|RR|OR|RD|MD|ES|g)\))?\s*(?:of|was|is|=|:|,)?\s*(?P<estimate>{NUMBER})\s*[,;]?\s*[(\[]?\s*"
    rf"(?P<level>9[059])\s?%\s?(?:CIs?|confidence intervals?|C\.I\.)\s*(?:of|=|:|,)?\s*"
    rf"[(\[]?\s*(?P<low>{NUMBER})\s*(?:to|,|;|\u2013|-|\u2212)\s*(?P<high>{NUMBER})",
)
SENTENCE_END = re.compile(r"[.;]\s|\n")
PROSPERO = re.compile(r"\bCRD\s?\d{8,15}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundEstimate:
    """An estimate as an abstract states it. words: what stands before it in its sentence, lower case."""

    measure: str
    estimate: float
    ci_low: float
    ci_high: float
    confidence: float
    words: str


@dataclass(frozen=True, slots=True)
class PublishedReview:
    """A published review as one record gave it."""

    short: str
    citation: str
    title: str
    doi: str
    published: str
    registration: str
    estimates: tuple[FoundEstimate, ...]

    @property
    def is_citable(self) -> bool:
        """Whether its DOI and its day of publication are known: without them it is no starting point."""
        return bool(self.doi) and len(self.published) == 10

    @property
    def to_do(self) -> tuple[str, ...]:
        """What a person must still do about it."""
        if not self.is_citable:
            return (f"{self.title or 'The published review'}: its DOI or its day of publication is missing, so no published.toml was made.",)
        return ("Read published.toml against the article: every estimate, its outcome, and the last day its search covered.",)

    def estimate_of(self, label: str, measure: str) -> FoundEstimate | None:
        """Return the estimate whose words name an outcome, None if none does or several do."""
        wanted = label.casefold()
        found = [one for one in self.estimates if one.measure == measure and wanted in one.words]
        return found[0] if len(found) == 1 else None


def read_published(record: Record) -> PublishedReview:
    """Return what a record of a published review gives."""
    authors = record.authors[0].split(",")[0].split()[0] if record.authors else "Anon"
    who = ", ".join(record.authors[:6]) + (" et al" if len(record.authors) > 6 else "")
    volume, pages = f";{record.volume}" if record.volume else "", f":{record.pages}" if record.pages else ""
    place = f"{record.journal} {record.year or ''}{volume}{pages}"
    found = PROSPERO.search(f"{record.abstract} {' '.join(record.registrations)}")
    return PublishedReview(
        short=f"{authors} {record.year or ''}".strip(), title=record.title, doi=record.doi,
        published=record.date if len(record.date) == 10 else "",
        citation=f"{who}. {record.title.rstrip('.')}. {' '.join(place.split())}.", estimates=tuple(estimates_in(record.abstract)),
        registration=f"PROSPERO {found.group(0).upper().replace(' ', '')}" if found else "")


def estimates_in(text: str) -> Sequence[FoundEstimate]:
    """Return each estimate with its interval that a text states, in its order; one outside its own interval is left out."""
    found: list[FoundEstimate] = []
    before = 0
    for match in ESTIMATE.finditer(text):
        measure = next(name for name in MEASURES if match.group(name))
        one = FoundEstimate(measure, _number(match["estimate"]), _number(match["low"]), _number(match["high"]), int(match["level"]) / 100,
                            _words(text[before:match.start()]))
        if one.ci_low < one.estimate < one.ci_high:
            found.append(one)
        before = match.end()
    return found


def _words(text: str) -> str:
    """Return the part of a text that stands in the sentence which it ends in."""
    ends = list(SENTENCE_END.finditer(text))
    return text[ends[-1].end() if ends else 0:].casefold()


def _number(text: str) -> float:
    return float(re.sub(r"\s", "", text).replace("\u2212", "-").replace("\u2013", "-").replace("\u00b7", "."))

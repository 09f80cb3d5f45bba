"""Draft a search strategy per source from the words of a question's parts. A draft: an information specialist completes it.

The words for trials: the Cochrane Highly Sensitive Search Strategy (sensitivity-maximising version; Cochrane Handbook, technical supplement
to chapter 4) for PubMed; its plain words elsewhere, since headings differ from platform to platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PUBMED_TRIALS = ("randomized controlled trial[pt] OR controlled clinical trial[pt] OR randomized[tiab] OR randomised[tiab] OR placebo[tiab] "
                 "OR randomly[tiab] OR trial[tiab] OR groups[tiab]")
OVID_TRIALS = "(randomi* or placebo or randomly or trial or groups).ti,ab."


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A source that a new review can name. syntax: "" where it is asked without a strategy of its own."""

    label: str
    platform: str
    kind: str
    syntax: str


SOURCES = {
    "pubmed": SourceDraft("MEDLINE (PubMed)", "NCBI E-utilities", "api", "pubmed"),
    "embase": SourceDraft("Embase", "Ovid", "file", "ovid"),
    "psycinfo": SourceDraft("APA PsycInfo", "Ovid", "file", "ovid"),
    "central": SourceDraft("CENTRAL", "Cochrane Library", "file", "cochrane"),
}


@dataclass(frozen=True, slots=True)
class Concept:
    """One part of a question; words: any of them may stand in a report. A word may end in *."""

    name: str
    words: tuple[str, ...]


def draft_strategy(concepts: Sequence[Concept], *, syntax: str, trials_only: bool) -> str:
    """Return numbered lines: one per concept, one for trials if only these are wanted, and what joins them. syntax: pubmed, ovid, cochrane."""
    lines = [_line(one, syntax) for one in concepts]
    # CENTRAL holds trials alone.
    if trials_only and syntax != "cochrane":
        lines.append(PUBMED_TRIALS if syntax == "pubmed" else OVID_TRIALS)
    mark, joined = ("", " and ") if syntax == "ovid" else ("#", " AND " if syntax == "pubmed" else " and ")
    if len(lines) > 1:
        lines.append(joined.join(f"{mark}{number}" for number in range(1, len(lines) + 1)))
    between = "\n\n" if syntax == "pubmed" else "\n"
    return between.join(f"{mark}{number} {line}" for number, line in enumerate(lines, start=1)) + "\n"


def _line(concept: Concept, syntax: str) -> str:
    words = list(dict.fromkeys(" ".join(word.split()) for word in concept.words))
    if syntax == "pubmed":
        return " OR ".join(f'"{word}"[tiab]' if " " in word or "-" in word else f"{word}[tiab]" for word in words)
    if syntax == "ovid":
        return f"({' or '.join(words)}).ti,ab,kf."
    return f"({' or '.join(_phrase(word) for word in words)}):ti,ab,kw"


def _phrase(word: str) -> str:
    # Inside quotes the Cochrane Library takes * for a letter; "next" keeps words together with it.
    parts = word.split()
    if len(parts) == 1:
        return word
    return f"({' next '.join(parts)})" if "*" in word else f'"{word}"'

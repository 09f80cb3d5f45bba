"""Which platform or tool a file comes from, as far as its words tell, and whether a real file of it was at hand when its reader was made.

Where none was, the format is taken from public descriptions; `./perennial import` and the guide then say *unverified*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """Who wrote a file. pattern: what its first 65,536 characters hold then; verified: formats of which a real file of theirs was at hand."""

    name: str
    pattern: re.Pattern[str]
    verified: frozenset[str] = frozenset()


def _platform(name: str, pattern: str, *verified: str) -> Platform:
    return Platform(name, re.compile(pattern, re.MULTILINE), frozenset(verified))


# Tools in which people decide come first: their exports carry the words of the platforms the records came from.
PLATFORMS = (
    _platform("Covidence", r"Covidence #|covidence\.org", "CSV"),
    _platform("Rayyan", r"RAYYAN-|rayyan-\d|rayyan\.ai|rayyan\.qcri"),
    _platform("ASReview", r"ASReview_(relevant|irrelevant|not_seen)|asreview_(label|ranking|time)", "RIS"),
    _platform("Cochrane Library", r"^(AN|ID|C3) +- +CN-\d{7,8}|cochranelibrary\.com/central|^Cochrane (Id|ID)\b|\"?Cochrane Library\"?,"),
    _platform("ICTRP", r"\bTrialID\b.*Scientific.title|trialsearch\.who\.int"),
)
# Formats of which no real file was at hand, whoever wrote it.
UNVERIFIED = frozenset({"ICTRP XML", "Ovid text", "CSL JSON", "EPPI JSON", "Excel"})


def told(head: str, label: str) -> tuple[str, bool]:
    """Return (platform or "" if the words do not tell, whether a real file like this was at hand). label: the format."""
    found = next((one for one in PLATFORMS if one.pattern.search(head)), None)
    return (found.name if found else ""), label not in UNVERIFIED and (found is None or label in found.verified)

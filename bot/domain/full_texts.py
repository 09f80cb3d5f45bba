"""A link to the full text of a report that is free to read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FullTextLink:
    """source: who named it (`unpaywall` …); version: `publishedVersion`, `acceptedVersion`, `submittedVersion`; licence: "" if not known."""

    source: str
    link: str
    version: str = ""
    licence: str = ""

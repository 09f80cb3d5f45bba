"""A notice: that a report was retracted, corrected or replaced, or that somebody is concerned about it. Keeping them: db/notices.py."""

from __future__ import annotations

from dataclasses import dataclass

RETRACTION, CONCERN, CORRECTION, REPLACEMENT = KINDS = ("retraction", "expression of concern", "correction", "replacement")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a source says about a report. kind: one of KINDS.

    doi, pmid, citation, link: of the notice itself; dated: as much of YYYY-MM-DD as was given. All "" where it is not said.
    """

    kind: str
    source: str
    doi: str = ""
    pmid: str = ""
    citation: str = ""
    dated: str = ""
    link: str = ""

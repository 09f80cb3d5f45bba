"""What PubMed says about papers that are here: comments and corrections, the type "Retracted Publication". Records: pubmed.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.notices import CONCERN, CORRECTION, REPLACEMENT, RETRACTION, Notice
from bot.domain.records import Record
from bot.errors import SourceError
from bot.sources import Paper
from bot.sources.files import fields
from bot.sources.pubmed import PubMed

KINDS = {"retraction_in": RETRACTION, "concern_in": CONCERN, "erratum_in": CORRECTION, "republished_in": REPLACEMENT}
PMID_BEHIND = re.compile(r"\.?\s*PMID:\s*\d+.*$")


class PubMedNotices:
    """The source `pubmed_notices`: asks PubMed again for each paper that screening let in."""

    name = "pubmed_notices"

    def __init__(self, pubmed: PubMed, *, address: str) -> None:
        self._pubmed, self.batch, self.address = pubmed, pubmed.batch, f"{address}/efetch.fcgi"

    def notices(self, papers: tuple[Paper, ...]) -> dict[Paper, tuple[Notice, ...]]:
        """Return the notices about each paper that PubMed has, asked twice for the others. Raises SourceError if it has none of them."""
        wanted = tuple(dict.fromkeys(paper.pmid for paper in papers if paper.pmid))
        given = self._pubmed.fetch(wanted)
        again = self._pubmed.fetch(given.missing)
        if wanted and len(again.missing) == len(wanted):
            raise SourceError(f"PubMed gave none of {', '.join(again.missing[:5])}, asked twice; whether anything was retracted is not known")
        found = {record.pmid: tuple(notices_of(record)) for record in (*given.records, *again.records)}
        return {paper: found[paper.pmid] for paper in papers if paper.pmid in found}


def notices_of(record: Record) -> Iterator[Notice]:
    """Give the notices that a record from PubMed names; a retraction that is only a publication type is one without a number."""
    named = [one for one in record.relations if one.kind in KINDS]
    for one in named:
        link = f"https://pubmed.ncbi.nlm.nih.gov/{one.pmid}/" if one.pmid else ""
        yield Notice(KINDS[one.kind], PubMed.name, doi=one.doi or fields.doi(one.citation), pmid=one.pmid,
                     citation=PMID_BEHIND.sub("", one.citation), dated=fields.iso_date(one.citation.partition(";")[0]), link=link)
    is_retracted = any(one.casefold() == "retracted publication" for one in record.publication_types)
    if is_retracted and not any(one.kind == "retraction_in" for one in named):
        yield Notice(RETRACTION, PubMed.name, link=f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/")

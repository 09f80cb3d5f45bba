"""Citations by Europe PMC, for when OpenAlex cannot be asked: what a paper in PubMed cites, and what cites it. The source: citations.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from bot.domain.records import Record
from bot.http import Http
from bot.sources import Found, answers
from bot.sources.preprints import INTERVAL, LABEL, PAGE, record_of

LISTS = {"citations": ("citationList", "citation"), "references": ("referenceList", "reference")}


class EuropePmcCitations:
    """base_address: of the REST service, without a slash at its end. It follows citations of papers with a PMID alone."""

    def __init__(self, http: Http, *, base_address: str) -> None:
        self._http, self._base = http, base_address
        self._interval = INTERVAL if (urlsplit(base_address).hostname or "").endswith("ebi.ac.uk") else 0.0

    def first(self, seeds: Sequence[str], *, why: str, prefix: str) -> Found:
        """Return what is to be asked for these papers, with a warning that says why it is asked here and what cannot be."""
        dois = [one.partition(":")[2] for one in seeds if one.startswith("doi:")]
        pmids = [one.partition(":")[2] for one in seeds if one.startswith("pmid:")] + self._pmids(dois)
        parts = tuple(f"{prefix}\t{pmid}\t{what}\t1\t0" for pmid in dict.fromkeys(pmids) for what in LISTS)
        warnings = [f"OpenAlex could not be asked ({why}); {LABEL} was asked instead, which knows fewer citations"]
        if len(set(pmids)) < len(seeds):
            warnings.append(f"{len(seeds) - len(set(pmids))} of {len(seeds)} papers are not in PubMed and could not be followed")
        sent = "; ".join(seeds)
        return Found(hits=0, ids=(), as_sent=sent, as_understood=sent, reading="citations", address=self._base, parts=parts,
                     warnings=tuple(warnings))

    def page(self, part: str) -> Found:
        """Return one page of one list. A part is "PMID<TAB>list<TAB>page<TAB>seen"."""
        pmid, what, page, seen = part.split("\t")
        outer, inner = LISTS[what]
        address = f"{self._base}/MED/{pmid}/{what}"
        found = answers.get(self._http, LABEL, address, {"page": page, "pageSize": str(PAGE), "format": "json"}, interval=self._interval,
                            check=_no_count)
        listed = (found.get(outer) or {}).get(inner) or []
        before, total = int(seen), int(found["hitCount"])
        is_last = before + len(listed) >= total
        answers.listed(LABEL, total=total, seen=before, page=len(listed), is_last=is_last)
        ids = tuple(dict.fromkeys(f"MED:{one['id']}" for one in listed if one.get("source") == "MED" and one.get("id")))
        parts = () if is_last else (f"europepmc\t{pmid}\t{what}\t{int(page) + 1}\t{before + len(listed)}",)
        return Found(hits=len(ids), ids=ids, as_sent=address, as_understood=address, reading="citations", address=address, parts=parts)

    def records(self, ids: Sequence[str]) -> list[Record]:
        """Return the records of these papers ("MED:…")."""
        query = " OR ".join(f"(EXT_ID:{one.partition(':')[2]} AND SRC:MED)" for one in ids)
        return [replace(record_of(one), source="citations", source_id=f"MED:{one['id']}",
                        url=f"https://europepmc.org/article/MED/{one['id']}") for one in self._search(query, len(ids)) if one.get("title")]

    def _pmids(self, dois: Sequence[str]) -> list[str]:
        found: list[str] = []
        for start in range(0, len(dois), 50):
            part = dois[start:start + 50]
            found += [str(one["pmid"]) for one in self._search(" OR ".join(f'DOI:"{doi}"' for doi in part), len(part) * 2) if one.get("pmid")]
        return found

    def _search(self, query: str, most: int) -> list[Mapping[str, Any]]:
        form = {"query": query, "format": "json", "resultType": "core", "synonym": "false", "pageSize": str(most)}
        found = answers.post(self._http, LABEL, f"{self._base}/searchPOST", form, interval=self._interval, check=_no_count)
        given = (found.get("resultList") or {}).get("result") or []
        return given if isinstance(given, list) else [given]


def _no_count(found: Mapping[str, Any]) -> str:
    if "errCode" in found:
        return f"refused: {str(found.get('errMsg', found['errCode']))[:200]}"
    return "" if isinstance(found.get("hitCount"), int) else "answered without a count"

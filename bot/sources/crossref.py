"""Crossref: what publishers and Retraction Watch say about a paper. Source: api.crossref.org/swagger-ui; update types of Crossmark's schema.

A work lists its notices under `updated-by`; a notice lists the works that it is about under `update-to`. Both are asked for, since a
record of either side may be behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.domain.notices import CONCERN, CORRECTION, REPLACEMENT, RETRACTION, Notice
from bot.errors import SourceError
from bot.http import Http
from bot.sources import Paper, answers

LABEL = "Crossref"
BATCH, ROWS = 20, 1000
# Lists: one a second for everybody, three for those who leave an address.
INTERVAL, INTERVAL_POLITE = 1.0, 0.34
KINDS = {
    "retraction": RETRACTION, "partial_retraction": RETRACTION, "withdrawal": RETRACTION, "removal": RETRACTION,
    "expression_of_concern": CONCERN, "correction": CORRECTION, "corrigendum": CORRECTION, "erratum": CORRECTION, "addendum": CORRECTION,
    "clarification": CORRECTION, "new_version": REPLACEMENT, "new_edition": REPLACEMENT, "retraction_and_replacement": REPLACEMENT,
}


class Crossref:
    """The source `crossref`. base_address: without a slash at its end; email: whom Crossref may write to, for its faster queue."""

    name = "crossref"
    batch = BATCH

    def __init__(self, http: Http, *, base_address: str, email: str = "") -> None:
        self._http, self._base = http, base_address
        self.address = f"{base_address}/works"
        self._always = {"rows": str(ROWS)} | ({"mailto": email} if email else {})
        is_crossref = (urlsplit(base_address).hostname or "").endswith("crossref.org")
        self._interval = (INTERVAL_POLITE if email else INTERVAL) if is_crossref else 0.0

    def notices(self, papers: tuple[Paper, ...]) -> dict[Paper, tuple[Notice, ...]]:
        """Return the notices about each paper whose DOI Crossref knows."""
        dois = tuple(dict.fromkeys(paper.doi.lower() for paper in papers if paper.doi))
        if not dois:
            return {}
        works = self._works("doi", dois)
        found: defaultdict[str, list[Notice]] = defaultdict(list)
        for work in works:
            for update in work.get("updated-by") or ():
                found[_doi(work)] += _notice(update, _doi(update))
        for work in self._works("updates", dois):
            for update in work.get("update-to") or ():
                found[_doi(update)] += _notice(update, _doi(work), _title(work))
        known = {_doi(work) for work in works} | (set(found) & set(dois))
        return {paper: tuple(dict.fromkeys(found[paper.doi.lower()])) for paper in papers if paper.doi.lower() in known}

    def _works(self, filtered_by: str, dois: tuple[str, ...]) -> list[Mapping[str, Any]]:
        params = self._always | {"filter": ",".join(f"{filtered_by}:{doi}" for doi in dois)}
        found = answers.get(self._http, LABEL, self.address, params, interval=self._interval, check=_no_works)["message"]
        if len(found["items"]) != found["total-results"]:
            raise SourceError(f"{LABEL} counts {found['total-results']:,} records and gives {len(found['items']):,}; "
                              "whether anything was retracted is not known")
        return found["items"]


def _no_works(found: Mapping[str, Any]) -> str:
    message = found.get("message")
    if found.get("status") != "ok" or not isinstance(message, dict):
        return "answered without a list of records"
    is_list = isinstance(message.get("items"), list) and isinstance(message.get("total-results"), int)
    return "" if is_list else "answered without a list of records and their count"


def _notice(update: Mapping[str, Any], doi: str, title: str = "") -> Iterator[Notice]:
    """Give the notice that an update is; types that warn of nothing ("new reference list") are none."""
    kind = KINDS.get(str(update.get("type", "")).strip().lower().replace("-", "_").replace(" ", "_"))
    if kind is None or not doi:
        return
    source = "retraction-watch" if update.get("source") == "retraction-watch" else Crossref.name
    yield Notice(kind, source, doi=doi, citation=title, dated=_day(update.get("updated") or {}), link=f"https://doi.org/{doi}")


def _doi(given: Mapping[str, Any]) -> str:
    return str(given.get("DOI", "")).lower()


def _title(work: Mapping[str, Any]) -> str:
    return " ".join(str((work.get("title") or [""])[0]).split())


def _day(updated: Mapping[str, Any]) -> str:
    parts = [one for one in ((updated.get("date-parts") or [[]])[0] or ()) if isinstance(one, int)]
    return "-".join(f"{one:02d}" for one in parts[:3])

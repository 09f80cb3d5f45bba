"""MEDLINE through NCBI's E-utilities: ids by esearch (JSON), records by efetch (MEDLINE text). Source: NBK25497, NBK25499.

Files that people saved from PubMed: bot/sources/files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from bot.errors import SourceError, SourceUnavailableError
from bot.http import Http
from bot.sources import Batch, SearchReply, Window
from bot.sources.files.nbib import records_in
from bot.telemetry import redact

# PubMed serves the first 9,999 hits of a query and no more.
MOST_HITS = 9_999
# Before this day PubMed took nothing in.
BEGINNING = date(1960, 1, 1)
TOOL = "perennial"


class PubMed:
    """The source `pubmed`. base_address: of the E-utilities, without a slash at its end; email: whom NCBI may write to."""

    name = "pubmed"

    def __init__(self, http: Http, *, base_address: str, api_key: str = "", email: str = "") -> None:
        self._http, self._base = http, base_address
        self._always = {name: value for name, value in (("tool", TOOL), ("email", email), ("api_key", api_key)) if value}

    def search(self, query: str, window: Window) -> SearchReply:
        """Return the ids of everything the query finds that entered PubMed in the window; see bot/sources/__init__.py."""
        start = window.start or BEGINNING
        first = self._esearch(_within(query, start, window.end))
        ids = self._all_ids(query, start, window.end, first)
        warnings = tuple(_warnings(first))
        return SearchReply(ids=ids, as_sent=_within(query, start, window.end), as_understood=str(first.get("querytranslation", "")),
                           address=f"{self._base}/esearch.fcgi", warnings=warnings)

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these PMIDs; what PubMed leaves out is named in `missing`."""
        if not ids:
            return Batch((), ())
        answer = self._http.post(f"{self._base}/efetch.fcgi", self._always | {
            "db": "pubmed", "id": ",".join(ids), "rettype": "medline", "retmode": "text"})
        text = answer.content.decode("utf-8", "replace")
        _refuse_what_is_no_medline(text)
        wanted = set(ids)
        found = {record.pmid: record for record in records_in(text, source=self.name) if record.pmid in wanted}
        missing = tuple(one for one in ids if one not in found)
        complete = dict(list(found.items())[:-1]) if missing and not text.endswith("\n") else found
        # A text that was cut off ends inside a record: that record is asked for again with the rest.
        return Batch(tuple(complete.values()), tuple(one for one in ids if one not in complete))

    def _all_ids(self, query: str, start: date, end: date, found: Mapping[str, Any]) -> tuple[str, ...]:
        """Return all ids of a window; a window with too many hits is halved until each part fits, and the parts are summed up."""
        count = int(found["count"])
        if count <= MOST_HITS:
            ids = tuple(found["idlist"])
            if len(ids) != count:
                raise SourceError(f"PubMed counts {count} hits from {start} to {end} and gives {len(ids)} of them")
            return ids
        if start == end:
            raise SourceError(f"PubMed has {count} hits that entered on {start}; it gives {MOST_HITS} at most. Narrow the strategy")
        middle = start + (end - start) // 2
        parts = [(start, middle), (middle + timedelta(days=1), end)]
        ids = tuple(one for first, last in parts for one in self._all_ids(query, first, last, self._esearch(_within(query, first, last))))
        if len(set(ids)) != count:
            raise SourceError(f"PubMed counts {count} hits from {start} to {end}; its parts give {len(set(ids))}. Search again")
        return ids

    def _esearch(self, term: str) -> Mapping[str, Any]:
        answer = self._http.post(f"{self._base}/esearch.fcgi", self._always | {
            "db": "pubmed", "term": term, "retmode": "json", "retmax": str(MOST_HITS)})
        found = _json(answer.content)
        if "error" in found:
            raise SourceUnavailableError(f"PubMed refused: {redact(str(found['error']))}")
        result = found.get("esearchresult")
        if not isinstance(result, dict):
            raise SourceError("PubMed answered without a search result; nothing is known about what is new")
        if "ERROR" in result:
            raise SourceError(f"PubMed could not search: {redact(str(result['ERROR']))[:300]}")
        if not str(result.get("count", "")).isdigit() or not isinstance(result.get("idlist"), list):
            raise SourceError("PubMed answered without a count or a list of ids; nothing is known about what is new")
        return result


def _within(query: str, start: date, end: date) -> str:
    return f'({query}) AND ("{start:%Y/%m/%d}"[edat] : "{end:%Y/%m/%d}"[edat])'


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise SourceError(f"PubMed answered with {_kind(content)} where JSON was asked for; nothing is known about what is new") from error
    if not isinstance(found, dict):
        raise SourceError("PubMed answered with something that is no search result; nothing is known about what is new")
    return found


def _warnings(result: Mapping[str, Any]) -> list[str]:
    """Return what PubMed says of words that it did not find or left out: then it ran another search than ours."""
    said = []
    for group in ("errorlist", "warninglist"):
        for kind, words in (result.get(group) or {}).items():
            said += [f"{kind}: {one}" for one in words if kind != "outputmessages"]
    return said


def _refuse_what_is_no_medline(text: str) -> None:
    head = text.lstrip()[:2000]
    if head.startswith("{"):
        found = _json(head.encode())
        raise SourceUnavailableError(f"PubMed refused: {redact(str(found.get('error', 'no reason given')))}")
    if "<ERROR>" in head:
        raise SourceError(f"PubMed could not fetch: {head.partition('<ERROR>')[2].partition('</ERROR>')[0][:300]}")
    if head.startswith("<") or not head:
        raise SourceError(f"PubMed answered with {_kind(head.encode())} where MEDLINE text was asked for")


def _kind(content: bytes) -> str:
    head = content.lstrip()[:200].lower()
    if not head:
        return "nothing"
    return "an HTML page" if head.startswith((b"<!doctype html", b"<html")) else "something else"



"""Scopus by Elsevier's interface, where a key is set. Source: dev.elsevier.com, Scopus Search API and its views. Not tried with a real key.

Abstracts, all authors and keywords come in the view COMPLETE alone, which needs an institution's token; without it the first author
and the place come, and the export by file gives more. Of one query the first 5,000 are served: the days are halved until each part fits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.domain.records import Record
from bot.errors import SourceError
from bot.http import Http
from bot.sources import FIRST, Batch, Found, Window, answers
from bot.sources.files import fields

LABEL = "Scopus"
PAGE, MOST_HITS = 25, 5_000
EARLIEST, DAY = date(1900, 1, 1), timedelta(days=1)
# Nine a second are allowed to a key.
INTERVAL = 0.12
NUMBER = re.compile(r"2-s2\.0-\d+")


class Scopus:
    """The source `scopus`. base_address: without a slash at its end; token: of an institution, "" for none."""

    name = "scopus"
    batch = PAGE

    def __init__(self, http: Http, *, base_address: str, api_key: str, token: str = "") -> None:
        self._http, self.address = http, f"{base_address}/content/search/scopus"
        self._headers = {"X-ELS-APIKey": api_key, "Accept": "application/json"} | ({"X-ELS-Insttoken": token} if token else {})
        self._view = "COMPLETE" if token else "STANDARD"
        self._interval = INTERVAL if (urlsplit(base_address).hostname or "").endswith("elsevier.com") else 0.0

    def ask(self, query: str, window: Window, part: str = FIRST) -> Found:
        """Return what Scopus took in in the window. A part is "first day<TAB>last day<TAB>seen<TAB>total", the total "" where it is new."""
        given = part.split("\t") if part else [str(window.start or EARLIEST), str(window.end), "0", ""]
        first, last, before = date.fromisoformat(given[0]), date.fromisoformat(given[1]), int(given[2])
        strategy = " ".join(query.split())
        sent = f"({strategy}) AND ORIG-LOAD-DATE AFT {first - DAY:%Y%m%d} AND ORIG-LOAD-DATE BEF {last + DAY:%Y%m%d}"
        found = self._search(sent, start=str(before), view="STANDARD", sort="orig-load-date")
        counted = int(given[3] or found["opensearch:totalResults"])
        understood = str((found.get("opensearch:Query") or {}).get("@searchTerms", "")) or sent
        reading = strategy if " ".join(understood.split()) == sent else understood.partition("ORIG-LOAD-DATE")[0]
        ids = () if counted > MOST_HITS else _ids(found)
        parts = _halves(first, last) if counted > MOST_HITS else _next(first, last, before, len(ids), counted)
        return Found(hits=counted - before, ids=ids, as_sent=sent, as_understood=understood, reading=reading, address=self.address, parts=parts)

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these EIDs; what Scopus leaves out is named in `missing`."""
        known = [one for one in ids if NUMBER.fullmatch(one)]
        if not known:
            return Batch((), ids)
        found = self._search(" OR ".join(f"EID({one})" for one in known), start="0", view=self._view)
        given = {str(one["eid"]): record_of(one) for one in _entries(found) if one.get("eid") and one.get("dc:title")}
        return Batch(tuple(given[one] for one in known if one in given), tuple(one for one in ids if one not in given))

    def _search(self, query: str, **how: str) -> Mapping[str, Any]:
        return answers.get(self._http, LABEL, self.address, {"query": query, "count": str(PAGE)} | how, interval=self._interval,
                           check=_no_results, headers=self._headers)["search-results"]


def record_of(found: Mapping[str, Any]) -> Record:
    """Return an entry of either view as a record."""
    def get(name: str) -> str:
        return str(found.get(name) or "")

    covered = get("prism:coverDate")
    authors = tuple(str(one.get("authname") or "") for one in found.get("author") or () if one.get("authname"))
    abstract = fields.lines(get("dc:description"))
    return Record(
        source=Scopus.name, source_id=get("eid"), title=fields.one_line(get("dc:title")), abstract=abstract,
        authors=authors or ((get("dc:creator"),) if get("dc:creator") else ()), year=fields.year(covered), date=fields.iso_date(covered),
        journal=get("prism:publicationName"), volume=get("prism:volume"), issue=get("prism:issueIdentifier"),
        pages=get("prism:pageRange") or get("article-number"), doi=fields.doi(get("prism:doi")), pmid=get("pubmed-id"),
        issn=fields.issn(get("prism:issn") or get("prism:eIssn")), registrations=fields.registrations(get("dc:title"), abstract),
        publication_types=(get("subtypeDescription"),) if get("subtypeDescription") else (),
        keywords=tuple(word for one in get("authkeywords").split("|") if (word := one.strip())))


def _ids(found: Mapping[str, Any]) -> tuple[str, ...]:
    ids = tuple(str(one.get("eid", "")) for one in _entries(found))
    if not all(NUMBER.fullmatch(one) for one in ids):
        raise SourceError(f"{LABEL} gave something else than documents; nothing is known about what is new")
    return ids


def _next(first: date, last: date, before: int, page: int, counted: int) -> tuple[str, ...]:
    is_last = before + PAGE >= counted
    answers.listed(LABEL, total=counted, seen=before, page=page, is_last=is_last)
    return () if is_last else (f"{first}\t{last}\t{before + page}\t{counted}",)


def _halves(first: date, last: date) -> tuple[str, ...]:
    if first >= last:
        raise SourceError(f"{LABEL} took in more than {MOST_HITS:,} hits on {first}, and serves no more than that; narrow the strategy")
    middle = first + (last - first) // 2
    return f"{first}\t{middle}\t0\t", f"{middle + DAY}\t{last}\t0\t"


def _entries(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    # Nothing found comes as an entry that says so.
    return [one for one in found["entry"] if "error" not in one]


def _no_results(found: Mapping[str, Any]) -> str:
    results = found.get("search-results")
    if not isinstance(results, dict):
        said = ((found.get("service-error") or {}).get("status") or {}).get("statusText", "")
        return f"refused: {said[:200]}" if said else "answered without results"
    is_whole = str(results.get("opensearch:totalResults", "")).isdigit() and isinstance(results.get("entry"), list)
    return "" if is_whole else "answered without a count or a list of records"

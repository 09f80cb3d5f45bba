"""A stand-in for Elsevier's Scopus Search. Shapes: dev.elsevier.com's views; no real reply was at hand.

A document is a dict: eid, title, loaded (YYYY-MM-DD), and where known abstract, authors, doi, pmid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.pubmed_query import entry, parse
from bot.demo.standins.server import Faults, Reply, StandIn, json_reply

WINDOW = re.compile(r" AND ORIG-LOAD-DATE AFT (\d{8}) AND ORIG-LOAD-DATE BEF (\d{8})$")
BY_EID = re.compile(r"EID\((2-s2\.0-\d+)\)")
LONGEST_PAGE = 25


class ScopusStandIn(StandIn):
    """Kinds of requests: `search`, `eids`. Faults of its own: `count`, `missing`."""

    error_in_200: ClassVar[Reply] = json_reply({"service-error": {"status": {"statusCode": "GENERAL_SYSTEM_ERROR", "statusText": "Error"}}})
    refusal: ClassVar[Reply] = json_reply({"service-error": {"status": {"statusCode": "QUOTA_EXCEEDED", "statusText": "Quota exceeded"}}},
                                          429, Retry_After="0")

    def __init__(self, documents: Iterable[dict[str, Any]], faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.documents = {one["eid"]: one for one in documents}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return whether documents are searched or asked for by number."""
        return "eids" if BY_EID.search(given.get("query", "")) else "search"

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer `/content/search/scopus`."""
        if path != "content/search/scopus":
            return json_reply({"error-response": {"error-code": "404", "error-message": "Not found"}}, 404)
        found, start = self._found(given["query"]), int(given.get("start", 0))
        size = min(int(given.get("count", LONGEST_PAGE)), LONGEST_PAGE)
        shown = [document(one, given.get("view", "STANDARD")) for one in found[start:start + size]]
        shown = shown[:-1] if fault == "missing" else shown
        return json_reply({"search-results": {
            "opensearch:totalResults": str(len(found) + (fault == "count")), "opensearch:startIndex": str(start),
            "opensearch:itemsPerPage": str(len(shown)),
            "opensearch:Query": {"@role": "request", "@searchTerms": given["query"], "@startPage": "0"},
            "entry": shown or [{"@_fa": "true", "error": "Result set was empty"}]}})

    def _found(self, query: str) -> list[dict[str, Any]]:
        if wanted := BY_EID.findall(query):
            return [self.documents[one] for one in wanted if one in self.documents]
        window = WINDOW.search(query)
        low, high = window.groups() if window else ("0", "9")
        test = parse(WINDOW.sub("", query).replace("TITLE-ABS-KEY", "")).test
        return [one for one in self.documents.values() if low < one["loaded"].replace("-", "") < high
                and test(entry({"pmid": "0", "entered": one["loaded"], "title": one["title"], "abstract": one.get("abstract", "")}))]


def document(one: Mapping[str, Any], view: str) -> dict[str, Any]:
    """Return a document as this view gives it."""
    authors = one.get("authors") or [None]
    found = {"@_fa": "true", "dc:identifier": f"SCOPUS_ID:{one['eid'].rpartition('-')[2]}", "eid": one["eid"], "dc:title": one["title"],
             "dc:creator": authors[0], "prism:publicationName": one.get("journal", ""), "prism:coverDate": one["loaded"],
             "prism:doi": one.get("doi"), "pubmed-id": one.get("pmid"), "subtypeDescription": "Article"}
    if view != "COMPLETE":
        return found
    return found | {"dc:description": one.get("abstract"), "author": [{"authname": name} for name in authors if name]}

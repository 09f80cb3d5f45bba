"""A stand-in for Europe PMC's REST service: search with cursors. Shapes: real replies (samples), held against them by a test.

A preprint is a dict: id (PPR…), title, indexed (YYYY-MM-DD), and where known updated, abstract, authors, doi, server, article (the PMID of
the article that it became).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.pubmed_query import QueryError, entry, parse
from bot.demo.standins.server import Faults, Reply, StandIn, json_reply, text_reply

WINDOW = re.compile(r"\(FIRST_IDATE:\[(\S+) TO (\S+)\] OR UPDATE_DATE:\[\S+ TO \S+\]\)")
BY_NUMBER = re.compile(r"EXT_ID:(PPR\d+)")
FIELD = re.compile(r"\b(?:TITLE_ABS|TITLE|ABSTRACT|KW):")
LONGEST_PAGE = 1000


class EuropePmcStandIn(StandIn):
    """Kinds of requests: `idlist`, `core`. Faults of its own: `count`, `missing`, `cursor` (the next cursor leads past some records)."""

    base: ClassVar[str] = "/europepmc/webservices/rest"
    error_in_200: ClassVar[Reply] = json_reply({"errCode": 404, "errMsg": "Invalid page size provided. Valid size is between 1 and 1000"})
    refusal: ClassVar[Reply] = Reply(b"Too many requests", "text/plain", 429, {"Retry-After": "0"})

    def __init__(self, preprints: Iterable[dict[str, Any]], faults: Faults | None = None, *, longest_page: int = LONGEST_PAGE) -> None:
        super().__init__(faults)
        self.preprints: dict[str, dict[str, Any]] = {}
        self.put(preprints)
        self._longest = longest_page

    def put(self, preprints: Iterable[dict[str, Any]]) -> None:
        """Take preprints in; one whose id is known takes the place of the old one."""
        self.preprints |= {one["id"]: one for one in preprints}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return what kind of result is asked for."""
        return given.get("resultType", "lite")

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer `/search` and `/searchPOST`."""
        if path not in ("search", "searchPOST"):
            return text_reply("", 404)
        try:
            found = self._found(given["query"])
        except QueryError:
            # What it cannot read it answers without a word about it.
            return json_reply({"version": "6.9"})
        start = int(given.get("cursorMark", "*").removeprefix("AoII") if given.get("cursorMark", "*") != "*" else 0)
        size = min(int(given.get("pageSize", 25)), self._longest)
        shown = found[start:start + size]
        shown = shown[:-1] if fault == "missing" else shown
        reply: dict[str, Any] = {"version": "6.9", "hitCount": len(found) + (fault == "count")}
        if shown:
            reply["nextCursorMark"] = f"AoII{start + size + (3 if fault == 'cursor' else 0)}"
        return json_reply(reply | {
            "request": {"queryString": given["query"], "resultType": what, "cursorMark": "%2A", "pageSize": size, "sort": "", "synonym": False},
            "resultList": {"result": [core(one) if what == "core" else {"id": one["id"], "source": "PPR"} for one in shown]}})

    def _found(self, query: str) -> list[dict[str, Any]]:
        if wanted := BY_NUMBER.findall(query):
            return [self.preprints[one] for one in wanted if one in self.preprints]
        window = WINDOW.search(query)
        low, high = window.groups() if window else ("", "9999")
        words = FIELD.sub("", WINDOW.sub("", query).replace("SRC:PPR", "")).strip()
        while words.upper().endswith("AND"):
            words = words[:-3].strip()
        test = parse(words).test
        return [one for one in self.preprints.values() if any(low <= day <= high for day in (one["indexed"], one.get("updated", one["indexed"])))
                and test(entry({"pmid": one["id"], "entered": one["indexed"], "title": one["title"], "abstract": one.get("abstract", "")}))]


def core(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a preprint as resultType=core gives it."""
    found: dict[str, Any] = {
        "id": one["id"], "source": "PPR", "title": one["title"], "authorString": ", ".join(one.get("authors", ())) + ".",
        "authorList": {"author": [{"fullName": name} for name in one.get("authors", ())]}, "pubYear": one["indexed"][:4],
        "pubTypeList": {"pubType": ["Preprint"]}, "firstIndexDate": one["indexed"], "firstPublicationDate": one["indexed"]}
    if one.get("doi"):
        found["doi"] = one["doi"]
    if one.get("abstract"):
        found["abstractText"] = one["abstract"]
    if one.get("server"):
        found["bookOrReportDetails"] = {"publisher": one["server"], "yearOfPublication": int(one["indexed"][:4])}
    if one.get("article"):
        found["commentCorrectionList"] = {"commentCorrection": [
            {"id": one["article"], "source": "MED", "reference": "", "type": "Preprint of", "orderIn": 1}]}
    return found

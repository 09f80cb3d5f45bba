"""A stand-in for OpenAlex's works: lists by filter, with cursors. Shapes: real works (openalexR's), held against them by a test.

A work is a dict: id (W…), title, and where known doi, pmid, year, authors, journal, cites (ids of works).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.server import Faults, Reply, StandIn, json_reply

LONGEST_PAGE = 100


class OpenAlexStandIn(StandIn):
    """Kinds of requests: `seeds` (by DOI or PMID), `cites`, `works` (by id). Faults of its own: `count`, `missing`."""

    error_in_200: ClassVar[Reply] = json_reply({"error": "Service error", "message": "Try again"})
    refusal: ClassVar[Reply] = json_reply({"error": "Rate limit exceeded"}, 429, Retry_After="0")

    def __init__(self, works: Iterable[dict[str, Any]], faults: Faults | None = None, *, longest_page: int = LONGEST_PAGE) -> None:
        super().__init__(faults)
        self.works = {one["id"]: one for one in works}
        self._longest = longest_page

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return by what works are asked for."""
        kind = given.get("filter", "").partition(":")[0]
        return {"doi": "seeds", "pmid": "seeds", "cites": "cites", "openalex": "works"}.get(kind, path)

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer `/works` with one filter."""
        name, _, values = given.get("filter", "").partition(":")
        wanted = {one.lower() for one in values.split("|")}
        if path != "works" or name not in ("doi", "pmid", "cites", "openalex"):
            return json_reply({"error": "Invalid query parameters error.", "message": f"{name} is not a valid field"}, 403)
        found = [one for one in self.works.values() if _is_wanted(one, name, wanted)]
        start = 0 if given.get("cursor", "*") == "*" else int(given["cursor"].removeprefix("Ils"))
        size = min(int(given.get("per_page", 25)), self._longest)
        shown = found[start:start + size]
        following = f"Ils{start + size}" if "cursor" in given and start + size < len(found) else None
        meta = {"count": len(found) + (fault == "count"), "db_response_time_ms": 5, "page": None, "per_page": size, "next_cursor": following,
                "cost_usd": 0.0001}
        return json_reply({"meta": meta, "results": [work(one) for one in (shown[:-1] if fault == "missing" else shown)], "group_by": []})


def work(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a work as OpenAlex gives it."""
    ids = {"openalex": f"https://openalex.org/{one['id']}"}
    if one.get("pmid"):
        ids["pmid"] = f"https://pubmed.ncbi.nlm.nih.gov/{one['pmid']}"
    return {
        "id": f"https://openalex.org/{one['id']}", "doi": f"https://doi.org/{one['doi']}" if one.get("doi") else None, "title": one["title"],
        "publication_year": one.get("year", 2020), "publication_date": f"{one.get('year', 2020)}-01-01", "ids": ids, "language": "en",
        "primary_location": {"source": {"display_name": one.get("journal", "")}}, "type": "article",
        "authorships": [{"author": {"display_name": name}} for name in one.get("authors", ())],
        "biblio": {"volume": None, "issue": None, "first_page": None, "last_page": None}, "abstract_inverted_index": None,
        "referenced_works": [f"https://openalex.org/{cited}" for cited in one.get("cites", ())], "created_date": "2020-01-02"}


def _is_wanted(one: Mapping[str, Any], name: str, wanted: set[str]) -> bool:
    if name == "cites":
        return any(cited.lower() in wanted for cited in one.get("cites", ()))
    return str(one.get("id" if name == "openalex" else name, "")).lower() in wanted

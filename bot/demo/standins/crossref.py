"""A stand-in for Crossref's works. Shapes: real works (samples), held against them by a test; `updated-by` as Crossref's documentation has it.

A work is a dict: doi, title, and where known updated_by: [{doi, type, dated, source}] (source: `publisher` or `retraction-watch`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.server import Faults, Reply, StandIn, json_reply, text_reply


class CrossrefStandIn(StandIn):
    """Kinds of requests: `doi`, `updates` (works by a filter). Faults of its own: `count`, `missing`."""

    error_in_200: ClassVar[Reply] = json_reply({"status": "failed", "message-type": "exception", "message": "Internal error"})
    refusal: ClassVar[Reply] = Reply(b"Too many requests", "text/plain", 429, {"Retry-After": "0"})

    def __init__(self, works: Iterable[dict[str, Any]], faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.works: dict[str, dict[str, Any]] = {}
        self.put(works)

    def put(self, works: Iterable[dict[str, Any]]) -> None:
        """Take works in; one whose DOI is known takes the place of the old one."""
        self.works |= {one["doi"].lower(): one for one in works}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return by what works are filtered."""
        return given.get("filter", "").partition(":")[0] or path

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer `/works` with a filter."""
        if path != "works" or what not in ("doi", "updates"):
            return text_reply("Resource not found.", 404)
        dois = [one.partition(":")[2].lower() for one in given["filter"].split(",")]
        items = [_work(self.works[one]) for one in dois if one in self.works] if what == "doi" else [
            notice for one in dois if one in self.works for notice in _notices(self.works[one])]
        items = items[:-1] if fault == "missing" else items
        total = len(items) + (fault in ("count", "missing"))
        return json_reply({"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": {
            "facets": {}, "total-results": total, "items": items[:int(given.get("rows", 20))], "items-per-page": int(given.get("rows", 20)),
            "query": {"start-index": 0, "search-terms": None}}})


def _work(work: Mapping[str, Any]) -> dict[str, Any]:
    found = {"DOI": work["doi"], "title": [work["title"]], "type": "journal-article"}
    by = [_update(one, one["doi"]) for one in work.get("updated_by", ()) if not one.get("only_notice")]
    return found | ({"updated-by": by} if by else {})


def _notices(work: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"DOI": one["doi"], "title": [f"Notice about: {work['title']}"], "type": "journal-article", "update-to": [_update(one, work["doi"])]}
            for one in work.get("updated_by", ())]


def _update(one: Mapping[str, Any], doi: str) -> dict[str, Any]:
    parts = [int(part) for part in one["dated"].split("-")]
    return {"updated": {"date-parts": [parts], "date-time": f"{one['dated']}T00:00:00Z", "timestamp": 0}, "DOI": doi, "type": one["type"],
            "label": one["type"].replace("_", " ").capitalize(), "source": one.get("source", "publisher")}

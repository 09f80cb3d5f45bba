"""A stand-in for Unpaywall. Shapes: unpaywall.org/data-format; no real reply was at hand.

A paper is a dict: doi, and copies: [{link, version, licence}], the best first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.server import Faults, Reply, StandIn, json_reply


class UnpaywallStandIn(StandIn):
    """Kinds of requests: `doi`. Faults of its own: `other` (tells of another paper), `foreign-404` (a 404 of somebody on the way)."""

    error_in_200: ClassVar[Reply] = json_reply({"error": True, "message": "Internal error"})

    def __init__(self, papers: Iterable[dict[str, Any]], faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.papers = {one["doi"].lower(): one for one in papers}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return the one kind there is."""
        return "doi"

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer `/{doi}?email=…`."""
        if "@" not in given.get("email", ""):
            return json_reply({"error": True, "HTTP_status_code": 422, "message": "Please use your own email address in API calls."}, 422)
        if fault == "foreign-404":
            return json_reply({"detail": "Not Found"}, 404)
        paper = self.papers.get(path.lower())
        if paper is None:
            return json_reply({"error": True, "HTTP_status_code": 404, "message": f"{path!r} isn't in Unpaywall."}, 404)
        places = [_place(one) for one in paper.get("copies", ())]
        return json_reply({"doi": "10.5555/other" if fault == "other" else paper["doi"], "is_oa": bool(places),
                           "best_oa_location": places[0] if places else None, "oa_locations": places})


def _place(copy: Mapping[str, str]) -> dict[str, Any]:
    return {"url": copy["link"], "url_for_pdf": copy.get("pdf"), "url_for_landing_page": copy["link"], "host_type": "publisher",
            "version": copy.get("version", "publishedVersion"), "license": copy.get("licence")}

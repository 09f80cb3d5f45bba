"""A server that answers in the name of every source but PubMed that it has nothing. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping

from bot.demo.standins.server import Reply, StandIn, json_reply

# Setting → where its source answers.
BASES = {
    "PERENNIAL_CLINICALTRIALS_ADDRESS": "/clinicaltrials", "PERENNIAL_EUROPEPMC_ADDRESS": "/europepmc",
    "PERENNIAL_OPENALEX_ADDRESS": "/openalex", "PERENNIAL_CROSSREF_ADDRESS": "/crossref",
    "PERENNIAL_UNPAYWALL_ADDRESS": "/unpaywall", "PERENNIAL_ELSEVIER_ADDRESS": "/elsevier",
}
NOTHING = {
    "clinicaltrials": {"totalCount": 0, "studies": []},
    "europepmc": {"version": "6.9", "hitCount": 0, "request": {}, "resultList": {"result": []}},
    "openalex": {"meta": {"count": 0, "page": None, "per_page": 100, "next_cursor": None}, "results": []},
    "crossref": {"status": "ok", "message-type": "work-list", "message": {"total-results": 0, "items": []}},
    "elsevier": {"search-results": {"opensearch:totalResults": "0", "entry": [{"error": "Result set was empty"}]}},
}


class QuietSources(StandIn):
    """settings: the environment in which every source but PubMed is this one."""

    @property
    def settings(self) -> dict[str, str]:
        """The settings that lead to it."""
        return {name: f"{self.address}{base}" for name, base in BASES.items()}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return which source is asked."""
        return path.partition("/")[0]

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Return that there is nothing."""
        return json_reply(NOTHING[what]) if what in NOTHING else json_reply({"error": True}, 404)

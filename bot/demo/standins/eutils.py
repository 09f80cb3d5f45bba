"""A stand-in for NCBI's E-utilities on loopback: it keeps records, answers esearch and efetch from them, and fails when it is told to.

Shapes and errors as in NBK25497 and real replies: numbers are strings, unknown ids are left out in silence, no hits are no error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.eutils_xml import efetch_error, esearch_xml
from bot.demo.standins.medline import as_medline, as_xml
from bot.demo.standins.pubmed_query import Entry, Query, QueryError, entry, parse
from bot.demo.standins.server import Faults as Faults
from bot.demo.standins.server import Reply, StandIn, json_reply

LAST_START = 9_998
BASE = "/entrez/eutils"
TOO_FAR = ("Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve the first "
           "9,999 records matching the query.")
REFUSAL = {"error": "API rate limit exceeded", "api-key": "127.0.0.1", "count": "4", "limit": "3"}
LIMIT = {"X-RateLimit-Limit": "3"}
XML = "text/xml; charset=UTF-8"


class EutilsStandIn(StandIn):
    """Kinds of requests: `esearch`, `efetch`. Faults of its own: `ERROR` (in the result), `count`, `missing`, `field` (one is not known)."""

    base: ClassVar[str] = BASE
    error_in_200: ClassVar[Reply] = json_reply(REFUSAL)
    refusal: ClassVar[Reply] = json_reply(REFUSAL, 429, Retry_After="0")

    def __init__(self, records: Iterable[dict[str, Any]], faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.records: dict[str, dict[str, Any]] = {}
        self.entries: list[Entry] = []
        self.put(records)
        self.histories: dict[tuple[str, str], list[str]] = {}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return the name of the utility."""
        return path.removesuffix(".fcgi")

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer esearch and efetch of PubMed."""
        if what not in ("esearch", "efetch") or given.get("db") != "pubmed":
            return json_reply({"error": "Invalid db name specified: or unknown service"}, 400)
        status, body, kind = self._esearch(given, fault) if what == "esearch" else self._efetch(given, fault)
        return Reply(body, kind, status, LIMIT)

    def put(self, records: Iterable[dict[str, Any]]) -> None:
        """Take records in; one that is known by its PMID takes the place of the old one."""
        self.records |= {record["pmid"]: record for record in records}
        self.entries = sorted((entry(record) for record in self.records.values()), key=_newest_first)

    def found(self, term: str) -> tuple[list[str], Query]:
        """Return the PMIDs that a query finds, newest first, and how it was understood."""
        query = parse(term)
        return [one.pmid for one in self.entries if query.test(one)], query

    def _esearch(self, given: dict[str, str], fault: str) -> tuple[int, bytes, str]:
        start, most = int(given.get("retstart", 0)), min(int(given.get("retmax", 20)), 10_000)
        result: dict[str, Any]
        try:
            ids, query = self.found(_with_dates(given))
        except QueryError as error:
            result = {"ERROR": f"Search Backend failed: {error}"}
        else:
            result = self._result(given, ids, query, start, most) if start <= LAST_START and fault != "ERROR" else {"ERROR": TOO_FAR}
            if fault == "count":
                result["count"] = str(len(ids) + 1)
            if fault == "field":
                result["errorlist"] = {"phrasesnotfound": [], "fieldsnotfound": ["[tiab]"]}
        if given.get("retmode") != "json":
            return 200, esearch_xml(result).encode(), XML
        return 200, json.dumps({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}).encode(), "application/json"

    def _result(self, given: dict[str, str], ids: list[str], query: Query, start: int, most: int) -> dict[str, Any]:
        # PubMed serves the first 9,999 hits and no more.
        served = ids[start:min(start + most, LAST_START + 1)]
        result: dict[str, Any] = {"count": str(len(ids)), "retmax": str(len(served)), "retstart": str(start)}
        if given.get("usehistory") == "y":
            with self.lock:
                history = given.get("WebEnv") or f"MCID_{len(self.histories) + 1:024x}"
                key = str(sum(env == history for env, _ in self.histories) + 1)
                self.histories[history, key] = ids
            result |= {"querykey": key, "webenv": history}
        result |= {"idlist": served, "translationset": [], "querytranslation": query.translation}
        if query.unknown:
            result["errorlist"] = {"phrasesnotfound": [], "fieldsnotfound": list(query.unknown)}
        if not served:
            said = "Restrictions achieved. start and count adjusted to 0, 0" if ids else "No items found."
            result["warninglist"] = {"phrasesignored": [], "quotedphrasesnotfound": [], "outputmessages": [said]}
        return result

    def _efetch(self, given: dict[str, str], fault: str) -> tuple[int, bytes, str]:
        start, most = int(given.get("retstart", 0)), int(given.get("retmax", 10_000))
        if "WebEnv" in given:
            kept = self.histories.get((given["WebEnv"], given.get("query_key", "1")))
            if kept is None or start >= len(kept) > 0:
                return 400, efetch_error(kept, start).encode(), XML
            ids = kept[start:start + most]
        else:
            ids = [one for one in given.get("id", "").split(",") if one]
            if not ids:
                return 400, efetch_error(None, start, "ID list is empty! Possibly it has no correct IDs.").encode(), XML
        known = [self.records[one] for one in ids if one in self.records]
        known = known[:-1] if fault == "missing" else known
        if given.get("retmode") == "xml":
            return 200, as_xml(known).encode(), XML
        return 200, as_medline(known).encode(), "text/plain; charset=UTF-8"


def _with_dates(given: dict[str, str]) -> str:
    """Return the term with the dates that stand beside it. datetype: as E-utilities name it, by default the date of publication."""
    if "mindate" in given and "maxdate" in given:
        tag = {"edat": "edat", "crdt": "crdt", "mdat": "lr"}.get(given.get("datetype", "pdat"), "dp")
        return f'({given.get("term", "")}) AND ("{given["mindate"]}"[{tag}] : "{given["maxdate"]}"[{tag}])'
    return given.get("term", "")


def _newest_first(one: Entry) -> tuple[int, int]:
    return -int(one.entered.replace("/", "") or 0), -int(one.pmid)

"""A stand-in for NCBI's E-utilities on loopback: it keeps records, answers esearch and efetch from them, and fails when it is told to.

Shapes and errors as in NBK25497 and real replies: numbers are strings, unknown ids are left out in silence, no hits are no error.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.demo.standins.eutils_xml import efetch_error, esearch_xml
from bot.demo.standins.medline import as_medline, as_xml
from bot.demo.standins.pubmed_query import Entry, Query, QueryError, entry, parse

LAST_START = 9_998
BASE = "/entrez/eutils"
# Where another process plans faults; no part of E-utilities.
CONTROL = "/control"
TOO_FAR = ("Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve the first "
           "9,999 records matching the query.")
HTML_PAGE = b"<!DOCTYPE html><html><head><title>NCBI - WWW Error 500 Diagnostic</title></head><body><h1>Error 500</h1></body></html>"


@dataclass
class Faults:
    """Which requests fail, and how: (`esearch` or `efetch`, number of the request of that kind from 1, or 0 for all) → fault.

    every: (n, fault): each n-th request of any kind fails so. Faults: `429`, `500`, `html`, `error-in-200` (JSON with `error`),
    `ERROR` (in the result), `truncated`, `cut` (ends in the middle, as if a proxy hung up), `count` (counts one hit more than it gives),
    `missing` (leaves the last record out), `empty`, `drop` (hangs up at once), `slow`, `redirect`, `field` (says that a field is not known).
    """

    planned: dict[tuple[str, int], str] = field(default_factory=dict)
    every: tuple[int, str] = (0, "")
    seen: dict[str, int] = field(default_factory=dict)

    def next(self, what: str) -> str:
        """Count a request, and return the fault that is planned for it, "" for none."""
        self.seen[what] = self.seen.get(what, 0) + 1
        count, fault = self.every
        if count and sum(self.seen.values()) % count == 0:
            return fault
        return self.planned.get((what, self.seen[what]), self.planned.get((what, 0), ""))


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that hung up, or was killed, before its answer came."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class EutilsStandIn:
    """Start it, ask it at `address`, stop it. requests: what was asked, as (kind, parameters)."""

    def __init__(self, records: Iterable[dict[str, Any]], faults: Faults | None = None) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.entries: list[Entry] = []
        self.put(records)
        self.faults = faults or Faults()
        self.limit, self._moments = 0, list[float]()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.histories: dict[tuple[str, str], list[str]] = {}
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: two would wait 40 ms for each other.
            wbufsize = -1

            def do_GET(self) -> None:
                outer.answer(self, urlsplit(self.path).query)

            def do_POST(self) -> None:
                outer.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}{BASE}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="eutils", daemon=True)

    def start(self) -> EutilsStandIn:
        """Answer from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __enter__(self) -> EutilsStandIn:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        """Answer one request, as it should or as it was told to fail."""
        given = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
        path = urlsplit(handler.path).path
        if path == CONTROL:
            self._control(handler, given)
            return
        what = path.removeprefix(f"{BASE}/").removesuffix(".fcgi")
        with self.lock:
            self.requests.append((what, given))
            fault = self.faults.next(what) or ("429" if self._is_too_fast() else "")
        if fault in FAULTY:
            FAULTY[fault](handler)
            return
        if what not in ("esearch", "efetch") or given.get("db") != "pubmed":
            _send(handler, 400, b'{"error":"Invalid db name specified: or unknown service"}', "application/json")
            return
        if fault == "slow":
            time.sleep(1.0)
        status, body, kind = self._esearch(given, fault) if what == "esearch" else self._efetch(given, fault)
        if fault == "truncated":
            body = body[:len(body) * 2 // 3]
        _send(handler, status, body, kind, cut=fault == "cut")

    def put(self, records: Iterable[dict[str, Any]]) -> None:
        """Take records in; one that is known by its PMID takes the place of the old one."""
        self.records |= {record["pmid"]: record for record in records}
        self.entries = sorted((entry(record) for record in self.records.values()), key=_newest_first)

    def found(self, term: str) -> tuple[list[str], Query]:
        """Return the PMIDs that a query finds, newest first, and how it was understood."""
        query = parse(term)
        return [one.pmid for one in self.entries if query.test(one)], query

    def _is_too_fast(self) -> bool:
        """Return whether more requests came in this second than are allowed. limit 0: as many as one likes."""
        now = time.monotonic()
        self._moments = [*(one for one in self._moments if now - one < 1), now]
        return bool(self.limit) and len(self._moments) > self.limit

    def _control(self, handler: BaseHTTPRequestHandler, given: dict[str, str]) -> None:
        """Plan faults from another process, and say what was asked so far: `every=20&fault=500`, `what=efetch&number=3&fault=html`."""
        with self.lock:
            if "every" in given:
                self.faults.every = (int(given["every"]), given.get("fault", ""))
            elif "fault" in given:
                self.faults.planned[(given.get("what", "esearch"), int(given.get("number", 0)))] = given["fault"]
            self.limit = int(given.get("limit", self.limit))
            answer = {"seen": self.faults.seen, "requests": [[what, *(asked.get(name, "") for name in ("term", "id", "retstart"))]
                                                            for what, asked in self.requests]}
        _send(handler, 200, json.dumps(answer).encode(), "application/json")

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
            return 200, esearch_xml(result).encode(), "text/xml; charset=UTF-8"
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
                return 400, efetch_error(kept, start).encode(), "text/xml; charset=UTF-8"
            ids = kept[start:start + most]
        else:
            ids = [one for one in given.get("id", "").split(",") if one]
            if not ids:
                return 400, efetch_error(None, start, "ID list is empty! Possibly it has no correct IDs.").encode(), "text/xml; charset=UTF-8"
        known = [self.records[one] for one in ids if one in self.records]
        known = known[:-1] if fault == "missing" else known
        if given.get("retmode") == "xml":
            return 200, as_xml(known).encode(), "text/xml; charset=UTF-8"
        return 200, as_medline(known).encode(), "text/plain; charset=UTF-8"


def _with_dates(given: dict[str, str]) -> str:
    """Return the term with the dates that stand beside it. datetype: as E-utilities name it, by default the date of publication."""
    if "mindate" in given and "maxdate" in given:
        tag = {"edat": "edat", "crdt": "crdt", "mdat": "lr"}.get(given.get("datetype", "pdat"), "dp")
        return f'({given.get("term", "")}) AND ("{given["mindate"]}"[{tag}] : "{given["maxdate"]}"[{tag}])'
    return given.get("term", "")


def _newest_first(one: Entry) -> tuple[int, int]:
    return -int(one.entered.replace("/", "") or 0), -int(one.pmid)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, *, cut: bool = False, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("X-RateLimit-Limit", "3")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body[:len(body) // 2] if cut else body)
    if cut:
        _hang_up(handler)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


REFUSAL = b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'
FAULTY = {
    "429": lambda handler: _send(handler, 429, REFUSAL, "application/json", Retry_After="0"),
    "500": lambda handler: _send(handler, 500, HTML_PAGE, "text/html"),
    "html": lambda handler: _send(handler, 200, HTML_PAGE, "text/html"),
    "error-in-200": lambda handler: _send(handler, 200, REFUSAL, "application/json"),
    "empty": lambda handler: _send(handler, 200, b"", "text/plain"),
    "drop": _hang_up,
    "redirect": lambda handler: _send(handler, 302, b"", "text/html", Location="https://example.org/"),
}

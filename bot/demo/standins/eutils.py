"""A stand-in for NCBI's E-utilities on loopback: it keeps records, answers esearch and efetch from them, and fails when it is told to.

Shapes and errors as in NBK25497 and real replies: numbers are strings, unknown ids are left out in silence, no hits are no error.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.demo.standins.medline import as_medline, as_xml
from bot.demo.standins.pubmed_query import Entry, QueryError, entry, parse

LAST_START = 9_998
BASE = "/entrez/eutils"
TOO_FAR = ("Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch can only retrieve the first "
           "9,999 records matching the query.")
HTML_PAGE = b"<!DOCTYPE html><html><head><title>NCBI - WWW Error 500 Diagnostic</title></head><body><h1>Error 500</h1></body></html>"


@dataclass
class Faults:
    """Which requests fail, and how: (`esearch` or `efetch`, number of the request of that kind from 1, or 0 for all) → fault.

    Faults: `429`, `500`, `html`, `error-in-200` (JSON with `error`), `ERROR` (in the result), `truncated`, `count` (counts one hit more
    than it gives), `empty`, `drop` (hangs up), `slow`.
    """

    planned: dict[tuple[str, int], str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def next(self, what: str) -> str:
        """Count a request, and return the fault that is planned for it, "" for none."""
        self.seen[what] = self.seen.get(what, 0) + 1
        return self.planned.get((what, self.seen[what]), self.planned.get((what, 0), ""))


class EutilsStandIn:
    """Start it, ask it at `address`, stop it. requests: what was asked, as (kind, parameters)."""

    def __init__(self, records: Iterable[dict[str, Any]], faults: Faults | None = None) -> None:
        self.records = {record["pmid"]: record for record in records}
        self.entries = [entry(record) for record in self.records.values()]
        self.faults = faults or Faults()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.histories: dict[str, list[str]] = {}
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self, urlsplit(self.path).query)

            def do_POST(self) -> None:
                outer.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}{BASE}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="eutils", daemon=True)

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
        what = urlsplit(handler.path).path.removeprefix(f"{BASE}/").removesuffix(".fcgi")
        with self.lock:
            self.requests.append((what, given))
            fault = self.faults.next(what)
        if fault in FAULTY:
            FAULTY[fault](handler)
            return
        if what not in ("esearch", "efetch") or given.get("db") != "pubmed":
            _send(handler, 400, b'{"error":"Invalid db name specified: or unknown service"}', "application/json")
            return
        body, kind = self._esearch(given, fault) if what == "esearch" else self._efetch(given)
        if fault == "truncated":
            _send(handler, 200, body[:len(body) * 2 // 3], kind)
            return
        if fault == "slow":
            time.sleep(1.0)
        _send(handler, 200, body, kind)

    def found(self, term: str) -> list[str]:
        """Return the PMIDs that a query finds, newest first."""
        test = parse(term)
        hits = [one for one in self.entries if test(one)]
        return [one.pmid for one in sorted(hits, key=_newest_first)]

    def _esearch(self, given: dict[str, str], fault: str) -> tuple[bytes, str]:
        start, most = int(given.get("retstart", 0)), min(int(given.get("retmax", 20)), 10_000)
        result: dict[str, Any]
        try:
            ids = self.found(_with_dates(given))
        except QueryError as error:
            result = {"ERROR": f"Search Backend failed: {error}"}
        else:
            result = self._result(given, ids, start, most) if start <= LAST_START and fault != "ERROR" else {"ERROR": TOO_FAR}
            if fault == "count":
                result["count"] = str(len(ids) + 1)
        reply = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
        return json.dumps(reply).encode(), "application/json; charset=UTF-8"

    def _result(self, given: dict[str, str], ids: list[str], start: int, most: int) -> dict[str, Any]:
        # PubMed serves the first 9,999 hits and no more.
        served = ids[start:min(start + most, LAST_START + 1)]
        result: dict[str, Any] = {"count": str(len(ids)), "retmax": str(len(served)), "retstart": str(start)}
        if given.get("usehistory") == "y":
            with self.lock:
                history = f"MCID_{len(self.histories) + 1:08x}"
                self.histories[history] = ids
            result |= {"querykey": "1", "webenv": history}
        result |= {"idlist": served, "translationset": [], "querytranslation": given.get("term", "")}
        if not ids:
            result["warninglist"] = {"phrasesignored": [], "quotedphrasesnotfound": [], "outputmessages": ["No items found."]}
        return result

    def _efetch(self, given: dict[str, str]) -> tuple[bytes, str]:
        start, most = int(given.get("retstart", 0)), int(given.get("retmax", 10_000))
        if "WebEnv" in given:
            ids = self.histories.get(given["WebEnv"], [])[start:start + most]
        else:
            ids = [one for one in given.get("id", "").split(",") if one]
        known = [self.records[one] for one in ids if one in self.records]
        if given.get("retmode") == "xml":
            return as_xml(known).encode(), "text/xml; charset=UTF-8"
        return as_medline(known).encode(), "text/plain; charset=UTF-8"


def _with_dates(given: dict[str, str]) -> str:
    term = given.get("term", "")
    if "mindate" in given and "maxdate" in given:
        return f'({term}) AND ("{given["mindate"]}"[edat] : "{given["maxdate"]}"[edat])'
    return term


def _newest_first(one: Entry) -> tuple[int, int]:
    return -int(one.entered.replace("/", "") or 0), -int(one.pmid)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


REFUSAL = b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'
FAULTY = {
    "429": lambda handler: _send(handler, 429, REFUSAL, "application/json", Retry_After="0"),
    "500": lambda handler: _send(handler, 500, HTML_PAGE, "text/html"),
    "html": lambda handler: _send(handler, 200, HTML_PAGE, "text/html"),
    "error-in-200": lambda handler: _send(handler, 200, REFUSAL, "application/json"),
    "empty": lambda handler: _send(handler, 200, b"", "text/plain"),
    "drop": _hang_up,
}

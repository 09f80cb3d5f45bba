"""What all stand-ins share: a server on loopback that counts what it is asked, and fails when it is told to. What each answers: its own file."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

# Where another process plans faults; no part of any real source.
CONTROL = "/control"
HTML_PAGE = b"<!DOCTYPE html><html><head><title>NCBI - WWW Error 500 Diagnostic</title></head><body><h1>Error 500</h1></body></html>"
SLOW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, body, media type, and headers besides."""

    body: bytes
    kind: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return a value as a JSON answer. Headers by keyword: `Retry_After="1"`."""
    return Reply(json.dumps(value).encode(), status=status, headers={name.replace("_", "-"): text for name, text in headers.items()})


def text_reply(text: str, status: int = 200, kind: str = "text/plain; charset=UTF-8") -> Reply:
    """Return a text as an answer."""
    return Reply(text.encode(), kind, status)


@dataclass
class Faults:
    """Which requests fail, and how: (kind of request, number of the request of that kind from 1, or 0 for all) → fault.

    every: (n, fault): each n-th request of any kind fails so. Faults of every stand-in: `429`, `500`, `html`, `error-in-200` (JSON that
    says so), `truncated`, `cut` (ends in the middle, as if a proxy hung up), `empty`, `drop` (hangs up at once), `slow`, `redirect`.
    Each stand-in plays further ones itself: `count` (counts one hit more than it gives), `missing` (leaves the last record out) …
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


class StandIn:
    """Start it, ask it at `address`, stop it. requests: what was asked, as (kind, parameters). limit: requests a second, 0: any number."""

    base: ClassVar[str] = ""
    # How this source says in a 200 that it has failed, and how it refuses who asks too often.
    error_in_200: ClassVar[Reply] = json_reply({"error": "Internal error"})
    refusal: ClassVar[Reply] = json_reply({"error": "Too many requests"}, 429, Retry_After="0")

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.limit, self._moments = 0, list[float]()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}{self.base}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name=type(self).__name__, daemon=True)

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return the kind of a request; path: behind the base, without the slash in front."""
        raise NotImplementedError

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Return the answer to a request, with the faults that are this stand-in's own."""
        raise NotImplementedError

    def start(self) -> Self:
        """Answer from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        """Answer one request, as it should or as it was told to fail."""
        parts = urlsplit(handler.path)
        given = {name: values[-1] for text in (parts.query, query) for name, values in parse_qs(text, keep_blank_values=True).items()}
        if parts.path == CONTROL:
            self._control(handler, given)
            return
        path = unquote(parts.path.removeprefix(self.base).lstrip("/"))
        what = self.what(path, given)
        with self.lock:
            self.requests.append((what, given))
            fault = self.faults.next(what) or ("429" if self._is_too_fast() else "")
        if fault == "drop":
            _hang_up(handler)
            return
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        reply = self._failing(fault) or self.reply(what, path, given, fault)
        body = reply.body[:len(reply.body) * 2 // 3] if fault == "truncated" else reply.body
        _send(handler, reply, body, cut=fault == "cut")

    def _failing(self, fault: str) -> Reply | None:
        return {
            "429": self.refusal, "500": Reply(HTML_PAGE, "text/html", 500), "html": Reply(HTML_PAGE, "text/html"),
            "error-in-200": self.error_in_200, "empty": Reply(b"", "text/plain"),
            "redirect": Reply(b"", "text/html", 302, {"Location": "https://example.org/"}),
        }.get(fault)

    def _is_too_fast(self) -> bool:
        """Return whether more requests came in this second than are allowed."""
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
        reply = json_reply(answer)
        _send(handler, reply, reply.body)


def _handler(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out apart: the body would wait 40 ms for the other side to confirm the head.
        disable_nagle_algorithm = True
        # Head and body in one packet: two would wait 40 ms for each other.
        wbufsize = -1

        def do_GET(self) -> None:
            standin.answer(self, "")

        def do_POST(self) -> None:
            self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            standin.answer(self, self.body.decode("utf-8", "replace"))

        do_PUT = do_POST

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler


def _send(handler: BaseHTTPRequestHandler, reply: Reply, body: bytes, *, cut: bool = False) -> None:
    handler.send_response(reply.status)
    handler.send_header("Content-Type", reply.kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[:len(body) // 2] if cut else body)
    if cut:
        _hang_up(handler)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)

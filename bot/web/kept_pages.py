"""Public pages are made once and kept until something happens. Every change on a site is an event, so the last event says whether one did.

What is kept is in this process alone, bounded, and also kept packed (gzip). Where the database cannot be read, bulletins that are kept are
served on: they are frozen. What is public: PUBLIC; nothing behind a link or a session is ever kept.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.app import App
from bot.errors import DatabaseError
from db import events

PUBLIC = ("/reviews/", "/api/v1/", "/static/", "/about")
BULLETINS = "/bulletins/"
LARGEST, MOST = 2_000_000, 64_000_000
# A safety net: what no event told of is seen after this many seconds.
LONGEST = 60.0
LEAST_PACKED = 1000
PACKABLE = ("text/", "application/json", "application/atom+xml", "application/feed+json", "image/svg+xml")
WHILE_BROKEN = -1
Key = tuple[str, bytes, bool]


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer. place: of the last event when it was made; until: by the process's own clock. packed: b"" if it is not worth it."""

    place: int
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytes
    packed: bytes
    etag: str


class KeptPages:
    """Answers from what is kept; asks the application for the rest."""

    def __init__(self, app: ASGIApp, *, site: App) -> None:
        self.app, self.site = app, site
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size, self._lock = 0, threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http" or scope["method"] != "GET" or not is_public(scope["path"]):
            await self.app(scope, receive, send)
            return
        place = await run_in_threadpool(self._place)
        # Another site's page that asks gets a header more.
        key = (scope["path"], scope.get("query_string", b""), any(name == b"origin" for name, _ in scope["headers"]))
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        broken = place == WHILE_BROKEN and BULLETINS in scope["path"]
        if kept is not None and (broken or (kept.place == place and time.monotonic() < kept.until)):
            await answer(kept, scope, send)
            return
        await self._made(key, place, scope, receive, send)

    def _place(self) -> int:
        try:
            with self.site.database.reading() as session:
                return events.head(session).place
        except DatabaseError:
            return WHILE_BROKEN

    async def _made(self, key: Key, place: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application make an answer; keep it if it may be kept, else pass it on as it comes."""
        start: Message = {}
        parts: list[bytes] = []
        keeps = place != WHILE_BROKEN

        async def taking(message: Message) -> None:
            nonlocal start, keeps
            if message["type"] == "http.response.start":
                start, keeps = message, keeps and may_be_kept(message)
                if not keeps:
                    await send(message)
            elif not keeps:
                await send(message)
            else:
                parts.append(message.get("body", b""))

        # It is asked without what the reader has, so that there is a whole answer to keep.
        bare = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in (b"if-none-match", b"accept-encoding")]}
        await self.app(bare, receive, taking)
        if keeps and start:
            kept = made(place, start["headers"], b"".join(parts))
            self._keep(key, kept)
            await answer(kept, scope, send)

    def _keep(self, key: Key, kept: Kept) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._size += _size(kept) - (_size(before) if before else 0)
            self._kept[key] = kept
            while self._size > MOST:
                self._size -= _size(self._kept.popitem(last=False)[1])


def is_public(path: str) -> bool:
    """Return whether everybody gets the same answer at a path."""
    return path in ("/", "/reviews") or path.startswith(PUBLIC)


def may_be_kept(start: Message) -> bool:
    """Return whether an answer may be kept: a whole one, for everybody, and not too large."""
    headers = Headers(raw=start["headers"])
    length = headers.get("content-length", "")
    return (start["status"] == 200 and "set-cookie" not in headers and "no-store" not in headers.get("cache-control", "")
            and length.isdigit() and int(length) <= LARGEST)


def made(place: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Kept:
    """Return an answer to keep."""
    told = Headers(raw=headers)
    packs = len(body) >= LEAST_PACKED and told.get("content-type", "").startswith(PACKABLE)
    packed = gzip.compress(body, 6, mtime=0) if packs else b""
    etag = told.get("etag") or f'"{hashlib.sha256(body).hexdigest()}"'
    return Kept(place, time.monotonic() + LONGEST, list(headers), body, packed if len(packed) < len(body) else b"", etag)


async def answer(kept: Kept, scope: Scope, send: Send) -> None:
    """Send what is kept: packed where the reader takes it, nothing but a header where the reader has it."""
    asked = Headers(scope=scope)
    packs = bool(kept.packed) and "gzip" in asked.get("accept-encoding", "")
    body, status = (kept.packed if packs else kept.body), 200
    headers = MutableHeaders(raw=list(kept.headers))
    if kept.packed:
        headers.add_vary_header("Accept-Encoding")
    # Packed it is another row of bytes, so the name of its content is a weak one.
    headers["etag"] = f"W/{kept.etag}" if packs and not kept.etag.startswith("W/") else kept.etag
    if kept.etag.removeprefix("W/") in asked.get("if-none-match", ""):
        body, status = b"", 304
        del headers["content-length"]
    else:
        headers["content-length"] = str(len(body))
        if packs:
            headers["content-encoding"] = "gzip"
    headers.setdefault("cache-control", "no-cache")
    await send({"type": "http.response.start", "status": status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


def _size(kept: Kept) -> int:
    return len(kept.body) + len(kept.packed) + 1000

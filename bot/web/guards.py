"""What every answer of the web carries, and what no request may be. Who may do what: bot/access.py."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000
# Exports that people bring: larger than any form. Beyond this a file is for `./perennial import`.
LARGER = {"/i/": 60_000_000}
# The full text of a report (bot/methods/screening/portable_documents.py says how large), and the form around it.
FULL_TEXT = re.compile(r"/r/[^/]{43}/[0-9]{1,9}/full-text")
MAX_FILE = 26_000_000
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Pages behind a link of a mail: the address itself is a secret.
PRIVATE = ("/r/", "/x/", "/v/", "/c/", "/q/", "/a/", "/e/", "/g/", "/l/", "/i/", "/d/", "/in/", "/team", "/sign-in", "/s/", "/u/", "/mail")
TOO_LARGE = b"That is too much for one form. Send less at a time."


class SecurityHeaders:
    """Adds the headers that keep a browser from doing what no page of ours needs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and put the headers on its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                if scope["path"].startswith(PRIVATE):
                    headers["Cache-Control"] = "no-store"
                    headers["X-Robots-Tag"] = "noindex"
            await send(message)

        await self.app(scope, receive, sending)


class BodyLimit:
    """Refuses a request whose body is larger than any form of ours, before it is read."""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = next((size for begin, size in LARGER.items() if scope["path"].startswith(begin)), self.most)
        if FULL_TEXT.fullmatch(scope["path"]):
            most = MAX_FILE
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            await _too_large(send)
            return
        taken = 0

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # A body without a declared length: what goes beyond is cut off, and the form it was in does not parse.
            return message if taken <= most else {"type": "http.disconnect"}

        await self.app(scope, counting, send)


async def _too_large(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})

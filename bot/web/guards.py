"""What every answer of the web carries, and what no request may be. Who may do what: bot/access.py."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
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
# A year, with all names below it: what is behind this address is never asked for without encryption again.
TLS_ALONE = "max-age=31536000; includeSubDomains"
TOO_LARGE = b"That is too much for one form. Send less at a time."


class SecurityHeaders:
    """Adds the headers that keep a browser from doing what no page of ours needs."""

    def __init__(self, app: ASGIApp, *, is_https: bool = False) -> None:
        self.app, self.is_https = app, is_https

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
                if self.is_https:
                    headers["Strict-Transport-Security"] = TLS_ALONE
                if scope["path"].startswith(PRIVATE):
                    headers["Cache-Control"] = "no-store"
                    headers["X-Robots-Tag"] = "noindex"
            await send(message)

        await self.app(scope, receive, sending)


class BodyLimit:
    """Refuses a request whose body is larger than any form of ours, before it is read.

    opens: whether the link in a path opens something; files are taken from those alone who hold one.
    """

    def __init__(self, app: ASGIApp, *, opens: Callable[[str], bool], most: int = MAX_BODY) -> None:
        self.app, self.opens, self.most = app, opens, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = next((size for begin, size in LARGER.items() if scope["path"].startswith(begin)), self.most)
        if FULL_TEXT.fullmatch(scope["path"]):
            most = MAX_FILE
        if most > self.most and not await run_in_threadpool(self.opens, scope["path"]):
            most = self.most
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


class NoNul:
    """Keeps out NUL, which Postgres does not take: an address with it names nothing; in a form it is another control character, which those
    who check a field refuse or leave out. nowhere: path → the answer that there is no such address."""

    def __init__(self, app: ASGIApp, *, nowhere: Callable[[str], Response]) -> None:
        self.app, self.nowhere = app, nowhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 404."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
            await self.nowhere(scope["path"])(scope, receive, send)
        elif Headers(scope=scope).get("content-type", "").startswith("application/x-www-form-urlencoded"):
            await self.app(scope, await _form_without_nul(receive), send)
        else:
            await self.app(scope, receive, send)


async def _form_without_nul(receive: Receive) -> Receive:
    """Read a form, which BodyLimit has bounded, and return what gives it again without NUL."""
    parts, message = [], await receive()
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
        message = await receive()
    else:
        # It broke off, or was more than any form: that is what the application hears.
        return _saying(message)
    return _saying({"type": "http.request", "body": b"".join(parts).replace(b"%00", b"%01").replace(b"\x00", b"\x01"), "more_body": False})


def _saying(message: Message) -> Receive:
    messages = [message]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def _too_large(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})

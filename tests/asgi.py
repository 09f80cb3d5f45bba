"""A browser without a network: speaks ASGI with the web application in this process, follows redirects, runs no script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What the application answered. headers: names in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


class Browser:
    """Opens addresses of one application. host: the name it is called by; client: where the requests seem to come from."""

    def __init__(self, application: Any, *, host: str = "review.example.org", client: str = "203.0.113.7") -> None:
        self.application, self.host, self.client = application, host, client

    def get(self, address: str, **more: Any) -> Answer:
        """Open an address."""
        return self.request("GET", address, **more)

    def head(self, address: str, **more: Any) -> Answer:
        """Ask for the head of an address."""
        return self.request("HEAD", address, **more)

    def post(self, address: str, data: Mapping[str, Any] | None = None, *, content: bytes | None = None, **more: Any) -> Answer:
        """Send a form."""
        return self.request("POST", address, body=urlencode(data or {}, doseq=True).encode() if content is None else content, **more)

    def request(self, method: str, address: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None,
                follow_redirects: bool = True) -> Answer:
        """Send a request and return the answer; a redirect is followed by GET unless asked otherwise."""
        answer = asyncio.run(self._exchange(method, address, body, dict(headers or {})))
        if follow_redirects and 300 <= answer.status_code < 400:
            return self.get(answer.headers["location"])
        return answer

    async def _exchange(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(address)
        given = {"host": self.host, "content-length": str(len(body))} | ({"content-type": FORM} if body else {}) | headers
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": unquote(parts.path),
            "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "", "client": (self.client, 40000),
            "server": (self.host, 80), "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }
        sent: list[Mapping[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Mapping[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        try:
            await self.application(scope, receive, send)
        except Exception:
            # Starlette answers with the error page and raises again, for the server's log: a browser sees the page.
            if not sent:
                raise
        received = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], received, b"".join(message.get("body", b"") for message in sent[1:]))

"""How often one client may ask for what costs others something: mails to an address, guesses at links. Counted for all processes together.

What is counted: db/rate_counters.py. Behind a proxy the client is whom the proxy names (PERENNIAL_TRUSTED_PROXIES, bot/web/server.py).
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from bot.app import App
from bot.errors import TooOftenError
from bot.links import pseudonym
from db import rate_counters

HOUR = timedelta(hours=1)
# An answer that could tell by its time who is known leaves no sooner than this.
LEAST_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many of a kind in a span, from one client."""

    kind: str
    most: int
    span: timedelta


SUBSCRIBE = Limit("subscribe", 5, HOUR)
SIGN_IN = Limit("sign_in", 10, HOUR)
# Links that are none: nobody opens thirty in a minute by mistake.
WRONG_LINKS = Limit("wrong_link", 30, timedelta(minutes=1))
BY = "system:web"


def require(app: App, request: Request, limit: Limit) -> None:
    """Count one more wish of this client. Raises TooOftenError beyond the limit, whoever it is about."""
    who, at = client_of(app, request), app.clock()
    with app.database.reading() as session:
        # Who is beyond it already costs no write.
        number = rate_counters.asked(session, limit.kind, who, at=at, span=limit.span)
    if number < limit.most:
        with app.database.writing(by=BY) as session:
            number = rate_counters.count(session, limit.kind, who, at=at, span=limit.span) - 1
    if number >= limit.most:
        minutes = max(1, int(limit.span.total_seconds() // 60))
        raise TooOftenError(f"That was asked for too often from here. Try again in {'a minute' if minutes == 1 else 'an hour'}.",
                            after=int(limit.span.total_seconds()))


def client_of(app: App, request: Request) -> str:
    """Return a name for the client that only this site can make of its address; all of one IPv6 network (/64) are one."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
        host = str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
    except ValueError:
        pass
    return pseudonym(app.keys, "client", host)


@contextmanager
def no_sooner() -> Iterator[None]:
    """Let what is inside take the same time whether there was much to do or nothing."""
    until = time.monotonic() + LEAST_SECONDS
    try:
        yield
    finally:
        time.sleep(max(0.0, until - time.monotonic()))

"""The only way out: HTTP to hosts that the settings allow. No foreign redirect, no secret in an error, patience with those who ask for it.

What is asked of which source, and what counts as an answer there: bot/sources.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from bot.errors import RefusedError, SourceUnavailableError
from bot.telemetry import redact

TRIES = 5
LONGEST_PAUSE = 60.0
MAX_BYTES = 200_000_000
CHUNK = 65_536
# What goes away by itself when one waits: too many requests, and the faults of servers and what stands in front of them.
PASSING = frozenset({408, 429, 500, 502, 503, 504})
SECRETS = frozenset({"api_key", "apikey", "key", "token", "mailto", "email", "x-els-apikey", "x-els-insttoken", "authorization"})
AGENT = "Perennial (living systematic review bot)"

Complaint = Callable[["Answer"], str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. status: 200 to 299, or one that was asked to be accepted; kind: the media type without parameters, "" if none was named.

    headers: as they came; names are found whatever their case.
    """

    status: int
    kind: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def _no_complaint(_: Answer) -> str:
    return ""


class Http:
    """Requests to allowed addresses. interval: seconds between the beginnings of two requests; timeout: seconds for one request.

    proxy: the address of a proxy that leads out, "" for none; this machine is always asked directly. ca_file: certificates to trust in
    place of the usual ones, "" for those. sleep, clock, chance: so that tests need not wait (clock: seconds that only grow; chance: 0 to 1).
    """

    def __init__(self, allowed: tuple[str, ...], *, interval: float = 0.0, timeout: float = 60.0, tries: int = TRIES,
                 max_bytes: int = MAX_BYTES, proxy: str = "", ca_file: str = "", sleep: Callable[[float], None] = time.sleep,
                 clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random) -> None:
        self._hosts = {_host(address) for address in allowed}
        self._interval, self._timeout, self._tries, self._max_bytes = interval, timeout, tries, max_bytes
        self._sleep, self._clock, self._chance = sleep, clock, chance
        self._proxy, self._ca_file = proxy, ca_file
        self._next, self._lock = 0.0, threading.Lock()
        self._session = requests.Session()
        # Neither proxies nor passwords of the environment: what leaves is what is asked here, by the way that the settings name.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = AGENT

    def get(self, address: str, params: Mapping[str, str], *, interval: float = 0.0, complaint: Complaint = _no_complaint,
            headers: Mapping[str, str] | None = None, accept: frozenset[int] = frozenset()) -> Answer:
        """Return the answer to a GET. interval: seconds to the next request at least; headers: sent besides; accept: statuses that are answers.

        complaint: says what is wrong with an answer that came as 200 and will be right when asked again, "" for nothing.
        Raises SourceUnavailableError with a sentence when there is no answer after all tries, RefusedError for a host not allowed.
        """
        return self._ask("GET", address, params, interval, complaint, headers or {}, accept)

    def post(self, address: str, form: Mapping[str, str], *, interval: float = 0.0, complaint: Complaint = _no_complaint,
             accept: frozenset[int] = frozenset()) -> Answer:
        """Return the answer to a form that is posted: for what is too long for an address. Otherwise as `get`."""
        return self._ask("POST", address, form, interval, complaint, {}, accept)

    def send(self, method: str, address: str, content: bytes, *, kind: str, headers: Mapping[str, str], accept: frozenset[int] = frozenset(),
             tries: int = 0) -> Answer:
        """Return the answer to bytes of media type `kind` that are sent. tries: 1 for what must not be done twice, 0 for as many as usual."""
        return self._ask(method, address, content, 0.0, _no_complaint, {**headers, "Content-Type": kind}, accept, tries or self._tries)

    def _ask(self, method: str, address: str, values: Mapping[str, str] | bytes, interval: float, complaint: Complaint,
             given: Mapping[str, str], accept: frozenset[int], tries: int = 0) -> Answer:
        self._require_allowed(address)
        tries = tries or self._tries
        problem, secret = "", {**({} if isinstance(values, bytes) else values), **given}
        for number in range(1, tries + 1):
            self._wait_for_turn(max(interval, self._interval))
            pause = self._back_off(number)
            try:
                status, headers, content = self._once(method, address, values, given)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                problem = f"could not be reached ({self._cause(error)})"
            else:
                answer = Answer(status, headers.get("Content-Type", "").partition(";")[0].strip().lower(), content, headers)
                if status in accept:
                    return answer
                problem = _says(answer) if status in PASSING else _lasting(address, answer, secret) or complaint(answer)
                if not problem:
                    return answer
                pause = max(pause, _retry_after(headers))
            if number < tries:
                self._sleep(min(pause, LONGEST_PAUSE))
        raise SourceUnavailableError(f"{_host(address)[1]} {_hidden(problem, secret)}, asked {tries} times")

    def _require_allowed(self, address: str) -> None:
        scheme, host, _ = _host(address)
        if _host(address) not in self._hosts:
            raise RefusedError(f"{host} is not among the hosts that the settings allow")
        if scheme != "https" and not _is_loopback(host):
            raise RefusedError(f"{host}: only https leaves this machine; set its address to https://{host}")

    def _once(self, method: str, address: str, values: Mapping[str, str] | bytes,
              headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        body: Any = values if isinstance(values, bytes) else dict(values)
        given: dict[str, Any] = {"params": body} if method == "GET" else {"data": body}
        if self._proxy and not _is_loopback(_host(address)[1]):
            given["proxies"] = {"http": self._proxy, "https": self._proxy}
        until = self._clock() + self._timeout
        with self._session.request(method, address, timeout=self._timeout, allow_redirects=False, stream=True, headers=dict(headers),
                                   verify=self._ca_file or True, **given) as answer:
            return answer.status_code, answer.headers, b"".join(self._body(answer, until))

    def _cause(self, error: Exception) -> str:
        said = _cause(error)
        password = urlsplit(self._proxy).password
        return said.replace(password, "<password>") if password else said

    def _body(self, answer: requests.Response, until: float) -> Iterator[bytes]:
        size = 0
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            if size > self._max_bytes:
                raise requests.exceptions.ContentDecodingError(f"more than {self._max_bytes:,} bytes")
            # The timeout of a socket is for one read: a server that sends a byte now and then would hold us for ever.
            if self._clock() > until:
                raise requests.exceptions.ReadTimeout(f"not done after {self._timeout:g} s")
            yield chunk

    def _wait_for_turn(self, interval: float) -> None:
        with self._lock:
            pause = self._next - self._clock()
            if pause > 0:
                self._sleep(pause)
            self._next = self._clock() + interval

    def _back_off(self, number: int) -> float:
        # With jitter: two sites that were refused together must not come back together.
        return 2.0 ** (number - 1) * (0.5 + self._chance())


def _lasting(address: str, answer: Answer, values: Mapping[str, str]) -> str:
    """Raise SourceUnavailableError for an answer that will not change when it is asked for again; else return ""."""
    if 300 <= answer.status < 400:
        raise SourceUnavailableError(f"{_host(address)[1]} sends us elsewhere (HTTP {answer.status}), which is not followed")
    if answer.status >= 400:
        raise SourceUnavailableError(f"{_host(address)[1]} {_hidden(_says(answer), values)}")
    return ""


def _says(answer: Answer) -> str:
    words = "an HTML page" if "html" in answer.kind else " ".join(answer.content[:300].decode("utf-8", "replace").split())[:200]
    return f"answered HTTP {answer.status}: {words or 'nothing'}"


def _hidden(text: str, values: Mapping[str, str]) -> str:
    """Return a text without the secrets that were sent: NCBI, for one, repeats the key in its refusal."""
    for name, value in values.items():
        if name.lower() in SECRETS and value:
            text = text.replace(value, f"<{name}>")
    return redact(text)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks us to wait, given as a number or as a date; 0 if it does not."""
    given = headers.get("Retry-After", "").strip()
    if given.isdigit():
        return float(given)
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _host(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _cause(error: Exception) -> str:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return redact(str(reason or error).rpartition(": ")[2])[:200]

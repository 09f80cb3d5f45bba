"""The only way out: HTTP to hosts that the settings allow. No foreign redirect, no secret in an error, patience with those who ask for it.

What is asked of which source: bot/sources.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import requests

from bot.errors import RefusedError, SourceUnavailableError
from bot.telemetry import redact

TRIES = 4
LONGEST_PAUSE = 60.0
MAX_BYTES = 200_000_000
# What goes away by itself when one waits: too many requests, and the faults of servers and what stands in front of them.
PASSING = frozenset({429, 500, 502, 503, 504})
AGENT = "Perennial (living systematic review bot)"


class Http:
    """Requests to allowed addresses. interval: seconds between two requests; sleep, chance: so that tests need not wait."""

    def __init__(self, allowed: tuple[str, ...], *, interval: float = 0.0, timeout: float = 60.0, tries: int = TRIES,
                 sleep: Callable[[float], None] = time.sleep, chance: Callable[[], float] = random.random) -> None:
        self._hosts = {_host(address) for address in allowed}
        self._interval, self._timeout, self._tries = interval, timeout, tries
        self._sleep, self._chance = sleep, chance
        self._last, self._lock = 0.0, threading.Lock()
        self._session = requests.Session()
        self._session.headers["User-Agent"] = AGENT

    def get(self, address: str, params: Mapping[str, str]) -> requests.Response:
        """Return the answer to a GET. Raises SourceUnavailableError with a sentence when there is none."""
        return self._ask("GET", address, params)

    def post(self, address: str, form: Mapping[str, str]) -> requests.Response:
        """Return the answer to a form that is posted: for what is too long for an address."""
        return self._ask("POST", address, form)

    def _ask(self, method: str, address: str, values: Mapping[str, str]) -> requests.Response:
        if _host(address) not in self._hosts:
            raise RefusedError(f"{_host(address)[1]} is not among the hosts that the settings allow")
        problem = ""
        for number in range(1, self._tries + 1):
            self._wait_for_turn()
            try:
                answer = self._once(method, address, values)
            except requests.RequestException as error:
                problem = f"could not be reached ({_cause(error)})"
                pause = self._back_off(number)
            else:
                if answer.status_code not in PASSING:
                    return _checked(answer)
                problem = _says(answer)
                pause = max(self._back_off(number), _retry_after(answer))
            if number < self._tries:
                self._sleep(min(pause, LONGEST_PAUSE))
        raise SourceUnavailableError(f"{_host(address)[1]} {redact(problem)}, asked {self._tries} times")

    def _once(self, method: str, address: str, values: Mapping[str, str]) -> requests.Response:
        given = {"params": dict(values)} if method == "GET" else {"data": dict(values)}
        answer = self._session.request(method, address, timeout=self._timeout, allow_redirects=False, stream=True, **given)
        content = answer.raw.read(MAX_BYTES + 1, decode_content=True)
        if len(content) > MAX_BYTES:
            raise requests.exceptions.ContentDecodingError("more than 200 MB")
        declared = answer.headers.get("Content-Length", "")
        if declared.isdigit() and "Content-Encoding" not in answer.headers and len(content) < int(declared):
            raise requests.exceptions.ConnectionError(f"hung up after {len(content)} of {declared} bytes")
        answer._content = content  # requests keeps what it read itself here; we read it to know its length
        return answer

    def _wait_for_turn(self) -> None:
        with self._lock:
            pause = self._last + self._interval - time.monotonic()
            if pause > 0:
                self._sleep(pause)
            self._last = time.monotonic()

    def _back_off(self, number: int) -> float:
        # With jitter: two sites that were refused together must not come back together.
        return 2.0 ** (number - 1) * (0.5 + self._chance())


def _checked(answer: requests.Response) -> requests.Response:
    if 300 <= answer.status_code < 400:
        raise SourceUnavailableError(f"{urlsplit(answer.url).hostname} sends us elsewhere (HTTP {answer.status_code}), which is not followed")
    if answer.status_code >= 400:
        raise SourceUnavailableError(f"{urlsplit(answer.url).hostname} {_says(answer)}")
    return answer


def _says(answer: requests.Response) -> str:
    words = " ".join(answer.text[:300].split()) if "html" not in answer.headers.get("Content-Type", "") else "an HTML page"
    return redact(f"answered HTTP {answer.status_code}: {words[:200]}")


def _retry_after(answer: requests.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else 0.0


def _host(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


def _cause(error: Exception) -> str:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return redact(str(reason or error).rpartition(": ")[2])[:200]

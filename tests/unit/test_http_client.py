"""The only way out: who is asked, how patiently, and what is never said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from bot.errors import RefusedError, SourceUnavailableError
from bot.http import Http

Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(*replies: Reply) -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server that answers with these replies in turn, the last one for ever, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = replies[min(len(asked), len(replies)) - 1]
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def slept() -> list[float]:
    return []


def http(address: str, slept: list[float], **given: Any) -> Http:
    return Http(allowed=(address,), sleep=slept.append, **({"chance": lambda: 0.5, "timeout": 5.0} | given))


def test_a_host_that_the_settings_do_not_allow_is_not_asked(slept: list[float]) -> None:
    with pytest.raises(RefusedError, match=r"example\.org is not among the hosts"):
        http("http://127.0.0.1:1", slept).get("http://example.org/", {})


@pytest.mark.parametrize("address", ["http://127.0.0.1:2/", "https://127.0.0.1:1/", "http://127.0.0.1.example.org:1/", "http://user@example.org/"])
def test_another_port_scheme_or_a_name_that_only_looks_alike_is_another_host(address: str, slept: list[float]) -> None:
    with pytest.raises(RefusedError):
        http("http://127.0.0.1:1", slept).get(address, {})


def test_nothing_leaves_this_machine_without_encryption(slept: list[float]) -> None:
    with pytest.raises(RefusedError, match="only https"):
        http("http://example.org", slept).get("http://example.org/", {})


def test_a_redirect_is_not_followed(slept: list[float]) -> None:
    with serving((302, {"Location": "https://example.org/"}, b"")) as (address, asked), pytest.raises(SourceUnavailableError, match="elsewhere"):
        http(address, slept).get(f"{address}/x", {})
    assert len(asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_by_itself_is_asked_again_with_growing_pauses(status: int, slept: list[float]) -> None:
    with serving((status, {}, b"later"), (status, {}, b"later"), (200, {}, b"done")) as (address, _):
        assert http(address, slept).get(f"{address}/x", {}).content == b"done"
    assert slept == [1.0, 2.0]


def test_pauses_differ_by_chance_so_that_two_sites_do_not_come_back_together(slept: list[float]) -> None:
    chances = iter([0.0, 0.9])
    with serving((500, {}, b""), (500, {}, b""), (200, {}, b"done")) as (address, _):
        http(address, slept, chance=lambda: next(chances, 0.5)).get(f"{address}/x", {})
    assert slept == [0.5, 2.8]


@pytest.mark.parametrize("given", ["7", pytest.param("date", id="as a date")])
def test_retry_after_is_obeyed_as_seconds_and_as_a_date(given: str, slept: list[float]) -> None:
    after = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True) if given == "date" else given
    with serving((429, {"Retry-After": after}, b""), (200, {}, b"done")) as (address, _):
        http(address, slept).get(f"{address}/x", {})
    assert slept == [7.0] if given == "7" else 25 < slept[0] <= 30


def test_nobody_makes_us_wait_longer_than_a_minute(slept: list[float]) -> None:
    with serving((503, {"Retry-After": "86400"}, b""), (200, {}, b"done")) as (address, _):
        http(address, slept).get(f"{address}/x", {})
    assert slept == [60.0]


def test_a_refusal_that_lasts_is_not_asked_again(slept: list[float]) -> None:
    with serving((404, {"Content-Type": "text/html"}, b"<html>no</html>")) as (address, asked), \
            pytest.raises(SourceUnavailableError, match="HTTP 404: an HTML page"):
        http(address, slept).get(f"{address}/x", {})
    assert len(asked) == 1 and slept == []


def test_after_all_tries_the_sentence_says_what_happened_and_how_often(slept: list[float]) -> None:
    with serving((500, {}, b"broken")) as (address, asked), \
            pytest.raises(SourceUnavailableError, match=r"127\.0\.0\.1 answered HTTP 500: broken, asked 3 times"):
        http(address, slept, tries=3).get(f"{address}/x", {})
    assert len(asked) == 3


def test_nobody_there_is_said_in_a_sentence(slept: list[float]) -> None:
    with pytest.raises(SourceUnavailableError, match="could not be reached"):
        http("http://127.0.0.1:1", slept, tries=2).get("http://127.0.0.1:1/x", {})


def test_an_answer_that_ends_before_its_announced_length_is_asked_again(slept: list[float]) -> None:
    with serving((200, {"Content-Length": "50"}, b"half"), (200, {}, b"whole")) as (address, _):
        assert http(address, slept).get(f"{address}/x", {}).content == b"whole"


def test_a_complaint_about_an_answer_in_a_200_is_asked_again(slept: list[float]) -> None:
    with serving((200, {}, b"<html>"), (200, {}, b"{}")) as (address, _):
        answer = http(address, slept).get(f"{address}/x", {}, complaint=lambda one: "is HTML" if one.content.startswith(b"<") else "")
    assert answer.content == b"{}"


def test_too_much_is_not_read_to_its_end(slept: list[float]) -> None:
    with serving((200, {}, b"x" * 300_000)) as (address, _), pytest.raises(SourceUnavailableError, match="more than 100,000 bytes"):
        http(address, slept, tries=1, max_bytes=100_000).get(f"{address}/x", {})


def test_a_server_that_never_ends_is_left_after_the_timeout(slept: list[float]) -> None:
    ticks = iter(range(0, 1000, 10))
    with serving((200, {}, b"x" * 200_000)) as (address, _), pytest.raises(SourceUnavailableError, match="not done after 5 s"):
        http(address, slept, tries=1, clock=lambda: float(next(ticks))).get(f"{address}/x", {})


def test_a_key_that_a_source_repeats_in_its_refusal_is_not_said_again(slept: list[float]) -> None:
    said = b'{"error":"API rate limit exceeded","api-key":"s3cretk3y","count":"4"}'
    with serving((429, {}, said)) as (address, _), pytest.raises(SourceUnavailableError) as caught:
        http(address, slept, tries=1).get(f"{address}/x", {"api_key": "s3cretk3y", "email": "somebody@example.org"})
    assert "s3cretk3y" not in str(caught.value) and "<api_key>" in str(caught.value)


def test_two_requests_begin_no_closer_than_the_interval(slept: list[float]) -> None:
    now = [100.0]
    with serving((200, {}, b"done")) as (address, _):
        one = http(address, slept, clock=lambda: now[0])
        one.get(f"{address}/x", {}, interval=0.36)
        now[0] += 0.1
        one.get(f"{address}/x", {}, interval=0.36)
    assert slept == [pytest.approx(0.26)]


def test_the_proxy_of_the_settings_leads_out_and_never_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object, object]] = []

    def request(_: object, __: str, address: str, **given: object) -> object:
        asked.append((address, given.get("proxies"), given["verify"]))
        raise requests.ConnectionError("http://someone:secret@proxy.example.org:3128 did not answer")

    monkeypatch.setattr(requests.Session, "request", request)
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example.org:1")
    for address in ("https://api.example.org/works", "http://127.0.0.1:9/works"):
        http = Http(allowed=(address,), proxy="http://someone:secret@proxy.example.org:3128", ca_file="ours.pem", tries=1, sleep=lambda _: None)
        with pytest.raises(SourceUnavailableError) as caught:
            http.get(address, {})
        assert "secret" not in str(caught.value)
    way = "http://someone:secret@proxy.example.org:3128"
    assert asked == [("https://api.example.org/works", {"http": way, "https": way}, "ours.pem"), ("http://127.0.0.1:9/works", None, "ours.pem")]

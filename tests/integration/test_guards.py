"""What every answer carries and what no request may be: sizes, encryption, proxies, methods."""

from __future__ import annotations

import http.client
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.rendering import Site
from bot.web import create
from bot.web.guards import MAX_BODY
from bot.web.server import Server, listen
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_bulletins import press
from tests.fixtures_studies import application, studied
from tests.integration.test_team_and_sign_in import link

FORM = "/reviews/digital-peer-support/subscribe"


def test_a_site_with_encryption_says_that_it_is_never_asked_without(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    renderer = replace(one.renderer, site=Site(name="Perennial", address="https://review.example.org", demo=False))
    answer = Browser(create(replace(one.app, renderer=renderer))).get("/")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "strict-transport-security" not in one.browser.get("/").headers


@pytest.mark.parametrize("path", ["/i/{}", "/r/{}/1/full-text"])
def test_files_are_taken_from_those_alone_who_hold_a_link(sqlite: Database, now: datetime, path: str) -> None:
    one = studied(sqlite, now)
    round_id = one.open().round_id
    assert round_id is not None
    held = link(one, "Edda", "import").split("/")[2] if path.startswith("/i/") else one.token("Ada", round_id)
    browser = Browser(create(application(one)))
    size = str(MAX_BODY + 1)
    assert browser.post(path.format("A" * 43), headers={"content-length": size}).status_code == 413
    # Ours is read: that it is no file is said by the page.
    assert browser.post(path.format(held), headers={"content-length": size}).status_code != 413


@pytest.mark.parametrize(("trusted", "limited_together"), [("127.0.0.1", False), ("192.0.2.1", True)])
def test_a_proxy_is_believed_only_if_the_settings_name_it(sqlite: Database, now: datetime, trusted: str, *, limited_together: bool) -> None:
    server = Server(press(sqlite, now).app, listen("127.0.0.1", 0), trusted_proxies=trusted)
    thread = server.start()
    codes = []
    try:
        for number in range(7):
            connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=20)
            connection.request("POST", FORM, f"email=r{number}@example.org", {
                "content-type": "application/x-www-form-urlencoded", "x-forwarded-for": f"198.51.100.{number}"})
            codes.append(connection.getresponse().status)
            connection.close()
    finally:
        server.stop()
        thread.join(20)
    assert codes == ([303] * 5 + [429] * 2 if limited_together else [303] * 7)


def test_a_fault_nobody_foresaw_is_a_page_with_a_number_and_no_trace(sqlite: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2 in /srv/perennial/keys")

    one = press(sqlite, now)
    monkeypatch.setattr("bot.web.ops.require_current", broken)
    server = Server(one.app, listen("127.0.0.1", 0))
    thread = server.start()
    try:
        connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=20)
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
    finally:
        server.stop()
        thread.join(20)
    assert answer.status == 500 and "tell the review team the number" in text
    assert "hunter2" not in text and "RuntimeError" not in text and "Traceback" not in text


@pytest.mark.parametrize("name", ["..%2f..%2fperennial", "*", "[0-9a-f]", "a" * 40, "x", ".."])
def test_a_mail_is_shown_by_its_name_alone_and_never_by_a_path(sqlite: Database, now: datetime, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / f"{'b' * 40}.eml").write_text("Subject: for Ada alone\n\nwords\n")
    (tmp_path / "perennial.eml").write_text("Subject: elsewhere\n\nwords\n")
    one = replace(press(sqlite, now).app, mail_folder=folder, is_loopback=lambda _: True)
    browser = Browser(create(one), host="127.0.0.1", client="127.0.0.1")
    assert browser.get(f"/mail/{'b' * 40}").status_code == 200
    assert browser.get(f"/mail/{name}").status_code == 404

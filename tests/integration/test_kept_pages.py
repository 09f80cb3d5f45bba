"""Public pages are made once and kept until something happens; what is private never is; a bulletin outlives its database."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.web.kept_pages import is_public
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_bulletins import Press, one_trial

REVIEW = "/reviews/digital-peer-support"


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Press:
    """A review whose first bulletin is out."""
    made = one_trial(sqlite, now)
    made.issue()
    return made


def counted(one: Press, monkeypatch: pytest.MonkeyPatch) -> tuple[Browser, list[str]]:
    """Return a browser, and the templates that are rendered for it."""
    rendered: list[str] = []
    page = type(one.renderer).page

    def counting(self, template: str, **given):
        rendered.append(template)
        return page(self, template, **given)

    monkeypatch.setattr(type(one.renderer), "page", counting)
    return one.browser, rendered


def test_a_page_is_made_once_and_anew_when_something_happened(one: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, rendered = counted(one, monkeypatch)
    first = browser.get(REVIEW)
    assert browser.get(REVIEW).content == first.content and rendered == ["site/review.html"]
    one.desk.now += timedelta(days=30)
    one.desk.next_cycle("2026-12")
    one.issue()
    assert browser.get(REVIEW).status_code == 200 and rendered == ["site/review.html", "site/review.html"]
    assert browser.get(f"{REVIEW}/bulletins/2").status_code == 200


def test_a_reader_who_has_a_page_gets_only_word_that_it_holds(one: Press) -> None:
    browser = one.browser
    for address in (REVIEW, f"{REVIEW}/bulletins/1"):
        first = browser.get(address)
        again = browser.get(address, headers={"if-none-match": first.headers["etag"]}, follow_redirects=False)
        assert again.status_code == 304 and again.content == b"" and "content-length" not in again.headers


def test_a_packed_page_unpacks_to_the_same_bytes(one: Press) -> None:
    browser = one.browser
    plain, packed = browser.get(f"{REVIEW}/bulletins/1"), browser.get(f"{REVIEW}/bulletins/1", headers={"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.content) == plain.content and len(packed.content) < 60_000
    has = {"accept-encoding": "gzip", "if-none-match": packed.headers["etag"]}
    assert browser.get(f"{REVIEW}/bulletins/1", headers=has, follow_redirects=False).status_code == 304
    picture = browser.get(f"{REVIEW}/bulletins/1/forest-personal-recovery.png", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in picture.headers


@pytest.mark.parametrize("path", ["/r/x", "/e/x", "/u/x/stored.json", "/team", "/mail", "/sign-in", "/readyz", "/metrics", "/g/x", "/i/x"])
def test_what_is_behind_a_link_or_a_session_is_never_kept(path: str) -> None:
    assert not is_public(path)


def test_a_page_of_another_site_that_asks_is_let_in_whoever_asked_before(one: Press) -> None:
    browser = one.browser
    assert "access-control-allow-origin" not in browser.get("/api/v1/reviews").headers
    assert browser.get("/api/v1/reviews", headers={"origin": "https://example.org"}).headers["access-control-allow-origin"] == "*"


def test_a_bulletin_is_served_on_while_its_database_cannot_be_read(one: Press, tmp_path: Path) -> None:
    browser = one.browser
    before, review = browser.get(f"{REVIEW}/bulletins/1"), browser.get(REVIEW)
    one.desk.database.close()
    found = Path(str(one.desk.database.url.database))
    for name in (found.name, f"{found.name}-wal", f"{found.name}-shm"):
        if (found.parent / name).exists():
            (found.parent / name).write_bytes(b"no database any more" * 500)
    assert browser.get(f"{REVIEW}/bulletins/1").content == before.content and review.status_code == 200
    assert browser.get(REVIEW).status_code == 503 and browser.get(f"{REVIEW}/bulletins").status_code == 503

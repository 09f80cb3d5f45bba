"""Every address of every page and mail opened, every form filled with what nobody should send: nothing changes by looking, nothing breaks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from lxml.html import fromstring
from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError

from bot.errors import NotFoundError
from bot.steps.mail.deliver import _written
from db.base import Base
from db.bulletins import BulletinRow
from db.outbox import OutboxRow
from tests.crawling import Crawl, every_link, is_html, named_in_mails
from tests.fixtures_attack import SLUG, Target, attacked
from tests.fixtures_demo import Played

pytestmark = pytest.mark.xdist_group("demo")
PUBLIC = ["/", "/sign-in", "/team", "/mail", "/livez", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/reviews"]
# Nothing of these may stand in a page as it was sent.
HOSTILE = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}{% raw %}", "\u202etxt.exe", "a\x00b", "9" * 400, "-1", "1e999",
    "../../../../etc/passwd", "' OR 1=1 --", "=HYPERLINK(\"http://evil.example\")", "é" * 5000, "%s%n", "$\\frac{$",
    "\r\nBcc: x@evil.example")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:", re.IGNORECASE)


@pytest.fixture(scope="module")
def target(played_on_sqlite: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    yield from attacked(played_on_sqlite.home, tmp_path_factory.mktemp("crawled"))


@pytest.fixture(scope="module")
def crawl(target: Target, played_on_sqlite: Played) -> Crawl:
    """The whole site as everybody together sees it: all links of all mails, and an editor's session."""
    found = Crawl(target.browser(client="127.0.0.1"), target.session_of(target.people["editor"]))
    before = target.state()
    found.walk([*PUBLIC, *every_link(target), *named_in_mails(played_on_sqlite.home / "mailboxes")])
    assert target.state() == before, "looking changed something"
    return found


def test_opening_every_address_of_every_page_and_mail_changes_nothing_and_breaks_nothing(target: Target, crawl: Crawl) -> None:
    kinds = {address.split("/")[1] for address, answer in crawl.pages.items() if answer.status_code == 200}
    assert kinds >= {"", "r", "x", "v", "c", "q", "a", "e", "g", "i", "d", "s", "u", "reviews", "team", "sign-in", "static", "api", "mail"}
    assert {a: answer.status_code for a, answer in crawl.pages.items() if answer.status_code not in (200, 302, 303, 403, 404)} == {}
    before = target.state()
    for address, answer in crawl.pages.items():
        assert crawl.browser.head(address, headers=crawl.headers, follow_redirects=False).status_code == answer.status_code, address
    assert target.state() == before


def test_no_page_lacks_the_headers_that_protect_its_reader(crawl: Crawl) -> None:
    for address, answer in crawl.pages.items():
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and ("script-src 'self'" in policy or "script-src" not in policy), address
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["referrer-policy"] == "no-referrer", address
        if answer.content and answer.status_code == 200:
            kind = answer.headers["content-type"]
            assert "charset" in kind or not kind.startswith("text/"), (address, kind)
        if re.search(r"/[A-Za-z0-9_-]{43}(/|$)", address) or address.startswith(("/team", "/sign-in", "/mail")):
            assert answer.headers["cache-control"] == "no-store", address


def test_no_page_has_script_style_or_handlers_of_its_own(crawl: Crawl) -> None:
    for address, answer in crawl.pages.items():
        # A mail is shown as it was sent, in a sandbox.
        if is_html(answer) and not address.endswith("/html"):
            assert not INLINE.search(re.sub(r"&[a-z#0-9]+;", "", answer.text)), address


def test_forms_with_what_nobody_should_send_are_answered_with_a_sentence(target: Target, crawl: Crawl) -> None:
    forms, asked = list(crawl.forms()), 0
    assert len({form["action"].split("/")[1] for form in forms}) >= 10
    for number, form in enumerate(forms):
        browser = target.browser(client=f"198.51.100.{number % 250}")
        for turn in range(3):
            hostile = {name: HOSTILE[(number + turn * 5 + place) % len(HOSTILE)] for place, name in enumerate(form["fields"])}
            hostile |= {name: HOSTILE[(number + turn) % len(HOSTILE)] for name in form["choices"]}
            chosen = {name: values[turn % len(values)] for name, values in form["choices"].items()} if turn else {}
            sent = (form["fields"] | hostile | chosen) if turn < 2 else hostile
            answer = browser.post(form["action"], sent, headers=crawl.headers, follow_redirects=False)
            assert answer.status_code < 500, (form["action"], sent, answer.text[-300:])
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, form["action"]
            asked += 1
    assert asked >= 60


PAYLOAD = "<img src=x onerror=alert(1)>\"'{{7*7}}"
# What people and sources write, wherever it is kept; what the program itself names (states, kinds, keys) is not theirs.
WRITTEN = {"title", "abstract", "journal", "name", "label", "note", "text", "reason", "question", "answer", "quote", "instrument", "words",
           "experimental", "comparator", "time_point", "said", "error", "also_known_as", "conclusion", "comment", "passage", "source_quote"}


def _poisoned(value: Any) -> Any:
    """Return JSON with the payload behind every text that people read: that has a space in it, or is called as people's texts are."""
    if isinstance(value, dict):
        return {key: one + PAYLOAD if isinstance(one, str) and key in WRITTEN else _poisoned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_poisoned(one) for one in value]
    return value + PAYLOAD if isinstance(value, str) and " " in value and "://" not in value else value


@pytest.fixture(scope="module")
def poisoned(played_on_sqlite: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The site after somebody wrote markup into every text that it keeps: records, studies, people, notes, bulletins, mails."""
    for target in attacked(played_on_sqlite.home, tmp_path_factory.mktemp("poisoned")):
        with target.app.database.writing(by="system:test") as session:
            for table in Base.metadata.sorted_tables:
                for column in (one for one in table.columns if one.name in WRITTEN and isinstance(one.type, String)):
                    # A column with a list of what it may hold is the program's own.
                    with suppress(IntegrityError), session.begin_nested():
                        session.execute(update(table).where(column.is_not(None)).values({column.name: column + PAYLOAD}))
            for row in session.scalars(select(BulletinRow)):
                row.content = _poisoned(row.content)
            for mail in session.scalars(select(OutboxRow)):
                mail.data = _poisoned(mail.data)
        yield target


def test_markup_in_every_text_that_is_kept_is_only_text_on_every_page_and_feed(poisoned: Target) -> None:
    found = Crawl(poisoned.browser(client="127.0.0.1"), poisoned.session_of(poisoned.people["editor"]))
    found.walk(["/", "/team", *every_link(poisoned)])
    texts = {address: answer for address, answer in found.pages.items() if "html" in answer.headers.get("content-type", "") or "xml" in
             answer.headers.get("content-type", "")}
    # Frozen pages of bulletins are stored as they were published: they are not made anew.
    for address, answer in texts.items():
        assert "<img src=x" not in answer.text and "alert(1)>" not in answer.text, address
    shown = {address.split("/")[1] for address, answer in texts.items() if "&lt;img src=x" in answer.text}
    assert shown >= {"r", "x", "v", "c", "q", "a", "e", "g", "d", "reviews", "team"}, sorted(shown)


def test_markup_in_every_text_that_is_kept_is_only_text_in_every_mail_and_table(poisoned: Target) -> None:
    templates, app = set(), poisoned.app
    with app.database.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    for row in rows:
        with suppress(NotFoundError):
            message = _written(app.database, app.post, row)
            html = message.get_body(("html",))
            # Inside the quotes of an attribute "<" is a letter (HTML, "attribute value (double-quoted) state"): what counts is the tree.
            assert html is not None and not fromstring(html.get_content()).xpath("//*[@onerror]")
            assert "\n" not in str(message["Subject"])
            templates |= {row.template} if "&lt;img src=x" in html.get_content() else set()
    assert templates >= {"bulletin", "digest", "extract", "draft_to_sign"}, templates
    browser, cookie = poisoned.browser(), poisoned.session_of(poisoned.people["extractor"])
    for name in ("effects.csv", "studies.csv", "missing-results.csv", "risk-of-bias.csv", "votes.csv"):
        answer = browser.get(f"/team/{SLUG}/files/{name}", headers=cookie)
        assert answer.status_code == 200, name
        assert not [cell for line in csv.reader(io.StringIO(answer.text)) for cell in line if re.match(r"[=+@\t\r]", cell)], name

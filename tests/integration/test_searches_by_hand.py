"""Sources that a person searches: who is asked when, with what; and the page on which the file is brought."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot import links as tokens
from bot.errors import NotFoundError
from bot.steps.records.ask_for_search import ask_for_search, searches_by_hand
from bot.steps.records.import_file import import_file, keep_unread
from db import links, outbox, people, records, searches
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_reviewing import SITE, application, browser
from tests.fixtures_screening import KEYS, Desk, desk

BY = "system:test"
RIS = b"TY  - JOUR\nTI  - A trial of peers\nAU  - Doe, J\nPY  - 2020\nAN  - 202000001\nER  - \n\nTY  - JOUR\nPY  - 2020\nER  - \n"
RAYYAN = b'title,notes\nAnother,"RAYYAN-INCLUSION: {""Ann""=>""Included""}"\n'
BY_HAND = {"embase", "psycinfo", "central"}


@pytest.fixture
def one(database: Database, now: datetime) -> Desk:
    return desk(database, now, reports=1, team=(("Ed", "editor"), ("Rex", "reviewer")))


def ask(one: Desk, source: str = "") -> int:
    return ask_for_search(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by=BY, now=one.now, source=source)


def take_in(one: Desk, source: str) -> None:
    content = RIS.replace(b"202000001", f"{source}-{one.now:%Y%m%d}".encode())
    import_file(database=one.database, review_id=one.review_id, cycle_id=None, name="a.ris", content=content, source=source, by=BY, now=one.now)


def mails(one: Desk) -> list[outbox.OutboxRow]:
    with one.database.reading() as session:
        return [row for row in outbox.in_state(session, "pending") if row.template == "search_by_hand"]


def address(one: Desk) -> str:
    row = mails(one)[0]
    with one.database.reading() as session:
        link = links.by_id(session, row.data["links"]["import"])
    assert link is not None
    return tokens.path("import", tokens.token(KEYS, link.key_id, link.purpose, link.id))


def bring(page: Browser, where: str, *files: tuple[str, bytes], source: str = "embase") -> str:
    parts = [f'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\n{source}\r\n'.encode()]
    parts += [f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
              .encode() + content + b"\r\n" for name, content in files]
    answer = page.post(where, content=b"".join(parts) + b"--b--\r\n", headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code in (200, 403, 413, 422), answer.text[:300]
    return answer.text


def test_nobody_is_asked_before_the_days_are_over_and_once_per_period_after(one: Desk) -> None:
    assert ask(one) == 0
    one.later(days=45)
    assert ask(one) == 0
    one.later(days=1)
    assert ask(one) == len(BY_HAND) and ask(one) == 0
    assert {row.data["source"] for row in mails(one)} == BY_HAND
    one.later(days=20)
    assert ask(one) == 0
    one.later(days=25)
    assert ask(one) == len(BY_HAND)


def test_a_file_that_comes_in_begins_the_days_anew(one: Desk) -> None:
    one.later(days=40)
    take_in(one, "embase")
    one.later(days=10)
    assert ask(one) == len(BY_HAND) - 1 and "embase" not in {row.data["source"] for row in mails(one)}
    with one.database.reading() as session:
        embase = next(found for found in searches_by_hand(session, one.review_id, one.protocol, one.now) if found.plan.name == "embase")
    assert embase.searched_to == (one.now - timedelta(days=10)).date() and embase.until == one.now.date()
    assert embase.since == embase.searched_to - timedelta(days=embase.plan.overlap_days)


def test_the_mail_holds_the_strategy_the_dates_and_a_link_that_is_the_editors(one: Desk) -> None:
    one.later(days=46)
    ask(one)
    row = next(row for row in mails(one) if row.data["source"] == "embase")
    assert row.recipient_id == one.people["Ed"].id
    app = application(one)
    text = app.renderer.mail("search_by_hand", {**row.data, "review": app.post.review_words[one.protocol.slug], "recipient": {"name": "Ed"},
                                                "urls": {"import": f"{SITE}/i/x"}, "now": one.now})
    assert "exp self help/" in text.text and f"{SITE}/i/x" in text.text and "draft" in text.text and "overdue" in text.subject
    assert "exp self help/" in text.html


def test_one_source_is_asked_for_at_will_and_an_unknown_one_is_refused(one: Desk) -> None:
    assert ask(one, "psycinfo") == 1 and mails(one)[0].data["overdue"] is False
    with pytest.raises(NotFoundError, match="embase"):
        ask(one, "pubmed")


def test_files_are_brought_and_what_came_of_each_is_shown(one: Desk) -> None:
    ask(one, "embase")
    page, where = browser(one), address(one)
    assert "Last file on" not in page.get(where).text and "exp self help/" in page.get(where).text
    shown = bring(page, where, ("a.ris", RIS), ("b.pdf", b"%PDF-1.7"), ("c.csv", RAYYAN))
    assert "1 record read, 1 new, 0 known, 1 refused" in shown and "no title" in shown
    assert "b.pdf</strong> could not be read" in shown and "Unverified" in shown and "CSV of Rayyan" in shown
    assert "1 record read, 0 new, 1 known" in bring(page, where, ("again.ris", RIS)) and "Last file on" in page.get(where).text
    with one.database.reading() as session:
        assert records.counts(session, one.review_id)["by_source"]["embase"] == 2
        assert {row.name for row in searches.imports(session, one.review_id)} == {"a.ris", "c.csv"}


def test_what_was_not_understood_is_shown_with_its_reason(one: Desk) -> None:
    keep_unread(database=one.database, review_id=one.review_id, cycle_id=None, name="<b>alert</b>.eml", content=b"x", source="mail",
                reason="a mail without <i>attachment</i>", by=BY, now=one.now)
    ask(one, "embase")
    text = browser(one).get(address(one)).text
    assert "&lt;b&gt;alert&lt;/b&gt;.eml" in text and "a mail without &lt;i&gt;attachment" in text


@pytest.mark.parametrize(("files", "source", "says"), [
    ((), "embase", "Choose a file"), ((("a.ris", RIS),), "", "Say which source"), ((("a.ris", RIS),), "pubmed", "Say which source"),
    (tuple((f"{number}.ris", RIS) for number in range(21)), "embase", "at most 20"), ((("", b""),), "embase", "Choose a file"),
])
def test_a_form_that_lacks_something_is_refused_in_a_sentence_and_keeps_nothing(
        one: Desk, files: tuple[tuple[str, bytes], ...], source: str, says: str) -> None:
    ask(one, "embase")
    assert says in bring(browser(one), address(one), *files, source=source)
    with one.database.reading() as session:
        assert searches.imports(session, one.review_id) == []


def test_a_link_that_ended_a_stranger_and_a_file_that_is_too_large_are_refused(one: Desk) -> None:
    ask(one, "embase")
    page, where = browser(one), address(one)
    assert page.get("/i/" + "x" * 43).status_code == 403
    answer = page.post(where, content=b"x", headers={"content-type": "multipart/form-data; boundary=b", "content-length": "60000001"})
    assert answer.status_code == 413
    with one.database.writing(by=BY) as session:
        links.revoke_of_person(session, one.people["Ed"].id, one.now)
    assert "withdrawn" in bring(page, where, ("a.ris", RIS))
    with one.database.reading() as session:
        assert people.by_email(session, one.review_id, "ED@example.org").name == "Ed"
        with pytest.raises(NotFoundError):
            people.by_email(session, one.review_id, "nobody@example.org")


"""From the mail to votes on a phone: taps and time, by a real browser, with and without JavaScript, and without a connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from bot.web.server import Server, listen
from db import decisions
from db.session import Database
from tests.fixtures_reviewing import application
from tests.fixtures_screening import Desk, desk
from tests.fixtures_studies import application as study_application
from tests.fixtures_studies import include_all, studied, study_address
from tests.parts import CHROMIUM_OPTIONS, chromium

pytestmark = pytest.mark.browser
RECORDS = 20
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield started
        started.close()


@pytest.fixture
def served(sqlite: Database, now: datetime) -> Iterator[tuple[Desk, str, int]]:
    """A review with a round of twenty records, its address, the round."""
    one = desk(sqlite, now, reports=RECORDS)
    round_id = one.open().round_id
    server = Server(application(one), listen("127.0.0.1", 0))
    thread = server.start()
    yield one, server.address, round_id or 0
    server.stop()
    thread.join(10)


def votes(one: Desk, round_id: int, name: str = "Ada") -> dict[int, str]:
    with one.database.reading() as session:
        return {key: row.verdict for key, row in decisions.own(session, round_id, one.people[name].id).items()}


def test_a_stranger_votes_two_clicks_after_the_mail_and_through_twenty_records_in_under_four_minutes(
        browser: Any, served: tuple[Desk, str, int]) -> None:
    one, address, round_id = served
    page = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    # Click one, in the mail: the record's own link. Click two: the vote is chosen; saving it is the third and leads to the next record.
    page.goto(f"{address}/r/{one.token('Ada', round_id)}/1")
    began, taps = time.monotonic(), 0
    for number in range(RECORDS):
        page.get_by_label("Exclude" if number % 3 == 0 else "Include", exact=True).check()
        taps += 1
        if number % 3 == 0:
            page.locator("input[name=criterion]").first.check()
            taps += 1
        with page.expect_navigation():
            page.locator("#decide button[type=submit]").click()
        taps += 1
        if number + 1 < RECORDS:
            page.wait_for_selector("#decide input[name=verdict]")
    assert len(votes(one, round_id)) == RECORDS
    # Measured here without reading: at 12 s of reading per tap-through there are 4 minutes for all twenty.
    assert (time.monotonic() - began) < 240 and taps <= 3 * RECORDS
    assert "that is all" in page.content()
    page.context.close()


def test_without_a_connection_the_page_says_so_and_keeps_choice_and_note(browser: Any, served: tuple[Desk, str, int]) -> None:
    one, address, round_id = served
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{address}/r/{one.token('Ada', round_id)}/2")
    page.get_by_label("Unsure", exact=True).check()
    page.get_by_text("Add a note").click()
    page.fill("#note", "tunnel")
    context.set_offline(True)
    page.locator("#decide button[type=submit]").click()
    page.wait_for_selector(".unsent")
    assert "Nothing was sent" in page.text_content(".unsent") and votes(one, round_id) == {}
    context.set_offline(False)
    page.reload()
    assert page.get_by_label("Unsure", exact=True).is_checked() and page.input_value("#note") == "tunnel"
    page.locator("#decide button[type=submit]").click()
    page.wait_for_url(lambda url: "voted=2" in url)
    assert list(votes(one, round_id).values()) == ["unsure"]
    context.close()


def test_without_a_connection_any_other_form_stays_and_says_so_too(browser: Any, served: tuple[Desk, str, int]) -> None:
    one, address, round_id = served
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{address}/r/{one.token('Ada', round_id)}")
    page.get_by_text("Stop until").click()
    page.fill("#until", "2026-11-20")
    context.set_offline(True)
    away = page.locator("form[action$='/away']")
    away.locator("button").click()
    page.wait_for_selector(".unsent")
    assert "Nothing was sent" in away.text_content() and page.input_value("#until") == "2026-11-20"
    context.set_offline(False)
    away.locator("button").click()
    page.wait_for_selector("text=no new rounds for you before 20 November 2026")
    context.close()


def test_without_javascript_a_vote_is_sent_as_ever(browser: Any, served: tuple[Desk, str, int]) -> None:
    one, address, round_id = served
    page = browser.new_context(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(f"{address}/r/{one.token('Ada', round_id)}/3")
    page.get_by_label("Include", exact=True).check()
    page.locator("#decide button[type=submit]").click()
    page.wait_for_url(lambda url: "voted=3" in url)
    assert list(votes(one, round_id).values()) == ["include"]
    page.context.close()


def test_what_a_form_comes_to_is_shown_while_an_extractor_types(browser: Any, sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    include_all(one)
    server = Server(study_application(one), listen("127.0.0.1", 0))
    thread = server.start()
    page = browser.new_context(viewport=PHONE).new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.goto(server.address + study_address(one, "Sebela 2025") + "/effects/depression?gives=smd")
    page.fill("[name=smd]", "0.30")
    page.locator("#preview", has_text="to be filled in").wait_for()
    said = page.text_content("#preview")
    page.context.close()
    server.stop()
    thread.join(10)
    assert refused == [] and "to be filled in" in said



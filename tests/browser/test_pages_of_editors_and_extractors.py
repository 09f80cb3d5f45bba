"""The desk, the offers before a form, handing over and signing, as a browser shows them: from phone to desktop, light and dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.domain.trials import Trial
from bot.web.server import Server, listen
from db import bulletins, notices, studies, trials
from db.session import Database
from tests.browser.test_a_round_on_a_phone import browser
from tests.fixtures_bulletins import one_trial
from tests.fixtures_reviewing import application as screening_application
from tests.fixtures_screening import Desk, desk
from tests.fixtures_studies import SEBELA, application, extracted, hand_in, studied, study_address, verify_all
from tests.integration.test_prefilled_forms import ABSTRACT, RESULTS
from tests.integration.test_retractions_and_confirming import RETRACTION, desk_of

__all__ = ["browser"]
pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHAPES = ((320, "light"), (390, "dark"), (1280, "light"))


@contextmanager
def serving(app: App) -> Iterator[str]:
    server = Server(app, listen("127.0.0.1", 0))
    thread = server.start()
    yield server.address
    server.stop()
    thread.join(10)


def looked_at(browser: Any, address: str, name: str) -> None:
    """Hold a page against width and axe in three shapes, every part of it opened; SCREENSHOTS keeps pictures."""
    from axe_playwright_python.sync_playwright import Axe

    for width, scheme in SHAPES:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        assert page.goto(address).status == 200
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        wide, found = page.evaluate(OVERFLOW), Axe().run(page).response["violations"]
        context.close()
        assert wide <= 0, f"{name} at {width}: {wide} px too wide"
        assert found == [], [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    one = studied(sqlite, now, reports=[replace(SEBELA, abstract=ABSTRACT)])

    def work() -> None:
        web, address = extracted(one)
        hand_in(one, web, address)
        verify_all(one, "Sebela 2025")

    # In a thread of its own: Playwright's event loop runs in this one.
    with ThreadPoolExecutor(1) as other:
        other.submit(work).result()
    return one


def test_the_desk_with_a_retraction_and_the_offers_before_a_form(browser: Any, one: Desk) -> None:
    with one.database.writing(by="system:test") as session:
        study = studies.of_label(session, one.review_id, "Sebela 2025")
        assert study is not None
        notices.keep(session, review_id=one.review_id, notice=RETRACTION, at=one.now,
                     report_id=studies.reports_of(session, study.id)[0].report_id)
        trials.keep(session, review_id=one.review_id, at=one.now, trials=[
            Trial("NCT04639752", "clinicaltrials", "Mom Supporting Mom", "COMPLETED", results=RESULTS)])
    with serving(application(one)) as site:
        looked_at(browser, f"{site}{desk_of(one)[1]}/desk", "desk")
        looked_at(browser, f"{site}{study_address(one, 'Sebela 2025')}/effects/depression", "offers")
        looked_at(browser, f"{site}/reviews/{one.protocol.slug}", "notice")


def test_a_round_with_what_one_does_without_time(browser: Any, sqlite: Database, now: datetime) -> None:
    one = desk(sqlite, now, reports=3)
    round_id = one.open().round_id or 0
    with serving(screening_application(one)) as site:
        looked_at(browser, f"{site}/r/{one.token('Ada', round_id)}", "round")


def test_an_editor_confirms_that_the_conclusion_changed_by_a_box_that_is_not_ticked_for_her(browser: Any, sqlite: Database,
                                                                                            now: datetime) -> None:
    press = one_trial(sqlite, now)
    press.draft()
    with sqlite.writing(by="system:test") as session:
        row = bulletins.of_cycle(session, press.desk.cycle_id)
        assert row is not None
        row.status = "conclusion changed"
    address = f"/e/{press.token('Eve', 'sign', row.id)}"
    with serving(press.app) as site:
        page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        page.goto(site + address)
        box = page.locator("input[name=conclusion]")
        assert not box.is_checked()
        page.locator("input[name=choice][value=sign]").check()
        with page.expect_navigation():
            page.get_by_role("button", name="Store my choice").click()
        assert "Confirm that it did" in page.content() and press.bulletin.state == "draft"
        assert page.locator("input[name=choice][value=sign]").is_checked(), "what was chosen is still there"
        box.check()
        with page.expect_navigation():
            page.get_by_role("button", name="Store my choice").click()
        page.context.close()
    assert press.bulletin.state == "signed"

"""What a retraction does at once, what it asks, and how a study becomes a confirmed one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from bot import links as tokens
from bot.domain.notices import Notice
from bot.domain.records import Record
from bot.steps.bulletins.gather_notices import gather_notices
from bot.steps.studies.tell_editor import TellAccount, tell_editor
from db import effects, links, notices, outbox, studies
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_bulletins import press
from tests.fixtures_screening import KEYS, Desk, add_reports
from tests.fixtures_studies import (
    address_in_mail,
    extracted,
    forms_of,
    hand_in,
    import_until,
    pooled,
    studied,
    study_called,
    verify_all,
    web,
    words_of,
)
from tests.integration.test_analyses_beside_the_estimate import sign
from tests.integration.test_pooling_the_starting_set import MONTH_ONE, confirm_all

RETRACTION = Notice("retraction", "retraction-watch", doi="10.5555/retracted", dated="2026-10-01", link="https://doi.org/10.5555/retracted")


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    """A review whose eight trials of depression are usable: seven of the starting set, and Sebela 2025 by its report."""
    one = studied(sqlite, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    browser, address = extracted(one)
    hand_in(one, browser, address)
    verify_all(one, "Sebela 2025")
    return one


def tell(one: Desk, label: str = "Sebela 2025", notice: Notice = RETRACTION, *, report: int | None = None) -> int:
    """Let a source tell of a notice about the (first) report of a study, and return its id."""
    with one.database.writing(by="system:test") as session:
        study = studies.of_label(session, one.review_id, label)
        assert study is not None
        linked = studies.reports_of(session, study.id)
        about: dict[str, Any] = {"report_id": report or linked[0].report_id} if linked or report else {"study_id": study.id}
        notices.keep(session, review_id=one.review_id, notice=notice, at=one.now, **about)
        return notices.all_notices(session, one.review_id)[-1].id


def told_editor(one: Desk, *, confirms: bool = True) -> TellAccount:
    return tell_editor(database=one.database, review_id=one.review_id, keys=KEYS, confirms=confirms, by="system:test", now=one.now)


def desk_of(one: Desk, name: str = "Edda") -> tuple[Browser, str]:
    with one.database.writing(by="system:test") as session:
        row = links.create(session, KEYS, review_id=one.review_id, purpose="questions", person_id=one.people[name].id,
                           subject_id=one.review_id, at=one.now)
    return web(one), tokens.path("questions", tokens.token(KEYS, row.key_id, "questions", row.id))


def decide(one: Desk, notice_id: int, decision: str, words: str = "read, and talked about") -> Any:
    browser, address = desk_of(one)
    return browser.post(f"{address}/notices/{notice_id}", {"decision": decision, "words": words})


def k_of(one: Desk) -> int:
    return pooled(one).estimates["depression"].k


def told(one: Desk) -> Any:
    with one.database.reading() as session:
        return gather_notices(session, one.review_id, one.protocol, {row.id for row in studies.studies(session, one.review_id)})


def test_a_retracted_reports_numbers_leave_the_next_draft_which_shows_both(one: Desk) -> None:
    assert k_of(one) == 8
    tell(one)
    assert pooled(one).estimates["depression"].estimate == pytest.approx(-0.357624, abs=1e-6) and k_of(one) == 7
    (notice,) = told(one)
    (outcome, with_it) = notice.taken_out[0]
    # R metafor on eight trials: issue 2, item 6.
    assert (outcome, with_it.k) == ("depression", 8) and with_it.estimate == pytest.approx(-0.351541, abs=1e-6)


def test_the_bulletin_says_so_in_neutral_words_with_the_link_and_both_results(sqlite: Database, now: datetime) -> None:
    from bot.bulletin.compose import compose
    from bot.rendering import Site
    from bot.steps.bulletins.gather import gather

    desk = press(sqlite, now)
    desk.starting_set(until=date(2025, 2, 1))
    one = desk.desk
    tell(one, "Griffiths 2012")
    pooled(one)
    with one.database.reading() as session:
        material = gather(session, review_id=one.review_id, cycle_id=one.cycle_id, protocol=one.protocol, site=Site("P", "http://x", False))
    (said,) = compose(material)["told"]
    assert said["sentence"] == "Griffiths 2012: a report was retracted, 2026-10-01. Its number is left out of every estimate here."
    assert said["link"] == RETRACTION.link and any("with it" in words and "without it" in words for words in said["both"])


@pytest.mark.parametrize("kind", ["expression of concern", "replacement", "correction"])
def test_any_other_notice_is_a_question_and_takes_nothing_out(one: Desk, kind: str) -> None:
    notice = tell(one, notice=replace(RETRACTION, kind=kind))
    assert k_of(one) == 8
    assert decide(one, notice, "take_out").status_code == 200
    assert k_of(one) == 7


def test_a_secondary_reports_retraction_is_a_question_and_takes_nothing_out(one: Desk) -> None:
    (second,) = add_reports(one, [Record(source="pubmed", source_id="77", pmid="77", title="Secondary analysis", year=2026)])
    study = study_called(one, "Sebela 2025")
    with one.database.writing(by="system:test") as session:
        studies.link_report(session, study, second, basis="person", reason="a secondary analysis", at=one.now)
    notice = tell(one, report=second)
    assert k_of(one) == 8 and told(one)[0].taken_out == ()
    decide(one, notice, "take_out")
    assert k_of(one) == 7


def test_an_editor_may_keep_numbers_and_only_an_editor_with_a_reason(one: Desk) -> None:
    notice = tell(one)
    assert decide(one, notice, "keep", " ").status_code == 422 and decide(one, notice, "", "x").status_code == 422
    browser, address = desk_of(one, "Xenia")
    assert browser.post(f"{address}/notices/{notice}", {"decision": "keep", "words": "x"}).status_code == 403
    assert k_of(one) == 7
    assert decide(one, notice, "keep", "republished unchanged").status_code == 200
    assert decide(one, notice, "keep", "republished unchanged").status_code == 200, "sent twice counts once"
    assert decide(one, notice, "take_out", "or not").status_code == 409
    assert k_of(one) == 8 and told(one)[0].stays


def test_a_paper_of_the_starting_data_that_was_retracted_leaves_too(one: Desk) -> None:
    tell(one, "Griffiths 2012")
    assert k_of(one) == 7


def test_the_editor_is_told_once_and_at_once_also_on_a_quiet_day(one: Desk) -> None:
    assert told_editor(one, confirms=False) == TellAccount()
    tell(one)
    assert told_editor(one, confirms=False).notices == 1 and told_editor(one, confirms=False) == TellAccount()
    with one.database.reading() as session:
        (mail,) = [row for row in outbox.in_state(session, "pending") if row.template == "for_editor"]
    assert mail.not_before == one.now and mail.recipient_id == one.people["Edda"].id
    page = words_of(web(one).get(address_in_mail(one, "Edda", "for_editor", "questions") + "/desk"))
    assert "Retraction: Sebela 2025" in page and "Left out of every estimate" in page


def test_pages_and_frozen_bulletins_carry_the_notice_at_once_whatever_is_signed(sqlite: Database, now: datetime) -> None:
    desk = press(sqlite, now)
    desk.starting_set(until=date(2025, 2, 1))
    number, one = desk.issue(), desk.desk
    browser, base = web(one), f"/reviews/{one.protocol.slug}"
    frozen = browser.get(f"{base}/bulletins/{number}")
    assert "was retracted" not in frozen.text
    tell(one, "Griffiths 2012")
    for page in (base, f"{base}/studies", f"{base}/bulletins/{number}"):
        answer = browser.get(page)
        assert "Griffiths 2012 was retracted" in words_of(answer), page
        assert RETRACTION.link in answer.text
    assert "was retracted" not in browser.get(f"{base}/bulletins/{number}/bulletin.txt").text
    assert browser.get(f"{base}/bulletins/{number}").headers["etag"] != frozen.headers["etag"]


def test_a_link_that_is_no_web_address_and_a_name_with_markup_stay_text(one: Desk) -> None:
    tell(one, notice=replace(RETRACTION, link="javascript:alert(1)", citation="<script>alert(1)</script>", doi="", dated="<b>"))
    page = web(one).get(f"/reviews/{one.protocol.slug}").text
    assert "javascript:" not in page and "<b>" not in page and "was retracted" in page
    browser, address = desk_of(one)
    assert "<script>" not in browser.get(f"{address}/desk").text


def test_only_what_a_person_confirmed_leads_where_the_protocol_pools_nothing_provisional(one: Desk) -> None:
    one.protocol = replace(one.protocol, pooling=replace(one.protocol.pooling, provisional="never"))
    study = study_called(one, "Sebela 2025")
    browser, address = desk_of(one)
    assert browser.post(f"{address}/confirm/{study.id}").status_code == 409, "nothing is appraised yet"
    with one.database.reading() as session:
        rows = list(effects.effects_of_study(session, study.id))
    sign(one, rows, "low")
    assert "depression" not in pooled(one).estimates, "appraised is not confirmed"
    assert told_editor(one).studies == 1 and study_called(one, "Sebela 2025").state == "appraised"
    (form,) = [form for form in forms_of(browser.get(f"{address}/desk")) if "/confirm/" in form["action"]]
    assert browser.post(form["action"]).status_code == 200 and browser.post(form["action"]).status_code == 200
    assert study_called(one, "Sebela 2025").state == "confirmed"
    assert k_of(one) == 1
    assert told_editor(one) == TellAccount()


def test_an_extractor_confirms_nothing_and_an_editor_not_her_own_numbers_alone(one: Desk) -> None:
    study = study_called(one, "Sebela 2025")
    with one.database.writing(by="system:test") as session:
        rows = list(effects.effects_of_study(session, study.id))
        rows[0].extracted_by, rows[0].verified_by = one.people["Edda"].id, None
    sign(one, rows, "low")
    browser, address = desk_of(one, "Xenia")
    assert browser.post(f"{address}/confirm/{study.id}").status_code == 403
    browser, address = desk_of(one)
    assert browser.post(f"{address}/confirm/{study.id}").status_code == 403

"""A named person judges each row of the starting set over the web; nothing is chosen beforehand, and a judgement can be changed."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.errors import ProtocolError
from bot.steps.studies.import_starting_set import import_starting_set
from bot.steps.studies.invite_confirmation import invite_confirmation
from db import effects, events, outbox, studies
from db.effects import EffectRow
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_screening import KEYS, Desk
from tests.fixtures_studies import address_in_mail, forms_of, import_until, pooled, starting_set, studied, web, words_of
from tests.integration.test_pooling_the_starting_set import MONTH_ONE


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    desk = studied(sqlite, now)
    import_until(desk, MONTH_ONE)
    return desk


def ask(one: Desk) -> int:
    return invite_confirmation(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test", now=one.now)


def opened(one: Desk) -> tuple[Browser, str]:
    ask(one)
    return web(one), address_in_mail(one, "Edda", "starting_set", "starting_set")


def row_of(one: Desk, study: str, outcome: str) -> EffectRow:
    with one.database.reading() as session:
        found = studies.of_label(session, one.review_id, study)
        assert found is not None
        return next(row for row in effects.effects_of_study(session, found.id, states={*effects.LIVE, "withdrawn"}) if row.outcome == outcome)


def test_the_page_shows_numbers_effect_source_and_caveat_and_chooses_nothing(one: Desk) -> None:
    browser, address = opened(one)
    page = browser.get(address)
    (form,) = forms_of(page)
    assert len(form["choices"]) == 14
    assert not set(form["fields"]) & set(form["choices"])
    words = words_of(page)
    for part in ("Griffiths 2012", "CES-D caseness (remission)", "completers; the control group is shared with two other active arms", "−0.157",
                 "metapsy-project/data-depression-selfguided-psyctr", "the 1.32 comes from another model"):
        assert part in words


def test_who_confirmed_is_stored_and_shown(one: Desk) -> None:
    browser, address = opened(one)
    row = row_of(one, "Dean 2016", "depression")
    page = browser.post(address, {f"row_{row.id}": "confirm"})
    stored = row_of(one, "Dean 2016", "depression")
    assert (stored.state, stored.confirmed_by) == ("confirmed", one.people["Edda"].id)
    assert "by Edda, 2 November 2026" in words_of(page)
    assert "risk of bias not appraised" in stored.basis


def test_rows_left_out_keep_waiting_and_nothing_chosen_at_all_is_refused(one: Desk) -> None:
    browser, address = opened(one)
    assert "Nothing was chosen" in words_of(browser.post(address, {}))
    browser.post(address, {f"row_{row_of(one, 'Dean 2016', 'depression').id}": "confirm"})
    with one.database.reading() as session:
        assert studies.pending_work(session, one.review_id, one.cycle_id)["to_confirm"] == 13


def test_a_wrong_row_wants_a_reason_and_is_never_pooled(one: Desk) -> None:
    browser, address = opened(one)
    row = row_of(one, "Dean 2016", "depression")
    refused = browser.post(address, {f"row_{row.id}": "wrong"})
    assert (refused.status_code, row_of(one, "Dean 2016", "depression").state) == (422, "candidate")
    assert "Dean 2016, CES-D: say what is wrong" in words_of(refused)
    browser.post(address, {f"row_{row.id}": "wrong", f"why_{row.id}": "204 of 863"})
    assert row_of(one, "Dean 2016", "depression").state == "withdrawn"
    assert pooled(one).estimates == {}


def test_not_now_leaves_a_row_a_candidate_and_holds_nothing_up(one: Desk) -> None:
    browser, address = opened(one)
    (form,) = forms_of(browser.get(address))
    browser.post(address, dict.fromkeys(form["choices"], "later"))
    with one.database.reading() as session:
        assert studies.pending_work(session, one.review_id, one.cycle_id)["to_confirm"] == 0
        assert effects.effects_of(session, one.review_id) == []


def test_a_judgement_can_be_taken_back_and_both_stay_in_the_history(one: Desk) -> None:
    browser, address = opened(one)
    row = row_of(one, "Dean 2016", "depression")
    for choice in ("confirm", "later"):
        browser.post(address, {f"row_{row.id}": choice})
    assert (row_of(one, "Dean 2016", "depression").state, row_of(one, "Dean 2016", "depression").confirmed_by) == ("candidate", None)
    with one.database.reading() as session:
        assert [said.verdict for said in effects.verdicts(session, [row.id])] == ["confirm", "later"]


def test_people_are_asked_once_about_the_same_rows(one: Desk) -> None:
    assert [ask(one), ask(one)] == [1, 0]
    with one.database.reading() as session:
        assert len([row for row in outbox.in_state(session, "pending") if row.template == "starting_set"]) == 1
        assert len(events.of_kind(session, one.review_id, "starting_set.asked")) == 1
    import_until(one, None)
    assert ask(one) == 1


def test_a_row_that_the_file_gives_otherwise_is_a_new_candidate_in_place_of_the_confirmed_one(one: Desk) -> None:
    from dataclasses import replace

    browser, address = opened(one)
    old = row_of(one, "Dean 2016", "depression")
    browser.post(address, {f"row_{old.id}": "confirm"})
    rows = [replace(row, mean_e=24.9) if (row.study, row.outcome) == ("Dean 2016", "depression") else row for row in starting_set()]
    account = import_starting_set(database=one.database, review_id=one.review_id, protocol=one.protocol, rows=rows, available_until=MONTH_ONE,
                                  by="system:test", now=one.now)
    assert (account.new, account.changed) == (0, 1)
    new = row_of(one, "Dean 2016", "depression")
    assert (new.state, new.supersedes_id) == ("candidate", old.id)


def test_a_row_with_an_outcome_that_the_protocol_does_not_have_is_refused_by_line_and_nothing_is_stored(sqlite: Database, now: datetime) -> None:
    from dataclasses import replace

    one = studied(sqlite, now)
    rows = [*starting_set()[:3], replace(starting_set()[3], outcome="happiness")]
    with pytest.raises(ProtocolError, match=r"starting_set.csv, line 5, Shorey 2019: the protocol has no outcome 'happiness'"):
        import_starting_set(database=sqlite, review_id=one.review_id, protocol=one.protocol, rows=rows, available_until=None, by="system:test",
                            now=now)
    with sqlite.reading() as session:
        assert studies.studies(session, one.review_id) == []

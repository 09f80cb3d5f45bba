"""Risk of bias over its pages: one question at a time, two people blind to each other, signed when both say the same."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.methods.appraisal.rules import ANSWERS
from db import appraisals, events, outbox
from db.session import Database
from tests.fixtures_appraisals import LABEL, PLAIN, address, answer, appraised, call, give, judge, result
from tests.fixtures_screening import Desk
from tests.fixtures_studies import EVERYBODY, forms_of, live_effects, web, words_of
from tests.integration.test_reviewing_pages import state_of

SECRET = "the word that only Xenia wrote"


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return appraised(sqlite, now)


def signed(one: Desk) -> dict[int, appraisals.Overall]:
    with one.database.reading() as session:
        return appraisals.overall_of_effects(session, one.review_id)


def test_two_who_say_the_same_sign_it_on_both_databases(database: Database, now: datetime) -> None:
    one = appraised(database, now)
    give(one, "Xenia")
    assert signed(one) == {}
    here = give(one, "Yusuf")
    found = signed(one)[result(one).id]
    assert (found.judgement, found.basis, found.tool, found.tool_version) == ("some concerns", "agreed", "rob2", "22 August 2019")
    assert set(found.signed_by) == {one.people["Xenia"].id, one.people["Yusuf"].id}
    assert dict(found.domains) == {"D1": "low", "D2": "low", "D3": "low", "D4": "some concerns", "D5": "low"}
    assert "Signed on" in words_of(web(one).get(here))


def test_only_the_questions_that_apply_are_asked_and_in_order(one: Desk) -> None:
    browser, here, asked = web(one), f"{address(one, 'Xenia')}/{result(one).id}", []
    page = browser.get(f"{here}/questions/1.1")
    while "/questions/" in (target := forms_of(page)[0]["action"]):
        number = target.rsplit("/", 1)[1]
        asked.append(number)
        page = browser.post(target, forms_of(page)[0]["fields"] | {"answer": PLAIN[number], "quote": "q", "page": "1"})
        if "/domains/" in forms_of(page)[0]["action"]:
            page = browser.post(forms_of(page)[0]["action"], forms_of(page)[0]["fields"] | {"judgement": "low", "reason": "r"})
            if not forms_of(page) or "/domains/overall" in forms_of(page)[0]["action"]:
                break
    assert asked == list(PLAIN)


def test_nothing_is_chosen_beforehand_and_a_blank_is_refused(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    form = forms_of(browser.get(f"{here}/questions/1.1"))[0]
    assert "answer" not in form["fields"]
    assert form["choices"]["answer"] == ["Y", "PY", "PN", "N", "NI"]
    refused = browser.post(form["action"], form["fields"] | {"quote": "kept"})
    assert (refused.status_code, "not taken for “no information”" in words_of(refused), "kept" in refused.text) == (422, True, True)
    assert "Not answered yet: 1.1, 1.2, 1.3" in words_of(browser.post(f"{here}/domains/D1", {"judgement": "low", "version": "0"}))


def test_a_judgement_other_than_suggested_wants_a_reason_and_keeps_both(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    for number in ("1.1", "1.2", "1.3"):
        answer(browser, here, number, PLAIN[number])
    assert "Suggested: Low" in words_of(browser.get(f"{here}/domains/D1"))
    assert "Say why it is “high”" in words_of(judge(browser, here, "D1", "high"))
    assert judge(browser, here, "D1", "high", "the register says otherwise").status_code == 200
    effect = result(one).id
    with one.database.reading() as session:
        place = appraisals.place(session, effect, one.people["Xenia"].id)
        row = appraisals.own_judgements(session, place, one.people["Xenia"].id)["D1"]
    assert (row.suggested, row.judgement, row.reason) == ("low", "high", "the register says otherwise")


def test_an_answer_that_changes_what_is_suggested_asks_for_the_judgement_again(one: Desk) -> None:
    here, browser = give(one, "Xenia", hand_it_in=False), web(one)
    assert answer(browser, here, "1.2", "N").status_code == 200
    assert "Judge these first: D1" in words_of(browser.post(f"{here}/hand-in"))
    assert judge(browser, here, "D1", "high").status_code == 200
    assert "Judge these first: overall" in words_of(browser.post(f"{here}/hand-in"))


def test_an_answer_needs_what_it_rests_on_unless_there_is_no_information(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    assert "Give the sentence" in words_of(answer(browser, here, "1.1", "Y", quote="", page=""))
    assert answer(browser, here, "1.1", "NI", quote="", page="").status_code == 200


def test_neither_sees_the_other_until_both_are_in_on_any_page(one: Desk) -> None:
    judged = {"D1": "low", "D2": "low", "D3": "low", "D4": "some concerns", "D5": "low", "overall": "high"}
    there = give(one, "Xenia", judged=judged, hand_it_in=False)
    answer(web(one), there, "1.1", "PY", quote=SECRET)
    web(one).post(f"{there}/hand-in")
    browser, mine = web(one), address(one, "Yusuf")
    here = f"{mine}/{result(one).id}"
    pages = [mine, here, f"{here}/rules", *(f"{here}/questions/{number}" for number in PLAIN), *(f"{here}/domains/D{n}" for n in range(1, 6))]
    slug = one.protocol.slug
    pages += [f"/reviews/{slug}", f"/reviews/{slug}/studies", f"/reviews/{slug}/bulletins", f"/reviews/{slug}/feed.xml"]
    for page in pages:
        text = browser.get(page).text
        assert SECRET not in text, page
        assert page.endswith("/rules") or "judged high" not in text, page
    effect = result(one).id
    with one.database.reading() as session:
        place = appraisals.place(session, effect, one.people["Xenia"].id)
        assert appraisals.own_answers(session, place, one.people["Yusuf"].id) == {}
        assert appraisals.own_judgements(session, place, one.people["Yusuf"].id) == {}
        assert appraisals.handed_in(session, effect) == ()
        said = str([row.data for row in events.of_subject(session, f"appraisal:{place.id}")])
    # The audit says that somebody answered, never what.
    assert SECRET not in said and "high" not in said and "PY" not in said


def test_where_they_differ_both_are_told_and_what_they_then_agree_on_is_signed(one: Desk) -> None:
    one.protocol = replace(one.protocol, reviewing=replace(one.protocol.reviewing, conflicts="talk"))
    first = give(one, "Xenia", judged={"D1": "low", "D2": "low", "D3": "low", "D4": "high", "D5": "low", "overall": "high"})
    second, browser = give(one, "Yusuf"), web(one)
    assert signed(one) == {}
    assert address(one, "Xenia", "appraise_talk") and address(one, "Yusuf", "appraise_talk")
    shown = words_of(browser.get(first))
    assert "You two differ" in shown and "Measurement of the outcome (you differ)" in shown
    assert judge(browser, second, "D4", "high", "convinced").status_code == 200
    assert judge(browser, second, "overall", "high").status_code == 200
    assert browser.post(f"{second}/hand-in").status_code == 200
    assert signed(one)[result(one).id].judgement == "high"


def test_a_third_person_settles_where_the_protocol_says_so(sqlite: Database, now: datetime) -> None:
    one = appraised(sqlite, now, team=(*EVERYBODY, ("Zoe", "extractor")))
    names = [name for name in ("Xenia", "Yusuf", "Zoe") if _has_place(one, name)]
    assert len(names) == 2
    give(one, names[0], judged={"D1": "low", "D2": "low", "D3": "low", "D4": "high", "D5": "low", "overall": "high"})
    give(one, names[1])
    (third,) = {"Xenia", "Yusuf", "Zoe"} - set(names)
    browser, here = web(one), f"{address(one, third, 'appraise_third')}/{result(one).id}"
    assert "The two who appraised this result differ" in words_of(browser.get(here))
    for number, chosen in PLAIN.items():
        answer(browser, here, number, chosen)
    for domain, judgement in {"D1": "low", "D2": "low", "D3": "low", "D4": "some concerns", "D5": "low", "overall": "some concerns"}.items():
        judge(browser, here, domain, judgement)
    browser.post(f"{here}/hand-in")
    found = signed(one)[result(one).id]
    assert (found.basis, found.judgement, found.signed_by) == ("third", "some concerns", (one.people[third].id,))


def _has_place(one: Desk, name: str) -> bool:
    effect = result(one).id
    with one.database.reading() as session:
        return any(row.person_id == one.people[name].id for rows in appraisals.places(session, [effect]).values() for row in rows)


def test_a_team_of_one_signs_alone_and_it_is_said(sqlite: Database, now: datetime) -> None:
    one = appraised(sqlite, now, people=1)
    name = "Xenia" if _has_place(one, "Xenia") else "Yusuf"
    give(one, name)
    assert signed(one)[result(one).id].basis == "one"


def test_what_was_signed_can_be_opened_again_with_a_reason_and_counts_no_more(one: Desk) -> None:
    give(one, "Xenia")
    here, browser = give(one, "Yusuf"), web(one)
    assert browser.post(f"{here}/reopen", {"reason": " "}).status_code == 422
    assert browser.post(f"{here}/reopen", {"reason": "a protocol was found"}).status_code == 200
    assert signed(one) == {}
    assert "a protocol was found" in words_of(browser.get(here))
    assert answer(browser, here, "1.1", "PY").status_code == 200


def test_cluster_rules_suggest_nothing_until_somebody_has_signed_that_they_are_the_official_ones(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    assert browser.post(f"{here}/rules", {"variant": "cluster_assignment"}).status_code == 200
    for number in ("1a.1", "1a.2", "1a.3"):
        assert answer(browser, here, number, "N" if number == "1a.3" else "Y").status_code == 200
    assert "Nothing is suggested: nobody in this review has signed yet" in words_of(browser.get(f"{here}/domains/D1a"))
    rules = browser.get(f"{here}/rules")
    assert "2.4" in words_of(rules) and "To be looked up" in words_of(rules)
    form = next(form for form in forms_of(rules) if "agree" in form["choices"])
    assert browser.post(form["action"], {"agree": "0" * 64}).status_code == 409
    assert browser.post(form["action"], {"agree": form["choices"]["agree"][0]}).status_code == 200
    assert "Suggested: Low" in words_of(browser.get(f"{here}/domains/D1a"))


def test_a_crossover_is_judged_by_hand(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    browser.post(f"{here}/rules", {"variant": "crossover"})
    assert "there are no rules for this design here" in words_of(browser.get(f"{here}/domains/DS"))
    for domain in ("D1", "DS", "D2", "D3", "D4", "D5", "overall"):
        assert judge(browser, here, domain, "low").status_code == 422
        assert judge(browser, here, domain, "low", "by hand").status_code == 200
    assert "waits" in words_of(browser.post(f"{here}/hand-in")) or "signed once" in words_of(browser.get(here))


def test_rules_are_chosen_before_the_first_answer(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    answer(browser, here, "1.1", "Y")
    assert browser.post(f"{here}/rules", {"variant": "crossover"}).status_code == 409
    assert browser.post(f"{here}/rules", {"variant": "assignment"}).status_code == 422


def test_not_applicable_is_an_answer_only_where_the_tool_offers_it(database: Database, now: datetime) -> None:
    one = appraised(database, now, effect_of_interest="adhering")
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    assert answer(browser, here, "2.4", "NA", quote="", page="").status_code == 200
    assert answer(browser, here, "1.1", "NA", quote="", page="").status_code == 422
    assert ANSWERS["NA"] in browser.get(f"{here}/questions/2.4").text


def test_the_confounders_that_the_review_named_stand_beside_the_questions_on_confounding(sqlite: Database, now: datetime) -> None:
    one = appraised(sqlite, now)
    effect = result(one).id
    with one.database.writing(by="system:test") as session:
        for place in appraisals.places(session, [effect])[effect]:
            place.tool, place.variant = "robins_i", "assignment"
    path = f"{address(one, 'Xenia')}/{effect}/questions/1.1"
    assert "This review named no confounders beforehand" in words_of(web(one).get(path))
    assert one.protocol.appraisal is not None
    named = replace(one.protocol.appraisal, confounders=("severity at the beginning", "<b>age</b>"))
    one.protocol = replace(one.protocol, appraisal=named)
    page = web(one).get(path)
    assert "Confounders that this review named beforehand: severity at the beginning; <b>age</b>." in words_of(page)
    assert "<b>age" not in page.text


def test_a_hundred_posts_of_one_answer_make_one(database: Database, now: datetime) -> None:
    one = appraised(database, now)
    here = f"{address(one, 'Xenia')}/{result(one).id}"
    sent = {"answer": "Y", "quote": "by computer", "page": "2", "note": "", "version": "0"}
    statuses: list[int] = []
    browser = web(one)
    browser.get(here)

    def post() -> None:
        statuses.extend(browser.post(f"{here}/questions/1.1", sent, follow_redirects=False).status_code for _ in range(10))

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 100
    effect = result(one).id
    with one.database.reading() as session:
        place = appraisals.place(session, effect, one.people["Xenia"].id)
        assert appraisals.own_answers(session, place, one.people["Xenia"].id)["1.1"].number == 1
        assert len(events.of_subject(session, f"appraisal:{place.id}")) == 1


def test_both_hand_in_at_once_and_it_is_signed_once(database: Database, now: datetime) -> None:
    one = appraised(database, now)
    pages = [give(one, name, hand_it_in=False) for name in ("Xenia", "Yusuf")]
    browser = web(one)
    browser.get(pages[0])
    threads = [threading.Thread(target=lambda page=page: browser.post(f"{page}/hand-in")) for page in pages * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signed(one)) == 1
    effect = result(one).id
    with one.database.reading() as session:
        settled = appraisals.settlement(session, effect)
        assert settled is not None
        assert settled.number == 1


def test_opening_any_page_by_get_and_head_changes_nothing(one: Desk) -> None:
    here, browser = give(one, "Xenia", hand_it_in=False), web(one)
    before = state_of(one.database)
    top = here.rsplit("/", 1)[0]
    for page in [top, here, f"{here}/rules", f"{here}/questions/1.1", f"{here}/domains/D1", f"{here}/domains/overall"]:
        assert browser.get(page).status_code == 200, page
        assert browser.head(page).status_code == 200, page
    assert browser.get(f"{here}/hand-in").status_code == 405
    assert state_of(one.database) == before


def test_a_link_that_is_foreign_altered_ended_or_for_another_study_opens_nothing(one: Desk) -> None:
    browser, mine = web(one), address(one, "Xenia")
    token = mine.rsplit("/", 1)[1]
    assert browser.get(f"/a/{token[:-1]}A").status_code == 403 or token.endswith("A")
    for path in ("r", "x", "v", "e"):
        assert browser.get(f"/{path}/{token}").status_code == 403
    assert browser.get(f"{mine}/999999").status_code == 404
    assert browser.get(f"{mine}/{10**14}").status_code == 404
    assert browser.get(f"{mine}/{result(one).id}/questions/9.9").status_code == 404
    assert browser.get(f"{mine}/{result(one).id}/domains/D9").status_code == 404
    assert browser.post(f"{mine}/{result(one).id}/questions/9.9", {"answer": "Y", "quote": "q"}).status_code == 404
    one.now += timedelta(days=400)
    assert browser.get(mine).status_code == 403


def test_a_person_who_left_the_team_gets_in_no_more(one: Desk) -> None:
    browser, mine = web(one), address(one, "Xenia")
    with one.database.writing(by="system:test") as session:
        person = session.merge(one.people["Xenia"])
        person.state = "revoked"
    assert browser.get(mine).status_code == 403
    assert browser.post(f"{mine}/{result(one).id}/questions/1.1", {"answer": "Y", "quote": "q"}).status_code == 403


def test_hostile_text_is_shown_as_text(one: Desk) -> None:
    browser, here = web(one), f"{address(one, 'Xenia')}/{result(one).id}"
    assert answer(browser, here, "1.1", "Y", quote="<script>alert(1)</script>\u202e reversed \u0000 {{7*7}}").status_code == 200
    text = browser.get(f"{here}/domains/D1").text + browser.get(f"{here}/questions/1.1").text
    assert "<script>alert" not in text and "&lt;script&gt;" in text and "{{7*7}}" in text
    assert "at most 2,000" in words_of(answer(browser, here, "1.2", "Y", quote="x" * 2001))


def test_invitations_go_out_once_however_often_the_worker_looks(one: Desk) -> None:
    assert call(one).places == 0
    with one.database.reading() as session:
        mails = [row for row in outbox.in_state(session, "pending") if row.template == "appraise"]
    assert sorted(row.recipient_id for row in mails) == sorted(one.people[name].id for name in ("Xenia", "Yusuf"))


def test_ones_own_answer_on_another_result_can_be_taken_over_by_a_press(one: Desk) -> None:
    here, browser = give(one, "Xenia"), web(one)
    other = _second_result(one)
    page = browser.get(f"{here.rsplit('/', 1)[0]}/{other}/questions/1.1")
    form = next(form for form in forms_of(page) if form["fields"].get("answer") == "Y")
    assert browser.post(form["action"], form["fields"]).status_code == 200
    with one.database.reading() as session:
        place = appraisals.place(session, other, one.people["Xenia"].id)
        row = appraisals.own_answers(session, place, one.people["Xenia"].id)["1.1"]
    assert (row.answer, row.quote) == ("Y", "as reported (1.1)")


def _second_result(one: Desk) -> int:
    """Give the study another verified result, and have it appraised."""
    from db import effects
    from db.effects import EffectRow

    first = live_effects(one, LABEL)[-1]
    columns = {column.key: getattr(first, column.key) for column in EffectRow.__table__.columns if column.key != "id"}
    with one.database.writing(by="system:test") as session:
        other = effects.add(session, EffectRow(**columns | {"identity": "another", "outcome": "anxiety"})).id
    call(one)
    return other

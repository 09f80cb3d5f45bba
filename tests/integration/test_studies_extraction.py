"""From an included report, over the extractor's and the verifier's pages, to numbers that two people stand behind."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from bot import links as tokens
from bot.domain.records import Record
from bot.steps.exchange.move_out import move_out
from bot.steps.studies.invite_confirmation import invite_confirmation
from db import differences, effects, links, outbox, people, studies
from db.session import Database
from tests.fixtures_screening import KEYS, Desk
from tests.fixtures_studies import (
    POST_TREATMENT,
    SEBELA_DEPRESSION,
    address_in_mail,
    application,
    enter,
    extracted,
    extractor_of,
    forms_of,
    hand_in,
    import_until,
    include_all,
    live_effects,
    pooled,
    review_words,
    studied,
    study_address,
    study_called,
    take_up,
    verify_all,
    web,
    words_of,
)
from tests.integration.test_pooling_the_starting_set import MONTH_ONE, confirm_all

# R metafor, REML, test="adhoc", prediction interval t(k-1): issue 2, item 6.
K8 = {"estimate": -0.351541, "ci_low": -0.583139, "ci_high": -0.119942, "tau2": 0.036242, "pi_low": -0.85778, "pi_high": 0.15470}
LEE = Record(source="pubmed", source_id="1", pmid="1", title="An online forum for depression", authors=("Lee, Anna",), year=2021)


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return studied(sqlite, now)


def test_sebela_extracted_and_verified_gives_metafors_estimate_of_eight_trials_on_both_databases(database: Database, now: datetime) -> None:
    one = studied(database, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    browser, address = extracted(one)
    assert hand_in(one, browser, address).status_code == 200
    assert pooled(one).estimates["depression"].k == 7
    assert verify_all(one, "Sebela 2025").status_code == 200
    depression = pooled(one).estimates["depression"]
    assert depression.k == 8
    assert {name: getattr(depression, name) for name in K8} == pytest.approx(K8, abs=1e-5)
    assert depression.i2 == pytest.approx(53.90, abs=0.005)


def test_the_form_gives_the_same_effect_as_the_row_of_the_starting_set(one: Desk) -> None:
    extracted(one)
    typed = live_effects(one, "Sebela 2025")[0]
    import_until(one, date(2025, 12, 1))
    given = next(row for row in live_effects(one, "Sebela 2025") if row.origin == "starting_set" and row.outcome == "depression")
    assert (typed.yi, typed.vi, typed.raw) == (given.yi, given.vi, given.raw)
    assert typed.yi == -0.30


def test_question_and_answer_stand_with_the_effect(one: Desk) -> None:
    extracted(one)
    effect = live_effects(one, "Sebela 2025")[0]
    assert effect.question == "arms unequal against the registered plan; effect from an abstract"
    assert effect.answer == "abstract only, full text awaited"
    assert {"arms_unequal", "between_arms"} == {check["id"] for check in effect.checks}
    assert all(check["answer"] for check in effect.checks)


def test_opening_pages_changes_nothing(one: Desk) -> None:
    browser, address = extracted(one)
    with one.database.reading() as session:
        before = (len(effects.effects_of(session, one.review_id, states=effects.LIVE)), outbox.counts(session))
    for path in (address, f"{address}/effects/anxiety", f"{address}/effects/depression?corrects=1"):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    with one.database.reading() as session:
        assert (len(effects.effects_of(session, one.review_id, states=effects.LIVE)), outbox.counts(session)) == before


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"n_e": "1"}, "intervention arm: n = 1; at least 2 are needed"),
    ({"n_c": ""}, "comparison arm: n is missing"),
    ({"smd": "1,300"}, "that is 1300 or 1.300"),
    ({"smd": "−0.3"}, "enter its size without a sign, 0.3"),
    ({"smd": "NaN"}, "difference is missing"),
    ({"favours": ""}, "say in words whom the difference favours"),
    ({"route": "means", "mean_e": "1", "sd_e": "0", "mean_c": "2", "sd_c": "1"}, "intervention arm: sd = 0; it must be above 0"),
    ({"instrument": ""}, "choose the instrument"),
    ({"instrument": "other", "instrument_other": "X"}, "whether a higher value is better"),
    ({"higher_is_better": "yes"}, "a lower value is better, as the protocol has it"),
    ({"since": "6", "since_unit": ""}, "6 weeks, or months? Say which"),
    ({"source": ""}, "say where the numbers stand"),
    ({"design": "magic"}, "choose one of what is offered"),
]


def test_what_cannot_be_taken_is_refused_with_study_and_outcome_and_stays_in_the_form(one: Desk) -> None:
    include_all(one)
    browser, address = web(one), study_address(one, "Sebela 2025")
    (form,) = forms_of(browser.get(f"{address}/effects/depression?gives=smd"))
    for typed, words in REFUSED:
        answer = browser.post(form["action"], form["fields"] | SEBELA_DEPRESSION | typed)
        assert answer.status_code == 422
        assert words in words_of(answer)
        assert "Sebela 2025, Depression" in words_of(answer)
        (again,) = forms_of(answer)
        assert again["fields"]["time_point"] == "6 weeks after birth"
        kept = {name: text for name, text in typed.items() if name in again["fields"] and name not in ("instrument", "design")}
        assert kept == {name: again["fields"][name] for name in kept}
    assert live_effects(one, "Sebela 2025") == []


def test_storing_wants_a_window_its_reason_and_an_answer_to_every_question(one: Desk) -> None:
    include_all(one)
    browser, address = web(one), study_address(one, "Sebela 2025")
    (form,) = forms_of(browser.get(f"{address}/effects/depression?gives=smd"))
    (form,) = forms_of(browser.post(form["action"], form["fields"] | SEBELA_DEPRESSION))
    answer = browser.post(form["action"], form["fields"] | {"step": "store"})
    assert answer.status_code == 422
    for words in ("Choose the window", "Say why it falls into this window", "Answer what looks wrong"):
        assert words in words_of(answer)
    assert live_effects(one, "Sebela 2025") == []


def test_the_same_form_sent_twice_makes_one_effect(one: Desk) -> None:
    browser, address = extracted(one)
    (form,) = forms_of(browser.get(f"{address}/effects/depression?gives=smd"))
    (form,) = forms_of(browser.post(form["action"], form["fields"] | SEBELA_DEPRESSION))
    assert browser.post(form["action"], form["fields"] | POST_TREATMENT | {"step": "store"}).status_code == 200
    assert len(live_effects(one, "Sebela 2025")) == 1


def test_a_correction_is_a_new_effect_that_names_the_old_one(one: Desk) -> None:
    browser, address = extracted(one)
    old = live_effects(one, "Sebela 2025")[0]
    (form,) = forms_of(browser.get(f"{address}/effects/depression?corrects={old.id}"))
    assert (form["fields"]["n_e"], form["fields"]["smd"], form["fields"]["favours"]) == ("173", "0.3", "intervention")
    (form,) = forms_of(browser.post(form["action"], form["fields"] | {"smd": "0.31"}))
    answers = {name: "yes" for name in form["fields"] if name.startswith("answer_")}
    assert browser.post(form["action"], form["fields"] | answers | POST_TREATMENT | {"step": "store"}).status_code == 200
    (new,) = live_effects(one, "Sebela 2025")
    with one.database.reading() as session:
        before = effects.effect(session, old.id)
        assert (new.supersedes_id, before.state, before.yi, new.yi) == (old.id, "superseded", -0.30, -0.31)


def test_a_study_is_handed_in_only_when_every_outcome_has_a_result_or_a_sentence(one: Desk) -> None:
    browser, address = extracted(one)
    form = next(form for form in forms_of(browser.get(address)) if form["action"].endswith("/finish"))
    assert "outcome_depression" not in form["choices"]
    assert "outcome_anxiety" in form["choices"]
    answer = browser.post(form["action"], {"outcome_anxiety": "not_usable", "known_anxiety": "figure only"})
    assert answer.status_code == 422
    assert "enter a result, or choose why there is none" in words_of(answer)
    (kept,) = [form for form in forms_of(answer) if form["action"].endswith("/finish")]
    assert (kept["fields"]["outcome_anxiety"], kept["fields"]["known_anxiety"]) == ("not_usable", "figure only")


def test_a_result_without_a_usable_number_does_not_vanish(one: Desk) -> None:
    browser, address = extracted(one)
    assert hand_in(one, browser, address, outcome_anxiety="not_usable").status_code == 422
    assert hand_in(one, browser, address, outcome_anxiety="not_usable", known_anxiety="not significant, no number").status_code == 200
    row = study_called(one, "Sebela 2025")
    with one.database.reading() as session:
        said = studies.statements_of(session, [row.id])[(row.id, "anxiety")]
        assert (said.kind, said.known) == ("not_usable", "not significant, no number")
        listed = {(found.study, found.outcome, found.kind, found.known) for found in effects.not_poolable(session, one.review_id)}
        assert ("Sebela 2025", "anxiety", "not_usable", "not significant, no number") in listed
    name = next(name for name, person in one.people.items() if person.id == row.verifier_id)
    assert "not significant, no number" in words_of(web(one).get(address_in_mail(one, name, "verify", "verify")))


def test_what_nobody_has_read_is_not_called_unmeasured(one: Desk) -> None:
    browser, address = extracted(one)
    assert hand_in(one, browser, address, outcome_anxiety="not_read").status_code == 200
    row = study_called(one, "Sebela 2025")
    with one.database.reading() as session:
        assert (row.id, "anxiety") not in studies.statements_of(session, [row.id])
    name = next(name for name, person in one.people.items() if person.id == row.verifier_id)
    assert "Anxiety not known yet" in words_of(web(one).get(address_in_mail(one, name, "verify", "verify")))


def test_nobody_verifies_own_numbers(one: Desk) -> None:
    browser, address = extracted(one)
    hand_in(one, browser, address)
    row = study_called(one, "Sebela 2025")
    assert row.verifier_id is not None
    assert row.verifier_id != row.extractor_id
    with one.database.writing(by="system:test") as session:
        studies.study(session, row.id).verifier_id = row.extractor_id
        link = links.create(session, KEYS, review_id=one.review_id, purpose="verify", person_id=row.extractor_id, subject_id=row.id, at=one.now)
    own = tokens.path("verify", tokens.token(KEYS, link.key_id, "verify", link.id))
    effect = live_effects(one, "Sebela 2025")[0]
    assert browser.get(own).status_code == 403
    assert browser.post(own, {f"effect_{effect.id}": "agree", "list": "agree"}).status_code == 403
    assert live_effects(one, "Sebela 2025")[0].state == "extracted"


def test_with_one_extractor_alone_the_study_waits_for_a_second_and_is_not_used(sqlite: Database, now: datetime) -> None:
    from bot.steps.people.join import join

    team = [("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "third_reviewer"), ("Xenia", "extractor")]
    one = studied(sqlite, now, team=team)
    browser, address = extracted(one)
    hand_in(one, browser, address)
    assert take_up(one).without_people == 1
    assert pooled(one).estimates == {}
    one.people["Zoe"] = join(database=sqlite, review_id=one.review_id, name="Zoe", email="zoe@example.org", role="extractor", by="system:test",
                             now=now)
    assert take_up(one).invited == 1
    verify_all(one, "Sebela 2025")
    assert pooled(one).estimates["depression"].k == 1


def test_in_one_person_mode_the_effect_is_usable_and_says_so(one: Desk) -> None:
    _, address = extracted(one)
    one.protocol = replace(one.protocol, reviewing=replace(one.protocol.reviewing, mode="one"))
    hand_in(one, web(one), address)
    effect = live_effects(one, "Sebela 2025")[0]
    assert (effect.state, effect.verified_by) == ("verified", None)
    assert effect.basis == "extracted by one person; the protocol asks for no second one"


def test_what_the_verifier_disputes_goes_back_with_the_reason_and_is_verified_again(one: Desk) -> None:
    browser, address = extracted(one)
    hand_in(one, browser, address)
    effect = live_effects(one, "Sebela 2025")[0]
    missing = verify_all(one, "Sebela 2025", **{f"effect_{effect.id}": "dispute"})
    assert missing.status_code == 422
    assert "say what differs" in words_of(missing)
    verify_all(one, "Sebela 2025", **{f"effect_{effect.id}": "dispute", f"note_{effect.id}": "the abstract says 0.31"})
    assert "the abstract says 0.31" in words_of(browser.get(address))
    with one.database.reading() as session:
        mails = [row for row in outbox.in_state(session, "pending") if row.template == "extract"]
        assert [mail.data["disputed"] for mail in mails][-1][0]["note"] == "the abstract says 0.31"
    assert hand_in(one, browser, address).status_code == 409
    (form,) = forms_of(browser.get(f"{address}/effects/depression?corrects={effect.id}"))
    (form,) = forms_of(browser.post(form["action"], form["fields"] | {"smd": "0.31"}))
    answers = {name: "yes" for name in form["fields"] if name.startswith("answer_")}
    browser.post(form["action"], form["fields"] | answers | POST_TREATMENT | {"step": "store"})
    hand_in(one, browser, address)
    verify_all(one, "Sebela 2025")
    (now_stands,) = live_effects(one, "Sebela 2025")
    assert (now_stands.state, now_stands.yi) == ("verified", -0.31)
    assert study_called(one, "Sebela 2025").state == "extracted"


def disputed(one: Desk, **reads: str) -> tuple[Any, str, int]:
    """Hand Sebela 2025 in, let its verifier read other things, and return the extractor's browser and address, and the result."""
    browser, address = extracted(one)
    hand_in(one, browser, address)
    effect = live_effects(one, "Sebela 2025")[0]
    answer = verify_all(one, "Sebela 2025", **{f"effect_{effect.id}": "dispute"},
                        **{f"reads_{effect.id}_{name}": text for name, text in reads.items()})
    assert answer.status_code == 200, words_of(answer)
    return browser, address, effect.id


def settle_form(answer: Any) -> dict[str, Any]:
    return next(form for form in forms_of(answer) if "/settle/" in form["action"])


def test_what_the_verifier_reads_otherwise_is_settled_field_by_field_on_both_databases(database: Database, now: datetime) -> None:
    one = studied(database, now)
    browser, address, effect_id = disputed(one, smd="0,31", n_e="50")
    page = browser.get(address)
    assert "Difference: you entered 0.3 , the verifier reads 0.31" in words_of(page)
    form = settle_form(page)
    read, stands = sorted(name for name in form["choices"])
    assert browser.post(form["action"], {read: "read"}).status_code == 422, "each field is settled"
    assert "say why it stands" in words_of(browser.post(form["action"], {read: "read", stands: "entered"}))
    settled = browser.post(form["action"], {read: "read", stands: "entered", stands.replace("choice", "reason"): "Table 2 has it"})
    again = next(form for form in forms_of(settled) if form["action"].endswith("/effects/depression"))
    fields = again["fields"]
    assert fields["corrects"] == str(effect_id)
    # The first difference was found right, the second stands.
    with one.database.reading() as session:
        right, kept = differences.of_effects(session, [effect_id])
    assert (fields[right.field], fields[kept.field]) == (right.read, kept.entered)
    (form,) = forms_of(browser.post(again["action"], fields))
    answers = {name: "yes" for name in form["fields"] if name.startswith("answer_")}
    browser.post(form["action"], form["fields"] | answers | POST_TREATMENT | {"step": "store"})
    hand_in(one, browser, address)
    row = study_called(one, "Sebela 2025")
    name = next(name for name, person in one.people.items() if person.id == row.verifier_id)
    seen = words_of(web(one).get(address_in_mail(one, name, "verify", "verify")))
    assert "was read; taken over" in seen and "it stands, because: Table 2 has it" in seen
    verify_all(one, "Sebela 2025")
    with one.database.reading() as session:
        assert {found.choice for found in differences.of_effects(session, [effect_id])} == {"read", "entered"}
        assert all(found.settled_by is not None for found in differences.of_effects(session, [effect_id]))
    assert {found["choice"] for found in csv.DictReader(io.StringIO(move_out(
        database=one.database, review_id=one.review_id, protocol=one.protocol, now=one.now,
        names=("differences.csv",))["differences.csv"].decode()))} == {"read", "entered"}


def one_effect(one: Desk, effect_id: int) -> Any:
    with one.database.reading() as session:
        return effects.effect(session, effect_id)


def test_a_result_that_stands_is_verified_again_as_it_is(one: Desk) -> None:
    browser, address, effect_id = disputed(one, time_point="8 weeks")
    form = settle_form(browser.get(address))
    (choice,) = form["choices"]
    browser.post(form["action"], {choice: "entered", choice.replace("choice", "reason"): "8 weeks is in the abstract only"})
    assert one_effect(one, effect_id).state == "extracted"
    assert browser.post(form["action"], {choice: "entered", choice.replace("choice", "reason"): "again"}).status_code == 409
    hand_in(one, browser, address)
    verify_all(one, "Sebela 2025")
    assert [found.id for found in live_effects(one, "Sebela 2025") if found.state == "verified"] == [effect_id]


def test_a_correction_settles_what_was_still_open(one: Desk) -> None:
    browser, address, effect_id = disputed(one, smd="0.31")
    (form,) = forms_of(browser.get(f"{address}/effects/depression?corrects={effect_id}"))
    (form,) = forms_of(browser.post(form["action"], form["fields"] | {"smd": "0.32"}))
    answers = {name: "yes" for name in form["fields"] if name.startswith("answer_")}
    browser.post(form["action"], form["fields"] | answers | POST_TREATMENT | {"step": "store"})
    with one.database.reading() as session:
        assert [found.choice for found in differences.of_effects(session, [effect_id])] == ["other"]


@pytest.mark.parametrize(("verdict", "reads", "said"), [
    ("agree", {"smd": "0.31"}, "so it does not agree"), ("dispute", {"smd": "0.30"}, "what you read is what was entered"),
    ("dispute", {"n_e": "fifty"}, "that is no number"), ("dispute", {"colour": "red"}, "it has no field colour"),
])
def test_a_verdict_that_does_not_fit_what_was_read_is_refused_and_kept(one: Desk, verdict: str, reads: dict[str, str], said: str) -> None:
    browser, address = extracted(one)
    hand_in(one, browser, address)
    effect = live_effects(one, "Sebela 2025")[0]
    answer = verify_all(one, "Sebela 2025", **{f"effect_{effect.id}": verdict},
                        **{f"reads_{effect.id}_{name}": text for name, text in reads.items()})
    assert answer.status_code == 422 and said in words_of(answer)
    assert live_effects(one, "Sebela 2025")[0].state == "extracted"


def test_each_window_without_a_result_has_its_statement(one: Desk) -> None:
    browser, address = extracted(one)
    form = next(form for form in forms_of(browser.get(address)) if form["action"].endswith("/finish"))
    windows = {name for name in form["choices"] if name.startswith("outcome_depression.")}
    assert windows == {"outcome_depression.short", "outcome_depression.longer"}
    assert hand_in(one, browser, address, **{"outcome_depression.short": "not_usable"}).status_code == 422
    known = {"outcome_depression.short": "not_usable", "known_depression.short": "a figure at 6 months"}
    assert hand_in(one, browser, address, **known).status_code == 200
    row = study_called(one, "Sebela 2025")
    with one.database.reading() as session:
        said = studies.all_statements_of(session, [row.id])
        assert said[row.id, "depression", "short"].known == "a figure at 6 months"
        assert said[row.id, "depression", "longer"].kind == "not_measured"
        assert (row.id, "depression") not in studies.statements_of(session, [row.id])
        assert not [found for found in effects.not_poolable(session, one.review_id) if found.outcome == "depression"]
    name = next(name for name, person in one.people.items() if person.id == row.verifier_id)
    assert "a figure at 6 months" in words_of(web(one).get(address_in_mail(one, name, "verify", "verify")))


def test_a_verified_study_leaves_nothing_pending(one: Desk) -> None:
    def pending() -> dict[str, int]:
        with one.database.reading() as session:
            return studies.pending_work(session, one.review_id, one.cycle_id)

    browser, address = extracted(one)
    assert pending() == {"to_extract": 1, "to_verify": 0, "to_confirm": 0}
    hand_in(one, browser, address)
    assert pending() == {"to_extract": 0, "to_verify": 1, "to_confirm": 0}
    verify_all(one, "Sebela 2025")
    assert sum(pending().values()) == 0


def test_a_study_put_aside_for_its_full_text_does_not_hold_up_the_bulletin(one: Desk) -> None:
    include_all(one)
    browser, address = web(one), study_address(one, "Sebela 2025")
    assert browser.post(f"{address}/wait", {"waits_for": ""}).status_code == 422
    assert browser.post(f"{address}/wait", {"waits_for": "full text ordered"}).status_code == 200
    with one.database.reading() as session:
        assert studies.pending_work(session, one.review_id, one.cycle_id)["to_extract"] == 0
        assert studies.extraction_counts(session, one.review_id)["awaiting"] == 1
    enter(browser, address, "depression", SEBELA_DEPRESSION)
    assert study_called(one, "Sebela 2025").extraction == "open"


def test_every_mail_can_be_written_the_one_about_a_dispute_too(one: Desk) -> None:
    import_until(one, MONTH_ONE)
    invite_confirmation(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test", now=one.now)
    browser, address = extracted(one)
    hand_in(one, browser, address)
    effect = live_effects(one, "Sebela 2025")[0]
    verify_all(one, "Sebela 2025", **{f"effect_{effect.id}": "dispute", f"note_{effect.id}": "the abstract says 0.31"})
    renderer = application(one).renderer
    with one.database.reading() as session:
        mails = [row for row in outbox.in_state(session, "pending") if row.template in ("extract", "verify", "starting_set")]
    written = [renderer.mail(row.template, {**row.data, "review": review_words(one), "recipient": {"name": "Xenia"}, "now": row.created_at,
                                            "urls": dict.fromkeys(row.data["links"], "https://review.example.org/x/token")}) for row in mails]
    assert [row.template for row in mails] == ["starting_set", "extract", "verify", "extract"]
    assert [mail.subject for mail in written] == [
        "Digital peer support: 14 results to confirm before anything is pooled", "Digital peer support: 1 study to extract",
        "Digital peer support: Sebela 2025 to verify", "Digital peer support: numbers to look at again"]
    assert all("https://review.example.org/x/token" in mail.text and "https://review.example.org/x/token" in mail.html for mail in written)
    assert "the abstract says 0.31" in written[-1].text


def test_the_link_of_another_person_or_purpose_opens_nothing(one: Desk) -> None:
    browser, address = extracted(one)
    token, extractor = address.rsplit("/", 1)[1], one.people[extractor_of(one, "Sebela 2025")].id
    for path in (f"/v/{token}", f"/c/{token}", f"/x/{token[:-1]}A", "/x/short", f"/x/{'A' * 43}"):
        assert browser.get(path).status_code == 403
    with one.database.writing(by="system:test") as session:
        people.person(session, extractor).state = "revoked"
    assert browser.get(address).status_code == 403


def test_markup_in_what_people_enter_is_shown_as_text(one: Desk) -> None:
    include_all(one)
    browser, address = web(one), study_address(one, "Sebela 2025")
    enter(browser, address, "depression", SEBELA_DEPRESSION | {"note": "<script>alert(1)</script>"})
    page = browser.get(address)
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script>" in words_of(page) or "&lt;script&gt;" in page.text


def test_a_withdrawn_result_can_be_entered_again(one: Desk) -> None:
    browser, address = extracted(one)
    effect = live_effects(one, "Sebela 2025")[0]
    assert browser.post(f"{address}/withdraw/{effect.id}", {"reason": ""}).status_code == 422
    assert browser.post(f"{address}/withdraw/{effect.id}", {"reason": "wrong outcome"}).status_code == 200
    assert live_effects(one, "Sebela 2025") == []
    enter(browser, address, "depression", SEBELA_DEPRESSION)
    assert [row.state for row in live_effects(one, "Sebela 2025")] == ["extracted"]

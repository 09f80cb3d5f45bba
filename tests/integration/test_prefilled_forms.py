"""Forms filled in from abstracts and from a register: offered, never stored, confirmed by the extractor and verified by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.trials import Trial
from db import trials
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_screening import Desk
from tests.fixtures_studies import (
    SEBELA,
    SEBELA_DEPRESSION,
    enter,
    forms_of,
    include_all,
    live_effects,
    studied,
    study_address,
    web,
    words_of,
)

ABSTRACT = ("RESULTS: Mothers with peer support had fewer depressive symptoms (Cohen's d = 0.30, p < .01). "
            "<script>alert(1)</script> Anxiety fell (d = 0.2).")
ROW = {"class": "", "category": "", "comment": ""}
RESULTS = {"measures": [{
    "type": "PRIMARY", "title": "Depression, Edinburgh Postnatal Depression Scale", "description": "", "population": "", "time_frame": "6 weeks",
    "unit": "points", "param": "MEAN", "dispersion": "Standard Error",
    "groups": [{"id": "OG000", "title": "Peer support", "description": ""}, {"id": "OG001", "title": "Control", "description": ""}],
    "rows": [ROW | {"group": "OG000", "n": 60, "value": 8.1, "se": 0.6}, ROW | {"group": "OG001", "n": 61, "value": 10.2, "se": 0.7}]}]}


@pytest.fixture
def opened(sqlite: Database, now: datetime) -> tuple[Desk, Browser, str]:
    one = studied(sqlite, now, reports=[replace(SEBELA, abstract=ABSTRACT)])
    include_all(one)
    with one.database.writing(by="system:test") as session:
        trials.keep(session, review_id=one.review_id, at=one.now, trials=[
            Trial("NCT04639752", "clinicaltrials", "Mom Supporting Mom", "COMPLETED", results=RESULTS)])
    return one, web(one), study_address(one, "Sebela 2025")


def test_a_sentence_fills_the_form_and_stores_nothing(opened: tuple[Desk, Browser, str]) -> None:
    one, browser, address = opened
    page = browser.get(f"{address}/effects/depression")
    assert "fewer depressive symptoms (Cohen's d = 0.30" in words_of(page) and "<script>alert" not in page.text
    report = next(part for part in page.text.split('"') if "fill=abstract-" in part)
    filled = browser.get(report)
    (form,) = forms_of(filled)
    assert "Filled in, not stored" in words_of(filled) and live_effects(one, "Sebela 2025") == []
    assert (form["fields"]["smd"], form["fields"]["route"], form["fields"]["source"]) == ("0.30", "smd", "abstract (PMID 40765646)")
    assert "fewer depressive symptoms" in form["fields"]["quote"] and form["fields"]["n_e"] == ""


def test_posted_results_fill_the_arms_that_a_person_names_and_an_se_stays_an_se(opened: tuple[Desk, Browser, str]) -> None:
    _, browser, address = opened
    page = browser.get(f"{address}/effects/depression")
    form = next(form for form in forms_of(page) if "fill" in form["fields"])
    query = "&".join(f"{name}={value}" for name, value in (form["fields"] | {"e": "OG000", "c": "OG001"}).items())
    (shown,) = forms_of(browser.get(f"{form['action']}?{query}"))
    fields = shown["fields"]
    assert (fields["route"], fields["n_e"], fields["mean_c"], fields["se_c"]) == ("means_se", "60", "10.2", "0.7")
    assert fields["experimental"] == "Peer support" and "NCT04639752" in fields["source"]
    (same_arm,) = [forms_of(browser.get(f"{form['action']}?{query.replace('c=OG001', 'c=OG000')}"))][0][:1]
    assert "fill" in same_arm["fields"], "the same group twice is no comparison: the choice is shown again"


@pytest.mark.parametrize("fill", ["abstract-1-99", "abstract-999999-1", "register-1-7", "abstract-x-1", "nonsense", "abstract-1-" + "9" * 400,
                                  "a-²-1"])
def test_a_name_that_offers_nothing_shows_the_choice(opened: tuple[Desk, Browser, str], fill: str) -> None:
    _, browser, address = opened
    answer = browser.get(f"{address}/effects/depression?fill={fill.replace('²', '%C2%B2')}")
    assert answer.status_code == 200 and "What does the report give?" in words_of(answer)


def test_what_was_filled_in_goes_the_same_way_as_what_was_typed(opened: tuple[Desk, Browser, str]) -> None:
    one, browser, address = opened
    assert enter(browser, address, "depression", SEBELA_DEPRESSION).status_code == 200
    (effect,) = live_effects(one, "Sebela 2025")
    assert effect.state == "extracted", "another person verifies it"

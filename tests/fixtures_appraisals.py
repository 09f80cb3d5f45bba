"""A study whose numbers two people agree on, with two who appraise it: what the tests of appraisals begin with. Not a test itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.protocols import Appraisal
from bot.methods.appraisal.engine import variant
from bot.steps.appraisals.invite import InviteAccount, invite
from db.effects import EffectRow
from db.session import Database
from tests.asgi import Answer, Browser
from tests.fixtures_screening import KEYS, Desk
from tests.fixtures_studies import (
    address_in_mail,
    extracted,
    forms_of,
    hand_in,
    live_effects,
    studied,
    study_called,
    verify_all,
    web,
)

LABEL = "Sebela 2025"
# A trial nobody could blind, analysed as randomised, with complete data and self-reported symptoms: one set of answers.
PLAIN = {"1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "Y", "2.2": "Y", "2.3": "PN", "2.6": "Y", "3.1": "Y", "4.1": "N", "4.2": "N", "4.3": "Y",
         "4.4": "Y", "4.5": "PN", "5.1": "Y", "5.2": "N", "5.3": "N"}


def appraised(database: Database, now: datetime, *, people: int = 2, effect_of_interest: str = "assignment", **more: Any) -> Desk:
    """Return a review with one verified result, and those who appraise invited."""
    one = studied(database, now, **more)
    one.protocol = replace(one.protocol, appraisal=Appraisal(people, effect_of_interest))
    browser, address = extracted(one)
    hand_in(one, browser, address)
    verify_all(one, LABEL)
    call(one)
    return one


def call(one: Desk) -> InviteAccount:
    """Invite whoever is to appraise."""
    return invite(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test", now=one.now)


def result(one: Desk) -> EffectRow:
    """Return the study's result."""
    return live_effects(one, LABEL)[-1]


def address(one: Desk, name: str, template: str = "appraise") -> str:
    """Return the path of the study's page as the newest mail of this kind gives it to a person."""
    return address_in_mail(one, name, template, "appraise", study=study_called(one, LABEL).id)


def answer(browser: Browser, here: str, number: str, chosen: str, **more: str) -> Answer:
    """Answer one question on its page."""
    form = forms_of(browser.get(f"{here}/questions/{number}"))[0]
    typed = {"answer": chosen, "quote": f"as reported ({number})", "page": "p. 4"} | more
    return browser.post(form["action"], form["fields"] | typed)


def judge(browser: Browser, here: str, domain: str, judgement: str, reason: str = "") -> Answer:
    """Judge one domain, or all, on its page."""
    form = forms_of(browser.get(f"{here}/domains/{domain}"))[0]
    return browser.post(form["action"], form["fields"] | {"judgement": judgement, "reason": reason})


def give(one: Desk, name: str, answers: Mapping[str, str] = PLAIN, judged: Mapping[str, str] | None = None, *, hand_it_in: bool = True) -> str:
    """Do a whole appraisal as a person: answer, judge as in `judged` (domain → judgement), hand in; return the result's address."""
    browser, here = web(one), f"{address(one, name)}/{result(one).id}"
    for number, chosen in answers.items():
        assert answer(browser, here, number, chosen).status_code == 200
    for domain, judgement in (judged or {"D1": "low", "D2": "low", "D3": "low", "D4": "some concerns", "D5": "low",
                                         "overall": "some concerns"}).items():
        assert judge(browser, here, domain, judgement, "as we see it").status_code == 200, domain
    if hand_it_in:
        assert browser.post(f"{here}/hand-in").status_code == 200
    return here


def questions_of(tool: str, variant_id: str) -> list[str]:
    """Return the numbers of all questions of some rules."""
    return [question.number for domain in variant(tool, variant_id).domains for question in domain.questions]

"""A review whose reports are included, with people who extract, verify and confirm: what the tests of studies begin with. Not a test itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

from bot import links as tokens
from bot import paths
from bot.app import App
from bot.domain.records import Record
from bot.domain.starting_set import StartingEffect
from bot.mail.folder import FolderTransport
from bot.mail.message import parse_address
from bot.protocols.starting_set import read
from bot.rendering import Renderer, Site
from bot.steps.estimates.pool import PoolAccount, pool
from bot.steps.mail.deliver import Post
from bot.steps.studies.import_starting_set import StartingSetAccount, import_starting_set
from bot.steps.studies.include import IncludeAccount, include
from db import effects, links, outbox, studies
from db.effects import EffectRow
from db.session import Database
from db.studies import StudyRow
from tests.asgi import FORM, Answer, Browser
from tests.fixtures_screening import KEYS, REPOSITORY, TEAM, Desk, desk

SITE = "http://review.example.org"
EVERYBODY = (*TEAM, ("Edda", "editor"), ("Xenia", "extractor"), ("Yusuf", "extractor"))
SEBELA = Record(
    source="pubmed", source_id="40765646", pmid="40765646", doi="10.5093/pi2025a12", registrations=("NCT04639752",), year=2025,
    title="Mom Supporting Mom: Effective Peer Support Intervention for Women with Postpartum Psychological Distress", authors=("Sebela A",),
    journal="Psychosocial Intervention", date="2025-08")
# What the abstract gives for depression (shared/evidence/starting_set.csv, PMID 40765646), as an extractor would type it.
SEBELA_DEPRESSION = {
    "experimental": "Mom Supports Mom remote peer support", "comparator": "control", "design": "randomised",
    "instrument": "depressive symptoms (primary)", "time_point": "6 weeks after birth", "route": "smd", "n_e": "173", "n_c": "315",
    "smd": "0.30", "favours": "intervention", "source": "abstract (PMID 40765646)", "randomised_e": "", "randomised_c": "",
    "question": "arms unequal against the registered plan; effect from an abstract", "answer": "abstract only, full text awaited"}
POST_TREATMENT = {"window": "post_treatment", "window_reason": "6 weeks after birth, the trial's primary assessment"}


def starting_set() -> tuple[StartingEffect, ...]:
    """Return the starting set that is shipped with the review."""
    return read(REPOSITORY / "reviews" / "digital-peer-support")


def studied(database: Database, now: datetime, *, reports: Iterable[Record] = (SEBELA,), team: Any = EVERYBODY, **reviewing: Any) -> Desk:
    """Return a review with these reports, not yet included."""
    return desk(database, now, reports=list(reports), team=team, **reviewing)


def import_until(one: Desk, until: date | None) -> StartingSetAccount:
    """Import the shipped starting set as far as it was public."""
    return import_starting_set(database=one.database, review_id=one.review_id, protocol=one.protocol, rows=starting_set(), available_until=until,
                               by="system:test", now=one.now)


def include_all(one: Desk) -> IncludeAccount:
    """Let two reviewers include every report of the cycle, settle, and take the reports up as studies."""
    round_id = one.open().round_id
    assert round_id is not None
    for name in ("Ada", "Ben"):
        for assignment in one.list_of(name, round_id):
            one.vote(name, round_id, assignment.position, "include")
    one.settle()
    return take_up(one)


def take_up(one: Desk) -> IncludeAccount:
    """Run the step that makes included reports studies."""
    return include(database=one.database, review_id=one.review_id, protocol=one.protocol, keys=KEYS, by="system:test", now=one.now)


def pooled(one: Desk) -> PoolAccount:
    """Pool every outcome."""
    return pool(database=one.database, review_id=one.review_id, cycle_id=one.cycle_id, protocol=one.protocol, by="system:test", now=one.now)


def study_called(one: Desk, label: str) -> StudyRow:
    """Return a study by its label."""
    with one.database.reading() as session:
        row = studies.of_label(session, one.review_id, label)
    assert row is not None, label
    return row


def live_effects(one: Desk, label: str) -> list[EffectRow]:
    """Return the effects that stand for a study."""
    with one.database.reading() as session:
        return list(effects.effects_of_study(session, study_called_in(session, one, label).id))


def study_called_in(session: Any, one: Desk, label: str) -> StudyRow:
    """Return a study by its label inside an open session."""
    row = studies.of_label(session, one.review_id, label)
    assert row is not None, label
    return row


def address_in_mail(one: Desk, name: str, template: str, purpose: str, *, study: int | None = None) -> str:
    """Return the path that the newest mail of this kind sends a person to (to this study, where it names several)."""
    with one.database.reading() as session:
        mails = [row for row in outbox.in_state(session, "pending") if row.template == template and row.recipient_id == one.people[name].id]
        wanted = mails[-1].data["links"]
        link = links.by_id(session, wanted[f"study_{study}"] if study is not None else next(iter(wanted.values())))
        assert link is not None
        assert link.purpose == purpose
    return tokens.path(purpose, tokens.token(KEYS, link.key_id, purpose, link.id))


def web(one: Desk) -> Browser:
    """Return a browser that opens the web around this review."""
    return one.browser(application(one))


def application(one: Desk) -> App:
    """Return the application around this review; its clock is the review's."""
    renderer = Renderer(paths.templates(), Site(name="Perennial", address=SITE, demo=False))
    post = Post(renderer=renderer, keys=KEYS, transport=FolderTransport(REPOSITORY / "no-mail-is-sent"),
                sender=parse_address("a@example.org"), review_words={one.protocol.slug: review_words(one)})
    return App(database=one.database, protocols={one.protocol.slug: one.protocol}, starting_sets={}, sources={}, renderer=renderer,
               keys=KEYS, post=post, clock=lambda: one.now, home=REPOSITORY, mail_folder=None, is_loopback=lambda _: False)


def review_words(one: Desk) -> dict[str, str]:
    """Return what mails know of the review."""
    return {"slug": one.protocol.slug, "title": one.protocol.title, "short_title": one.protocol.short_title}


def extractor_of(one: Desk, label: str) -> str:
    """Return the name of the person who was asked to extract a study."""
    row = study_called(one, label)
    return next(name for name, person in one.people.items() if person.id == row.extractor_id)


def study_address(one: Desk, label: str) -> str:
    """Return the path of a study's page, as its extractor got it by mail."""
    row = study_called(one, label)
    return address_in_mail(one, extractor_of(one, label), "extract", "extract", study=row.id)


def enter(browser: Browser, address: str, outcome: str, typed: dict[str, str], chosen: dict[str, str] = POST_TREATMENT) -> Answer:
    """Fill the form for a result, answer what is asked, and store it."""
    (form,) = forms_of(browser.get(f"{address}/effects/{outcome}?gives={typed['route']}"))
    checked = browser.post(form["action"], form["fields"] | typed)
    assert checked.status_code == 200, words_of(checked)
    (form,) = forms_of(checked)
    answers = {name: "looked up again: as the report has it" for name in form["fields"] if name.startswith("answer_")}
    return browser.post(form["action"], form["fields"] | answers | chosen | {"step": "store"})


def hand_in(one: Desk, browser: Browser, address: str, **known: str) -> Answer:
    """Say of every other outcome that it was not measured, and hand the study in."""
    form = next(form for form in forms_of(browser.get(address)) if form["action"].endswith("/finish"))
    return browser.post(form["action"], form["fields"] | dict.fromkeys(form["choices"], "not_measured") | known)


def verify_all(one: Desk, label: str, **instead: str) -> Answer:
    """Agree with everything as the verifier of a study, but for what is said instead."""
    row = study_called(one, label)
    name = next(name for name, person in one.people.items() if person.id == row.verifier_id)
    browser, address = web(one), address_in_mail(one, name, "verify", "verify")
    (form,) = forms_of(browser.get(address))
    return browser.post(form["action"], form["fields"] | dict.fromkeys(form["choices"], "agree") | instead)


def extracted(one: Desk) -> tuple[Browser, str]:
    """Include Sebela 2025, and enter its depression result; return the browser and the study's address."""
    include_all(one)
    browser, address = web(one), study_address(one, "Sebela 2025")
    assert enter(browser, address, "depression", SEBELA_DEPRESSION).status_code == 200
    return browser, address


class _Forms(HTMLParser):
    """Collects the fields of every form of a page, as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._area: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": given["action"], "enctype": given.get("enctype", FORM), "fields": {}, "choices": {}})
        elif self.forms and tag == "input" and "name" in given:
            self._take_input(given, checked="checked" in dict(attrs))
        elif self.forms and tag == "textarea":
            self._area = given["name"]
            self.forms[-1]["fields"][self._area] = ""
        elif self.forms and tag == "select":
            self._select = given["name"]
            self.forms[-1]["fields"][self._select] = ""
        elif self.forms and tag == "option" and "selected" in given:
            self.forms[-1]["fields"][self._select] = given["value"]

    def _take_input(self, given: Mapping[str, str], *, checked: bool) -> None:
        form = self.forms[-1]
        if given.get("type") in ("radio", "checkbox"):
            form["choices"].setdefault(given["name"], []).append(given["value"])
            if checked:
                form["fields"][given["name"]] = given["value"]
        else:
            form["fields"][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """End a text area."""
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        """Take what stands in a text area."""
        if self._area is not None:
            self.forms[-1]["fields"][self._area] += data


def forms_of(answer: Answer) -> list[dict[str, Any]]:
    """Return the forms of a page: {action, enctype, fields as they stand, choices: radio name → values}."""
    parser = _Forms()
    parser.feed(answer.text)
    return parser.forms


def words_of(answer: Answer) -> str:
    """Return the text of a page without its markup, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())

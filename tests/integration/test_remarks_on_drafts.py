"""A lived-experience member reads a draft and says something of it; the editor sees it where she signs."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.steps.people.join import join
from bot.steps.people.leave import leave
from db import people, remarks
from db.session import Database
from tests.fixtures_bulletins import Press, press
from tests.fixtures_studies import forms_of, words_of


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Press:
    """A draft, and somebody who is to read it."""
    one = press(sqlite, now)
    one.starting_set(outcome="personal_recovery")
    join(database=sqlite, review_id=one.desk.review_id, name="Lea", email="lea@example.org", role="lived_experience", by="system:test",
         now=one.desk.now)
    with sqlite.reading() as session:
        (one.desk.people["Lea"],) = people.members(session, one.desk.review_id, "lived_experience")
    one.draft()
    return one


def address(one: Press) -> str:
    return f"/l/{one.token('Lea', 'remark', one.bulletin.id)}"


def said(one: Press) -> list[tuple[str, str]]:
    bulletin = one.bulletin.id
    with one.desk.database.reading() as session:
        return [(row.clear, row.text) for row in remarks.of_bulletin(session, bulletin)]


def send(one: Press, **fields: str):
    (form,) = forms_of(one.browser.get(address(one)))
    return one.browser.post(form["action"], form["fields"] | fields)


def test_what_she_says_stands_where_the_editor_signs_and_counts_once(one: Press) -> None:
    assert len(one.mails("draft_to_read")) == 1 and one.draft().is_new is False
    for _ in range(2):
        assert "Thank you" in words_of(send(one, clear="partly", text="What is SMD? <script>alert(1)</script>"))
    assert said(one) == [("partly", "What is SMD? <script>alert(1)</script>")]
    page = one.browser.get(f"/e/{one.token('Eve', 'sign', one.bulletin.id)}")
    words = words_of(page)
    at = words.find("What lived-experience")
    assert "Lea : clear? Partly. What is SMD?" in words, words[at:at + 200]
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("fields", [{}, {"clear": "maybe"}, {"clear": "no", "text": "  "}, {"clear": "no", "text": "x" * 4001}])
def test_what_is_not_complete_is_refused_with_a_sentence_and_kept(one: Press, fields: dict[str, str]) -> None:
    assert send(one, **fields).status_code == 422 and said(one) == []


def test_nothing_is_said_of_what_is_signed_and_nobody_reads_who_left(one: Press) -> None:
    here = address(one)
    one.sign()
    assert one.browser.post(here, {"clear": "yes"}).status_code == 409
    leave(database=one.desk.database, review_id=one.desk.review_id, person_id=one.desk.people["Lea"].id, by="system:test", now=one.desk.now)
    assert one.browser.get(here).status_code == 403 and one.browser.get(f"{here}/bulletin.json").status_code == 403

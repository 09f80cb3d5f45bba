"""From confirmed trials to a published bulletin: drafted, signed by a person, numbered, frozen, mailed once to each reader."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import ConflictError, InvalidInputError, LinkError
from bot.steps.bulletins import publish as publishing
from bot.steps.bulletins.forms import read
from db import blobs, bulletins, effects, events, people, reviews, searches
from db.searches import SearchRunRow
from db.session import Database
from tests.fixtures_bulletins import SYSTEM, Press, one_trial, press, two_months
from tests.fixtures_screening import KEYS


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """Two months of the shipped review, in the demonstration."""
    database = Database(f"sqlite:///{Path(tmp_path_factory.mktemp('months')) / 'test.sqlite'}")
    database.create_all()
    yield two_months(database, datetime(2026, 11, 2, 9, 0, tzinfo=UTC), demo=True)
    database.close()


def files_of(one: Press, number: int) -> dict[str, bytes]:
    with one.desk.database.reading() as session:
        row = bulletins.by_number(session, one.desk.review_id, number)
        return {file.name: blobs.get(session, file.sha256)[0] for file in bulletins.files(session, row.id)}


def kinds(one: Press, bulletin_id: int) -> list[str]:
    with one.desk.database.reading() as session:
        return [event.kind for event in events.of_subject(session, f"bulletin:{bulletin_id}")]


def test_the_first_month_has_seven_trials_of_depression_and_the_second_eight(months: Press) -> None:
    # R metafor, REML, test="adhoc"; the starting set without, and with, Sebela 2025.
    with months.desk.database.reading() as session:
        both = [row.content["outcomes"][0]["result"] for row in reversed(bulletins.published(session, months.desk.review_id))]
    assert [(one["k"], round(one["estimate"], 5), round(one["ci_low"], 5), round(one["ci_high"], 5)) for one in both] == [
        (7, -0.35762, -0.65298, -0.06227), (8, -0.35154, -0.58314, -0.11994)]
    assert round(both[1]["pi_low"], 4) == -0.8578 and round(both[1]["pi_high"], 4) == 0.1547


def test_the_second_bulletin_names_what_changed_and_why(months: Press) -> None:
    content = months.bulletin.content
    assert content["number"] == 2 and content["previous"] == 1 and content["headline"] == "estimate updated"
    changed = {one["id"]: one["change"]["studies"] for one in content["outcomes"] if one["change"]["changed"]}
    assert changed == {name: [{"study": "Sebela 2025", "what": "new"}] for name in ("depression", "anxiety", "quality_of_life")}


def test_every_file_of_a_demonstration_says_that_it_is_one(months: Press) -> None:
    files = files_of(months, 2)
    assert {"bulletin.html", "bulletin.txt", "bulletin.json", "style.css", "bulletin.pdf", "forest-depression.svg",
            "forest-depression.png"} <= set(files)
    for name in ("bulletin.html", "bulletin.txt", "bulletin.json"):
        assert "scripted reviewers, an incomplete set of trials" in " ".join(files[name].decode().lower().split())


def test_the_first_bulletin_stays_as_it_was_when_the_second_is_published(months: Press) -> None:
    content = json.loads(files_of(months, 1)["bulletin.json"])
    assert content["number"] == 1 and content["previous"] is None and content["outcomes"][0]["result"]["k"] == 7


def test_the_content_that_is_published_is_the_one_that_was_signed(months: Press) -> None:
    row = months.bulletin
    assert row.content["signed"] == {"by": "Eve", "on": "2026-12-02", "sha256": row.content_sha256}


def test_a_draft_is_mailed_to_the_editor_and_says_nothing_is_published_yet(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    account = one.draft()
    assert (account.state, account.status, account.editors) == ("draft", "first", 1)
    (mail,) = one.mails("draft_to_sign")
    assert mail.recipient_id == one.desk.people["Eve"].id and list(mail.data["links"]) == ["sign", "questions", "certainty"]
    assert one.publish().numbers == ()


def test_drafting_again_on_the_same_facts_changes_nothing_and_mails_nobody(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    first = one.draft()
    again = one.draft()
    assert (again.bulletin_id, again.is_new) == (first.bulletin_id, False)
    assert len(one.mails("draft_to_sign")) == 1
    assert kinds(one, first.bulletin_id) == ["bulletin.drafted"]


def test_a_draft_follows_the_facts_until_it_is_signed(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    old = one.bulletin.content_sha256
    one.desk.later(hours=1)
    one.starting_set(outcome="social_functioning")
    assert one.draft().is_new and len(one.mails("draft_to_sign")) == 2
    with pytest.raises(ConflictError, match="made anew"):
        one.sign(version=old)
    one.sign()
    signed = one.bulletin.content_sha256
    one.starting_set(outcome="anxiety")
    assert not one.draft().is_new and one.bulletin.content_sha256 == signed


def test_signing_publishing_and_mailing_end_to_end(database: Database, now: datetime) -> None:
    one = one_trial(database, now)
    readers_of_it = {one.reader("ann@example.org"), one.reader("bob@example.org")}
    one.draft()
    assert one.sign().is_new and not one.sign().is_new
    account = one.publish()
    assert (account.numbers, account.mails) == ((1,), 2)
    row = one.bulletin
    assert (row.state, row.number, row.dated) == ("published", 1, "2026-11-02")
    assert kinds(one, row.id) == ["bulletin.drafted", "bulletin.sign", "bulletin.published", "bulletin.mailed"]
    mails = one.mails("bulletin")
    assert {mail.recipient_id for mail in mails} == readers_of_it
    assert [item["cid"] for item in mails[0].data["attachments"]] == ["forest-personal-recovery@perennial"]
    with database.reading() as session:
        assert reviews.cycle(session, one.desk.cycle_id).state == "published"


def test_publishing_again_numbers_and_mails_nothing_twice(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.reader("ann@example.org")
    one.issue()
    before = files_of(one, 1)
    assert one.publish() == publishing.PublishAccount((), 0)
    assert len(one.mails("bulletin")) == 1 and files_of(one, 1) == before


def test_killed_between_publishing_and_mailing_it_goes_on_where_it_stopped(sqlite: Database, now: datetime,
                                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    one = one_trial(sqlite, now)
    for number in range(5):
        one.reader(f"reader{number}@example.org")
    one.draft()
    one.sign()
    monkeypatch.setattr(publishing, "BATCH", 2)
    real, batches = publishing.readers.confirmed_batch, []

    def dies_at_the_second(*args: object, **more: object) -> object:
        batches.append(1)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(publishing.readers, "confirmed_batch", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        one.publish()
    assert one.bulletin.state == "published" and len(one.mails("bulletin")) == 2
    account = one.publish()
    assert (account.numbers, account.mails, len(one.mails("bulletin"))) == ((), 5, 5)


def test_who_subscribes_after_publication_gets_the_next_bulletin_only(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.issue()
    one.desk.later(minutes=1)
    one.reader("late@example.org")
    one.publish()
    assert one.mails("bulletin") == []


def test_a_published_bulletin_is_never_written_again(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.issue()
    with pytest.raises(ConflictError, match="already and stays as it is"):
        one.sign(choice="send_back", reason="too late")
    with pytest.raises(ConflictError, match="stays as it is"), one.desk.database.writing(by=SYSTEM) as session:
        bulletins.replace_files(session, bulletins.by_number(session, one.desk.review_id, 1), {})


def test_a_draft_is_sent_back_with_a_reason_and_made_again(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    with pytest.raises(InvalidInputError, match="what is to be mended"):
        one.sign(choice="send_back", reason="  ")
    one.sign(choice="send_back", reason="The caveat of Kaplan 2011 is missing.")
    assert (one.bulletin.state, one.bulletin.sent_back_reason) == ("sent back", "The caveat of Kaplan 2011 is missing.")
    assert one.publish().numbers == ()
    with pytest.raises(ConflictError):
        one.sign()
    one.sign(choice="draft_again")
    with sqlite.reading() as session:
        assert reviews.cycle(session, one.desk.cycle_id).state == "reviewing"
    one.desk.later(hours=1)
    assert one.draft().state == "draft" and len(one.mails("draft_to_sign")) == 2


def test_only_an_editor_who_is_still_one_can_sign(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    with sqlite.writing(by=SYSTEM) as session:
        people.person(session, one.desk.people["Eve"].id).state = "revoked"
    with pytest.raises(LinkError):
        one.sign()
    assert one.bulletin.state == "draft"


@pytest.mark.parametrize("sent", [{}, {"choice": ""}, {"choice": "publish", "version": "0" * 64}, {"choice": "sign", "version": "x"},
                                  {"choice": "sign", "version": "0" * 64, "reason": "r" * 5000},
                                  {"choice": "sign", "version": "0" * 64, "more": "1"}])
def test_a_form_that_is_not_one_is_refused_with_a_sentence(sent: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        read(sent)


def test_a_review_without_any_confirmed_study_publishes_an_honest_bulletin(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    assert one.issue() == 1
    text = files_of(one, 1)["bulletin.txt"].decode()
    assert "No study has been confirmed yet." in text and "No trial with a confirmed number yet." in text


def test_nothing_of_the_starting_set_is_pooled_before_a_named_person_has_confirmed_it(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    with sqlite.writing(by=SYSTEM) as session:
        for row in effects.effects_of(session, one.desk.review_id):
            row.state = "candidate"
    one.draft()
    assert one.bulletin.content["studies"] == [] and one.bulletin.content["outcomes"][0]["result"] is None


def test_a_source_that_failed_is_said_in_the_bulletin_and_in_the_mail(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    with sqlite.writing(by=SYSTEM) as session:
        session.add(SearchRunRow(review_id=one.desk.review_id, cycle_id=one.desk.cycle_id, source="pubmed", attempt=1, kind="api",
                                 strategy_sha256="0" * 64, window_from="", window_to="2026-11-02", state="failed",
                                 error="PubMed answered with an HTML page instead of records.", software="test", started_at=now))
    one.reader("ann@example.org")
    one.issue()
    content = one.bulletin.content
    assert content["failed"] == ["MEDLINE (PubMed)"] and content["sources"][0]["searched_to"] is None
    assert one.mails("bulletin")[0].data["bulletin"]["failed"] == ["MEDLINE (PubMed)"]
    assert "HTML page instead of records" in " ".join(content["methods"])
    with sqlite.reading() as session:
        assert searches.searched_to(session, one.desk.review_id) == {}


def test_the_same_facts_give_the_same_files(tmp_path: Path, now: datetime) -> None:
    hashes = []
    for place in ("one", "two"):
        database = Database(f"sqlite:///{tmp_path / place / 'test.sqlite'}")
        database.create_all()
        one = one_trial(database, now)
        one.issue()
        # People have random ids, so the chain of the audit ends in another sum: it is taken out.
        end = json.loads(files_of(one, 1)["bulletin.json"])["audit"]["sha256"].encode()
        # It cannot be taken out of the PDF, whose bytes test_printed_bulletin.py holds.
        hashes.append({name: hashlib.sha256(content.replace(end, b"")).hexdigest() for name, content in files_of(one, 1).items()
                       if name != "bulletin.pdf"})
        database.close()
    assert hashes[0] == hashes[1]


def test_links_to_sign_open_this_bulletin_alone(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    other = one.token("Eve", "starting_set", one.desk.review_id)
    assert one.browser.get(f"/e/{other}").status_code == 403
    assert KEYS.current == "test"


def test_what_people_decided_stands_in_the_flow_with_reasons_names_and_agreement(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now, demo=True)
    one.starting_set(outcome="personal_recovery")
    desk = one.desk
    round_id = desk.open().round_id
    first, second = (place.report_id for place in desk.list_of("Ada", round_id))
    for name, report_id, verdict, criterion in (("Ada", first, "include", ""), ("Ben", first, "include", ""),
                                                ("Ada", second, "include", ""), ("Ben", second, "exclude", "peers")):
        desk.vote_on(name, round_id, report_id, verdict, criterion)
    desk.settle()
    desk.vote_on("Cleo", round_id, second, "exclude", "peers")
    desk.settle()
    one.draft()
    content = one.bulletin.content
    boxes = {box["id"]: box["n"] for box in content["flow"]}
    assert (boxes["identified"], boxes["screened"], boxes["excluded"], boxes["included"], boxes["awaiting"]) == (2, 2, 1, 1, 0)
    assert content["flow_remarks"] == []
    assert [(one["criterion"], len(one["reports"])) for one in content["excluded"]] == [("peers", 1)]
    assert "Trial" in content["excluded"][0]["reports"][0] and content["excluded"][0]["reason"] == "No support by peers"
    methods = " ".join(content["methods"])
    assert "Ada and Ben screened; Cleo settled disagreements; Eve confirmed the starting set." in methods
    # Two pairs of blind votes, one of them in agreement, and the third person's vote.
    assert "5 votes, 50% of the pairs agreed; 1 disagreement." in methods

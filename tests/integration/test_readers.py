"""Readers: ask, confirm by mail, get bulletins, leave with one click. GET changes nothing, and nobody learns who reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import InvalidInputError, LinkError
from bot.links import LinkKeys
from bot.mail.folder import FolderTransport
from bot.mail.message import parse_address
from bot.steps.mail.deliver import Post, deliver
from bot.steps.readers.choose import wanted_by
from bot.steps.readers.confirm import confirm
from bot.steps.readers.forget_pending import forget_pending
from bot.steps.readers.subscribe import subscribe
from db import events, outbox, readers
from db.readers import SubscriberRow
from db.session import Database
from tests.fixtures_bulletins import SYSTEM, Press, one_trial, press
from tests.fixtures_screening import KEYS

FORM = "/reviews/digital-peer-support/subscribe"
ONE_CLICK = b"List-Unsubscribe=One-Click"


def row_of(one: Press, email: str) -> readers.SubscriberRow:
    with one.desk.database.reading() as session:
        found = readers.by_email(session, one.desk.review_id, email)
    assert found is not None
    return found


def sent(one: Press, folder: Path) -> list:
    """Deliver what is in the outbox, and return the messages."""
    words = {one.desk.protocol.slug: {"slug": one.desk.protocol.slug, "title": one.desk.protocol.title, "short_title": "Digital peer support"}}
    post = Post(renderer=one.renderer, keys=KEYS, transport=FolderTransport(folder), sender=parse_address("bot@example.org", "Perennial"),
                review_words=words)
    deliver(database=one.desk.database, post=post, by=SYSTEM, now=lambda: one.desk.now)
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def test_subscribing_takes_two_steps_and_mail_goes_only_after_the_second(database: Database, now: datetime) -> None:
    one = press(database, now)
    assert "Look into your mail" in one.browser.post(FORM, {"email": "Ann@Example.org"}).text
    assert row_of(one, "ann@example.org").state == "pending"
    assert [mail.template for mail in one.mails("confirm_subscription")] == ["confirm_subscription"]
    token = one.token_of_reader(row_of(one, "ann@example.org").id, "subscribe")
    assert "Yes, send me the bulletins" in one.browser.get(f"/s/{token}").text
    assert row_of(one, "ann@example.org").state == "pending"
    assert "You get the bulletins" in one.browser.post(f"/s/{token}").text
    assert row_of(one, "ann@example.org").state == "confirmed"


def test_the_answer_is_the_same_for_an_address_that_is_known_and_one_that_is_not(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    one.reader("known@example.org")
    answers = [one.browser.post(FORM, {"email": email}) for email in ("known@example.org", "new@example.org")]
    assert answers[0].content == answers[1].content and {answer.status_code for answer in answers} == {200}


def test_asking_again_and_again_floods_nobody(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    browser = one.browser
    for number in range(20):
        browser.client = f"203.0.113.{number}"
        browser.post(FORM, {"email": "ann@example.org"})
        one.desk.later(minutes=1)
    assert len(one.mails("confirm_subscription")) == 2
    one.desk.later(days=2)
    one.browser.post(FORM, {"email": "ann@example.org"})
    assert len(one.mails("confirm_subscription")) == 3


@pytest.mark.parametrize("email", ["", "a", "a@b, evil@x.y", "a@b.org\nBcc: x@y.org", "a@b.org;c@d.org", "a b@c.org", "<a@b.org>", "a@b@c.org",
                                   "x" * 300 + "@b.org", "a@-.org\x00"])
def test_what_is_not_one_address_is_refused_with_a_sentence_and_kept_in_the_form(sqlite: Database, now: datetime, email: str) -> None:
    one = press(sqlite, now)
    answer = one.browser.post(FORM, {"email": email})
    assert answer.status_code == 422 and "mail address" in answer.text
    with pytest.raises(InvalidInputError):
        subscribe(database=sqlite, review_id=one.desk.review_id, email=email, keys=KEYS, by=SYSTEM, now=now)
    with sqlite.reading() as session:
        assert outbox.counts(session)["pending"] == 0


def test_the_same_address_in_other_letters_is_the_same_reader(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    first = one.reader("Ann@Example.org")
    one.browser.post(FORM, {"email": "ANN@example.ORG"})
    assert row_of(one, "ann@example.org").id == first and row_of(one, "ann@example.org").state == "confirmed"


def test_one_click_leaves_without_redirect_login_or_second_page_and_can_be_repeated(database: Database, now: datetime) -> None:
    one = press(database, now)
    reader = one.reader("ann@example.org")
    address = f"/u/{one.token_of_reader(reader, 'unsubscribe')}"
    for _ in range(2):
        answer = one.browser.post(address, content=ONE_CLICK, follow_redirects=False)
        assert answer.status_code == 200 and "You have left" in answer.text and "set-cookie" not in answer.headers
    assert row_of(one, "ann@example.org").state == "unsubscribed"
    with database.reading() as session:
        assert len(events.of_kind(session, one.desk.review_id, "reader.left")) == 1


def test_opening_or_scanning_the_links_changes_nothing(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    reader = one.reader("ann@example.org")
    for purpose, path in (("unsubscribe", "u"), ("subscribe", "s")):
        token = one.token_of_reader(reader, purpose)
        assert one.browser.get(f"/{path}/{token}").status_code == one.browser.head(f"/{path}/{token}").status_code == 200
    assert row_of(one, "ann@example.org").state == "confirmed"


def test_the_link_to_leave_lives_for_years_and_under_new_keys(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    reader = one.reader("ann@example.org")
    token = one.token_of_reader(reader, "unsubscribe")
    one.desk.now = now + timedelta(days=3650)
    from bot import web

    new_keys = LinkKeys("newer", {"newer": b"x" * 32})
    from tests.asgi import Browser

    browser = Browser(web.create(replace(one.app, keys=new_keys)))
    assert browser.post(f"/u/{token}", content=ONE_CLICK).status_code == 200
    assert row_of(one, "ann@example.org").state == "unsubscribed"


def test_a_link_to_confirm_ends_after_a_week(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    one.browser.post(FORM, {"email": "ann@example.org"})
    # The link that the mail carries has an end; found again by its subscriber it is the same one.
    token = one.token_of_reader(row_of(one, "ann@example.org").id, "subscribe")
    one.desk.later(days=8)
    assert one.browser.post(f"/s/{token}").status_code == 403
    assert row_of(one, "ann@example.org").state == "pending"


def test_an_old_confirmation_does_not_bring_back_somebody_who_has_left(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    reader = one.reader("ann@example.org")
    one.browser.post(f"/u/{one.token_of_reader(reader, 'unsubscribe')}", content=ONE_CLICK)
    with pytest.raises(LinkError, match="ended"):
        confirm(database=sqlite, token=one.token_of_reader(reader, "subscribe"), by=SYSTEM, now=now)
    one.desk.later(hours=1)
    assert one.reader("ann@example.org") == reader and row_of(one, "ann@example.org").state == "confirmed"


def test_the_bulletin_mail_has_one_recipient_pictures_and_a_header_to_leave(sqlite: Database, now: datetime, tmp_path: Path) -> None:
    one = one_trial(sqlite, now)
    one.reader("ann@example.org")
    one.issue()
    message = next(one for one in sent(one, tmp_path) if "Bulletin 1" in one["Subject"])
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.org"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    raw = message["List-Unsubscribe"]
    assert raw.startswith("<http://review.example.org/u/") and raw.endswith(">") and "=?" not in raw
    assert one.browser.post(raw.strip("<>").removeprefix("http://review.example.org"), content=ONE_CLICK).status_code == 200
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == ["<forest-personal-recovery@perennial>"]
    assert "cid:forest-personal-recovery@perennial" in message.get_body(("html",)).get_content()
    text = message.get_body(("plain",)).get_content()
    assert "Leave with one click" in text and "One trial so far, Kaplan 2011" in " ".join(text.split())


def test_a_mail_that_waits_is_not_sent_to_somebody_who_has_left_meanwhile(sqlite: Database, now: datetime, tmp_path: Path) -> None:
    one = one_trial(sqlite, now)
    reader = one.reader("ann@example.org")
    one.issue()
    one.browser.post(f"/u/{one.token_of_reader(reader, 'unsubscribe')}", content=ONE_CLICK)
    assert not [message for message in sent(one, tmp_path) if "Bulletin 1" in message["Subject"]]


def test_the_audit_knows_readers_by_a_random_name_and_never_by_address(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    one.reader("ann@example.org")
    with sqlite.reading() as session:
        noted = [f"{event.subject} {event.by} {event.data}" for kind in ("reader.asked", "reader.confirmed")
                 for event in events.of_kind(session, one.desk.review_id, kind)]
    assert len(noted) == 2 and not any("ann@" in words or "example.org" in words for words in noted)


def test_a_reader_chooses_how_often_and_gets_no_more_than_that(sqlite: Database, now: datetime) -> None:
    # The cycle is of November and its bulletin the first: it changes something, and ends no quarter.
    one = one_trial(sqlite, now)
    ids = {wants: one.reader(f"{wants}@example.org") for wants in ("every", "changes", "quarterly")}
    for wants, reader in ids.items():
        answer = one.browser.post(f"/u/{one.token_of_reader(reader, 'unsubscribe')}/wants", {"wants": wants}, follow_redirects=False)
        assert answer.status_code == 303
    one.issue()
    assert {mail.recipient_id for mail in one.mails("bulletin")} == {ids["every"], ids["changes"]}


def test_a_reader_follows_chosen_outcomes_from_the_form_to_the_mail(database: Database, now: datetime, tmp_path: Path) -> None:
    one = one_trial(database, now)
    assert "Tick none to follow the whole review" in one.browser.get(FORM).text
    one.browser.post(FORM, {"email": "ann@example.org", "outcome": ["anxiety", "personal_recovery"]})
    row = row_of(one, "ann@example.org")
    assert row.outcomes == ["anxiety", "personal_recovery"] and row.state == "pending"
    token = one.token_of_reader(row.id, "subscribe")
    assert "Anxiety, Personal recovery alone" in one.browser.get(f"/s/{token}").text
    one.browser.post(f"/s/{token}")
    one.reader("all@example.org")
    one.issue()
    mails = {str(mail["To"]): mail for mail in sent(one, tmp_path) if "Bulletin 1" in mail["Subject"]}
    words = {to: " ".join(mail.get_body(("plain",)).get_content().split()) for to, mail in mails.items()}
    assert "You follow: Anxiety, Personal recovery. State and news are of these outcomes alone." in words["ann@example.org"]
    assert "You follow" not in words["all@example.org"] and "Kaplan 2011" in words["ann@example.org"]
    assert "You follow: <strong" in mails["ann@example.org"].get_body(("html",)).get_content()
    assert "Depression" in words["all@example.org"] and "Depression" not in words["ann@example.org"]
    asked = next(mail for mail in sent(one, tmp_path) if "Confirm" in mail["Subject"] and "ann@" in str(mail["To"]))
    assert "about Anxiety, Personal recovery alone" in asked.get_body(("plain",)).get_content()


def test_what_is_followed_is_changed_told_and_erased_at_the_link_of_every_mail(sqlite: Database, now: datetime) -> None:
    one = press(sqlite, now)
    page = f"/u/{one.token_of_reader(one.reader('ann@example.org'), 'unsubscribe')}"
    assert one.browser.get(f"{page}/stored.json").json()["outcomes"] == "all"
    for outcomes, stored in ((["depression"], ["depression"]), ([], "all"), (["anxiety"], ["anxiety"])):
        one.browser.post(f"{page}/wants", {"wants": "changes", "outcome": outcomes})
        assert one.browser.get(f"{page}/stored.json").json()["outcomes"] == stored
    assert "by mail, about Anxiety" in one.browser.get(page).text and 'value="anxiety" checked' in one.browser.get(page).text
    assert one.browser.post(f"{page}/wants", {"wants": "every", "outcome": ["<b>"]}, follow_redirects=False).status_code == 422
    assert (row_of(one, "ann@example.org").wants, row_of(one, "ann@example.org").outcomes) == ("changes", ["anxiety"])
    # Somebody else who types the address cannot change what its holder follows.
    one.browser.post(FORM, {"email": "ann@example.org", "outcome": ["depression"]})
    assert row_of(one, "ann@example.org").outcomes == ["anxiety"]
    one.browser.post(f"{page}/erase")
    assert one.browser.get(f"{page}/stored.json").json()["outcomes"] == "all"


@pytest.mark.parametrize(("wants", "content", "gets"), [
    ("every", {"status": "no change"}, True), ("changes", {"status": "no change"}, False),
    ("changes", {"status": "no change", "told": [{"study": "A retracted one"}]}, True), ("changes", {"status": "estimate updated"}, True),
    ("quarterly", {"status": "estimate updated"}, False), ("quarterly", {"status": "conclusion changed"}, True),
    ("quarterly", {"status": "no change", "period": "2026-12"}, True)])
def test_what_each_choice_brings(wants: str, content: dict, gets: bool) -> None:
    assert wanted_by(wants, {"told": [], "period": "2026-11"} | content) is gets


@pytest.mark.parametrize("wants", ["", "daily", "every\x00", "x" * 10_000])
def test_a_choice_that_is_none_changes_nothing(sqlite: Database, now: datetime, wants: str) -> None:
    one = press(sqlite, now)
    reader = one.reader("ann@example.org")
    answer = one.browser.post(f"/u/{one.token_of_reader(reader, 'unsubscribe')}/wants", {"wants": wants}, follow_redirects=False)
    assert answer.status_code == 422 and row_of(one, "ann@example.org").wants == "every"


def test_a_reader_gets_what_is_stored_and_can_have_the_address_erased(database: Database, now: datetime, tmp_path: Path) -> None:
    one = one_trial(database, now)
    reader = one.reader("ann@example.org")
    page = f"/u/{one.token_of_reader(reader, 'unsubscribe')}"
    told = one.browser.get(f"{page}/stored.json").json()
    assert (told["email"], told["state"], told["wants"]) == ("ann@example.org", "confirmed", "every")
    one.issue()
    assert "You have left" in one.browser.post(f"{page}/erase").text and one.browser.post(f"{page}/erase").status_code == 200
    assert one.browser.get(f"{page}/stored.json").json()["email"] is None and "erase my address" not in one.browser.get(page).text
    with database.reading() as session:
        assert readers.by_email(session, one.desk.review_id, "ann@example.org") is None
        kinds = [event.kind for event in events.of_subject(session, readers.by(readers.subscriber(session, reader)))]
    assert kinds.count("reader.erased") == 1
    assert not [mail for mail in sent(one, tmp_path) if "ann@example.org" in str(mail["To"])]
    assert one.browser.post(f"{page}/wants", {"wants": "every"}).status_code == 409
    assert one.reader("ann@example.org") != reader


def test_an_address_that_was_never_confirmed_is_forgotten_after_a_week(database: Database, now: datetime) -> None:
    one = press(database, now)
    one.browser.post(FORM, {"email": "ann@example.org"})
    one.reader("ben@example.org")
    asked = {"database": database, "by": "system:test"}
    assert forget_pending(**asked, now=now + timedelta(days=6, hours=23)) == 0
    assert (forget_pending(**asked, now=now + timedelta(days=8)), forget_pending(**asked, now=now + timedelta(days=8))) == (1, 0)
    with database.reading() as session:
        kept = [row.email for row in session.scalars(select(SubscriberRow).order_by(SubscriberRow.id))]
    assert kept[0].startswith("erased:") and kept[1] == "ben@example.org"

"""Mails go out once. What a fault or a crash leaves unsure is shown and never sent again by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import paths
from bot.links import LinkKeys
from bot.mail.folder import FolderTransport
from bot.mail.message import parse_address
from bot.mail.smtp import SmtpTransport
from bot.rendering import Renderer, Site
from bot.steps.mail.deliver import Post, deliver
from bot.steps.mail.settle import settle_unsure
from db import events, outbox, people, reviews
from tests.faulty_smtp import FaultySmtp

KEYS = LinkKeys(current="link-0001", keys={"link-0001": b"a" * 32})


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates" / "mail" / "hello"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Hello {{ recipient.name }}\n")
    (folder / "body.txt").write_text("Number {{ number }} of {{ review.title }}\n")
    (folder / "body.html").write_text("<p>Number {{ number }}</p>")
    return tmp_path / "templates"


def _post(templates: Path, transport) -> Post:
    return Post(renderer=Renderer(templates, Site("Perennial", "https://review.example.org", False)), keys=KEYS, transport=transport,
                sender=parse_address("bot@example.org"), review_words={"bcg": {"title": "BCG"}})


def _mails(database, now, count: int) -> None:
    with database.writing(by="system:test") as session:
        review_id = reviews.ensure(session, slug="bcg", title="BCG", at=now).id
        for number in range(count):
            person = people.add(session, review_id=review_id, name="Ada", email=f"ada{number}@example.org", role="reviewer", at=now)
            outbox.enqueue(session, review_id=review_id, template="hello", recipient=("person", person.id), data={"number": number},
                           dedupe_key=f"hello:{number}", at=now)


def _send(database, templates: Path, port: int, now):
    transport = SmtpTransport(host="127.0.0.1", port=port, security="none", timeout=5)
    return deliver(database=database, post=_post(templates, transport), by="system:worker", now=lambda: now)


def _counts(database) -> dict[str, int]:
    with database.reading() as session:
        return {state: count for state, count in outbox.counts(session).items() if count}


def test_each_mail_goes_out_once_and_is_noted(database, now, templates) -> None:
    _mails(database, now, 5)
    with FaultySmtp() as server:
        assert _send(database, templates, server.port, now).sent == 5
        assert _send(database, templates, server.port, now).sent == 0
    assert len(server.kept) == len(set(server.kept)) == 5
    with database.reading() as session:
        assert len(events.of_kind(session, 1, "mail.sent")) == 5


def test_a_mail_says_where_it_comes_back_to_in_its_envelope_and_in_no_header(database, now, templates) -> None:
    _mails(database, now, 2)
    with FaultySmtp() as server:
        transport = SmtpTransport(host="127.0.0.1", port=server.port, security="none", timeout=5)
        post = replace(_post(templates, transport), returns=parse_address("alerts@example.org"))
        assert deliver(database=database, post=post, by="system:worker", now=lambda: now).sent == 2
        assert _send(database, templates, server.port, now).sent == 0
    assert len(set(server.senders)) == 2
    assert all(one.startswith("alerts+return-person-") and one.endswith("@example.org") for one in server.senders)
    assert not any("Return-Path" in names for names in server.headers)


def test_no_more_mails_go_out_in_a_minute_than_the_limit_says(database, now, templates, tmp_path) -> None:
    _mails(database, now, 5)
    waited: list[float] = []
    post = replace(_post(templates, FolderTransport(tmp_path / "out")), per_minute=60, wait=waited.append)
    assert deliver(database=database, post=post, by="system:worker", now=lambda: now).sent == 5
    # One a second: after the n-th mail the n-th second has to be over.
    assert len(waited) == 5 and 4.0 < waited[-1] <= 5.0 and sorted(waited) == waited


def test_the_same_mail_asked_for_twice_is_one(database, now) -> None:
    _mails(database, now, 3)
    _mails(database, now, 3)
    assert _counts(database) == {"pending": 3}


@pytest.mark.parametrize(("fault", "state", "kept"), [("rcpt-4xx", "pending", 0), ("data-4xx", "pending", 0), ("rcpt-5xx", "failed", 0),
                                                      ("data-5xx", "failed", 0), ("drop-before", "unsure", 0), ("drop-after", "unsure", 1)])
def test_a_fault_of_the_mail_server_ends_as_it_should(database, now, templates, fault: str, state: str, kept: int) -> None:
    _mails(database, now, 3)
    with FaultySmtp(lambda number: fault if number == 2 else "") as server:
        _send(database, templates, server.port, now)
        assert _counts(database) == {"sent": 2, state: 1}
        assert len(server.kept) == 2 + kept
        # A later round sends what was put off, and nothing else.
        _send(database, templates, server.port, now + timedelta(minutes=2))
    assert len(server.kept) == len(set(server.kept)) == (3 if state == "pending" else 2 + kept)


def test_a_server_that_is_not_there_puts_mails_off(database, now, templates) -> None:
    _mails(database, now, 2)
    with FaultySmtp() as server:
        port = server.port
    assert _send(database, templates, port, now).put_off == 2
    assert _counts(database) == {"pending": 2}


def test_what_a_crash_left_while_sending_is_unsure_and_a_person_settles_it(database, now, templates) -> None:
    _mails(database, now, 2)
    for _ in range(2):
        with database.writing(by="system:worker") as session:
            row = outbox.claim(session, claimed_by="dead", now=now)
            outbox.mark_sending(session, row.id)
    with FaultySmtp() as server:
        _send(database, templates, server.port, now)
        assert server.kept == [] and _counts(database) == {"unsure": 2}
        settle_unsure(database=database, mail_id=1, resend=True, by="person:x", now=now)
        settle_unsure(database=database, mail_id=2, resend=False, by="person:x", now=now)
        assert _send(database, templates, server.port, now).sent == 1
    assert _counts(database) == {"sent": 2} and len(server.kept) == 1


@pytest.mark.parametrize("template", sorted(path.name for path in Path(paths.templates() / "mail").iterdir() if path.is_dir()))
def test_only_mails_that_their_recipient_has_just_asked_for_go_out_again_after_a_crash(database, now, template: str) -> None:
    with database.writing(by="system:test") as session:
        review_id = reviews.ensure(session, slug="bcg", title="BCG", at=now).id
        person = people.add(session, review_id=review_id, name="Ada", email="ada@example.org", role="reviewer", at=now)
        row = outbox.enqueue(session, review_id=review_id, template=template, recipient=("person", person.id), data={}, dedupe_key="one", at=now)
        row.state = "sending"
        outbox.recover(session, now=now)
    assert _counts(database) == {"pending" if template in ("confirm_subscription", "sign_in") else "unsure": 1}


def test_what_a_crash_left_claimed_is_sent(database, now, templates) -> None:
    _mails(database, now, 1)
    with database.writing(by="system:worker") as session:
        outbox.claim(session, claimed_by="dead", now=now)
    with FaultySmtp() as server:
        assert _send(database, templates, server.port, now).sent == 1


def test_two_senders_at_once_are_one(database, now, templates) -> None:
    _mails(database, now, 1)
    with database.lock("sender") as got, FaultySmtp() as server:
        assert got and _send(database, templates, server.port, now).busy
    assert server.kept == []


def test_a_mail_to_somebody_who_left_is_not_sent(database, now, templates) -> None:
    _mails(database, now, 1)
    with database.writing(by="system:test") as session:
        people.members(session, 1, "reviewer")[0].state = "revoked"
    with FaultySmtp() as server:
        assert _send(database, templates, server.port, now).failed == 1
    assert server.kept == []


def test_without_a_mail_server_mails_are_files(database, now, templates, tmp_path) -> None:
    _mails(database, now, 2)
    transport = FolderTransport(tmp_path / "mail")
    assert deliver(database=database, post=_post(templates, transport), by="system:worker", now=lambda: now).sent == 2
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 2

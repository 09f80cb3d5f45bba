"""Mails that come back to an address of their own: a reader who is gone is written to no more, and only a real report does that.

Reports as RFC 3464 lays them down; status codes of RFC 3463.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot import jobs, settings
from bot.errors import SettingsError
from bot.links import LinkKeys
from bot.mail.message import parse_address
from bot.mail.returned import return_address, returned
from bot.steps.mail.take_returned import CAME_BACK, take_returned
from db import events, readers
from db.session import Database
from tests.fixtures_bulletins import SYSTEM, Press, press
from tests.fixtures_screening import KEYS

BOX = parse_address("alerts@example.org")
ADA = "ada@example.org"


def report(to: str, *, action: str = "failed", status: str = "5.1.1", subject: str = "Undelivered Mail Returned to Sender") -> bytes:
    """Return a delivery report as Postfix and Exim send it."""
    return (f"From: MAILER-DAEMON@mx.example.net\r\nTo: {to}\r\nSubject: {subject}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you that your message could not be delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
            f"Final-Recipient: rfc822; {ADA}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n"
            "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Bulletin 2\r\n\r\n--b--\r\n").encode()


def reader(one: Press) -> readers.SubscriberRow:
    with one.desk.database.reading() as session:
        found = readers.by_email(session, one.desk.review_id, ADA)
    assert found is not None
    return found


def address_of(one: Press, keys: LinkKeys = KEYS) -> str:
    return return_address(BOX, keys, kind="reader", public_id=reader(one).public_id).addr_spec


def take(one: Press, raw: bytes) -> bool:
    return take_returned(database=one.desk.database, keys=KEYS, raw=raw, by=SYSTEM, now=one.desk.now)


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Press:
    made = press(sqlite, now)
    made.reader(ADA)
    return made


def test_a_reader_whose_mailbox_is_gone_is_written_to_no_more_and_the_audit_says_why(database: Database, now: datetime) -> None:
    one = press(database, now)
    one.reader(ADA)
    assert take(one, report(address_of(one))) and reader(one).state == "unsubscribed"
    with database.reading() as session:
        (noted,) = events.of_kind(session, one.desk.review_id, CAME_BACK)
        assert noted.data["status"] == "5.1.1" and ADA not in str(noted.data) + noted.subject
        assert len(events.of_kind(session, one.desk.review_id, "reader.bounced")) == 1
    assert take(one, report(address_of(one))) and reader(one).state == "unsubscribed"


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.0.0", ""])
def test_what_may_be_the_mails_own_fault_stops_after_three_mails_and_the_same_mail_counts_once(one: Press, status: str) -> None:
    for number, state in ((1, "confirmed"), (1, "confirmed"), (2, "confirmed"), (3, "unsubscribed")):
        assert take(one, report(address_of(one), status=status, subject=f"Returned {number}"))
        assert reader(one).state == state, number


@pytest.mark.parametrize("raw", [
    lambda to: report(to, action="delayed", status="4.4.1"),
    lambda to: report(to, action="delivered", status="2.0.0"),
    lambda to: f"To: {to}\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nBack on Monday. 5.1.1\r\n".encode(),
])
def test_a_delay_and_an_automatic_answer_stop_nobody_and_are_no_alert(one: Press, raw: Callable[[str], bytes]) -> None:
    assert all(take(one, raw(address_of(one))) for _ in range(5)) and reader(one).state == "confirmed"


def test_a_stranger_who_makes_up_an_address_writes_nobody_off(one: Press) -> None:
    public_id = reader(one).public_id
    other = return_address(BOX, LinkKeys("other", {"other": b"x" * 32}), kind="reader", public_id=public_id).addr_spec
    swapped = return_address(BOX, KEYS, kind="person", public_id=public_id).addr_spec.replace("person", "reader")
    for to in (other, swapped, f"alerts+return-reader-{public_id}-{'0' * 20}@example.org", ADA, "alerts@example.org", ""):
        assert not take(one, report(to)) and reader(one).state == "confirmed", to


def test_an_older_key_other_cases_and_other_headers_are_understood(one: Press) -> None:
    old = LinkKeys("old", {"old": b"o" * 32})
    both = LinkKeys("test", {**KEYS.keys, **old.keys})
    to = address_of(one, old)
    delivered_to = report("alerts@example.org").replace(b"To: alerts", f"Delivered-To: {to}\r\nTo: alerts".encode())
    for raw in (report(to), report(to.upper()), delivered_to):
        found = returned(raw, both)
        assert found is not None and found.is_gone and found.public_id == reader(one).public_id


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 400, b"To: \r\n\r\n", b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"])
def test_rubbish_came_back_from_nobody(raw: bytes) -> None:
    assert returned(raw, KEYS) is None


def test_a_mail_that_comes_back_from_the_team_stops_nothing_and_is_told_the_operator(one: Press) -> None:
    to = return_address(BOX, KEYS, kind="person", public_id=one.desk.people["Ada"].public_id).addr_spec
    assert take(one, report(to))
    said = jobs._waiting_for_a_person(one.app)
    assert said[f"{one.desk.protocol.slug}: mails come back"].startswith("from 1 of the team")


def test_an_address_to_return_to_needs_the_mailbox_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PERENNIAL_RETURNS: nobody reads what comes back there; set PERENNIAL_IMAP_HOST"):
        settings.load(home=tmp_path, returns="alerts@example.org")

"""Alerts of platforms in a real mailbox (Debian's dovecot): each goes in once, nothing in the mailbox changes, what is strange is kept."""

from __future__ import annotations

import html
import imaplib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.errors import SourceError, SourceUnavailableError
from bot.mail.message import parse_address
from bot.mail.returned import return_address
from bot.protocols.load import load
from bot.sources.mailbox import Mailbox
from bot.steps.records.read_mailbox import MailboxAccount, read_mailbox
from db import blobs, readers, records, searches
from db.session import Database
from tests.fixtures_screening import KEYS
from tests.fixtures_search import BY, Library, library
from tests.integration.test_mails_that_come_back import report
from tests.parts import Dovecot, start_dovecot

ROOT = Path(__file__).resolve().parents[2]
PLANS = [plan for plan in load(ROOT / "reviews" / "digital-peer-support").sources if plan.kind == "file"]
RIS = "".join(f"TY  - JOUR\nTI  - Peer support trial {number}\nAU  - Doe, J\nPY  - 2020\nAN  - 20200000{number}\nER  - \n\n"
              for number in range(3))
OVID = """Your search found 2 new results.

<1>
Accession Number
  2026-123456
Authors
  Doe, Jane; Roe, Richard
Title
  Peer support by chat: a randomised trial.
Source
  Journal of Chats. Vol.3(2), 2026, pp. 10-19.
Abstract
  Background: words.
  More words of NCT01234567.
Digital Object Identifier
  https://dx.doi.org/10.1000/chat

<2>
Accession Number
  2026-654321
Title
  Another trial
Source
  Journal of Chats. 2026.

Ovid AutoAlert, do not reply
"""


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    # Not below pytest's own folder, which nobody but its owner may enter.
    with tempfile.TemporaryDirectory(prefix="perennial-dovecot-", ignore_cleanup_errors=True) as folder:
        server = start_dovecot(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def here(database: Database, now: datetime) -> Library:
    return library(database, now)


@pytest.fixture
def box(dovecot: Dovecot, request: pytest.FixtureRequest) -> Mailbox:
    name = f"alerts-{abs(hash(request.node.name))}"
    return Mailbox("127.0.0.1", dovecot.port, "none", name, dovecot.password)


def letter(subject: str, *attachments: tuple[str, bytes], sender: str = "alerts@platform.example", to: str = "us@example.org",
           text: str = "See the file.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text)
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def put(box: Mailbox, *messages: EmailMessage | bytes) -> None:
    with imaplib.IMAP4(box.host, box.port) as server:
        server.login(box.user, box.password)
        for one in messages:
            server.append("INBOX", "", imaplib.Time2Internaldate(time.time()), one if isinstance(one, bytes) else one.as_bytes())


def look(here: Library, box: Mailbox) -> MailboxAccount:
    return read_mailbox(database=here.database, review_id=here.review_id, mailbox=box, plans=PLANS, keys=KEYS, by=BY, now=here.now)


def by_source(here: Library) -> dict[str, int]:
    with here.database.reading() as session:
        return records.counts(session, here.review_id)["by_source"]


def unread_files(here: Library) -> list[tuple[str, str]]:
    with here.database.reading() as session:
        return [(row.source, row.refused[0]["reason"]) for row in searches.not_understood(session, here.review_id)]


def test_an_attachment_goes_in_once_under_the_source_that_the_mail_names(here: Library, box: Mailbox) -> None:
    put(box, letter("Your Embase alert", ("results.ris", RIS.encode())))
    account = look(here, box)
    assert (account.mails, account.read, account.new, account.not_understood) == (1, 3, 3, ())
    assert look(here, box) == MailboxAccount() and by_source(here) == {"embase": 3}


def test_the_same_mail_once_more_and_the_same_file_in_another_mail_bring_nothing(here: Library, box: Mailbox) -> None:
    mail = letter("Your Embase alert", ("results.ris", RIS.encode()))
    put(box, mail, mail, letter("Your Embase alert again", ("results.ris", RIS.encode())))
    account = look(here, box)
    assert (account.mails, account.new) == (3, 3) and by_source(here) == {"embase": 3}


def test_the_address_says_which_source_where_the_words_do_not(here: Library, box: Mailbox) -> None:
    put(box, letter("AutoAlert", ("a.ris", RIS.encode()), sender="noreply@ovid.example", to="us+psycinfo@example.org"))
    assert look(here, box).new == 3 and by_source(here) == {"psycinfo": 3}


def test_records_in_the_text_of_ovids_mail_go_in(here: Library, box: Mailbox) -> None:
    put(box, letter("Ovid AutoAlert: PsycInfo monthly", sender="autoalert@ovid.example", text=OVID))
    account = look(here, box)
    assert (account.read, account.new, account.not_understood) == (2, 2, ())
    with here.database.reading() as session:
        found = [records.as_record(row) for row in session.query(records.RecordRow).order_by(records.RecordRow.id)]
    first = found[0]
    assert (first.source, first.source_id, first.title, first.doi) == (
        "psycinfo", "2026-123456", "Peer support by chat: a randomised trial.", "10.1000/chat")
    assert (first.authors, first.year, first.registrations) == (("Doe, Jane", "Roe, Richard"), 2026, ("NCT01234567",))
    assert (first.journal, first.pages) == ("Journal of Chats", "10-19") and first.abstract.endswith("More words of NCT01234567.")


@pytest.mark.parametrize("page", [f"<pre>{html.escape(OVID)}</pre>", "".join(f"<p>{html.escape(line)}</p>\n" for line in OVID.splitlines()),
                                  "<br>".join(map(html.escape, OVID.splitlines())), f"<p>Dear all,<br>new:</p><pre>{html.escape(RIS)}</pre>"])
def test_records_in_a_mail_that_is_a_page_only_go_in(here: Library, box: Mailbox, page: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "autoalert@ovid.example", "us@example.org", "PsycInfo monthly"
    mail.set_content(f"<html><head><style>p {{ color: red }}</style><title>Alert</title></head><body>{page}</body></html>", subtype="html")
    put(box, mail)
    account = look(here, box)
    assert (account.new, account.not_understood) == (3 if "TY  -" in page else 2, ()) and by_source(here) == {"psycinfo": account.new}


def test_a_mail_that_is_not_understood_is_kept_whole_and_shown(here: Library, box: Mailbox) -> None:
    mail = letter("Scopus alert: 3 new documents", text="Open them on the site: https://example.org/3")
    put(box, mail, letter("Hello", ("a.ris", RIS.encode())), letter("Embase alert", ("a.pdf", b"%PDF-1.7 words")))
    account = look(here, box)
    assert (account.mails, account.new, len(account.not_understood)) == (3, 0, 3)
    assert [source for source, _ in unread_files(here)] == ["mail", "mail", "embase"]
    assert "which source" in unread_files(here)[0][1] and "without an attachment" in unread_files(here)[2][1]
    with here.database.reading() as session:
        kept = [blobs.get(session, row.sha256)[0] for row in searches.not_understood(session, here.review_id)]
    assert b"3 new documents" in kept[0] and len(kept) == 3
    assert look(here, box).mails == 0 and len(unread_files(here)) == 3


def test_what_is_strange_beside_what_can_be_read_is_kept_as_well(here: Library, box: Mailbox) -> None:
    put(box, letter("Embase alert", ("a.ris", RIS.encode()), ("b.docx", b"words that are no export")))
    account = look(here, box)
    assert account.new == 3 and len(account.not_understood) == 1 and unread_files(here)[0][0] == "embase"


@pytest.mark.parametrize("raw", [b"no header at all", b"Subject: =?utf-8?q?=FF=FE?=\r\nFrom: <<<>>>\r\nContent-Type: multipart/mixed\r\n\r\nx",
                                 b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe words", b"\r\n\r\n"])
def test_a_malformed_mail_stops_nothing_and_is_kept(here: Library, box: Mailbox, raw: bytes) -> None:
    put(box, raw, letter("Embase alert", ("a.ris", RIS.encode())))
    account = look(here, box)
    assert (account.mails, account.new, len(account.not_understood)) == (2, 3, 1)


def test_nothing_in_the_mailbox_changes(here: Library, box: Mailbox) -> None:
    put(box, letter("Embase alert", ("a.ris", RIS.encode())))
    look(here, box)
    with imaplib.IMAP4(box.host, box.port) as server:
        server.login(box.user, box.password)
        server.select("INBOX", readonly=True)
        assert server.uid("SEARCH", "UNSEEN")[1] == [b"1"]


def test_a_server_that_is_away_or_refuses_is_said_and_what_came_is_read_later(here: Library, box: Mailbox, dovecot: Dovecot) -> None:
    with pytest.raises(SourceError, match="does not let us in"):
        look(here, Mailbox(box.host, box.port, "none", box.user, "wrong"))
    put(box, letter("Embase alert", ("a.ris", RIS.encode())))
    dovecot.stop()
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        look(here, box)
    dovecot.start_again()
    assert look(here, box).new == 3
    with pytest.raises(SourceError, match="cannot be opened"):
        look(here, Mailbox(box.host, box.port, "none", box.user, box.password, "No such"))


CHILD = """
import sys
from datetime import UTC, datetime
from bot.domain.protocols import SourcePlan
from bot.links import LinkKeys
from bot.sources.mailbox import Mailbox
from bot.steps.records.read_mailbox import read_mailbox
from db.session import Database
from tests.fixtures_search import plan
import dataclasses
read_mailbox(database=Database(sys.argv[1]), review_id=int(sys.argv[2]),
             mailbox=Mailbox("127.0.0.1", int(sys.argv[3]), "none", sys.argv[4], "secret"),
             plans=[dataclasses.replace(plan(), name="embase", label="Embase", kind="file")], keys=LinkKeys("one", {"one": b"k" * 32}),
             by="system:test", now=datetime.now(UTC))
"""


def test_killed_at_any_moment_every_mail_goes_in_once(box: Mailbox, tmp_path: Path, now: datetime) -> None:
    database = Database(f"sqlite:///{tmp_path / 'killed.sqlite'}")
    database.create_all()
    here = library(database, now)
    put(box, *(letter(f"Embase alert {number}", ("a.ris", RIS.replace("20200000", f"2020{number:04}").encode())) for number in range(12)))
    given = [str(here.database.url.render_as_string(hide_password=False)), str(here.review_id), str(box.port), box.user]
    for wanted in (1, 7):
        process = subprocess.Popen([sys.executable, "-P", "-c", CHILD, *given], env=os.environ | {"PYTHONPATH": str(ROOT)})
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None and imports(here) < wanted:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    before = imports(here)
    account = look(here, box)
    assert imports(here) == 12 and account.new == 3 * (12 - before) and by_source(here) == {"embase": 36}


def imports(here: Library) -> int:
    with here.database.reading() as session:
        return len(searches.imports(session, here.review_id))


def test_a_mail_of_ours_that_came_back_is_no_alert_and_is_not_kept(here: Library, box: Mailbox) -> None:
    with here.database.writing(by=BY) as session:
        reader = readers.add(session, review_id=here.review_id, email="ada@example.org", public_id=readers.new_public_id(), at=here.now)
        reader.state, public_id = "confirmed", reader.public_id
    to = return_address(parse_address("alerts@example.org"), KEYS, kind="reader", public_id=public_id).addr_spec
    put(box, report(to), letter("Embase alert", ("a.ris", RIS.encode()), to="us+embase@example.org"))
    account = look(here, box)
    assert (account.mails, account.new, account.not_understood) == (2, 3, ())
    with here.database.reading() as session:
        assert readers.by_public_id(session, public_id).state == "unsubscribed"
    assert look(here, box).mails == 0

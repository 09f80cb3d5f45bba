"""Read the alerts that came by mail: what can be read goes in, each mail once; what cannot is kept as a file that was not understood.

Our own mails that came back are taken in as well: bot/steps/mail/take_returned.py.

Which mails were read stands in the audit: one event for each, named by mailbox, validity and UID, with the mail's hash. A mail of which a part
was taken in when the program was killed is read again: files and records count once anyhow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.protocols import SourcePlan
from bot.errors import UnreadableFileError
from bot.links import LinkKeys
from bot.rendering import plural
from bot.sources.alerts import Alert, Part, source_of, taken_apart
from bot.sources.mailbox import Letter, Mailbox
from bot.steps.mail.take_returned import take_returned
from bot.steps.records.import_file import import_file, keep_unread, parse_file
from bot.telemetry import logger
from db import events
from db.session import Database

READ = "alert_mail.read"
# The source under which mails are kept of which nobody knows whose they are.
NOBODYS = "mail"
log = logger("mailbox")


@dataclass(frozen=True, slots=True)
class MailboxAccount:
    """What came of looking into the mailbox. not_understood: a sentence for each mail or attachment that is kept for the team to look at."""

    mails: int = 0
    read: int = 0
    new: int = 0
    not_understood: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say it in a sentence."""
        return f"{plural(self.mails, 'new mail')}, {plural(self.read, 'record')} read, {self.new} new, {len(self.not_understood)} not understood"


def read_mailbox(*, database: Database, review_id: int, mailbox: Mailbox, plans: Sequence[SourcePlan], keys: LinkKeys, by: str,
                 now: datetime) -> MailboxAccount:
    """Take in every mail that was not read before. Raises SourceError if the mailbox cannot be read; what was read until then is kept."""
    with database.reading() as session:
        done = [event.data for event in events.of_kind(session, review_id, READ) if event.data["mailbox"] == mailbox.name]
    known, hashes = {one["key"] for one in done}, {one["sha256"] for one in done if one["sha256"]}
    total = MailboxAccount()
    for letter in mailbox.letters(is_known=known.__contains__):
        digest = hashlib.sha256(letter.raw).hexdigest() if letter.raw else ""
        # The same mail under another number: somebody moved it, or the server numbers anew.
        given = {"database": database, "review_id": review_id, "by": by, "now": now}
        is_done = digest in hashes or take_returned(database=database, keys=keys, raw=letter.raw or b"", by=by, now=now)
        one = MailboxAccount() if is_done else _take_in(letter, given, plans)
        _note(database, review_id, mailbox.name, letter.key, digest, one, by, now)
        hashes |= {digest} - {""}
        total = MailboxAccount(total.mails + 1, total.read + one.read, total.new + one.new, total.not_understood + one.not_understood)
    return total


def _note(database: Database, review_id: int, mailbox: str, key: str, digest: str, one: MailboxAccount, by: str, now: datetime) -> None:
    with database.writing(by=by) as session:
        events.note(session, review_id=review_id, kind=READ, subject=f"mailbox:{mailbox}", at=now,
                    data={"mailbox": mailbox, "key": key, "sha256": digest, "read": one.read, "new": one.new,
                          "not_understood": list(one.not_understood)})


def _take_in(letter: Letter, given: dict[str, Any], plans: Sequence[SourcePlan]) -> MailboxAccount:
    """Take in what a mail holds; if nothing of it can be read, keep the whole mail."""
    given = {**given, "cycle_id": None}
    if not letter.raw:
        return _unread(given, NOBODYS, f"mail {letter.key}", f"{letter.size} bytes".encode(),
                       f"a mail of {letter.size:,} bytes is too large to fetch; take its attachment in by hand")
    alert = taken_apart(letter.raw)
    source = source_of(alert, plans)
    readable = [part for part in alert.parts if _is_readable(part)]
    # The page of a mail says again what its text says, and its pictures nothing.
    strange = [part for part in alert.parts if part.is_attachment and part not in readable]
    if not source or not readable:
        return _unread(given, source or NOBODYS, _mail_name(alert), letter.raw, _why(alert, source, plans))
    account = MailboxAccount()
    for part in readable:
        one = import_file(**given, name=_named(alert, part), content=part.content, source=source)
        account = MailboxAccount(0, account.read + one.read, account.new + one.new, account.not_understood)
    for part in strange:
        one = _unread(given, source, _named(alert, part), part.content, "came by mail beside what could be read, and is of no format known here")
        account = MailboxAccount(0, account.read, account.new, account.not_understood + one.not_understood)
    return account


def _is_readable(part: Part) -> bool:
    try:
        parsed = parse_file(content=part.content, name=part.name, source="")
    except UnreadableFileError:
        return False
    # Prose with commas is no table; a mail's text is an export only if it has records.
    return part.is_attachment or bool(parsed.records and parsed.format not in ("CSV", "BibTeX"))


def _unread(given: dict[str, Any], source: str, name: str, content: bytes, reason: str) -> MailboxAccount:
    keep_unread(**given, name=name, content=content, source=source, reason=reason)
    log.warning("a mail or attachment was not understood and is kept", source=source, name=name, reason=reason)
    return MailboxAccount(0, 0, 0, (f"{source}/{name}: {reason}",))


def _why(alert: Alert, source: str, plans: Sequence[SourcePlan]) -> str:
    sent = f"an alert of {alert.platform}" if alert.platform else "a mail"
    if not source:
        allowed = ", ".join(plan.name for plan in plans)
        return (f"{sent} that does not say which source it is of. Let the platform send it to an address with +NAME before the @ "
                f"(NAME one of: {allowed}), or export the records and import them")
    return f"{sent} without an attachment or text that can be read. Let the platform attach RIS, or export the records and import them"


def _mail_name(alert: Alert) -> str:
    return f"{alert.subject or 'mail without a subject'}.eml".replace("/", "_")[:200]


def _named(alert: Alert, part: Part) -> str:
    return f"{part.name} (mail: {alert.subject or 'no subject'})"[:250]

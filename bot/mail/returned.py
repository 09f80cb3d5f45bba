"""Mails that come back: an address to return to for each recipient, and what a returned mail says. What is done about it: bot/steps/mail.

The address is that of a mailbox with +return-WHO-TAG before the @ (sub-addressing, RFC 5233), so that a mail that comes back names whom it could
not reach, whatever its text; the tag keeps strangers from writing people off. Reports: RFC 3464, status codes: RFC 3463.
"""

from __future__ import annotations

import email
import email.policy
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage, Message

from bot.links import LinkKeys, pseudonym

MARK = "return"
TAG = 20
# No such mailbox or domain, or one that is closed (RFC 3463: 5.1.x, 5.2.1): there is nobody to write to.
GONE = re.compile(r"5\.1\.\d+|5\.2\.1")
_NAMED = re.compile(rf"\+{MARK}-(reader|person)-([0-9a-z]+)-([0-9a-f]{{{TAG}}})@", re.IGNORECASE)
HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")


@dataclass(frozen=True, slots=True)
class Returned:
    """A mail that came back. kind: `reader` or `person`; public_id: whom it could not reach; status: as RFC 3463, "" if it says none.

    is_report: whether it is a report of a delivery that failed for good; else it is a delay or an automatic answer.
    """

    kind: str
    public_id: str
    status: str
    is_report: bool

    @property
    def is_gone(self) -> bool:
        """Whether there is nobody to write to."""
        return self.is_report and bool(GONE.fullmatch(self.status))


def return_address(mailbox: Address, keys: LinkKeys, *, kind: str, public_id: str) -> Address:
    """Return the address that mails to one recipient come back to. kind: `reader` or `person`."""
    tag = pseudonym(keys, f"{MARK}:{kind}", public_id)[:TAG]
    return Address(username=f"{mailbox.username}+{MARK}-{kind}-{public_id}-{tag}", domain=mailbox.domain)


def returned(raw: bytes, keys: LinkKeys) -> Returned | None:
    """Return whom a mail was returned from, None if it came to no address of ours to return to. Older keys are good as well."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for kind, public_id, tag in _named(message):
        if any(hmac.compare_digest(pseudonym(replace(keys, current=one), f"{MARK}:{kind}", public_id)[:TAG], tag) for one in keys.keys):
            action, status = _report(message)
            return Returned(kind, public_id, status, action == "failed")
    return None


def _named(message: Message) -> Iterator[tuple[str, str, str]]:
    for header in HEADERS:
        for value in message.get_all(header, ()):
            for found in _NAMED.finditer(str(value)):
                kind, public_id, tag = (part.lower() for part in found.groups())
                yield kind, public_id, tag


def _report(message: EmailMessage) -> tuple[str, str]:
    """Return (action, status) of a delivery report, ("", "") of any other mail."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.iter_parts():
            if block["Action"]:
                status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", str(block.get("Status", "")))
                return str(block["Action"]).strip().lower(), status.group() if status else ""
    return "", ""

"""Make one message for one recipient. Handing it over: bot/mail/smtp.py, bot/mail/folder.py."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bot.errors import InvalidInputError

# A longer header would be folded into encoded words, and one-click unsubscribe with it.
POLICY = SMTP.clone(max_line_length=998)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_ADDRESS = 254
RETURNS_TO = "Return-Path"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture shown inside a mail by its Content-ID, or a file beside it when `cid` is empty."""

    name: str
    media_type: str
    content: bytes
    cid: str = ""


def parse_address(text: str, name: str = "") -> Address:
    """Return one mail address. Raises InvalidInputError for two, none, or one that would break a header."""
    cleaned = text.strip()
    if CONTROL.search(text) or "," in cleaned or ";" in cleaned or " " in cleaned or len(cleaned) > MAX_ADDRESS:
        raise InvalidInputError("This is not one mail address. Enter one, like name@example.org.")
    local, at, domain = cleaned.rpartition("@")
    labels = domain.split(".")
    if not at or not local or "@" in local or not all(re.fullmatch(r"[A-Za-z0-9-]{1,63}", label) for label in labels):
        raise InvalidInputError("This is not a mail address. Enter one like name@example.org.")
    try:
        return Address(display_name=CONTROL.sub(" ", name).strip(), username=local, domain=domain)
    except (ValueError, IndexError) as error:
        raise InvalidInputError("This is not a mail address. Enter one like name@example.org.") from error


def compose(*, sender: Address, recipient: Address, subject: str, text: str, html: str, message_id: str, date: datetime,
            attachments: Sequence[Attachment] = (), unsubscribe: str = "", reply_to: Address | None = None,
            returns_to: Address | None = None) -> EmailMessage:
    """Return the message: text part, HTML part with its pictures, and RFC 8058 headers when `unsubscribe` is an address.

    returns_to: where it comes back to if it cannot be delivered; a mail server is told so and the header stays behind.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = CONTROL.sub(" ", subject)
    if returns_to is not None:
        message[RETURNS_TO] = f"<{returns_to.addr_spec}>"
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{message_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if reply_to is not None:
        message["Reply-To"] = reply_to
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    _attach(message, [a for a in attachments if a.cid], [a for a in attachments if not a.cid])
    _fix_boundaries(message, message_id)
    return message


def _attach(message: EmailMessage, inline: Sequence[Attachment], beside: Sequence[Attachment]) -> None:
    html_part = message.get_body(("html",))
    for attachment in inline:
        main, _, sub = attachment.media_type.partition("/")
        assert isinstance(html_part, EmailMessage)
        html_part.add_related(attachment.content, main, sub, cid=f"<{attachment.cid}>", filename=attachment.name, disposition="inline")
    for attachment in beside:
        main, _, sub = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, main, sub, filename=attachment.name)


def _fix_boundaries(message: EmailMessage, message_id: str) -> None:
    # Boundaries are random otherwise, and the same mail sent again would not be the same bytes.
    for position, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{message_id}_{position}")

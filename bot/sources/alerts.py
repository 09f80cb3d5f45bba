"""What a mail of a platform's alert holds: attachments, and records in its text. How it came: mailbox.py. No mail is sent or changed here.

Platforms are known by senders and subjects, as their help pages name them (Ovid AutoAlert, EBSCOhost alert, ProQuest alert, Embase e-mail
alert, Scopus document alert, Web of Science alert); no real alert was at hand, so each is unverified. What counts is the content:
attachments of any format that `import` reads, and text that is one.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from bot.domain.protocols import SourcePlan

PLATFORMS = {
    "Ovid AutoAlert": r"ovid|autoalert", "EBSCO": r"ebsco", "ProQuest": r"proquest", "Embase": r"embase", "Scopus": r"scopus",
    "Web of Science": r"web of science|clarivate|webofscience", "APA PsycNet": r"psycnet|apa\.org", "Cochrane Library": r"cochrane|wiley",
}
BLOCKS = frozenset(["address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
                    "pre", "section", "table", "tr", "ul"])
SPACE = re.compile(r"[ \t\r\n\f]+")
PLUS = re.compile(r"[^\s<>,;]+\+([\w-]+)@")


@dataclass(frozen=True, slots=True)
class Part:
    """Something in a mail that may be an export. is_attachment: False for the mail's own text."""

    name: str
    content: bytes
    is_attachment: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """A mail taken apart. platform: who seems to have sent it, "" if it does not tell; addressed: what stands behind + in its addresses."""

    sender: str
    subject: str
    sent: str
    platform: str
    addressed: tuple[str, ...]
    words: str
    parts: tuple[Part, ...]


def taken_apart(raw: bytes) -> Alert:
    """Return what a mail holds. A mail that is none at all comes back with one part, its text."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    parts = tuple(_parts(message))
    head = {name: _header(message, name) for name in ("From", "Subject", "Date", "To", "Cc", "Delivered-To", "X-Original-To")}
    told = f"{head['From']} {head['Subject']}"
    platform = next((name for name, pattern in PLATFORMS.items() if re.search(pattern, told, re.IGNORECASE)), "")
    addressed = tuple(dict.fromkeys(PLUS.findall(" ".join(head[name] for name in ("To", "Cc", "Delivered-To", "X-Original-To")))))
    text = next((one.content.decode("utf-8", "replace") for one in parts if not one.is_attachment), "")
    return Alert(head["From"], head["Subject"], head["Date"], platform, addressed, f"{told}\n{text[:2000]}", parts)


def source_of(alert: Alert, plans: Sequence[SourcePlan]) -> str:
    """Return which source of the protocol an alert is of: the one after + in the address, else the only one whose name it says; "" if none."""
    names = [plan.name for plan in plans]
    for one in alert.addressed:
        if one.lower() in names:
            return one.lower()
    said = [plan.name for plan in plans if any(re.search(rf"\b{re.escape(word)}\b", alert.words, re.IGNORECASE) for word in _words(plan))]
    return said[0] if len(said) == 1 else ""


def _words(plan: SourcePlan) -> set[str]:
    """Return how people and platforms call a source: its name and label, without "APA", with the older spelling of PsycInfo."""
    label = re.sub(r"\(.*?\)|^APA ", "", plan.label).strip()
    return {plan.name.replace("_", " "), label, *({"PsycINFO", "PsycInfo"} if "psyc" in plan.name.lower() else ())}


def _parts(message: EmailMessage) -> Iterator[Part]:
    """Return what in a mail may be an export: its attachments, those of mails inside it, and its text. Pictures of a page are none."""
    for number, part in enumerate(message.walk(), start=1):
        kind = part.get_content_type()
        if part.is_multipart() or (kind.startswith("image/") and part.get("Content-ID")):
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content.strip():
            continue
        name = _filename(part)
        is_attachment = bool(name) or part.get_content_disposition() == "attachment" or not kind.startswith("text/")
        if is_attachment:
            yield Part(name or f"attachment {number}", content, is_attachment=True)
        elif kind == "text/plain":
            yield Part("text of the mail", _utf8(content, part), is_attachment=False)
        elif kind == "text/html":
            yield Part("page of the mail", _lines_of(_utf8(content, part)), is_attachment=False)


def _lines_of(page: bytes) -> bytes:
    """Return the text of a page, a line for each block: an export that a platform set as a page is one again. What cannot be read stays."""
    from lxml import etree, html  # type: ignore[attr-defined]  compiled, without stubs

    try:
        tree = html.document_fromstring(page.decode("utf-8", "replace"))
    except (etree.LxmlError, ValueError):
        return page
    for one in tree.iter("style", "script", "title"):
        one.text = None
    # A line break of the source is a space, but where the text is set as it stands.
    for one in tree.iter():
        is_set = any(above.tag == "pre" for above in (one, *one.iterancestors()))
        if not is_set:
            one.text = SPACE.sub(" ", one.text) if one.text and isinstance(one.tag, str) else None
        if one.tail and (one.tag == "pre" or not is_set):
            one.tail = SPACE.sub(" ", one.tail)
        if one.tag in BLOCKS:
            one.tail = f"\n{one.tail if one.tail and one.tail.strip() else ''}"
    return "\n".join(line.rstrip().replace("\N{NO-BREAK SPACE}", " ") for line in tree.text_content().splitlines()).encode()


def _utf8(content: bytes, part: EmailMessage) -> bytes:
    try:
        return content.decode(part.get_content_charset() or "utf-8").encode()
    except (LookupError, UnicodeDecodeError):
        return content


def _filename(part: EmailMessage) -> str:
    try:
        return (part.get_filename() or "").replace("/", "_").strip()[:200]
    except (ValueError, LookupError, AttributeError):
        return ""


def _header(message: EmailMessage, name: str) -> str:
    """Return a header; one that is malformed as it stands: nothing that a stranger writes may stop the reading."""
    try:
        return " ".join(str(value) for value in message.get_all(name, []))[:500]
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        return ""

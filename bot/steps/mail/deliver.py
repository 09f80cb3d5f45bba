"""Send what is in the outbox: each mail once, and what a crash leaves unsure is shown, never sent again by itself.

No transaction is open while the mail server is spoken to. Which mails there are: every step that writes to the outbox.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from bot.errors import InvalidInputError, MailError, MailRefusedError, NotFoundError
from bot.links import LinkKeys, path, token
from bot.mail.message import Attachment, compose, parse_address
from bot.mail.returned import return_address
from bot.mail.transport import MailUnsureError, Transport
from bot.rendering import Renderer
from bot.telemetry import logger, redact
from db import blobs, events, links, outbox, people, readers, reviews
from db.outbox import OutboxRow
from db.session import Database, Session

MOST_ATTEMPTS = 12
# One mail may be refused for its content; two bulletins in a row are refused for the address.
BOUNCES = 2
log = logger("mail")


@dataclass(frozen=True, slots=True)
class DeliveryAccount:
    """What became of the outbox: sent, refused for good or failed, unsure, put off. busy: another process is sending.

    held: why nothing goes out at all.
    """

    sent: int = 0
    failed: int = 0
    unsure: int = 0
    put_off: int = 0
    busy: bool = False
    held: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """What is needed to write and send mails. review_words: slug → what templates know of the review.

    returns: the mailbox that undeliverable mails come back to, at an address for each recipient; None: to the sender.
    per_minute: no more mails than that go out in a minute, 0 for no limit. wait: waits so many seconds; nothing is open meanwhile.
    """

    renderer: Renderer
    keys: LinkKeys
    transport: Transport
    sender: Address
    review_words: Mapping[str, Mapping[str, Any]]
    per_minute: int = 0
    returns: Address | None = None
    wait: Callable[[float], None] = time.sleep


def deliver(*, database: Database, post: Post, by: str, now: Callable[[], datetime], most: int = 100_000) -> DeliveryAccount:
    """Send every mail that may go out now, and return what became of them. Safe to kill at any place and to run again."""
    with database.lock("sender") as got:
        if not got:
            return DeliveryAccount(busy=True)
        with database.reading() as session:
            held = outbox.held(session)
        if held:
            return DeliveryAccount(held=held)
        with database.writing(by=by) as session:
            _, unsure = outbox.recover(session, now=now())
        if unsure:
            log.warning("mails are unsure; see: ./perennial mail unsure", count=unsure)
        results: list[str] = []
        started = time.monotonic()
        try:
            while len(results) < most and (row := _claim(database, by, now())) is not None:
                results.append(_deliver_one(database, post, row, by, now))
                _keep_to_the_limit(post, started, len(results))
        finally:
            post.transport.close()
    return DeliveryAccount(sent=results.count("sent"), failed=results.count("failed"), unsure=results.count("unsure"),
                           put_off=results.count("pending"))


def _keep_to_the_limit(post: Post, started: float, sent: int) -> None:
    """Wait until so many mails may have gone since `started`. Between two mails nothing is claimed, so that a kill here costs nothing."""
    due = sent * 60 / post.per_minute if post.per_minute else 0.0
    if (early := started + due - time.monotonic()) > 0:
        post.wait(early)


def _claim(database: Database, by: str, now: datetime) -> OutboxRow | None:
    with database.reading() as session:
        if not outbox.waits(session, now):
            return None
    with database.writing(by=by) as session:
        return outbox.claim(session, claimed_by=f"{socket.gethostname()}:{os.getpid()}", now=now)


def _deliver_one(database: Database, post: Post, row: OutboxRow, by: str, now: Callable[[], datetime]) -> str:
    """Send one claimed mail, store what became of it, and return its new state."""

    def handing_over() -> None:
        with database.writing(by=by) as session:
            outbox.mark_sending(session, row.id)

    try:
        message = _written(database, post, row)
        post.transport.send(message, handing_over=handing_over)
    except MailUnsureError as error:
        return _store(database, row, by, now(), "unsure", str(error))
    except (MailRefusedError, InvalidInputError, NotFoundError) as error:
        return _store(database, row, by, now(), "failed", str(error))
    except MailError as error:
        state = "failed" if row.attempts >= MOST_ATTEMPTS else "pending"
        return _store(database, row, by, now(), state, str(error))
    return _store(database, row, by, now(), "sent", "")


def _store(database: Database, row: OutboxRow, by: str, at: datetime, state: str, error: str) -> str:
    error = redact(error)
    with database.writing(by=by) as session:
        if state == "sent":
            outbox.mark_sent(session, row.id, at)
        elif state == "unsure":
            outbox.mark_unsure(session, row.id, error)
        elif state == "failed":
            outbox.mark_failed(session, row.id, error)
        else:
            outbox.retry_later(session, row.id, now=at, attempts=row.attempts, error=error)
        if state != "pending":
            events.note(session, review_id=row.review_id, kind=f"mail.{state}", subject=f"mail:{row.key}",
                        data={"template": row.template, "error": error}, at=at)
        if state == "failed" and row.recipient_kind == "subscriber" and outbox.last_refused(session, row, BOUNCES):
            _stop(session, row, at)
    if state != "sent":
        log.warning("mail not sent", state=state, template=row.template, error=error)
    return state


def _stop(session: Session, row: OutboxRow, at: datetime) -> None:
    """Write no more to a reader whose mails come back: a list that goes on doing so is taken for a sender of spam."""
    reader = readers.subscriber(session, row.recipient_id)
    if reader.state == "confirmed":
        reader.state, reader.unsubscribed_at = "unsubscribed", at
        events.note(session, review_id=row.review_id, kind="reader.bounced", subject=readers.by(reader), at=at)


def _written(database: Database, post: Post, row: OutboxRow) -> EmailMessage:
    """Write the mail of an outbox row: the same words and bytes each time."""
    with database.reading() as session:
        recipient = _recipient(session, row)
        review = reviews.review(session, row.review_id)
        urls = _urls(session, post, row.data.get("links", {}))
        returns_to = _returns_to(session, post, row)
        attachments = [
            Attachment(name=item["name"], media_type=item["media_type"], content=blobs.get(session, item["sha256"])[0],
                       cid=item.get("cid", ""))
            for item in row.data.get("attachments", [])
        ]
    words = post.renderer.mail(row.template, {
        **row.data, "review": post.review_words[review.slug], "recipient": {"name": recipient.display_name}, "urls": urls,
        "now": row.created_at})
    return compose(sender=post.sender, recipient=recipient, subject=words.subject, text=words.text, html=words.html,
                   message_id=row.key, date=row.created_at, attachments=attachments, unsubscribe=urls.get("unsubscribe", ""),
                   returns_to=returns_to)


def _returns_to(session: Session, post: Post, row: OutboxRow) -> Address | None:
    """Return where a mail comes back to: an address that names its recipient by the random number that the audit knows."""
    if post.returns is None:
        return None
    if row.recipient_kind == "person":
        return return_address(post.returns, post.keys, kind="person", public_id=people.person(session, row.recipient_id).public_id)
    return return_address(post.returns, post.keys, kind="reader", public_id=readers.subscriber(session, row.recipient_id).public_id)


def _recipient(session: Session, row: OutboxRow) -> Address:
    if row.recipient_kind == "person":
        person = people.person(session, row.recipient_id)
        if not people.roles(session, row.review_id, person.id):
            raise NotFoundError("the recipient is not in the team any more")
        return parse_address(person.email, person.name)
    subscriber = readers.subscriber(session, row.recipient_id)
    if subscriber.state == "unsubscribed" or (subscriber.state == "pending" and row.template != "confirm_subscription"):
        raise NotFoundError("the recipient has left the list")
    return parse_address(subscriber.email)


def _urls(session: Session, post: Post, wanted: Mapping[str, int]) -> dict[str, str]:
    """Return the absolute addresses of the links that a mail names."""
    urls = {}
    for name, link_id in wanted.items():
        link = links.by_id(session, link_id)
        if link is None:
            raise NotFoundError(f"the link {link_id} of this mail is gone")
        text = token(post.keys, link.key_id, link.purpose, link.id)
        urls[name] = post.renderer.site.address + path(link.purpose, text)
    return urls

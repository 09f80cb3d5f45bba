"""Publish what an editor has signed: number it, freeze it, and put one mail per confirmed reader into the outbox.

A published bulletin is never written again. Sending the mails: bot/steps/mail/deliver.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.bulletin.compose import Publication, as_bytes, finished
from bot.bulletin.digest import attachments, digest
from bot.bulletin.followed import followed
from bot.bulletin.pictures import File, pngs_for_mail
from bot.domain.protocols import Protocol
from bot.errors import ConflictError
from bot.links import LinkKeys
from bot.rendering import Renderer
from bot.steps.readers.choose import wanted_by
from db import blobs, bulletins, events, links, outbox, people, readers, reviews
from db.bulletins import BulletinRow
from db.people import PersonRow
from db.session import Database, Session

BATCH = 200
PAGE, TEXT, DATA, STYLE, PRINT, PLAIN = "bulletin.html", "bulletin.txt", "bulletin.json", "style.css", "bulletin.pdf", "plain.html"
EDITOR = "the editor"
BY_ITSELF = "nobody: by its protocol a status note without changes goes by itself;"


@dataclass(frozen=True, slots=True)
class PublishAccount:
    """The numbers that were given, and how many mails went into the outbox."""

    numbers: tuple[int, ...]
    mails: int


def publish(*, database: Database, review_id: int, protocol: Protocol, renderer: Renderer, keys: LinkKeys, by: str,
            now: datetime) -> PublishAccount:
    """Publish every signed bulletin of a review, oldest first. Killed and run again it goes on where it stopped; no mail goes twice."""
    with database.reading() as session:
        signed = bulletins.in_state(session, review_id, "signed")
    numbers = tuple(_freeze(database, row, protocol, renderer, by, now) for row in signed)
    with database.reading() as session:
        waiting = bulletins.not_yet_mailed(session, review_id)
    return PublishAccount(numbers, sum(_mail(database, row, keys, by, now) for row in waiting))


def _freeze(database: Database, row: BulletinRow, protocol: Protocol, renderer: Renderer, by: str, now: datetime) -> int:
    with database.reading() as session:
        number = bulletins.next_number(session, row.review_id)
        signer = people.person(session, row.signed_by) if row.signed_by is not None else None
        audit = events.head(session)
    address = f"/reviews/{protocol.slug}/bulletins/{number}"
    # Outside the demonstration nobody is named who has not agreed to be.
    content = finished(row.content, Publication(
        number=number, dated=now.date(), signed_by=_signer(signer, is_demo=renderer.site.demo),
        signed_on=(row.signed_at or now).date(), draft_sha256=row.content_sha256, site_name=renderer.site.name,
        address=renderer.site.address + address, audit=(audit.place, audit.sha256)))
    files = frozen_files(renderer, content, f"{address}/")
    with database.writing(by=by) as session:
        stored = bulletins.bulletin(session, row.id)
        if stored.state != "signed" or bulletins.next_number(session, row.review_id) != number:
            raise ConflictError("Another process published a bulletin of this review meanwhile. It goes on with the next tick.")
        _store(session, stored, content, files, now)
    return number


def _signer(signer: PersonRow | None, *, is_demo: bool) -> str:
    """Return who signed, as it is printed."""
    if signer is None:
        return BY_ITSELF
    return signer.name if is_demo else EDITOR


def frozen_files(renderer: Renderer, content: dict[str, Any], base: str) -> list[File]:
    """Return what is made at publication: page, text, data, plain words, print, the style sheet as it is today, and pictures for the mail."""
    from bot.bulletin.pdf import pdf  # ReportLab: a site that publishes nothing does without

    style = renderer.templates / "web" / "static" / "style.css"
    return [
        File(PAGE, "text/html; charset=utf-8", renderer.text("page.html", c=content, base=base).encode()),
        File(TEXT, "text/plain; charset=utf-8", renderer.text("bulletin.txt", c=content).encode()),
        File(DATA, "application/json", as_bytes(content)),
        *([File(PLAIN, "text/html; charset=utf-8", renderer.text("plain.html", c=content, base=base).encode())] if "plain" in content else []),
        File(STYLE, "text/css; charset=utf-8", style.read_bytes()),
        File(PRINT, "application/pdf", pdf(content)),
        *pngs_for_mail(content),
    ]


def _store(session: Session, row: BulletinRow, content: dict[str, Any], files: list[File], now: datetime) -> None:
    known = {one.name: (one.media_type, one.sha256) for one in bulletins.files(session, row.id)}
    added = {one.name: (one.media_type, blobs.put(session, one.content, one.media_type)) for one in files}
    bulletins.replace_files(session, row, known | added)
    row.number, row.dated, row.content = content["number"], content["dated"], content
    row.state, row.published_at = "published", now
    reviews.cycle(session, row.cycle_id).state = "published"
    events.note(session, review_id=row.review_id, kind="bulletin.published", subject=f"bulletin:{row.id}",
                data={"number": row.number, "data": added[DATA][1], "page": added[PAGE][1]}, at=now)
    session.flush()


def _mail(database: Database, row: BulletinRow, keys: LinkKeys, by: str, now: datetime) -> int:
    """Put one mail for each reader into the outbox, a batch in each transaction, and return how many readers get it."""
    with database.reading() as session:
        stored = {one.name: (one.media_type, one.sha256) for one in bulletins.files(session, row.id)}
    known: dict[tuple[str, ...], tuple[Mapping[str, Any], dict[str, Any]]] = {}
    count, last = 0, 0
    while True:
        with database.writing(by=by) as session:
            batch = readers.confirmed_batch(session, row.review_id, until=row.published_at or now, after_id=last, most=BATCH)
            for reader in batch:
                content, told = _told(known, row.content, tuple(reader.outcomes), stored)
                if not wanted_by(reader.wants, content):
                    continue
                count += 1
                link = links.create(session, keys, review_id=row.review_id, purpose="unsubscribe", subscriber_id=reader.id, at=now)
                outbox.enqueue(session, review_id=row.review_id, template="bulletin", recipient=("subscriber", reader.id),
                               data={**told, "links": {"unsubscribe": link.id}}, at=now,
                               dedupe_key=f"bulletin:{row.id}:subscriber:{reader.id}")
            if not batch:
                bulletins.bulletin(session, row.id).mailed_at = now
                events.note(session, review_id=row.review_id, kind="bulletin.mailed", subject=f"bulletin:{row.id}",
                            data={"readers": count}, at=now)
                return count
        last = batch[-1].id


def _told(known: dict[tuple[str, ...], tuple[Mapping[str, Any], dict[str, Any]]], content: Mapping[str, Any], outcomes: tuple[str, ...],
          stored: Mapping[str, tuple[str, str]]) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return what readers of these outcomes follow of a bulletin, and what their mail brings; made once for each choice."""
    if outcomes not in known:
        narrowed = followed(content, outcomes)
        known[outcomes] = (narrowed, {"bulletin": digest(narrowed), "attachments": attachments(narrowed, stored)})
    return known[outcomes]

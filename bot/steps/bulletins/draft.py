"""Draft the bulletin of a cycle and ask the editors to sign it. What it says: bot/bulletin; where its facts come from: gather.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.bulletin import changes, digest
from bot.bulletin.compose import compose, fingerprint
from bot.bulletin.living import goes_by_itself
from bot.bulletin.pictures import File, svgs
from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.rendering import Renderer, day
from bot.steps.bulletins.gather import gather
from bot.steps.studies import calls
from db import blobs, bulletins, events, links, outbox, people, reviews
from db.bulletins import BulletinRow
from db.session import Database, Session

SETTLED = ("signed", "published")


@dataclass(frozen=True, slots=True)
class DraftAccount:
    """The draft of a cycle. is_new: False if nothing differs from what was drafted before. editors: how many were asked to sign."""

    bulletin_id: int
    state: str
    status: str
    is_new: bool
    editors: int = 0


def draft(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, renderer: Renderer, keys: LinkKeys, by: str,
          now: datetime) -> DraftAccount:
    """Store a draft with its pictures and mail it to the editors; what is signed or published already stays as it is.

    Run again on the same facts it changes nothing; on other facts, or after it was sent back, it makes the draft anew.
    """
    with database.reading() as session:
        known = bulletins.of_cycle(session, cycle_id)
        if known is not None and known.state in SETTLED:
            return _account(known, is_new=False)
        material = gather(session, review_id=review_id, cycle_id=cycle_id, protocol=protocol, site=renderer.site)
    content = compose(material)
    if known is not None and known.state == "draft" and known.content_sha256 == fingerprint(content):
        return _account(known, is_new=False)
    files = svgs(content)
    with database.writing(by=by) as session:
        row = _store(session, review_id, cycle_id, content, files, now)
        if row.state in SETTLED:
            return _account(row, is_new=False)
        editors = _ask_editors(session, row, content, keys, now, by_itself=goes_by_itself(protocol, content))
        _ask_to_read(session, row, content, keys, now)
        events.note(session, review_id=review_id, kind="bulletin.drafted", subject=f"bulletin:{row.id}",
                    data={"sha256": row.content_sha256, "status": row.status}, at=now)
    return _account(row, is_new=True, editors=editors)


def _account(row: BulletinRow, *, is_new: bool, editors: int = 0) -> DraftAccount:
    return DraftAccount(row.id, row.state, row.status, is_new, editors)


def _store(session: Session, review_id: int, cycle_id: int, content: dict[str, Any], files: Sequence[File], now: datetime) -> BulletinRow:
    """Store the draft in place of an older one; a row that was signed meanwhile is returned as it is."""
    row = bulletins.of_cycle(session, cycle_id)
    if row is not None and row.state in SETTLED:
        return row
    if row is None:
        version = reviews.current_protocol_version(session, review_id)
        row = BulletinRow(review_id=review_id, cycle_id=cycle_id, protocol_version_id=version.id, state="draft", status=changes.FIRST,
                          content={}, content_sha256="", drafted_at=now)
        session.add(row)
    row.state, row.status, row.content, row.content_sha256 = "draft", content["status"], content, fingerprint(content)
    row.drafted_at, row.sent_back_reason = now, None
    session.flush()
    bulletins.replace_files(session, row, {one.name: (one.media_type, blobs.put(session, one.content, one.media_type)) for one in files})
    return row


def _ask_to_read(session: Session, row: BulletinRow, content: Mapping[str, Any], keys: LinkKeys, now: datetime) -> None:
    """Ask the lived-experience members what they say of a draft, once for each bulletin: a draft made anew is at the same link."""
    for person in people.members(session, row.review_id, "lived_experience"):
        link = links.create(session, keys, review_id=row.review_id, purpose="remark", person_id=person.id, subject_id=row.id, at=now)
        outbox.enqueue(session, review_id=row.review_id, template="draft_to_read", recipient=("person", person.id), at=now,
                       data={"period": day(content["period"]), "links": {"remark": link.id}},
                       dedupe_key=f"read:bulletin:{row.id}:person:{person.id}")


def _ask_editors(session: Session, row: BulletinRow, content: Mapping[str, Any], keys: LinkKeys, now: datetime, *,
                 by_itself: bool) -> int:
    editors = people.members(session, row.review_id, "editor")
    told = {
        "period": day(content["period"]), "headline": content["headline"], "failed": content["failed"],
        "searched": digest.searched(content), "pending": digest.pending(content),
        "triggers": content["triggers"], "by_itself": by_itself,
        "changes": [outcome["change"]["sentence"] for outcome in content["outcomes"] if outcome["change"]["changed"]]}
    for editor in editors:
        link = links.create(session, keys, review_id=row.review_id, purpose="sign", person_id=editor.id, subject_id=row.id, at=now)
        # Every month, also where nothing is asked: what was put together can be undone there.
        asked = calls.questions_link(session, editor, review_id=row.review_id, keys=keys, at=now)
        rated = links.create(session, keys, review_id=row.review_id, purpose="certainty", person_id=editor.id, subject_id=row.review_id, at=now)
        outbox.enqueue(session, review_id=row.review_id, template="draft_to_sign", recipient=("person", editor.id),
                       data={**told, "links": {"sign": link.id, "questions": asked.id, "certainty": rated.id}}, at=now,
                       dedupe_key=f"sign:bulletin:{row.id}:{now.isoformat()}:person:{editor.id}")
    return len(editors)

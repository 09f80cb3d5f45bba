"""Attach a report's PDF, say where it was read, or that it could not be had. By whoever is asked to judge it; the newest word holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import access
from bot.domain.decisions import FULL_TEXT
from bot.errors import ConflictError, InvalidInputError, RefusedError
from bot.methods.screening.portable_documents import require_pdf
from db import blobs, events, links, people, records, retrievals, rounds, screening
from db.retrievals import RetrievalRow
from db.rounds import AssignmentRow
from db.session import Database, Session

LONGEST_NOTE = 2000
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Said:
    """state: what holds now. is_new: False if the very same was said before (sent twice, it counts once)."""

    state: str
    is_new: bool


def attach(*, database: Database, token: str, position: int, content: bytes, by: str, now: datetime) -> Said:
    """Keep a PDF as the full text of the report at a place of the link's list, named by its hash.

    Raises LinkError, RefusedError, NotFoundError, InvalidInputError (no PDF, not whole, too large), ConflictError (round closed).
    """
    require_pdf(content)
    return _say(database, token, position, "attached", "", content, by, now)


def say(*, database: Database, token: str, position: int, state: str, note: str, by: str, now: datetime) -> Said:
    """Keep that the full text was read elsewhere, or (`not_retrieved`) could not be had, and what was tried.

    Raises LinkError, RefusedError, NotFoundError, InvalidInputError (no note), ConflictError (round closed, or it is attached already).
    """
    if state not in ("read_elsewhere", "not_retrieved"):
        raise InvalidInputError("Choose one: read elsewhere, or not to be had.")
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise InvalidInputError(f"Say where you read it, or what was tried (authors asked, library), in at most {LONGEST_NOTE:,} characters.")
    return _say(database, token, position, state, note.strip(), b"", by, now)


def _say(database: Database, token: str, position: int, state: str, note: str, content: bytes, by: str, now: datetime) -> Said:
    with database.writing(by=by) as session:
        assignment = _place(session, token, position, by, now)
        report = records.report(session, assignment.report_id)
        known = retrievals.latest(session, [report.id]).get(report.id)
        sha256 = blobs.put(session, content, PDF) if content else None
        if known is not None and (known.state, known.sha256, known.note) == (state, sha256, note):
            return Said(state, is_new=False)
        if known is not None and known.state == "attached" and state == "not_retrieved":
            raise ConflictError("The full text is attached already. Load the page again.")
        retrievals.add(session, RetrievalRow(review_id=report.review_id, report_id=report.id, person_id=assignment.person_id, state=state,
                                             sha256=sha256, size=len(content), note=note, at=now))
        events.note(session, review_id=report.review_id, kind=f"full_text.{state}", subject=f"report:{report.id}",
                    data={"sha256": sha256 or "", "size": len(content)}, at=now)
        return Said(state, is_new=True)


def _place(session: Session, token: str, position: int, by: str, now: datetime) -> AssignmentRow:
    link = links.resolve(session, token, "round", now)
    holder = people.person(session, link.person_id or 0)
    if people.by(holder) != by:
        raise RefusedError("This link belongs to somebody else.")
    access.require(people.roles(session, link.review_id, holder.id), "decide")
    round_row = rounds.share(session, link.subject_id)
    if round_row.stage != FULL_TEXT:
        raise InvalidInputError("This round is about titles and abstracts; full texts come after it.")
    assignment = rounds.own_at(session, round_row.id, holder.id, position)
    settled = screening.resolution(session, round_row.id, assignment.report_id)
    # What could not be had may turn up later: then a later round takes it up.
    if round_row.closed_at is not None and (settled is None or settled.verdict != "awaiting"):
        raise ConflictError(f"This round closed on {round_row.closed_at:%d %B %Y}; what it decided stays as it is.")
    return assignment

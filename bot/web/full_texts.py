"""The full text of a report: attached, said to be read elsewhere or not to be had, and given to those who judge it or appraise it.

It is given to the team alone, by the links they have; as a file to keep, never shown inside a page of ours.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from bot.app import App
from bot.domain.decisions import FULL_TEXT
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.methods.screening.portable_documents import MOST_BYTES
from bot.steps.appraisals.holders import assessor
from bot.steps.full_texts.say import attach, say
from bot.steps.screening import forms
from bot.steps.studies.holders import extractor, verifier
from bot.web import reviewing_views as views
from bot.web.form_fields import printable
from db import blobs, people, retrievals, rounds, studies
from db.session import Session

GET = ["GET", "HEAD"]
# A file of somebody else's making: not to be run, not to be framed, not to be read as anything but what it is.
HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(app: App) -> APIRouter:
    """Return the addresses of full texts."""
    router = APIRouter()

    @router.api_route("/r/{token}/{position}/full-text", methods=GET)
    def given_to_reviewers(token: str, position: str) -> Response:
        with app.database.reading() as session:
            seen = views.seen_by(session, app, token)
            if seen.round.stage != FULL_TEXT:
                raise NotFoundError("There is no full text in this round.")
            return _file(session, rounds.own_at(session, seen.round.id, seen.person.id, _number(position)).report_id)

    @router.post("/r/{token}/{position}/full-text")
    async def keep(request: Request, token: str, position: str) -> Response:
        async with request.form(max_files=1, max_fields=10) as sent:
            file = sent.get("file")
            content = await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) else None
            words = {name: printable(str(sent.get(name) or "")) for name in ("state", "note")}
        return await run_in_threadpool(_keep, app, token, _number(position), content, words)

    @router.api_route("/{kind}/{token}/full-texts/{report}", methods=GET)
    def given_to_those_who_work_on_it(kind: str, token: str, report: str) -> Response:
        holders = {"a": assessor, "x": extractor, "v": verifier}
        if kind not in holders:
            raise NotFoundError("There is no such page.")
        with app.database.reading() as session:
            _, study = holders[kind](session, token, app.clock())
            if _number(report) not in {link.report_id for link in studies.reports_of(session, study.id)}:
                raise NotFoundError("This study has no such report.")
            return _file(session, _number(report))

    return router


def _keep(app: App, token: str, position: int, content: bytes | None, words: dict[str, str]) -> Response:
    with app.database.reading() as session:
        seen = views.seen_by(session, app, token)
    common: dict[str, Any] = {"database": app.database, "token": token, "position": position, "by": people.by(seen.person), "now": app.clock()}
    try:
        if content is not None:
            attach(**common, content=content)
        else:
            say(**common, state=words["state"], note=words["note"])
    except (InvalidInputError, ConflictError) as error:
        with app.database.reading() as session:
            shown = views.record_view(session, seen, position=position, problem=str(error), sent=forms.shown_again({}))
        status = 409 if isinstance(error, ConflictError) else 422
        return HTMLResponse(app.renderer.page("reviewing/record.html", **shown), status_code=status)
    return RedirectResponse(f"/r/{token}/{position}", status_code=303)


def _file(session: Session, report_id: int) -> Response:
    said = retrievals.latest(session, [report_id]).get(report_id)
    if said is None or said.sha256 is None:
        raise NotFoundError("No full text is attached to this report.")
    content, media_type = blobs.get(session, said.sha256)
    name = f"full-text-{said.sha256[:16]}.pdf"
    return Response(content, media_type=media_type, headers=HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0

"""The editor's page: a draft with its pictures, and a choice to sign it or to send it back. Opening it changes nothing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot import access
from bot.app import App
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.steps.bulletins import forms
from bot.steps.bulletins.correct import correct
from bot.steps.bulletins.remark import CLEAR
from bot.steps.bulletins.sign import sign
from bot.web.bulletins import served
from db import blobs, bulletins, links, people, remarks, reviews
from db.bulletins import BulletinRow
from db.people import PersonRow
from db.session import Session

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the editors' addresses."""
    router = APIRouter()

    @router.api_route("/e/{token}", methods=GET)
    def draft_page(token: str) -> Response:
        return HTMLResponse(_page(app, token))

    @router.api_route("/e/{token}/{name}", methods=GET)
    def draft_file(request: Request, token: str, name: str) -> Response:
        with app.database.reading() as session:
            row, _ = _seen(session, app, token)
            sha256 = bulletins.file(session, row.id, name).sha256
            content, media_type = blobs.get(session, sha256)
        return served(request, content, media_type, sha256)

    @router.post("/e/{token}")
    def choose(token: str, choice: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = "",
               version: Annotated[str, Form()] = "", conclusion: Annotated[str, Form()] = "") -> Response:
        sent = {"choice": choice, "reason": reason, "version": version, "conclusion": conclusion}
        with app.database.reading() as session:
            _, editor = _seen(session, app, token)
        try:
            sign(database=app.database, token=token, form=forms.read(sent), by=people.by(editor), now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            status = 409 if isinstance(error, ConflictError) else 422
            return HTMLResponse(_page(app, token, problem=str(error), sent=sent), status_code=status)
        return RedirectResponse(f"/e/{token}", status_code=303)

    @router.post("/e/{token}/correct")
    def correct_one(token: str, number: Annotated[str, Form()] = "", what: Annotated[str, Form()] = "") -> Response:
        with app.database.reading() as session:
            _, editor = _seen(session, app, token)
        try:
            done = correct(database=app.database, token=token, number=number, what=what, by=people.by(editor), now=app.clock())
        except (InvalidInputError, NotFoundError) as error:
            page = _page(app, token, wrong=str(error), sent={"number": number, "what": what})
            return HTMLResponse(page, status_code=404 if isinstance(error, NotFoundError) else 422)
        with app.database.reading() as session:
            row, _ = _seen(session, app, token)
            slug = reviews.review(session, row.review_id).slug
        return RedirectResponse(f"/reviews/{slug}/bulletins/{done.number}", status_code=303)

    return router


def _seen(session: Session, app: App, token: str) -> tuple[BulletinRow, PersonRow]:
    """Return the bulletin and the editor that a link is for. Raises LinkError, RefusedError (no editor any more)."""
    link = links.resolve(session, token, "sign", app.clock())
    access.require(people.roles(session, link.review_id, link.person_id or 0), "sign")
    return bulletins.bulletin(session, link.subject_id or 0), people.person(session, link.person_id or 0)


def _page(app: App, token: str, *, problem: str = "", wrong: str = "", sent: dict[str, str] | None = None) -> str:
    with app.database.reading() as session:
        row, editor = _seen(session, app, token)
        slug = reviews.review(session, row.review_id).slug
        said = [{"who": people.person(session, one.person_id).name, "is_plain": CLEAR[one.clear], "text": one.text,
                 "is_older": one.content_sha256 != row.content_sha256} for one in remarks.of_bulletin(session, row.id)]
        published = [one.number for one in bulletins.published(session, row.review_id)]
    shown: dict[str, Any] = {"choice": "", "reason": "", "conclusion": "", "number": "", "what": ""} | (sent or {})
    return app.renderer.page("signing/draft.html", protocol=app.protocol(slug), bulletin=row, editor=editor, c=row.content,
                             base=f"/e/{token}/", address=f"/e/{token}", problem=problem, wrong=wrong, sent=shown, said=said,
                             published=published)

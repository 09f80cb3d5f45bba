"""The page of lived-experience members (/l): a draft to read, and what they say of it. Opening it changes nothing and makes no session."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot import access
from bot.app import App
from bot.errors import ConflictError, InvalidInputError
from bot.steps.bulletins.remark import CLEAR, remark
from bot.web.bulletins import served
from bot.web.form_fields import Fields
from db import blobs, bulletins, links, people, remarks, reviews
from db.bulletins import BulletinRow
from db.people import PersonRow
from db.session import Session

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the addresses."""
    router = APIRouter()

    @router.api_route("/l/{token}", methods=GET)
    def draft_page(token: str, saved: str = "") -> Response:
        return HTMLResponse(_page(app, token, saved=saved == "1"))

    @router.api_route("/l/{token}/{name}", methods=GET)
    def draft_file(request: Request, token: str, name: str) -> Response:
        with app.database.reading() as session:
            row, _ = _seen(session, app, token)
            sha256 = bulletins.file(session, row.id, name).sha256
            content, media_type = blobs.get(session, sha256)
        return served(request, content, media_type, sha256)

    @router.post("/l/{token}")
    def say(token: str, sent: Fields) -> Response:
        with app.database.reading() as session:
            _, who = _seen(session, app, token)
        try:
            remark(database=app.database, token=token, clear=sent.get("clear", ""), text=sent.get("text", ""), version=sent.get("version", ""),
                   by=people.by(who), now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return HTMLResponse(_page(app, token, problem=str(error), sent=sent), status_code=409 if isinstance(error, ConflictError) else 422)
        return RedirectResponse(f"/l/{token}?saved=1#remark", status_code=303)

    return router


def _seen(session: Session, app: App, token: str) -> tuple[BulletinRow, PersonRow]:
    """Return the bulletin and the person that a link is for. Raises LinkError, RefusedError (not in this role any more)."""
    link = links.resolve(session, token, "remark", app.clock())
    access.require(people.roles(session, link.review_id, link.person_id or 0), "read_drafts")
    return bulletins.bulletin(session, link.subject_id or 0), people.person(session, link.person_id or 0)


def _page(app: App, token: str, *, saved: bool = False, problem: str = "", sent: dict[str, str] | None = None) -> str:
    with app.database.reading() as session:
        row, who = _seen(session, app, token)
        slug = reviews.review(session, row.review_id).slug
        last = next((one for one in remarks.of_bulletin(session, row.id) if one.person_id == who.id), None)
    kept = {"clear": last.clear, "text": last.text} if last is not None else {}
    shown: dict[str, Any] = {"clear": "", "text": ""} | kept | (sent or {})
    return app.renderer.page("signing/remark.html", protocol=app.protocol(slug), bulletin=row, who=who, c=row.content, base=f"/l/{token}/",
                             address=f"/l/{token}", problem=problem, saved=saved, sent=shown, choices=CLEAR)

"""Published bulletins at their permanent addresses: archive, page, files, feed. They are served as they were frozen."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.bulletin.digest import digest
from bot.errors import NotFoundError
from bot.steps.bulletins.publish import PAGE
from bot.web.notices import over
from db import blobs, bulletins, reviews
from db.bulletins import BulletinRow

GET = ["GET", "HEAD"]
IN_FEED = 50


def routes(app: App) -> APIRouter:
    """Return the addresses of bulletins."""
    router = APIRouter()

    @router.api_route("/reviews/{slug}/bulletins", methods=GET)
    def archive(slug: str) -> Response:
        page = app.renderer.page("site/archive.html", protocol=app.protocol(slug), bulletins=[_line(row) for row in published(app, slug)])
        return HTMLResponse(page)

    @router.api_route("/reviews/{slug}/bulletins/latest", methods=GET)
    def latest(slug: str) -> Response:
        app.protocol(slug)
        rows = published(app, slug)
        if not rows:
            raise NotFoundError("This review has not published a bulletin yet.")
        return RedirectResponse(f"/reviews/{slug}/bulletins/{rows[0].number}", status_code=302)

    @router.api_route("/reviews/{slug}/bulletins/{number}", methods=GET)
    def bulletin(request: Request, slug: str, number: str) -> Response:
        return _frozen(app, request, slug, number, PAGE)

    @router.api_route("/reviews/{slug}/bulletins/{number}/{name}", methods=GET)
    def file(request: Request, slug: str, number: str, name: str) -> Response:
        return _frozen(app, request, slug, number, name)

    @router.api_route("/reviews/{slug}/feed.atom", methods=GET)
    def feed(slug: str) -> Response:
        return Response(_feed(app, slug), media_type="application/atom+xml; charset=utf-8")

    return router


def published(app: App, slug: str) -> list[BulletinRow]:
    """Return the published bulletins of a review, newest first; none for one that has not begun. Raises NotFoundError."""
    app.protocol(slug)
    with app.database.reading() as session:
        review = next((row for row in reviews.all_reviews(session) if row.slug == slug), None)
        return list(bulletins.published(session, review.id)) if review else []


def served(request: Request, content: bytes, media_type: str, sha256: str) -> Response:
    """Return stored bytes, or 304 where the reader has them: what is stored under a hash never changes."""
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "no-cache"}
    if f'"{sha256}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _frozen(app: App, request: Request, slug: str, number: str, name: str) -> Response:
    app.protocol(slug)
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise NotFoundError("There is no such bulletin.")
    with app.database.reading() as session:
        review = reviews.review_by_slug(session, slug)
        row = bulletins.by_number(session, review.id, int(number))
        sha256 = bulletins.file(session, row.id, name).sha256
        content, media_type = blobs.get(session, sha256)
    shown = over(app, slug, content) if name == PAGE else content
    return served(request, shown, media_type, sha256 if shown is content else hashlib.sha256(shown).hexdigest())


def _line(row: BulletinRow) -> dict[str, Any]:
    told = digest(row.content)
    return {name: told[name] for name in ("number", "dated", "headline", "changes", "failed", "previous")}


def _feed(app: App, slug: str) -> str:
    protocol, rows, site = app.protocol(slug), published(app, slug)[:IN_FEED], app.renderer.site
    newest = rows[0].published_at if rows and rows[0].published_at else datetime.combine(protocol.dated, datetime.min.time(), UTC)
    return app.renderer.page(
        "site/feed.atom", protocol=protocol, updated=_stamp(newest), host=urlsplit(site.address).hostname or "localhost",
        entries=[{"bulletin": digest(row.content), "updated": _stamp(row.published_at or newest)} for row in rows])


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

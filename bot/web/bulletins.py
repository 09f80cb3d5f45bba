"""Published bulletins at their permanent addresses: archive, page, files, feed. They are served as they were frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.bulletin import pictures, prisma_flow
from bot.bulletin.differences import differences
from bot.bulletin.digest import digest
from bot.errors import NotFoundError
from bot.exchange import bulletin_files
from bot.rendering import DEMO_NOTICE
from bot.steps.bulletins.publish import PAGE
from bot.web.notices import dois, over
from db import blobs, bulletins, reviews
from db.bulletins import BulletinRow

GET = ["GET", "HEAD"]
IN_FEED = 50


def routes(app: App) -> APIRouter:
    """Return the addresses of bulletins."""
    router = APIRouter()

    @router.api_route("/reviews/{slug}/bulletins", methods=GET)
    def archive(slug: str) -> Response:
        page = app.renderer.page("site/archive.html", protocol=app.protocol(slug), dois=dois(app, slug),
                                 bulletins=[_line(row) for row in published(app, slug)])
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

    @router.api_route("/reviews/{slug}/compare", methods=GET)
    def compare(slug: str, older: str = "", newer: str = "") -> Response:
        for number in (older, newer):
            _bulletin(app, slug, number)
        return RedirectResponse(f"/reviews/{slug}/bulletins/{newer}/against/{older}", status_code=302)

    @router.api_route("/reviews/{slug}/bulletins/{number}/against/{other}", methods=GET)
    def against(slug: str, number: str, other: str) -> Response:
        older, newer = sorted((_bulletin(app, slug, one) for one in (number, other)), key=lambda row: row.number or 0)
        page = app.renderer.page("site/differences.html", protocol=app.protocol(slug), older=older.content, newer=newer.content,
                                 found=differences(older.content, newer.content))
        return HTMLResponse(page)

    @router.api_route("/reviews/{slug}/bulletins/{number}/flow", methods=GET)
    def flow(slug: str, number: str) -> Response:
        content = _bulletin(app, slug, number).content
        layouts = [(one, words, prisma_flow.layout(content, one)) for one, words in prisma_flow.LAYOUTS.items()]
        return HTMLResponse(app.renderer.page("site/flow.html", protocol=app.protocol(slug), c=content, layouts=layouts))

    for layout in prisma_flow.LAYOUTS:
        router.add_api_route(f"/reviews/{{slug}}/bulletins/{{number}}/flow-{layout}.svg", _flow_in(app, layout), methods=GET)

    for one in bulletin_files.NAMES:
        router.add_api_route(f"/reviews/{{slug}}/bulletins/{{number}}/{one}", _data_file(app, one), methods=GET)

    @router.api_route("/reviews/{slug}/bulletins/{number}/{name}", methods=GET)
    def file(request: Request, slug: str, number: str, name: str) -> Response:
        return _frozen(app, request, slug, number, name)

    @router.api_route("/reviews/{slug}/feed.atom", methods=GET)
    def feed(slug: str) -> Response:
        return Response(_feed(app, slug), media_type="application/atom+xml; charset=utf-8")

    @router.api_route("/reviews/{slug}/feed.json", methods=GET)
    def json_feed(slug: str) -> Response:
        return Response(json.dumps(_json_feed(app, slug), ensure_ascii=False), media_type="application/feed+json; charset=utf-8")

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


def _flow_in(app: App, layout: int) -> Callable[[Request, str, str], Response]:
    """Return what serves the flow of records in one layout."""

    def serve(request: Request, slug: str, number: str) -> Response:
        content = pictures.flow_in(_bulletin(app, slug, number).content, layout)
        return served(request, content, pictures.SVG, hashlib.sha256(content).hexdigest())

    return serve


def _data_file(app: App, name: str) -> Callable[[Request, str, str], Response]:
    """Return what serves one file that is made from a frozen bulletin."""

    def serve(request: Request, slug: str, number: str) -> Response:
        row = _bulletin(app, slug, number)
        if name != bulletin_files.EVERYTHING:
            content, media_type = bulletin_files.data_file(row.content, name)
        else:
            with app.database.reading() as session:
                files = {one.name: blobs.get(session, one.sha256)[0] for one in bulletins.files(session, row.id)}
            content, media_type = bulletin_files.everything(row.content, files), "application/zip"
        return served(request, content, media_type, hashlib.sha256(content).hexdigest())

    return serve


def _bulletin(app: App, slug: str, number: str) -> BulletinRow:
    app.protocol(slug)
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise NotFoundError("There is no such bulletin.")
    with app.database.reading() as session:
        return bulletins.by_number(session, reviews.review_by_slug(session, slug).id, int(number))


def _frozen(app: App, request: Request, slug: str, number: str, name: str) -> Response:
    row = _bulletin(app, slug, number)
    drawn = next((one["name"] for one in row.content.get("pictures", ()) if f"{one['name']}.png" == name and one["kind"] != "forest"), None)
    if drawn is not None:
        # Drawn from the frozen content: the same bytes each time, and most are never asked for.
        content = pictures.png(row.content, drawn) or b""
        return served(request, content, pictures.PNG, hashlib.sha256(content).hexdigest())
    with app.database.reading() as session:
        sha256 = bulletins.file(session, row.id, name).sha256
        content, media_type = blobs.get(session, sha256)
    shown = over(app, slug, row.number or 0, content) if name == PAGE else content
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


def _json_feed(app: App, slug: str) -> dict[str, Any]:
    """Return the feed in the words of JSON Feed 1.1 (jsonfeed.org)."""
    protocol, site = app.protocol(slug), app.renderer.site
    page, notice = f"{site.address}/reviews/{slug}", DEMO_NOTICE if site.demo else ""
    items = []
    for row in published(app, slug)[:IN_FEED]:
        told = digest(row.content)
        answers = [f"{one['label']}: {one['answer']}" for one in told["answers"]]
        items.append({"id": told["address"], "url": told["address"],
                      "title": f"{told['short_title']}, bulletin {told['number']}: {told['headline']}",
                      "content_text": "\n".join([*([notice] if notice else []), *told["changes"], *answers, told["provisional"]]),
                      "date_published": _stamp(row.published_at or datetime.combine(protocol.dated, datetime.min.time(), UTC))})
    return {"version": "https://jsonfeed.org/version/1.1", "title": protocol.title, "home_page_url": page, "feed_url": f"{page}/feed.json",
            "description": notice or protocol.question, "language": "en", "items": items}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

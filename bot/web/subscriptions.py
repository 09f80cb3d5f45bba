"""Readers' pages: subscribe, confirm, leave. GET shows a page with a button; only a POST changes anything."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.domain.protocols import Protocol
from bot.errors import InvalidInputError
from bot.links import path
from bot.mail.message import parse_address
from bot.rendering import DEMO_NOTICE
from bot.steps.readers.choose import CHOICES, choose, erase, stored
from bot.steps.readers.confirm import confirm
from bot.steps.readers.outcomes import chosen, labels, offered
from bot.steps.readers.subscribe import subscribe
from bot.steps.readers.unsubscribe import unsubscribe
from bot.web import limits
from db import links, readers, reviews

GET = ["GET", "HEAD"]
# Nobody is logged in here: that the holder of an address asks is known only once the link is used.
ANYBODY = "system:web"
Ticked = Annotated[list[str], Form(default_factory=list)]


def routes(app: App) -> APIRouter:
    """Return the readers' addresses."""
    router = APIRouter()

    @router.api_route("/reviews/{slug}/subscribe", methods=GET)
    def form(slug: str, sent: str = "") -> Response:
        name = "readers/asked.html" if sent else "readers/subscribe.html"
        protocol = app.protocol(slug)
        return HTMLResponse(app.renderer.page(name, protocol=protocol, problem="", email="", offered=offered(protocol), ticked=()))

    @router.post("/reviews/{slug}/subscribe")
    def ask(request: Request, slug: str, outcome: Ticked, email: Annotated[str, Form()] = "") -> Response:
        protocol = app.protocol(slug)
        with app.database.reading() as session:
            review = reviews.review_by_slug(session, slug)
        try:
            parse_address(email)
            outcomes = chosen(protocol, outcome)
            limits.require(app, request, limits.SUBSCRIBE)
            with limits.no_sooner():
                subscribe(database=app.database, review_id=review.id, email=email, keys=app.keys, by=ANYBODY, now=app.clock(),
                          outcomes=outcomes)
        except InvalidInputError as error:
            page = app.renderer.page("readers/subscribe.html", protocol=protocol, problem=str(error), email=email, offered=offered(protocol),
                                     ticked=outcome)
            return HTMLResponse(page, status_code=422)
        return RedirectResponse(f"/reviews/{slug}/subscribe?sent=1", status_code=303)

    @router.api_route("/s/{token}", methods=GET)
    def confirm_page(token: str) -> Response:
        return HTMLResponse(_page(app, token, "subscribe", "readers/confirm.html"))

    @router.post("/s/{token}")
    def confirm_now(token: str) -> Response:
        confirm(database=app.database, token=token, by=_holder(app, token, "subscribe"), now=app.clock())
        return HTMLResponse(_page(app, token, "subscribe", "readers/confirmed.html"))

    @router.api_route("/u/{token}", methods=GET)
    def leave_page(token: str, saved: str = "") -> Response:
        return HTMLResponse(_page(app, token, "unsubscribe", "readers/leave.html", saved=bool(saved)))

    @router.post("/u/{token}")
    def leave_now(token: str) -> Response:
        unsubscribe(database=app.database, token=token, by=_holder(app, token, "unsubscribe"), now=app.clock())
        return HTMLResponse(_page(app, token, "unsubscribe", "readers/left.html"))

    @router.post("/u/{token}/wants")
    def choose_now(token: str, outcome: Ticked, wants: Annotated[str, Form()] = "") -> Response:
        holder = _holder(app, token, "unsubscribe")
        try:
            outcomes = chosen(_protocol(app, token), outcome)
            choose(database=app.database, token=token, wants=wants, by=holder, now=app.clock(), outcomes=outcomes)
        except InvalidInputError as error:
            return HTMLResponse(_page(app, token, "unsubscribe", "readers/leave.html", problem=str(error)), status_code=422)
        return RedirectResponse(f"/u/{token}?saved=1", status_code=303)

    @router.api_route("/u/{token}/stored.json", methods=GET)
    def stored_now(token: str) -> Response:
        told = ({"notice": DEMO_NOTICE} if app.renderer.site.demo else {}) | stored(database=app.database, token=token, now=app.clock())
        words = json.dumps(told, ensure_ascii=False, indent=1)
        return Response(words, media_type="application/json", headers={"Content-Disposition": 'attachment; filename="stored.json"'})

    @router.post("/u/{token}/erase")
    def erase_now(token: str) -> Response:
        erase(database=app.database, token=token, by=_holder(app, token, "unsubscribe"), now=app.clock())
        return HTMLResponse(_page(app, token, "unsubscribe", "readers/left.html"))

    return router


def _holder(app: App, token: str, purpose: str) -> str:
    """Return how the audit names the reader whom a link belongs to. Raises LinkError."""
    with app.database.reading() as session:
        link = links.resolve(session, token, purpose, app.clock())
        return readers.by(readers.subscriber(session, link.subscriber_id or 0))


def _protocol(app: App, token: str) -> Protocol:
    with app.database.reading() as session:
        return app.protocol(reviews.review(session, links.resolve(session, token, "unsubscribe", app.clock()).review_id).slug)


def _page(app: App, token: str, purpose: str, template: str, *, problem: str = "", saved: bool = False) -> str:
    with app.database.reading() as session:
        link = links.resolve(session, token, purpose, app.clock())
        row = readers.subscriber(session, link.subscriber_id or 0)
        review = reviews.review(session, link.review_id)
    protocol = app.protocol(review.slug)
    return app.renderer.page(
        template, protocol=protocol, offered=offered(protocol), ticked=row.outcomes, state=row.state, address=path(purpose, token),
        erased=readers.is_erased(row), wants=row.wants, choices=CHOICES, problem=problem, saved=saved, follows=labels(protocol, row.outcomes))

"""The reviewers' pages: a round, and one record of it beside the criteria. What they show: reviewing_views.py; votes: steps/screening/decide.py.

A link opens one person's list of one round, nothing else, and makes no session. Opening a page changes nothing.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.errors import ConflictError, InvalidInputError
from bot.steps.screening import forms
from bot.steps.screening.decide import decide
from bot.web import reviewing_views as views
from db import people

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the reviewers' addresses."""
    router = APIRouter()

    @router.api_route("/r/{token}", methods=GET)
    def round_page(token: str, voted: str = "", page: str = "1", given: str = "", kept: str = "") -> Response:
        with app.database.reading() as session:
            seen = views.seen_by(session, app, token)
            shown = views.round_view(session, seen, page=_number(page), voted=_number(voted), now=app.clock())
            shown |= {"given": _number(given), "kept": _number(kept)}
        return HTMLResponse(app.renderer.page("reviewing/round.html", **shown))

    @router.api_route("/r/{token}/{position}", methods=GET)
    def record_page(token: str, position: str, voted: str = "") -> Response:
        with app.database.reading() as session:
            seen = views.seen_by(session, app, token)
            shown = views.record_view(session, seen, position=_number(position), voted=_number(voted))
        return HTMLResponse(app.renderer.page("reviewing/record.html", **shown))

    @router.post("/r/{token}/{position}")
    def vote(token: str, position: str, verdict: Annotated[str, Form()] = "", criterion: Annotated[str, Form()] = "",
             note: Annotated[str, Form()] = "", version: Annotated[str, Form()] = "") -> Response:
        sent = {"verdict": verdict, "criterion": criterion, "note": note, "version": version}
        place = _number(position)
        with app.database.reading() as session:
            seen = views.seen_by(session, app, token)
        try:
            form = forms.read(sent, [one.id for one in seen.criteria])
            decide(database=app.database, token=token, position=place, form=form, protocol=seen.protocol, by=people.by(seen.person),
                   now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return _again(app, token, place, sent, error)
        with app.database.reading() as session:
            onward = views.next_place(session, seen, after=place)
        target = f"/r/{token}" if onward is None else f"/r/{token}/{onward}"
        return RedirectResponse(f"{target}?{urlencode({'voted': place})}", status_code=303)

    return router


def _again(app: App, token: str, place: int, sent: dict[str, str], error: Exception) -> Response:
    """Show the record again with the sentence and with what was chosen: nothing that a person entered is lost."""
    with app.database.reading() as session:
        seen = views.seen_by(session, app, token)
        shown = views.record_view(session, seen, position=place, problem=str(error), sent=forms.shown_again(sent))
    return HTMLResponse(app.renderer.page("reviewing/record.html", **shown), status_code=409 if isinstance(error, ConflictError) else 422)


def _number(text: str) -> int:
    """Return a number of an address, 0 for anything else: no list has a place 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0

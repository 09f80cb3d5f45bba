"""The team's pages: sign in by a mailed link, declare interests (/d), who does what and how far it is (/team). No page tells a vote.

Opening a link makes no session; the press of its button does. What is stored: bot/steps/people.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot import access
from bot.app import App
from bot.errors import InvalidInputError, RefusedError
from bot.mail.message import parse_address
from bot.steps.people.declare import declare
from bot.steps.people.join import join
from bot.steps.people.leave import leave
from bot.steps.people.sign_in import ask_to_sign_in, sign_in, sign_out, signed_in
from bot.web import limits
from bot.web import team_views as views
from db import links, people, reviews, sign_ins
from db.people import PersonRow

GET = ["GET", "HEAD"]
# Nobody is signed in here: that the holder of an address asks is known only once the link is used.
ANYBODY = "system:web"


def routes(app: App) -> APIRouter:
    """Return the team's addresses."""
    router = APIRouter()
    _interests(app, router)
    _signing_in(app, router)
    _team(app, router)
    return router


def _interests(app: App, router: APIRouter) -> None:
    def page(token: str, problem: str = "", sent: dict[str, str] | None = None, saved: str = "") -> Response:
        with app.database.reading() as session:
            shown = views.interests_view(session, links.resolve(session, token, "interests", app.clock()), app, token=token, sent=sent)
        return HTMLResponse(app.renderer.page("team/interests.html", **shown, problem=problem, saved=saved), status_code=422 if problem else 200)

    @router.api_route("/d/{token}", methods=GET)
    def interests_page(token: str, saved: str = "") -> Response:
        return page(token, saved="1" if saved else "")

    @router.post("/d/{token}")
    def say(token: str, has_any: Annotated[str, Form()] = "", text: Annotated[str, Form()] = "", also_known_as: Annotated[str, Form()] = "",
            orcid: Annotated[str, Form()] = "") -> Response:
        sent = {"has_any": has_any, "text": text, "also_known_as": also_known_as, "orcid": orcid}
        with app.database.reading() as session:
            link = links.resolve(session, token, "interests", app.clock())
            by = people.by(people.person(session, link.person_id or 0))
        try:
            declare(database=app.database, token=token, **sent, by=by, now=app.clock())
        except InvalidInputError as error:
            return page(token, str(error), sent)
        return RedirectResponse(f"/d/{token}?saved=1", status_code=303)


def _signing_in(app: App, router: APIRouter) -> None:
    @router.api_route("/sign-in", methods=GET)
    def form(sent: str = "") -> Response:
        return HTMLResponse(app.renderer.page("team/sign_in.html", problem="", email="", sent=bool(sent)))

    @router.post("/sign-in")
    def ask(request: Request, email: Annotated[str, Form()] = "") -> Response:
        try:
            parse_address(email)
            limits.require(app, request, limits.SIGN_IN)
            with limits.no_sooner():
                ask_to_sign_in(database=app.database, email=email, keys=app.keys, by=ANYBODY, now=app.clock())
        except InvalidInputError as error:
            page = app.renderer.page("team/sign_in.html", problem=str(error), email=email, sent=False)
            return HTMLResponse(page, status_code=422)
        # The same answer to everybody: nobody learns here who is in a team.
        return RedirectResponse("/sign-in?sent=1", status_code=303)

    @router.api_route("/in/{token}", methods=GET)
    def button(token: str) -> Response:
        with app.database.reading() as session:
            link = links.resolve(session, token, "sign_in", app.clock())
            name = people.person(session, link.person_id or 0).name
        return HTMLResponse(app.renderer.page("team/enter.html", address=f"/in/{token}", name=name))

    @router.post("/in/{token}")
    def enter(request: Request, token: str) -> Response:
        # Else another site could sign a reader's browser in as somebody of its choice.
        require_same_site(app, request)
        session_token = sign_in(database=app.database, link_token=token, now=app.clock())
        response = RedirectResponse("/team", status_code=303)
        response.set_cookie(cookie_name(app), session_token, max_age=int(sign_ins.LONGEST.total_seconds()), path="/", httponly=True,
                            samesite="lax", secure=_is_https(app))
        return response

    @router.post("/sign-out")
    def leave_site(request: Request) -> Response:
        require_same_site(app, request)
        who = holder(app, request)
        if who is not None:
            sign_out(database=app.database, session_token=request.cookies[cookie_name(app)], by=people.by(who), now=app.clock())
        response = RedirectResponse("/sign-in", status_code=303)
        response.delete_cookie(cookie_name(app), path="/", secure=_is_https(app), httponly=True, samesite="lax")
        return response


def _team(app: App, router: APIRouter) -> None:
    def page(who: PersonRow, slug: str, problem: str = "") -> Response:
        protocol = app.protocol(slug)
        with app.database.reading() as session:
            review = reviews.review_by_slug(session, slug)
            shown = views.team_view(session, review.id, protocol, who, app)
        return HTMLResponse(app.renderer.page("team/team.html", **shown, problem=problem), status_code=422 if problem else 200)

    @router.api_route("/team", methods=GET)
    def own_reviews(request: Request) -> Response:
        who = holder(app, request)
        if who is None:
            return RedirectResponse("/sign-in", status_code=303)
        with app.database.reading() as session:
            shown = views.own_view(session, who, app)
        return HTMLResponse(app.renderer.page("team/own.html", **shown))

    @router.api_route("/team/{slug}", methods=GET)
    def team_page(request: Request, slug: str) -> Response:
        who = holder(app, request)
        if who is None:
            return RedirectResponse("/sign-in", status_code=303)
        require_member(app, who, slug)
        return page(who, slug)

    @router.post("/team/{slug}/invite")
    def invite(request: Request, slug: str, email: Annotated[str, Form()] = "", name: Annotated[str, Form()] = "",
               role: Annotated[str, Form()] = "") -> Response:
        who, review_id = _editor(app, request, slug)
        try:
            join(database=app.database, review_id=review_id, name=name, email=email, role=role, by=people.by(who), now=app.clock())
        except InvalidInputError as error:
            return page(who, slug, str(error))
        return RedirectResponse(f"/team/{slug}#people", status_code=303)

    @router.post("/team/{slug}/leave")
    def take_out(request: Request, slug: str, person: Annotated[str, Form()] = "") -> Response:
        who, review_id = _editor(app, request, slug)
        with app.database.reading() as session:
            row = people.by_public_id(session, person)
        try:
            if row is not None:
                leave(database=app.database, review_id=review_id, person_id=row.id, by=people.by(who), now=app.clock())
        except RefusedError as error:
            return page(who, slug, str(error))
        return RedirectResponse(f"/team/{slug}#people", status_code=303)


def cookie_name(app: App) -> str:
    """Return the session cookie's name; over TLS one that browsers take from this host alone."""
    return "__Host-perennial" if _is_https(app) else "perennial"


def holder(app: App, request: Request) -> PersonRow | None:
    """Return who is signed in with this browser, or None."""
    with app.database.reading() as session:
        return signed_in(session, request.cookies.get(cookie_name(app)), app.clock())


def require_same_site(app: App, request: Request) -> None:
    """Raise RefusedError for a form that another site sent: a browser says where it comes from."""
    where, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
    if where not in ("", "same-origin", "none") or (origin and urlsplit(origin).netloc != request.headers.get("host", "")):
        raise RefusedError("This form was sent by another site. Open the page here and send it again.")


def _editor(app: App, request: Request, slug: str) -> tuple[PersonRow, int]:
    require_same_site(app, request)
    who = holder(app, request)
    if who is None:
        raise RefusedError("Sign in first: open /sign-in.")
    roles, review_id = require_member(app, who, slug)
    access.require(roles, "invite")
    return who, review_id


def require_member(app: App, who: PersonRow, slug: str) -> tuple[frozenset[str], int]:
    """Return somebody's roles in a review and its row id. Raises RefusedError for who is not in its team."""
    app.protocol(slug)
    with app.database.reading() as session:
        review_id = reviews.review_by_slug(session, slug).id
        roles = people.roles(session, review_id, who.id)
    if not roles:
        raise RefusedError("You are not in the team of this review.")
    return roles, review_id


def _is_https(app: App) -> bool:
    return app.renderer.site.address.startswith("https://")

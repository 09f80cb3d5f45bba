"""The web: pages for readers, reviewers, extractors and editors. Reads through db, writes only through steps; GET never writes."""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from bot import errors
from bot.app import App
from bot.telemetry import logger
from bot.web import limits
from bot.web.guards import BodyLimit, NoNul, SecurityHeaders
from bot.web.kept_pages import KeptPages
from bot.web.last_bulletin import last_bulletin
from db import links

# In this order: a review's own addresses before the general ones.
PARTS = (
    "full_texts", "handing_over", "reviewing", "studies", "desk", "left_out", "questions", "appraisals", "certainty", "signing", "remarks",
    "team", "exports", "imports", "moving_in", "subscriptions", "bulletins", "site", "ops")
STATUS: dict[type[Exception], int] = {
    errors.NotFoundError: 404,
    errors.LinkError: 403,
    errors.TooOftenError: 429,
    errors.RefusedError: 403,
    errors.ConflictError: 409,
    errors.InvalidInputError: 422,
    errors.DatabaseError: 503,
}
NO_PAGE = "There is no such page."
log = logger("web")


def create(app: App) -> FastAPI:
    """Return the web application of a site."""
    web = FastAPI(title=app.renderer.site.name, docs_url=None, redoc_url=None, openapi_url=None)
    web.mount("/static", StaticFiles(directory=app.renderer.templates / "web" / "static"), name="static")
    api = importlib.import_module("bot.web.api")
    web.mount("/api/v1", api.application(app))
    for part in PARTS:
        web.include_router(importlib.import_module(f"bot.web.{part}").routes(app))
    web.add_exception_handler(errors.PerennialError, _ours(app))
    web.add_exception_handler(HTTPException, _http(app, api.http_error))
    web.add_exception_handler(RequestValidationError, _page(app, 422, "What was sent does not fit this page. Go back and try again."))
    # An address with a number beyond what a database holds names nothing that exists.
    web.add_exception_handler(OverflowError, _page(app, 404, NO_PAGE))
    web.add_exception_handler(Exception, _unforeseen(app))
    web.add_middleware(KeptPages, site=app)
    nowhere = HTTPException(404)
    web.add_middleware(NoNul, nowhere=lambda path: api.http_error(None, nowhere) if is_api(path) else error_page(app, 404, NO_PAGE))
    web.add_middleware(BodyLimit, opens=lambda path: opens(app, path))
    web.add_middleware(SecurityHeaders, is_https=app.renderer.site.address.startswith("https://"))
    return web


def opens(app: App, path: str) -> bool:
    """Return whether the link in the path of a page that takes files opens it."""
    parts = path.split("/")
    try:
        with app.database.reading() as session:
            links.resolve(session, parts[2], {"i": "import", "r": "round"}[parts[1]], app.clock())
    except errors.PerennialError:
        return False
    return True


def is_api(path: str) -> bool:
    """Return whether an address is one of the open API's, which answers as JSON whatever is wrong."""
    return path.startswith("/api/v1/")


Handler = Callable[[Request, Exception], Response]


def error_page(app: App, status: int, sentence: str) -> HTMLResponse:
    """Return the page that says in one sentence what is wrong."""
    return HTMLResponse(app.renderer.page("error.html", status=status, sentence=sentence), status_code=status)


def _ours(app: App) -> Handler:
    def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, errors.LinkError):
            error = _counted(app, request, error)
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
        if status >= 500:
            log.error("a page failed", path=request.url.path, error=str(error))
            if isinstance(error, errors.DatabaseError) and request.method in ("GET", "HEAD") and (kept := last_bulletin(app, request.url.path)):
                return kept
        elif status in (403, 429):
            # What was refused is for the log alone: nothing was done that the audit would tell of.
            log.info("refused", path=request.url.path, method=request.method, status=status)
        page = error_page(app, status, str(error))
        if isinstance(error, errors.TooOftenError):
            page.headers["Retry-After"] = str(error.after)
        return page

    return handle


def _counted(app: App, request: Request, error: Exception) -> Exception:
    """Return the error that a link gave, or another one where too many links from there were none."""
    try:
        limits.require(app, request, limits.WRONG_LINKS)
    except errors.TooOftenError as too_often:
        return too_often
    except errors.DatabaseError:
        log.warning("a link that is none was not counted", path=request.url.path)
    return error


def _http(app: App, of_api: Handler) -> Handler:
    sentences = {404: NO_PAGE, 405: "This address does not take that.", 413: "That is too much for one form."}

    def handle(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if is_api(request.url.path):
            # A line break in it kept the address from the API.
            return of_api(request, error)
        response = error_page(app, error.status_code, sentences.get(error.status_code, str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    return handle


def _page(app: App, status: int, sentence: str) -> Handler:
    return lambda _request, _error: error_page(app, status, sentence)


def _unforeseen(app: App) -> Handler:
    def handle(request: Request, error: Exception) -> Response:
        number = secrets.token_hex(4)
        log.error("a page failed", path=request.url.path, number=number, error=f"{type(error).__name__}: {error}")
        sentence = f"Something went wrong here. Nothing was stored. If it happens again, tell the review team the number {number}."
        return error_page(app, 500, sentence)

    return handle

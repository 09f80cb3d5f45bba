"""The open API, version 1: what is published, as JSON, for any program. It only reads. Its description: /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import errors
from bot.app import App
from bot.bulletin.living import standing
from bot.exchange import bulletin_files
from bot.rendering import DEMO_NOTICE
from bot.web.bulletins import published
from bot.web.notices import dois
from db.bulletins import BulletinRow

VERSION = "1"
LATEST = "latest"
DESCRIPTION = ("What living reviews on this site have published. No key is needed, nothing can be written. Numbers are those of the frozen "
               "bulletins: an address with a bulletin's number always gives the same.")


class ReviewOut(BaseModel):
    """A review. latest_bulletin: its newest number, null before the first; status: active, overdue or retired, status_words: why."""

    slug: str
    title: str
    question: str
    protocol_version: str
    latest_bulletin: int | None
    status: str
    status_words: str
    page: str
    bulletins: str


class BulletinOut(BaseModel):
    """A bulletin in short. status: first, no change, estimate updated or conclusion changed; doi: null while it has none."""

    number: int
    dated: str
    status: str
    searched_to: str | None
    notice: str
    page: str
    content: str
    results: str
    doi: str | None


class ResultOut(BaseModel):
    """The result of one outcome, as results.csv has it."""

    model_config = ConfigDict(extra="allow")

    outcome: str
    label: str
    importance: str
    measure: str
    k: int
    participants: int | None
    estimate: float
    ci_low: float | None
    ci_high: float | None
    pi_low: float | None
    pi_high: float | None
    tau2: float | None
    i2: float | None
    certainty: str
    answer: str


class ErrorOut(BaseModel):
    """What was wrong, in a sentence."""

    error: str


Slug = Path(description="The review's short name, as /reviews lists it.", max_length=100)
Number = Path(description="A bulletin's number, or `latest`.", pattern=r"^(latest|[0-9]{1,9})$")


def application(app: App) -> FastAPI:
    """Return the API as an application of its own, to be mounted at /api/v1."""
    about = f"{DEMO_NOTICE}. {DESCRIPTION}" if app.renderer.site.demo else DESCRIPTION
    api = FastAPI(title=f"{app.renderer.site.name}: open API", version=VERSION, description=about, docs_url=None, redoc_url=None,
                  openapi_url="/openapi.json", responses={404: {"model": ErrorOut}, 422: {"model": ErrorOut}})
    api.include_router(_routes(app))
    api.add_middleware(HeadAsGet)
    # What is published is for every program, also for one that runs in another site's page.
    api.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"])
    api.add_exception_handler(errors.NotFoundError, lambda _, error: _error(404, str(error)))
    api.add_exception_handler(errors.DatabaseError, lambda _, __: _error(503, "The database cannot be read now. Ask again later."))
    api.add_exception_handler(HTTPException, http_error)
    api.add_exception_handler(RequestValidationError, lambda _, error: _error(422, _first(error)))
    return api


class HeadAsGet:
    """Answers HEAD as GET; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self.app({**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope, receive, send)


def _routes(app: App) -> APIRouter:
    router = APIRouter()

    @router.get("/reviews", summary="All reviews of this site")
    def reviews_() -> list[ReviewOut]:
        return [_review(app, slug) for slug in app.protocols]

    @router.get("/reviews/{slug}", summary="One review")
    def review(slug: str = Slug) -> ReviewOut:
        return _review(app, slug)

    @router.get("/reviews/{slug}/bulletins", summary="Its bulletins, newest first")
    def bulletins_(slug: str = Slug) -> list[BulletinOut]:
        found = dois(app, slug)
        return [_bulletin(app, slug, row, found.get(row.number or 0)) for row in published(app, slug)]

    @router.get("/reviews/{slug}/bulletins/{number}", summary="The whole content of a bulletin, as it was frozen")
    def bulletin(slug: str = Slug, number: str = Number) -> dict[str, Any]:
        return _row(app, slug, number).content

    @router.get("/reviews/{slug}/bulletins/{number}/results", summary="The results of a bulletin, one for each outcome")
    def results(slug: str = Slug, number: str = Number) -> list[ResultOut]:
        return [ResultOut.model_validate(one) for one in bulletin_files.results(_row(app, slug, number).content)]

    @router.get("/reviews/{slug}/bulletins/{number}/trials", summary="The effects that were pooled, one for each outcome and study")
    def trials(slug: str = Slug, number: str = Number) -> list[dict[str, Any]]:
        return bulletin_files.trials(_row(app, slug, number).content)

    return router


def _review(app: App, slug: str) -> ReviewOut:
    protocol, rows, page = app.protocol(slug), published(app, slug), f"{app.renderer.site.address}/reviews/{slug}"
    stands = standing(protocol, rows[0].content if rows else None, app.clock().date())
    return ReviewOut(slug=slug, status=stands.status, status_words=stands.words, title=protocol.title, question=protocol.question,
                     protocol_version=str(protocol.version),
                     latest_bulletin=rows[0].number if rows else None, page=page,
                     bulletins=f"{app.renderer.site.address}/api/v1/reviews/{slug}/bulletins")


def _bulletin(app: App, slug: str, row: BulletinRow, doi: str | None) -> BulletinOut:
    api, content = f"{app.renderer.site.address}/api/v1/reviews/{slug}/bulletins/{row.number}", row.content
    return BulletinOut(number=content["number"], dated=content["dated"], status=row.status, searched_to=content["searched_to"] or None,
                       notice=content["notice"], page=content["address"], content=api, results=f"{api}/results",
                       doi=doi)


def _row(app: App, slug: str, number: str) -> BulletinRow:
    for row in published(app, slug):
        if number in (LATEST, str(row.number)):
            return row
    raise errors.NotFoundError(f"There is no bulletin {number} of {slug}.")


def http_error(_: Request | None, error: Exception) -> Response:
    """Answer an address or a method that there is none of here, as JSON."""
    assert isinstance(error, HTTPException)
    sentences = {404: "There is no such address in this API; see /api/v1/openapi.json.", 405: "This API only reads: GET."}
    answer = _error(error.status_code, sentences.get(error.status_code, str(error.detail)))
    answer.headers.update(error.headers or {})
    return answer


def _first(error: Exception) -> str:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[0]
    return f"{found['loc'][-1]}: {found['msg']}"


def _error(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)

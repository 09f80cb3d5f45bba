"""The page on which the team brings files that it exported: what each source waits for, what came of each file. Opening it changes nothing.

A small file is taken in at once; a large one is a task of the worker, and a page of its own shows how far it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from bot import access
from bot.app import App
from bot.errors import InvalidInputError, UnreadableFileError
from bot.steps.records.ask_for_search import searches_by_hand
from bot.steps.records.import_file import ImportAccount, import_file
from bot.steps.tasks.ask import ask_for_import
from bot.web.guards import LARGER
from db import links, people, reviews, searches, tasks
from db.people import PersonRow
from db.session import Session

GET = ["GET", "HEAD"]
MOST_FILES = 20
NAMED = 20
# About a second of work; what is larger is done by the worker.
LARGE = 1_000_000
LOOK_AGAIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Brought:
    """A file and what came of it: an account, why it could not be read, or the task that the worker does."""

    name: str
    account: ImportAccount | None
    problem: str = ""
    task: int | None = None


def routes(app: App) -> APIRouter:
    """Return the addresses for files."""
    router = APIRouter()

    @router.api_route("/i/{token}", methods=GET)
    def import_page(token: str) -> Response:
        return HTMLResponse(_page(app, token))

    @router.post("/i/{token}")
    def bring(token: str, files: Annotated[list[UploadFile] | None, File()] = None, source: Annotated[str, Form()] = "") -> Response:
        try:
            brought = _take_in(app, token, [one for one in files or () if one.filename], source)
        except InvalidInputError as error:
            return HTMLResponse(_page(app, token, problem=str(error), source=source), status_code=422)
        return HTMLResponse(_page(app, token, brought=brought, source=source))

    @router.api_route("/i/{token}/tasks", methods=GET)
    def tasks_page(token: str) -> Response:
        with app.database.reading() as session:
            review_id, _ = seen(session, app, token)
            slug = reviews.review(session, review_id).slug
            found = tasks.newest(session, review_id)
        is_at_work = any(row.state in ("waiting", "working") for row in found)
        page = app.renderer.page("imports/tasks.html", protocol=app.protocol(slug), address=f"/i/{token}", tasks=found, is_at_work=is_at_work,
                                 every=LOOK_AGAIN_SECONDS)
        # A page without a form loses nothing when it is shown again; it ends with the work.
        return HTMLResponse(page, headers={"Refresh": str(LOOK_AGAIN_SECONDS)} if is_at_work else {})

    return router


def _take_in(app: App, token: str, files: list[UploadFile], source: str) -> list[Brought]:
    """Take in each file; one that cannot be read keeps no other from its turn. Raises InvalidInputError if there is none, or no source."""
    with app.database.reading() as session:
        review_id, person = seen(session, app, token)
        slug = reviews.review(session, review_id).slug
    allowed = [plan.name for plan in _plans(app, slug)]
    if source not in allowed:
        raise InvalidInputError(f"Say which source the file is of: {', '.join(allowed)}.")
    if not files:
        raise InvalidInputError("Choose a file first.")
    if len(files) > MOST_FILES:
        raise InvalidInputError(f"Bring at most {MOST_FILES} files at a time.")
    brought = []
    for one in files:
        name = (one.filename or "file").replace("\\", "/").rpartition("/")[2][:200]
        content = one.file.read()
        if len(content) > LARGE:
            brought.append(Brought(name, None, task=ask_for_import(
                database=app.database, review_id=review_id, name=name, content=content, source=source, by=people.by(person), now=app.clock())))
            continue
        try:
            account = import_file(database=app.database, review_id=review_id, cycle_id=None, name=name, content=content, source=source,
                                  by=people.by(person), now=app.clock())
            brought.append(Brought(name, account))
        except UnreadableFileError as error:
            brought.append(Brought(name, None, str(error)))
    return brought


def seen(session: Session, app: App, token: str) -> tuple[int, PersonRow]:
    """Return the review and the person that a link is for. Raises LinkError, RefusedError (not in such a role any more)."""
    link = links.resolve(session, token, "import", app.clock())
    access.require(people.roles(session, link.review_id, link.person_id or 0), "import")
    return link.review_id, people.person(session, link.person_id or 0)


def _plans(app: App, slug: str) -> list[Any]:
    protocol = app.protocol(slug)
    return [plan for plan in (*protocol.sources, *protocol.planned_sources) if plan.kind == "file"]


def _page(app: App, token: str, *, problem: str = "", source: str = "", brought: list[Brought] | None = None) -> str:
    with app.database.reading() as session:
        review_id, person = seen(session, app, token)
        slug = reviews.review(session, review_id).slug
        protocol = app.protocol(slug)
        waiting = searches_by_hand(session, review_id, protocol, app.clock())
        strange = searches.not_understood(session, review_id)
        has_tasks = bool(tasks.newest(session, review_id, 1))
        may_move_in = any(access.may(role, "move_in") for role in people.roles(session, review_id, person.id))
    return app.renderer.page("imports/bring.html", protocol=protocol, person=person, address=f"/i/{token}", problem=problem, source=source,
                             may_move_in=may_move_in, plans=_plans(app, slug), waiting=waiting, strange=strange, has_tasks=has_tasks,
                             brought=brought or [], named=NAMED, most=max(LARGER.values()) // 1_000_000)

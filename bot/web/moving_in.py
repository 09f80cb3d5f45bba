"""The page on which a team moves in what it decided and extracted elsewhere (/i/…/moving-in): shown first, kept only when asked to.

What is moved and what not: bot/steps/exchange/move_in.py (decisions) and move_in_numbers.py (results). Opening the page changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from bot import access
from bot.app import App
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError, UnreadableFileError
from bot.steps.exchange.move_in import MoveInAccount, move_in, preview
from bot.steps.exchange.move_in_numbers import NEEDED, move_in_numbers, preview_numbers
from bot.steps.records.deduplicate import deduplicate
from bot.web.form_fields import Fields
from bot.web.imports import seen
from db import people, reviews

GET = ["GET", "HEAD"]
MOVE = "move"
NAMED = 100
REASON, CRITERION = "reason_", "criterion_"


def routes(app: App) -> APIRouter:
    """Return the addresses of the page."""
    router = APIRouter()

    @router.api_route("/i/{token}/moving-in", methods=GET)
    def page(token: str) -> Response:
        return _page(app, token)

    @router.post("/i/{token}/moving-in/decisions")
    def decisions(token: str, sent: Fields) -> Response:
        review_id, protocol, by = _who(app, token)
        reasons = _reasons(sent)
        is_moved = sent.get("step") == MOVE
        common: dict[str, Any] = {"database": app.database, "review_id": review_id, "protocol": protocol, "reasons": reasons}
        deduplicate(database=app.database, review_id=review_id, by=by, now=app.clock())
        try:
            account = move_in(**common, by=by, now=app.clock()) if is_moved else preview(**common)
        except (InvalidInputError, ConflictError) as error:
            return _page(app, token, problem=error)
        return _page(app, token, account=account, is_moved=is_moved, reasons=reasons)

    @router.post("/i/{token}/moving-in/numbers")
    def numbers(token: str, file: Annotated[UploadFile | None, File()] = None, step: Annotated[str, Form()] = "") -> Response:
        review_id, protocol, by = _who(app, token)
        if file is None or not file.filename:
            return _page(app, token, problem=InvalidInputError("Choose a file first."))
        name = file.filename.replace("\\", "/").rpartition("/")[2][:200]
        common: dict[str, Any] = {"database": app.database, "review_id": review_id, "protocol": protocol, "name": name,
                                  "content": file.file.read(), "now": app.clock()}
        is_moved = step == MOVE
        try:
            account = move_in_numbers(**common, by=by) if is_moved else preview_numbers(**common)
        except UnreadableFileError as error:
            return _page(app, token, problem=error)
        return _page(app, token, numbers=account, is_moved=is_moved, name=name)

    return router


def _who(app: App, token: str) -> tuple[int, Protocol, str]:
    """Return the review, its protocol and who asks. Raises LinkError, RefusedError (no editor)."""
    with app.database.reading() as session:
        review_id, person = seen(session, app, token)
        access.require(people.roles(session, review_id, person.id), "move_in")
        return review_id, app.protocol(reviews.review(session, review_id).slug), people.by(person)


def _reasons(sent: Mapping[str, str]) -> dict[str, str]:
    """Return a foreign reason → our criterion, for those that were chosen."""
    return {sent[f"{REASON}{place}"]: criterion for name, criterion in sent.items()
            if name.startswith(CRITERION) and criterion and f"{REASON}{(place := name.removeprefix(CRITERION))}" in sent}


def _page(app: App, token: str, *, problem: Exception | None = None, account: MoveInAccount | None = None,
          reasons: Mapping[str, str] | None = None, **shown: Any) -> Response:
    _, protocol, _ = _who(app, token)
    # What was translated already is offered again: else the next look would have forgotten it.
    words = [*(reasons or {}), *(one for one in account.reasons if one not in (reasons or {}))] if account else []
    page = app.renderer.page("imports/moving_in.html", **({"is_moved": False, "numbers": None, "name": ""} | shown), protocol=protocol,
                             address=f"/i/{token}", problem=str(problem or ""), account=account, reasons=reasons or {}, words=words,
                             named=NAMED, needed=NEEDED)
    return HTMLResponse(page, status_code=409 if isinstance(problem, ConflictError) else 422 if problem else 200)

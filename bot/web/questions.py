"""The pages of those who answer questions (/q): pairs of records, pairs of studies, what was put together, and how to undo it.

What they show: questions_views.py; what an answer does: steps/records/answer_question.py, steps/studies/settle_link.py. A link opens this for
one person of one review, and makes no session. Opening a page changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.errors import ConflictError, InvalidInputError
from bot.steps.records.answer_question import ACTION, PURPOSE, answer_question
from bot.steps.records.undo_merge import undo_merge
from bot.steps.studies.holders import holder
from bot.steps.studies.settle_link import answer_study_question, undo_link, undo_study_merge
from bot.web import questions_views as views
from bot.web.form_fields import Fields

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the addresses of those who answer questions."""
    router = APIRouter()
    _pages(app, router)
    _answers(app, router)
    _undoing(app, router)
    return router


def _pages(app: App, router: APIRouter) -> None:
    @router.api_route("/q/{token}", methods=GET)
    def questions_page(token: str, saved: str = "") -> Response:
        return _page(app, token, "queue", saved=saved == "1")

    @router.api_route("/q/{token}/merged", methods=GET)
    def merged_page(token: str, page: str = "1", saved: str = "") -> Response:
        return _page(app, token, "merged", number=_number(page), saved=saved == "1")

    @router.api_route("/q/{token}/studies", methods=GET)
    def studies_page(token: str, saved: str = "") -> Response:
        return _page(app, token, "studies", saved=saved == "1")


def _answers(app: App, router: APIRouter) -> None:
    @router.post("/q/{token}/records/{question}")
    def answer(token: str, question: str, sent: Fields) -> Response:
        by = _by(app, token)
        return _done_or_again(app, token, "queue", f"records-{_number(question)}", lambda: answer_question(
            database=app.database, token=token, question_id=_number(question), answer=sent.get("answer", ""), by=by, now=app.clock()))

    @router.post("/q/{token}/trials/{question}")
    def answer_trials(token: str, question: str, sent: Fields) -> Response:
        by = _by(app, token)
        return _done_or_again(app, token, "queue", f"trials-{_number(question)}", lambda: answer_study_question(
            database=app.database, token=token, question_id=_number(question), answer=sent.get("answer", ""), by=by, now=app.clock()))


def _undoing(app: App, router: APIRouter) -> None:
    @router.post("/q/{token}/merged/{merge}/undo")
    def undo(token: str, merge: str) -> Response:
        by = _by(app, token)
        return _done_or_again(app, token, "merged", f"merge-{_number(merge)}", lambda: undo_merge(
            database=app.database, token=token, merge_id=_number(merge), by=by, now=app.clock()))

    @router.post("/q/{token}/studies/{merge}/apart")
    def take_apart(token: str, merge: str) -> Response:
        by = _by(app, token)
        return _done_or_again(app, token, "studies", f"merge-{_number(merge)}", lambda: undo_study_merge(
            database=app.database, token=token, merge_id=_number(merge), by=by, now=app.clock()))

    @router.post("/q/{token}/studies/links/{link}/undo")
    def unlink(token: str, link: str) -> Response:
        by = _by(app, token)
        return _done_or_again(app, token, "studies", f"link-{_number(link)}", lambda: undo_link(
            database=app.database, token=token, link_id=_number(link), by=by, now=app.clock()))


def _page(app: App, token: str, which: str, *, number: int = 1, saved: bool = False, problem: Exception | None = None,
          at: str = "") -> Response:
    """Show one of the three pages; `problem` stands at the part `at` of it."""
    with app.database.reading() as session:
        who = holder(session, token, PURPOSE, ACTION, app.clock())
        shown = {"queue": views.queue_view, "merged": views.merged_view, "studies": views.studies_view}[which](
            session, app, who.review_id, number=max(number, 1))
    page = app.renderer.page(f"questions/{which}.html", **shown, address=f"/q/{token}", saved=saved, problem=str(problem or ""), at=at)
    status = 200 if problem is None else 409 if isinstance(problem, ConflictError) else 422
    return HTMLResponse(page, status_code=status)


def _done_or_again(app: App, token: str, which: str, at: str, act: Callable[[], object]) -> Response:
    """Do it and show the page anew; if it is refused, show the page with the sentence where it belongs."""
    try:
        act()
    except (InvalidInputError, ConflictError) as error:
        return _page(app, token, which, problem=error, at=at)
    path = {"queue": "", "merged": "/merged", "studies": "/studies"}[which]
    return RedirectResponse(f"/q/{token}{path}?saved=1", status_code=303)


def _by(app: App, token: str) -> str:
    with app.database.reading() as session:
        return holder(session, token, PURPOSE, ACTION, app.clock()).by


def _number(text: str) -> int:
    """Return a number of an address, 0 for anything else: nothing here has the number 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0

"""What the ranking left out (/q/…/ranking): the list with a way back, proposals to leave out less, and the card of each trained model.

What an answer does: steps/records/bring_back.py. Scores are not shown, and what is in the audit is not told: it would anchor who votes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.access import may
from bot.app import App
from bot.errors import ConflictError, InvalidInputError
from bot.steps.records.answer_question import ACTION, PURPOSE
from bot.steps.records.bring_back import answer_proposal, bring_back
from bot.steps.studies.holders import holder
from bot.web.form_fields import Fields
from bot.web.studies_views import protocol_of
from db import people, rankings, records, unshown
from db.session import Session

GET = ["GET", "HEAD"]
ON_A_PAGE = 50
MOST_CARDS = 24
# A card is kept as it was written; those of older versions lack this.
ADDED_LATER: Mapping[str, Any] = {"unread": 0, "other_reviews": (), "recall_ahead": None, "decided": 0}


def routes(app: App) -> APIRouter:
    """Return the addresses of the page."""
    router = APIRouter()

    @router.api_route("/q/{token}/ranking", methods=GET)
    def ranking_page(token: str, page: str = "1", saved: str = "") -> Response:
        return _page(app, token, number=max(_number(page), 1), saved=saved == "1")

    @router.post("/q/{token}/ranking/back/{report}")
    def back(token: str, report: str) -> Response:
        return _done_or_again(app, token, lambda by: bring_back(
            database=app.database, token=token, unshown_id=_number(report), by=by, now=app.clock()))

    @router.post("/q/{token}/ranking/looser/{proposal}")
    def looser(token: str, proposal: str, sent: Fields) -> Response:
        return _done_or_again(app, token, lambda by: answer_proposal(
            database=app.database, token=token, proposal_id=_number(proposal), decision=sent.get("decision", ""), by=by, now=app.clock()))

    return router


def ranking_view(session: Session, review_id: int, number: int) -> dict[str, Any]:
    """Return what the page shows of a review."""
    total = unshown.count_hidden(session, review_id)
    rows = unshown.page_of_hidden(session, review_id, skip=(number - 1) * ON_A_PAGE, most=ON_A_PAGE)
    proposals = [{"row": made, "why": row.why, "title": records.report(session, row.report_id).title}
                 for made, row in unshown.proposals(session, review_id)]
    cards = [{"row": row, "card": {**ADDED_LATER, **row.card}} for row in rankings.of_review(session, review_id, MOST_CARDS) if row.card]
    return {"total": total, "number": number, "pages": max(1, -(-total // ON_A_PAGE)), "proposals": proposals, "cards": cards,
            "rows": [{"row": row, "record": records.as_record(records.report(session, row.report_id))} for row in rows]}


def _page(app: App, token: str, *, number: int = 1, saved: bool = False, problem: Exception | None = None) -> Response:
    with app.database.reading() as session:
        who = holder(session, token, PURPOSE, ACTION, app.clock())
        protocol = protocol_of(session, app, who.review_id)
        shown: Mapping[str, Any] = ranking_view(session, who.review_id, number)
        is_editor = any(may(role, "answer_notices") for role in people.roles(session, who.review_id, who.person.id))
        review = {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}
        page = app.renderer.page("questions/ranking.html", **shown, review=review, address=f"/q/{token}", saved=saved,
                                 problem=str(problem or ""), is_editor=is_editor, settings=protocol.ranker)
    return HTMLResponse(page, status_code=200 if problem is None else 409 if isinstance(problem, ConflictError) else 422)


def _done_or_again(app: App, token: str, act: Callable[[str], object]) -> Response:
    with app.database.reading() as session:
        by = holder(session, token, PURPOSE, ACTION, app.clock()).by
    try:
        act(by)
    except (InvalidInputError, ConflictError) as error:
        return _page(app, token, problem=error)
    return RedirectResponse(f"/q/{token}/ranking?saved=1", status_code=303)


def _number(text: str) -> int:
    """Return a number of an address, 0 for anything else: nothing here has the number 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0

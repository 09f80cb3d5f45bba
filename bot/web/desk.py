"""The editor's desk (/q/…/desk): notices about reports of studies, studies to confirm. What an answer does: steps/studies/answer_notice.py,
confirm_study.py. Opening the page changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.access import may
from bot.app import App
from bot.bulletin.numbers import interval, signed
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError
from bot.steps.records.answer_question import ACTION, PURPOSE
from bot.steps.studies.answer_notice import answer_notice
from bot.steps.studies.confirm_study import confirm_study
from bot.steps.studies.holders import holder
from bot.steps.studies.retracted import numbers_from, taken_out
from bot.steps.studies.tell_editor import of_studies, to_confirm
from bot.web.form_fields import Fields
from bot.web.studies_views import protocol_of
from bot.web.studies_words import effect_words
from db import appraisals, effects, people, records, studies
from db.effects import LIVE, EffectRow
from db.session import Session

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the addresses of the desk."""
    router = APIRouter()

    @router.api_route("/q/{token}/desk", methods=GET)
    def desk(token: str, saved: str = "") -> Response:
        return _page(app, token, saved=saved == "1")

    @router.post("/q/{token}/notices/{notice}")
    def answer(token: str, notice: str, sent: Fields) -> Response:
        return _done_or_again(app, token, f"notice-{_number(notice)}", sent, lambda by: answer_notice(
            database=app.database, token=token, notice_id=_number(notice), decision=sent.get("decision", ""), words=sent.get("words", ""),
            by=by, now=app.clock()))

    @router.post("/q/{token}/confirm/{study}")
    def confirm(token: str, study: str) -> Response:
        return _done_or_again(app, token, f"study-{_number(study)}", {}, lambda by: confirm_study(
            database=app.database, token=token, study_id=_number(study), by=by, now=app.clock()))

    return router


def desk_view(session: Session, review_id: int, protocol: Protocol) -> dict[str, Any]:
    """Return what the desk shows of a review."""
    out, risks = taken_out(session, review_id), appraisals.overall_of_effects(session, review_id)
    live = {one.id: one for one in effects.effects_of(session, review_id, states=LIVE)}
    told = []
    for row, study in of_studies(session, review_id):
        title = records.report(session, row.report_id).title if row.report_id is not None else ""
        told.append({"row": row, "study": study.label, "title": title,
                     "numbers": [_line(one, protocol) for one in numbers_from(session, row)],
                     "out": [_line(live[effect_id], protocol) for effect_id, why in out.items() if why.id == row.id and effect_id in live]})
    ready = [{"row": row, "lines": [f"{_line(one, protocol)}; risk of bias: {risks[one.id].judgement}"
                                    for one in effects.effects_of_study(session, row.id)]} for row in to_confirm(session, review_id)]
    waiting = {one["row"].id for one in ready}
    return {"notices": sorted(told, key=lambda one: (one["row"].answer is not None, -one["row"].id)), "ready": ready,
            "waits": protocol.pooling.provisional == "never",
            "confirmed": [row.label for row in studies.studies(session, review_id) if row.state == "confirmed" and row.id not in waiting]}


def _line(row: EffectRow, protocol: Protocol) -> str:
    outcome = protocol.outcome(row.outcome)
    shown = effect_words(row.yi, row.vi, row.measure, row.formula, outcome)
    return (f"{outcome.label}, {row.instrument}, {row.time_point}: {row.measure} {signed(shown['value'])} "
            f"{interval(shown['low'], shown['high'])}, {row.n_e} against {row.n_c} people")


def _page(app: App, token: str, *, saved: bool = False, problem: Exception | None = None, at: str = "",
          sent: Mapping[str, str] | None = None) -> Response:
    with app.database.reading() as session:
        who = holder(session, token, PURPOSE, ACTION, app.clock())
        protocol = protocol_of(session, app, who.review_id)
        shown = desk_view(session, who.review_id, protocol)
        is_editor = any(may(role, "answer_notices") for role in people.roles(session, who.review_id, who.person.id))
    review = {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}
    page = app.renderer.page("questions/desk.html", **shown, review=review, address=f"/q/{token}", saved=saved, at=at,
                             problem=str(problem or ""), is_editor=is_editor, sent={"decision": "", "words": ""} | dict(sent or {}))
    return HTMLResponse(page, status_code=200 if problem is None else 409 if isinstance(problem, ConflictError) else 422)


def _done_or_again(app: App, token: str, at: str, sent: Mapping[str, str], act: Callable[[str], object]) -> Response:
    """Do it and show the desk anew; if it is refused, show it with the sentence where it belongs and with what was entered."""
    with app.database.reading() as session:
        by = holder(session, token, PURPOSE, ACTION, app.clock()).by
    try:
        act(by)
    except (InvalidInputError, ConflictError) as error:
        return _page(app, token, problem=error, at=at, sent=sent)
    return RedirectResponse(f"/q/{token}/desk?saved=1", status_code=303)


def _number(text: str) -> int:
    """Return a number of an address, 0 for anything else: nothing here has the number 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0

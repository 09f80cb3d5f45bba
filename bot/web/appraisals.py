"""The pages of an appraisal (/a): a study's results, one result, one question or one judgement at a time. What they show: appraisals_views.py.

A link opens one study for one person, and makes no session. Opening a page changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError
from bot.steps.appraisals import forms
from bot.steps.appraisals.answer import answer
from bot.steps.appraisals.choose_rules import choose_rules, sign_rules
from bot.steps.appraisals.hand_in import hand_in
from bot.steps.appraisals.holders import assessor, seat
from bot.steps.appraisals.judge import judge
from bot.steps.appraisals.reopen import reopen
from bot.web import appraisals_views as views
from bot.web.form_fields import Fields
from db import reviews
from db.session import Session

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the addresses of those who appraise."""
    router = APIRouter()
    _looking(app, router)
    _giving(app, router)
    return router


def _looking(app: App, router: APIRouter) -> None:
    @router.api_route("/a/{token}", methods=GET)
    def study_page(token: str) -> Response:
        with app.database.reading() as session:
            who, row = assessor(session, token, app.clock())
            shown = views.study_view(session, who, row, _protocol(app, session, row.review_id), token=token)
        return HTMLResponse(app.renderer.page("appraisals/study.html", **shown))

    @router.api_route("/a/{token}/{effect}", methods=GET)
    def result_page(token: str, effect: str) -> Response:
        return _result_page(app, token, _number(effect))

    @router.api_route("/a/{token}/{effect}/questions/{number}", methods=GET)
    def question_page(token: str, effect: str, number: str) -> Response:
        return _question_page(app, token, _number(effect), number)

    @router.api_route("/a/{token}/{effect}/domains/{domain}", methods=GET)
    def domain_page(token: str, effect: str, domain: str) -> Response:
        return _domain_page(app, token, _number(effect), domain)

    @router.api_route("/a/{token}/{effect}/rules", methods=GET)
    def rules_page(token: str, effect: str) -> Response:
        with app.database.reading() as session:
            here = seat(session, token, _number(effect), app.clock())
            shown = views.rules_view(session, here, _protocol(app, session, here.who.review_id), token=token)
        return HTMLResponse(app.renderer.page("appraisals/rules.html", **shown))


def _giving(app: App, router: APIRouter) -> None:
    @router.post("/a/{token}/{effect}/questions/{number}")
    def give_answer(token: str, effect: str, number: str, sent: Fields) -> Response:
        place = _number(effect)
        try:
            answer(database=app.database, token=token, effect_id=place, question=number, form=forms.read_answer(_versioned(sent)),
                   by=_by(app, token), now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return _question_page(app, token, place, number, error, sent)
        with app.database.reading() as session:
            onward = views.onward(session, seat(session, token, place, app.clock()), after=number)
        return RedirectResponse(f"/a/{token}/{place}{onward}", status_code=303)

    @router.post("/a/{token}/{effect}/domains/{domain}")
    def give_judgement(token: str, effect: str, domain: str, sent: Fields) -> Response:
        place = _number(effect)
        try:
            judge(database=app.database, token=token, effect_id=place, domain_id=domain, form=forms.read_judgement(_versioned(sent)),
                  by=_by(app, token), now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return _domain_page(app, token, place, domain, error, sent)
        with app.database.reading() as session:
            onward = views.onward(session, seat(session, token, place, app.clock()), judged=domain)
        return RedirectResponse(f"/a/{token}/{place}{onward}", status_code=303)

    @router.post("/a/{token}/{effect}/hand-in")
    def give_in(token: str, effect: str) -> Response:
        place = _number(effect)
        with app.database.reading() as session:
            protocol = _protocol(app, session, assessor(session, token, app.clock())[0].review_id)
        return _done_or_again(app, token, place, lambda: hand_in(
            database=app.database, token=token, effect_id=place, protocol=protocol, keys=app.keys, by=_by(app, token), now=app.clock()))

    @router.post("/a/{token}/{effect}/rules")
    def other_rules(token: str, effect: str, sent: Fields) -> Response:
        place, chosen, agreed = _number(effect), sent.get("variant", ""), sent.get("agree", "")
        if agreed:
            return _done_or_again(app, token, place, lambda: sign_rules(
                database=app.database, token=token, effect_id=place, rules_sha256=agreed, by=_by(app, token), now=app.clock()))
        return _done_or_again(app, token, place, lambda: choose_rules(
            database=app.database, token=token, effect_id=place, variant_id=chosen, by=_by(app, token), now=app.clock()))

    @router.post("/a/{token}/{effect}/reopen")
    def open_again(token: str, effect: str, sent: Fields) -> Response:
        place = _number(effect)
        return _done_or_again(app, token, place, lambda: reopen(
            database=app.database, token=token, effect_id=place, reason=sent.get("reason", ""), by=_by(app, token), now=app.clock()))


def _result_page(app: App, token: str, effect: int, problem: Exception | None = None) -> Response:
    with app.database.reading() as session:
        here = seat(session, token, effect, app.clock())
        shown = views.result_view(session, here, _protocol(app, session, here.who.review_id), token=token, problem=str(problem or ""))
    return HTMLResponse(app.renderer.page("appraisals/result.html", **shown), status_code=_status(problem))


def _question_page(app: App, token: str, effect: int, number: str, problem: Exception | None = None,
                   sent: Mapping[str, str] | None = None) -> Response:
    with app.database.reading() as session:
        here = seat(session, token, effect, app.clock())
        shown = views.question_view(session, here, _protocol(app, session, here.who.review_id), number, token=token, problem=str(problem or ""),
                                    sent=sent)
    return HTMLResponse(app.renderer.page("appraisals/question.html", **shown), status_code=_status(problem))


def _domain_page(app: App, token: str, effect: int, domain: str, problem: Exception | None = None,
                 sent: Mapping[str, str] | None = None) -> Response:
    with app.database.reading() as session:
        here = seat(session, token, effect, app.clock())
        shown = views.domain_view(session, here, _protocol(app, session, here.who.review_id), domain, token=token, problem=str(problem or ""),
                                  sent=sent)
    return HTMLResponse(app.renderer.page("appraisals/domain.html", **shown), status_code=_status(problem))


def _done_or_again(app: App, token: str, effect: int, act: Callable[[], object]) -> Response:
    """Do it and show the result's page; if it is refused, show the page with the sentence."""
    try:
        act()
    except (InvalidInputError, ConflictError) as error:
        return _result_page(app, token, effect, error)
    return RedirectResponse(f"/a/{token}/{effect}", status_code=303)


def _protocol(app: App, session: Session, review_id: int) -> Protocol:
    return app.protocol(reviews.review(session, review_id).slug)


def _by(app: App, token: str) -> str:
    with app.database.reading() as session:
        return assessor(session, token, app.clock())[0].by


def _versioned(sent: Mapping[str, str]) -> dict[str, Any]:
    return dict(sent) | {"version": _number(sent.get("version", ""))}


def _status(problem: Exception | None) -> int:
    if problem is None:
        return 200
    return 409 if isinstance(problem, ConflictError) else 422


def _number(text: str) -> int:
    """Return a number of an address or field, 0 for anything else: nothing here has the number 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0

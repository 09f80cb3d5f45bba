"""The pages of extraction (/x), verification (/v) and the starting set (/c). What they show: studies_views.py, verification_views.py.

A link opens one study (or one starting set) for one person, and makes no session. Opening a page changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.errors import ConflictError, InvalidInputError
from bot.steps.studies import forms
from bot.steps.studies.await_report import await_report
from bot.steps.studies.confirm_starting_set import Judgement, confirm_starting_set
from bot.steps.studies.extract import extract
from bot.steps.studies.finish_extraction import Statement, finish_extraction
from bot.steps.studies.holders import extractor, holder, verifier
from bot.steps.studies.join import join
from bot.steps.studies.settle_differences import Choice, settle_differences
from bot.steps.studies.verify import LIST, Verdict, verify
from bot.steps.studies.weigh import weigh
from bot.steps.studies.withdraw_effect import withdraw_effect
from bot.web import prefill, verification_views
from bot.web import studies_views as views
from bot.web.form_fields import Fields

GET = ["GET", "HEAD"]
CHECK, STORE, EDIT = "check", "store", "edit"


def routes(app: App) -> APIRouter:
    """Return the addresses of those who extract, verify and confirm."""
    router = APIRouter()
    _extraction(app, router)
    _results(app, router)
    _verification(app, router)
    _starting_set(app, router)
    return router


def _extraction(app: App, router: APIRouter) -> None:
    @router.api_route("/x/{token}", methods=GET)
    def study_page(token: str) -> Response:
        return _study_page(app, token)

    @router.post("/x/{token}/finish")
    def finish(token: str, sent: Fields) -> Response:
        said = {name.removeprefix("outcome_"): Statement(kind, sent.get(f"known_{name.removeprefix('outcome_')}", "").strip())
                for name, kind in sent.items() if name.startswith("outcome_")}
        with app.database.reading() as session:
            who, _ = extractor(session, token, app.clock())
            protocol = views.protocol_of(session, app, who.review_id)
        return _done_or_again(app, token, sent, lambda: finish_extraction(
            database=app.database, token=token, statements=said, protocol=protocol, keys=app.keys, by=who.by, now=app.clock()))

    @router.post("/x/{token}/wait")
    def wait(token: str, sent: Fields) -> Response:
        return _done_or_again(app, token, sent, lambda: await_report(
            database=app.database, token=token, waits_for=sent.get("waits_for", ""), by=_by(app, token), now=app.clock()))

    @router.post("/x/{token}/withdraw/{effect}")
    def withdraw(token: str, effect: str, sent: Fields) -> Response:
        return _done_or_again(app, token, sent, lambda: withdraw_effect(
            database=app.database, token=token, effect_id=_number(effect), reason=sent.get("reason", ""), by=_by(app, token), now=app.clock()))

    @router.post("/x/{token}/settle/{effect}")
    def settle(token: str, effect: str, sent: Fields) -> Response:
        by, choices = _by(app, token), {
            _number(key): Choice(sent[f"choice_{key}"], sent.get(f"reason_{key}", "").strip())
            for key in (name.removeprefix("choice_") for name in sent if name.startswith("choice_"))}
        try:
            done = settle_differences(database=app.database, token=token, effect_id=_number(effect), choices=choices, by=by, now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return _study_page(app, token, problem=error, sent=sent)
        where = f"#outcome-{done.outcome}" if done.stands else f"/effects/{done.outcome}?corrects={_number(effect)}"
        return RedirectResponse(f"/x/{token}{where}", status_code=303)

    @router.post("/x/{token}/join")
    def same_trial(token: str, sent: Fields) -> Response:
        by, other = _by(app, token), _number(sent.get("study", ""))
        try:
            join(database=app.database, token=token, other_id=other, by=by, now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return _study_page(app, token, problem=error, sent=sent)
        return HTMLResponse(app.renderer.page("studies/joined.html"))


def _results(app: App, router: APIRouter) -> None:
    @router.api_route("/x/{token}/effects/{outcome}", methods=GET)
    def form_page(token: str, outcome: str, corrects: str = "", gives: str = "", fill: str = "", e: str = "", c: str = "") -> Response:
        with app.database.reading() as session:
            who, row = extractor(session, token, app.clock())
            protocol = views.protocol_of(session, app, who.review_id)
            wanted = protocol.outcome(outcome)
            offered = prefill.offered(session, row, wanted)
            filled = prefill.filled(offered, fill, intervention=e, comparison=c)
            sent = views.begin_with(session, row, wanted, corrects=corrects, gives=gives) | filled
            shown = views.form_view(session, row, wanted, protocol, token=token, sent=sent) | {"offered": offered, "is_filled": bool(filled)}
        return HTMLResponse(app.renderer.page("studies/result.html", **shown))

    @router.post("/x/{token}/effects/{outcome}")
    def enter(token: str, outcome: str, sent: Fields) -> Response:
        # Whose link it is comes before what was sent: a stranger learns nothing of the form.
        with app.database.reading() as session:
            who, _ = extractor(session, token, app.clock())
            protocol = views.protocol_of(session, app, who.review_id)
        step = sent.pop("step", CHECK)
        form, answers = forms.read(sent)
        if step != STORE:
            return _check_page(app, token, outcome, form, answers, edit=step == EDIT)
        stored = extract(database=app.database, token=token, outcome_id=outcome, form=form, answers=answers, protocol=protocol, by=who.by,
                         now=app.clock())
        if stored.effect_id is None:
            return _check_page(app, token, outcome, form, answers, asked=True)
        return RedirectResponse(f"/x/{token}#outcome-{outcome}", status_code=303)


def _verification(app: App, router: APIRouter) -> None:
    def page(token: str, problem: Exception | None = None, sent: Mapping[str, str] | None = None) -> Response:
        with app.database.reading() as session:
            who, row = verifier(session, token, app.clock())
            protocol = views.protocol_of(session, app, who.review_id)
            shown = verification_views.verification_view(session, row, protocol, token=token, problem=str(problem or ""), sent=sent)
        return HTMLResponse(app.renderer.page("studies/verification.html", **shown), status_code=_status(problem))

    @router.api_route("/v/{token}", methods=GET)
    def verification_page(token: str) -> Response:
        return page(token)

    @router.post("/v/{token}")
    def judge(token: str, sent: Fields) -> Response:
        verdicts = {_number(key): Verdict(sent[f"effect_{key}"], sent.get(f"note_{key}", "").strip(), _reads(sent, key))
                    for key in (name.removeprefix("effect_") for name in sent if name.startswith("effect_"))}
        on_list = Verdict(sent.get(LIST, ""), sent.get(f"note_{LIST}", "").strip())
        with app.database.reading() as session:
            who, _ = verifier(session, token, app.clock())
            protocol = views.protocol_of(session, app, who.review_id)
        try:
            verify(database=app.database, token=token, verdicts=verdicts, on_list=on_list, protocol=protocol, keys=app.keys, by=who.by,
                   now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return page(token, error, sent)
        return RedirectResponse(f"/v/{token}", status_code=303)


def _starting_set(app: App, router: APIRouter) -> None:
    def page(token: str, problem: Exception | None = None, saved: str = "", sent: Mapping[str, str] | None = None) -> Response:
        with app.database.reading() as session:
            who = holder(session, token, "starting_set", "confirm_starting_set", app.clock())
            protocol = views.protocol_of(session, app, who.review_id)
            shown = verification_views.starting_set_view(session, who.review_id, protocol, token=token, problem=str(problem or ""),
                                                         saved=saved, sent=sent)
        return HTMLResponse(app.renderer.page("studies/starting_set.html", **shown), status_code=_status(problem))

    @router.api_route("/c/{token}", methods=GET)
    def starting_set_page(token: str, saved: str = "") -> Response:
        return page(token, saved=saved if saved.isdigit() else "")

    @router.post("/c/{token}")
    def judge(token: str, sent: Fields) -> Response:
        chosen = {_number(name.removeprefix("row_")): Judgement(choice, sent.get(f"why_{name.removeprefix('row_')}", "").strip())
                  for name, choice in sent.items() if name.startswith("row_") and choice}
        with app.database.reading() as session:
            who = holder(session, token, "starting_set", "confirm_starting_set", app.clock())
        try:
            confirm_starting_set(database=app.database, token=token, judgements=chosen, by=who.by, now=app.clock())
        except (InvalidInputError, ConflictError) as error:
            return page(token, error, sent=sent)
        return RedirectResponse(f"/c/{token}?{urlencode({'saved': len(chosen)})}", status_code=303)


def _study_page(app: App, token: str, problem: Exception | None = None, sent: Mapping[str, str] | None = None) -> Response:
    with app.database.reading() as session:
        who, row = extractor(session, token, app.clock())
        protocol = views.protocol_of(session, app, who.review_id)
        shown = views.study_view(session, row, protocol, token=token, problem=str(problem or ""), sent=sent)
    return HTMLResponse(app.renderer.page("studies/study.html", **shown), status_code=_status(problem))


def _check_page(app: App, token: str, outcome: str, form: forms.EffectForm, answers: Mapping[str, str], *, edit: bool = False,
                asked: bool = False) -> Response:
    """Show what a result comes to; or the form again, with what was entered, if it is wrong or is to be changed."""
    with app.database.reading() as session:
        who, row = extractor(session, token, app.clock())
        protocol = views.protocol_of(session, app, who.review_id)
        wanted = protocol.outcome(outcome)
        weighed = weigh(session, study=row, outcome=wanted, form=form, protocol=protocol)
        if edit or weighed.problems:
            problems = () if edit else weighed.problems
            shown = views.form_view(session, row, wanted, protocol, token=token, sent=form.model_dump(), problems=problems)
            return HTMLResponse(app.renderer.page("studies/result.html", **shown), status_code=422 if problems else 200)
        problems = weighed.unready(form, answers, wanted) if asked else ()
        shown = views.check_view(session, row, wanted, protocol, weighed, token=token, form=form, answers=answers, problems=problems)
    return HTMLResponse(app.renderer.page("studies/check.html", **shown), status_code=422 if problems else 200)


def _done_or_again(app: App, token: str, sent: Mapping[str, str], act: Callable[[], object]) -> Response:
    """Do it and show the study's page; if it is refused, show the page with the sentence and with what was entered."""
    try:
        act()
    except (InvalidInputError, ConflictError) as error:
        return _study_page(app, token, problem=error, sent=sent)
    return RedirectResponse(f"/x/{token}", status_code=303)


def _reads(sent: Mapping[str, str], effect: str) -> dict[str, str]:
    """Return field → what the verifier of a result reads in the report, where something was typed."""
    begin = f"reads_{effect}_"
    return {name.removeprefix(begin): text.strip() for name, text in sent.items() if name.startswith(begin) and text.strip()}


def _by(app: App, token: str) -> str:
    with app.database.reading() as session:
        return extractor(session, token, app.clock())[0].by


def _status(problem: Exception | None) -> int:
    if problem is None:
        return 200
    return 409 if isinstance(problem, ConflictError) else 422


def _number(text: str) -> int:
    """Return a number of an address or field, 0 for anything else: nothing here has the number 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0

"""The pages on which an editor rates certainty (/g): what the data suggest, and a decision on every domain. Opening one changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot import access
from bot.app import App
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError, RefusedError
from bot.methods.certainty.levels import DEEPEST, SIGNS, UP, Level
from bot.steps.certainty.assemble import Rateable, assemble
from bot.steps.certainty.complete import reached, sign_complete
from bot.steps.certainty.rate import ACTION, NON_RANDOMISED, PURPOSE, RANDOMISED, body_of, rate
from bot.web.form_fields import Fields
from db import certainty, completeness, links, people, reviews
from db.certainty import CertaintyRatingRow
from db.session import Session

GET = ["GET", "HEAD"]
OTHER = "not-randomised"
DOWN = {0: "not serious: stays", -1: "serious: one level down", -2: "very serious: two levels down", -3: "extremely serious: three levels down"}
UPWARDS = {0: "stays", 1: "one level up", 2: "two levels up"}
NAMES = {"risk_of_bias": "Risk of bias", "inconsistency": "Inconsistency", "indirectness": "Indirectness", "imprecision": "Imprecision",
         "publication_bias": "Publication bias", "large_effect": "Large effect",
         "dose_response": "Dose and response", "confounding": "What was not accounted for"}


def routes(app: App) -> APIRouter:
    """Return the addresses of those who rate certainty."""
    router = APIRouter()

    @router.api_route("/g/{token}", methods=GET)
    def outcomes_page(token: str, saved: str = "") -> Response:
        return HTMLResponse(_list(app, token, saved=saved))

    @router.post("/g/{token}/{outcome}/complete")
    def complete(token: str, outcome: str, sent: Fields) -> Response:
        with app.database.reading() as session:
            link = links.resolve(session, token, PURPOSE, app.clock())
            by = people.by(people.person(session, link.person_id or 0))
            protocol = app.protocol(reviews.review(session, link.review_id).slug)
        try:
            sign_complete(database=app.database, token=token, outcome=outcome, sent=sent, protocol=protocol, by=by, now=app.clock())
        except InvalidInputError as error:
            return HTMLResponse(_list(app, token, saved="", problem=str(error), at=outcome), status_code=422)
        return RedirectResponse(f"/g/{token}?saved={outcome}", status_code=303)

    @router.api_route("/g/{token}/{outcome}", methods=GET)
    def outcome_page(token: str, outcome: str) -> Response:
        return HTMLResponse(_form(app, token, outcome, RANDOMISED))

    @router.api_route(f"/g/{{token}}/{{outcome}}/{OTHER}", methods=GET)
    def other_page(token: str, outcome: str) -> Response:
        return HTMLResponse(_form(app, token, outcome, NON_RANDOMISED))

    @router.post("/g/{token}/{outcome}")
    def decide(token: str, outcome: str, sent: Fields) -> Response:
        return _decide(token, outcome, RANDOMISED, sent)

    @router.post(f"/g/{{token}}/{{outcome}}/{OTHER}")
    def decide_other(token: str, outcome: str, sent: Fields) -> Response:
        return _decide(token, outcome, NON_RANDOMISED, sent)

    def _decide(token: str, outcome: str, design: str, sent: Mapping[str, Any]) -> Response:
        with app.database.reading() as session:
            link = links.resolve(session, token, PURPOSE, app.clock())
            by = people.by(people.person(session, link.person_id or 0))
            protocol = app.protocol(reviews.review(session, link.review_id).slug)
        given = {name: value for name, value in sent.items() if isinstance(value, str)}
        try:
            done = rate(database=app.database, token=token, outcome=outcome, sent=given, protocol=protocol, by=by, now=app.clock(),
                        design=design)
        except (InvalidInputError, ConflictError, RefusedError) as error:
            status = 422 if isinstance(error, InvalidInputError) else 409
            return HTMLResponse(_form(app, token, outcome, design, problem=str(error), sent=given), status_code=status)
        return RedirectResponse(f"/g/{token}?saved={done.outcome}", status_code=303)

    return router


def _opened(session: Session, app: App, token: str) -> tuple[int, Protocol, str]:
    link = links.resolve(session, token, PURPOSE, app.clock())
    access.require(people.roles(session, link.review_id, link.person_id or 0), ACTION)
    return link.review_id, app.protocol(reviews.review(session, link.review_id).slug), people.person(session, link.person_id or 0).name


def _list(app: App, token: str, *, saved: str, problem: str = "", at: str = "") -> str:
    with app.database.reading() as session:
        review_id, protocol, name = _opened(session, app, token)
        cycle = reviews.latest_cycle(session, review_id)
        found = assemble(session, review_id=review_id, cycle_id=cycle.id, protocol=protocol) if cycle else ()
        held = certainty.newest(session, review_id)
        sets, searched = completeness.newest(session, review_id), reached(session, review_id, protocol)
    rows = [{"id": one.outcome.id, "label": one.outcome.label, "is_other": one.design == NON_RANDOMISED, "address": _address(token, one),
             "k": one.body.k, "lacks": one.lacks, "set": sets.get(one.outcome.id),
             "published": bool(protocol.published_for(one.outcome.id)), **_rating(one, held.get((one.outcome.id, one.design)))} for one in found]
    label = next((row["label"] for row in rows if row["id"] == saved), "")
    return app.renderer.page("certainty/outcomes.html", protocol=protocol, name=name, rows=rows, address=f"/g/{token}", saved=label,
                             searched=searched, problem=problem, at=at)


def _address(token: str, one: Rateable) -> str:
    return f"/g/{token}/{one.outcome.id}" + (f"/{OTHER}" if one.design == NON_RANDOMISED else "")


def _rating(one: Rateable, row: CertaintyRatingRow | None) -> dict[str, Any]:
    if row is None:
        return {"level": "", "signs": "", "is_stale": False}
    return {"level": row.level, "signs": SIGNS[Level(row.level)], "is_stale": row.basis_sha256 != one.basis_sha256}


def _form(app: App, token: str, outcome: str, design: str, *, problem: str = "", sent: Mapping[str, str] | None = None) -> str:
    with app.database.reading() as session:
        review_id, protocol, _ = _opened(session, app, token)
        one = body_of(session, review_id=review_id, outcome=outcome, protocol=protocol, design=design)
        row = certainty.newest(session, review_id).get((outcome, one.design))
    before = row.decisions if row else {}
    domains = [{"id": found.domain, "name": NAMES[found.domain], "suggested": found.steps, "suspected": found.suspected, "reason": found.reason,
                "thresholds": dict(found.thresholds), "options": _options(found.domain),
                "before": before.get(found.domain, {}), "chosen": (sent or {}).get(f"steps_{found.domain}", ""),
                "said": (sent or {}).get(f"reason_{found.domain}", "")} for found in one.suggestions]
    return app.renderer.page("certainty/rate.html", protocol=protocol, outcome=one.outcome, body=one.body, lacks=one.lacks, domains=domains,
                             basis=one.basis_sha256, address=f"/g/{token}", here=_address(token, one), start=one.start,
                             problem=problem, **_rating(one, row))


def _options(domain: str) -> list[dict[str, Any]]:
    words = UPWARDS if domain in UP else DOWN
    lowest = DEEPEST.get(domain, -2)
    return [{"steps": steps, "words": said} for steps, said in words.items() if domain in UP or steps >= lowest]

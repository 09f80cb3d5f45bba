"""The pages that everybody reads: home, a review, its studies. What the evidence says comes from the newest signed bulletin alone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from bot.app import App
from bot.bulletin.compose import intervention
from bot.bulletin.living import standing
from bot.domain.protocols import Protocol
from bot.steps.bulletins import gather_ledger
from bot.steps.bulletins.gather import next_search
from bot.web.bulletins import published
from bot.web.notices import of_review
from bot.web.study_table import Wanted, study_table
from db import reviews

GET = ["GET", "HEAD"]


def routes(app: App) -> APIRouter:
    """Return the public addresses but those of bulletins."""
    router = APIRouter()

    @router.api_route("/", methods=GET)
    def home() -> Response:
        return HTMLResponse(app.renderer.page("site/home.html", reviews=[_summary(app, slug) for slug in app.protocols]))

    @router.api_route("/about", methods=GET)
    def about() -> Response:
        protocols = [app.protocol(slug) for slug in app.protocols]
        contacts = list(dict.fromkeys(one.publishing.contact for one in protocols if one.publishing.contact))
        return HTMLResponse(app.renderer.page("site/about.html", protocols=protocols, contacts=contacts))

    @router.api_route("/reviews/{slug}", methods=GET)
    def review(slug: str, sort: str = "", text: str = "", outcome: str = "") -> Response:
        protocol, newest = app.protocol(slug), _newest(app, slug)
        page = app.renderer.page("site/review.html", protocol=protocol, c=newest, status=_status(app, protocol),
                                 base=_base(newest), about=intervention(protocol), retractions=of_review(app, slug),
                                 standing=standing(protocol, newest, app.clock().date()),
                                 table=study_table(newest, Wanted(sort, text, outcome), f"/reviews/{slug}"))
        return HTMLResponse(page)

    @router.api_route("/reviews/{slug}/studies", methods=GET)
    def studies(slug: str, sort: str = "", text: str = "", outcome: str = "") -> Response:
        newest = _newest(app, slug)
        return HTMLResponse(app.renderer.page("site/studies.html", protocol=app.protocol(slug), c=newest, base=_base(newest),
                                              retractions=of_review(app, slug),
                                              table=study_table(newest, Wanted(sort, text, outcome), f"/reviews/{slug}/studies")))

    return router


def _newest(app: App, slug: str) -> dict[str, Any] | None:
    rows = published(app, slug)
    return rows[0].content if rows else None


def _base(content: dict[str, Any] | None) -> str:
    return f"/reviews/{content['review']['slug']}/bulletins/{content['number']}/" if content else ""


def _summary(app: App, slug: str) -> dict[str, Any]:
    protocol, newest = app.protocol(slug), _newest(app, slug)
    return {"protocol": protocol, "newest": newest, "standing": standing(protocol, newest, app.clock().date())}


def _status(app: App, protocol: Protocol) -> dict[str, Any] | None:
    """Return where the review stands right now: searched to, failed, pending, next; None before its first cycle."""
    with app.database.reading() as session:
        row = next((one for one in reviews.all_reviews(session) if one.slug == protocol.slug), None)
        cycle = reviews.latest_cycle(session, row.id) if row else None
        if row is None or cycle is None:
            return None
        sources = gather_ledger.sources(session, row.id, cycle, protocol)
        waiting = gather_ledger.pending(session, row.id, cycle.id)
    return {
        "sources": [{"label": one.label, "state": one.state, "searched_to": one.searched_to} for one in sources],
        "failed": [one.label for one in sources if one.state == "failed"],
        "pending": [{"label": label, "n": n} for label, n in waiting.items() if n],
        "next": next_search(cycle, protocol), "cycle": cycle.number, "state": cycle.state,
    }

"""What a reviewer does besides voting: hand records over, be away until a day. A link opens one person's list of one round, as for votes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.app import App
from bot.errors import ConflictError, InvalidInputError
from bot.steps.screening.hand_over import hand_over
from bot.steps.screening.pause import pause
from bot.web import reviewing_views as views
from bot.web.form_fields import Fields
from db import people


def routes(app: App) -> APIRouter:
    """Return the addresses."""
    router = APIRouter()

    @router.post("/r/{token}/hand-over")
    def give(token: str, sent: Fields) -> Response:
        def act(seen: views.Seen) -> str:
            done = hand_over(database=app.database, token=token, to=sent.get("to", ""), protocol=seen.protocol, keys=app.keys,
                             by=people.by(seen.person), now=app.clock())
            return urlencode({"given": done.records, "kept": done.kept})
        return _done_or_again(app, token, act)

    @router.post("/r/{token}/away")
    def stop(token: str, sent: Fields) -> Response:
        def act(seen: views.Seen) -> str:
            pause(database=app.database, token=token, until=sent.get("until", ""), by=people.by(seen.person), now=app.clock())
            return "kept_away=1"
        return _done_or_again(app, token, act)

    return router


def _done_or_again(app: App, token: str, act: Callable[[views.Seen], str]) -> Response:
    with app.database.reading() as session:
        seen = views.seen_by(session, app, token)
    try:
        said = act(seen)
    except (InvalidInputError, ConflictError) as error:
        with app.database.reading() as session:
            shown = views.round_view(session, seen, page=1, voted=0, now=app.clock(), problem=str(error))
        status = 409 if isinstance(error, ConflictError) else 422
        return HTMLResponse(app.renderer.page("reviewing/round.html", **shown), status_code=status)
    return RedirectResponse(f"/r/{token}?{said}#away", status_code=303)

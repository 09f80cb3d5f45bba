"""What a review holds, as files for the team to take with them. What is in them: bot/steps/exchange/move_out.py."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bot import access
from bot.app import App
from bot.steps.exchange.move_out import media_type, move_out
from bot.telemetry import logger
from bot.web.team import holder, require_member
from db import people

GET = ["GET", "HEAD"]
log = logger("web")


def routes(app: App) -> APIRouter:
    """Return the addresses of exports."""
    router = APIRouter()

    @router.api_route("/team/{slug}/files/{name}", methods=GET)
    def take(request: Request, slug: str, name: str) -> Response:
        who = holder(app, request)
        if who is None:
            return RedirectResponse("/sign-in", status_code=303)
        roles, review_id = require_member(app, who, slug)
        access.require(roles, "export")
        log.info("export", name=name, review=slug, by=people.by(who))
        made = move_out(database=app.database, review_id=review_id, protocol=app.protocol(slug), names=(name,), now=app.clock())
        return Response(made[name], media_type=media_type(name), headers={"Content-Disposition": f'attachment; filename="{slug}-{name}"'})

    return router

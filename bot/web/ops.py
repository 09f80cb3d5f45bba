"""For operators: whether the site lives, and the mails in the folder as long as no mail server is set (on loopback only)."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from bot import paths
from bot.app import App
from bot.errors import NotFoundError, PerennialError
from bot.web.metrics import metrics
from db.schema import require_current

GET = ["GET", "HEAD"]
NAME = re.compile(r"[0-9a-f]{40}")
PICTURES = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"


def routes(app: App) -> APIRouter:
    """Return the operators' addresses."""
    router = APIRouter()

    @router.api_route("/livez", methods=GET)
    def livez() -> Response:
        return PlainTextResponse("alive\n")

    @router.api_route("/readyz", methods=GET)
    def readyz() -> Response:
        try:
            require_current(app.database, paths.migrations())
        except PerennialError:
            return PlainTextResponse("not ready: the database cannot be used; see  ./perennial doctor\n", status_code=503)
        return PlainTextResponse("ready\n")

    @router.api_route("/metrics", methods=GET)
    def metrics_(request: Request) -> Response:
        # How much waits and fails is for who runs the site: asked for on its own machine, where Prometheus or its agent runs.
        if not app.is_loopback(request.client.host if request.client else ""):
            raise NotFoundError("There is no such page.")
        return PlainTextResponse(metrics(app), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.api_route("/mail", methods=GET)
    def mails(request: Request) -> Response:
        folder = _folder(app, request)
        return HTMLResponse(app.renderer.page("ops/mails.html", mails=[_summary(path) for path in _newest_first(folder)]))

    @router.api_route("/mail/{name}", methods=GET)
    def mail(request: Request, name: str) -> Response:
        message = _message(_folder(app, request), name)
        return HTMLResponse(app.renderer.page("ops/mail.html", mail=_shown(message, name)))

    @router.api_route("/mail/{name}/html", methods=GET)
    def mail_html(request: Request, name: str) -> Response:
        message = _message(_folder(app, request), name)
        body = message.get_body(("html",))
        html = body.get_content() if body is not None else ""
        for part in message.walk():
            if cid := part.get("Content-ID", "").strip("<>"):
                html = html.replace(f"cid:{cid}", f"/mail/{name}/{cid}")
        return HTMLResponse(html, headers={"Content-Security-Policy": PICTURES})

    @router.api_route("/mail/{name}/{cid}", methods=GET)
    def picture(request: Request, name: str, cid: str) -> Response:
        for part in _message(_folder(app, request), name).walk():
            if part.get("Content-ID", "").strip("<>") == cid:
                return Response(part.get_payload(decode=True), media_type=part.get_content_type())
        raise NotFoundError("there is no such picture in this mail")

    return router


def _folder(app: App, request: Request) -> Path:
    """Return the mail folder, for a request from this machine under this machine's own name alone."""
    client = request.client.host if request.client else ""
    # The name as well: a page elsewhere that points its own name at this machine must not read mails.
    if app.mail_folder is None or not app.is_loopback(client) or not app.is_loopback(request.url.hostname or ""):
        raise NotFoundError("There is no such page.")
    return app.mail_folder


def _newest_first(folder: Path) -> list[Path]:
    # In the demonstration there is one folder per mailbox.
    return sorted(folder.rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _message(folder: Path, name: str) -> EmailMessage:
    found = list(folder.rglob(f"{name}.eml")) if NAME.fullmatch(name) else []
    if not found:
        raise NotFoundError("There is no such mail.")
    message = email.message_from_bytes(found[0].read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _summary(path: Path) -> dict[str, str]:
    message = _message(path.parent, path.stem)
    return {"name": path.stem, "to": str(message["To"]), "subject": str(message["Subject"]), "date": str(message["Date"])}


def _shown(message: EmailMessage, name: str) -> dict[str, str]:
    body = message.get_body(("plain",))
    headers = {key.lower().replace("-", "_"): str(message[key] or "") for key in ("From", "To", "Subject", "Date", "List-Unsubscribe")}
    return headers | {"name": name, "text": body.get_content() if body is not None else ""}

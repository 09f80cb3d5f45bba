"""The newest bulletin from its copy in files, while the database cannot be read. Who keeps the copy: bot/steps/bulletins/keep_copy.py."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi.responses import Response

from bot.app import App
from bot.steps.bulletins.keep_copy import FOLDER, INDEX
from bot.steps.bulletins.publish import PAGE
from bot.web.notices import MAIN

ADDRESS = re.compile(r"/(?:reviews/(?P<slug>[a-z0-9-]+)"
                     r"(?:/bulletins(?:/(?P<number>latest|[0-9]{1,9})(?:/(?P<name>[A-Za-z0-9._-]{1,200}))?)?)?)?")
NOTICE = (b'<p class="notice">The database of this site cannot be read now. This is the newest bulletin, as it was published; '
          b"nothing can be entered until it is mended.</p>")


def last_bulletin(app: App, path: str) -> Response | None:
    """Return what the copy has for an address of a review or of its newest bulletin; None if it has nothing."""
    asked = ADDRESS.fullmatch(path)
    slug = (asked["slug"] or (next(iter(app.protocols)) if len(app.protocols) == 1 else "")) if asked else ""
    folder = app.home / FOLDER / slug
    # A name that is no review's is no folder's either: nothing else is looked at.
    if asked is None or slug not in app.protocols or not (folder / INDEX).is_file():
        return None
    index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    file = index["files"].get(asked["name"] or PAGE)
    if file is None or asked["number"] not in (None, "latest", str(index["number"])):
        return None
    content = (folder / file["sha256"]).read_bytes()
    if file["media_type"].startswith("text/html"):
        content = content.replace(MAIN, MAIN + NOTICE, 1)
    return Response(content, media_type=file["media_type"], headers={"Cache-Control": "no-store"})

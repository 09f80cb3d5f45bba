"""Make the picture of the reviewers' guide from the demonstration's first round: `.venv/bin/python -P docs/make_pictures.py`.

It needs Debian's Chromium. What it shows is a demonstration and says so in the picture itself.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
PHONE = {"width": 390, "height": 720}
GAP = 12
COLOURS = 64
LONGEST_SECONDS = 120


def main() -> int:
    """Play the beginning of the demonstration, open what its first reviewer got, and keep it as one picture."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("Chromium is needed. Mend it with:  sudo apt-get install chromium", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        site, path = _first_round(stack, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        playing = stack.enter_context(sync_playwright())
        chromium = stack.enter_context(playing.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"]))
        phone = chromium.new_page(viewport=PHONE, device_scale_factor=1.5)  # type: ignore[arg-type]
        phone.goto(f"{site}{path}")
        seen = [_seen(phone)]
        phone.locator("main a.button, main li a").first.click()
        seen.append(_seen(phone))
        phone.locator("form").last.scroll_into_view_if_needed()
        seen.append(_seen(phone))
    _keep(seen, "reviewing.png")
    return 0


def _first_round(stack: ExitStack, home: Path) -> tuple[str, str]:
    """Return the address of a site whose first round is open, and the path that its first reviewer got by mail."""
    from bot import app as root
    from bot import jobs, paths, settings
    from bot import links as tokens
    from bot.demo import material, run
    from bot.demo.clock import DemoClock
    from bot.steps.people.declare import declare
    from bot.web.server import Server, listen
    from db import schema

    citations = material.citations(paths.reviews() / run.SLUG / "demo")
    sources = {f"{name}_address": stack.enter_context(one).address for name, one in run._standins(citations).items()}
    listener = listen("127.0.0.1", 0)
    clock = DemoClock(run.SET_UP)
    app = root.build(settings.load(home=home, address=listener.address, site_name=run.SITE_NAME, demo=True, **sources), clock=clock)
    schema.ready(app.database, paths.migrations())
    run._gather_team(app)
    for link in _links(app, "interests"):
        declare(database=app.database, token=_token(app, link), has_any="none", text="", also_known_as="", orcid="", by=run.BY, now=clock())
    clock.jump_to(run.MONTHS[0] + timedelta(days=2))
    until = time.monotonic() + LONGEST_SECONDS
    while not (rounds := _links(app, "round")) and time.monotonic() < until:
        jobs.tick(app)
        time.sleep(0.2)
    if not rounds:
        raise SystemExit("no round was opened; run the demonstration to see why")
    server = Server(app, listener)
    thread = server.start()
    stack.callback(lambda: (server.stop(), thread.join(10)))
    return listener.address, tokens.path("round", _token(app, rounds[0]))


def _links(app: Any, purpose: str) -> list[Any]:
    from sqlalchemy import select

    from db.links import LinkRow

    with app.database.reading() as session:
        return list(session.scalars(select(LinkRow).where(LinkRow.purpose == purpose).order_by(LinkRow.id)))


def _token(app: Any, link: Any) -> str:
    from bot import links as tokens

    return tokens.token(app.keys, link.key_id, link.purpose, link.id)


def _seen(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def _keep(seen: list[Image.Image], name: str) -> None:
    """Keep what was in view side by side, in few colours: a picture of text stays small so. The notice stands in the picture itself."""
    whole = Image.new("RGB", (sum(one.width for one in seen) + GAP * (len(seen) - 1), max(one.height for one in seen)), "#8a8a8a")
    left = 0
    for one in seen:
        whole.paste(one, (left, 0))
        left += one.width + GAP
    whole.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())

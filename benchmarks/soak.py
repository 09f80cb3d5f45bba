"""A day of a site in minutes: every tick of its worker, with a clock that goes on as fast as the ticks do, and readers all the while.

    ./perennial bench soak [--hours 24] [--folder DIR]

The day has a month's cycle in it, in the first third; then nothing happens but what readers do: they open pages and sign up. What the
process and the database have then is compared with the end: memory, files, connections, threads, rows of every table. --folder: a
demonstration that came to its end; without it one is played first (half a minute).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from logging import CRITICAL
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, select

from bot import jobs
from bot.app import App, build
from bot.demo.standins.eutils import EutilsStandIn
from bot.settings import load
from bot.telemetry import configure
from bot.web.server import Server, listen
from db.base import Base
from tests.fixtures_attack import attacked
from tests.fixtures_demo import play
from tests.quiet_sources import QuietSources

BEGINS = datetime(2026, 12, 1, 2, tzinfo=UTC)
REVIEW = "/reviews/digital-peer-support"
PAGES = ("/", REVIEW, f"{REVIEW}/bulletins/latest", f"{REVIEW}/studies", f"{REVIEW}/feed.atom", "/api/v1/reviews", "/livez", "/metrics",
         "/s/" + "A" * 43, f"{REVIEW}/nothing")
# Rows that one sign-up adds.
OF_A_SIGN_UP = {"subscriber": 1, "outbox": 1, "link": 1, "event": 2, "rate_counter": 1}
MOST_MIB, MOST_HANDLES = 8, 2


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the time now."""
        return self.now


def main(argv: list[str]) -> int:
    """Live the day; print what grew, 1 if anything grew that nobody put there."""
    asked = argparse.ArgumentParser(prog="perennial bench soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--hours", type=float, default=24)
    asked.add_argument("--folder", type=Path, help="a demonstration that came to its end")
    given = asked.parse_args(argv)
    configure(least=CRITICAL)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="perennial-soak-") as folder, ExitStack() as playing:
        played = given.folder or playing.enter_context(play(Path(folder) / "demo")).home
        pubmed, quiet = playing.enter_context(EutilsStandIn([])), playing.enter_context(QuietSources())
        playing.enter_context(patch.dict(os.environ, quiet.settings | {"PERENNIAL_EUTILS_ADDRESS": pubmed.address}))
        home = Path(folder) / "copy"
        home.mkdir()
        for target in attacked(played, home):
            found = _day(replace(build(load(home=home, demo=True), clock=Clock(BEGINS)), database=target.app.database), given.hours)
    found["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(found))
    return 1 if found["unaccounted"] else 0


def _day(app: App, hours: float) -> dict[str, Any]:
    server = Server(app, listen("127.0.0.1", 0))
    thread = server.start()
    ticks, clock, signed_up = round(hours * 3600 / jobs.TICK_SECONDS), app.clock, 0
    assert isinstance(clock, Clock)
    then: dict[str, Any] = {}
    statuses = set[int]()
    with ExitStack() as ending:
        ending.callback(thread.join)
        ending.callback(server.stop)
        for number in range(ticks):
            if number == ticks // 3:
                then = _there(app) | {"signed_up": signed_up}
            clock.now += timedelta(seconds=jobs.TICK_SECONDS)
            jobs.tick(app)
            statuses.add(_open(server.address, PAGES[number % len(PAGES)]))
            if number % max(1, ticks // 48) == 0:
                signed_up += _sign_up(server.address, number)
        now = _there(app) | {"signed_up": signed_up}
    return _grown(then, now, ticks) | {"statuses": sorted(statuses)}


def _grown(then: Mapping[str, Any], now: Mapping[str, Any], ticks: int) -> dict[str, Any]:
    """Return what is more at the end than after a third of the day, and what of it nobody put there."""
    readers = now["signed_up"] - then["signed_up"]
    tables = {name: count - then["tables"][name] for name, count in now["tables"].items() if count != then["tables"][name]}
    unaccounted = [f"{name}: {more} rows more" for name, more in tables.items() if more > readers * OF_A_SIGN_UP.get(name, 0)]
    handles = {name: now[name] - then[name] for name in ("files", "connections", "threads")}
    unaccounted += [f"{name}: {more} more" for name, more in handles.items() if more > MOST_HANDLES]
    memory = round(now["mib"] - then["mib"], 1)
    if memory > MOST_MIB:
        unaccounted.append(f"memory: {memory} MiB more")
    return {"ticks": ticks, "signed_up": now["signed_up"], "mib": round(now["mib"], 1), "mib_grew": memory, **handles, "tables": tables,
            "unaccounted": unaccounted}


def _there(app: App) -> dict[str, Any]:
    """Return what the process holds, and how many rows each table has."""
    handles = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    with app.database.reading() as session:
        tables = {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables}
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {"mib": pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), "files": len(handles),
            "connections": sum(one.startswith("socket:") for one in handles), "threads": threading.active_count(), "tables": tables}


def _open(address: str, path: str, form: Mapping[str, str] | None = None) -> int:
    """Open a page on a connection of its own, or send a form to it, and return the status."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _sign_up(address: str, number: int) -> int:
    return int(_open(address, f"{REVIEW}/subscribe", {"email": f"reader{number}@example.org"}) == 303)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

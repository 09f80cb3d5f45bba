"""Somebody writes on and on while Postgres is killed and its connections are cut: is there what was said to be stored, once each?

    ./perennial bench outages [--kills 20] [--cuts 100]

The server is one of its own in a temporary folder. Killed means: SIGKILL to all of its processes; it is then started again on the same data.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text

from bot.errors import ConflictError, DatabaseError
from db import events
from db.events import EventRow
from db.session import Database
from tests.parts import Postgres, start_postgres

BY = "system:test"


def main(argv: list[str]) -> int:
    """Kill and cut, and print what the writer was told against what is there; 1 if anything is missing, doubled or out of the chain."""
    asked = argparse.ArgumentParser(prog="perennial bench outages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--cuts", type=int, default=100)
    given = asked.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="perennial-outages-") as folder:
        server = start_postgres(Path(folder))
        try:
            found = suffered(server, kills=given.kills, cuts=given.cuts)
        finally:
            server.stop()
    print(json.dumps(found))
    return 0 if not found["lost"] and not found["twice"] and found["whole"] and found["kills"] >= given.kills else 1


def suffered(server: Postgres, *, kills: int, cuts: int) -> dict[str, int | float | bool]:
    """Write events one by one while the server is killed and cut off, each so many times; return what was said and what is there."""
    began, over = time.monotonic(), threading.Event()
    database = Database(server.url("outages"))
    database.create_all()
    done: list[str] = []
    writer = threading.Thread(target=_write, args=(database, done, over))
    writer.start()
    killed, cut = 0, 0
    try:
        while killed < kills or cut < cuts:
            cut += _cut(server) if cut < cuts else 0
            if killed < kills and (cut >= cuts or killed * cuts <= cut * kills):
                server.kill()
                killed += 1
            _wait_for_more(done)
    finally:
        over.set()
        writer.join(60)
    with database.reading() as session:
        there = Counter(row.subject for row in session.scalars(select(EventRow)))
        fault = events.verify(session)[1]
    database.close()
    return {"kills": killed, "cuts": cut, "said": len(done), "lost": sum(there[one] == 0 for one in done),
            "twice": sum(count > 1 for count in there.values()), "whole": fault is None, "seconds": round(time.monotonic() - began, 1)}


def _write(database: Database, done: list[str], over: threading.Event) -> None:
    number = 0
    while not over.is_set():
        number += 1
        with suppress(DatabaseError, ConflictError):
            with database.writing(by=BY) as session:
                events.note(session, review_id=None, kind="kept", subject=str(number), at=datetime.now(UTC))
            done.append(str(number))


def _cut(server: Postgres) -> int:
    """Cut all connections of others, and return how many there were."""
    knife = Database(f"postgresql://postgres@127.0.0.1:{server.port}/postgres")
    try:
        with knife.connecting() as connection:
            query = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outages'")
            return len(connection.execute(query).all())
    finally:
        knife.close()


def _wait_for_more(done: list[str], seconds: float = 20.0) -> None:
    """Wait until the writer got through again, so that each outage hits somebody who writes."""
    before, until = len(done), time.monotonic() + seconds
    while len(done) == before and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.02))

"""Many processes write to one database, each again and again: is any told "locked", is any write lost?

    ./perennial bench writers [--writers 8] [--writes 500] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from pathlib import Path

from db import events, reviews
from db.session import Database


def main(argv: list[str]) -> int:
    """Let them write, and print how many writes there are, how many faults there were, and the slowest write."""
    asked = argparse.ArgumentParser(prog="perennial bench writers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--writers", type=int, default=8)
    asked.add_argument("--writes", type=int, default=500)
    asked.add_argument("--database", default="")
    given = asked.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="perennial-writers-") as folder:
        found = written(given.database or f"sqlite:///{Path(folder) / 'perennial.sqlite'}", writers=given.writers, writes=given.writes)
    print(json.dumps(found))
    return 0 if not found["faults"] and found["written"] == found["asked"] and found["whole"] else 1


def written(url: str, *, writers: int, writes: int) -> dict[str, int | float | bool | list[str]]:
    """Let so many processes note so many events each, all in one chain, where each must know the one before; return what it came to."""
    database, began = Database(url), time.monotonic()
    database.create_all()
    with database.writing(by="system:test") as session:
        review_id = reviews.ensure(session, slug="count", title="0", at=datetime.now(UTC)).id
        before = events.count(session)
    start = multiprocessing.get_context("spawn")
    said = start.Queue()
    processes = [start.Process(target=_write, args=(url, review_id, writes, said)) for _ in range(writers)]
    for process in processes:
        process.start()
    told = [said.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    with database.reading() as session:
        noted, fault = events.count(session) - before, events.verify(session)[1]
    database.close()
    faults = [fault for found, _ in told for fault in found]
    return {"asked": writers * writes, "written": noted, "whole": fault is None, "faults": sorted(set(faults)),
            "slowest": round(max(slowest for _, slowest in told), 2), "seconds": round(time.monotonic() - began, 1)}


def _write(url: str, review_id: int, writes: int, said: Queue[tuple[list[str], float]]) -> None:
    database, faults, slowest = Database(url), [], 0.0
    for number in range(writes):
        began = time.monotonic()
        try:
            with database.writing(by="system:test") as session:
                events.note(session, review_id=review_id, kind="counted", subject=f"count:{number}")
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
        slowest = max(slowest, time.monotonic() - began)
    database.close()
    said.put((faults, slowest))

"""A search of any size through faults and kills: every hit once, and little asked twice.

`./perennial bench fetch [--hits 50000] [--kills 50] [--every 20] [--seed 1]`. The stand-in for E-utilities counts what it is asked and
fails every n-th request; the search runs in a process of its own, is killed (SIGKILL) at random moments, and is begun again.
A request that failed by plan is not counted as made twice: it has to be.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.demo.standins.eutils import EutilsStandIn, Faults

HERE = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FAULTS = ("429", "500", "html", "error-in-200", "truncated", "cut", "empty", "drop")
BY = "system:benchmark"


def main(argv: list[str]) -> int:
    """Search, fail, kill and go on; print one JSON object as the last line. Returns 1 if a hit is missing or stands twice."""
    asked = argparse.ArgumentParser(prog="perennial bench fetch", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--hits", type=int, default=50_000)
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--every", type=int, default=20, help="fail every n-th request; 0: none")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--database", default="", help="another database than SQLite in a folder of its own")
    asked.add_argument("--search", nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args(argv)
    if given.search:
        return _search(*given.search)
    with tempfile.TemporaryDirectory(prefix="perennial-fetch-") as folder:
        found = _run(given, given.database or f"sqlite:///{folder}/fetch.sqlite")
    print(json.dumps(found))
    return 0 if found["missing"] == found["twice"] == 0 else 1


def _run(given: argparse.Namespace, url: str) -> dict[str, Any]:
    chance, began = random.Random(given.seed), time.monotonic()
    records = [_citation(number, given.hits) for number in range(given.hits)]
    _make_review(url)
    with Standing(records, chance, given.every) as standin:
        kills = 0
        while True:
            process = _start(standin.address, url)
            if kills < given.kills and _kill_in_the_middle(process, standin, chance, given):
                kills += 1
                continue
            if process.wait() != 0:
                raise SystemExit("the search did not come to its end; see above")
            break
        asked = _asked(standin)
    have = _stored(url)
    return {"hits": given.hits, "stored": len(have), "missing": len({one["pmid"] for one in records} - set(have)),
            "twice": len(have) - len(set(have)), "kills": kills, **asked, "seconds": round(time.monotonic() - began, 1)}


class Standing(EutilsStandIn):
    """A stand-in whose faults come in random kinds, and which remembers which requests it answered well."""

    def __init__(self, records: list[dict[str, Any]], chance: random.Random, every: int) -> None:
        super().__init__(records, _AnyFault(chance, every))


class _AnyFault(Faults):
    """Every n-th request fails, each time in another way. failed: the numbers of those that did, from 0."""

    def __init__(self, chance: random.Random, every: int) -> None:
        super().__init__()
        self.chance, self.interval, self.count, self.failed = chance, every, 0, set[int]()

    def next(self, what: str) -> str:
        """Count a request, and return how it fails, "" if it does not."""
        self.count += 1
        if self.interval and self.count % self.interval == 0:
            self.failed.add(self.count - 1)
            return self.chance.choice(FAULTS)
        return ""


def _asked(standin: Standing) -> dict[str, Any]:
    """Return how many requests there were, how many of them failed by plan, and what share was answered well and yet made again."""
    faults = standin.faults
    assert isinstance(faults, _AnyFault)
    well = Counter((what, given.get("term", ""), given.get("id", ""), given.get("retstart", ""))
                   for number, (what, given) in enumerate(standin.requests) if number not in faults.failed)
    again = sum(count - 1 for count in well.values())
    return {"requests": len(standin.requests), "failed_by_plan": len(faults.failed), "made_twice": again,
            "share_made_twice": round(again / len(standin.requests), 4)}


def _kill_in_the_middle(process: subprocess.Popen[bytes], standin: Standing, chance: random.Random, given: argparse.Namespace) -> bool:
    """Kill the search at a random moment after some more requests; return False if it ended before."""
    expected = given.hits / 50 + 20
    until = len(standin.requests) + 1 + chance.randrange(max(1, int(1.6 * expected / max(1, given.kills))))
    while len(standin.requests) < until:
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    time.sleep(chance.random() * 0.1)
    process.kill()
    return process.wait() != 0


def _start(address: str, url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "benchmarks", "fetch", "--search", address, url]
    return subprocess.Popen(command, cwd=HERE, env=os.environ | {"PYTHONPATH": str(HERE)}, stdout=subprocess.DEVNULL)


def _search(address: str, url: str) -> int:
    """Search as a cycle does, in this process; 0 if it came to its end."""
    from bot.domain.protocols import SourcePlan
    from bot.http import Http
    from bot.sources.pubmed import PubMed
    from bot.steps.records.search import search
    from db.session import Database

    http = Http(allowed=(address,), sleep=lambda seconds: time.sleep(seconds / 100))
    plan = SourcePlan(name="pubmed", kind="api", label="MEDLINE (PubMed)", platform="", strategy="peer[tiab]", strategy_text="",
                      strategy_file="", strategy_syntax="pubmed", strategy_state="draft", strategy_author="", strategy_dated=None,
                      strategy_reviewer="none",
                      to_verify=(), since=None, overlap_days=30, overdue_days=45)
    account = search(database=Database(url), review_id=1, cycle_id=1, source=PubMed(http, base_address=address), plan=plan, by=BY, now=NOW)
    print(account, file=sys.stderr) if account.state != "ok" else None
    return 0 if account.state == "ok" else 1


def _make_review(url: str) -> None:
    from db import reviews
    from db.session import Database

    database = Database(url)
    database.create_all()
    with database.writing(by=BY) as session:
        review = reviews.ensure(session, slug="benchmark", title="A benchmark", at=NOW)
        version = reviews.activate_protocol(session, review_id=review.id, version="1", dated="2026-01-01", sha256="0" * 64, at=NOW)
        reviews.begin_cycle(session, review_id=review.id, period="2026-11", protocol_version_id=version.id, at=NOW)
    database.close()


def _stored(url: str) -> list[str]:
    from db import records
    from db.session import Database

    database = Database(url)
    with database.reading() as session:
        have = [row.identity for row in records.not_compared(session, 1, 10**9)]
    database.close()
    return have


def _citation(number: int, count: int) -> dict[str, Any]:
    entered = date(2000, 1, 1) + timedelta(days=number * 9700 // count)
    return {"pmid": str(10_000_000 + number), "title": f"Peer support trial number {number}", "entered": str(entered), "year": str(entered.year),
            "journal": "Journal of Tests", "authors": [f"Author{number} A"], "doi": f"10.5555/test.{number}"}

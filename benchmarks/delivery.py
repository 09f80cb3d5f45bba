"""How long do 10,000 bulletins take to a mail server on loopback, with a limit; and does one come twice when the server fails in every way?

    ./perennial bench delivery [--mails 10000] [--per-minute 3000] [--faults] [--database postgresql://…]

The mails are those of a published bulletin with its pictures, written and sent as the worker does it. --faults: the server refuses, puts off
and hangs up, before and after the final 250, by chance; the worker comes back until nothing waits.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.mail.smtp import SmtpTransport
from bot.steps.mail.deliver import Post, deliver
from db import outbox, readers
from db.session import Database
from tests.faulty_smtp import FaultySmtp
from tests.fixtures_bulletins import Press, one_trial

BY = "system:benchmark"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FAULTS = ("", "", "", "rcpt-4xx", "rcpt-5xx", "data-4xx", "data-5xx", "drop-before", "drop-after")
# More rounds than a mail is tried, each later than the longest pause.
ROUNDS, LATER = 14, timedelta(hours=7)


def main(argv: list[str]) -> int:
    """Publish a bulletin to so many readers, send it, and print what became of the mails; 1 if one came twice or was lost silently."""
    asked = argparse.ArgumentParser(prog="perennial bench delivery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--mails", type=int, default=10_000)
    asked.add_argument("--per-minute", type=int, default=3000)
    asked.add_argument("--faults", action="store_true")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--database", default="")
    given = asked.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="perennial-delivery-") as folder:
        database = Database(given.database or f"sqlite:///{Path(folder) / 'perennial.sqlite'}")
        database.create_all()
        press = one_trial(database, NOW)
        _subscribe(press, given.mails)
        press.issue()
        found = _sent(press, per_minute=given.per_minute, chance=random.Random(given.seed) if given.faults else None)
        database.close()
    print(json.dumps(found))
    accounted = found["sent"] + found["failed"] + found["unsure"] + found["waiting"]
    return 0 if accounted == found["mails"] > given.mails * 0.99 and not found["twice"] else 1


def _subscribe(press: Press, count: int) -> None:
    with press.desk.database.writing(by=BY) as session:
        for number in range(count):
            row = readers.add(session, review_id=press.desk.review_id, email=f"reader-{number}@example.org", public_id=f"r{number:015d}", at=NOW)
            row.state, row.confirmed_at = "confirmed", NOW


def _sent(press: Press, *, per_minute: int, chance: random.Random | None) -> dict[str, Any]:
    """Send what waits to the readers, and return what became of it."""
    database, told = press.desk.database, Counter[str]()

    def fault(_: int) -> str:
        told[one := chance.choice(FAULTS) if chance else ""] += 1
        return one

    before = _counts(database)
    with FaultySmtp(fault) as server:
        began, cpu = time.monotonic(), time.process_time()
        for number in range(ROUNDS if chance else 1):
            transport = SmtpTransport(host="127.0.0.1", port=server.port, security="none", timeout=10)
            post = press.app.post
            deliver(database=database, by=BY, now=lambda at=NOW + LATER * number: at, post=Post(
                renderer=press.renderer, keys=post.keys, transport=transport, sender=post.sender, review_words=post.review_words,
                per_minute=per_minute))
        seconds = time.monotonic() - began
    after = _counts(database)
    assert before["pending"], "nothing waited"
    return {"mails": before["pending"], "sent": after["sent"] - before["sent"], "failed": after["failed"], "unsure": after["unsure"],
            "waiting": after["pending"], "arrived": len(set(server.kept)), "twice": len(server.kept) - len(set(server.kept)),
            "faults": dict(told) if chance else {}, "seconds": round(seconds, 1),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "cpu_seconds": round(time.process_time() - cpu, 1)}


def _counts(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(outbox.counts(session))

"""How long reviewers wait for their pages in the middle of a large round: one web process, ten people who read, think a while and vote.

    ./perennial bench reviewers [--records 20000] [--people 10] [--seconds 60] [--warm 10]
                              [--database postgresql://…]

Half of the votes are cast and settled before. Each person opens the list, then one record after the other, and votes; an editor looks at the
team's page. Between two pages a person takes 0.5 to 1.5 seconds, which is less than anybody does. All of it by HTTP, on this machine. They
begin one after the other in the first seconds (--warm), in which the web process loads what makes its pages, and which are left out.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import insert, select, update

from benchmarks._site import AT_A_TIME, BY, SLUG, have
from benchmarks.pages import served
from bot import links as tokens
from bot import paths
from bot.app import App, build
from bot.settings import load
from bot.steps import cycle
from bot.steps.people.join import join
from bot.steps.people.sign_in import sign_in
from bot.steps.records.rank import rank
from bot.steps.screening.open_round import open_round
from bot.steps.screening.settle import settle
from db import links, reviews
from db.decisions import DecisionRow
from db.links import LinkRow
from db.people import PersonRow
from db.rounds import AssignmentRow
from db.schema import ready

FORM = "application/x-www-form-urlencoded"
Waits = defaultdict[str, list[tuple[float, float]]]
"""Kind of page → (when it was asked for, in seconds; milliseconds until the answer)."""


def main(argv: list[str]) -> int:
    """Make the round, let people read and vote, and print the median and the 99th percentile of each page in milliseconds."""
    asked = argparse.ArgumentParser(prog="perennial bench reviewers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--records", type=int, default=20_000)
    asked.add_argument("--people", type=int, default=10)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--warm", type=float, default=10, help="so many seconds before that are not counted")
    asked.add_argument("--database", default="")
    given = asked.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="perennial-reviewers-") as folder:
        home, url = Path(folder), given.database or f"sqlite:///{folder}/perennial.sqlite"
        app = build(load(home=home, database=url, reviews=SLUG))
        settled, addresses, cookie = _round(app, given.records, given.people)
        app.database.close()
        with served(home, database=url) as host:
            waits = _voting(host, addresses, cookie, given.warm, given.seconds)
    pages = {name: {"asked": len(ms), "median_ms": _at(ms, 0.5), "p99_ms": _at(ms, 0.99)} for name, ms in sorted(waits.items()) if ms}
    for name, one in pages.items():
        print(f"{name}: {one['asked']} times, median {one['median_ms']} ms, 99 % within {one['p99_ms']} ms")
    print(json.dumps({"records": given.records, "people": given.people, "settle_seconds": settled, "pages": pages}))
    return 0


def _round(app: App, count: int, number: int) -> tuple[float, list[str], str]:
    """Open the round, cast and settle half of the votes; return how long settling took, the list of each person, and the editor's cookie."""
    ready(app.database, paths.migrations())
    protocol, now = app.protocols[SLUG], app.clock()
    review_id = cycle.state(app.database, protocol=protocol, by=BY, now=now).review_id
    names = [(f"Reviewer {place}", "reviewer") for place in range(number)] + [("Cleo", "third_reviewer"), ("Edda", "editor")]
    people = [join(database=app.database, review_id=review_id, name=name, email=f"person{place}@example.org", role=role, by=BY, now=now)
              for place, (name, role) in enumerate(names)]
    for first in range(0, count, AT_A_TIME):
        have(app.database, review_id, range(first, min(first + AT_A_TIME, count)))
    with app.database.writing(by=BY) as session:
        version = reviews.current_protocol_version(session, review_id).id
        cycle_id = reviews.begin_cycle(session, review_id=review_id, period="now", protocol_version_id=version, at=now).id
    rank(database=app.database, review_id=review_id, cycle_id=cycle_id, protocol=protocol, by=BY, now=now)
    open_round(database=app.database, review_id=review_id, cycle_id=cycle_id, protocol=protocol, keys=app.keys, by=BY, now=now)
    _cast(app, review_id, version, count)
    began = time.perf_counter()
    settle(database=app.database, review_id=review_id, protocol=protocol, keys=app.keys, by=BY, now=now)
    took = time.perf_counter() - began
    return round(took, 1), _lists(app), f"perennial={sign_in(database=app.database, link_token=_sign_in(app, review_id, people[-1]), now=now)}"


def _cast(app: App, review_id: int, version: int, count: int) -> None:
    """Let both people have voted on the first half of the reports."""
    with app.database.writing(by=BY) as session:
        ids = session.scalars(select(AssignmentRow.id).where(AssignmentRow.report_id <= count // 2)).all()
        for first in range(0, len(ids), AT_A_TIME):
            session.execute(insert(DecisionRow), [{
                "review_id": review_id, "assignment_id": one, "protocol_version_id": version, "number": 1, "verdict": "exclude",
                "criterion": "peers", "note": "", "at": app.clock(), "by": BY} for one in ids[first:first + AT_A_TIME]])
        session.execute(update(AssignmentRow).where(AssignmentRow.report_id <= count // 2).values(votes=1))


def _lists(app: App) -> list[str]:
    with app.database.reading() as session:
        rows = session.scalars(select(LinkRow).where(LinkRow.purpose == "round").order_by(LinkRow.id)).all()
        return [tokens.path("round", tokens.token(app.keys, row.key_id, "round", row.id)) for row in rows]


def _sign_in(app: App, review_id: int, person: PersonRow) -> str:
    with app.database.writing(by=BY) as session:
        row = links.create(session, app.keys, review_id=review_id, purpose="sign_in", person_id=person.id, at=app.clock(),
                           subject_id=review_id, expires_at=None)
        return tokens.token(app.keys, row.key_id, "sign_in", row.id)


def _voting(host: str, addresses: list[str], cookie: str, warm: float, seconds: float) -> dict[str, list[float]]:
    """Let everybody work for so long after so long; return kind of page → milliseconds of each answer that was counted."""
    waits, failed, counted = Waits(list), list[BaseException](), time.perf_counter() + warm
    end = counted + seconds

    def work(place: int) -> None:
        chance, connection = random.Random(place), http.client.HTTPConnection(host, timeout=60)
        time.sleep(chance.uniform(0, warm))
        try:
            if place < len(addresses):
                _vote(connection, addresses[place], chance, waits, end)
            while place == len(addresses) and time.perf_counter() < end:
                _timed(connection, "GET", f"/team/{SLUG}", waits["team"], headers={"Cookie": cookie})
                time.sleep(chance.uniform(0.5, 1.5))
        except (RuntimeError, OSError) as error:
            failed.append(error)

    everybody = [threading.Thread(target=work, args=(place,)) for place in range(len(addresses) + 1)]
    for one in everybody:
        one.start()
    for one in everybody:
        one.join()
    if failed:
        raise failed[0]
    return {name: [ms for at, ms in all_of_it if at >= counted] for name, all_of_it in waits.items()}


def _vote(connection: http.client.HTTPConnection, address: str, chance: random.Random, waits: Waits, end: float) -> None:
    """Open the list, then vote on what it leads to, again and again."""
    while time.perf_counter() < end:
        page = _timed(connection, "GET", address, waits["list"])
        for _ in range(5):
            place = page.partition(f'href="{address}/')[2].partition('"')[0] or "1"
            time.sleep(chance.uniform(0.5, 1.5))
            page = _timed(connection, "GET", f"{address}/{place}", waits["record"])
            version = page.partition('name="version" value="')[2].partition('"')[0] or "0"
            time.sleep(chance.uniform(0.5, 1.5))
            form = urlencode({"verdict": "exclude", "criterion": "peers", "version": version})
            following = _timed(connection, "POST", f"{address}/{place}", waits["vote"], form, {"Content-Type": FORM})
            page = _timed(connection, "GET", following, waits["record"]) if following.startswith("/") else page


def _timed(connection: http.client.HTTPConnection, method: str, path: str, waits: list[tuple[float, float]], body: str | None = None,
           headers: dict[str, str] | None = None) -> str:
    """Ask, note when and for how long, and return the page, or where it leads. Raises RuntimeError if it is neither."""
    began = time.perf_counter()
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    waits.append((began, 1000 * (time.perf_counter() - began)))
    if answer.status not in (200, 303):
        raise RuntimeError(f"{path} was answered with {answer.status}: {text[-300:]}")
    return answer.headers["Location"] if answer.status == 303 else text


def _at(milliseconds: list[float], share: float) -> float:
    return round(sorted(milliseconds)[min(len(milliseconds) - 1, int(share * len(milliseconds)))], 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

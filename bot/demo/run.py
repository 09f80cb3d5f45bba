"""Run the demonstration: the product as it is, stand-ins for the sources and the mail server, and scripted people in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import app as root
from bot import jobs, paths, settings
from bot.app import App
from bot.demo import material
from bot.demo.account import Month, cautious_estimates, final_account, print_account
from bot.demo.clock import DemoClock
from bot.demo.people import DOMAIN, READERS, TEAM, address_of
from bot.demo.sink import MailSink
from bot.demo.standins.clinicaltrials import ClinicalTrialsStandIn
from bot.demo.standins.crossref import CrossrefStandIn
from bot.demo.standins.europepmc import EuropePmcStandIn
from bot.demo.standins.eutils import EutilsStandIn
from bot.demo.standins.openalex import OpenAlexStandIn
from bot.demo.standins.server import StandIn
from bot.demo.standins.unpaywall import UnpaywallStandIn
from bot.errors import PerennialError
from bot.steps import cycle
from bot.steps.people.join import join
from bot.web.server import Server, listen
from db import bulletins, decisions, events, outbox, readers, reviews, schema

SLUG = "digital-peer-support"
BY = "system:demo"
SITE_NAME = "Perennial (demonstration)"
# Stands in the folder of a demonstration that came to its end.
DONE = "demonstration.json"
# The review of record was searched to January 2025. The second cycle catches up everything that came in since.
SET_UP = datetime(2025, 1, 31, 12, tzinfo=UTC)
MONTHS = (datetime(2025, 2, 1, 6, 0, 1, tzinfo=UTC), datetime(2026, 11, 1, 6, 0, 1, tzinfo=UTC))
# Whose file it is: citations collected by hand, which no database gave.
FILE_SOURCE = "handsearch"
PAUSE_SECONDS = 0.1
QUIET_SECONDS = 0.7
LONGEST_WITHOUT_TICK = 3.0
LONGEST_STANDSTILL = 90.0


Progress = Callable[[int, int], object]


class DemoError(PerennialError):
    """The demonstration did not come to its end."""


@dataclass
class Stage:
    """Everything that runs during the demonstration."""

    app: App
    clock: DemoClock
    sink: MailSink
    sources: Mapping[str, StandIn]
    server: Server
    people: subprocess.Popen[bytes]
    progress: Callable[[], object] = lambda: None


def _nowhere(_what: str) -> AbstractContextManager[Progress]:
    return nullcontext(lambda _done, _of: None)


def run_demo(*, folder: Path | None = None, database: str = "", serve: bool = False, port: int = 0,
             showing: Callable[[str], AbstractContextManager[Progress]] = _nowhere) -> dict[str, Any]:
    """Run both months, print an account of them, and return its figures. serve: go on showing the site until Ctrl-C.

    showing: gives, for as long as the months run, what is told how many votes of how many are in.
    """
    home = (folder or Path(tempfile.mkdtemp(prefix="perennial-demo-"))).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if serve and (home / DONE).exists():
        return _show_again(home, port)
    citations = material.citations(_demo_folder())
    began = time.monotonic()
    with ExitStack() as stack:
        stage = _set_up(stack, home, database, port, citations)
        with showing("two months") as progress:
            # Each record is judged by two; that is most of what happens.
            stage = replace(stage, progress=lambda: progress(_votes(stage), 2 * len(citations)))
            months = [_month(stage, moment, number, citations) for number, moment in enumerate(MONTHS, start=1)]
        figures = final_account(stage.app, SLUG, months, mails=stage.sink.count())
        print_account(figures, months, cautious=cautious_estimates(stage.app, SLUG), home=home, seconds=time.monotonic() - began)
        (home / DONE).write_text(json.dumps({"database": database, "figures": figures}), encoding="utf-8")
        if serve:
            _show_until_told(stage.server)
    return figures


def _demo_folder() -> Path:
    return paths.reviews() / SLUG / "demo"


def _set_up(stack: ExitStack, home: Path, database: str, port: int, citations: list[dict[str, str]]) -> Stage:
    clock = DemoClock(SET_UP)
    sources = {name: stack.enter_context(one) for name, one in _standins(citations).items()}
    sink = MailSink(home / "mailboxes")
    sink.start()
    stack.callback(sink.stop)
    listener = listen("127.0.0.1", port)
    chosen = settings.load(
        home=home, database=database, address=listener.address, site_name=SITE_NAME, sender=f"perennial@{DOMAIN}",
        smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security="none", demo=True,
        contact_email=f"perennial@{DOMAIN}",
        **{f"{name}_address": one.address for name, one in sources.items()})
    app = root.build(chosen, clock=clock)
    stack.callback(app.database.close)
    schema.ready(app.database, paths.migrations())
    _gather_team(app)
    server = Server(app, listener)
    thread = server.start()
    stack.callback(lambda: (server.stop(), thread.join(10)))
    return Stage(app, clock, sink, sources, server, stack.enter_context(_people(home, server.address)))


def _standins(citations: list[dict[str, str]]) -> dict[str, StandIn]:
    """Return the name of each source's setting → the stand-in that plays it."""
    return {"eutils": EutilsStandIn(material.for_eutils(citations)),
            "clinicaltrials": ClinicalTrialsStandIn(material.for_clinicaltrials(citations)),
            "europepmc": EuropePmcStandIn(material.for_europepmc(citations)),
            "openalex": OpenAlexStandIn(material.for_openalex(citations)),
            "crossref": CrossrefStandIn(material.for_crossref(citations)),
            "unpaywall": UnpaywallStandIn(material.for_unpaywall(citations))}


def _gather_team(app: App) -> None:
    """Make the review known, with its team. A database that has a review already is not one for a demonstration."""
    with app.database.reading() as session:
        if reviews.all_reviews(session):
            raise DemoError("this database has a review in it already; the demonstration wants an empty one")
    review_id = cycle.state(app.database, protocol=app.protocol(SLUG), by=BY, now=app.clock()).review_id
    for name, (shown, roles) in TEAM.items():
        for role in roles:
            join(database=app.database, review_id=review_id, name=shown, email=address_of(name), role=role, by=BY, now=app.clock())


@contextmanager
def _people(home: Path, site: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the scripted people; they end when their standard input does, also when this process dies."""
    command = [sys.executable, "-P", "-m", "bot.demo.people", "--mailboxes", str(home / "mailboxes"), "--site", site, "--slug", SLUG,
               "--demo-folder", str(_demo_folder()), "--starting-set", str(paths.reviews() / SLUG / "starting_set.csv")]
    environment = os.environ | {"PYTHONPATH": str(paths.root())}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr, env=environment)
    try:
        yield process
    finally:
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _month(stage: Stage, moment: datetime, number: int, citations: list[dict[str, str]]) -> Month:
    """Let one month happen: the worker's ticks, and the people's answers, until the bulletin is out and every mail is."""
    if number == 1:
        _wait_for_readers(stage)
    _put_file(stage.app, moment, citations)
    stage.clock.jump_to(moment)
    _until(stage, lambda: _is_published(stage.app, number), f"the bulletin of month {number}")
    return Month(number, moment, stage.sink.count())


def _wait_for_readers(stage: Stage) -> None:
    def confirmed() -> bool:
        with stage.app.database.reading() as session:
            return readers.confirmed_count(session, reviews.review_by_slug(session, SLUG).id) == len(READERS)

    _until(stage, confirmed, "the readers' sign-up")


def _put_file(app: App, moment: datetime, citations: list[dict[str, str]]) -> None:
    """Put the citations without a PMID that were public by now into the watched folder; those known already count once."""
    public = [row for row in citations if not row["entered"] or row["entered"] < f"{moment:%Y-%m-%d}"]
    folder = app.home / "watched" / FILE_SOURCE
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{moment:%Y-%m}.ris").write_text(material.as_ris(public), encoding="utf-8")


def _is_published(app: App, number: int) -> bool:
    with app.database.reading() as session:
        review = reviews.review_by_slug(session, SLUG)
        waiting = outbox.counts(session)
        published = [row for row in bulletins.published(session, review.id) if row.mailed_at is not None]
        return len(published) >= number and not any(waiting[state] for state in ("pending", "claimed", "sending"))


def _until(stage: Stage, done: Callable[[], bool], what: str) -> None:
    """Tick until something is done. Nothing happening for too long is an error, not a wait without end."""
    seen, changed_at, ticked_at = _fingerprint(stage), time.monotonic(), 0.0
    while True:
        time.sleep(PAUSE_SECONDS)
        now, at = _fingerprint(stage), time.monotonic()
        if now != seen and at - ticked_at < LONGEST_WITHOUT_TICK:
            # People are at it: a tick now would only find them half-way.
            seen, changed_at = now, at
            continue
        jobs.tick(stage.app)
        if done():
            return
        if stage.people.poll() is not None:
            raise DemoError(f"the scripted people stopped while {what} was awaited; see above")
        after, ticked_at = _fingerprint(stage), time.monotonic()
        stage.progress()
        if after != seen:
            seen, changed_at = after, ticked_at
        elif ticked_at - changed_at > LONGEST_STANDSTILL:
            raise DemoError(f"nothing happens any more while {what} is awaited; database and mails lie in {stage.app.home}")
        elif ticked_at - changed_at > QUIET_SECONDS:
            _skip_quiet_hours(stage)


def _fingerprint(stage: Stage) -> tuple[object, ...]:
    with stage.app.database.reading() as session:
        return (stage.sink.count(), *outbox.counts(session).values(), events.count(session))


def _votes(stage: Stage) -> int:
    with stage.app.database.reading() as session:
        return decisions.count(session)


def _skip_quiet_hours(stage: Stage) -> None:
    """Where mails wait for the morning or for Monday, go there."""
    with stage.app.database.reading() as session:
        waiting = outbox.next_moment(session)
    if waiting is not None:
        stage.clock.jump_to(waiting)


def _show_again(home: Path, port: int) -> dict[str, Any]:
    """Show what a demonstration left in this folder, and return its figures."""
    left = json.loads((home / DONE).read_text(encoding="utf-8"))
    listener = listen("127.0.0.1", port)
    chosen = settings.load(home=home, database=left["database"], address=listener.address, site_name=SITE_NAME, demo=True)
    app = root.build(chosen, clock=DemoClock(MONTHS[-1]))
    server = Server(app, listener)
    thread = server.start()
    try:
        _show_until_told(server)
    finally:
        server.stop()
        thread.join(10)
        app.database.close()
    return left["figures"]


def _show_until_told(server: Server) -> None:
    print(f"\nThe site: {server.address}/reviews/{SLUG}\nIts mails: {server.address}/mail\nBoth until Ctrl-C.", flush=True)
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.5)

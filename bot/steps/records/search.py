"""Search one source for one cycle: a row in the ledger, the ids of all hits, then their records batch by batch.

Killed anywhere, it takes up where it was. A source that fails is noted as failed with a sentence, and its window does not move on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import version
from platform import python_version

from bot.domain.protocols import SourcePlan
from bot.errors import SourceError
from bot.rendering import plural
from bot.sources import SearchReply, Source, Window
from bot.telemetry import logger, redact
from db import events, records, reviews, searches
from db.searches import SearchRunRow
from db.session import Database

BATCH = 200
IDS_AT_A_TIME = 2_000
log = logger("search")


@dataclass(frozen=True, slots=True)
class SearchAccount:
    """What came of searching one source. state: `ok` or `failed`; missing: hits whose record the source did not give."""

    source: str
    state: str
    hits: int
    fetched: int
    new: int
    missing: int
    error: str

    @property
    def sentence(self) -> str:
        """Say it in a sentence."""
        if self.state != "ok":
            return f"FAILED, nothing is known about what is new: {self.error}"
        return f"{plural(self.hits, 'hit')}, {plural(self.new, 'new record')}"


def search(*, database: Database, review_id: int, cycle_id: int, source: Source, plan: SourcePlan, by: str, now: datetime) -> SearchAccount:
    """Search a source for a cycle and return what came of it; one that was searched in this cycle is not searched again."""
    run = _run(database, review_id, cycle_id, plan, by, now)
    if run.state == "ok":
        return _account(run)
    try:
        _list(database, run, source, plan, by)
        missing = _fetch_all(database, run, source, by, now)
    except SourceError as error:
        return _end(database, run, by, now, error=redact(str(error)))
    error = "" if not missing else f"{plan.label} found {missing} records that it did not give, asked twice"
    return _end(database, run, by, now, error=error)


def _run(database: Database, review_id: int, cycle_id: int, plan: SourcePlan, by: str, now: datetime) -> SearchRunRow:
    """Return the run to work on: a finished one, the one that was interrupted, or a new one."""
    with database.reading() as session:
        latest = searches.latest_run(session, cycle_id, plan.name)
    if latest is not None and latest.state in ("ok", "running"):
        return latest
    with database.writing(by=by) as session:
        window = _window(searches.last_ok_window(session, review_id, plan.name), plan, reviews.cycle(session, cycle_id).window_to)
        run = SearchRunRow(
            review_id=review_id, cycle_id=cycle_id, source=plan.name, attempt=latest.attempt + 1 if latest else 1, kind=plan.kind,
            strategy_sha256=hashlib.sha256(plan.strategy.encode()).hexdigest(), window_from=str(window.start or ""), window_to=str(window.end),
            warnings=[], software=f"Perennial {_software()}", started_at=now, state="running")
        session.add(run)
        session.flush()
        events.note(session, review_id=review_id, kind="search.begun", subject=f"search_run:{run.id}", data={"source": plan.name}, at=now)
        return run


def _window(last: tuple[str, str] | None, plan: SourcePlan, end: datetime) -> Window:
    """Return the days to search: from the end of the last search that succeeded, with the protocol's overlap."""
    if last is None:
        return Window(plan.since, end.date())
    return Window(date.fromisoformat(last[1]) - timedelta(days=plan.overlap_days), end.date())


def _list(database: Database, run: SearchRunRow, source: Source, plan: SourcePlan, by: str) -> None:
    """Ask for the ids of all hits and keep them; once they are all kept, this is not asked again."""
    if run.listed:
        return
    start = date.fromisoformat(run.window_from) if run.window_from else None
    reply = source.search(plan.strategy, Window(start, date.fromisoformat(run.window_to)))
    for first in range(0, len(reply.ids), IDS_AT_A_TIME):
        with database.writing(by=by) as session:
            searches.add_hits(session, run.id, reply.ids[first:first + IDS_AT_A_TIME])
    with database.writing(by=by) as session:
        _note_listed(searches.run(session, run.id), reply)


def _note_listed(row: SearchRunRow, reply: SearchReply) -> None:
    row.listed, row.hits = True, len(reply.ids)
    row.as_sent, row.as_understood, row.address = reply.as_sent, reply.as_understood, reply.address
    row.warnings = list(reply.warnings)


def _fetch_all(database: Database, run: SearchRunRow, source: Source, by: str, now: datetime) -> int:
    """Fetch what is not here yet, twice over; return how many hits are still missing then."""
    for _ in range(2):
        after = ""
        while True:
            with database.reading() as session:
                ids = searches.to_fetch(session, run.id, after=after, most=BATCH)
            if not ids:
                break
            batch = source.fetch(tuple(ids))
            with database.writing(by=by) as session:
                stored = records.store(session, review_id=run.review_id, records=batch.records, at=now, cycle_id=run.cycle_id, run_id=run.id)
                searches.mark_fetched(session, run.id, [one.source_id for one in batch.records])
                searches.run(session, run.id).new += stored.new
            after = ids[-1]
    with database.reading() as session:
        total, here = searches.hit_counts(session, run.id)
    return total - here


def _end(database: Database, run: SearchRunRow, by: str, now: datetime, *, error: str) -> SearchAccount:
    with database.writing(by=by) as session:
        row = searches.run(session, run.id)
        total, row.fetched = searches.hit_counts(session, run.id)
        row.failed = total - row.fetched
        row.state, row.error, row.finished_at = ("failed" if error else "ok"), error, now
        events.note(session, review_id=row.review_id, kind=f"search.{row.state}", subject=f"search_run:{row.id}",
                    data={"source": row.source, "hits": row.hits, "fetched": row.fetched, "new": row.new, "error": error}, at=now)
    if error:
        log.error("a source failed", source=row.source, error=error)
    return _account(row)


def _account(row: SearchRunRow) -> SearchAccount:
    return SearchAccount(row.source, row.state, row.hits, row.fetched, row.new, row.failed, row.error)


def _software() -> str:
    return f"(Python {python_version()}, biopython {version('biopython')}, requests {version('requests')})"

"""Search one source for one cycle: a row in the ledger, the ids of all hits part by part, then their records batch by batch.

Each answer is kept in a transaction of its own, so a run that was killed goes on behind the last one. A source that fails is noted
as failed with a sentence, and its window does not move on. Reading the answers of one source: bot/sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import version
from platform import python_version
from typing import Any, TypeVar

from bot.domain.known_items import KnownItem, Recall
from bot.domain.protocols import SourcePlan
from bot.errors import PerennialError, SourceError
from bot.rendering import plural
from bot.sources import FIRST, Batch, Found, Source, Watch, Window, require_all
from bot.steps.records.check_known_items import check_known_items
from bot.steps.records.revise import note_revised
from bot.telemetry import logger, redact
from db import events, records, reviews, searches, trials
from db.searches import SearchRunRow
from db.session import Database, Session

# How often a hit is asked for whose record does not come.
ROUNDS = 3
NAMED = 20
T = TypeVar("T")
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
        lost = f", {plural(self.missing, 'record')} that it did not give" if self.missing else ""
        return f"{plural(self.hits, 'hit')}, {plural(self.new, 'new record')}{lost}"


def search(*, database: Database, review_id: int, cycle_id: int, source: Source, plan: SourcePlan, by: str, now: datetime,
           known: Sequence[KnownItem] = ()) -> SearchAccount:
    """Search a source for a cycle and return what came of it; one that was searched in this cycle is not searched again.

    known: items that the strategy must find. Misses it one, the run fails: its records are kept, its days are searched again.
    """
    run = begin_run(database, review_id, cycle_id, plan, by, now)
    if run.state == "ok":
        return account(run)
    try:
        _list(database, run, source, plan, by, now)
        missing = _fetch_all(database, run, source, by, now)
        _require_no_new_loss(database, run, plan, missing)
        _require_known_items(check_known_items(database=database, run=run, source=source, plan=plan, items=known, by=by, now=now), plan)
    except SourceError as error:
        return _end(database, run, by, now, error=redact(str(error)))
    return _end(database, run, by, now, error="")


def failed_lately(database: Database, *, cycle_id: int, source: str, since: datetime) -> SearchAccount | None:
    """Return the account of a source's latest run in a cycle if that failed after `since`: then it is left alone for now."""
    with database.reading() as session:
        latest = searches.latest_run(session, cycle_id, source)
    return account(latest) if latest is not None and latest.state == "failed" and latest.started_at > since else None


def begin_run(database: Database, review_id: int, cycle_id: int, plan: SourcePlan, by: str, now: datetime) -> SearchRunRow:
    """Return the run to work on: a finished one, the one that was interrupted, or a new one."""
    with database.reading() as session:
        latest = searches.latest_run(session, cycle_id, plan.name)
    if latest is not None and latest.state in ("ok", "running"):
        return latest
    with database.writing(by=by) as session:
        window = next_window(session, review_id, plan, reviews.cycle(session, cycle_id).window_to)
        run = SearchRunRow(
            review_id=review_id, cycle_id=cycle_id, source=plan.name, attempt=latest.attempt + 1 if latest else 1, kind=plan.kind,
            strategy_sha256=hashlib.sha256(plan.strategy.encode()).hexdigest(), window_from=str(window.start or ""), window_to=str(window.end),
            warnings=[], software=f"Perennial {_software()}", started_at=now, state="running")
        session.add(run)
        session.flush()
        events.note(session, review_id=review_id, kind="search.begun", subject=subject(run), data={"source": plan.name}, at=now)
        return run


def next_window(session: Session, review_id: int, plan: SourcePlan, end: datetime) -> Window:
    """Return the days to search: from the end of the last search that succeeded, with the protocol's overlap."""
    last = searches.last_ok_window(session, review_id, plan.name)
    if last is None:
        return Window(plan.since, end.date())
    return Window(date.fromisoformat(last[1]) - timedelta(days=plan.overlap_days), end.date())


def _list(database: Database, run: SearchRunRow, source: Source, plan: SourcePlan, by: str, now: datetime) -> None:
    """Ask for the ids of all hits, one part after the other, and keep each answer; what was answered before is not asked again."""
    if run.listed:
        return
    window = Window(date.fromisoformat(run.window_from) if run.window_from else None, date.fromisoformat(run.window_to))
    with database.reading() as session:
        waiting = searches.parts_waiting(session, run.id)
    while waiting:
        part = waiting[0]
        found = asking(source, lambda part=part: source.ask(plan.strategy, window, part))
        with database.writing(by=by) as session:
            _keep_found(session, run.id, part, found, now)
        waiting = [*found.parts, *waiting[1:]]
    with database.reading() as session:
        first, (listed, _) = searches.first_part(session, run.id), searches.hit_counts(session, run.id)
        before = searches.accepted_reading(session, run)
    _require_read_as_before(plan, first, before)
    require_all(plan.label, first["hits"], listed)
    with database.writing(by=by) as session:
        row = searches.run(session, run.id)
        row.listed, row.hits = True, listed
        events.note(session, review_id=row.review_id, kind="search.listed", subject=subject(row), data={"hits": listed}, at=now)


def _keep_found(session: Session, run_id: int, part: str, found: Found, now: datetime) -> None:
    row = searches.run(session, run_id)
    searches.add_hits(session, row, found.ids)
    data: dict[str, Any] = {"part": part, "hits": found.hits, "parts": list(found.parts)}
    if part == FIRST:
        row.hits, row.as_sent, row.as_understood, row.address = found.hits, found.as_sent, found.as_understood, found.address
        row.warnings = list(dict.fromkeys((*found.unread, *found.warnings)))
        data |= {"reading": found.reading, "unread": list(found.unread)}
    events.note(session, review_id=row.review_id, kind=searches.PART, subject=subject(row), data=data, at=now)


def _require_read_as_before(plan: SourcePlan, first: Mapping[str, Any], before: str) -> None:
    """Raise SourceError if the source reads the strategy otherwise than it stands, or than it did when it was last searched."""
    if first["unread"]:
        raise SourceError(f"{plan.label} does not read the strategy as it stands ({'; '.join(first['unread'][:5])}). Mend {plan.strategy_file}")
    if before and before != first["reading"]:
        raise SourceError(f"{plan.label} reads the strategy otherwise than before: {_first_difference(before, first['reading'])}. "
                          "If the new reading is right, a person accepts it; else mend the strategy")


def _first_difference(before: str, after: str) -> str:
    at = next((number for number, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    return f"“…{before[max(0, at - 20):at + 40]}” became “…{after[max(0, at - 20):at + 40]}”"


def _fetch_all(database: Database, run: SearchRunRow, source: Source, by: str, now: datetime) -> int:
    """Fetch what is not here yet, several times over; return how many hits are still missing then."""
    for _ in range(ROUNDS):
        after = ""
        while True:
            with database.reading() as session:
                ids = searches.to_fetch(session, run.id, after=after, most=source.batch)
            if not ids:
                break
            batch = asking(source, lambda ids=tuple(ids): source.fetch(ids))
            _keep_batch(database, run, batch, by, now)
            after = ids[-1]
    with database.reading() as session:
        total, here = searches.hit_counts(session, run.id)
    return total - here


def _keep_batch(database: Database, run: SearchRunRow, batch: Batch, by: str, now: datetime) -> None:
    with database.writing(by=by) as session:
        stored = records.store(session, review_id=run.review_id, records=batch.records, at=now, cycle_id=run.cycle_id, run_id=run.id)
        searches.mark_fetched(session, run.id, [one.source_id for one in batch.records])
        searches.run(session, run.id).new += stored.new
        note_revised(session, stored.revised, at=now)
        trials.keep(session, review_id=run.review_id, trials=batch.trials, at=now)
        events.note(session, review_id=run.review_id, kind="search.fetched", subject=subject(run),
                    data={"records": len(batch.records), "new": stored.new, "missing": list(batch.missing)}, at=now)


def _require_no_new_loss(database: Database, run: SearchRunRow, plan: SourcePlan, missing: int) -> None:
    """Raise SourceError if hits have no record, unless they had none either when the source was searched the time before.

    A record that a source has lost for good would keep the window where it is for ever; once is a fault, twice is a fact.
    """
    if not missing:
        return
    with database.reading() as session:
        lost = searches.to_fetch(session, run.id, after="", most=missing)
        before = searches.missing_in_run_before(session, run)
    if set(lost) - before:
        raise SourceError(f"{plan.label} found {plural(missing, 'record')} that it did not give, asked {ROUNDS} times: {', '.join(lost[:NAMED])}"
                          + (" …" if missing > NAMED else ""))


def _require_known_items(checked: Recall | None, plan: SourcePlan) -> None:
    if checked is not None and checked.missed:
        raise SourceError(f"the strategy for {plan.label} misses {plural(len(checked.missed), 'known item')}: {checked.miss}. What it found "
                          f"is kept; mend {plan.strategy_file}, and the same days are searched again")


def asking(source: Source | Watch, ask: Callable[[], T]) -> T:
    """Return an answer of a source. Whatever goes wrong in it is this source's failure, and no other's."""
    try:
        return ask()
    except SourceError:
        raise
    except PerennialError as error:
        raise SourceError(str(error)) from error
    except Exception as error:
        log.error("a source broke", source=source.name, error=type(error).__name__, exc_info=True)
        raise SourceError(f"{source.name} answered with something that cannot be read ({type(error).__name__}: {str(error)[:200]})") from error


def _end(database: Database, run: SearchRunRow, by: str, now: datetime, *, error: str) -> SearchAccount:
    with database.writing(by=by) as session:
        row = searches.run(session, run.id)
        total, row.fetched = searches.hit_counts(session, run.id)
        row.failed = total - row.fetched
        row.state, row.error, row.finished_at = ("failed" if error else "ok"), error, now
        events.note(session, review_id=row.review_id, kind=f"search.{row.state}", subject=subject(row),
                    data={"source": row.source, "hits": row.hits, "fetched": row.fetched, "new": row.new, "error": error}, at=now)
    if error:
        log.error("a source failed", source=row.source, error=error)
    return account(row)


def account(row: SearchRunRow) -> SearchAccount:
    return SearchAccount(row.source, row.state, row.hits, row.fetched, row.new, row.failed, row.error)


def subject(run: SearchRunRow) -> str:
    return f"search_run:{run.id}"


def _software() -> str:
    return f"(Python {python_version()}, requests {version('requests')}, lxml {version('lxml')})"

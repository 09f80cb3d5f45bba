"""What is due, and the worker that does it. What is done: bot/steps/cycle.py. What is due and done is read from our own tables."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.app import App
from bot.domain.protocols import Schedule
from bot.errors import PerennialError
from bot.steps import cycle
from bot.telemetry import logger

TICK_SECONDS = 5
BY = "system:worker"
log = logger("worker")


@dataclass(frozen=True, slots=True)
class Due:
    """A period whose cycle should have begun at `moment` (aware UTC)."""

    period: str
    moment: datetime


def due(schedule: Schedule, *, now: datetime, since: datetime, begun: Callable[[str], bool]) -> Due | None:
    """Return the newest period that was due after `since` and has not begun; None if there is none.

    After three months down this is one period, the last: its search reaches back over the others. A clock that goes back
    finds its period begun already.
    """
    last = last_scheduled(schedule, now)
    if last.moment <= since or begun(last.period):
        return None
    return last


def last_scheduled(schedule: Schedule, now: datetime) -> Due:
    """Return the last scheduled moment at or before `now`."""
    local = now.astimezone(ZoneInfo(schedule.time_zone))
    year, month = local.year, local.month
    while (moment := _moment(schedule, year, month)) > now:
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return Due(f"{year:04d}-{month:02d}", moment)


def next_scheduled(schedule: Schedule, now: datetime) -> Due:
    """Return the first scheduled moment after `now`."""
    last = last_scheduled(schedule, now)
    year, month = int(last.period[:4]), int(last.period[5:])
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return Due(f"{year:04d}-{month:02d}", _moment(schedule, year, month))


def _moment(schedule: Schedule, year: int, month: int) -> datetime:
    # The 31st of a short month is its last day; an hour that the clocks skip or repeat is one moment all the same.
    last_day = calendar.monthrange(year, month)[1]
    local = datetime(year, month, min(schedule.day, last_day), schedule.hour, tzinfo=ZoneInfo(schedule.time_zone))
    return local.astimezone(UTC)


def tick(app: App) -> None:
    """Do what is due now, for every review; one worker at a time."""
    with app.database.lock("worker") as leads:
        if not leads:
            return
        for slug in app.protocols:
            _guarded("cycle", slug, lambda slug=slug: _review(app, slug))
        _guarded("mail", "", lambda: cycle.post_mail(app.database, post=app.post, by=BY, clock=app.clock))


def work(app: App, *, seconds: float = TICK_SECONDS) -> Callable[[], None]:
    """Tick in the background, and return what ends it: call that before the process does."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(timezone=UTC)
    # coalesce and max_instances: a tick that takes long is followed by one, not by all that were missed.
    scheduler.add_job(tick, "interval", [app], seconds=seconds, coalesce=True, max_instances=1, misfire_grace_time=None,
                      next_run_time=datetime.now(UTC) + timedelta(milliseconds=100))
    scheduler.start()
    return lambda: scheduler.shutdown(wait=True)


def _review(app: App, slug: str) -> None:
    protocol, now = app.protocols[slug], app.clock()
    state = cycle.state(app.database, protocol=protocol, by=BY, now=now)
    wanted = due(protocol.schedule, now=now, since=state.since, begun=lambda period: period in state.periods)
    if wanted is not None:
        log.info("a cycle is due", review=slug, period=wanted.period)
        account = cycle.start(tools=_tools(app), protocol=protocol, period=wanted.period, by=BY)
        log.info("the cycle has searched", review=slug, **account.as_log())
    elif state.unfinished is not None and now - state.unfinished.last_attempt >= RETRY_SOURCES_AFTER:
        cycle.start(tools=_tools(app), protocol=protocol, period=state.unfinished.period, by=BY)
    cycle.advance(tools=_tools(app), protocol=protocol, by=BY)


RETRY_SOURCES_AFTER = timedelta(hours=6)


def _tools(app: App) -> cycle.Tools:
    return cycle.Tools(database=app.database, sources=app.sources, keys=app.keys, renderer=app.renderer, clock=app.clock,
                       watched=app.home / "watched")


def _guarded(what: str, slug: str, act: Callable[[], object]) -> None:
    """One review's trouble keeps no other from its turn; it is logged, and the next tick tries again."""
    try:
        act()
    except PerennialError as error:
        log.error("did not work", part=what, review=slug, error=str(error))
    except Exception as error:  # the worker must live: what it could not do is said, and tried again
        log.error("failed", part=what, review=slug, error=f"{type(error).__name__}: {error}", exc_info=True)

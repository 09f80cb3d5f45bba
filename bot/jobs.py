"""What is due, and the worker that does it. What is done: bot/steps/cycle.py. What is due and done is read from our own tables."""

from __future__ import annotations

import calendar
import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import App
from bot.bulletin.living import OVERDUE, standing
from bot.domain.protocols import Protocol, Schedule
from bot.errors import ConflictError, PerennialError, SettingsError
from bot.steps import cycle
from bot.steps.bulletins.keep_copy import keep_copy
from bot.steps.mail.take_returned import CAME_BACK
from bot.steps.mail.tell_operator import tell_operator
from bot.steps.readers.forget_pending import forget_pending
from bot.steps.records.read_mailbox import MailboxAccount, read_mailbox
from bot.steps.records.search import next_window
from bot.steps.tasks.do import do_next
from bot.telemetry import logger
from db import bulletins, events, outbox, reviews, searches, tasks

TICK_SECONDS = 5
STAND_BY_SECONDS = 0.5
# A job that takes long is followed by one, not by all that were missed.
ONE_AT_A_TIME: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
# A tick may take long, where a source gives much; what it has not done then is taken up by the next worker.
END_SECONDS = 8
RETRY_SOURCES_AFTER = timedelta(hours=6)
SAY_AGAIN_AFTER_SECONDS = 3600
PING_EVERY_SECONDS = 300
BACK_FOR = timedelta(days=14)
TELLING = ("telling the operator", "")
BY = "system:worker"
log = logger("worker")
_looked: dict[str, float] = {}
_said: dict[tuple[str, str], tuple[str, float]] = {}


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
    """Do what is due now, for every review; one worker at a time. What fails is logged and tried again at the next tick."""
    led: list[bool] = []
    works = _guarded("database", "", lambda: led.append(_do_what_is_due(app)))
    if not works or led == [True]:
        _guarded(*TELLING, lambda: _tell(app))


def _do_what_is_due(app: App) -> bool:
    """Do it if no other worker does; return whether this one did."""
    with app.database.lock("worker") as leads:
        if not leads:
            return False
        _guarded("mailbox", "", lambda: _read_mailbox_if_due(app))
        # One at each tick: what takes long keeps mails and votes from their turn no longer than it must.
        _guarded("tasks", "", lambda: do_next(database=app.database, by=BY, clock=app.clock))
        for slug in app.protocols:
            _guarded("cycle", slug, lambda slug=slug: _begin_what_is_due(app, slug))
            _guarded("review", slug, lambda slug=slug: cycle.advance(tools=tools_of(app), protocol=app.protocols[slug], by=BY))
            _guarded("copy", slug, lambda slug=slug: keep_copy(database=app.database, slug=slug, home=app.home))
        _guarded("readers", "", lambda: forget_pending(database=app.database, by=BY, now=app.clock()))
        _guarded("mail", "", lambda: cycle.post_mail(app.database, post=app.post, by=BY, clock=app.clock))
    return True


def _tell(app: App) -> None:
    """Tell the operator what goes wrong and what is over, and a watch elsewhere that the worker works."""
    failing = {" ".join(filter(None, part)) + " does not work": error for part, (error, _) in _said.items() if part != TELLING}
    if app.operator is not None:
        troubles = failing | ({} if ("database", "") in _said else _waiting_for_a_person(app))
        tell_operator(troubles=troubles, home=app.home, post=app.post, operator=app.operator, now=app.clock())
    if app.ping is not None and not failing and time.monotonic() - _looked.get("ping", -math.inf) >= PING_EVERY_SECONDS:
        app.ping()
        _looked["ping"] = time.monotonic()


def _waiting_for_a_person(app: App) -> dict[str, str]:
    """Return what nobody but a person mends: sources that failed after every try, mails that are unsure or failed."""
    found = {}
    with app.database.reading() as session:
        for row in reviews.all_reviews(session):
            latest = reviews.latest_cycle(session, row.id) if row.slug in app.protocols else None
            final = {run.source: run.state for run in searches.runs_of_cycle(session, latest.id)} if latest else {}
            if failed := sorted(source for source, state in final.items() if state == "failed"):
                found[f"{row.slug}: sources failed"] = f"{', '.join(failed)} did not answer; asked again every few hours"
            newest = bulletins.latest_published(session, row.id) if row.slug in app.protocols else None
            stands = standing(app.protocols[row.slug], newest.content, app.clock().date()) if newest is not None else None
            if stands is not None and stands.status == OVERDUE:
                found[f"{row.slug}: overdue"] = f"{stands.words} A draft waits for an editor, or for what the team page shows as pending"
            back = {event.subject for event in events.of_kind(session, row.id, CAME_BACK)
                    if event.subject.startswith("person:") and event.at > app.clock() - BACK_FOR}
            if back:
                found[f"{row.slug}: mails come back"] = f"from {len(back)} of the team; look at their addresses:  ./perennial people list"
        for state in ("unsure", "failed"):
            if count := outbox.counts(session)[state]:
                found[f"mails are {state}"] = f"{count} of them; see  ./perennial mail unsure"
    return found


def _read_mailbox_if_due(app: App) -> None:
    """Look into the mailbox for alerts, if one is set and was not looked into lately."""
    if app.alerts is None or time.monotonic() - _looked.get(app.alerts.mailbox.name, -math.inf) < app.alerts.every.total_seconds():
        return
    _looked[app.alerts.mailbox.name] = time.monotonic()
    account = read_alerts(app, by=BY)
    if account.mails:
        log.info("alerts came by mail", review=app.alerts.review, says=account.sentence)


def read_alerts(app: App, *, by: str) -> MailboxAccount:
    """Take in what came into the mailbox for alerts. Raises SettingsError if none is set, SourceError if it cannot be read."""
    if app.alerts is None:
        raise SettingsError("no mailbox is set; set PERENNIAL_IMAP_HOST, PERENNIAL_IMAP_USER and PERENNIAL_IMAP_PASSWORD")
    protocol, now = app.protocol(app.alerts.review), app.clock()
    review_id = cycle.state(app.database, protocol=protocol, by=by, now=now).review_id
    plans = [plan for plan in (*protocol.sources, *protocol.planned_sources) if plan.kind == "file"]
    return read_mailbox(database=app.database, review_id=review_id, mailbox=app.alerts.mailbox, plans=plans, keys=app.keys, by=by, now=now)


def work(app: App, *, seconds: float = TICK_SECONDS) -> Callable[[], bool]:
    """Work in the background as soon as no other worker does, and return what ends it: call that before the process ends.

    It says whether the last tick came to its end. Of several workers one leads; when it ends, however it ends, another takes over within
    STAND_BY_SECONDS. That never two tick at once does not hang on this: see `tick`.
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler, leading = BackgroundScheduler(timezone=UTC), ExitStack()

    def take_over() -> None:
        if not leading.enter_context(app.database.lock("leader")):
            leading.close()
            return
        log.info("this worker leads", process=os.getpid())
        scheduler.remove_job("take over")
        scheduler.add_job(tick, "interval", [app], seconds=seconds, next_run_time=datetime.now(UTC), **ONE_AT_A_TIME)

    scheduler.add_job(lambda: _guarded("worker", "", take_over), "interval", seconds=STAND_BY_SECONDS, id="take over",
                      next_run_time=datetime.now(UTC) + timedelta(milliseconds=100), **ONE_AT_A_TIME)
    scheduler.start()

    def end() -> bool:
        waiting = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
        waiting.start()
        waiting.join(END_SECONDS)
        leading.close()
        return not waiting.is_alive()

    return end


def _begin_what_is_due(app: App, slug: str) -> None:
    """Begin the cycle that is due; else take up one that was cut short, or in which a source failed a while ago."""
    protocol, now = app.protocols[slug], app.clock()
    state = cycle.state(app.database, protocol=protocol, by=BY, now=now)
    wanted = due(protocol.schedule, now=now, since=state.since, begun=lambda period: period in state.periods)
    left = state.unfinished
    if wanted is not None and not _is_over(protocol, wanted.moment):
        log.info("a cycle is due", review=slug, period=wanted.period)
        period = wanted.period
    elif left is not None and (left.interrupted or now - left.last_attempt >= RETRY_SOURCES_AFTER):
        period = left.period
    else:
        return
    account = cycle.start(tools=tools_of(app), protocol=protocol, period=period, by=BY, patience=RETRY_SOURCES_AFTER)
    log.info("the cycle has searched", review=slug, **account.as_log())


def _is_over(protocol: Protocol, moment: datetime) -> bool:
    """Return whether a review has ended before a moment: then no cycle of it begins."""
    ends = protocol.living.retired_on
    return ends is not None and moment.astimezone(ZoneInfo(protocol.schedule.time_zone)).date() > ends


def run_now(app: App, slug: str, *, by: str) -> dict[str, Any]:
    """Do one cycle of a review now, and return what happened: `lines` to read, and plain values.

    A cycle that is not drafted yet is taken up again; else the period that is due, else one named by the day.
    """
    protocol, now = app.protocols[slug], app.clock()
    period = _period_for_now(app, protocol, by, now)
    account = cycle.start(tools=tools_of(app), protocol=protocol, period=period, by=by)
    cycle.advance(tools=tools_of(app), protocol=protocol, by=by)
    mails = cycle.post_mail(app.database, post=app.post, by=by, clock=app.clock)
    lines = [f"{protocol.short_title}, cycle {period}"]
    lines += [f"  {one.source}: {one.sentence}" for one in account.searches]
    lines += [f"  not taken in: {sentence}" for sentence in account.refused_files]
    if account.busy:
        lines.append("  another process is at this review; nothing was done here")
    else:
        lines.append(f"  {account.flagged} records to judge, {account.invited} reviewers invited, {mails.sent} mails sent")
    return {"lines": lines, "period": period, "busy": account.busy, "failed": [one.source for one in account.failed],
            "refused_files": list(account.refused_files),
            "records": account.records, "duplicates": account.duplicates, "flagged": account.flagged, "invited": account.invited,
            "mails": mails.sent}


def plan_now(app: App, slug: str, *, by: str) -> dict[str, Any]:
    """Return what `run_now` would do, and do nothing: `lines` to read, and plain values. Afterwards the database of `app` keeps nothing."""
    app.database.rehearse()
    protocol, now = app.protocols[slug], app.clock()
    period = _period_for_now(app, protocol, by, now)
    with app.database.reading() as session:
        rows = [row for row in reviews.all_reviews(session) if row.slug == slug]
        windows = [(plan, next_window(session, rows[0].id if rows else 0, plan, now)) for plan in protocol.sources if plan.kind == "api"]
        waiting = outbox.counts(session)["pending"]
    files = sorted(str(path.relative_to(app.home)) for path in (app.home / "watched").glob("*/*") if path.is_file())
    lines = [f"{protocol.short_title}, cycle {period}"]
    lines += [f"  would ask {plan.label} from {window.start or 'the beginning'} to {window.end}" for plan, window in windows]
    lines += [f"  would look at {name}" for name in files]
    lines.append(f"  would send {waiting} mails that wait, and invitations for what is found")
    return {"lines": lines, "period": period, "files": files, "mails_waiting": waiting,
            "sources": [{"source": plan.name, "from": str(window.start or ""), "to": str(window.end)} for plan, window in windows]}


def overview(app: App) -> dict[str, Any]:
    """Return what is due, done, waiting and failing: `lines` to read, and plain values."""
    now, lines, found = app.clock(), [], {}
    with app.database.reading() as session:
        mails, held, waiting = outbox.counts(session), outbox.held(session), tasks.open_count(session)
        for slug, protocol in app.protocols.items():
            rows = [row for row in reviews.all_reviews(session) if row.slug == slug]
            latest = reviews.latest_cycle(session, rows[0].id) if rows else None
            upcoming = next_scheduled(protocol.schedule, now)
            state = f"cycle {latest.period} is {latest.state}" + (", a source failed" if latest.degraded else "") if latest else "no cycle yet"
            lines.append(f"{slug}: {state}; next on {upcoming.moment:%Y-%m-%d %H:%M} UTC")
            found[slug] = {"cycle": latest.period if latest else None, "state": latest.state if latest else None,
                           "degraded": bool(latest and latest.degraded), "next": upcoming.moment.isoformat()}
    lines.append("mails: " + ", ".join(f"{count} {state}" for state, count in mails.items() if count or state in ("pending", "unsure")))
    if waiting:
        lines.append(f"tasks of the web: {waiting} waiting or at work")
    if held:
        lines.append(f"mails are HELD BACK: {held}; let them go with:  perennial mail release")
    return {"lines": lines, "reviews": found, "mails": mails, "mails_held": held, "tasks": waiting}


def _period_for_now(app: App, protocol: Protocol, by: str, now: datetime) -> str:
    review_id = cycle.state(app.database, protocol=protocol, by=by, now=now).review_id
    with app.database.reading() as session:
        latest = reviews.latest_cycle(session, review_id)
        begun = {row.period for row in reviews.cycles(session, review_id)}
    if latest is not None and latest.state in ("searching", "reviewing"):
        return latest.period
    if _is_over(protocol, now):
        raise ConflictError(f"{standing(protocol, None, now.date()).words} No cycle of it begins any more. To take it up again, take "
                            "retired_on and retired_why out of [living] in its protocol.toml, and say why in an amendment.")
    today = f"{now:%Y-%m-%d}"
    wanted = [last_scheduled(protocol.schedule, now).period, today, *(f"{today}.{number}" for number in range(2, len(begun) + 3))]
    return next(period for period in wanted if period not in begun)


def tools_of(app: App) -> cycle.Tools:
    return cycle.Tools(database=app.database, sources=app.sources, keys=app.keys, renderer=app.renderer, clock=app.clock,
                       free_copies=app.free_copies, watched=app.home / "watched", starting_sets=app.starting_sets, known_items=app.known_items)


def _guarded(what: str, slug: str, act: Callable[[], object]) -> bool:
    """Do it and return whether it worked: one review's trouble keeps no other from its turn; it is logged, and the next tick tries again."""
    try:
        act()
    except PerennialError as error:
        if _is_news(what, slug, str(error)):
            log.error("did not work", part=what, review=slug, error=str(error))
    except Exception as error:  # the worker must live: what it could not do is said, and tried again
        if _is_news(what, slug, f"{type(error).__name__}: {error}"):
            log.error("failed", part=what, review=slug, error=f"{type(error).__name__}: {error}", exc_info=True)
    else:
        _said.pop((what, slug), None)
        return True
    return False


def _is_news(what: str, slug: str, error: str) -> bool:
    """Return whether this trouble was not logged lately: a tick comes every few seconds, and nobody reads the same line so often."""
    said, at = _said.get((what, slug), ("", 0.0))
    if said == error and time.monotonic() - at < SAY_AGAIN_AFTER_SECONDS:
        return False
    _said[what, slug] = (error, time.monotonic())
    return True

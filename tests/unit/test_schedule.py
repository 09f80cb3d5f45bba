"""One run per period, whatever the clock does. Faults met with schedulers: shared/standards/pitfalls.md, Schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.protocols import Schedule
from bot.jobs import due, last_scheduled, next_scheduled

MONTHLY = Schedule(every="month", day=1, hour=6, time_zone="Europe/London", catch_up="once")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _schedule(**changes: object) -> Schedule:
    return Schedule(**{"every": "month", "day": 1, "hour": 6, "time_zone": "Europe/London", "catch_up": "once"} | changes)


def _due(now: datetime, begun: set[str] | None = None, since: datetime = LONG_AGO, schedule: Schedule = MONTHLY):
    return due(schedule, now=now, since=since, begun=lambda period: period in (begun or set()))


def test_a_month_is_due_at_its_hour_in_its_time_zone() -> None:
    assert last_scheduled(MONTHLY, datetime(2026, 7, 1, 4, 59, tzinfo=UTC)).period == "2026-06"
    assert last_scheduled(MONTHLY, datetime(2026, 7, 1, 5, 0, tzinfo=UTC)).period == "2026-07"  # British summer time
    assert last_scheduled(MONTHLY, datetime(2026, 12, 1, 5, 59, tzinfo=UTC)).period == "2026-11"


def test_three_months_down_is_one_cycle_not_three_and_not_none() -> None:
    found = _due(datetime(2026, 11, 20, tzinfo=UTC), begun={"2026-07"})
    assert found is not None and found.period == "2026-11"
    assert _due(datetime(2026, 11, 20, tzinfo=UTC), begun={"2026-07", "2026-11"}) is None


def test_a_clock_that_goes_back_a_day_runs_nothing_twice() -> None:
    begun = {"2026-10", "2026-11"}
    assert _due(datetime(2026, 11, 1, 12, tzinfo=UTC), begun) is None
    assert _due(datetime(2026, 10, 31, 12, tzinfo=UTC), begun) is None


def test_a_review_that_was_set_up_after_the_moment_waits_for_the_next() -> None:
    set_up = datetime(2026, 11, 20, tzinfo=UTC)
    assert _due(datetime(2026, 11, 21, tzinfo=UTC), since=set_up) is None
    assert _due(datetime(2026, 12, 1, 6, tzinfo=UTC), since=set_up).period == "2026-12"


@pytest.mark.parametrize(("night", "hour", "zone"), [((2026, 3, 29), 1, "Europe/London"), ((2026, 10, 25), 1, "Europe/London"),
                                                     ((2026, 3, 8), 2, "America/New_York"), ((2026, 11, 1), 1, "America/New_York")])
def test_an_hour_that_the_clocks_skip_or_repeat_is_due_once(night: tuple[int, int, int], hour: int, zone: str) -> None:
    schedule = _schedule(day=night[2], hour=hour, time_zone=zone)
    begun: set[str] = set()
    moment, runs = datetime(*night, tzinfo=UTC) - timedelta(days=1), 0
    while moment < datetime(*night, tzinfo=UTC) + timedelta(days=2):
        found = _due(moment, begun, since=datetime(*night, tzinfo=UTC) - timedelta(days=1), schedule=schedule)
        if found is not None:
            runs += 1
            begun.add(found.period)
        moment += timedelta(minutes=10)
    assert runs == 1


def test_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    schedule = _schedule(day=31, time_zone="UTC")
    days = [next_scheduled(schedule, datetime(2028, month, 15, tzinfo=UTC)).moment.day for month in range(1, 13)]
    assert days == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(1, 31), st.integers(0, 23),  # noqa: DTZ001  hypothesis wants naive bounds
       st.sampled_from(["UTC", "Europe/London", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"]))
def test_the_last_moment_is_never_in_the_future_and_the_next_never_in_the_past(naive: datetime, day: int, hour: int, zone: str) -> None:
    now, schedule = naive.replace(tzinfo=UTC), _schedule(day=day, hour=hour, time_zone=zone)
    assert last_scheduled(schedule, now).moment <= now < next_scheduled(schedule, now).moment

"""When a mail to the team may go out: bot/methods/screening/quiet.py."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.methods.screening.quiet import next_moment

LONDON = {"quiet_from": 20, "quiet_to": 8, "quiet_weekdays": (5, 6), "time_zone": "Europe/London"}


def test_in_office_hours_a_mail_goes_out_at_once():
    now = datetime(2025, 2, 5, 10, 17, 3, tzinfo=UTC)
    assert next_moment(now, **LONDON) == now


def test_a_saturday_morning_waits_for_monday_at_eight():
    assert next_moment(datetime(2025, 2, 1, 6, 0, tzinfo=UTC), **LONDON) == datetime(2025, 2, 3, 8, 0, tzinfo=UTC)


def test_the_night_ends_by_the_clock_on_the_wall_in_summer():
    assert next_moment(datetime(2025, 7, 1, 23, 30, tzinfo=UTC), **LONDON) == datetime(2025, 7, 2, 7, 0, tzinfo=UTC)


def test_the_same_hour_twice_means_no_quiet_hours():
    now = datetime(2025, 2, 5, 3, 0, tzinfo=UTC)
    assert next_moment(now, quiet_from=8, quiet_to=8, quiet_weekdays=(), time_zone="UTC") == now


def test_quiet_hours_within_a_day():
    given = {"quiet_from": 12, "quiet_to": 14, "quiet_weekdays": (), "time_zone": "UTC"}
    assert next_moment(datetime(2025, 2, 5, 12, 30, tzinfo=UTC), **given) == datetime(2025, 2, 5, 14, 0, tzinfo=UTC)


def test_a_week_without_any_day_for_mail_is_not_heeded():
    now = datetime(2025, 2, 5, 10, 0, tzinfo=UTC)
    assert next_moment(now, quiet_from=0, quiet_to=0, quiet_weekdays=tuple(range(7)), time_zone="UTC") == now

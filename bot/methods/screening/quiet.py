"""When a mail to a member of the team may go out: not at night and not at weekends, as the protocol says."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def next_moment(now: datetime, *, quiet_from: int, quiet_to: int, quiet_weekdays: Collection[int], time_zone: str) -> datetime:
    """Return `now`, or the first full hour after it at which a mail may go out, in UTC.

    now: aware. quiet_from, quiet_to: hours of the day in `time_zone`, from which and until which nothing is sent; the same hour
    twice: no quiet hours. quiet_weekdays: days without mail, 0 is Monday; all seven: they are not heeded, or nothing would ever be sent.
    """
    zone = ZoneInfo(time_zone)
    days = frozenset(quiet_weekdays) if len(set(quiet_weekdays)) < 7 else frozenset()
    moment = now.astimezone(UTC)
    # Hour by hour in UTC, so that an hour that happens twice, or never, is counted as the clock on the wall shows it.
    while _is_quiet(moment.astimezone(zone), quiet_from, quiet_to, days):
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


def _is_quiet(local: datetime, quiet_from: int, quiet_to: int, days: Collection[int]) -> bool:
    if local.weekday() in days:
        return True
    if quiet_from <= quiet_to:
        return quiet_from <= local.hour < quiet_to
    return local.hour >= quiet_from or local.hour < quiet_to

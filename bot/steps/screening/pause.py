"""Be away from a review until a day: no reminders, no mails, no place in new rounds while others are there. Handing over: hand_over.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from bot import access
from bot.errors import InvalidInputError
from db import events, links, people
from db.session import Database

LONGEST = timedelta(days=366)


def pause(*, database: Database, token: str, until: str, by: str, now: datetime) -> date | None:
    """Keep until which day (YYYY-MM-DD, the first day back) the holder of a round's link is away, "" for not any more; return it.

    Raises LinkError, RefusedError, InvalidInputError (no day, a day that is over, or more than a year ahead).
    """
    day = _day(until.strip(), now) if until.strip() else None
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "round", now)
        access.require(people.roles(session, link.review_id, link.person_id or 0), "decide")
        people.set_away(session, link.review_id, link.person_id or 0, datetime.combine(day, time(), UTC) if day else None)
        events.note(session, review_id=link.review_id, kind="person.away" if day else "person.back", subject=by,
                    data={"until": day.isoformat() if day else ""}, at=now)
    return day


def _day(text: str, now: datetime) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{text[:20]} is no day. Enter it as year, month and day, such as {now:%Y}-12-24.") from None
    if not now.date() < day <= (now + LONGEST).date():
        raise InvalidInputError(f"{text} does not lie ahead, or more than a year. Enter the first day on which you want mails again.")
    return day

"""Ask the team to search a source that has no interface, when that is overdue: one mail per source and period, with what to paste and a link
to bring the file. Sources with an interface are searched by themselves: search.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.protocols import Protocol, SourcePlan
from bot.errors import NotFoundError
from bot.links import LinkKeys
from bot.methods.screening.quiet import next_moment
from db import events, links, outbox, people, reviews, searches
from db.people import PersonRow
from db.session import Database, Session

ASKED = "search.asked_for"
LINK_LIVES = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SearchByHand:
    """Where a source by file stands. searched_to: the day of its last file, None if there was none; since, until: the days to search now.

    period: how many times its days were over since then: 0 is not overdue.
    """

    plan: SourcePlan
    searched_to: date | None
    since: date | None
    until: date
    period: int

    @property
    def is_overdue(self) -> bool:
        """Whether it was to be searched before today."""
        return self.period > 0


def searches_by_hand(session: Session, review_id: int, protocol: Protocol, now: datetime) -> list[SearchByHand]:
    """Return where each source of the protocol that is searched by a person stands."""
    reached, began = searches.searched_to(session, review_id), reviews.review(session, review_id).created_at.date()
    found = []
    for plan in protocol.sources:
        if plan.kind == "file":
            last = reached.get(plan.name)
            since = last - timedelta(days=plan.overlap_days) if last else plan.since
            # A day after its days are over it is overdue, and again after as many days more.
            period = max(0, ((now.date() - (last or began)).days - 1) // plan.overdue_days)
            found.append(SearchByHand(plan, last, since, now.date(), period))
    return found


def ask_for_search(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime, source: str = "") -> int:
    """Write to the team about each overdue source, once per period, and return how many mails that makes. source: only this one, overdue or not.

    The editors are asked; without any, the extractors. Raises NotFoundError if the protocol has no such source by file.
    """
    with database.reading() as session:
        found = searches_by_hand(session, review_id, protocol, now)
    wanted = [one for one in found if (one.plan.name == source if source else one.is_overdue)]
    if source and not wanted:
        allowed = ", ".join(one.plan.name for one in found) or "none"
        raise NotFoundError(f"{source!r} is no source that is searched by hand; there are: {allowed}")
    return sum(_ask(database, review_id, protocol, keys, one, by, now, at_will=bool(source)) for one in wanted)


def _ask(database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, one: SearchByHand, by: str, now: datetime, *,
         at_will: bool) -> int:
    occasion = now.isoformat() if at_will else f"{one.searched_to or 'never'}:{one.period}"
    subject = f"source:{one.plan.name}"
    rules = protocol.reviewing
    not_before = next_moment(now, quiet_from=rules.quiet_from, quiet_to=rules.quiet_to, quiet_weekdays=rules.quiet_weekdays,
                             time_zone=protocol.schedule.time_zone)
    with database.writing(by=by) as session:
        asked = {event.data["occasion"] for event in events.of_subject(session, subject) if event.kind == ASKED and event.review_id == review_id}
        team = _team(session, review_id)
        if occasion in asked or not team:
            return 0
        for person in team:
            link = links.create(session, keys, review_id=review_id, purpose="import", person_id=person.id, subject_id=review_id,
                                expires_at=now + LINK_LIVES, at=now)
            outbox.enqueue(session, review_id=review_id, template="search_by_hand", recipient=("person", person.id), at=now,
                           data={"links": {"import": link.id}, **_data(one)}, not_before=not_before,
                           dedupe_key=f"search_by_hand:{one.plan.name}:person:{person.id}:{occasion}")
        events.note(session, review_id=review_id, kind=ASKED, subject=subject, at=now,
                    data={"occasion": occasion, "people": [person.public_id for person in team]})
        return len(team)


def _team(session: Session, review_id: int) -> list[PersonRow]:
    return list(people.members(session, review_id, "editor")) or list(people.members(session, review_id, "extractor"))


def _data(one: SearchByHand) -> dict[str, object]:
    plan = one.plan
    return {"source": plan.name, "label": plan.label, "platform": plan.platform, "strategy": plan.strategy_text, "note": plan.note,
            "is_draft": plan.strategy_state == "draft", "overdue": one.is_overdue, "overdue_days": plan.overdue_days,
            "searched_to": str(one.searched_to or ""), "since": str(one.since or ""), "until": str(one.until)}

"""Who appraises a result, and the mails that ask them. When that is due: invite.py, hand_in.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.access import TABLE
from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.methods.screening.quiet import next_moment
from bot.steps.people.authors import barred_from_study
from db import links, outbox, people
from db.effects import EffectRow
from db.people import PersonRow
from db.session import Session
from db.studies import StudyRow

LINK_LIVES = timedelta(days=365)


def assessors(session: Session, review_id: int) -> list[PersonRow]:
    """Return who may appraise in a review, each once, in the order in which they joined."""
    roles = sorted(role for role, actions in TABLE.items() if "appraise" in actions)
    found = {person.id: person for role in roles for person in people.members(session, review_id, role)}
    return [found[one] for one in sorted(found)]


def choose(session: Session, effect: EffectRow, *, taken: Collection[int], wanted: int) -> list[PersonRow]:
    """Return so many people for the places at a result that are still free, in turn by study; fewer if the team has no more."""
    team = assessors(session, effect.review_id)
    out = {*taken, *barred_from_study(session, effect.review_id, effect.study_id, team)}
    able = [person for person in team if person.id not in out]
    start = effect.study_id % len(able) if able else 0
    return (able[start:] + able[:start])[:wanted]


def third_for(session: Session, effect: EffectRow, taken: Collection[int]) -> PersonRow | None:
    """Return who settles where the two differ: somebody else, None if there is nobody."""
    return next(iter(choose(session, effect, taken=taken, wanted=1)), None)


def ask(session: Session, template: str, person: PersonRow, rows: Sequence[StudyRow], occasion: str, *, protocol: Protocol, keys: LinkKeys,
        at: datetime) -> None:
    """Put one mail with a link to each of these studies into the outbox. occasion: what makes it the same mail when a step runs again."""
    wanted = {f"study_{row.id}": links.create(session, keys, review_id=row.review_id, purpose="appraise", person_id=person.id, subject_id=row.id,
                                              expires_at=at + LINK_LIVES, at=at).id for row in rows}
    rules = protocol.reviewing
    not_before = next_moment(at, quiet_from=rules.quiet_from, quiet_to=rules.quiet_to, quiet_weekdays=rules.quiet_weekdays,
                             time_zone=protocol.schedule.time_zone)
    data = {"links": wanted, "studies": [{"link": f"study_{row.id}", "label": row.label} for row in rows]}
    outbox.enqueue(session, review_id=rows[0].review_id, template=template, recipient=("person", person.id), data=data,
                   dedupe_key=f"{template}:person:{person.id}:{occasion}", at=at, not_before=not_before)

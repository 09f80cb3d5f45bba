"""Forget who somebody is: name, address and what was declared. What was decided stays, by the random name that the audit knows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import NotFoundError, RefusedError
from bot.mail.message import parse_address
from db import events, interests, links, people, readers, sign_ins
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class Erased:
    """audit_names: how the audit calls whom it was; teams: how many teams that person left by it; subscriptions: how many ended."""

    audit_names: tuple[str, ...]
    teams: int
    subscriptions: int


def erase(*, database: Database, email: str, by: str, now: datetime) -> Erased:
    """Erase whoever has this address, in every team and as a reader; the links and sessions end with it.

    Raises NotFoundError if nobody has it, RefusedError for the last editor of a review, InvalidInputError for what is no address.
    """
    address = parse_address(email).addr_spec
    with database.writing(by=by) as session:
        teams, names = _erase_member(session, address.lower(), now)
        read = readers.of_address(session, address)
        for row in read:
            readers.erase(session, row, now)
            events.note(session, review_id=row.review_id, kind="reader.erased", subject=readers.by(row), at=now)
        names += tuple(readers.by(row) for row in read)
        if not names:
            raise NotFoundError(f"nobody here has the address {address}; see  perennial people list")
        return Erased(names, teams, len(read))


def _erase_member(session: Session, address: str, now: datetime) -> tuple[int, tuple[str, ...]]:
    row = people.of_address(session, address)
    if row is None:
        return 0, ()
    teams = sorted(people.reviews_of(session, row.id))
    for review_id in teams:
        if [one.id for one in people.members(session, review_id, "editor")] == [row.id]:
            raise RefusedError("This is the last editor of a review. Invite another one first:  perennial invite --editor ADDRESS")
        people.leave(session, review_id, row, now)
    links.revoke_of_person(session, row.id, now)
    sign_ins.end_of_person(session, row.id, now)
    interests.forget(session, row.id)
    people.erase(session, row)
    events.note(session, review_id=None, kind="person.erased", subject=people.by(row), at=now)
    return len(teams), (people.by(row),)

"""Take somebody out of a review's team: links and sessions end with it, and what waits for that person goes to others."""

from __future__ import annotations

from datetime import datetime

from bot.errors import RefusedError
from db import links, people, sign_ins
from db.session import Database


def leave(*, database: Database, review_id: int, person_id: int, by: str, now: datetime) -> None:
    """Take a person out of the team; somebody who is not in it stays out. Raises RefusedError for the last editor."""
    with database.writing(by=by) as session:
        person = people.person(session, person_id)
        roles = people.roles(session, review_id, person_id)
        if not roles:
            return
        if "editor" in roles and len(people.members(session, review_id, "editor")) == 1:
            raise RefusedError("This is the last editor. Invite another one first, or nobody could sign.")
        people.leave(session, review_id, person, now)
        links.revoke_of_person(session, person_id, now, review_id=review_id)
        sign_ins.end_of_person(session, person_id, now)

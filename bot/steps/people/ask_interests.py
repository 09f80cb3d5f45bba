"""Write to whoever has not declared interests, or must again. Called at every tick; each is asked once for each year."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.links import LinkKeys
from db import events, interests, links, outbox, people
from db.session import Database

LINK_LIVES = timedelta(days=400)


def ask_interests(*, database: Database, review_id: int, keys: LinkKeys, by: str, now: datetime) -> int:
    """Put the mails that ask for a declaration into the outbox, and return how many are new."""
    with database.reading() as session:
        declared = interests.of_review(session, review_id)
        wanted = [(person, f"interests:person:{person.id}:after:{declared[person.id].id if person.id in declared else 0}")
                  for person in interests.to_ask(session, review_id, now)]
        wanted = [(person, key) for person, key in wanted if not outbox.knows(session, review_id, key)]
    for person, key in wanted:
        with database.writing(by=by) as session:
            link = links.create(session, keys, review_id=review_id, purpose="interests", person_id=person.id, subject_id=review_id,
                                expires_at=now + LINK_LIVES, at=now)
            outbox.enqueue(session, review_id=review_id, template="interests", recipient=("person", person.id),
                           data={"links": {"interests": link.id}, "again": person.id in declared}, dedupe_key=key, at=now)
            events.note(session, review_id=review_id, kind="interests.asked", subject=people.by(person), at=now)
    return len(wanted)

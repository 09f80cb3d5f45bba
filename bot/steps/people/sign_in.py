"""Sign in by a mailed link: ask for it, use it once, sign out. Opening the link makes no session; a press of its button does."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from bot.errors import LinkError, RefusedError
from bot.links import LinkKeys, path, pseudonym, token
from bot.mail.message import parse_address
from db import events, links, outbox, people, rate_counters, sign_ins
from db.people import PersonRow
from db.session import Database, Session

LINK_LIVES = timedelta(minutes=10)
INVITATION_LIVES = timedelta(days=7)
# A second wish within this time sends no second mail.
PAUSE = timedelta(minutes=1)
MOST_AN_HOUR = 5


def ask_to_sign_in(*, database: Database, email: str, keys: LinkKeys, by: str, now: datetime) -> None:
    """Mail a link to somebody of a team; nothing goes to anybody else, and the page says the same to all. Raises InvalidInputError."""
    address = parse_address(email).addr_spec.lower()
    with database.writing(by=by) as session:
        person = people.of_address(session, address)
        reviews = sorted(people.reviews_of(session, person.id)) if person is not None and person.state == "active" else []
        if person is None or not reviews:
            return
        link = links.create(session, keys, review_id=reviews[0], purpose="sign_in", person_id=person.id, at=now, expires_at=now + LINK_LIVES)
        if link.created_at < now and now < link.created_at + PAUSE:
            return
        who = pseudonym(keys, "address", address)
        if rate_counters.count(session, "sign_in_address", who, at=now, span=timedelta(hours=1)) > MOST_AN_HOUR:
            return
        outbox.enqueue(session, review_id=reviews[0], template="sign_in", recipient=("person", person.id),
                       data={"links": {"sign_in": link.id}, "minutes": int(LINK_LIVES.total_seconds() // 60)}, at=now,
                       dedupe_key=f"sign_in:person:{person.id}:link:{link.id}:{now:%Y%m%d%H%M}")
        events.note(session, review_id=reviews[0], kind="sign_in.asked", subject=people.by(person), at=now)


def invitation(*, database: Database, review_id: int, person: PersonRow, keys: LinkKeys, by: str, now: datetime) -> str:
    """Return the path that signs a newly invited person in, once, within a week: for a site that cannot send mails yet."""
    with database.writing(by=by) as session:
        link = links.create(session, keys, review_id=review_id, purpose="sign_in", person_id=person.id, at=now,
                            expires_at=now + INVITATION_LIVES)
        events.note(session, review_id=review_id, kind="sign_in.invited", subject=people.by(person), at=now)
        return path("sign_in", token(keys, link.key_id, "sign_in", link.id))


def sign_in(*, database: Database, link_token: str, now: datetime) -> str:
    """Use a sign-in link, once, and return the new session's token. Raises LinkError, RefusedError (in no team any more)."""
    with database.reading() as session:
        link = links.resolve(session, link_token, "sign_in", now)
        person = people.person(session, link.person_id or 0)
    with database.writing(by=people.by(person)) as session:
        # Again inside, held: of a hundred presses at once one signs in.
        row = links.hold(session, link.id)
        if row.revoked_at is not None:
            raise LinkError("This link was used already. Ask for a new one.")
        if not people.roles(session, row.review_id, person.id):
            raise RefusedError("You are not in this team any more.")
        row.revoked_at = now
        new = secrets.token_urlsafe(32)
        sign_ins.begin(session, person.id, new, now)
        events.note(session, review_id=row.review_id, kind="sign_in.done", subject=people.by(person), at=now)
        return new


def sign_out(*, database: Database, session_token: str, by: str, now: datetime) -> None:
    """End a session; one that is over already stays over."""
    with database.writing(by=by) as session:
        sign_ins.end(session, session_token, now)
        events.note(session, review_id=None, kind="sign_in.ended", subject=by, at=now)


def signed_in(session: Session, session_token: str | None, now: datetime) -> PersonRow | None:
    """Return who is signed in with this session, or None."""
    if not session_token or len(session_token) > 100:
        return None
    found = sign_ins.holder(session, session_token, now)
    return found[1] if found else None

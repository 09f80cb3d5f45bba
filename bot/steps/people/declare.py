"""Take what somebody declares: interests, other names, ORCID. Until then, and a year later again, no links are sent to that person."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInputError, RefusedError
from bot.methods.screening.authorship import ORCID
from db import events, interests, links, people
from db.session import Database

LONGEST = 4000


def declare(*, database: Database, token: str, has_any: str, text: str, also_known_as: str, orcid: str, by: str, now: datetime) -> bool:
    """Store a declaration of the link's person, and return whether it was new; the very same within its year is stored once.

    has_any: `none` or `some`. Raises LinkError, RefusedError (not in the team), InvalidInputError.
    """
    text, also_known_as, orcid = text.strip(), also_known_as.strip(), orcid.strip().upper().removeprefix("HTTPS://ORCID.ORG/")
    _check(has_any, text, also_known_as, orcid)
    with database.writing(by=by) as session:
        link = links.resolve(session, token, "interests", now)
        person = people.person(session, link.person_id or 0)
        if people.by(person) != by or not people.roles(session, link.review_id, person.id):
            raise RefusedError("This link belongs to nobody in the team.")
        latest = interests.latest(session, link.review_id, person.id)
        said = "" if has_any == "none" else text
        if latest is not None and (latest.text, latest.also_known_as, latest.orcid) == (said, also_known_as, orcid) and \
                latest.until > now + interests.ASKED_BEFORE:
            return False
        interests.declare(session, review_id=link.review_id, person_id=person.id, text=said, also_known_as=also_known_as, orcid=orcid, at=now)
        events.note(session, review_id=link.review_id, kind="interests.declared", subject=people.by(person), data={"any": has_any}, at=now)
        return True


def _check(has_any: str, text: str, also_known_as: str, orcid: str) -> None:
    if has_any not in ("none", "some"):
        raise InvalidInputError("Choose one: nothing to declare, or something. Neither is chosen for you.")
    if has_any == "some" and not text:
        raise InvalidInputError("Say what there is to declare, or choose that there is nothing.")
    if max(len(text), len(also_known_as)) > LONGEST:
        raise InvalidInputError(f"At most {LONGEST:,} characters; shorten it.")
    if orcid and not ORCID.fullmatch(orcid):
        raise InvalidInputError("An ORCID looks like 0000-0002-1825-0097. Correct it, or leave it empty.")

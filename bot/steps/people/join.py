"""Make somebody a member of a review's team."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInputError
from bot.mail.message import parse_address
from db import people
from db.people import ROLES, PersonRow
from db.session import Database

LONGEST_NAME = 200


def join(*, database: Database, review_id: int, name: str, email: str, role: str, by: str, now: datetime) -> PersonRow:
    """Make `email` a member with this role, and return the person; asking twice changes nothing. Raises InvalidInputError."""
    if role not in ROLES:
        raise InvalidInputError(f"{role!r} is not a role; allowed: {', '.join(ROLES)}")
    name = "".join(letter for letter in name if letter.isprintable()).strip()
    if len(name) > LONGEST_NAME:
        raise InvalidInputError(f"A name has at most {LONGEST_NAME} characters.")
    if not name:
        raise InvalidInputError("A member of the team has a name: it stands in bulletins where they agreed to be named.")
    address = parse_address(email, name).addr_spec.lower()
    with database.writing(by=by) as session:
        return people.add(session, review_id=review_id, name=name, email=address, role=role, at=now)

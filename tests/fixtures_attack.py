"""A demonstration that an attacker may do anything to: a copy for each module, with people of every role, here and elsewhere. Not a test."""

from __future__ import annotations

import hashlib
import importlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select

from bot import app as root
from bot import links as tokens
from bot import settings
from bot.app import App
from bot.demo.clock import DemoClock
from bot.demo.run import MONTHS
from bot.steps.people.join import join
from bot.steps.people.sign_in import sign_in
from bot.web import PARTS, create
from db import links, people, reviews
from db.base import Base
from db.people import ROLES, PersonRow
from tests.asgi import Browser

BY = "system:test"
SLUG = "digital-peer-support"
OTHER = "another-review"
# Purpose → what the holder must be allowed to do (bot/access.py); "" for everybody of a team.
ACTIONS = {"round": "decide", "extract": "extract", "verify": "verify", "starting_set": "confirm_starting_set", "appraise": "appraise",
           "questions": "answer_questions", "certainty": "rate", "sign": "sign", "remark": "read_drafts", "import": "import",
           "interests": "", "sign_in": ""}
# The first part of an address → the purpose whose link it takes.
PURPOSES = {path.split("/")[1]: purpose for purpose, path in tokens.PATHS.items()}
COUNTED = ("rate_counter",)


@dataclass
class Target:
    """The site that is attacked. people: role → somebody who is that and nothing else; foreign: the same in another review of the site."""

    app: App
    web: FastAPI
    review_id: int
    other_id: int
    people: dict[str, PersonRow]
    foreign: dict[str, PersonRow]

    def browser(self, client: str = "203.0.113.7") -> Browser:
        """A browser of somebody outside."""
        return Browser(self.web, host="127.0.0.1", client=client)

    def routes(self) -> list[tuple[str, str]]:
        """Every address that there is, as (method, pattern)."""
        parts = [importlib.import_module(f"bot.web.{part}").routes(self.app) for part in PARTS]
        return sorted({(method, one.path) for part in parts for one in part.routes if isinstance(one, APIRoute) for method in one.methods or ()})

    def token(self, purpose: str, person: PersonRow, *, foreign: bool = False) -> str:
        """The token of a person's link of this purpose, to what the demonstration gave out links to."""
        review_id = self.other_id if foreign else self.review_id
        with self.app.database.writing(by=BY) as session:
            given = session.scalars(select(links.LinkRow).where(links.LinkRow.purpose == purpose, links.LinkRow.review_id == self.review_id)
                                    .order_by(links.LinkRow.id.desc())).first()
            row = links.create(session, self.app.keys, review_id=review_id, purpose=purpose, person_id=person.id, at=self.app.clock(),
                               subject_id=given.subject_id if given else review_id, expires_at=self.app.clock() + timedelta(days=30))
        return tokens.token(self.app.keys, row.key_id, purpose, row.id)

    def session_of(self, person: PersonRow) -> dict[str, str]:
        """The cookie of a person who signed in."""
        link = self.token("sign_in", person, foreign=person in self.foreign.values())
        return {"cookie": f"perennial={sign_in(database=self.app.database, link_token=link, now=self.app.clock())}"}

    def state(self) -> str:
        """A hash over all rows of all tables but those that count."""
        digest = hashlib.sha256()
        with self.app.database.reading() as session:
            for table in (one for one in Base.metadata.sorted_tables if one.name not in COUNTED):
                for row in session.execute(select(table).order_by(*table.primary_key.columns)):
                    digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()


def attacked(home: Path, folder: Path) -> Iterator[Target]:
    """Give a copy of a demonstration on SQLite, with people of every role, here and in another review."""
    with closing(sqlite3.connect(home / "perennial.sqlite")) as source, closing(sqlite3.connect(folder / "perennial.sqlite")) as copy:
        source.backup(copy)
    (folder / "keys").mkdir()
    for key in (home / "keys").iterdir():
        (folder / "keys" / key.name).write_bytes(key.read_bytes())
    app = root.build(settings.load(home=folder, demo=True), clock=DemoClock(MONTHS[0]))
    app = replace(app, protocols={**app.protocols, OTHER: replace(app.protocols[SLUG], slug=OTHER)})
    now = app.clock()
    with app.database.writing(by=BY) as session:
        here = reviews.review_by_slug(session, SLUG).id
        there = reviews.ensure(session, slug=OTHER, title="Another review", at=now).id
    members = {role: join(database=app.database, review_id=here, name=f"Only {role}", email=f"{role}@one.example", role=role, by=BY, now=now)
               for role in ROLES}
    foreign = {role: join(database=app.database, review_id=there, name=f"Foreign {role}", email=f"{role}@two.example", role=role, by=BY, now=now)
               for role in ROLES}
    yield Target(app, create(app), here, there, members, foreign)
    app.database.close()


def filled(pattern: str, token: str = "", number: int = 1) -> str:
    """Return an address of this pattern: with the token, and elsewhere what could be there."""
    values = {"token": token, "slug": SLUG, "outcome": "depression", "name": "forest-depression.svg", "kind": "a", "cid": "x"}
    parts = [values.get(part[1:-1], str(number)) if part.startswith("{") else part for part in pattern.split("/")]
    return "/".join(parts)


def active(target: Target, person: PersonRow) -> bool:
    """Return whether a person belongs to the attacked review."""
    with target.app.database.reading() as session:
        return bool(people.roles(session, target.review_id, person.id))

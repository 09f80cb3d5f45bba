"""Who is erased has no name, address, link or session left; every hash of the audit and every published page stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import NotFoundError, RefusedError
from bot.steps.audit.verify import verify
from bot.steps.people.erase import erase
from db import interests, people
from db.people import PersonRow
from db.session import Database
from tests.fixtures_attack import SLUG, Target, attacked
from tests.fixtures_demo import Played
from tests.fixtures_studies import studied
from tests.integration.test_team_and_sign_in import declare, entered

BY = "system:test"


@pytest.fixture
def target(played_on_sqlite: Played, tmp_path: Path) -> Iterator[Target]:
    yield from attacked(played_on_sqlite.home, tmp_path)


@pytest.mark.xdist_group("demo")
def test_the_names_of_all_people_can_be_emptied_without_touching_a_hash(target: Target) -> None:
    database, browser, page = target.app.database, target.browser(), f"/reviews/{SLUG}/bulletins/2"
    before, shown = verify(database=database), browser.get(page).content
    with database.writing(by=BY) as session:
        for row in session.scalars(select(PersonRow)):
            people.erase(session, row)
            interests.forget(session, row.id)
    after = verify(database=database)
    assert (after.fault, after.events, after.sha256) == ("", before.events, before.sha256) and before.events > 500
    assert browser.get(page).content == shown
    with closing(sqlite3.connect(str(database.url.database))) as raw:
        raw.execute("VACUUM")
        rows = "\n".join(str(row) for row in raw.execute("SELECT * FROM event"))
    assert "@" not in rows and "Demo reviewer" not in rows and "Only editor" not in rows


def test_who_is_erased_gets_in_no_more_and_what_was_decided_stays(database: Database, now: datetime) -> None:
    one = studied(database, now)
    declare(one, "Ada", has_any="some", text="shares in a forum", also_known_as="Lovelace A")
    round_id = one.open().round_id
    assert round_id is not None
    one.vote("Ada", round_id, 1, "include")
    browser, headers = entered(one, "Ada")
    link = f"/r/{one.token('Ada', round_id)}"
    assert browser.get(link).status_code == 200
    done = erase(database=database, email="ADA@example.org", by=BY, now=now)
    assert (done.audit_names, done.teams) == ((people.by(one.people["Ada"]),), 1)
    assert browser.get(link).status_code == 403
    assert browser.get("/team", headers=headers, follow_redirects=False).status_code == 303
    with database.reading() as session:
        row, declared = people.person(session, one.people["Ada"].id), interests.latest(session, one.review_id, one.people["Ada"].id)
    assert (row.name, row.email) == ("Erased member", f"erased:{row.public_id}")
    assert declared is not None and (declared.text, declared.also_known_as, declared.orcid) == ("", "", "")
    assert not verify(database=database).fault
    with pytest.raises(NotFoundError, match="nobody here has the address"):
        erase(database=database, email="ada@example.org", by=BY, now=now)


def test_the_last_editor_is_not_erased(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    with pytest.raises(RefusedError, match="last editor"):
        erase(database=one.database, email="edda@example.org", by=BY, now=now)

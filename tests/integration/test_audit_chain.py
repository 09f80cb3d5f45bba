"""The audit is a chain: what was altered, taken out or put in is named, and the end stands in every bulletin."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import paths
from bot.steps.audit.verify import verify
from db import backup, events, schema
from db.bulletins import BulletinRow
from db.session import Database
from tests.fixtures_demo import Played

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _note(database: Database, count: int = 5) -> None:
    for number in range(count):
        with database.writing(by="system:test") as session:
            data = {"weight": 1.0, "far": 1e-7, "many": 1e17, "text": "ä “ ” \u2028", 3: [True, None]}
            events.note(session, review_id=None, kind="test.done", subject=f"thing:{number}", data=data,
                        at=NOW.astimezone(timezone(timedelta(hours=number - 2))))


def _change(database: Database, *statements: str) -> None:
    with database.connecting() as connection:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def test_what_was_noted_is_a_whole_chain(database: Database) -> None:
    assert verify(database=database) == verify(database=database)
    _note(database)
    with database.reading() as session:
        head = events.head(session)
        assert [row.place for row in session.query(events.EventRow).order_by(events.EventRow.id)] == [1, 2, 3, 4, 5]
    account = verify(database=database)
    assert (account.fault, account.events, account.sha256) == ("", 5, head.sha256)


@pytest.mark.parametrize(("statements", "says"), [
    (["UPDATE event SET subject = 'thing:9' WHERE place = 3"], "place 3: event 3 (test.done of thing:9, 2026-11-20 09:00 UTC) was altered"),
    (["UPDATE event SET at = '2026-11-20 09:00:01' WHERE place = 2"], "place 2: event 2"),
    (["""UPDATE event SET "by" = 'person:x' WHERE place = 5"""], "place 5: event 5"),
    (["""UPDATE event SET data = '{"weight": 2}' WHERE place = 1"""], "place 1: event 1"),
    (["DELETE FROM event WHERE place = 4"], "place 4: the event is missing; the next one is event 5"),
    (["DELETE FROM event WHERE place = 1"], "place 1: the event is missing"),
    (["DELETE FROM event WHERE place = 4", "UPDATE event SET place = 4 WHERE place = 5"], "place 4: event 5"),
    (["""INSERT INTO event (id, at, "by", kind, subject, data) VALUES (99, '2026-11-20 09:00:00', 'x', 'k', 's', '{}')"""],
     "place 6: event 99 (k of s, 2026-11-20 09:00 UTC) was put in from outside"),
    (["UPDATE event SET place = 7 WHERE place = 2", "UPDATE event SET place = 2 WHERE place = 3", "UPDATE event SET place = 3 WHERE place = 7"],
     "place 2: event 3"),
])
def test_the_first_event_that_is_not_as_it_was_is_named(sqlite: Database, statements: Sequence[str], says: str) -> None:
    _note(sqlite)
    _change(sqlite, *statements)
    assert says in verify(database=sqlite).fault


def test_who_cuts_the_end_off_or_makes_the_chain_anew_is_found_by_what_a_bulletin_names(sqlite: Database) -> None:
    _note(sqlite)
    with sqlite.reading() as session:
        named = [events.head(session)]
    _change(sqlite, "DELETE FROM event WHERE place > 3")
    with sqlite.reading() as session:
        assert events.verify(session)[1] is None
        fault = events.verify(session, known=named)[1]
    assert fault is not None and fault.place == 4 and "a bulletin names one at place 5" in fault.what
    _note(sqlite, 4)
    with sqlite.reading() as session:
        fault = events.verify(session, known=named)[1]
    assert fault is not None and fault.place == 5 and "another chain" in fault.what


def test_many_who_write_at_once_make_one_chain(database: Database) -> None:
    own = [Database(database.url.render_as_string(hide_password=False)) for _ in range(4)]
    threads = [threading.Thread(target=_note, args=(one, 12)) for one in own]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for one in own:
        one.close()
    account = verify(database=database)
    assert (account.events, account.fault) == (48, "")


def test_what_is_rolled_back_leaves_no_gap(database: Database) -> None:
    _note(database, 2)
    with pytest.raises(RuntimeError), database.writing(by="system:test") as session:
        events.note(session, review_id=None, kind="test.done", subject="thing", at=NOW)
        session.flush()
        raise RuntimeError("killed")
    _note(database, 1)
    account = verify(database=database)
    assert (account.events, account.fault) == (3, "")


def test_events_from_before_the_chain_get_their_places_in_order(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    schema.migrate(database, paths.migrations(), to="0013")
    for number in range(3):
        _change(database, f"""INSERT INTO event (at, "by", kind, subject, data) VALUES
                              ('2026-11-20 09:00:0{number}.000000', 'system:test', 'k', 's', '{{"n": {number}.0}}')""")
    schema.migrate(database, paths.migrations())
    account = verify(database=database)
    assert (account.events, account.fault) == (3, "")
    database.close()


@pytest.mark.xdist_group("demo")
def test_a_month_is_a_whole_chain_and_its_bulletins_name_their_place_in_it(played_on_sqlite: Played) -> None:
    account = verify(database=played_on_sqlite.app.database)
    assert account.fault == "" and account.bulletins == 2 and account.events > 200
    with played_on_sqlite.app.database.reading() as session:
        ends = [row.content["audit"] for row in session.query(BulletinRow)]
    for number, end in enumerate(ends, start=1):
        page = played_on_sqlite.web.get(f"/reviews/digital-peer-support/bulletins/{number}").text
        assert end["sha256"] in page and f"{end['events']:,} events until then" in page
    assert backup.sums(played_on_sqlite.app.database)["event"].rows == account.events

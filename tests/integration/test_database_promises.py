"""What the database itself promises: reads cannot write, writers wait their turn, times keep their zone."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from bot.errors import ConflictError, DatabaseError
from db import events, people, reviews
from db.session import Database, is_transaction_open


def _review(database: Database, now: datetime) -> int:
    with database.writing(by="system:test") as session:
        return reviews.ensure(session, slug="bcg", title="BCG", at=now).id


def test_a_reading_session_cannot_write(database: Database, now: datetime) -> None:
    _review(database, now)
    with pytest.raises(DatabaseError), database.reading() as session:
        session.execute(text("UPDATE review SET title = 'changed'"))
    with database.reading() as session:
        assert reviews.review_by_slug(session, "bcg").title == "BCG"


def test_what_fails_inside_a_write_leaves_nothing(database: Database, now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), database.writing(by="system:test") as session:
        reviews.ensure(session, slug="half", title="Half", at=now)
        raise ZeroDivisionError
    with database.reading() as session:
        assert list(reviews.all_reviews(session)) == []


def test_a_second_transaction_inside_one_is_refused(sqlite: Database) -> None:
    with sqlite.reading(), pytest.raises(RuntimeError, match="transaction is open already"), sqlite.reading():
        pass
    assert not is_transaction_open()


def test_a_write_names_who_it_is_for(sqlite: Database) -> None:
    with pytest.raises(ValueError, match="who"), sqlite.writing(by=""):
        pass


def test_times_come_back_in_utc_whatever_zone_they_had(database: Database) -> None:
    east = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=5)))
    review_id = _review(database, east)
    with database.reading() as session:
        stored = reviews.review(session, review_id).created_at
    assert stored == east and stored.tzinfo == UTC


def test_a_time_without_a_zone_is_refused(sqlite: Database) -> None:
    with pytest.raises((ValueError, DatabaseError)):
        _review(sqlite, datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_same_period_of_a_review_has_one_cycle(database: Database, now: datetime) -> None:
    review_id = _review(database, now)
    numbers = []
    for _ in range(2):
        with database.writing(by="system:test") as session:
            version = reviews.activate_protocol(session, review_id=review_id, version="1.0", dated="2026-01-01", sha256="a" * 64, at=now)
            cycle = reviews.begin_cycle(session, review_id=review_id, period="2026-11", protocol_version_id=version.id, at=now)
            numbers.append((cycle.id, cycle.number))
    assert numbers[0] == numbers[1]


def test_a_constraint_that_is_broken_is_a_conflict(database: Database, now: datetime) -> None:
    _review(database, now)
    with pytest.raises(ConflictError), database.writing(by="system:test") as session:
        session.add(reviews.ReviewRow(slug="bcg", title="again", created_at=now))


def test_the_lock_of_a_name_is_held_by_one_at_a_time(database: Database) -> None:
    with database.lock("worker") as first, database.lock("worker") as second, database.lock("sender") as other:
        assert (first, second, other) == (True, False, True)
    with database.lock("worker") as again:
        assert again


def test_the_audit_names_a_person_by_a_random_id_and_no_address(database: Database, now: datetime) -> None:
    review_id = _review(database, now)
    with database.writing(by="system:test") as session:
        person = people.add(session, review_id=review_id, name="Ada", email="ada@example.org", role="reviewer", at=now)
        people.add(session, review_id=review_id, name="Ada", email="ada@example.org", role="reviewer", at=now)
    with database.reading() as session:
        noted = events.of_kind(session, review_id, "person.joined")
        assert [event.subject for event in noted] == [people.by(person)]
        assert "ada" not in str(noted[0].data).lower()


def _write_often(url: str, review_id: int, times: int) -> None:
    database = Database(url)
    for _ in range(times):
        with database.writing(by="system:test") as session:
            row = reviews.review(session, review_id)
            row.title = str(int(row.title) + 1)
    database.close()


def test_writers_of_several_processes_wait_their_turn_and_lose_nothing(sqlite: Database, now: datetime) -> None:
    with sqlite.writing(by="system:test") as session:
        review_id = reviews.ensure(session, slug="count", title="0", at=now).id
    start = multiprocessing.get_context("spawn")
    url = sqlite.url.render_as_string(hide_password=False)
    writers = [start.Process(target=_write_often, args=(url, review_id, 50)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    with sqlite.reading() as session:
        assert reviews.review(session, review_id).title == "200"


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_is_not_supported_is_refused_with_what_is(url: str) -> None:
    with pytest.raises(DatabaseError, match="sqlite:///"):
        Database(url)

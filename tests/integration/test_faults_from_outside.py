"""What comes from outside: a mail server that fails in every way, a database that is broken, full, read-only, killed or cut off, odd clocks."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select, text

from bot import jobs
from bot.app import App
from bot.errors import DatabaseError
from bot.jobs import due, last_scheduled
from bot.steps.bulletins.keep_copy import keep_copy
from bot.web import create
from db import events, outbox, readers, reviews
from db.events import EventRow
from db.readers import SubscriberRow
from db.session import Database
from tests.asgi import Browser
from tests.faulty_smtp import FaultySmtp
from tests.fixtures_attack import SLUG, attacked
from tests.fixtures_demo import Played
from tests.fixtures_screening import shipped_protocol
from tests.integration.test_delivery import _counts, _mails, _send, templates  # noqa: F401  a fixture
from tests.parts import Postgres

REVIEW = "/reviews/digital-peer-support"
CUTS = 40
FAULTS = ("", "", "", "rcpt-4xx", "rcpt-5xx", "data-4xx", "data-5xx", "drop-before", "drop-after")


def test_of_many_mails_with_every_fault_none_comes_twice_and_none_is_lost_silently(
        sqlite: Database, now: datetime, templates: Path) -> None:  # noqa: F811
    many, chance = 40, random.Random(7)
    _mails(sqlite, now, many)
    told: Counter[str] = Counter()

    def fault(_: int) -> str:
        told[one := chance.choice(FAULTS)] += 1
        return one

    with FaultySmtp(fault) as server:
        for number in range(14):
            _send(sqlite, templates, server.port, now + timedelta(hours=7 * number))
        counts = _counts(sqlite)
    assert len(server.kept) == len(set(server.kept)), "a mail came twice"
    assert sum(counts.values()) == many and set(counts) <= {"sent", "failed", "unsure"}, counts
    # Every refusal for good stopped its mail; every connection that broke while the message went over left it unsure; all else arrived.
    assert counts["failed"] == told["rcpt-5xx"] + told["data-5xx"]
    assert counts["unsure"] == told["drop-before"] + told["drop-after"]
    assert len(server.kept) == counts["sent"] + told["drop-after"]


def test_a_mail_that_is_put_off_again_and_again_is_stopped_in_the_end(sqlite: Database, now: datetime, templates: Path) -> None:  # noqa: F811
    _mails(sqlite, now, 1)
    with FaultySmtp(lambda _: "rcpt-4xx") as server:
        for number in range(14):
            _send(sqlite, templates, server.port, now + timedelta(hours=7 * number))
    assert (_counts(sqlite), server.begun) == ({"failed": 1}, 12)


def test_a_reader_whose_mails_come_back_is_written_to_no_more(sqlite: Database, now: datetime, templates: Path) -> None:  # noqa: F811
    with sqlite.writing(by="system:test") as session:
        review_id = reviews.ensure(session, slug="bcg", title="BCG", at=now).id
        for name in ("gone", "here"):
            row = readers.add(session, review_id=review_id, email=f"{name}@example.org", public_id=name, at=now)
            row.state, row.confirmed_at = "confirmed", now

    def bulletin(number: int) -> None:
        with sqlite.writing(by="system:test") as session:
            for reader in readers.confirmed_batch(session, review_id, until=now, after_id=0, most=9):
                outbox.enqueue(session, review_id=review_id, template="hello", recipient=("subscriber", reader.id), data={"number": number},
                               dedupe_key=f"{number}:{reader.id}", at=now)
        # The first recipient of each round is the one whose mailbox is gone.
        with FaultySmtp(lambda begun: "rcpt-5xx" if begun == 1 and number < 3 else "") as server:
            _send(sqlite, templates, server.port, now)

    for number in (1, 2, 3):
        bulletin(number)
    with sqlite.reading() as session:
        states = {row.public_id: row.state for row in session.scalars(select(SubscriberRow))}
        assert states == {"gone": "unsubscribed", "here": "confirmed"}
        assert outbox.counts(session)["failed"] == 2 and outbox.counts(session)["sent"] == 4 - 1
        assert [row.subject for row in session.scalars(select(EventRow).where(EventRow.kind == "reader.bounced"))] == ["reader:gone"]


@pytest.fixture
def published(played_on_sqlite: Played, tmp_path: Path) -> Iterator[App]:
    """A copy of the demonstration, which has published two bulletins, with a copy of the newest beside its database."""
    for target in attacked(played_on_sqlite.home, tmp_path):
        app = replace(target.app, protocols={SLUG: target.app.protocols[SLUG]})
        assert keep_copy(database=app.database, slug=SLUG, home=tmp_path)
        assert not keep_copy(database=app.database, slug=SLUG, home=tmp_path)
        yield app


@pytest.mark.xdist_group("demo")
def test_while_the_database_is_broken_the_newest_bulletin_is_shown_with_its_pictures(published: App, tmp_path: Path) -> None:
    whole = Browser(create(published)).get(f"{REVIEW}/bulletins/2")
    published.database.close()
    for name in tmp_path.glob("perennial.sqlite-*"):
        name.unlink()
    (tmp_path / "perennial.sqlite").write_bytes(b"This is no database. " * 4000)
    browser = Browser(create(published))
    for address in ("/", REVIEW, f"{REVIEW}/bulletins/latest", f"{REVIEW}/bulletins/2"):
        answer = browser.get(address)
        assert answer.status_code == 200 and "database of this site cannot be read now" in answer.text, address
        assert answer.text.count("depression") == whole.text.count("depression")
    assert browser.get(f"{REVIEW}/bulletins/2/forest-depression.svg").headers["content-type"] == "image/svg+xml"
    assert browser.head(REVIEW).status_code == 200
    # What is not the newest bulletin, and what would have to be stored, is refused with a sentence.
    assert browser.get(f"{REVIEW}/bulletins/1").status_code == 503
    assert browser.post(f"{REVIEW}/subscribe", {"email": "ann@example.org"}).status_code == 503
    assert browser.get(f"{REVIEW}/bulletins/latest/..%2f..%2fperennial.sqlite").status_code in (404, 503)
    assert browser.get("/readyz").status_code == 503 and browser.get("/livez").status_code == 200


@pytest.mark.xdist_group("demo")
def test_a_database_that_cannot_be_written_is_read_on(published: App, monkeypatch: pytest.MonkeyPatch) -> None:
    # For root a file's permissions mean nothing: the database itself is told to refuse every write.
    @event.listens_for(published.database.engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=1")

    browser = Browser(create(published))
    assert browser.get(f"{REVIEW}/bulletins/2").status_code == 200
    answer = browser.post(f"{REVIEW}/subscribe", {"email": "ann@example.org"})
    assert answer.status_code == 503 and "readonly" in answer.text
    monkeypatch.setattr(jobs, "_said", {})
    jobs.tick(replace(published, protocols={}))


def test_a_full_disk_stores_nothing_by_halves_and_is_over_when_there_is_room(sqlite: Database, now: datetime) -> None:
    with sqlite.writing(by="system:test") as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()

    def fill(limit: int) -> None:
        with sqlite.writing(by="system:test") as session:
            session.execute(text(f"PRAGMA max_page_count={limit}"))
            for number in range(200):
                events.note(session, review_id=None, kind="filler", subject="x" * 1000, data={"n": number}, at=now)

    with pytest.raises(DatabaseError, match="Free some space"):
        fill(pages + 5)
    with sqlite.reading() as session:
        assert events.count(session) == 0
    fill(pages + 5000)
    with sqlite.reading() as session:
        assert events.count(session) == 200 and events.verify(session)[1] is None


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_connections_that_are_cut_again_and_again_lose_no_write_that_was_said_to_be_done(postgres: Postgres, now: datetime) -> None:
    url = postgres.url("cut_off")
    database, knife = Database(url), Database(postgres.url("cut_off_knife"))
    database.create_all()
    cuts, done, over, chance = [0], [], threading.Event(), random.Random(5)

    def cut() -> None:
        while cuts[0] < CUTS and not over.wait(chance.uniform(0.03, 0.15)):
            with suppress(DatabaseError), knife.connecting() as connection:
                cuts[0] += len(connection.execute(text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut_off' AND pid <> pg_backend_pid()")).all())
                connection.commit()

    thread = threading.Thread(target=cut)
    thread.start()
    number = 0
    while thread.is_alive() and number < 20_000:
        number += 1
        with suppress(DatabaseError):
            with database.writing(by="system:test") as session:
                events.note(session, review_id=None, kind="kept", subject=str(number), at=now)
            done.append(str(number))
    over.set()
    thread.join(60)
    assert cuts[0] >= CUTS and len(done) >= 20
    with database.reading() as session:
        there = Counter(row.subject for row in session.scalars(select(EventRow)))
        assert not [one for one in done if there[one] != 1], "a write that was said to be done is not there, or twice"
        assert events.verify(session)[1] is None
    database.close()
    knife.close()


@pytest.mark.parametrize(("since", "until", "periods"), [
    # Both nights on which the clocks change in Berlin, the leap day, and a year's end.
    (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC), ["2026-04"]),
    (datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC), ["2026-11"]),
    (datetime(2028, 2, 27, tzinfo=UTC), datetime(2028, 3, 2, tzinfo=UTC), ["2028-03"]),
    (datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 1, 3, tzinfo=UTC), ["2027-01"])])
def test_a_clock_that_jumps_a_day_and_back_at_every_odd_date_runs_each_period_once(since: datetime, until: datetime, periods: list[str]) -> None:
    schedule, begun, moment, chance = shipped_protocol().schedule, [], since, random.Random(3)
    start = since - timedelta(days=1)
    begun.append(last_scheduled(schedule, since).period)
    while moment < until:
        shown = moment + chance.choice((timedelta(0), timedelta(0), timedelta(days=-1), timedelta(hours=-1)))
        wanted = due(schedule, now=shown, since=start - timedelta(days=40), begun=begun.__contains__)
        if wanted is not None:
            begun.append(wanted.period)
        moment += timedelta(minutes=10)
    counted = Counter(begun)
    assert [one for one in begun[1:] if one >= periods[0]] == periods and max(counted.values()) == 1

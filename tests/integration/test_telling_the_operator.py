"""One mail per trouble and one when it is over, whatever the worker does meanwhile; and a watch elsewhere that hears while all is well."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import app as root
from bot import jobs, settings
from bot.errors import DatabaseError, MailError
from bot.mail.message import parse_address
from bot.steps.mail.tell_operator import tell_operator
from db.session import Database
from tests.fixtures_bulletins import press

OPERATOR = parse_address("operator@example.org")


@dataclass
class Taken:
    """A transport that keeps subjects and texts; `broken`: it takes none."""

    subjects: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    broken: bool = False

    def send(self, message, *, handing_over) -> None:
        if self.broken:
            raise MailError("no mail server")
        self.subjects.append(str(message["Subject"]))
        self.texts.append(message.get_body(("plain",)).get_content())

    def close(self) -> None:
        pass


@pytest.fixture
def taken() -> Taken:
    return Taken()


def test_a_trouble_is_told_once_when_it_lasts_and_once_when_it_is_over(sqlite: Database, now: datetime, tmp_path: Path, taken: Taken) -> None:
    app = press(sqlite, now).app
    common = {"home": tmp_path, "post": replace(app.post, transport=taken), "operator": OPERATOR}
    trouble = {"cycle does not work": "postgresql://a:secret@db/x is full; ann@example.org"}
    for minute in range(60):
        tell_operator(troubles=trouble, now=now + timedelta(minutes=minute), **common)
    assert taken.subjects == ["Perennial: cycle does not work"]
    assert "secret" not in taken.texts[0] and "ann@" not in taken.texts[0] and "./perennial doctor" in taken.texts[0]
    for minute in range(60, 70):
        tell_operator(troubles={}, now=now + timedelta(minutes=minute), **common)
    assert taken.subjects[1:] == ["Perennial: over: cycle does not work"]
    tell_operator(troubles=trouble, now=now + timedelta(hours=2), **common)
    tell_operator(troubles=trouble, now=now + timedelta(hours=3), **common)
    assert len(taken.subjects) == 3


def test_what_goes_away_by_itself_is_not_told_and_a_mail_that_could_not_be_sent_is_tried_again(
        sqlite: Database, now: datetime, tmp_path: Path, taken: Taken) -> None:
    app = press(sqlite, now).app
    common = {"home": tmp_path, "post": replace(app.post, transport=taken), "operator": OPERATOR}
    tell_operator(troubles={"mail does not work": "x"}, now=now, **common)
    tell_operator(troubles={}, now=now + timedelta(seconds=90), **common)
    assert taken.subjects == []
    taken.broken = True
    for minute in range(5):
        tell_operator(troubles={"mail does not work": "x"}, now=now + timedelta(minutes=minute), **common)
    taken.broken = False
    told = tell_operator(troubles={"mail does not work": "x"}, now=now + timedelta(minutes=6), **common)
    assert (told.begun, taken.subjects) == (1, ["Perennial: mail does not work"])


@pytest.fixture
def watch() -> Iterator[tuple[str, list[str]]]:
    """A watch elsewhere, and what it heard."""
    heard: list[str] = []

    class Hears(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hears)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/ping/my-secret", heard
    server.shutdown()
    server.server_close()


def test_the_worker_tells_and_a_watch_elsewhere_hears_while_all_is_well(tmp_path: Path, sqlite: Database, now: datetime, taken: Taken,
                                                                       watch: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, heard = watch
    ping = root.build(settings.load(home=tmp_path, ping_address=address)).ping
    one = press(sqlite, now)
    app = replace(one.app, home=tmp_path, operator=OPERATOR, ping=ping, post=replace(one.app.post, transport=taken), protocols={},
                  clock=lambda: one.desk.now)
    monkeypatch.setattr(jobs, "_said", {})
    monkeypatch.setattr(jobs, "_looked", {})
    for _ in range(3):
        jobs.tick(app)
    assert heard == ["/ping/my-secret"] and taken.subjects == []
    monkeypatch.setattr(jobs, "_looked", {})
    monkeypatch.setattr(jobs.cycle, "post_mail", lambda *_, **__: (_ for _ in ()).throw(DatabaseError("the disk is full")))
    for _ in range(3):
        jobs.tick(app)
        one.desk.later(minutes=3)
    assert len(heard) == 1 and taken.subjects == ["Perennial: mail does not work"] and "the disk is full" in taken.texts[0]
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "_said", {})
    jobs.tick(app)
    assert taken.subjects[-1] == "Perennial: over: mail does not work"


def test_a_database_that_cannot_be_reached_at_all_is_told(tmp_path: Path, sqlite: Database, now: datetime, taken: Taken,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    one = press(sqlite, now)
    app = replace(one.app, home=tmp_path, operator=OPERATOR, post=replace(one.app.post, transport=taken), clock=lambda: one.desk.now)
    monkeypatch.setattr(jobs, "_said", {})

    def broken(_name: str):
        raise DatabaseError("the server does not answer")

    monkeypatch.setattr(sqlite, "lock", broken)
    for _ in range(2):
        jobs.tick(app)
        one.desk.later(minutes=3)
    assert taken.subjects == ["Perennial: database does not work"]

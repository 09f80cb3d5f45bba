"""A backup that was taken while the site ran comes back whole, on the same kind of database and on the other; no mail goes out by itself."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import app as root
from bot import paths, settings
from bot.errors import ConflictError, InvalidInputError, SchemaError
from bot.steps.audit.verify import verify
from bot.steps.keeping.backup import MANIFEST, back_up
from bot.steps.keeping.restore import restore
from bot.steps.keeping.thin_out import thin_out
from bot.steps.mail.deliver import deliver
from bot.steps.mail.hold import release
from bot.steps.mail.settle import settle_unsure
from bot.web import create
from db import backup, events, outbox, people, reviews, schema
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_demo import Played

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BY = "system:test"
# All on the worker that has the demonstration, also what is restored into Postgres.
pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'perennial.sqlite'}"
    return request.getfixturevalue("postgres").url("restored")


def test_the_demonstration_comes_back_on_either_database_with_its_pages_and_its_links(played_on_sqlite: Played, empty: str,
                                                                                      tmp_path: Path) -> None:
    old = played_on_sqlite
    before = backup.sums(old.app.database)
    made = back_up(database=old.app.database, home=old.home, target=tmp_path / "out.tar", by=BY, now=NOW)
    new, home = Database(empty), tmp_path / "new"
    came = restore(database=new, home=home, migrations=paths.migrations(), file=made.file, by=BY, now=NOW + timedelta(hours=1))
    after = backup.sums(new)
    assert {name for name in before if before[name] != after[name]} <= {"event", "outbox"}, "one is noted, waiting mails become unsure"
    assert came.rows == made.rows == sum(one.rows for one in before.values()) and came.unsure == 0
    app = root.build(settings.load(home=home, database=empty, demo=True), clock=old.app.clock)
    web = Browser(create(app), host="127.0.0.1", client="127.0.0.1")
    for page in ("/reviews/digital-peer-support/bulletins/2", "/reviews/digital-peer-support"):
        assert web.get(page).text == old.web.get(page).text
    assert app.keys == old.app.keys and schema.differences(new) == []
    with new.writing(by=BY) as session:
        review = reviews.review_by_slug(session, "digital-peer-support")
        people.add(session, review_id=review.id, name="New", email="new@example.org", role="reviewer", at=NOW)
    app.database.close()
    new.close()


def test_every_migration_goes_down_and_up_again_with_the_rows_of_a_month(played_on_sqlite: Played, empty: str, tmp_path: Path) -> None:
    made = back_up(database=played_on_sqlite.app.database, home=tmp_path / "none", target=tmp_path / "out.tar", by=BY, now=NOW)
    database = _restored(made.file, empty, tmp_path / "new")
    before, to = backup.sums(database), schema.revision(database)
    assert to
    # Further down, links between reports and studies that were undone have no place, and are left out.
    for number in range(int(to) - 1, 5, -1):
        assert schema.migrate(database, paths.migrations(), to=f"{number:04}") == (f"{number + 1:04}", f"{number:04}")
    schema.migrate(database, paths.migrations())
    after = backup.sums(database)
    kept = {name for name, one in after.items() if one.rows}
    assert {"report", "record", "effect", "decision", "event", "outbox", "study", "blob", "bulletin"} <= kept
    assert {name: (before[name].rows, after[name].rows) for name in kept if before[name].rows != after[name].rows} == {}
    assert verify(database=database).fault == "" and schema.differences(database) == []
    database.close()


def _site(database: Database, mails: int = 2) -> int:
    with database.writing(by=BY) as session:
        review = reviews.ensure(session, slug="bcg", title="BCG", at=NOW)
        for number in range(mails):
            person = people.add(session, review_id=review.id, name="Ada", email=f"ada{number}@example.org", role="reviewer", at=NOW)
            outbox.enqueue(session, review_id=review.id, template="hello", recipient=("person", person.id), data={"weight": 1.0, "far": 1e-7},
                           dedupe_key=f"hello:{number}", at=NOW)
        return review.id


@pytest.fixture
def taken(sqlite: Database, tmp_path: Path) -> Path:
    """A backup of a small site on SQLite."""
    with sqlite.connecting() as connection:
        from alembic.migration import MigrationContext
        MigrationContext.configure(connection)._version.create(connection)
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{schema.newest(paths.migrations())}')")
        connection.commit()
    _site(sqlite)
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "link-0001.key").write_bytes(b"k" * 32)
    (home / ".env").write_text("PERENNIAL_DATABASE=postgresql://the-real-one\n")
    return back_up(database=sqlite, home=home, target=tmp_path / "perennial.tar", by=BY, now=NOW).file


def _restored(file: Path, url: str, home: Path) -> Database:
    database = Database(url)
    restore(database=database, home=home, migrations=paths.migrations(), file=file, by=BY, now=NOW + timedelta(days=1))
    return database


def test_after_a_restore_no_mail_goes_out_until_an_operator_says_so_and_what_waited_is_unsure(taken: Path, empty: str, tmp_path: Path) -> None:
    database = _restored(taken, empty, tmp_path / "new")
    nobody = None
    account = deliver(database=database, post=nobody, by=BY, now=lambda: NOW)  # type: ignore[arg-type]
    assert account.held.startswith("restored from the backup of 2026-11-20") and account.sent == 0
    with database.reading() as session:
        assert [row.state for row in outbox.in_state(session, "unsure")] == ["unsure", "unsure"]
    assert release(database=database, by=BY, now=NOW) == 0
    settle_unsure(database=database, mail_id=1, resend=True, by=BY, now=NOW)
    with database.reading() as session:
        assert outbox.held(session) == "" and outbox.counts(session)["pending"] == 1
        assert [one.kind for one in events.of_subject(session, "outbox")] == ["mail.held", "mail.released"]
    database.close()


def test_settings_stay_behind_and_keys_are_for_their_owner_alone(taken: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    _restored(taken, f"sqlite:///{tmp_path / 'new.sqlite'}", home).close()
    assert not (home / ".env").exists()
    assert (home / "keys" / "link-0001.key").read_bytes() == b"k" * 32
    for path in (home / "keys" / "link-0001.key", taken, tmp_path / "new.sqlite"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_backup_under_load_is_one_moment(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'busy.sqlite'}")
    schema.ready(database, paths.migrations())
    review_id, ended = _site(database, mails=1), threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            with database.writing(by=BY) as session:  # a person and the event about it belong together
                person = people.add(session, review_id=review_id, name="B", email=f"b{number}@example.org", role="reviewer", at=NOW)
                events.note(session, review_id=review_id, kind="test.added", subject=f"person:{person.id}", at=NOW)

    writer = threading.Thread(target=write)
    writer.start()
    files = [back_up(database=database, home=tmp_path / "none", target=tmp_path / f"{one}.tar", by=BY, now=NOW).file for one in range(3)]
    ended.set()
    writer.join()
    for number, file in enumerate(files):
        restored = _restored(file, f"sqlite:///{tmp_path / f'new{number}.sqlite'}", tmp_path / f"home{number}")
        with restored.reading() as session:
            noted = len(events.of_kind(session, review_id, "test.added"))
            assert noted == len(people.members(session, review_id, "reviewer")) - 1
        restored.close()
    database.close()


def _changed(file: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Return a copy of a backup in which members are changed or left out."""
    other = file.with_name("changed.tar")
    with tarfile.open(file) as old, tarfile.open(other, "w") as new:
        for member in old.getmembers():
            content = old.extractfile(member).read()  # type: ignore[union-attr]
            content = change(member.name, content)
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return other


def _manifest(content: bytes, **changes: object) -> bytes:
    return json.dumps(json.loads(content) | changes).encode()


@pytest.mark.parametrize(("change", "says", "error"), [
    (lambda name, content: None if name == MANIFEST else content, "not whole", InvalidInputError),
    (lambda name, content: content[:-20] if name == "tables/person.jsonl.gz" else content, "damaged: table person", InvalidInputError),
    (lambda name, content: None if name == "tables/person.jsonl.gz" else content, "damaged: table person", InvalidInputError),
    (lambda name, content: b"x" * 32 if name.startswith("home/") else content, "damaged: keys", InvalidInputError),
    (lambda name, content: _manifest(content, format=99) if name == MANIFEST else content, "format 99", InvalidInputError),
    (lambda name, content: _manifest(content, revision="9999") if name == MANIFEST else content, "9999", SchemaError),
    (lambda name, content: _manifest(content, files={"../../evil": {"sha256": ""}}) if name == MANIFEST else content, "outside",
     InvalidInputError),
    (lambda name, content: content.replace(b'"rows": 2', b'"rows": 3') if name == MANIFEST else content, "has not the rows", InvalidInputError),
])
def test_a_damaged_backup_restores_nothing(taken: Path, tmp_path: Path, change: Callable[[str, bytes], bytes | None], says: str,
                                           error: type[Exception]) -> None:
    home = tmp_path / "new"
    with pytest.raises(error, match=says):
        _restored(_changed(taken, change), f"sqlite:///{home / 'perennial.sqlite'}", home)
    database = Database(f"sqlite:///{home / 'perennial.sqlite'}")
    if schema.revision(database):
        assert sum(one.rows for one in backup.sums(database).values()) == 0
    assert not (home / "keys").exists()
    database.close()


def test_what_is_no_backup_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8" * 2000)
    for name, says in (("photo.jpg", "is no backup"), ("none.tar", "cannot be opened")):
        with pytest.raises(InvalidInputError, match=says):
            _restored(tmp_path / name, f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "home")


def test_nothing_is_restored_over_something_and_no_backup_is_overwritten(taken: Path, tmp_path: Path, sqlite: Database) -> None:
    with pytest.raises(ConflictError, match="not empty"):
        restore(database=sqlite, home=tmp_path / "new", migrations=paths.migrations(), file=taken, by=BY, now=NOW)
    (tmp_path / "new" / "keys").mkdir(parents=True)
    (tmp_path / "new" / "keys" / "link-0001.key").write_bytes(b"mine")
    with pytest.raises(ConflictError, match="is there already"):
        _restored(taken, f"sqlite:///{tmp_path / 'y.sqlite'}", tmp_path / "new")
    with pytest.raises(ConflictError, match="overwrites nothing"):
        back_up(database=sqlite, home=tmp_path / "home", target=taken, by=BY, now=NOW)
    assert (tmp_path / "new" / "keys" / "link-0001.key").read_bytes() == b"mine"


def test_a_backup_that_breaks_off_leaves_no_file_that_looks_like_one(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.steps.keeping.backup._add_file", breaks)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "a").write_text("x")
    with pytest.raises(OSError, match="No space"):
        back_up(database=sqlite, home=tmp_path / "home", target=tmp_path / "out" / "a.tar", by=BY, now=NOW)
    assert list((tmp_path / "out").iterdir()) == []


def test_old_backups_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    names = [f"perennial-2026110{day}T030000Z.tar" for day in range(1, 6)]
    for name in [*names, "perennial-keep-me.tar", "thesis.tar"]:
        (tmp_path / name).touch()
    assert [path.name for path in thin_out(folder=tmp_path, keep=2, dry_run=True)] == names[:3]
    assert len(list(tmp_path.iterdir())) == 7
    assert thin_out(folder=tmp_path, keep=0, dry_run=False) == []
    thin_out(folder=tmp_path, keep=2, dry_run=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[3:], "perennial-keep-me.tar", "thesis.tar"])

"""Put everything that a site knows into one file, while it runs: every row, the link keys, people's own reviews, what was put into folders."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from bot.errors import ConflictError
from db import events, schema
from db.backup import Snapshot, Summing, snapshot
from db.session import Database

FORMAT = 1
MANIFEST = "manifest.json"
# Not in a backup: the database's own files (its rows are), locks, and what can be made again. `.env` names this machine's database
# and mail server: a copy of it beside a restored site would let that site write into the real one.
LEFT_OUT_SUFFIXES = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".lock", ".part")
LEFT_OUT = (".env", "medline", "backups")


@dataclass(frozen=True, slots=True)
class BackupAccount:
    """What went into a backup. bytes: of the file."""

    file: Path
    rows: int
    files: int
    bytes: int
    sha256: str


def back_up(*, database: Database, home: Path, target: Path, by: str, now: datetime,
            progress: Callable[[int, int], object] = lambda _done, _of: None) -> BackupAccount:
    """Write a backup to a file that does not exist yet; it appears under its name when it is whole. Raises ConflictError.

    Its last member is a manifest with the sum of every table and file: a file without one is no backup.
    """
    if target.exists():
        raise ConflictError(f"{target} is there already; a backup overwrites nothing. Name another file")
    target.parent.mkdir(parents=True, exist_ok=True)
    revision = schema.revision(database)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        # A backup holds addresses and keys: nobody else on this machine reads it.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
                with snapshot(database) as rows:
                    tables = _add_tables(archive, rows, part.parent, progress)
                files = {name: _add_file(archive, path, name, now) for name, path in _files(home, target)}
                manifest = {"format": FORMAT, "made": now.isoformat(), "database": "sqlite" if database.is_sqlite else
                            "postgresql", "revision": revision, "tables": tables, "files": files}
                _add(archive, MANIFEST, json.dumps(manifest, indent=1).encode(), now)
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    account = BackupAccount(target, sum(one["rows"] for one in tables.values()), len(files), target.stat().st_size, _sha256(target))
    with database.writing(by=by) as session:
        events.note(session, review_id=None, kind="backup.made", subject=f"backup:{account.sha256[:12]}", at=now,
                    data={"rows": account.rows, "files": account.files, "bytes": account.bytes, "sha256": account.sha256})
    return account


def _add_tables(archive: tarfile.TarFile, rows: Snapshot, folder: Path, progress: Callable[[int, int], object]) -> dict[str, dict[str, Any]]:
    found = {}
    for done, name in enumerate(rows.tables):
        progress(done, len(rows.tables))
        adding = Summing()
        with tempfile.TemporaryFile(dir=folder) as file:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3, mtime=0) as packed:
                for values in rows.rows(name):
                    adding.add(values)
                    packed.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
            member = tarfile.TarInfo(f"tables/{name}.jsonl.gz")
            member.size, member.mode = file.tell(), 0o600
            file.seek(0)
            archive.addfile(member, file)
        found[name] = {"columns": rows.columns(name)} | asdict(adding.result)
    return found


def _files(home: Path, target: Path) -> Iterator[tuple[str, Path]]:
    """Give (name in the home, path) of each file that belongs to a site."""
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if path.is_symlink() or not path.is_file() or path.resolve() == target.resolve():
            continue
        if name.parts[0] not in LEFT_OUT and not path.name.endswith(LEFT_OUT_SUFFIXES):
            yield str(name), path


def _add_file(archive: tarfile.TarFile, path: Path, name: str, now: datetime) -> dict[str, Any]:
    content = path.read_bytes()
    _add(archive, f"home/{name}", content, now)
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _add(archive: tarfile.TarFile, name: str, content: bytes, now: datetime) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(now.timestamp())
    archive.addfile(member, BytesIO(content))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

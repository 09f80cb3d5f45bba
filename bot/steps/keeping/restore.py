"""Make a site from a backup, on an empty database and home; no mail goes out until an operator says so. What is in one: backup.py."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from bot.errors import ConflictError, InvalidInputError
from bot.steps.keeping.backup import FORMAT, MANIFEST
from db import backup, outbox
from db.session import Database


@dataclass(frozen=True, slots=True)
class RestoreAccount:
    """What came back. unsure: mails that waited when the backup was made; whether they went out afterwards nobody here knows."""

    made: str
    revision: str
    rows: int
    files: int
    unsure: int


def restore(*, database: Database, home: Path, migrations: Path, file: Path, by: str, now: datetime,
            progress: Callable[[int, int], object] = lambda _done, _of: None) -> RestoreAccount:
    """Put rows and files of a backup where nothing is yet, and compare every sum; all rows come back, or none.

    Mails are held, and those that waited become unsure. Raises InvalidInputError for a file that is damaged or no backup, ConflictError
    where something is already, SchemaError for a backup of a version that this one does not know.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        _require_no_files(home, manifest)
        with backup.loading(database, migrations, revision=manifest["revision"], by=by) as loading:
            for done, (name, table) in enumerate(manifest["tables"].items()):
                progress(done, len(manifest["tables"]))
                sums = loading.load(name, table["columns"], _rows(archive, name))
                if (sums.rows, sums.sha256) != (table["rows"], table["sha256"]):
                    raise InvalidInputError(f"{file.name} is damaged: table {name} has not the rows that its manifest names. "
                                            "Nothing was restored")
            contents = {name: _content(archive, file, name, one) for name, one in manifest["files"].items()}
            loading.done()
            unsure = outbox.hold_restored(loading.session, made=manifest["made"], at=now)
        # The keys come last: links work again when all rows are there.
        for name, content in contents.items():
            _write(home / name, content)
    return RestoreAccount(manifest["made"], manifest["revision"], sum(one["rows"] for one in manifest["tables"].values()), len(contents), unsure)


def _opened(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file, mode="r:")
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be opened: {error.strerror}") from error
    except tarfile.TarError as error:
        raise InvalidInputError(f"{file.name} is no backup that  ./perennial backup  made: {error}") from error


def _manifest(archive: tarfile.TarFile, file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_member(archive, MANIFEST).read())
    except (KeyError, tarfile.TarError, ValueError, EOFError) as error:
        raise InvalidInputError(f"{file.name} is not whole: it ends before its manifest. Take another backup") from error
    if manifest.get("format") != FORMAT:
        raise InvalidInputError(f"{file.name} is a backup of format {manifest.get('format')}; this version reads {FORMAT}")
    return manifest


def _require_no_files(home: Path, manifest: dict[str, Any]) -> None:
    for name in manifest["files"]:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise InvalidInputError(f"the backup wants to write outside of the home ({name}); nothing was restored")
        if (home / name).exists():
            raise ConflictError(f"{home / name} is there already. Restore into an empty folder:  PERENNIAL_HOME=/a/new/folder")


def _rows(archive: tarfile.TarFile, name: str) -> Iterator[list[Any]]:
    try:
        with gzip.GzipFile(fileobj=_member(archive, f"tables/{name}.jsonl.gz")) as lines:
            for line in lines:
                yield json.loads(line)
    except (KeyError, OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise InvalidInputError(f"the backup is damaged: table {name} cannot be read. Nothing was restored") from error


def _content(archive: tarfile.TarFile, file: Path, name: str, known: dict[str, Any]) -> bytes:
    try:
        content = _member(archive, f"home/{name}").read()
    except (KeyError, OSError, tarfile.TarError) as error:
        raise InvalidInputError(f"{file.name} is damaged: {name} is not in it. Nothing was restored") from error
    if hashlib.sha256(content).hexdigest() != known["sha256"]:
        raise InvalidInputError(f"{file.name} is damaged: {name} is not what its manifest names. Nothing was restored")
    return content


def _member(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(content)

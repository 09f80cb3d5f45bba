"""Take in the watched folder: one folder per source below it, into which people put what they exported, or a program what came by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import UnreadableFileError
from bot.sources.files import MAX_BYTES, Refused
from bot.steps.records.import_file import ImportAccount, import_file, keep_unread
from db.session import Database

# So many faults of one file are said word by word; all of them are kept with it.
NAMED = 10


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of one file of a watched folder."""

    source: str
    name: str
    account: ImportAccount

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what could not be taken: one sentence for each record, or one for the file."""
        said = [_sentence(f"{self.source}/{self.name}", one) for one in self.account.refused[:NAMED]]
        more = len(self.account.refused) - len(said)
        return (*said, f"{self.source}/{self.name}: {more} more could not be taken") if more else tuple(said)


def import_folder(*, database: Database, review_id: int, cycle_id: int | None, folder: Path, by: str, now: datetime) -> tuple[TakenIn, ...]:
    """Take in every file `<source>/<name>`; one that was taken in before changes nothing.

    A file that is not understood keeps no other from its turn: it is kept, and named with the reason, for the team to look at.
    """
    taken = []
    for path in sorted(folder.glob("*/*")) if folder.is_dir() else []:
        # A name that begins with a dot is somebody's half-written file.
        if path.is_file() and not path.name.startswith("."):
            name, source = _readable(path.name), _readable(path.parent.name)
            given = {"database": database, "review_id": review_id, "cycle_id": cycle_id, "name": name, "source": source, "by": by, "now": now}
            taken.append(TakenIn(source, name, _take_in(path, given)))
    return tuple(taken)


def _take_in(path: Path, given: dict[str, Any]) -> ImportAccount:
    try:
        if path.stat().st_size > MAX_BYTES:
            return _left(f"has more than {MAX_BYTES:,} bytes; export it in parts", given["cycle_id"])
        content = path.read_bytes()
    except OSError as error:
        return _left(f"cannot be opened: {error.strerror}", given["cycle_id"])
    try:
        return import_file(**given, content=content)
    except UnreadableFileError as error:
        return keep_unread(**given, content=content, reason=str(error))


def _left(reason: str, cycle_id: int | None) -> ImportAccount:
    """Return the account of a file that stays where it is, and is looked at again the next time."""
    return ImportAccount(0, 0, 0, (Refused(0, 0, reason),), "", cycle_id)


def _sentence(file: str, one: Refused) -> str:
    return f"{file}, record {one.record}, line {one.line}: {one.reason}" if one.record else f"{file}: {one.reason}"


def _readable(name: str) -> str:
    """Return the name of a file as text that every database takes: a name that is no UTF-8 comes with bytes that are no letters."""
    return name.encode("utf-8", "replace").decode()

"""Take in the watched folder: one folder per source below it, into which people put what they exported, or a program what came by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import UnreadableFileError
from bot.sources.files import Refused
from bot.steps.records.import_file import ImportAccount, import_file, keep_unread
from bot.telemetry import logger
from db.session import Database

log = logger("import")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of one file of a watched folder."""

    source: str
    name: str
    account: ImportAccount


def import_folder(*, database: Database, review_id: int, cycle_id: int | None, folder: Path, by: str, now: datetime) -> tuple[TakenIn, ...]:
    """Take in every file `<source>/<name>`; one that was taken in before changes nothing.

    A file that is not understood keeps no other from its turn: it is kept, and named with the reason, for the team to look at.
    """
    taken = []
    for path in sorted(folder.glob("*/*")) if folder.is_dir() else []:
        # A name that begins with a dot is somebody's half-written file.
        if path.is_file() and not path.name.startswith("."):
            given = {"database": database, "review_id": review_id, "cycle_id": cycle_id, "name": path.name, "source": path.parent.name,
                     "by": by, "now": now}
            taken.append(TakenIn(path.parent.name, path.name, _take_in(path, given)))
    return tuple(taken)


def _take_in(path: Path, given: dict[str, object]) -> ImportAccount:
    try:
        content = path.read_bytes()
    except OSError as error:
        return ImportAccount(0, 0, 0, (Refused(0, 0, f"{path.name}: {error.strerror}"),), "")
    try:
        return import_file(**given, content=content)  # type: ignore[arg-type]
    except UnreadableFileError as error:
        log.warning("a file was not understood", source=path.parent.name, file=path.name, reason=str(error))
        return keep_unread(**given, content=content, reason=str(error))  # type: ignore[arg-type]

"""Take in a file that a source's own site exported. A file, and a record in it, counts once however often it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.errors import PerennialError, UnreadableFileError
from bot.sources.files import HEAD, Parsed, Refused, decoded, platforms, read
from bot.telemetry import logger
from db import blobs, events, records, searches
from db.searches import FileImportRow
from db.session import Database

log = logger("import")


@dataclass(frozen=True, slots=True)
class ImportAccount:
    """What came of a file: records read, new and known among them, and what could not be taken. format: "" if it was of none.

    cycle_id: the cycle in which the file came first, None if it came between two. platform: who wrote it, as far as its words tell;
    verified: whether a real file like it was at hand when its reader was made.
    """

    read: int
    new: int
    known: int
    refused: tuple[Refused, ...]
    format: str
    cycle_id: int | None
    platform: str = ""
    verified: bool = True


def import_file(*, database: Database, review_id: int, cycle_id: int | None, name: str, content: bytes, source: str, by: str,
                now: datetime, parsed: Callable[[int], object] = lambda _count: None) -> ImportAccount:
    """Keep the file and the records in it. Raises UnreadableFileError if it is of no known format.

    parsed: is told how many records the file holds before they are kept.
    """
    known = _as_before(database, review_id, source, content)
    if known is not None and known.format:
        return replace(known, **_platform(content, known.format))
    held = parse_file(content=content, name=name, source=source)
    parsed(len(held.records))
    return _keep(database, review_id, cycle_id, name, content, source, held, by, now)


def keep_unread(*, database: Database, review_id: int, cycle_id: int | None, name: str, content: bytes, source: str, reason: str, by: str,
                now: datetime) -> ImportAccount:
    """Keep a file that was not understood, with the reason, so that a person sees it. Kept once, however often it comes."""
    known = _as_before(database, review_id, source, content)
    if known is not None:
        return known
    log.warning("a file was not understood and is kept", source=source, file=name, reason=reason)
    return _keep(database, review_id, cycle_id, name, content, source, Parsed((), (Refused(0, 0, reason),), ""), by, now)


def parse_file(*, content: bytes, name: str, source: str) -> Parsed:
    """Return what a file holds, without storing anything. Raises UnreadableFileError if it is of no known format, or breaks its reader."""
    try:
        return read(content, name, source)
    except PerennialError:
        raise
    except Exception as error:
        # A reader that breaks on one file is our fault, and keeps no other file from its turn.
        log.error("a reader broke", file=name, error=type(error).__name__, exc_info=True)
        raise UnreadableFileError(f"{name} breaks what reads it ({type(error).__name__}: {str(error)[:100]}); that is a fault of the "
                                  "program. Export it as RIS meanwhile") from error


def _as_before(database: Database, review_id: int, source: str, content: bytes) -> ImportAccount | None:
    """Return what came of this file when it was taken in before: all its records are known now."""
    with database.reading() as session:
        known = searches.file_import(session, review_id, source, sha256(content).hexdigest())
    return known and ImportAccount(known.read, 0, known.read, tuple(Refused(**one) for one in known.refused), known.format,
                                   known.cycle_id)


def _keep(database: Database, review_id: int, cycle_id: int | None, name: str, content: bytes, source: str, parsed: Parsed, by: str,
          now: datetime) -> ImportAccount:
    refused = [asdict(one) for one in parsed.refused]
    with database.writing(by=by) as session:
        digest = blobs.put(session, content, "application/octet-stream")
        # A file that an older version did not understand is read at last by this one.
        row = searches.file_import(session, review_id, source, digest) or FileImportRow(
            review_id=review_id, source=source, sha256=digest)
        row.cycle_id, row.name, row.at = cycle_id, name, now
        row.format, row.read, row.new, row.known, row.refused = parsed.format, len(parsed.records), 0, 0, refused
        session.add(row)
        session.flush()
        stored = records.store(session, review_id=review_id, records=parsed.records, at=now, cycle_id=cycle_id, import_id=row.id)
        row.new, row.known = stored.new, stored.known
        events.note(session, review_id=review_id, kind="file.imported" if parsed.format else "file.not_understood",
                    subject=f"file_import:{row.id}", at=now,
                    data={"source": source, "sha256": digest, "read": row.read, "new": row.new, "refused": len(refused)})
        return ImportAccount(row.read, row.new, row.known, parsed.refused, parsed.format, cycle_id, parsed.platform, parsed.verified)


def _platform(content: bytes, label: str) -> dict[str, Any]:
    """Return who wrote a file that was read before, as words of its beginning tell."""
    platform, verified = platforms.told(decoded(content[:HEAD], whole=False), label)
    return {"platform": platform, "verified": verified}

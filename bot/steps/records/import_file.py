"""Take in a file that a source's own site exported. A file, and a record in it, counts once however often it comes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from bot.sources.files import Parsed, Refused, read
from db import blobs, events, records, searches
from db.searches import FileImportRow
from db.session import Database


@dataclass(frozen=True, slots=True)
class ImportAccount:
    """What came of a file: records read, new and known among them, and what could not be taken."""

    read: int
    new: int
    known: int
    refused: tuple[Refused, ...]
    format: str


def import_file(*, database: Database, review_id: int, cycle_id: int | None, name: str, content: bytes, source: str, by: str,
                now: datetime) -> ImportAccount:
    """Keep the file and the records in it. Raises UnreadableFileError if it is of no known format."""
    digest = sha256(content).hexdigest()
    with database.reading() as session:
        known = searches.file_import(session, review_id, source, digest)
    if known is not None:
        return ImportAccount(known.read, 0, known.read, tuple(Refused(**one) for one in known.refused), known.format)
    parsed = parse_file(content=content, name=name, source=source)
    with database.writing(by=by) as session:
        blobs.put(session, content, "application/octet-stream")
        row = FileImportRow(review_id=review_id, cycle_id=cycle_id, source=source, sha256=digest, name=name, format=parsed.format,
                            read=len(parsed.records), new=0, known=0, refused=[asdict(one) for one in parsed.refused], at=now)
        session.add(row)
        session.flush()
        stored = records.store(session, review_id=review_id, records=parsed.records, at=now, cycle_id=cycle_id, import_id=row.id)
        row.new, row.known = stored.new, stored.known
        events.note(session, review_id=review_id, kind="file.imported", subject=f"file_import:{row.id}",
                    data={"source": source, "sha256": digest, "read": row.read, "new": row.new, "refused": len(parsed.refused)}, at=now)
        return ImportAccount(row.read, row.new, row.known, parsed.refused, parsed.format)


def parse_file(*, content: bytes, name: str, source: str) -> Parsed:
    """Return what a file holds, without storing anything. Raises UnreadableFileError if it is of no known format."""
    return read(content, name, source)

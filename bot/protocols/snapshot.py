"""A protocol as one document with one hash: what a cycle, decision or bulletin names, and from which it can be read again.

Comments, layout and line endings do not count, so that mending a comment makes no new version.
Not part of it: the starting set and whatever else lies in the folder; those are data, and carry sources of their own.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ProtocolError

PATTERNS = ("protocol.toml", "published.toml", "outcomes/*.toml", "searches/*.txt")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a protocol's files: name -> parsed table (TOML) or text (strategy). slug: the folder's name."""

    slug: str
    files: dict[str, Any]

    @property
    def document(self) -> bytes:
        """The canonical JSON: keys sorted, days as text, UTF-8."""
        whole = {"slug": self.slug, "files": self.files}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """The hash of the document."""
        return hashlib.sha256(self.document).hexdigest()


def protocol_files(folder: Path) -> list[Path]:
    """Return the files of a protocol, in a fixed order."""
    return [path for pattern in PATTERNS for path in sorted(folder.glob(pattern)) if path.is_file()]


def from_document(document: bytes) -> Snapshot:
    """Return the snapshot that `Snapshot.document` wrote, so that an old version can be read from the database."""
    try:
        whole = json.loads(document)
        found = Snapshot(slug=whole["slug"], files=whole["files"])
        # Halves of characters can be escaped in JSON, and stand in no document that was written here.
        found.document  # noqa: B018
        return found
    except (ValueError, KeyError, TypeError) as error:
        raise ProtocolError("this is no snapshot of a protocol: expected the JSON document that Snapshot.document writes") from error


def text_of(raw: bytes) -> str:
    """Return the text of a file: UTF-8, a byte order mark and CR LF of other systems forgiven."""
    return raw.decode("utf-8-sig").replace("\r\n", "\n")


def content(name: str, text: str) -> Any:
    """Return what a file says: a table for TOML, lines without trailing blanks for a strategy."""
    if name.endswith(".toml"):
        return _without_dates(tomllib.loads(text))
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value

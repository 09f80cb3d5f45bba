"""Take in files that lie somewhere, one after the other, and say what came of all. What taking in one means: import_file.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import UnreadableFileError
from bot.rendering import plural
from bot.sources.files import Refused
from bot.steps.records.import_file import import_file, parse_file
from db.session import Database


@dataclass
class Account:
    """What came of some files. new, known: None where nothing was stored; unreadable: those of which nothing was read, with why.

    refused also names what was not read of these: record 0 stands for the whole file.
    """

    stores: bool = True
    read: int = 0
    new: int = 0
    known: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """Say it in a line."""
        lost = f"; {plural(len(self.unreadable), 'file')} could not be read" if self.unreadable else ""
        return f"{self.read} records read, {self.new} new, {self.known} known, {len(self.refused)} refused{lost}"

    @property
    def lines(self) -> list[str]:
        """Say what was refused, and which formats were never tried with a real file."""
        places = [f"{one['file']}, record {one['record']}, line {one['line']}" if one["record"] else one["file"] for one in self.refused]
        said = [f"{place}: {one['reason']}" for place, one in zip(places, self.refused, strict=True)]
        return said + [f"{one['file']}: read as {_named(one)} (unverified: no real file like it was at hand when its reader was made; "
                       "look at a few records)" for one in self.files if not one["verified"]]

    def as_dict(self) -> dict[str, Any]:
        """Return the account as plain values."""
        return {"read": self.read, "new": self.new if self.stores else None, "known": self.known if self.stores else None,
                "refused": self.refused, "files": self.files}

    def refuse(self, path: Path, refused: Sequence[Refused]) -> None:
        """Note what of a file was refused."""
        self.refused += [{"record": one.record, "line": one.line, "reason": one.reason, "file": _name(path)} for one in refused]

    def fail(self, path: Path, reason: str) -> None:
        """Note that nothing of a file could be read."""
        self.unreadable.append(_name(path))
        self.refuse(path, [Refused(0, 0, reason)])


def import_files(*, database: Database, review_id: int, files: Sequence[Path], source: str, by: str, now: datetime,
                 progress: Callable[[int, int], object] = lambda _done, _of: None) -> Account:
    """Keep the records of files, between two cycles. Ends with all that could be read kept, whatever the others were."""
    account = Account()
    for done, path in enumerate(files):
        progress(done, len(files))
        try:
            one = import_file(database=database, review_id=review_id, cycle_id=None, name=path.name, content=path.read_bytes(),
                              source=source, by=by, now=now)
        except (UnreadableFileError, OSError) as error:
            account.fail(path, _why(error))
            continue
        account.read, account.new, account.known = account.read + one.read, account.new + one.new, account.known + one.known
        account.refuse(path, one.refused)
        account.files.append({"file": _name(path), "format": one.format, "platform": one.platform, "verified": one.verified, "read": one.read})
    return account


def show_files(*, files: Sequence[Path], source: str, show: Callable[[str], object]) -> Account:
    """Show the records of files as JSON lines and keep nothing."""
    account = Account(stores=False)
    for path in files:
        try:
            parsed = parse_file(content=path.read_bytes(), name=path.name, source=source)
        except (UnreadableFileError, OSError) as error:
            account.fail(path, _why(error))
            continue
        for line in parsed.json_lines():
            show(line)
        account.read += len(parsed.records)
        account.refuse(path, parsed.refused)
        account.files.append({"file": _name(path), "format": parsed.format, "platform": parsed.platform, "verified": parsed.verified,
                              "read": len(parsed.records)})
    return account


def _name(path: Path) -> str:
    return path.name or str(path)


def _why(error: Exception) -> str:
    return f"cannot be opened: {error.strerror}" if isinstance(error, OSError) else str(error)


def _named(one: dict[str, Any]) -> str:
    return f"{one['format']} of {one['platform']}" if one["platform"] else one["format"]

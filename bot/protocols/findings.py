"""What is wrong with a review's files, said so that a person can mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bot.protocols.positions import KeyPath


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: file (folder of the review and name), line (from 1), key, what is wrong, what is allowed ("" if obvious)."""

    file: str
    line: int
    key: str
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", {self.key}" if self.key else "")
        return f"{where}: {self.message}" + (f". Allowed: {self.allowed}" if self.allowed else "")

    def as_dict(self) -> dict[str, str | int]:
        """Return the fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault before its line is known: file, path of the key, what is wrong, what would be allowed."""

    file: str
    path: KeyPath
    message: str
    allowed: str = ""


def key_in_words(path: KeyPath, table: Any = None) -> str:
    """Return a path as a person would say it: sources[embase].strategy.file; elements without a name are counted from 1.

    table: the parsed file, for the names of array elements.
    """
    words, inside = "", table
    for part in path:
        inside = _step(inside, part)
        if isinstance(part, int):
            words += f"[{_name(inside) or part + 1}]"
        else:
            words += f".{part}" if words else part
    return words


def _step(inside: Any, part: str | int) -> Any:
    try:
        return inside[part]
    except (KeyError, IndexError, TypeError):
        return None


def _name(element: Any) -> str:
    if not isinstance(element, dict):
        return ""
    names = (element.get(key) for key in ("id", "name", "outcome", "version", "measure"))
    return next((name for name in names if isinstance(name, str) and name), "")

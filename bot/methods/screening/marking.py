"""Find a protocol's words in a record, so that a page can mark them. It marks words; it judges nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

GAP = r"[\s\-‐‑–]+"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, with one of the words in it or without."""

    text: str
    marked: bool


def pieces(text: str, terms: Sequence[str]) -> tuple[Piece, ...]:
    """Return the text in pieces whose texts, put together, are the text again; the marked ones are the words found.

    terms: words or phrases; capitals do not matter, a hyphen is as good as a space, and `*` at the end stands for any ending.
    """
    pattern = _pattern(tuple(terms))
    if pattern is None:
        return (Piece(text, False),) if text else ()
    parts = pattern.split(text)
    # With one group in the pattern, split gives text and found words in turn.
    return tuple(Piece(part, place % 2 == 1) for place, part in enumerate(parts) if part)


@lru_cache(maxsize=32)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str] | None:
    written = sorted({_written(term) for term in terms if term.strip(" *-")}, key=lambda one: (-len(one), one))
    return re.compile(rf"(?<!\w)({'|'.join(written)})(?!\w)", re.IGNORECASE) if written else None


def _written(term: str) -> str:
    words = [word for word in re.split(r"[\s\-‐‑–]+", term.strip()) if word]
    return GAP.join(re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in words)

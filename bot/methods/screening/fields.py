"""In which fields of a record a word of its ranking stands, in words for a person. It judges nothing; marking words on a page: marking.py."""

from __future__ import annotations

import re
import unicodedata

from bot.domain.records import Record

JOURNAL = "in_"
# As far as rankers read a text.
MOST_CHARACTERS = 60_000


def shown_word(term: str, record: Record) -> str:
    """Return the word as a person reads it: the one word that stands for a journal as the journal's name."""
    return record.journal if term.startswith(JOURNAL) and record.journal else term


def fields_with(term: str, record: Record) -> tuple[str, ...]:
    """Return which fields have the word, or all words of a phrase, in the order of a record; () if none has it as it stands."""
    if term.startswith(JOURNAL):
        return ("journal",) if record.journal else ()
    texts = {"title": record.title, "abstract": record.abstract, "keywords": " ".join(record.keywords), "MeSH": " ".join(record.mesh),
             "publication type": " ".join(record.publication_types)}
    wanted = _words(term)
    return tuple(name for name, text in texts.items() if wanted and wanted <= _words(text))


def _words(text: str) -> set[str]:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text[:MOST_CHARACTERS].lower()) if not unicodedata.combining(letter))
    return set(re.findall(r"\w+", plain))

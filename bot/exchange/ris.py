"""Reports as RIS, with what was decided on them as notes. Reading RIS: bot/sources/files/ris.py, which names the sources of the format."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.holdings import HeldReport
from bot.domain.records import Record

_LINE_END = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_TYPES = (("Conference", "CPAPER"), ("Clinical Trial Registration", "GEN"), ("Preprint", "UNPB"))


def ris(reports: Iterable[HeldReport]) -> str:
    """Return the reports as one RIS file, UTF-8, each with its decisions in N1 as `Perennial: stage: verdict (reason)`."""
    return "".join(_entry(one) for one in reports)


def _entry(one: HeldReport) -> str:
    record = one.record
    pages = record.pages.split("-", 1)
    lines = [("TY", _type(record)), ("ID", str(one.id)), ("TI", record.title), *(("AU", author) for author in record.authors),
             ("PY", str(record.year or "")), ("DA", record.date.replace("-", "/")), ("T2", record.journal), ("VL", record.volume),
             ("IS", record.issue), ("SP", pages[0]), ("EP", pages[1] if len(pages) > 1 else ""), ("SN", record.issn), ("DO", record.doi),
             ("AN", record.pmid), ("C2", record.pmcid), ("LA", record.language), ("UR", record.url),
             *(("KW", word) for word in (*record.keywords, *record.mesh)), ("AB", record.abstract),
             *(("C1", f"Registration: {number}") for number in record.registrations),
             *(("N1", f"Perennial: {stage}: {verdict}" + (f" ({reason})" if reason else "")) for stage, verdict, reason in one.decisions),
             ("LB", one.study)]
    return "".join(f"{tag}  - {_plain(value)}\r\n" for tag, value in lines if value) + "ER  - \r\n\r\n"


def _type(record: Record) -> str:
    return next((kind for words, kind in _TYPES if any(words in one for one in record.publication_types)), "JOUR")


def _plain(value: str) -> str:
    """Return text on one line: a line break would begin another field."""
    return _LINE_END.sub(" ", value).strip()

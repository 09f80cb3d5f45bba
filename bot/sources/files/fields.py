"""What the formats share: DOIs, registration numbers, years and dates as a record keeps them."""

from __future__ import annotations

import html
import re

DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>\]]+", re.IGNORECASE)
REGISTRATION = re.compile(
    r"\b(NCT\d{8}|ISRCTN\d{4,10}|ACTRN\d{14}|ChiCTR[-\w]{6,20}|DRKS\d{8}|EUCTR\d{4}-\d{6}-\d{2}|NTR\d{2,6}|UMIN\d{9}|CTRI/\d{4}/\d+/\d+)\b",
    re.IGNORECASE)
YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}


def doi(text: str) -> str:
    """Return the DOI in a text in lower case, without an address in front or a full stop behind; "" if there is none."""
    found = DOI.search(text)
    return found.group(0).rstrip(".,;)").lower() if found else ""


def registrations(*texts: str) -> tuple[str, ...]:
    """Return the registration numbers in these texts in upper case, each once."""
    return tuple(dict.fromkeys(found.upper() for text in texts for found in REGISTRATION.findall(text)))


def year(text: str) -> int | None:
    """Return the first year in a text, or None."""
    found = YEAR.search(text)
    return int(found.group(1)) if found else None


def iso_date(text: str) -> str:
    """Return as much of YYYY-MM-DD as a text gives: "2025 Aug 3", "2025/08//", "2025-08", "2019 Summer" → "2019"."""
    found_year = YEAR.search(text)
    if found_year is None:
        return ""
    rest = text[found_year.end():].strip(" /-.")
    word = re.match(r"([A-Za-z]{3})[a-z]*|(\d{1,2})(?!\d)", rest)
    month = 0
    if word:
        month = MONTHS.get((word.group(1) or "").lower(), 0) or int(word.group(2) or 0)
    if not 1 <= month <= 12:
        return found_year.group(1)
    found_day = re.match(r"[\s/.-]*(\d{1,2})(?!\d)", rest[word.end():] if word else "")
    day = int(found_day.group(1)) if found_day else 0
    return f"{found_year.group(1)}-{month:02d}" + (f"-{day:02d}" if 1 <= day <= 31 else "")


def one_line(text: str) -> str:
    """Return a text without line ends, doubled spaces and entities."""
    return " ".join(html.unescape(text).split())

"""What the formats share: DOIs, registration numbers, years and dates as a record keeps them. Each is called for every record: quick."""

from __future__ import annotations

import html
import re
from functools import lru_cache

DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>\]]+")
REGISTRATION = re.compile(
    r"\b(NCT\d{8}|nct\d{8}|ISRCTN ?\d{8}|ACTRN\d{14}|(?:ChiCTR|CHICTR)[-\w]{6,20}|DRKS\d{8}|EUCTR\d{4}-\d{6}-\d{2}|NTR\d{2,6}|UMIN\d{9}"
    r"|CTRI/\d{4}/\d+/\d+|IRCT\d{8,20}N?\d*|JPRN-\w{6,14}|KCT\d{7}|PACTR\d{12,20}|TCTR\d{8,14}|RBR-\w{4,8})\b")
# "CT" stands in RCT and ABSTRACT as well; so it goes on in a number.
LIKELY = re.compile(r"CT(?:R[-A-Z\d]|N ?\d|\d)")
MARKS = re.compile(rb"DRKS|NTR|UMIN|JPRN|RBR")
NO_CAPITALS = bytes(set(range(256)) - set(range(ord("A"), ord("Z") + 1)))
YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
MARKUP = re.compile(r"</?(?:i|b|u|em|strong|sup|sub|sc|scp|p|jats:\w+|h[1-6]|br|span|italic|bold)(?:\s[^<>]*)?/?>", re.IGNORECASE)
ISSN = re.compile(r"\b(\d{4})-?(\d{3}[\dXx])\b")
MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}


def doi(text: str) -> str:
    """Return the DOI in a text in lower case, without an address in front or a full stop behind; "" if there is none."""
    if "10." not in text or (found := DOI.search(text)) is None:
        return ""
    whole = found.group(0).rstrip(".,;").lower()
    # A bracket belongs to the DOI (S0140-6736(20)…) only if it opened there.
    return whole.rstrip(")") if whole.count(")") > whole.count("(") else whole


def registrations(*texts: str) -> tuple[str, ...]:
    """Return the registration numbers in these texts in upper case, each once."""
    whole = " ".join(texts)
    # What is in capitals is short, and one of these stands in every number: to look there first is ten times as fast as the pattern.
    capitals = whole.encode("utf-8", "replace").translate(None, NO_CAPITALS)
    if (b"CT" in capitals and LIKELY.search(whole)) or MARKS.search(capitals) or "nct0" in whole:
        return tuple(dict.fromkeys(found.upper() for found in REGISTRATION.findall(whole)))
    return ()


@lru_cache(4096)
def year(text: str) -> int | None:
    """Return the first year in a text, or None."""
    found = YEAR.search(text)
    return int(found.group(1)) if found else None


@lru_cache(4096)
def iso_date(text: str) -> str:
    """Return as much of YYYY-MM-DD as a text gives: "2025 Aug 3", "2025/08//", "20250803", "3 Aug 2025", "2019 Summer" → "2019"."""
    if re.fullmatch(r"\s*\d{8}\s*", text):
        text = f"{text.strip()[:4]}-{text.strip()[4:6]}-{text.strip()[6:]}"
    found_year = YEAR.search(text)
    if found_year is None:
        return ""
    before, after = text[:found_year.start()].strip(" /-.,"), text[found_year.end():].strip(" /-.,")
    month, day = _month_and_day(after, before)
    if not 1 <= month <= 12:
        return found_year.group(1)
    return f"{found_year.group(1)}-{month:02d}" + (f"-{day:02d}" if 1 <= day <= 31 else "")


def day_first(text: str) -> str:
    """Return as much of YYYY-MM-DD as a text gives whose numbers stand with the day first: "24/08/2026"."""
    found = re.fullmatch(r"\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s*", text)
    return iso_date(f"{found.group(3)}-{found.group(2)}-{found.group(1)}" if found and int(found.group(2)) <= 12 else text)


def _month_and_day(after: str, before: str) -> tuple[int, int]:
    """Return (month, day), 0 where there is none, from the words around a year."""
    word = re.search(r"[A-Za-z]{3,}", after) or re.search(r"[A-Za-z]{3,}", before)
    numbers = [int(one) for one in re.findall(r"(?<!\d)\d{1,2}(?!\d)", after)]
    if word:
        earlier = [int(one) for one in re.findall(r"(?<!\d)\d{1,2}(?!\d)", before)]
        return MONTHS.get(word.group(0)[:3].lower(), 0), (numbers or earlier or [0])[0]
    month, day, *_ = (*numbers, 0, 0)
    return month, day


@lru_cache(4096)
def issn(text: str) -> str:
    """Return the first ISSN in a text as 1234-567X, "" if there is none."""
    found = ISSN.search(text)
    return f"{found.group(1)}-{found.group(2).upper()}" if found else ""


def one_line(text: str) -> str:
    """Return a text without line ends, doubled spaces, entities and the markup that platforms leave in it; its words all stay."""
    if "&" in text:
        # Twice, for some platforms escape what was escaped already.
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = MARKUP.sub("", text)
    if "\n" in text or "\t" in text or "\xa0" in text or "\r" in text:
        return " ".join(text.split())
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip()


def lines(text: str) -> str:
    """Return a text like `one_line`, but with its paragraphs kept apart."""
    if "\n" not in text:
        return one_line(text)
    return "\n".join([line for part in text.split("\n") if (line := one_line(part))])


def pages(start: str, end: str) -> str:
    """Return the pages from the first and the last, either of which may hold both."""
    start, end = start.strip(), end.strip()
    return f"{start}-{end}" if start and end and start != end and "-" not in start else start or end

"""What a registration in PROSPERO gives to start from: its number, and the parts of its record, copied as text. Nothing is guessed.

PROSPERO has no interface for programs, so the record is a file that a person copied from its page. The names of its parts are those of the
form of 2018 and of the one of 2025.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import InvalidInputError

NUMBER = re.compile(r"\bCRD\s?(42\d{9,10})\b", re.IGNORECASE)
ADDRESS = "https://www.crd.york.ac.uk/PROSPERO/view/CRD{}"
# Heading, in small letters without what stands in brackets → the question of `init` that it answers; "" ends a part and answers none.
HEADINGS = {
    "review title": "title", "title": "title", "review question": "question", "review questions": "question", "review objectives": "question",
    "participants/population": "population", "population": "population", "participants": "population",
    "intervention, exposure": "intervention", "intervention or exposure": "intervention", "interventions": "intervention",
    "intervention": "intervention", "comparator/control": "comparator", "comparator or control": "comparator", "comparator": "comparator",
    "main outcome": "outcomes", "main outcomes": "outcomes", "primary outcome": "outcomes", "primary outcomes": "outcomes",
    "additional outcome": "outcomes", "additional outcomes": "outcomes", "secondary outcomes": "outcomes",
    "searches": "", "search strategy": "", "url to search strategy": "", "condition or domain being studied": "", "study design": "",
    "types of study to be included": "", "types of study to be included initially": "", "context": "", "citation": "", "rationale": "",
    "measures of effect": "", "data extraction": "", "risk of bias assessment": "", "strategy for data synthesis": "", "review timeline": "",
    "condition being studied": "", "keywords": "", "anticipated or actual start date": "", "original language title": "",
}
BEFORE = re.compile(r"^\d+\.?\s+|\s*\[[^\]]*\]|\*")
PLURAL = re.compile(r"\(s\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration. number: "CRD42…"; parts: question of `init` → words of the record; outcomes: what it names, as it words it."""

    number: str
    parts: Mapping[str, str]
    outcomes: str = ""

    @property
    def address(self) -> str:
        """Where its record stands."""
        return ADDRESS.format(self.number.removeprefix("CRD"))

    @property
    def to_do(self) -> tuple[str, ...]:
        """What a person must still do about it."""
        if self.parts:
            return (f"Hold protocol.toml against the record of {self.number}, from which its first words are: {self.address}",)
        return (f"PROSPERO has no interface for programs: read {self.address}, and change what differs in protocol.toml. Or save the record's "
                "text and begin again with  --prospero FILE",)


def read_number(text: str) -> Registered:
    """Return a registration of which only the number is known. Raises InvalidInputError."""
    match = NUMBER.fullmatch(text.strip())
    if match is None:
        raise InvalidInputError(f"{text!r} is no number of PROSPERO; one looks like CRD42020123456 (CRD, 42 and nine or ten more digits)")
    return Registered(f"CRD{match[1]}", {})


def read_record(text: str, name: str) -> Registered:
    """Return what the text of a record gives. Raises InvalidInputError if it names no number or has no part that is known here."""
    number = NUMBER.search(text)
    if number is None:
        raise InvalidInputError(f"{name}: no number like CRD42020123456 stands in it. Copy the whole page of the record")
    parts: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        words = " ".join(line.split())
        heading = _heading(words)
        if heading is not None:
            current = heading
        elif words and current:
            parts.setdefault(current, []).append(words)
    if not parts:
        raise InvalidInputError(f"{name}: none of the parts of a record is in it (Review question, Participants/population …). "
                                "Copy the page as text, each heading on a line of its own")
    told = {part: " ".join(lines) for part, lines in parts.items()}
    return Registered(f"CRD{number[1]}", {part: words for part, words in told.items() if part != "outcomes"}, told.get("outcomes", ""))


def _heading(words: str) -> str | None:
    """Return the question that a heading answers, "" for one that answers none, None for a line that is no heading."""
    plain = PLURAL.sub("", BEFORE.sub("", words)).strip().rstrip(".:").strip().casefold()
    return HEADINGS.get(" ".join(plain.split()))

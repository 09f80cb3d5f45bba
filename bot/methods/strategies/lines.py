"""A strategy as numbered lines, whatever the platform: which lines there are, what each refers to, where its brackets and quotes stand.

What a line may hold on each platform: syntaxes.py. What is wrong with it: lint.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Ovid and people write "1", "1." or "1)"; PubMed and the Cochrane Library "#1" or "#1:".
NUMBERED = {"ovid": re.compile(r"^[ \t]*(\d{1,6})[.)]?[ \t]+(?=\S)", re.MULTILINE),
            "other": re.compile(r"^[ \t]*#(\d{1,6}):?[ \t]+(?=\S)", re.MULTILINE)}
QUOTED = re.compile(r'"[^"\n]*"')
# "or/1-6,8" of Ovid; "{or #1-#3}" of the Cochrane Library; "#1"; and of Ovid a number between operators.
OVID_RANGE = re.compile(r"\b(?:or|and)/([\d,\- ]+)", re.IGNORECASE)
HASH_RANGE = re.compile(r"#(\d{1,6})\s*-\s*#?(\d{1,6})(?!\d)")
HASH = re.compile(r"#(\d{1,6})(?!\d)")
# One line, or a range of them, as it stands between the commas of or/1-3,5: anything else names no line.
OVID_PART = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")
# No strategy has more lines: a range that claims more is not written out.
LONGEST_RANGE = 500
OVID_NUMBER = re.compile(r"(?<![\w.$*?#/-])(\d{1,3})(?![\w.$*?#/-]|\s+(?!and\b|or\b|not\b|to\b|\)|$)[A-Za-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. number: as written, from 1 where a strategy has no numbers; at: where it begins in the file, from 1; text: in one piece."""

    number: int
    at: int
    text: str


def lines_of(text: str, syntax: str) -> list[Line]:
    """Return the lines of a strategy; a whole one if it is not numbered. What stands before the first number belongs to none."""
    marks = list(NUMBERED["ovid" if syntax == "ovid" else "other"].finditer(text))
    if not marks:
        return [Line(1, 1, text.strip())] if text.strip() else []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return [Line(int(mark.group(1)), text.count("\n", 0, mark.start()) + 1, " ".join(text[mark.end():end].split()))
            for mark, end in zip(marks, ends, strict=True)]


def unquoted(text: str) -> str:
    """Return a line with a meaningless word in place of what is quoted, of the same length."""
    return QUOTED.sub(lambda found: "q" * len(found.group(0)), text)


def references(line: Line, syntax: str) -> set[int]:
    """Return the numbers of the lines that a line refers to."""
    text = unquoted(line.text)
    if syntax == "ovid":
        return set(_ovid_references(text))
    found = {number for first, last in HASH_RANGE.findall(text) for number in range(int(first), min(int(last), int(first) + LONGEST_RANGE) + 1)}
    return found | {int(number) for number in HASH.findall(text)}


def resolved(text: str, known: Mapping[int, str], syntax: str) -> str:
    """Return a text with every line that it names by number in brackets in its place."""
    def put(found: re.Match[str]) -> str:
        number = int(found.group(1))
        return f"({known[number]})" if number in known else found.group(0)

    if syntax == "ovid":
        return OVID_NUMBER.sub(put, OVID_RANGE.sub(lambda found: " or ".join(
            f"({known[one]})" for one in references(Line(0, 0, found.group(0)), syntax) if one in known), text))
    return HASH.sub(put, text)


def _ovid_references(text: str) -> Iterator[int]:
    for found in OVID_RANGE.findall(text):
        for part in filter(None, (OVID_PART.fullmatch(one.strip()) for one in found.split(","))):
            first, last = int(part.group(1)), int(part.group(2) or part.group(1))
            yield from range(first, min(last, first + LONGEST_RANGE) + 1)
    rest = OVID_RANGE.sub(" ", text)
    # A number is a line only where the line holds nothing else than numbers and operators around it: "7 Cups" is a name.
    for found in OVID_NUMBER.finditer(rest):
        before = rest[:found.start()].rstrip(" (").rpartition(" ")[2].lower()
        if before in ("", "and", "or", "not", "limit") or not rest[:found.start()].strip(" ("):
            yield int(found.group(1))


def unbalanced(text: str) -> str:
    """Return what of brackets and quotes does not close, in words; "" if all do. What stands in quotes is not looked at."""
    if text.count('"') % 2:
        return "a quotation mark does not close"
    waiting: list[str] = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for sign in unquoted(text):
        if sign in "([{":
            waiting.append(sign)
        elif sign in pairs and (not waiting or waiting.pop() != pairs[sign]):
            return f"{sign} closes what was not opened"
    return f"{waiting[-1]} does not close" if waiting else ""

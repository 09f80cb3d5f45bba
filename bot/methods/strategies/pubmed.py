"""Turn a PubMed strategy of numbered lines into the one query that E-utilities take.

E-utilities know nothing of "#1 AND #2": that is the history of a browser session. Reading Ovid and Cochrane lines is not done here.
"""

from __future__ import annotations

import re

from bot.errors import InvalidInputError

LINE = re.compile(r"^#(\d{1,6})\s+", re.MULTILINE)
REFERENCE = re.compile(r'"[^"]*"|#(\d{1,6})(?!\d)')


def numbered_lines(text: str) -> dict[int, str]:
    """Return number -> query of a strategy whose lines begin with "#1 "; a line goes on until the next number. {} if none does.

    Raises InvalidInputError if a number occurs twice, a line is empty, or something stands before the first one.
    """
    marks = list(LINE.finditer(text))
    if marks and text[: marks[0].start()].strip():
        raise InvalidInputError(f"something stands before line #{marks[0].group(1)}; each line begins with # and its number")
    lines: dict[int, str] = {}
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        number, line = int(mark.group(1)), " ".join(text[mark.end() : end].split())
        if number in lines:
            raise InvalidInputError(f"line #{number} occurs twice; number each line once")
        if not line:
            raise InvalidInputError(f"line #{number} is empty; delete it or write its query")
        lines[number] = line
    return lines


def whole_query(text: str) -> str:
    """Return the last line of a numbered strategy with every reference replaced by its line in brackets; other text as it is.

    A line may refer only to earlier lines. Raises InvalidInputError if one refers to itself, to a later or to a missing line,
    or if there is nothing to search for.
    """
    lines = numbered_lines(text)
    whole: dict[int, str] = {}
    for number, line in lines.items():
        whole[number] = REFERENCE.sub(lambda found, at=number: _referred(found, at, whole), line)
    query = whole[list(lines)[-1]] if lines else " ".join(text.split())
    if not query:
        raise InvalidInputError("the strategy is empty; paste the query as it is sent")
    return query


def _referred(found: re.Match[str], at: int, whole: dict[int, str]) -> str:
    """Return what a reference in line `at` stands for; what is quoted is no reference."""
    if found.group(1) is None:
        return found.group(0)
    number = int(found.group(1))
    if number not in whole:
        known = ", ".join(f"#{earlier}" for earlier in whole) or "none"
        raise InvalidInputError(f"line #{at} refers to #{number}; the lines before it are: {known}")
    return f"({whole[number]})"

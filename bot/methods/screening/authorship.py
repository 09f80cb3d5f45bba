"""Is somebody of the team among a record's authors? Then that person neither votes on it, nor extracts nor appraises it.

Rather once too often than not: where only initials are known, equal ones count as the same person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dXx]")


def is_among(names: Collection[str], orcid: str, authors: Collection[str]) -> bool:
    """Return whether one of a person's names, or the ORCID, is among these authors ("Lovelace A", "Lovelace, Ada", "Ada Lovelace")."""
    wanted = [read for name in names if (read := _readings(name))]
    for author in authors:
        if orcid and orcid.upper() in (found.upper() for found in ORCID.findall(author)):
            return True
        plain = ORCID.sub(" ", author)
        if any(_same(one, other) for own in wanted for one in own for other in _readings(plain)):
            return True
    return False


def _readings(name: str) -> list[tuple[str, str]]:
    """Return (family, given names or initials) as a name may be read, without marks and in small letters."""
    family, comma, given = name.partition(",")
    if comma:
        return [(_plain(family), _plain(given))] if _plain(given) else []
    parts = name.split()
    if len(parts) < 2:
        return []
    # "Lovelace A" and "van der Berg JH" put the family first; "Ada Lovelace" puts it last.
    if parts[-1].replace(".", "").isupper() and len(parts[-1].replace(".", "")) <= 4:
        return [(_plain(" ".join(parts[:-1])), _plain(" ".join(parts[-1].replace(".", ""))))]
    return [(_plain(" ".join(parts[place:])), _plain(" ".join(parts[:place]))) for place in range(1, len(parts))]


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    if not one[0] or one[0] != other[0]:
        return False
    mine, theirs = one[1].split(), other[1].split()
    if not mine or not theirs:
        return False
    first, second = mine[0], theirs[0]
    # A full name against another full one must be that name; an initial must begin it.
    return first == second or ((len(first) == 1 or len(second) == 1) and first[0] == second[0])


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter)).split())

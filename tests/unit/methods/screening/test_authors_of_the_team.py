"""A person of the team is found among authors however the paper prints the name; a namesake with another first name is not."""

from __future__ import annotations

import pytest

from bot.methods.screening.authorship import is_among


@pytest.mark.parametrize(("name", "author", "same"), [
    ("Ada Lovelace", "Lovelace A", True), ("Ada Lovelace", "Lovelace, Ada", True), ("Ada Lovelace", "Ada Lovelace", True),
    ("Ada Lovelace", "A. Lovelace", True), ("Ada Lovelace", "Lovelace AB", True), ("Ada Lovelace", "Lovelace, Anna", False),
    ("Ada Lovelace", "Lovelace B", False), ("Ada Lovelace", "Love A", False), ("Jan van der Berg", "van der Berg J", True),
    ("Jan van der Berg", "van der Berg, Jan", True), ("Karin Müller", "MULLER K", True), ("José Ñandú", "Nandu, Jose", True),
    ("Ada", "Lovelace A", False), ("Ada Lovelace", "", False), ("Ada Lovelace", "The Lovelace Group", False),
    ("Ada Lovelace", "\u202eLovelace A", True), ("Müller K", "Müller, Karin", True),
])
def test_names_as_papers_print_them(name: str, author: str, same: bool) -> None:
    assert is_among([name], "", [author]) is same


def test_an_orcid_among_the_authors_is_the_person() -> None:
    assert is_among(["Ada Lovelace"], "0000-0002-1825-0097", ["Byron A (0000-0002-1825-0097)"])
    assert not is_among(["Ada Lovelace"], "0000-0002-1825-0097", ["Byron A (0000-0001-1825-0097)"])


def test_five_thousand_authors_are_read_in_no_time() -> None:
    authors = [f"Author{number} X" for number in range(5000)]
    assert not is_among(["Ada Lovelace"], "", authors)
    assert is_among(["Ada Lovelace"], "", [*authors, "Lovelace A"])

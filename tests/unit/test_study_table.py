"""The table of studies as the address asks for it: sorted, filtered, safe, and never an error."""

from __future__ import annotations

from typing import Any

import pytest

from bot.web.study_table import COLUMNS, Wanted, study_table
from tests.unit.bulletin.sample_material import published_two

AT = "/reviews/digital-peer-support/studies"


def labels(**wanted: str) -> list[str]:
    table = study_table(published_two(), Wanted(**wanted), AT)
    assert table is not None and table["count"] == sum(not row["hidden"] for row in table["rows"])
    return [row["label"] for row in table["rows"] if not row["hidden"]]


def test_it_sorts_both_ways_with_what_nobody_knows_last() -> None:
    by_people = labels(sort="-people")
    # Sebela 2025 has 488 people, Westerhof 2019 and Ellis 2011 26 each (starting_set.csv).
    assert by_people[0] == "Sebela 2025" and set(labels(sort="people")[:2]) == {"Ellis 2011", "Westerhof 2019"}
    assert labels(sort="study") == sorted(labels()) and labels(sort="-study") == sorted(labels(), reverse=True)
    content: dict[str, Any] = published_two()
    content["studies"] = [study | ({"year": None} if study["label"] == "Dean 2016" else {}) for study in content["studies"]]
    for sort in ("year", "-year"):
        table = study_table(content, Wanted(sort=sort), AT)
        assert table is not None and table["rows"][-1]["label"] == "Dean 2016"


def test_it_filters_by_words_without_case_and_accents_and_by_outcome() -> None:
    assert labels(text="SÉBELA") == ["Sebela 2025"] and labels(text="no such word") == []
    assert set(labels(outcome="Anxiety")) == {"Rohrbach 2022", "Ellis 2011"} and labels(outcome="Anxiety", text="ellis") == ["Ellis 2011"]


@pytest.mark.parametrize("wanted", [
    {"sort": "--year"}, {"sort": "password"}, {"sort": "-"}, {"outcome": "<b>"}, {"outcome": "Satisfaction"}, {"sort": "\x00"}])
def test_what_does_not_exist_is_passed_over(wanted: dict[str, str]) -> None:
    assert labels(**wanted) == labels()


def test_the_headings_lead_on_with_what_was_asked_and_are_addresses() -> None:
    table = study_table(published_two(), Wanted("year", '"><script>&', "Anxiety"), AT)
    assert table is not None
    links = {column["name"]: column for column in table["columns"]}
    assert set(links) == set(COLUMNS) and links["year"]["state"] == "ascending" and links["study"]["state"] == "none"
    assert links["year"]["href"] == f"{AT}?sort=-year&text=%22%3E%3Cscript%3E%26&outcome=Anxiety#table"
    assert study_table(None, Wanted(), AT) is None

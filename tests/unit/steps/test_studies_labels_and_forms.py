"""How a study is called after its first report, and how a form becomes a result."""

from __future__ import annotations

import pytest

from bot.domain.records import Record
from bot.errors import InvalidInputError
from bot.protocols.load import load
from bot.steps.studies import forms
from bot.steps.studies.include import label_of
from tests.fixtures_screening import REPOSITORY
from tests.fixtures_studies import SEBELA_DEPRESSION


@pytest.mark.parametrize(("author", "label"), [
    ("Sebela A", "Sebela 2025"), ("Griffiths, Kathleen M.", "Griffiths 2025"), ("van der Berg JH", "van der Berg 2025"),
    ("MoodGarden Study Group", "MoodGarden Study Group 2025"), ("WHO", "WHO 2025")])
def test_a_study_is_called_after_its_first_author(author: str, label: str) -> None:
    assert label_of(Record("pubmed", "1", "T", authors=(author, "Other B"), year=2025)) == label


@pytest.mark.parametrize("authors", [(), ("",), ("(author line cut)",)])
def test_a_study_without_a_known_author_is_called_after_its_title(authors: tuple[str, ...]) -> None:
    record = Record("pubmed", "1", "A forum for people with depression", authors=authors, year=2024)
    assert label_of(record) == "“A forum for people …” 2024"


def test_a_study_without_anything_has_a_name_all_the_same() -> None:
    assert label_of(Record("pubmed", "1", "")) == "Unnamed n.d."


def result(**changed: str) -> tuple[object, dict[str, str]]:
    depression = load(REPOSITORY / "reviews" / "digital-peer-support").outcome("depression")
    form, _ = forms.read(SEBELA_DEPRESSION | changed)
    found, problems = forms.result_of(form, study="Sebela 2025", outcome=depression, reports=[7])
    return found, {problem.field: problem.message for problem in problems}


def test_weeks_and_months_come_to_the_same_time() -> None:
    in_weeks, _ = result(since="26", since_unit="weeks")
    in_months, _ = result(since="5.98", since_unit="months")
    assert in_weeks.months == pytest.approx(in_months.months, abs=0.01)  # type: ignore[attr-defined]


def test_the_only_report_of_a_study_is_taken_without_asking() -> None:
    assert result()[0].report_id == 7  # type: ignore[attr-defined]


def test_an_answer_wants_its_question() -> None:
    assert "answer without a question" in result(question="")[1]["question"]


def test_a_field_that_is_not_of_this_form_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="does not belong to this form"):
        forms.read({"yi": "0.3"})


def test_a_text_that_is_too_long_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidInputError, match="source: at most 300 characters"):
        forms.read({"source": "x" * 301})


def test_answers_are_kept_by_the_id_of_their_question() -> None:
    assert forms.read({"answer_arms_unequal": " planned "})[1] == {"arms_unequal": "planned"}

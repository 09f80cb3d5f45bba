"""The plain-language summary: what it answers, that it says what the bulletin says, and how old its readers must be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.bulletin.compose import compose
from bot.bulletin.plain_summary import as_text
from bot.bulletin.reading_age import AIM, reading_age, syllables
from tests.unit.bulletin import sample_material as sample


def said(content: dict) -> str:
    return as_text(content["plain"]["title"], content["plain"]["parts"])


@pytest.mark.parametrize(("word", "count"), [
    # As the Oxford dictionary divides them.
    ("the", 1), ("trial", 2), ("studies", 2), ("people", 2), ("sure", 1), ("searched", 1), ("started", 2), ("changes", 2), ("symptoms", 2),
    ("depression", 3), ("anxiety", 4), ("medical", 3), ("published", 2), ("average", 3), ("peer", 1), ("digital", 3), ("table", 2),
    ("quality", 3), ("serious", 3), ("numbers", 2), ("judge", 1), ("computer", 3), ("phone", 1), ("yet", 1), ("question", 2),
])
def test_syllables_are_counted_as_a_dictionary_divides(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_reading_age_is_that_of_flesch_and_kincaid() -> None:
    # Six words of one syllable in a sentence: 0.39 * 6 + 11.8 * 1 - 15.59 is below the first grade.
    assert reading_age("The cat sat on the mat.") == 5.0
    # By hand: 10 words, 19 syllables, one sentence: 0.39 * 10 + 11.8 * 19 / 10 - 15.59 = 10.73; and five years.
    text = "People often wonder about computers in modern hospitals and schools."
    assert sum(syllables(word.strip(".")) for word in text.split()) == 19 and reading_age(text) == pytest.approx(15.7, abs=0.05)
    assert reading_age("") == 5.0


@pytest.mark.parametrize("material", [sample.month_one(), sample.month_two()], ids=["first", "second"])
def test_readers_of_about_thirteen_years_understand_it(material: sample.Material) -> None:
    plain = compose(material)["plain"]
    assert plain["reading_age"] <= AIM and not plain["is_hard"]


def test_it_answers_what_a_plain_language_summary_answers_and_says_what_is_not_known() -> None:
    content = compose(sample.month_two())
    assert [part["heading"] for part in content["plain"]["parts"]] == [
        "In short", "What did we want to find out?", "What did we do?", "What did we find?", "How sure can we be?", "How up to date is this?"]
    text = said(content)
    assert "Some numbers have changed since our last report. The main message is the same." in text
    assert "Depression. A review that others have published (Croke 2026) found: better. We have 8 studies with 1,275 people so far." in text
    assert "Nobody has judged yet how sure we can be of the results." in text and "This is not medical advice." in text
    assert "This time we could not search: MEDLINE (PubMed). We will try again." in text
    assert "significant" not in text


def test_a_harm_that_nobody_reported_is_no_absence_of_harm() -> None:
    harms = [point for point in compose(sample.month_one())["plain"]["parts"][3]["points"] if "adverse" in point]
    assert harms and all("This does not mean that there is no harm." in point for point in harms)


def test_words_that_are_too_hard_are_said_to_be() -> None:
    hard = replace(sample.protocol(), plain_background=("Heterogeneous multidisciplinary psychotherapeutic interventions notwithstanding "
                                                        "methodological considerations necessitate comprehensive characterisation. ") * 12)
    plain = compose(replace(sample.month_one(), protocol=hard))["plain"]
    assert plain["is_hard"] and plain["reading_age"] > 14

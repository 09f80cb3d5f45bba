"""What an abstract of a published review gives to start from."""

from __future__ import annotations

import pytest

from bot.domain.records import Record
from bot.protocols.published_abstract import estimates_in, read_published

# Numbers: Croke 2026 (doi:10.1136/bmjment-2025-302275), as reviews/digital-peer-support/published.toml has them; the wording is ours.
SIX = ("Digital peer support reduced depression (SMD=−0.28, 95% CI −0.42 to −0.14) and anxiety (SMD=−0.47, 95% CI −0.68 to −0.27). It improved "
       "social functioning (SMD=0.18, 95% CI 0.07 to 0.29), quality of life (SMD 0.14; 95% CI: 0.02, 0.26), patient activation (SMD=0.39 "
       "[95% CI 0.23–0.55]) and personal recovery (standardised mean difference 0.23, 95% confidence interval 0.11 to 0.35).")


def test_six_estimates_are_read_whatever_minus_and_brackets_they_are_written_with():
    assert [(one.estimate, one.ci_low, one.ci_high) for one in estimates_in(SIX)] == [
        (-0.28, -0.42, -0.14), (-0.47, -0.68, -0.27), (0.18, 0.07, 0.29), (0.14, 0.02, 0.26), (0.39, 0.23, 0.55), (0.23, 0.11, 0.35)]


@pytest.mark.parametrize(("text", "measure", "numbers"), [
    ("mortality (RR 0·49, 95% CI 0·34 to 0·70)", "RR", (0.49, 0.34, 0.70)),
    ("odds ratio of 1.72 (95% CI 1.10, 2.69)", "OR", (1.72, 1.10, 2.69)),
    ("mean difference (MD) = -2.1 [95% CI: -3.4; -0.8]", "MD", (-2.1, -3.4, -0.8)),
    ("risk ratio 0.51 (90% CI 0.30 to 0.86)", "RR", (0.51, 0.30, 0.86)),
    ("Hedges' g = .31 (95% CI .10 to .52)", "SMD", (0.31, 0.10, 0.52)),
])
def test_each_measure_is_told(text, measure, numbers):
    found, = estimates_in(text)
    assert (found.measure, (found.estimate, found.ci_low, found.ci_high)) == (measure, numbers)


@pytest.mark.parametrize("text", ["depression (SMD -0.28)", "95% CI 0.1 to 0.3", "SMD=0.9 (95% CI 0.1 to 0.3)", "I2 = 45%, 95% CI 10 to 60"])
def test_what_is_no_estimate_with_its_interval_is_left_out(text):
    assert estimates_in(text) == []


def test_an_estimate_goes_to_the_outcome_that_its_words_name_and_to_no_other():
    found = read_published(Record("published", "1", "Title", abstract=SIX))
    anxiety = found.estimate_of("Anxiety", "SMD")
    assert anxiety is not None and anxiety.estimate == -0.47
    assert found.estimate_of("Anxiety", "RR") is None and found.estimate_of("Hope", "SMD") is None


def test_a_review_without_doi_or_day_is_no_starting_point_and_that_is_said():
    found = read_published(Record("published", "1", "Title", abstract="PROSPERO CRD 42023445194", year=2026))
    assert not found.is_citable and found.registration == "PROSPERO CRD42023445194" and "DOI" in found.to_do[0]

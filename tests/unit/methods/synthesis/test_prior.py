"""Updating a published estimate: what it gives, what it refuses, and the two errors that people make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from bot.domain.outcomes import PublishedEstimate
from bot.errors import SynthesisError
from bot.methods.synthesis.pooling import Interval, pool
from bot.methods.synthesis.prior import (
    ASSUMED,
    CommonEffectSummary,
    NewStudy,
    ReadAs,
    add_exactly,
    se_of,
    se_of_t_interval,
    update_published,
)

# Croke 2026, depression: SMD -0.28 (95 % CI -0.42 to -0.14), searched up to January 2025. Sebela 2025: d = -0.30, 173 and 315.
CROKE = PublishedEstimate("depression", "SMD", -0.28, -0.42, -0.14, 0.95, None, None, None, "Croke 2026")
SEARCHED = date(2025, 1, 31)
SEBELA = NewStudy(
    "Sebela 2025", -0.30, 1 / 173 + 1 / 315 + 0.09 / 976, "SMD", "lower", date(2025, 8, 1), frozenset({"NCT04639752"})
)


def updated(*studies, **options):
    return update_published(published=CROKE, favours="lower", searched_until=SEARCHED, studies=studies, **options)


def test_without_a_new_study_the_published_estimate_stands():
    result = updated()
    assert result.lead.estimate == pytest.approx(-0.28)
    assert (result.lead.ci_low, result.lead.ci_high) == pytest.approx((-0.42, -0.14), abs=1e-6)


def test_a_new_study_enters_with_its_variance_plus_tau2():
    row = next(row for row in updated(SEBELA).panel if row.tau == 0.2)
    se = 0.28 / 3.92
    w, w_new = 1 / se**2, 1 / (SEBELA.vi + 0.04)
    assert row.estimate == pytest.approx((w * -0.28 + w_new * -0.30) / (w + w_new), rel=1e-4)
    assert row.se == pytest.approx((w + w_new) ** -0.5, rel=1e-4)


def test_a_new_study_at_its_own_variance_alone_would_count_for_too_much():
    se, _ = se_of(CROKE)
    wrong = (1 / se**2 + 1 / SEBELA.vi) ** -0.5
    for row in updated(SEBELA).panel:
        assert row.se > wrong or row.tau == 0.0


def test_the_published_estimate_as_one_of_two_studies_would_be_another_answer():
    se, _ = se_of(CROKE)
    wrong = pool(yi=[CROKE.estimate, SEBELA.yi], vi=[se**2, SEBELA.vi], interval=Interval.KNAPP_HARTUNG_MAX1)
    lead = updated(SEBELA).lead
    assert wrong.ci_high - wrong.ci_low > 3 * (lead.ci_high - lead.ci_low)


def test_an_assumed_tau_is_never_one_value_and_the_panel_says_which_leads():
    result = updated(SEBELA)
    assert [row.tau for row in result.panel] == [*ASSUMED, None]
    assert result.lead is result.panel[-1]
    assert result.lead.assumption == "average over half-normal(0.5)"
    assert result.label == "approximate: study data not available"
    assert {row.tau for row in result.panel if row.assumption == "assumed"} == set(ASSUMED)
    published = updated(SEBELA, tau=0.15)
    assert (published.lead.tau, published.lead.assumption) == (0.15, "as published")


def test_there_is_no_i2_and_no_leave_one_out():
    assert not any("i2" in name or "weights" in name for name in updated(SEBELA).__slots__)


def test_the_average_over_tau_lies_among_the_assumed_ones_and_is_exact():
    study = replace(SEBELA, yi=0.6)
    result = updated(study)
    ends = [row.estimate for row in result.panel[:-1]]
    assert CROKE.estimate <= result.lead.estimate <= max(ends)
    # By brute force: normal prior for the mean, half-normal(0.5) for tau.
    se, _ = se_of(CROKE)
    tau, mu = np.meshgrid(np.linspace(0, 4, 2001), np.linspace(-1, 1, 2001), indexing="ij")
    log = (
        -2 * tau**2
        - 0.5 * ((mu + 0.28) / se) ** 2
        - 0.5 * np.log(study.vi + tau**2)
        - 0.5 * (0.6 - mu) ** 2 / (study.vi + tau**2)
    )
    mass = np.exp(log - log.max())
    mass[0] /= 2
    mass /= mass.sum()
    assert result.lead.se == pytest.approx(float(np.sqrt(np.sum(mass * mu**2) - np.sum(mass * mu) ** 2)), rel=1e-3)


@pytest.mark.parametrize(
    ("study", "options", "message"),
    [
        (replace(SEBELA, first_public=date(2024, 12, 1)), {}, "may be inside the published estimate"),
        (replace(SEBELA, first_public=None), {}, "its first report has no date"),
        (replace(SEBELA, measure="OR"), {}, "its measure is OR"),
        (replace(SEBELA, favours="higher"), {}, "turn its sign first"),
        (SEBELA, {"included": ["NCT04639752"]}, "counted twice"),
    ],
)
def test_a_study_that_may_be_inside_or_is_on_another_scale_is_refused(study, options, message):
    with pytest.raises(SynthesisError, match=message):
        updated(study, **options)


def test_a_study_that_the_known_list_does_not_hold_may_be_older_than_the_search():
    early = replace(SEBELA, first_public=date(2020, 1, 1))
    assert updated(early, included=["NCT00000001"]).studies == ("Sebela 2025",)


def test_the_se_is_read_as_normal_and_said_so_or_as_t_where_k_is_known():
    assert se_of(CROKE) == (pytest.approx(0.28 / 3.92, rel=1e-4), "normal interval")
    se, said = se_of_t_interval(replace(CROKE, k=7))
    assert (se, said) == (pytest.approx(0.28 / (2 * 2.4469), rel=1e-4), "t interval with 6 degrees of freedom")
    with pytest.raises(SynthesisError, match="number of studies"):
        updated(SEBELA, read_as=ReadAs.T)
    assert updated(SEBELA).se_read_as == "normal interval"


def test_sums_that_were_published_are_taken_further_exactly():
    yi, vi = np.array([0.1, 0.5, -0.2, 0.9]), np.array([0.02, 0.05, 0.03, 0.1])
    w = 1 / vi[:3]
    first = pool(yi=yi[:3], vi=vi[:3], method="DL", interval=Interval.WALD)
    common = pool(yi=yi[:3], vi=vi[:3], method="EE", interval=Interval.WALD)
    assert first.tau2 > 0
    summary = CommonEffectSummary(3, common.estimate, w.sum() ** -0.5, common.q, first.tau2)
    added, again = add_exactly(summary, yi=yi[3], vi=vi[3]), pool(yi=yi, vi=vi, method="DL", interval=Interval.WALD)
    assert (added.q, added.tau2) == pytest.approx((again.q, again.tau2), rel=1e-10)

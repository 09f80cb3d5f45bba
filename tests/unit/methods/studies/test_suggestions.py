"""What abstracts and registers offer for a form: the numbers as printed, the sentence they come from, and nothing guessed."""

from __future__ import annotations

import pytest

from bot.methods.studies.routes import ROUTES
from bot.methods.studies.suggestions import Suggestion, from_abstract, from_register

ALL = tuple(ROUTES)


def only(text: str) -> Suggestion:
    (found,) = from_abstract(text, routes=ALL)
    return found


@pytest.mark.parametrize(("text", "route", "fields"), [
    ("Depression fell (Cohen's d = −0.30).", "smd", {"smd": "0.30"}),
    ("The effect was small (SMD = 0·21, 95% CI 0·05 to 0·37).", "smd_ci", {"smd": "0.21", "low": "0.05", "high": "0.37"}),
    ("Hedges' g = -0.30 (95% CI -0.50 to -0.10).", "smd_ci", {"smd": "0.30", "low": "0.10", "high": "0.50"}),
    ("The mean difference was 2.1 (90% CI 0.4 to 3.8).", "difference", {"difference": "2.1", "low": "0.4", "high": "3.8", "level": "90"}),
    ("Remission was more likely (odds ratio 1.80, 95% CI 1.10-2.95).", "odds_ratio", {"ratio": "1.80", "low": "1.10", "high": "2.95"}),
    ("RR = 0.55 (95% CI 0.31, 0.97).", "risk_ratio", {"ratio": "0.55", "low": "0.31", "high": "0.97"}),
    ("Groups differed, t(55) = 2.14, p = .04.", "t", {"t": "2.14"}),
    ("An effect was found, F(1, 120) = 6.3.", "f", {"f": "6.3"}),
    ("Scores were 8.2 (SD 4.1) with peers (n = 50) and 10.4 (SD = 4.6) on the list (n = 48).", "means",
     {"mean_e": "8.2", "sd_e": "4.1", "mean_c": "10.4", "sd_c": "4.6", "n_e": "50", "n_c": "48"}),
])
def test_a_sentence_offers_its_numbers_as_printed(text: str, route: str, fields: dict[str, str]) -> None:
    found = only(f"METHODS: We randomised 100 people. {text} It was acceptable.")
    assert (found.route, dict(found.fields)) == (route, fields)
    assert found.quote in f"METHODS: We randomised 100 people. {text} It was acceptable.".replace("−", "-").replace("·", ".")


@pytest.mark.parametrize("text", ["", "The difference was not significant (p > .05).", "At 3 months 40% improved.", "F(2, 80) = 4.1.",
                                  "Means were 1 (SD 2), 3 (SD 4) and 5 (SD 6).", "d", "=" * 5000, "9" * 3000 + " (SD " * 500,
                                  "9." * 30000, "mean difference " * 4000, "(95% CI " * 8000], ids=lambda text: text[:30])
def test_what_is_no_result_between_two_arms_offers_nothing(text: str) -> None:
    assert from_abstract(text, routes=ALL) == ()


def test_only_what_the_outcome_can_use_is_offered() -> None:
    assert from_abstract("OR 2.0 (95% CI 1.1 to 3.6).", routes=("means", "smd")) == ()


def test_a_register_offers_what_its_spread_is_called_and_no_word_on_the_arms() -> None:
    row = {"class": "Week 12", "category": "", "n": 40, "comment": ""}
    results = {"measures": [
        {"title": "PHQ-9 total", "description": "", "time_frame": "12 weeks", "unit": "points", "param": "MEAN", "dispersion": "Standard Error",
         "groups": [{"id": "OG000", "title": "Peers"}, {"id": "OG001", "title": "Waitlist"}],
         "rows": [row | {"group": "OG000", "value": 8.0, "se": 0.7}, row | {"group": "OG001", "value": 10.5, "se": 0.8, "n": 41}]},
        {"title": "Steps a day", "description": "", "time_frame": "", "unit": "", "param": "MEAN", "dispersion": "", "groups": [], "rows": []}]}
    (found,) = from_register(results, called=lambda text: "PHQ-9" in text, routes=ALL)
    assert (found.route, found.category) == ("means_se", "Week 12")
    assert found.groups[0] == ("OG000", "Peers", (("n", "40"), ("mean", "8"), ("se", "0.7")))
    assert from_register({}, called=lambda _: True, routes=ALL) == ()


def test_a_spread_of_no_known_kind_is_not_taken_for_one_that_is() -> None:
    row = {"class": "", "category": "", "n": 40, "comment": "", "value": 8.0}
    results = {"measures": [{"title": "PHQ-9", "description": "", "time_frame": "", "unit": "", "param": "MEAN", "dispersion": "Geometric CV",
                             "groups": [], "rows": [row | {"group": "A"}, row | {"group": "B"}]}]}
    assert from_register(results, called=lambda _: True, routes=ALL) == ()

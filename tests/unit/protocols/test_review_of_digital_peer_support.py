"""The shipped review: its facts against their source, and what must never be shown as known."""

from __future__ import annotations

import ast
import csv

import pytest

from bot import paths
from bot.protocols import starting_set
from bot.protocols.load import load
from tests.shared import shared_path

FOLDER = paths.reviews() / "digital-peer-support"
# Outcomes of the review of record, and those added here (issue 2, item 2).
OF_RECORD = {"depression", "anxiety", "social_functioning", "quality_of_life", "patient_activation", "personal_recovery",
             "treatment_engagement", "satisfaction"}
ADDED = {"serious_adverse_events", "deterioration", "drop_out"}


@pytest.fixture(scope="module")
def protocol():
    return load(FOLDER)


def test_its_outcomes_say_where_they_come_from(protocol):
    assert {outcome.id for outcome in protocol.outcomes if outcome.origin == "review_of_record"} == OF_RECORD
    assert {outcome.id for outcome in protocol.outcomes if outcome.origin == "added"} == ADDED


def test_what_was_added_are_harms_counted_per_arm_and_silence_is_not_zero(protocol):
    for outcome in map(protocol.outcome, sorted(ADDED)):
        assert outcome.harm
        assert outcome.is_ratio
        assert {instrument.kind for instrument in outcome.instruments} == {"events"}
        assert outcome.not_reported == "not reported"


def test_seven_rows_lead_and_one_is_a_harm(protocol):
    rows = [protocol.outcome(row.outcome) for row in protocol.leading]
    assert len(rows) == 7
    assert [outcome.id for outcome in rows if outcome.harm] == ["serious_adverse_events"]
    assert {outcome.importance for outcome in rows} <= {"critical", "important"}


def test_symptoms_point_down_and_the_rest_points_up(protocol):
    assert {outcome.id for outcome in protocol.outcomes if outcome.direction == "lower"} == {"depression", "anxiety", *ADDED}


def test_the_published_estimates_are_those_of_the_abstract(protocol):
    rows = csv.DictReader(shared_path("evidence/pooled_reference.csv").read_text(encoding="utf-8").splitlines())
    stated = {
        row["outcome"].replace(" ", "_"): (row["metric"], float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"]), row["source_url"])
        for row in rows if row["review"].startswith("Croke 2026")
    }
    ours = {one.outcome: (one.measure, one.estimate, one.ci_low, one.ci_high, one.source) for one in protocol.published}
    assert ours == stated
    assert len(ours) == 6


def test_studies_and_participants_of_a_published_outcome_stay_empty(protocol):
    assert {(one.k, one.participants, one.window) for one in protocol.published} == {(None, None, None)}


def test_the_starting_point_is_cited_and_never_ours(protocol):
    start = protocol.starting_point
    assert start.doi == "10.1136/bmjment-2025-302275"
    assert (start.studies, start.participants) == (29, 5825)
    assert len(start.not_known) == 9
    # "January 2025": any day of it may have been searched.
    assert (start.searched_to, str(start.searched_until)) == ("January 2025", "2025-01-31")
    assert protocol.registration == "not registered"
    assert protocol.independence == "independent; not endorsed by its authors"
    authors = start.citation.split(".")[0]
    assert not any(author.name.split()[-1] in authors for author in protocol.authors)


def test_only_one_smallest_important_difference_has_a_source(protocol):
    assert {outcome.id: outcome.mid.value for outcome in protocol.outcomes if outcome.mid} == {"depression": 0.24}
    assert "10.1002/da.22249" in protocol.outcome("depression").mid.source


def test_reference_standard_deviations_are_those_of_metapsytools(protocol):
    # As listed in ../shared/standards/grade.md, section 2.
    stated = {"PHQ-9": 5.02, "BDI-II": 9.41, "CES-D": 9.20, "GAD-7": 4.13, "BAI": 9.70, "HADS-D": 3.62, "HADS-A": 3.58, "EPDS": 4.66,
              "HDRS-17": 6.01, "STAI-S": 12.31}
    ours = {one.name: one.reference_sd for outcome in protocol.outcomes for one in outcome.instruments if one.reference_sd}
    assert ours == stated


def test_its_strategies_are_drafts_that_nobody_has_reviewed(protocol):
    assert {source.strategy_state for source in protocol.sources} == {"draft"}
    assert {source.strategy_reviewer for source in protocol.sources} == {"none"}
    kinds = {source.name: source.kind for source in protocol.sources}
    assert kinds == {"pubmed": "api", "embase": "file", "psycinfo": "file", "central": "file", "clinicaltrials": "api", "crossref": "api",
                     "pubmed_notices": "api", "preprints": "api", "citations": "api"}


@pytest.mark.parametrize("name", ["pubmed", "central", "medline_ovid"])
def test_every_line_of_the_drafted_strategies_is_in_the_file(protocol, name):
    draft = " ".join(shared_path("evidence/search_strategies.md").read_text(encoding="utf-8").split())
    text = next(source.strategy_text for source in (*protocol.sources, *protocol.planned_sources) if source.name == name)
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    ours = [line for line in lines if " ".join(line.split()[1:]) not in draft]
    # What joins the lines is ours: the draft keeps randomised and other studies, and the date window, apart.
    assert len(ours) <= 3


def test_it_pools_as_the_statistician_signed(protocol):
    pooling = protocol.pooling
    assert (pooling.estimator, pooling.interval, pooling.prediction_interval) == ("REML", "knapp-hartung-max1", "t(k-1)")
    assert [pooling.leads_at(trials) for trials in (1, 2, 3, 4)] == ["trials", "bayesian", "bayesian", "pooled"]


def test_windows_are_months_after_the_end_of_the_programme(protocol):
    assert [(window.id, window.after_months, window.up_to_months) for window in protocol.windows] == [
        ("post_treatment", None, 0), ("short", 0, 6), ("longer", 6, None)]
    assert protocol.open_ended_months == 3


def test_the_starting_set_holds_the_seventeen_effects_as_they_are():
    rows = list(csv.DictReader(shared_path("evidence/starting_set.csv").read_text(encoding="utf-8").splitlines()))
    with (FOLDER / "starting_set.csv").open(encoding="utf-8", newline="") as file:
        ours = [{column: row[column] for column in rows[0]} for row in csv.DictReader(file)]
    # "as above" says nothing where a row is shown alone: there ours repeats what it stands for.
    said_again = [number for number, row in enumerate(rows) if row["note"] == "as above"]
    assert [number for number, pair in enumerate(zip(ours, rows, strict=True)) if pair[0] != pair[1]] == said_again
    assert all({**ours[number], "note": ""} == {**rows[number], "note": ""} and ours[number]["note"] for number in said_again)
    assert len(ours) == 17


def test_every_row_of_the_starting_set_is_post_treatment_by_our_reading():
    effects = starting_set.read(FOLDER)
    assert {effect.window for effect in effects} == {"post_treatment"}
    assert all(effect.window_reason.endswith("(our reading)") for effect in effects)
    stated = {effect.study: effect.months_since_randomisation for effect in effects}
    assert stated["Griffiths 2012"] == 3
    assert stated["Sebela 2025"] is None


def test_the_question_about_sebela_and_its_answer_are_kept():
    rows = [effect for effect in starting_set.read(FOLDER) if effect.study == "Sebela 2025"]
    assert {effect.outcome for effect in rows} == {"depression", "anxiety", "quality_of_life"}
    assert {effect.answer for effect in rows} == {"abstract only, full text awaited"}
    assert all("60 per arm" in effect.question for effect in rows)


def test_a_review_without_a_starting_set_has_none(tmp_path):
    assert starting_set.read(tmp_path) == ()


def test_nothing_about_this_review_stands_in_the_code():
    words = ("peer support", "depress", "anxiety", "croke", "phq-", "digital-peer", "mental health")
    found = []
    for part in ("bot", "db", "classifiers"):
        for path in sorted((paths.root() / part).rglob("*.py")):
            # The demonstration is about this review; nothing else is.
            if (paths.root() / "bot" / "demo") not in path.parents:
                found += [f"{path.relative_to(paths.root())}: {text}" for text in _said(path) if any(word in text.lower() for word in words)]
    assert found == []


def _said(path):
    """Return the names and texts of a Python file, docstrings aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id

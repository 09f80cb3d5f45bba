"""ClinicalTrials.gov: real entries read field by field, posted results with each spread called what it is, and the stand-in's faults."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from bot.demo.standins.clinicaltrials import ClinicalTrialsStandIn, study
from bot.demo.standins.server import Faults
from bot.errors import SourceError
from bot.sources import Window, search
from bot.sources.clinicaltrials import ClinicalTrials, record_of, trial_of
from bot.sources.clinicaltrials_results import posted_results
from tests.fixtures_search import impatient
from tests.shapes import not_in_real_ones
from tests.shared import shared_path

WINDOW = Window(date(2026, 10, 1), date(2026, 10, 31))
MEASURE = {
    "type": "PRIMARY", "title": "PHQ-9", "reportingStatus": "POSTED", "paramType": "MEAN", "dispersionType": "Standard Error",
    "unitOfMeasure": "points", "timeFrame": "12 weeks", "groups": [{"id": "OG000", "title": "Peer"}, {"id": "OG001", "title": "Control"}],
    "denoms": [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "1,020"}, {"groupId": "OG001", "value": "40"}]}],
    "classes": [{"title": "12 weeks", "denoms": [{"units": "Participants", "counts": [{"groupId": "OG001", "value": "38"}]}],
                 "categories": [{"measurements": [{"groupId": "OG000", "value": "8.1", "spread": "0.7"},
                                                  {"groupId": "OG001", "value": "NA", "spread": "NA", "comment": "nobody came"}]}]}]}


def _real(number: str) -> dict[str, Any]:
    return json.loads(shared_path(f"samples/clinicaltrials_v2/{number}.json").read_text(encoding="utf-8"))


def _trials(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"nct": f"NCT{number:08d}", "title": f"Peer support {number}", "updated": "2026-10-15"} | more for number in range(count)]


def _source(standin: ClinicalTrialsStandIn) -> ClinicalTrials:
    return ClinicalTrials(impatient(standin.address), base_address=standin.address)


def test_a_real_entry_is_read_field_by_field() -> None:
    record, trial = record_of(_real("NCT01305200")), trial_of(_real("NCT01305200"))
    assert (record.source, record.source_id, record.year, record.date) == ("clinicaltrials", "NCT01305200", 2011, "2011-02-28")
    assert record.title.startswith("A Randomized Double Blinded Trial of Topical Caphosol")
    assert record.registrations == ("NCT01305200",) and record.publication_types == ("Clinical Trial Registration with Results",)
    assert [line.partition(":")[0] for line in record.abstract.split("\n")] == [
        "SUMMARY", "DESIGN", "CONDITIONS", "ARMS", "INTERVENTIONS", "PRIMARY OUTCOMES", "ELIGIBILITY"]
    assert "DESIGN: interventional, randomized, parallel, double, phase3" in record.abstract
    assert (trial.state, trial.started, trial.primary_completion, trial.completion) == ("COMPLETED", "2011-03", "2015-06", "2015-06-30")
    assert not trial.completion_expected and trial.enrolment == 226 and trial.results_posted == "2017-05-09" and trial.updated == "2019-09-17"
    assert trial.publications == ("27875526",) and trial.link == "https://clinicaltrials.gov/study/NCT01305200"


def test_posted_means_come_with_their_sd_as_the_register_shows_them() -> None:
    # The register's page: 4.5 (4.8) in 91 and 4.5 (5) in 91.
    first = posted_results(_real("NCT01305200"))["measures"][0]
    assert (first["param"], first["dispersion"], first["unit"]) == ("MEAN", "Standard Deviation", "Number of days")
    assert [(row["group"], row["n"], row["value"], row["sd"]) for row in first["rows"]] == [("OG000", 91, 4.5, 4.8), ("OG001", 91, 4.5, 5.0)]


def test_intervals_and_ranges_are_no_spread() -> None:
    rows = [row for measure in posted_results(_real("NCT00567567"))["measures"] for row in measure["rows"]]
    assert (rows[0]["level"], rows[0]["ci_low"], rows[0]["ci_high"]) == (0.95, 41.1, 56.5)
    assert any("range_low" in row for row in rows) and not any("sd" in row or "se" in row for row in rows)


def test_a_standard_error_is_never_called_an_sd_and_what_is_no_number_is_none() -> None:
    peer, control = posted_results({"resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [MEASURE]}}})["measures"][0]["rows"]
    assert (peer["n"], peer["value"], peer["se"], peer["class"]) == (1020, 8.1, 0.7, "12 weeks") and "sd" not in peer
    assert (control["n"], control["value"], control["se"], control["comment"]) == (38, None, None, "nobody came")


def test_a_spread_of_a_kind_that_is_not_known_is_left_out() -> None:
    odd = MEASURE | {"dispersionType": "Geometric Coefficient of Variation"}
    row = posted_results({"resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [odd]}}})["measures"][0]["rows"][0]
    assert set(row) == {"class", "category", "group", "n", "value", "comment"}


def test_an_entry_without_results_has_none_and_an_unknown_enrolment_is_none() -> None:
    trial = trial_of(study({"nct": "NCT00000001", "title": "A trial", "updated": "2026-10-01", "enrolment": 99_999_999, "expected": True,
                            "completion": "2027-05"}))
    assert trial.results == {} and trial.enrolment is None and (trial.completion, trial.completion_expected) == ("2027-05", True)


def test_the_standin_gives_nothing_that_the_register_does_not() -> None:
    full = study({"nct": "NCT00000001", "title": "A trial", "updated": "2026-10-01", "summary": "Words", "state": "COMPLETED",
                  "started": "2025-01", "primary_completion": "2026-01", "completion": "2026-02", "enrolment": 80, "conditions": ["Depression"],
                  "sponsor": "A university", "pmids": ["1"], "others": ["ISRCTN12345678"], "results": [MEASURE]})
    real = [_real(number) for number in ("NCT00567567", "NCT01305200", "NCT01987596", "NCT03275402")]
    # No class of these four has numbers of its own, and no number a comment; the register's documentation names both.
    documented = (".classes[].denoms", ".measurements[].comment")
    assert {path for path, _ in not_in_real_ones(full, real) if not any(one in path for one in documented)} == set()


def test_only_what_changed_in_the_window_is_found_page_by_page() -> None:
    trials = [*_trials(25), {"nct": "NCT99999999", "title": "Peer support of old", "updated": "2026-09-30"}]
    with ClinicalTrialsStandIn(trials, longest_page=10) as one:
        reply = search(_source(one), '"peer support" NOT vaccine', WINDOW)
        assert len(reply.ids) == 25 == reply.first.hits and one.faults.seen["list"] == 3


def test_records_and_trials_come_together_and_strange_numbers_are_missing() -> None:
    with ClinicalTrialsStandIn(_trials(3)) as one:
        batch = _source(one).fetch(("NCT00000001", "NCT12345678", "not a number"))
    assert [record.source_id for record in batch.records] == [trial.registration for trial in batch.trials] == ["NCT00000001"]
    assert batch.missing == ("NCT12345678", "not a number")


@pytest.mark.parametrize("fault", ["count", "missing", "token"])
def test_a_page_that_cannot_be_true_is_an_error(fault: str) -> None:
    number = {"count": 1, "missing": 2, "token": 2}[fault]
    with (ClinicalTrialsStandIn(_trials(25), Faults({("list", number): fault}), longest_page=20) as one, pytest.raises(SourceError)):
        search(_source(one), "peer", WINDOW)


def test_a_query_that_the_register_does_not_read_is_an_error_with_its_words() -> None:
    with ClinicalTrialsStandIn(_trials(1)) as one, pytest.raises(SourceError, match=r"HTTP 400.*Error parsing query"):
        search(_source(one), "(peer", WINDOW)

"""Retractions, corrections and concerns as Crossref and PubMed tell of them; whoever cannot answer never says that there are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.demo.standins.crossref import CrossrefStandIn, _notices
from bot.domain.notices import Notice
from bot.errors import SourceError
from bot.sources import Paper, Watch
from bot.sources.crossref import Crossref, _notice
from bot.sources.pubmed_notices import PubMedNotices
from tests.fixtures_search import citation, impatient, planned, pubmed, standin
from tests.shapes import not_in_real_ones
from tests.shared import shared_path

RETRACTED = {"doi": "10.5555/a", "title": "A trial", "updated_by": [
    {"doi": "10.5555/a.retraction", "type": "retraction", "dated": "2026-09-01", "source": "retraction-watch"},
    {"doi": "10.5555/a.erratum", "type": "erratum", "dated": "2025-02-03", "only_notice": True}]}
PAPERS = (Paper("10.5555/a", "1"), Paper("10.5555/b"), Paper("10.5555/unknown"), Paper(pmid="9"))
# What Crossref's record of a correction in PLOS ONE says, as rcrossref recorded it.
REAL = {"updated": {"date-parts": [[2015, 6, 3]], "date-time": "2015-06-03T00:00:00Z", "timestamp": 1433289600000},
        "DOI": "10.1371/journal.pone.0120799", "type": "correction", "label": "Correction"}
FAULTS = ["429", "500", "html", "error-in-200", "truncated", "empty", "drop", "count", "missing"]


def _crossref(one: CrossrefStandIn, **given: Any) -> Crossref:
    return Crossref(impatient(one.address, **given), base_address=one.address, email="someone@example.org")


def test_notices_are_found_from_either_side_and_once() -> None:
    with CrossrefStandIn([RETRACTED, {"doi": "10.5555/b", "title": "Another"}]) as one:
        source = _crossref(one)
        found = source.notices(PAPERS)
    assert isinstance(source, Watch)
    retraction, *others = found[PAPERS[0]]
    assert retraction == Notice("retraction", "retraction-watch", doi="10.5555/a.retraction", dated="2026-09-01",
                                link="https://doi.org/10.5555/a.retraction")
    assert {one.kind for one in others} == {"retraction", "correction"}
    assert {one.doi for one in found[PAPERS[0]]} == {"10.5555/a.retraction", "10.5555/a.erratum"} and found[PAPERS[1]] == ()
    assert PAPERS[2] not in found and PAPERS[3] not in found


@pytest.mark.parametrize("kind", ["doi", "updates"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_crossref_that_stays_is_never_no_notice(fault: str, kind: str) -> None:
    with CrossrefStandIn([RETRACTED], planned(**{f"{kind}_0": fault})) as one, pytest.raises(SourceError):
        _crossref(one).notices(PAPERS)


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "truncated", "cut", "empty", "drop"])
def test_a_fault_of_crossref_that_passes_costs_nothing(fault: str) -> None:
    with CrossrefStandIn([RETRACTED], planned(doi_1=fault, updates_1=fault)) as one:
        assert len({one.doi for one in _crossref(one).notices(PAPERS[:1])[PAPERS[0]]}) == 2


def test_a_real_update_is_read_and_one_that_warns_of_nothing_is_none() -> None:
    assert list(_notice(REAL, "10.1371/journal.pone.0128971")) == [
        Notice("correction", "crossref", doi="10.1371/journal.pone.0128971", dated="2015-06-03", link="https://doi.org/10.1371/journal.pone.0128971")]
    assert list(_notice(REAL | {"type": "crossmark_addition"}, "10.1/x")) == []


def test_crossrefs_standin_gives_nothing_that_crossref_does_not() -> None:
    real = [json.loads(shared_path(f"samples/crossref/{name}.json").read_text(encoding="utf-8"))["message"]
            for name in ("10.2196_22081", "10.1177_02683962211048201")]
    # `source` of an update came in 2024, after these were recorded.
    assert {path for path, _ in not_in_real_ones(_notices(RETRACTED)[0], [{"update-to": [REAL]}, *real])} <= {".update-to[].source"}


def test_pubmed_names_its_notices_and_a_bare_retracted_publication_is_one() -> None:
    told: dict[str, Any] = {"relations": [{"kind": "retraction_in", "citation": "J Tests. 2026 Sep;1(1):2. doi: 10.5555/r. PMID: 77"},
                          {"kind": "comment_in", "citation": "J Tests. 2026;1(1):3. PMID: 78"}]}
    papers = tuple(Paper(pmid=str(10_000_000 + number)) for number in (1, 2, 3))
    with standin([citation(1, **told), citation(2, publication_types=["Journal Article", "Retracted Publication"]), citation(3)]) as one:
        found = PubMedNotices(pubmed(one), address=one.address).notices(papers)
    (first,), (second,) = found[papers[0]], found[papers[1]]
    assert (first.kind, first.pmid, first.doi, first.dated, first.link) == (
        "retraction", "77", "10.5555/r", "2026-09", "https://pubmed.ncbi.nlm.nih.gov/77/")
    assert (second.kind, second.pmid) == ("retraction", "") and found[papers[2]] == ()


def test_a_paper_that_pubmed_no_longer_has_is_unknown_and_does_not_hide_the_notices_of_the_others() -> None:
    told: dict[str, Any] = {"relations": [{"kind": "retraction_in", "citation": "J Tests. 2026 Sep;1(1):2. PMID: 77"}]}
    with standin([citation(1, **told)]) as one:
        found = PubMedNotices(pubmed(one), address=one.address).notices((Paper(pmid="10000001"), Paper(pmid="19999999")))
    assert [notice.kind for notice in found[Paper(pmid="10000001")]] == ["retraction"] and Paper(pmid="19999999") not in found


def test_that_pubmed_gives_none_of_the_papers_is_an_error_and_not_no_notice() -> None:
    with standin([citation(1)]) as one, pytest.raises(SourceError, match="asked twice"):
        PubMedNotices(pubmed(one), address=one.address).notices((Paper(pmid="19999999"),))

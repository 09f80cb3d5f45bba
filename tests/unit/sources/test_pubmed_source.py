"""PubMed through E-utilities: what is asked, what counts as an answer, and every way in which it is none."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import SourceError, SourceUnavailableError
from bot.http import Http
from bot.sources import Window, search, slices
from bot.sources.pubmed import PubMed
from tests.fixtures_search import citation, impatient, pubmed, spread, standin

YEARS = Window(None, date(2026, 11, 1))
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))


def test_records_come_by_the_day_they_entered_and_not_by_their_cover() -> None:
    inside, outside = citation(1, entered="2026-10-31", year="2027"), citation(2, entered="2026-11-01", year="2026")
    with standin([inside, outside]) as one:
        assert search(pubmed(one), "peer[tiab]", OCTOBER).ids == (inside["pmid"],)


def test_a_record_that_got_its_headings_in_the_window_is_found_although_it_entered_long_ago() -> None:
    old = citation(1, entered="2019-03-01", title="Peers", mesh=["Telemedicine"], indexed="2026-10-05")
    with standin([old]) as one:
        assert search(pubmed(one), "Telemedicine[mh]", OCTOBER).ids == (old["pmid"],)


def test_a_record_with_a_new_notice_is_found_again_and_one_that_was_only_touched_is_not() -> None:
    notice = {"kind": "retraction_in", "citation": "J Test. 2026. PMID: 9"}
    retracted = citation(1, entered="2019-03-01", revised="2026-10-05", relations=[notice])
    touched = citation(2, entered="2019-03-01", revised="2026-10-05")
    with standin([retracted, touched]) as one:
        found = search(pubmed(one), "peer[tiab]", OCTOBER)
        record = pubmed(one).fetch(found.ids).records[0]
    assert found.ids == (retracted["pmid"],)
    assert [(relation.kind, relation.pmid) for relation in record.relations] == [("retraction_in", "9")]


def test_what_was_asked_and_understood_is_kept_and_the_reading_of_the_strategy_stays_the_same_in_every_window() -> None:
    with standin([citation(1)]) as one:
        first, later = pubmed(one).ask("peer[tiab]", YEARS), pubmed(one).ask("peer[tiab]", OCTOBER)
    assert '"2026/11/01"[edat]' in first.as_sent and "[Date - Entry]" in first.as_understood
    assert first.reading == later.reading == "(peer[Title/Abstract]) AND"
    assert first.address.endswith("/esearch.fcgi")


def test_tool_address_and_key_go_with_every_request_and_the_strategy_in_the_body() -> None:
    with standin([citation(1)]) as one:
        source = PubMed(impatient(one.address), base_address=one.address, api_key="k3y", email="team@example.org")
        source.fetch(search(source, "peer[tiab]", YEARS).ids)
        asked = [given for _, given in one.requests]
    assert all((given["tool"], given["email"], given["api_key"]) == ("perennial", "team@example.org", "k3y") for given in asked)


def test_ncbi_is_asked_three_times_a_second_ten_times_with_a_key_and_a_stand_in_as_often_as_one_likes() -> None:
    ncbi, http = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", Http(allowed=())
    assert 1 / PubMed(http, base_address=ncbi)._interval < 3 and 1 / PubMed(http, base_address=ncbi, api_key="k")._interval < 10
    assert PubMed(http, base_address="http://127.0.0.1:1")._interval == 0


def test_nothing_found_is_an_answer_and_no_fault() -> None:
    with standin([citation(1)]) as one:
        assert search(pubmed(one), "zebra[tiab]", YEARS).ids == ()


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "truncated", "cut", "empty", "drop"])
def test_a_fault_that_passes_is_asked_again(fault: str) -> None:
    with standin(spread(5), esearch_1=fault, efetch_1=fault) as one:
        source = pubmed(one)
        found = search(source, "peer[tiab]", YEARS)
        batch = source.fetch(found.ids)
        again = source.fetch(batch.missing)
    assert len(found.ids) == 5 and len(batch.records) + len(again.records) == 5


@pytest.mark.parametrize(("fault", "sentence"), [
    ("429", "API rate limit exceeded"), ("500", "HTTP 500: an HTML page"), ("html", "answered with an HTML page where JSON was asked for"),
    ("error-in-200", "refused: API rate limit exceeded"), ("truncated", "cut off where JSON was asked for"),
    ("cut", "could not be reached"), ("empty", "answered with nothing where JSON was asked for"), ("drop", "could not be reached"),
])
def test_a_fault_that_stays_is_named_and_never_taken_for_nothing_new(fault: str, sentence: str) -> None:
    with standin(spread(5), esearch_0=fault) as one, pytest.raises(SourceUnavailableError, match=sentence):
        search(pubmed(one), "peer[tiab]", YEARS)


@pytest.mark.parametrize(("fault", "sentence"), [
    ("ERROR", "could not search: Search Backend failed"), ("count", "counts .* and lists"), ("redirect", "sends us elsewhere"),
])
def test_an_answer_that_lasts_and_is_none_is_named(fault: str, sentence: str) -> None:
    with standin(spread(5), esearch_0=fault) as one, pytest.raises(SourceError, match=sentence):
        search(pubmed(one), "peer[tiab]", YEARS)


def test_a_query_that_pubmed_cannot_read_is_named() -> None:
    with standin(spread(5)) as one, pytest.raises(SourceError, match="could not search"):
        search(pubmed(one), "(peer[tiab]", YEARS)


def test_a_field_that_pubmed_does_not_know_is_told_apart_from_a_word_that_it_does_not_find() -> None:
    with standin(spread(5)) as one:
        found = pubmed(one).ask("peer[tiabx]", YEARS)
    assert found.unread == ("no such field: [tiabx]",) and found.unread[0] in found.warnings


@pytest.mark.parametrize(("fault", "sentence"), [
    ("429", "API rate limit exceeded"), ("html", "HTML page where MEDLINE text was asked for"), ("error-in-200", "refused"),
])
def test_records_that_do_not_come_are_named_as_a_fault(fault: str, sentence: str) -> None:
    with standin(spread(5), efetch_0=fault) as one:
        source = pubmed(one)
        with pytest.raises(SourceUnavailableError, match=sentence):
            source.fetch(("10000001",))


def test_ids_that_pubmed_leaves_out_in_silence_are_named() -> None:
    with standin([citation(1), citation(2)]) as one:
        batch = pubmed(one).fetch(("10000001", "77", "10000002"))
    assert [record.pmid for record in batch.records] == ["10000001", "10000002"] and batch.missing == ("77",)


def test_a_record_that_was_cut_off_is_missing_even_if_the_cut_falls_between_two_lines() -> None:
    from bot.demo.standins.medline import as_medline
    from bot.sources.files.nbib import complete_records

    text = as_medline([citation(1, abstract="All of it."), citation(2, abstract="All of it.")])
    lines = text.split("\n")
    for kept in range(len(lines) - 3, len(lines) // 2 + 2, -1):
        found = list(complete_records("\n".join(lines[:kept]) + "\n", source="pubmed"))
        assert [(one.pmid, one.abstract) for one in found] == [("10000001", "All of it.")]


def test_more_hits_than_pubmed_serves_are_asked_for_in_slices_that_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pubmed(monkeypatch, 100)
    with standin(spread(1000)) as one:
        found = search(pubmed(one), "peer[tiab]", YEARS)
        parts = [given["term"] for what, given in one.requests if what == "esearch"]
    assert len(found.ids) == 1000 == len(set(found.ids))
    assert len(parts) == len(set(parts)) < 40


def test_slices_of_what_came_was_indexed_and_was_corrected_share_nothing_and_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pubmed(monkeypatch, 20)
    notice = [{"kind": "erratum_in", "citation": "J Test. 2026"}]
    new = [citation(number, entered=f"2026-10-{number % 28 + 1:02d}") for number in range(60)]
    indexed = [citation(100 + number, entered="2019-01-01", indexed=f"2026-10-{number % 28 + 1:02d}") for number in range(60)]
    both = [citation(200 + number, entered="2026-10-03", indexed="2026-10-20", revised="2026-10-25", relations=notice)
            for number in range(15)]
    corrected = [citation(300 + number, entered="2018-01-01", revised=f"2026-10-{number % 28 + 1:02d}", relations=notice)
                 for number in range(40)]
    with standin([*new, *indexed, *both, *corrected]) as one:
        source = pubmed(one)
        found = search(source, "peer[tiab]", OCTOBER)
        leaves = _leaves(source)
    assert sorted(found.ids) == sorted(record["pmid"] for record in [*new, *indexed, *both, *corrected])
    assert sum(map(len, leaves)) == len(found.ids)


def test_more_hits_on_one_day_than_pubmed_serves_are_told_apart_by_other_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pubmed(monkeypatch, 50)
    same_day = [citation(number, entered="2020-05-05", abstract="Words." if number % 2 else "", language="eng" if number % 3 else "ger",
                         mesh=["Humans"] if number % 5 == 0 else []) for number in range(180)]
    with standin(same_day) as one:
        assert len(search(pubmed(one), "peer[tiab]", YEARS).ids) == 180


def test_a_day_that_cannot_be_cut_any_further_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pubmed(monkeypatch, 5)
    with standin([citation(number, entered="2020-05-05") for number in range(20)]) as one, \
            pytest.raises(SourceError, match=r"entered on 2020-05-05, and gives no more\. Narrow the strategy"):
        search(pubmed(one), "peer[tiab]", YEARS)


def test_a_slice_outlives_the_program_as_a_text() -> None:
    one = slices.Slice("mhda", date(2020, 1, 1), date(2020, 2, 1), ("+hasabstract", "-english[la]"), 9999)
    assert slices.Slice.of(str(one)) == one


def _leaves(source: PubMed) -> list[tuple[str, ...]]:
    """Return the ids of every slice that was not cut up any more."""
    waiting, found = list(source.ask("peer[tiab]", OCTOBER).parts), []
    while waiting:
        part = source.ask("peer[tiab]", OCTOBER, waiting.pop())
        waiting += part.parts
        found.append(part.ids)
    return found


def _small_pubmed(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let client and stand-in agree on a smaller number of hits that are served."""
    monkeypatch.setattr("bot.sources.pubmed.MOST_HITS", most)
    monkeypatch.setattr("bot.demo.standins.eutils.LAST_START", most - 1)

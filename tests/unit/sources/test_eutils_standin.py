"""The stand-in answers as E-utilities do: shapes of real replies, queries, limits, history."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.demo.standins.eutils import EutilsStandIn
from tests.fixtures_search import citation, spread, standin
from tests.shared import shared_path


@pytest.fixture
def one() -> Iterator[EutilsStandIn]:
    with standin(spread(60)) as running:
        yield running


def esearch(one: EutilsStandIn, term: str, **given: str) -> dict[str, Any]:
    found = requests.get(f"{one.address}/esearch.fcgi", params={"db": "pubmed", "term": term, "retmode": "json"} | given, timeout=10)
    return json.loads(found.content)["esearchresult"]


def efetch(one: EutilsStandIn, **given: str) -> requests.Response:
    return requests.post(f"{one.address}/efetch.fcgi", data={"db": "pubmed", "rettype": "medline", "retmode": "text"} | given, timeout=10)


def test_all_numbers_are_strings(one: EutilsStandIn) -> None:
    found = esearch(one, "peer[tiab]")
    assert (found["count"], found["retmax"], found["retstart"], len(found["idlist"])) == ("60", "20", "0", 20)


@pytest.mark.parametrize("sample", ["esearch1", "esearch2", "esearch8"])
@pytest.mark.shared
def test_the_shape_of_a_search_reply_is_that_of_a_real_one(one: EutilsStandIn, sample: str) -> None:
    real = ElementTree.fromstring(re.sub(rb"<!DOCTYPE[^>]*>", b"", shared_path(f"samples/eutils_replies/{sample}.xml").read_bytes()))
    term, given = {"esearch1": ("peer[tiab]", {}), "esearch2": ("peer[tiab]", {"usehistory": "y", "retmax": "100"}),
                   "esearch8": ("abcXYZ", {})}[sample]
    ours = ElementTree.fromstring(re.sub(rb"<!DOCTYPE[^>]*>", b"", requests.get(
        f"{one.address}/esearch.fcgi", params={"db": "pubmed", "term": term} | given, timeout=10).content))
    # ErrorList names words that the real index does not know; ours holds a handful of records and names only fields.
    wanted = [child.tag for child in real if child.tag not in ("ErrorList", "TranslationStack")]
    assert (ours.tag, [child.tag for child in ours]) == (real.tag, wanted)


@pytest.mark.shared
def test_a_record_has_the_tags_of_a_real_one_in_their_order(one: EutilsStandIn) -> None:
    real = shared_path("samples/medline_nbib/biopython_pubmed_result2.txt").read_text(encoding="utf-8")
    one.put([citation(999, abstract="Words " * 40, volume="1", issue="2", pages="3-4", mesh=["Telemedicine"])])
    ours = efetch(one, id="10000999").text
    order = list(dict.fromkeys(re.findall(r"^([A-Z]{2,4}) *- ", real, re.MULTILINE)))
    tags = [tag for tag in dict.fromkeys(re.findall(r"^([A-Z]{2,4}) *- ", ours, re.MULTILINE)) if tag in order]
    assert ours.startswith("\nPMID- ") and ours.rstrip("\n").split("\n")[-1].startswith("SO  - ")
    assert tags[0] == "PMID" and {"TI", "AB", "AU", "DP", "EDAT", "MHDA", "SO"} <= set(tags)
    assert all(len(line) <= 88 for line in ours.split("\n"))


def test_the_first_9999_are_served_and_no_more(one: EutilsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be larger than 9998" in esearch(one, "peer[tiab]", retstart="9999")["ERROR"]
    monkeypatch.setattr("bot.demo.standins.eutils.LAST_START", 24)
    found = esearch(one, "peer[tiab]", retmax="10000")
    assert (found["count"], len(found["idlist"])) == ("60", 25)
    assert len(esearch(one, "peer[tiab]", retstart="24", retmax="1000")["idlist"]) == 1


def test_history_is_kept_and_gives_pages_of_records(one: EutilsStandIn) -> None:
    found = esearch(one, "peer[tiab]", usehistory="y")
    text = efetch(one, WebEnv=found["webenv"], query_key=found["querykey"], retstart="10", retmax="7").text
    assert re.findall(r"PMID- (\d+)", text) == esearch(one, "peer[tiab]", retmax="60")["idlist"][10:17]


def test_beyond_the_history_and_an_unknown_history_are_errors(one: EutilsStandIn) -> None:
    found = esearch(one, "peer[tiab]", usehistory="y")
    beyond = efetch(one, WebEnv=found["webenv"], query_key="1", retstart="60")
    assert beyond.status_code == 400 and "OUT OF RANGE" in beyond.text and "History includes 60 IDs" in beyond.text
    assert "Unable to obtain query" in efetch(one, WebEnv="MCID_nowhere", query_key="1").text


def test_unknown_ids_are_left_out_in_silence(one: EutilsStandIn) -> None:
    assert re.findall(r"PMID- (\d+)", efetch(one, id="5,10000001,7").text) == ["10000001"]
    assert "<PubmedArticleSet></PubmedArticleSet>" in efetch(one, id="5", retmode="xml").text


@pytest.mark.parametrize(("term", "count"), [
    ("peer[tiab]", 60), ("PEER[TIAB]", 60), ('"peer support"[tiab]', 60), ('"support peer"[tiab]', 0), ("pee*[tiab]", 60), ("pee[tiab]", 0),
    ('"peer supp*"[ti]', 60), ("peer[tiab] NOT support[tiab]", 0), ("zebra[tiab] OR peer[tiab] AND support[tiab]", 60),
    ("peer[tiab] OR (zebra[tiab] AND support[tiab])", 60), ("zebra[tiab] AND (peer[tiab] OR support[tiab])", 0),
    ('("2015/01/01"[edat] : "2015/12/31"[edat])', 6), ("2015:2015[edat]", 6), ("10000001[pmid]", 1), ('"Journal of Tests"[journal]', 60),
    ("english[la]", 60), ("german[la]", 0), ("hasabstract", 0), ("author7 a[au]", 1),
])
def test_a_term_is_really_answered(one: EutilsStandIn, term: str, count: int) -> None:
    assert esearch(one, term)["count"] == str(count)


def test_dates_beside_the_term_mean_the_same_as_dates_in_it(one: EutilsStandIn) -> None:
    beside = esearch(one, "peer[tiab]", datetype="edat", mindate="2016/03/01", maxdate="2018/03/31", retmax="60")
    inside = esearch(one, '(peer[tiab]) AND ("2016/03/01"[edat] : "2018/03/31"[edat])', retmax="60")
    assert beside["idlist"] == inside["idlist"] and 0 < len(inside["idlist"]) < 60


@pytest.mark.parametrize("term", ["(peer[tiab]", "peer[tiab])", "peer[tiab] AND", "AND AND", '"'])
def test_what_cannot_be_read_is_an_error_inside_a_200(one: EutilsStandIn, term: str) -> None:
    assert "ERROR" in esearch(one, term)


def test_more_requests_a_second_than_allowed_are_refused(one: EutilsStandIn) -> None:
    one.limit = 3
    statuses = [requests.get(f"{one.address}/esearch.fcgi", params={"db": "pubmed", "term": "peer"}, timeout=10).status_code for _ in range(6)]
    assert statuses[:3] == [200, 200, 200] and 429 in statuses


def test_another_process_plans_faults_and_sees_what_was_asked(one: EutilsStandIn) -> None:
    control = one.address.replace("/entrez/eutils", "/control")
    requests.get(control, params={"what": "efetch", "number": "1", "fault": "500"}, timeout=10)
    assert (efetch(one, id="10000001").status_code, efetch(one, id="10000001").status_code) == (500, 200)
    requests.get(control, params={"every": "2", "fault": "html"}, timeout=10)
    assert ["<html>" in efetch(one, id="10000001").text.lower() for _ in range(4)].count(True) == 2
    assert requests.get(control, timeout=10).json()["seen"] == {"efetch": 6}

"""What holds of deduplication for any records: symmetry, no influence of order, nothing lost."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.records import Record, Relation
from bot.methods.dedup.clusters import LARGEST, cluster
from bot.methods.dedup.keys import keys_of
from bot.methods.dedup.match import Verdict, compare
from bot.methods.dedup.merge import merged

TITLES = (
    "Peer support by text message for adults with depression: a randomized trial",
    "Peer support by text message for adults with depression",
    "Erratum: Peer support by text message for adults with depression: a randomized trial",
    "Editorial",
    "",
    "Editor's comments",
    "Peer support by telephone for adolescents with depression, part 2",
    "Peer support by telephone for adolescents with depression, part II",
    "Платформенная занятость: масштабы и признаки неустойчивости",
)
SOURCES = ("pubmed", "embase", "demo-ris")
records = st.builds(
    Record,
    source=st.sampled_from(SOURCES),
    source_id=st.sampled_from(("", "1", "2")),
    title=st.sampled_from(TITLES) | st.text(max_size=40),
    abstract=st.sampled_from(("", "METHODS: " + "a trial of many words " * 20)),
    authors=st.lists(st.sampled_from(("Lee K", "Lee, Kim", "LEE-SMITH, K.", "Study Group", "Doe, Jane")), max_size=3).map(tuple),
    year=st.sampled_from((None, 2019, 2020, 2021)),
    journal=st.sampled_from(("", "J Med Internet Res", "Journal of Medical Internet Research", "Lancet")),
    volume=st.sampled_from(("", "23", "24", "UNKNOWN")),
    issue=st.sampled_from(("", "1", "2")),
    pages=st.sampled_from(("", "12-19", "e12", "12", "S5", "iii-xi")),
    doi=st.sampled_from(("", "NA", "10.1/abc", "https://doi.org/10.1000/ABC.", "10.1000/xyz")),
    pmid=st.sampled_from(("", "11", "12")),
    registrations=st.sampled_from(((), ("NCT00000001",), ("NCT00000002", "NCT00000001"))),
    relations=st.sampled_from(((), (Relation("erratum_for", "x", pmid="1"),))),
    language=st.sampled_from(("", "eng", "ger")),
)


@given(records, records)
@settings(max_examples=300, deadline=None)
def test_comparing_is_symmetric(one: Record, two: Record):
    assert compare(one, two) == compare(two, one)


@given(records, records)
@settings(max_examples=200, deadline=None)
def test_scores_say_the_verdict(one: Record, two: Record):
    match = compare(one, two)
    least, most = {Verdict.SAME: (0.8, 1.0), Verdict.ASK: (0.5, 0.79), Verdict.DIFFERENT: (0.0, 0.49)}[match.verdict]
    assert least <= match.score <= most
    assert match.reason


@given(st.lists(records, min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_clusters_hold_every_record_once_whatever_the_order(given_records: list[Record], chance: random.Random):
    order = chance.sample(range(len(given_records)), len(given_records))
    found, again = cluster(given_records), cluster([given_records[position] for position in order])
    assert sorted(position for group in found.clusters for position in group) == list(range(len(given_records)))
    assert _what_is_together(given_records, found.clusters) == _what_is_together(
        given_records, [tuple(order[position] for position in group) for group in again.clusters]
    )


def _what_is_together(given_records: list[Record], clusters: object) -> list[list[str]]:
    # Ids and sources do not speak to what a record cites: those that say the same are one and the same here.
    return sorted(
        sorted(repr(replace(given_records[position], source="", source_id="")) for position in group) for group in clusters
    )  # type: ignore[attr-defined]


@given(st.lists(records, min_size=1, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_merging_does_not_depend_on_the_order_and_is_done_once(given_records: list[Record], chance: random.Random):
    whole = merged(given_records)
    assert merged(chance.sample(given_records, len(given_records))) == whole
    assert merged([whole]) == whole


@given(records)
@settings(max_examples=100, deadline=None)
def test_a_record_has_few_keys_and_the_same_ones_each_time(record: Record):
    keys = keys_of(record)
    assert len(keys) <= 6
    assert len(set(keys)) == len(keys)
    assert all(kind and value for kind, value in keys)
    assert keys == keys_of(replace(record, source="other", source_id="9"))


def test_five_hundred_of_one_cluster_are_named_and_left_apart():
    one = Record(
        source="embase", source_id="", title=TITLES[0], authors=("Lee K",), year=2020, journal="Lancet", volume="3", pages="12-19"
    )
    found = cluster([replace(one, source_id=str(number)) for number in range(500)])
    assert len(found.clusters) == 500 > LARGEST
    assert "500 records seem to cite one report" in found.oddities[0].sentence
    assert not found.joined


def test_two_records_of_one_id_and_untitled_ones_are_named_and_kept():
    given_records = [
        Record("embase", "7", TITLES[0]),
        Record("embase", "7", "Quite another document about fish oil and sleep"),
        Record("embase", "8", "", abstract="METHODS: a trial."),
    ]
    found = cluster(given_records)
    assert found.clusters == ((0,), (1,), (2,))
    sentences = " ".join(oddity.sentence for oddity in found.oddities)
    assert "2 records of embase have the id 7" in sentences
    assert "embase 8 has no title and has only an abstract" in sentences

"""From a review's folder to a frozen Protocol; its hash; an old version read again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import date

import pytest

from bot import paths
from bot.domain.protocols import LeadingRow
from bot.errors import NotFoundError, ProtocolError
from bot.protocols.load import load, load_document
from tests.unit.protocols import small_review
from tests.unit.protocols.small_review import edit


@pytest.fixture
def review(tmp_path):
    return small_review.write(tmp_path)


def test_another_review_is_another_folder(review):
    protocol = load(review)
    assert (protocol.slug, protocol.version, protocol.dated) == ("night-lights", "1.0", date(2024, 5, 6))
    assert protocol.reviewing.mode == "one"
    assert protocol.reviewing.second_check_share == 0.25
    assert protocol.starting_point is None
    assert protocol.published == ()
    falls = protocol.outcome("falls")
    assert (falls.measure, falls.is_ratio, falls.direction, falls.mid.value) == ("RR", True, "lower", 1.25)
    assert protocol.leading == (LeadingRow("falls", "stay"), LeadingRow("wakings", "stay"))


def test_only_searched_sources_are_searched(review):
    protocol = load(review)
    assert [source.name for source in protocol.sources] == ["pubmed"]
    assert [source.name for source in protocol.planned_sources] == ["register"]
    assert protocol.source("pubmed").since == date(2020, 1, 1)


def test_a_pubmed_strategy_is_one_query_and_keeps_its_lines(review):
    source = load(review).source("pubmed")
    assert source.strategy == '("Lighting"[Mesh] OR "night light*"[tiab] OR nightlight[tiab]) AND ("Accidental Falls"[Mesh])'
    assert source.strategy_text.split("\n")[-1] == "#3 #1 AND #2"


def test_search_terms_are_those_of_all_criteria_each_once(review):
    assert load(review).search_terms == ("ward", "inpatient", "night light")


def test_a_stage_has_its_criteria_in_their_order(review):
    protocol = load(review)
    assert [criterion.id for criterion in protocol.criteria_at("title_abstract")] == ["ward", "light"]
    assert [criterion.id for criterion in protocol.criteria_at("full_text")] == ["light"]


def test_what_the_protocol_does_not_have_is_named_with_what_it_has(review):
    with pytest.raises(NotFoundError, match="no outcome 'fall'; it has: falls, wakings"):
        load(review).outcome("fall")


def test_few_trials_lead_as_the_protocol_says(review):
    assert [load(review).pooling.leads_at(trials) for trials in (1, 2, 3, 4, 40)] == ["trials", "pooled", "pooled", "pooled", "pooled"]


def test_an_instrument_answers_to_its_aliases_whatever_the_capitals(review):
    falls = load(review).outcome("falls")
    assert falls.instrument(" Reported   FALLS ").name == "incident reports"
    assert falls.instrument("reported fall") is None


def test_a_protocol_is_frozen_to_its_leaves(review):
    def frozen(value):
        if dataclasses.is_dataclass(value):
            assert type(value).__dataclass_params__.frozen
            for field in dataclasses.fields(value):
                frozen(getattr(value, field.name))
        elif isinstance(value, tuple):
            for inner in value:
                frozen(inner)
        else:
            assert isinstance(value, str | bytes | int | float | date | None)

    frozen(load(review))
    hash(load(review))


def test_a_wrong_protocol_is_one_sentence_that_counts_the_others(review):
    line = edit(review, "protocol.toml", "hour = 23", "hour = 24")
    with pytest.raises(ProtocolError) as refused:
        load(review)
    assert str(refused.value) == f"night-lights/protocol.toml, line {line}, schedule.hour: 24 is out of range. Allowed: 23 or less"
    edit(review, "protocol.toml", "seed = 1", "seed = -1")
    with pytest.raises(ProtocolError, match=r"\(and 1 more: ./perennial check lists them\)"):
        load(review)


def test_comments_layout_and_line_endings_make_no_new_version(review):
    before = load(review).sha256
    edit(review, "protocol.toml", "hour = 23", "# late\nhour   =  23 # at night")
    edit(review, "searches/pubmed.txt", "#3 #1 AND #2\n", "#3 #1 AND #2   \n\n")
    for path in review.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(review).sha256 == before


def test_data_that_lie_in_the_folder_are_no_part_of_the_protocol(review):
    before = load(review).sha256
    (review / "demo").mkdir()
    (review / "demo" / "records.csv").write_text("x", encoding="utf-8")
    (review / "notes.md").write_text("x", encoding="utf-8")
    assert load(review).sha256 == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("protocol.toml", "hour = 23", "hour = 22"),
        ("outcomes/falls.toml", "reported falls", "falls told"),
        ("searches/pubmed.txt", "nightlight", "lamp"),
    ],
)
def test_what_the_files_say_makes_the_hash(review, file, old, new):
    before = load(review).sha256
    edit(review, file, old, new)
    assert load(review).sha256 != before


def test_a_version_is_read_again_from_what_was_kept(review):
    protocol = load(review)
    assert hashlib.sha256(protocol.document).hexdigest() == protocol.sha256
    edit(review, "protocol.toml", "hour = 23", "hour = 22")
    assert load_document(protocol.document) == protocol
    assert load_document(protocol.document) != load(review)
    with pytest.raises(ProtocolError, match="no snapshot"):
        load_document(protocol.document.replace(b'"slug":"', b'"slug":"\\ud800', 1))


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"\xff", b'{"slug": "x"}'])
def test_what_is_no_kept_protocol_is_refused(document):
    with pytest.raises(ProtocolError, match="no snapshot of a protocol"):
        load_document(document)


def test_a_kept_protocol_of_other_forms_is_refused_by_name(review):
    whole = json.loads(load(review).document)
    whole["files"]["protocol.toml"]["moon"] = "full"
    with pytest.raises(ProtocolError, match=r"the kept protocol [0-9a-f]{12} of night-lights: moon: Extra inputs"):
        load_document(json.dumps(whole).encode())
    del whole["files"]["protocol.toml"]
    with pytest.raises(ProtocolError, match=r"protocol\.toml: is missing"):
        load_document(json.dumps(whole).encode())


def test_a_teams_own_review_comes_from_its_home_and_replaces_a_shipped_one(tmp_path):
    own = tmp_path / "home" / "reviews"
    small_review.write(own)
    assert set(paths.review_folders(tmp_path / "home")) == {*paths.review_folders(), "night-lights"}
    (own / "night-lights").rename(own / "digital-peer-support")
    assert load(paths.review_folders(tmp_path / "home")["digital-peer-support"]).short_title == "Night lights"


def test_a_home_without_reviews_has_the_shipped_ones(tmp_path):
    assert paths.review_folders(tmp_path) == paths.review_folders()
    assert "digital-peer-support" in paths.review_folders()

"""The screening benchmark counts as the neutral scorers do that are its definition."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmarks._screening_data import LabelledReview, auc, living_split, order_metrics, read_reviews
from benchmarks._screening_living import living
from benchmarks._screening_simulate import known_records, shown_labels
from classifiers import Document
from classifiers.active import ActiveRanker
from tests.shared import shared_path


def scorer(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, shared_path(f"bench/{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared
def test_the_metrics_of_an_order_are_those_of_the_neutral_scorer() -> None:
    neutral = scorer("screen_bench")
    for seed in range(20):
        labels = np.random.default_rng(seed).random(200 + seed) < 0.07
        theirs = neutral.metrics(labels.tolist())
        for name, value in order_metrics(labels.tolist()).items():
            assert value == pytest.approx(theirs[name]), name


@pytest.mark.shared
def test_past_and_future_and_the_auc_are_those_of_the_neutral_scorer() -> None:
    neutral = scorer("living_split")
    path = shared_path("data/screening/Cohen_2006_ADHD.csv.gz")
    past, future = neutral.split(neutral.read(path))
    ours = living_split(next(one for one in read_reviews(Path(path).parent) if one.name == "Cohen_2006_ADHD"))
    assert ours is not None
    assert [one.title for one in ours[0].documents] == [row["title"] for row in past]
    assert [one.title for one in ours[1].documents] == [row["title"] for row in future]
    scores = np.round(np.random.default_rng(1).random(len(future)), 1)
    assert auc(ours[1].relevant, scores) == pytest.approx(neutral.auc(ours[1].relevant.astype(int).tolist(), scores.tolist()))


def test_a_review_that_no_year_cuts_does_not_split() -> None:
    review = LabelledReview("x", (Document("a"),) * 12, np.arange(12) < 6, np.full(12, 2000.0), False)
    assert living_split(review) is None


def test_a_past_or_future_of_one_kind_does_not_split_by_arrival_either() -> None:
    for relevant in (np.arange(20) > 15, np.arange(20) < 5, np.ones(20, dtype=bool)):
        assert living_split(LabelledReview("x", (Document("a"),) * 20, relevant, np.arange(20.0), True)) is None
    assert living_split(LabelledReview("x", (Document("a"),) * 20, np.arange(20) % 5 == 0, np.arange(20.0), True)) is not None


@pytest.mark.parametrize(("content", "said"), [
    ("title,abstract,label_included,year\na,b,perhaps,2001\n", r"x.csv, record 1: label_included is 'perhaps'"),
    ("title,abstract,label_included,year\na,b,1,2001\nc,d,0,soon\n", r"x.csv, record 2: year is 'soon'"),
    ("title,abstract\na,b\n", "no column 'label_included'"), ("", "no column 'title'"), ("title\n\xff", "cannot be read as UTF-8 CSV"),
])
def test_a_file_that_is_no_labelled_review_is_named_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "x.csv").write_bytes(content.encode("latin-1"))
    with pytest.raises(SystemExit, match=said):
        read_reviews(tmp_path)


def test_a_living_set_with_empty_texts_and_fewer_records_than_slices_is_still_scored() -> None:
    texts = tuple(Document(f"peer support {place}" if place % 3 == 0 else "", "") for place in range(20))
    result = living([LabelledReview("tiny", texts, np.arange(20) % 3 == 0, np.arange(20.0), True),
                     LabelledReview("one kind", texts, np.ones(20, dtype=bool), np.arange(20.0), True)])
    assert list(result["sets"]) == ["tiny"] and result["left_out"] == ["one kind"]
    assert 0 <= result["sets"]["tiny"]["auc_flowing_back"] <= 1


def test_the_order_shown_leaves_the_two_known_records_out_and_holds_every_other_relevant_one() -> None:
    relevant = np.arange(40) % 8 == 0
    similarity = np.equal.outer(relevant, relevant).astype(np.float32)
    shown = shown_labels(relevant, ActiveRanker(similarity), seed=3)
    assert len(shown) == 38 and sum(shown) == 4 and all(shown[:4])
    known = known_records(relevant, seed=3)
    assert relevant[known[0]] and not relevant[known[1]]

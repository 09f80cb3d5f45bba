"""The likeness to the nearest relevant records, and what a stored model keeps of it."""

from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from classifiers import Document, Labelled
from classifiers.examples import MOST_EXAMPLES, gather, no_examples
from classifiers.storage import from_bytes, to_bytes
from classifiers.trained import train

# Two kinds of relevant records that share no word, and a crowd that shares some with either.
ONE = csr_matrix(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0, 0.8]], dtype=np.float32))
RELEVANT = np.array([True, True, False, False])


def test_the_nearer_weighs_more_and_a_relevant_record_is_no_neighbour_of_its_own() -> None:
    examples = gather(ONE, RELEVANT)
    # The largest cosine weighs 1, the next 0.9: for the four rows 0, 0, 0 and 0.6/1.9.
    like = np.array([0, 0, 0, 0.6 / 1.9])
    assert examples.mean == pytest.approx(like.mean()) and examples.spread == pytest.approx(like.std())
    assert examples.likeness(ONE) == pytest.approx((like - like.mean()) / like.std())
    order, cosines = examples.nearest(ONE[3:], 2)
    assert order.tolist() == [[0, 1]] and cosines[0].tolist() == pytest.approx([0.6, 0])


def test_without_examples_nothing_is_like_anything_and_of_many_the_newest_are_kept() -> None:
    assert no_examples(3).likeness(ONE).tolist() == [0] * 4
    many = csr_matrix(np.eye(MOST_EXAMPLES + 5, dtype=np.float32))
    kept = gather(many, np.ones(MOST_EXAMPLES + 5, dtype=bool)).rows
    assert kept.shape == (MOST_EXAMPLES, MOST_EXAMPLES + 5) and kept.indices.min() == 5


def test_a_kind_of_relevant_record_that_is_rare_is_still_near_its_own() -> None:
    decided = [Labelled(Document(f"Online forum with peers for depression {place}"), 1.0) for place in range(30)]
    decided += [Labelled(Document("Telephone befriending of widows by volunteers"), 1.0)]
    decided += [Labelled(Document(f"Volunteers of a telephone survey on fatigue of wires {place}"), 0.0) for place in range(60)]
    model = train(decided, seed=1)
    near = Document("Befriending of widows by telephone")
    assert model.examples.likeness(model.space.transform([near]).rows)[0] > -1
    assert model.score([near])[0] > model.score([Document("A telephone survey of volunteers")])[0]


def test_a_model_stored_before_there_were_examples_still_scores_as_it_did() -> None:
    decided = [Labelled(Document(f"Peer support {place}"), 1.0) for place in range(5)] + [
        Labelled(Document(f"Copper wire {place}"), 0.0) for place in range(9)]
    model = train(decided, seed=1)
    with np.load(io.BytesIO(to_bytes(model))) as arrays:
        kept = {name: arrays[name] for name in arrays.files if not name.startswith("near_")}
    about = json.loads(kept["about"].tobytes()) | {"format": "perennial relevance model 1"}
    kept["about"] = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
    target = io.BytesIO()
    np.savez_compressed(target, **kept)
    old = from_bytes(target.getvalue(), sha256=hashlib.sha256(target.getvalue()).hexdigest())
    rows = model.space.transform([Document("Peer support by wire")])
    margin = float((rows.rows @ model.weights)[0]) + model.intercept
    assert old.score([Document("Peer support by wire")])[0] == pytest.approx(margin / model.spread, abs=1e-8)
    assert old.digest != model.digest

"""A trained model as bytes and back: arrays and JSON, never pickle, so that opening a stored model can run nothing.

The bytes are a NumPy .npz: `about` (JSON, UTF-8), `weights`, per block of features its words (UTF-8, one a line) and their weights, and the
rows of the relevant examples (compressed sparse rows). Models of the first format have no examples, and score as they did.
The same model gives the same bytes; who stores them keeps their SHA-256 and gives it back here. No file is opened here.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from classifiers.errors import DamagedModelError
from classifiers.examples import Examples, no_examples
from classifiers.features import Detail, FeatureSpace
from classifiers.trained import TrainedModel

FORMAT = "perennial relevance model 2"
BEFORE_EXAMPLES = "perennial relevance model 1"


def to_bytes(model: TrainedModel) -> bytes:
    """Return the model as bytes. Its feature space must be without topics (LEAN or PIECED), or ValueError is raised."""
    about = {"format": FORMAT, "detail": model.space.detail.name, "intercept": model.intercept, "spread": model.spread, "bare": model.bare,
             "relevant": model.relevant, "irrelevant": model.irrelevant, "fitted_on": model.space.fitted_on,
             "mean": model.examples.mean, "likeness_spread": model.examples.spread}
    near = model.examples.rows
    arrays: dict[str, Any] = {"about": _text(json.dumps(about, sort_keys=True)), "weights": model.weights.astype("<f8"),
                              "near_data": near.data.astype("<f4"), "near_columns": near.indices.astype("<i4"),
                              "near_rows": near.indptr.astype("<i8")}
    for block, (words, weights) in model.space.columns().items():
        arrays |= {f"words_{block}": _text("\n".join(words)), f"weights_{block}": weights.astype("<f8")}
    target = io.BytesIO()
    np.savez_compressed(target, **arrays)
    return target.getvalue()


def from_bytes(content: bytes, *, sha256: str) -> TrainedModel:
    """Return the model. sha256: what the bytes must hash to. Raises DamagedModelError if they do not, or are no model of this format."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DamagedModelError(f"the stored model hashes to {found[:12]}…, its record says {sha256[:12]}…: it was changed or cut short; "
                                "train it again from the decisions, which gives the same model")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            about = json.loads(_read(arrays["about"]))
            if about["format"] not in (FORMAT, BEFORE_EXAMPLES):
                raise DamagedModelError(f"the stored model says it is {about['format']!r}; {FORMAT!r} can be read")
            detail = Detail[about["detail"]]
            columns = {block: (_read(arrays[f"words_{block}"]).split("\n"), arrays[f"weights_{block}"]) for block in detail.value}
            space = FeatureSpace.from_columns(detail, columns, fitted_on=about["fitted_on"])
            numbers = {name: about[name] for name in ("intercept", "spread", "relevant", "irrelevant", "bare")}
            return TrainedModel(space=space, weights=arrays["weights"], examples=_examples(about, arrays), **numbers)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DamagedModelError(f"these bytes are no model of ours: {error}") from error


def _examples(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Examples:
    columns = len(arrays["weights"])
    if about["format"] == BEFORE_EXAMPLES:
        return no_examples(columns)
    shape = (len(arrays["near_rows"]) - 1, columns)
    rows = csr_matrix((arrays["near_data"], arrays["near_columns"], arrays["near_rows"]), shape=shape, dtype=np.float32)
    return Examples(rows, about["mean"], about["likeness_spread"])


def _text(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(errors="surrogatepass"), dtype=np.uint8)


def _read(array: np.ndarray) -> str:
    return array.astype(np.uint8).tobytes().decode(errors="surrogatepass")

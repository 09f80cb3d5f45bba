"""A closer look at one estimate: without each study, as studies came in, how much each moves it, and whether small ones differ.

Each part appears where the number of studies allows it. The methods: influence.py, small_study.py. Frozen and computed again: analyses.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from bot.domain.effects import Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis import influence, small_study
from bot.methods.synthesis.options import Interval, Prediction, Tau2
from bot.methods.synthesis.small_study import RankTest, RegressionTest

ENOUGH_TO_LEAVE_OUT = 3


class Asymmetry(StrEnum):
    """The one test for asymmetry that a protocol names. ROOT_INVERSE_N: on √(1/n₁+1/n₂); EGGER: on the standard error; NONE."""

    ROOT_INVERSE_N = "root-inverse-n"
    EGGER = "egger"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tests:
    """Tests for asymmetry. named: by the protocol; egger, begg: the classic ones, to compare."""

    name: Asymmetry
    named: RegressionTest
    egger: RegressionTest
    begg: RankTest


@dataclass(frozen=True, slots=True)
class CloserLook:
    """without: the estimate without each study, () with fewer than three. cumulated: as they came in, by `order`. influence: None with
    fewer than three. tests: None with fewer than ten, and where the protocol names none or they are of one size."""

    labels: tuple[str, ...]
    without: tuple[Estimate, ...]
    order: tuple[int, ...]
    cumulated: tuple[Estimate, ...]
    influence: influence.Influence | None
    tests: Tests | None


def closer_look(
    *, yi: Sequence[float], vi: Sequence[float], labels: Sequence[str], n_e: Sequence[float], n_c: Sequence[float], since: Sequence[str],
    asymmetry: Asymmetry = Asymmetry.ROOT_INVERSE_N, method: str = Tau2.REML, interval: Interval = Interval.KNAPP_HARTUNG_MAX1,
    prediction: Prediction = Prediction.T_K_MINUS_1, level: float = 0.95,
) -> CloserLook:  # fmt: skip
    """Return what the number of studies allows. since: when each was first public, as text that sorts by time ("2019-05"), "" if unknown.

    n_e, n_c: people analysed in the two arms, shape (k,), ≥ 1. Raises EffectSizeError, SynthesisError as pooling does.
    """
    chosen: dict[str, Any] = {"labels": list(labels), "method": method, "interval": interval, "prediction": prediction, "level": level}
    k = len(yi)
    # A study of which nobody knows since when it is public comes last: it cannot have been there before those of which one knows.
    order = sorted(range(k), key=lambda i: (since[i] == "", since[i], i))
    enough = k >= ENOUGH_TO_LEAVE_OUT
    return CloserLook(
        labels=tuple(labels),
        without=influence.leave_one_out(yi=yi, vi=vi, **chosen) if enough else (),
        order=tuple(order),
        cumulated=influence.cumulative(yi=yi, vi=vi, order=order, **chosen),
        influence=influence.influence(yi=yi, vi=vi, labels=labels, method=method) if enough else None,
        tests=_tests(yi, vi, n_e, n_c, Asymmetry(asymmetry), method) if small_study.is_enough(k) else None,
    )


def _tests(yi: Sequence[float], vi: Sequence[float], n_e: Sequence[float], n_c: Sequence[float], name: Asymmetry, method: str) -> Tests | None:
    if name is Asymmetry.NONE:
        return None
    try:
        sized = small_study.smd_test(yi=yi, vi=vi, n_e=n_e, n_c=n_c, method=method)
        egger = small_study.regression_test(yi=yi, vi=vi, weights=small_study.Weights.DISPERSION)
    except SynthesisError:
        # Studies of one size have no small ones among them to compare.
        return None
    begg = small_study.rank_test(yi=np.asarray(yi), vi=np.asarray(vi))
    return Tests(name, sized if name is Asymmetry.ROOT_INVERSE_N else egger, egger, begg)

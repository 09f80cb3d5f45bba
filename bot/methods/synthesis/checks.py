"""What may go into a synthesis, and sentences for what may not. What may be entered for one study: bot/methods/synthesis/effect_sizes.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import EffectSizeError, SynthesisError
from bot.methods.synthesis.problem import Array, Problem

# Beyond these a square or the sum of some overflows; nothing that anybody measured lies there.
LEAST_VARIANCE, MOST = 1e-30, 1e30


def checked(yi: ArrayLike, vi: ArrayLike, labels: Sequence[str] | None = None) -> tuple[Array, Array, tuple[str, ...]]:
    """Return yi and vi as arrays of shape (k,) and a label for each.

    Raises SynthesisError if there is nothing to pool, the lengths differ or something is no number; EffectSizeError, naming the study, if an
    effect is not finite or a variance is not above 0, or either is beyond what can be computed with.
    """
    try:
        y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    except (TypeError, ValueError) as error:
        raise SynthesisError(f"Effects and variances must be numbers: {error}.") from error
    if y.ndim != 1 or y.shape != v.shape:
        raise SynthesisError(
            f"Effects have the shape {y.shape} and variances {v.shape}; give one variance for each effect, in one row."
        )
    if y.size == 0:
        raise SynthesisError("There is no effect to pool. Confirm at least one study for this outcome and window.")
    names = tuple(labels) if labels is not None else tuple(f"study {number}" for number in range(1, y.size + 1))
    if len(names) != y.size:
        raise SynthesisError(f"{len(names)} labels for {y.size} effects; give one label for each effect, or none.")
    if not ((np.abs(y) <= MOST).all() and (v >= LEAST_VARIANCE).all() and (v <= MOST).all()):
        _refuse(y, v, names)
    return y, v, names


def _refuse(y: Array, v: Array, names: tuple[str, ...]) -> None:
    for effect, variance, name in zip(y, v, names, strict=True):
        if not np.isfinite(effect):
            raise EffectSizeError(
                f"{name}: the effect is {effect}; must be a finite number. Enter the study again, or leave it out."
            )
        if not (np.isfinite(variance) and variance > 0.0):
            raise EffectSizeError(
                f"{name}: the variance is {variance}; must be finite and > 0. If the paper gives a standard error, square it."
            )
        if abs(effect) > MOST or not LEAST_VARIANCE <= variance <= MOST:
            raise EffectSizeError(
                f"{name}: the effect is {effect:.3g} and its variance {variance:.3g}; an effect must lie within ±{MOST:.0e} and a variance from "
                f"{LEAST_VARIANCE:.0e} to {MOST:.0e}. In what unit were they entered?"
            )


def checked_design(yi: Array, vi: Array, moderators: ArrayLike, names: Sequence[str]) -> Problem:
    """Return the problem of a regression on moderators, shape (k, p), intercept included.

    Raises SynthesisError if a value is missing, if there are not more studies than coefficients, or if a column follows from others.
    """
    x = np.asarray(moderators, dtype=float)
    if x.ndim != 2 or x.shape[0] != yi.shape[0] or x.shape[1] != len(names):
        raise SynthesisError(
            f"Moderators have the shape {x.shape}; must be {(yi.shape[0], len(names))}: a row per effect, a column per name."
        )
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise SynthesisError(
            f"Moderator {names[column]} is missing for effect {row + 1}; leave that effect out or enter a value."
        )
    if x.shape[0] <= x.shape[1]:
        raise SynthesisError(
            f"{x.shape[0]} effects for {x.shape[1]} coefficients; there must be more effects. Use fewer moderators."
        )
    if float(vi.max()) > 1e10 * float(vi.min()):
        raise SynthesisError(
            f"The variances run from {vi.min():.3g} to {vi.max():.3g}; are they in one unit? A regression on them has no digits left."
        )
    scaled = x / np.maximum(np.abs(x).max(axis=0), np.finfo(float).tiny)
    if np.linalg.matrix_rank(scaled) < x.shape[1]:
        raise SynthesisError(
            f"The moderators {', '.join(names)} cannot be told apart: one follows from the others. Leave one out."
        )
    return Problem(yi, vi, x)

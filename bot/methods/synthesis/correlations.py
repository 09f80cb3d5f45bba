"""Correlations and single proportions, by columns: numbers or arrays (k,) in, effects and variances out. Two groups: two_groups.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bot.methods.synthesis.problem import Array

Pair = tuple[Array, Array]


def correlation(r: ArrayLike, n: ArrayLike, *, variance: str = "LS") -> Pair:
    """Return the raw correlation and (1 - r²)² / (n - 1); variance `AV`: with the mean of r weighted by n."""
    value, size = np.asarray(r, dtype=float), np.asarray(n, dtype=float)
    inside = np.sum(size * value) / np.sum(size) if variance == "AV" else value
    return value, (1.0 - inside**2) ** 2 / (size - 1.0)


def fisher_z(r: ArrayLike, n: ArrayLike) -> Pair:
    """Return Fisher's z and 1 / (n - 3)."""
    return np.arctanh(np.asarray(r, dtype=float)), 1.0 / (np.asarray(n, dtype=float) - 3.0)


def correlation_from_t(t: ArrayLike, n: ArrayLike) -> Pair:
    """Return the point-biserial correlation t / √(t² + n - 2) and its variance as a correlation."""
    value, size = np.asarray(t, dtype=float), np.asarray(n, dtype=float)
    return correlation(value / np.sqrt(value**2 + size - 2.0), size)


def proportion(name: str, x: ArrayLike, n: ArrayLike, *, add: float = 0.5) -> Pair:
    """Return a proportion of n as PR (raw), PLN (log), PLO (logit), PAS (arcsine) or PFT (Freeman-Tukey), and its variance.

    add: to events and non-events where either is 0 (not for PAS and PFT, which need none).
    """
    events, size = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if name == "PAS":
        return np.arcsin(np.sqrt(events / size)), 1.0 / (4.0 * size)
    if name == "PFT":
        both = np.arcsin(np.sqrt(events / (size + 1.0))) + np.arcsin(np.sqrt((events + 1.0) / (size + 1.0)))
        return 0.5 * both, 1.0 / (4.0 * size + 2.0)
    empty = (events == 0.0) | (events == size)
    events, size = events + add * empty, size + 2.0 * add * empty
    share = events / size
    if name == "PR":
        return share, share * (1.0 - share) / size
    if name == "PLN":
        return np.log(share), 1.0 / events - 1.0 / size
    return np.log(share / (1.0 - share)), 1.0 / events + 1.0 / (size - events)


def from_logit(x: ArrayLike) -> Array:
    """Return the proportion of a log odds."""
    return 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=float)))


def from_freeman_tukey(x: ArrayLike, n: ArrayLike) -> Array:
    """Return the proportion of a Freeman-Tukey double arcsine, with n the harmonic mean of the studies' sizes (Miller 1978)."""
    value = 2.0 * np.asarray(x, dtype=float)
    size = float(1.0 / np.mean(1.0 / np.asarray(n, dtype=float)))
    sine = np.sin(value)
    inside = 1.0 - (sine + (sine - 1.0 / sine) / size) ** 2
    return 0.5 * (1.0 - np.sign(np.cos(value)) * np.sqrt(np.maximum(inside, 0.0)))

"""Cluster-robust standard errors for a model of dependent effects: CR0, CR1 and CR2 with Satterthwaite's degrees of freedom.

The working model: dependence.py. With few studies CR2 is the one to use (Tipton 2015; Pustejovsky & Tipton 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bot.errors import SynthesisError
from bot.methods.synthesis.dependence import Multilevel
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.problem import Array


class Correction(StrEnum):
    """Small-sample corrections of cluster-robust variances."""

    CR0 = "CR0"
    CR1 = "CR1"
    CR2 = "CR2"


@dataclass(frozen=True, slots=True)
class Robust:
    """Coefficients with cluster-robust tests. covariance: shape (p, p)."""

    names: tuple[str, ...]
    correction: str
    clusters: int
    tests: tuple[Test, ...]
    covariance: Array


def robust(model: Multilevel, *, correction: Correction = Correction.CR2) -> Robust:
    """Return the model's coefficients with standard errors that hold whatever the correlations within studies.

    CR0: the plain sandwich; CR1: times m / (m - p); both with m - p degrees of freedom. CR2: unbiased under the working model, with
    Satterthwaite's. Raises SynthesisError if there are not more studies than coefficients.
    """
    weights = np.linalg.inv(model.working)
    bread = np.linalg.inv(model.x.T @ weights @ model.x)
    clusters = [np.flatnonzero(np.array(model.groups) == group) for group in dict.fromkeys(model.groups)]
    m, p = len(clusters), model.x.shape[1]
    if m <= p:
        raise SynthesisError(f"{m} studies for {p} coefficients; robust standard errors need more studies than coefficients.")
    estimates = np.array([test.estimate for test in model.tests])
    residuals = model.y - model.x @ estimates
    chosen = Correction(correction)
    adjustments = [_adjustment(model, bread, rows) if chosen is Correction.CR2 else np.eye(rows.size) for rows in clusters]
    # Each column: what one cluster adds to the coefficients.
    parts = [
        bread @ model.x[rows].T @ weights[np.ix_(rows, rows)] @ a @ residuals[rows]
        for rows, a in zip(clusters, adjustments, strict=True)
    ]
    covariance = np.array(parts).T @ np.array(parts) * (m / (m - p) if chosen is Correction.CR1 else 1.0)
    degrees = _satterthwaite(model, weights, bread, clusters, adjustments) if chosen is Correction.CR2 else [float(m - p)] * p
    tests = tuple(
        tested(float(b), float(np.sqrt(covariance[i, i])), df=degrees[i], level=model.level) for i, b in enumerate(estimates)
    )
    return Robust(model.names, chosen.value, m, tests, covariance)


def _adjustment(model: Multilevel, bread: Array, rows: Array) -> Array:
    """Return D'(D (V - X B X') D')^(-1/2) D for one cluster, D the upper Cholesky factor of its working covariance V."""
    own, x = model.working[np.ix_(rows, rows)], model.x[rows]
    d = np.linalg.cholesky(own).T
    values, vectors = np.linalg.eigh(d @ (own - x @ bread @ x.T) @ d.T)
    # A study that fixes a coefficient by itself has no residual of its own in that direction.
    kept = values > 1e-12 * values.max()
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return d.T @ root @ d


def _satterthwaite(
    model: Multilevel, weights: Array, bread: Array, clusters: list[Array], adjustments: list[Array]
) -> list[float]:
    """Return the degrees of freedom of each coefficient under the working model (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018)."""
    hat_side = weights @ model.x @ bread
    columns = []
    for rows, adjustment in zip(clusters, adjustments, strict=True):
        inner = adjustment.T @ weights[np.ix_(rows, rows)] @ model.x[rows] @ bread
        column = -hat_side @ (model.x[rows].T @ inner)
        column[rows] += inner
        columns.append(column)
    found = []
    for i in range(model.x.shape[1]):
        vectors = np.column_stack([column[:, i] for column in columns])
        products = vectors.T @ model.working @ vectors
        found.append(float(np.trace(products) ** 2 / np.sum(products**2)))
    return found

"""Several outcomes per study pooled together: one mean per outcome (or moderators), random effects that are correlated within a study.

Fitted by (RE)ML. Source of the model: van Houwelingen, Arends & Stijnen 2002. Effects of one outcome within studies: dependence.py.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis import provenance
from bot.methods.synthesis.checks import checked, checked_design
from bot.methods.synthesis.covariance_fit import Components, Fit, at, fit_components
from bot.methods.synthesis.distributions import chi_squared_p
from bot.methods.synthesis.intervals import Test, tested
from bot.methods.synthesis.problem import Array

MOST_STEPS = 300
MOST_HALVINGS = 40
SHARES = (0.5, 0.05)
CORRELATIONS = (0.3, -0.3)


class Structure(enum.Enum):
    """The covariance of an outcome's random effects within a study."""

    UNSTRUCTURED = "UN"
    COMPOUND_SYMMETRY = "CS"
    DIAGONAL = "DIAG"


@dataclass(frozen=True, slots=True)
class Multivariate:
    """outcomes: in the order of tau2, sorted. tau2: one per outcome, a single one for compound symmetry. rho: of each pair of outcomes
    (first with second, first with third, … ; one for compound symmetry, none for diagonal). between: covariance of the random effects.

    q: without random effects, with its degrees of freedom and p. moderators_q: Wald test of all coefficients but an intercept.
    """

    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    k: int
    studies: int
    method: str
    structure: str
    tests: tuple[Test, ...]
    tau2: tuple[float, ...]
    rho: tuple[float, ...]
    between: Array
    q: float
    q_df: int
    q_p: float
    moderators_q: tuple[float, float]
    log_likelihood: float
    aic: float
    bic: float
    covariance: Array
    level: float
    software: str
    inputs_sha256: str
    inputs: bytes


def pool_multivariate(
    *, yi: ArrayLike, sampling: ArrayLike, studies: Sequence[str], outcomes: Sequence[str], moderators: ArrayLike | None = None,
    names: Sequence[str] | None = None, structure: Structure = Structure.UNSTRUCTURED, method: str = "REML", level: float = 0.95,
) -> Multivariate:  # fmt: skip
    """Return the fit, with Wald tests. yi: shape (k,); sampling: covariance of sampling errors, shape (k, k); studies, outcomes: of each.

    moderators: shape (k, p) with names; None: one mean per outcome. method: REML or ML. Raises SynthesisError with fewer than two
    studies or outcomes, an outcome twice in a study, outcomes that never meet in a study (UN), or `sampling` no covariance.
    """
    errors = _covariance(sampling, np.size(yi))
    y, v, labels = checked(yi, np.diag(errors), None)
    kinds, which = np.unique(np.asarray(outcomes, dtype=str), return_inverse=True)
    trials, groups = np.unique(np.asarray(studies, dtype=str), return_inverse=True)
    _check(y.size, which, groups, kinds, trials, structure)
    titles = tuple(names) if names is not None else tuple(map(str, kinds))
    x = checked_design(y, v, np.eye(len(kinds))[which] if moderators is None else moderators, titles).x
    problem = _Problem(Components(y, x, errors, []), which, groups[:, None] == groups, len(kinds), structure, method)
    theta, fit = _best(problem)
    options = {"structure": structure.value, "method": method, "level": level, "x": x.tolist(), "names": list(titles),
               "studies": list(map(str, studies)), "outcomes": list(map(str, outcomes)), "sampling": errors.tolist(), "model": "multivariate"}
    return _result(problem, theta, fit, titles, tuple(map(str, kinds)), len(trials), level,
                   provenance.frozen(yi=y, vi=v, labels=labels, options=options))


@dataclass(frozen=True, slots=True)
class _Problem:
    """components: without random effects. which: outcome of each effect; together: same study, (k, k). size: how many outcomes."""

    components: Components
    which: Array
    together: Array
    size: int
    structure: Structure
    method: str

    def between(self, theta: Array) -> tuple[Array, list[Array]]:
        """Return the covariance of the random effects, shape (size, size), and its derivatives by each parameter."""
        if self.structure is Structure.COMPOUND_SYMMETRY:
            scale, rho = theta
            pattern = np.full((self.size, self.size), rho) + (1.0 - rho) * np.eye(self.size)
            return scale**2 * pattern, [2.0 * scale * pattern, scale**2 * (1.0 - np.eye(self.size))]
        places = [(i, j) for i in range(self.size) for j in range(i + 1) if i == j or self.structure is not Structure.DIAGONAL]
        root = np.zeros((self.size, self.size))
        for value, place in zip(theta, places, strict=True):
            root[place] = value
        slopes = []
        for place in places:
            single = np.zeros_like(root)
            single[place] = 1.0
            slopes.append(single @ root.T + root @ single.T)
        return root @ root.T, slopes

    def spread(self, matrix: Array) -> Array:
        """Return what a covariance of outcomes means for the effects, shape (k, k)."""
        return matrix[np.ix_(self.which, self.which)] * self.together

    def fit(self, theta: Array) -> Fit | None:
        """Return the fit at these parameters; None where they make no covariance."""
        if self.structure is Structure.COMPOUND_SYMMETRY and not -1.0 / (self.size - 1) <= theta[1] <= 1.0:
            return None
        try:
            return at(Components(self.components.y, self.components.x, self.components.sampling, [self.spread(self.between(theta)[0])]),
                      np.ones(1), self.method)
        except np.linalg.LinAlgError:
            return None

    def starts(self) -> list[Array]:
        """Return where to begin."""
        size = math.sqrt(float(np.var(self.components.y)) or float(np.diag(self.components.sampling).mean()))
        found = []
        for share in SHARES:
            tau = math.sqrt(share) * size
            for rho in CORRELATIONS:
                rho = rho / max(1, self.size - 1)
                if self.structure is Structure.COMPOUND_SYMMETRY:
                    found.append(np.array([tau, rho]))
                elif self.structure is Structure.DIAGONAL:
                    found.append(np.full(self.size, tau))
                else:
                    pattern = tau**2 * (np.full((self.size, self.size), rho) + (1.0 - rho) * np.eye(self.size))
                    found.append(np.linalg.cholesky(pattern)[np.tril_indices(self.size)])
        return found


def _best(problem: _Problem) -> tuple[Array, Fit]:
    if problem.method not in ("REML", "ML"):
        raise SynthesisError(f"There is no fit called {problem.method!r} for several outcomes. There are: REML, ML.")
    climbed = [_climb(problem, start) for start in problem.starts()]
    return max(climbed, key=lambda one: one[1].log_likelihood)


def _climb(problem: _Problem, start: Array) -> tuple[Array, Fit]:
    """Fisher scoring from one start, steps halved until the likelihood rises."""
    theta, fit = start, problem.fit(start)
    if fit is None:
        raise SynthesisError("The sampling covariance and the design leave nothing to fit: check for singular moderators.")
    for _ in range(MOST_STEPS):
        step = _step(problem, theta, fit)
        for halving in range(MOST_HALVINGS):
            proposed = theta + step * 0.5**halving
            following = problem.fit(proposed)
            if following is not None and following.log_likelihood >= fit.log_likelihood - 1e-13 * abs(fit.log_likelihood):
                break
        else:
            return theta, fit
        moved = float(np.max(np.abs(proposed - theta)))
        theta, fit = proposed, following
        if moved <= 1e-11 * max(float(np.max(np.abs(theta))), 1e-300):
            break
    return theta, fit


def _step(problem: _Problem, theta: Array, fit: Fit) -> Array:
    shapes = [problem.spread(slope) for slope in problem.between(theta)[1]]
    base = fit.projection if problem.method == "REML" else fit.weights
    u = fit.projection @ problem.components.y
    moved = [base @ shape for shape in shapes]
    score = np.array([0.5 * (float(u @ shape @ u) - float(np.trace(one))) for shape, one in zip(shapes, moved, strict=True)])
    information = np.array([[0.5 * float(np.sum(a * b.T)) for b in moved] for a in moved])
    return np.linalg.lstsq(information, score, rcond=None)[0]


def _result(problem: _Problem, theta: Array, fit: Fit, names: tuple[str, ...], kinds: tuple[str, ...], studies: int, level: float,
            inputs: bytes) -> Multivariate:
    c, k, p = problem.components, problem.components.y.size, problem.components.x.shape[1]
    between = problem.between(theta)[0]
    errors = np.sqrt(np.diag(fit.covariance))
    fixed = fit_components(c, problem.method)
    q, n = float(c.y @ fixed.projection @ c.y), k - p if problem.method == "REML" else k
    tau2, rho = _named(problem, between)
    parameters = p + len(theta)
    kept = slice(1, None) if p > 1 and (c.x[:, 0] == 1.0).all() else slice(None)
    b, v = fit.coefficients[kept], fit.covariance[kept, kept]
    wald = float(b @ np.linalg.solve(v, b))
    return Multivariate(
        names=names, outcomes=kinds, k=k, studies=studies, method=problem.method, structure=problem.structure.value,
        tests=tuple(tested(float(e), float(se), df=None, level=level) for e, se in zip(fit.coefficients, errors, strict=True)),
        tau2=tau2, rho=rho, between=between, q=q, q_df=k - p, q_p=chi_squared_p(q, k - p), moderators_q=(wald, chi_squared_p(wald, b.size)),
        log_likelihood=fit.log_likelihood, aic=-2.0 * fit.log_likelihood + 2.0 * parameters,
        bic=-2.0 * fit.log_likelihood + parameters * math.log(n), covariance=fit.covariance, level=level, software=provenance.software(),
        inputs_sha256=provenance.fingerprint(inputs), inputs=inputs,
    )  # fmt: skip


def _named(problem: _Problem, between: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    variances = np.diag(between)
    pairs = [(i, j) for i in range(problem.size) for j in range(i + 1, problem.size)]
    rho = tuple(float(between[i, j] / math.sqrt(variances[i] * variances[j])) if variances[i] * variances[j] > 0.0 else 0.0 for i, j in pairs)
    if problem.structure is Structure.COMPOUND_SYMMETRY:
        return (float(variances[0]),), rho[:1]
    return tuple(map(float, variances)), () if problem.structure is Structure.DIAGONAL else rho


def _covariance(sampling: ArrayLike, k: int) -> Array:
    covariance = np.asarray(sampling, dtype=float)
    is_square = covariance.shape == (k, k) and bool(np.isfinite(covariance).all()) and np.allclose(covariance, covariance.T)
    if not is_square or np.linalg.eigvalsh(covariance)[0] <= 0.0:
        raise SynthesisError(f"The covariance of sampling errors must be a positive definite matrix of {k} x {k}.")
    return covariance


def _check(k: int, which: Array, groups: Array, kinds: Array, trials: Array, structure: Structure) -> None:
    if which.size != k or groups.size != k:
        raise SynthesisError(f"{groups.size} studies and {which.size} outcomes named for {k} effects; name both for each effect.")
    if len(trials) < 2 or len(kinds) < 2:
        raise SynthesisError(f"{len(trials)} studies with {len(kinds)} outcomes; a model of several outcomes needs two of each.")
    counts = np.zeros((len(trials), len(kinds)), dtype=int)
    np.add.at(counts, (groups, which), 1)
    if counts.max() > 1:
        trial, kind = np.argwhere(counts > 1)[0]
        raise SynthesisError(f"{trials[trial]} has {counts[trial, kind]} effects for {kinds[kind]}; one per outcome and study can be used.")
    met = counts.T @ counts
    if structure is Structure.UNSTRUCTURED and (met == 0).any():
        first, second = np.argwhere(met == 0)[0]
        raise SynthesisError(f"No study has both {kinds[first]} and {kinds[second]}; their correlation cannot be estimated: use DIAG.")

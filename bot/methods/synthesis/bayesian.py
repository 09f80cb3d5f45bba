"""Bayesian random effects, exact by a grid over tau: for two or three studies, where other intervals are too short or absurdly wide.

Given tau, mean and prediction are normal; over tau they are mixtures of normals. Updating a published estimate: prior.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from bot.errors import SynthesisError
from bot.methods.synthesis import provenance
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import special
from bot.methods.synthesis.problem import Array
from bot.methods.synthesis.roots import bracketed

PANELS, POINTS = 80, 8
METHOD = "Bayesian"


class TauPrior(StrEnum):
    """Priors for tau. HALF_NORMAL and HALF_CAUCHY have a scale; UNIFORM and JEFFREYS are improper and need three studies."""

    HALF_NORMAL = "half-normal"
    HALF_CAUCHY = "half-Cauchy"
    UNIFORM = "uniform"
    JEFFREYS = "Jeffreys"


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of normals: weights (they sum to 1), means and SDs, shape (m,) each."""

    weights: Array
    means: Array
    sds: Array

    @property
    def mean(self) -> float:
        """Return the mean."""
        return float(self.weights @ self.means)

    @property
    def sd(self) -> float:
        """Return the standard deviation."""
        return math.sqrt(float(self.weights @ (self.sds**2 + (self.means - self.mean) ** 2)))

    def below(self, value: float) -> float:
        """Return the probability below value."""
        return float(self.weights @ special().ndtr((value - self.means) / self.sds))

    def quantile(self, probability: float) -> float:
        """Return the value below which lies `probability`."""
        reach = max(self.sd, float(self.sds.min()))
        low, high = self.mean - reach, self.mean + reach
        while self.below(low) > probability:
            low -= 2.0 * (self.mean - low)
        while self.below(high) < probability:
            high += 2.0 * (high - self.mean)
        return bracketed(lambda x: self.below(x) - probability, low, high, relative=1e-12, absolute=1e-14)


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of mean, tau and a new study's effect. prior: in words. tau: (median, low, high); mu, predicted: mixtures.

    inputs: what it rests on, as bytes to keep; `posterior_again` computes it from them.
    """

    k: int
    prior: str
    level: float
    mu: Mixture
    predicted: Mixture
    tau_median: float
    tau_mean: float
    tau_sd: float
    tau_low: float
    tau_high: float
    labels: tuple[str, ...]
    software: str = field(default="")
    inputs_sha256: str = field(default="")
    inputs: bytes = field(default=b"", repr=False)

    @property
    def estimate(self) -> float:
        """Return the posterior median of the mean effect."""
        return self.mu.quantile(0.5)

    @property
    def interval(self) -> tuple[float, float]:
        """Return the central credible interval of the mean effect."""
        return _central(self.mu, self.level)

    @property
    def prediction(self) -> tuple[float, float]:
        """Return the central interval of a new study's true effect."""
        return _central(self.predicted, self.level)


def pool_bayesian(
    *, yi: ArrayLike, vi: ArrayLike, labels: Sequence[str] | None = None, tau_prior: TauPrior = TauPrior.HALF_NORMAL,
    tau_scale: float = 0.5, mu_sd: float | None = 2.0, mu_mean: float = 0.0, level: float = 0.95,
) -> Posterior:  # fmt: skip
    """Return the posterior of a random-effects mean; default: half-normal(0.5) on tau and normal(0, 2²) on the mean.

    mu_sd: None for a flat prior. Units: of the effects; the default scales suit standardised differences and log ratios.
    Raises SynthesisError for an improper prior with fewer than three studies. Source: Röver 2020; Röver et al. 2021 for the scale.
    """
    effects, variances, names = checked(yi, vi, labels)
    prior = TauPrior(tau_prior)
    if prior in (TauPrior.UNIFORM, TauPrior.JEFFREYS) and effects.size < 3:
        raise SynthesisError(
            f"The {prior.value} prior for tau needs at least three studies; there are {effects.size}. Use half-normal."
        )
    scale = tau_scale if prior in (TauPrior.HALF_NORMAL, TauPrior.HALF_CAUCHY) else _reach(effects, variances)
    tau, weights = tau_grid(scale)
    density = log_prior(prior, tau, tau_scale, variances) + log_marginal(effects, variances, tau, mu_mean, mu_sd)
    mass = weights * np.exp(density - density.max())
    mass /= mass.sum()
    options = {"tau_prior": prior.value, "tau_scale": tau_scale, "mu_mean": mu_mean, "mu_sd": mu_sd, "level": level}
    content = provenance.frozen(yi=effects, vi=variances, labels=names, options={"method": METHOD, **options})
    means, sds = conditional(effects, variances, tau, mu_mean, mu_sd)
    tail = (1.0 - level) / 2.0
    median, low, high = _quantiles(tau, mass, scale, (0.5, tail, 1.0 - tail))
    mean = float(mass @ tau)
    return Posterior(
        k=effects.size, prior=_in_words(prior, tau_scale, mu_mean, mu_sd), level=level, mu=Mixture(mass, means, sds),
        predicted=Mixture(mass, means, np.sqrt(sds**2 + tau**2)), tau_median=median, tau_mean=mean,
        tau_sd=math.sqrt(float(mass @ (tau - mean) ** 2)), tau_low=low, tau_high=high, labels=names,
        software=provenance.software(), inputs_sha256=provenance.fingerprint(content), inputs=content,
    )  # fmt: skip


def posterior_again(content: bytes, *, sha256: str) -> Posterior:
    """Return the posterior that rests on frozen inputs, computed again; raises SynthesisError if sha256 is not theirs."""
    kept = provenance.thawed(content, sha256=sha256)
    options = {name: value for name, value in kept["options"].items() if name != "method"}
    return pool_bayesian(yi=kept["yi"], vi=kept["vi"], labels=kept["labels"], **options)


def conditional(effects: Array, variances: Array, tau: Array, mu_mean: float, mu_sd: float | None) -> tuple[Array, Array]:
    """Return mean and SD of the mean effect given each tau, shape (m,) each."""
    w = 1.0 / (variances + tau[:, None] ** 2)
    own = 0.0 if mu_sd is None else 1.0 / mu_sd**2
    precision = w.sum(axis=1) + own
    return (w @ effects + own * mu_mean) / precision, 1.0 / np.sqrt(precision)


def log_marginal(effects: Array, variances: Array, tau: Array, mu_mean: float, mu_sd: float | None) -> Array:
    """Return the log-likelihood of tau with the mean integrated out, up to a constant, shape (m,)."""
    w = 1.0 / (variances + tau[:, None] ** 2)
    means, sds = conditional(effects, variances, tau, mu_mean, mu_sd)
    fit = np.sum(w * (effects - means[:, None]) ** 2, axis=1)
    own = 0.0 if mu_sd is None else ((means - mu_mean) / mu_sd) ** 2
    return 0.5 * np.log(w).sum(axis=1) + np.log(sds) - 0.5 * (fit + own)


def log_prior(prior: TauPrior, tau: Array, scale: float, variances: Array) -> Array:
    """Return the logarithm of a prior density of tau up to a constant, shape (m,)."""
    if prior is TauPrior.HALF_NORMAL:
        return -0.5 * (tau / scale) ** 2
    if prior is TauPrior.HALF_CAUCHY:
        return -np.log1p((tau / scale) ** 2)
    if prior is TauPrior.UNIFORM:
        return np.zeros_like(tau)
    return 0.5 * np.log(np.sum((tau[:, None] / (variances + tau[:, None] ** 2)) ** 2, axis=1))


def _reach(effects: Array, variances: Array) -> float:
    return math.sqrt(float(variances.mean()) + float(effects.var())) or 1.0


def tau_grid(scale: float) -> tuple[Array, Array]:
    """Return tau and the weights of a Gauss-Legendre rule in x with tau = scale · x / (1 - x): dense near 0, reaching far."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    edges = np.linspace(0.0, 1.0, PANELS + 1)
    half, middle = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    x = (middle[:, None] + half[:, None] * points).ravel()
    return scale * x / (1.0 - x), (half[:, None] * weights).ravel() * scale / (1.0 - x) ** 2


def _quantiles(tau: Array, mass: Array, scale: float, probabilities: tuple[float, ...]) -> list[float]:
    # Interpolate the distribution at the edges of the panels, where the rule's partial sums are exact.
    x = np.linspace(0.0, 1.0, PANELS + 1)
    cumulated = np.concatenate(([0.0], np.cumsum(mass.reshape(PANELS, POINTS).sum(axis=1))))
    found = []
    for probability in probabilities:
        panel = min(int(np.searchsorted(cumulated, probability, side="right")) - 1, PANELS - 1)
        inside = mass[panel * POINTS : (panel + 1) * POINTS]
        share = (probability - cumulated[panel]) / max(float(inside.sum()), 1e-300)
        found.append(_inside(x[panel], x[panel + 1], tau, mass, panel, share, scale))
    return found


def _inside(low: float, high: float, tau: Array, mass: Array, panel: int, share: float, scale: float) -> float:
    """Return tau within a panel below which lies `share` of the panel's mass, by the polynomial through its nodes."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    inside = mass[panel * POINTS : (panel + 1) * POINTS]
    polynomial = np.polynomial.legendre.Legendre.fit(points, inside / weights, POINTS - 1, domain=[-1, 1]).integ(lbnd=-1)
    total = float(polynomial(1.0))
    at = (
        bracketed(lambda u: float(polynomial(u)) - share * total, -1.0, 1.0, absolute=1e-13)
        if 0.0 < share < 1.0
        else 2.0 * share - 1.0
    )
    x = low + 0.5 * (at + 1.0) * (high - low)
    return float(scale * x / (1.0 - x))


def _central(mixture: Mixture, level: float) -> tuple[float, float]:
    return mixture.quantile((1.0 - level) / 2.0), mixture.quantile((1.0 + level) / 2.0)


def _in_words(prior: TauPrior, scale: float, mu_mean: float, mu_sd: float | None) -> str:
    scaled = f"{prior.value}({scale:g})" if prior in (TauPrior.HALF_NORMAL, TauPrior.HALF_CAUCHY) else prior.value
    return f"{scaled} on tau, {'flat' if mu_sd is None else f'normal({mu_mean:g}, {mu_sd:g}²)'} on the mean"

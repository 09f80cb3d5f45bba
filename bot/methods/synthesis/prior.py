"""Update a published estimate by new studies when its own study data are not to be had. With study data: pooling.py.

The mean is known as N(published, SE²); a new study enters with its variance plus tau². Two errors that people make are refused by
construction: the new study at its variance alone, and the published estimate as if it were one of two studies.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from bot.domain.outcomes import PublishedEstimate
from bot.errors import SynthesisError
from bot.methods.synthesis import bayesian, provenance
from bot.methods.synthesis.bayesian import Mixture, TauPrior
from bot.methods.synthesis.checks import checked
from bot.methods.synthesis.distributions import special, two_sided_quantile

LABEL = "approximate: study data not available"
ASSUMED = (0.0, 0.1, 0.2, 0.3, 0.5)


class ReadAs(StrEnum):
    """How the SE is read from a published interval: as normal, or as t with k - 1 degrees of freedom where the source says so."""

    NORMAL = "normal"
    T = "t"


@dataclass(frozen=True, slots=True)
class NewStudy:
    """A study that may be added. measure, favours: as the published estimate has them (`SMD`; `lower` or `higher`).

    first_public: of its first report of results. identifiers: registrations, DOIs, PMIDs.
    """

    label: str
    yi: float
    vi: float
    measure: str
    favours: str
    first_public: date | None
    identifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a study cannot be added. kind: `measure`, `direction`, or `inside` (it is, or may be, in the published estimate already)."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Updated:
    """The estimate under one assumption on tau (None: averaged over the prior). pi_*: of a new study's true effect."""

    tau: float | None
    assumption: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float


@dataclass(frozen=True, slots=True)
class PublishedUpdate:
    """What an update gives. lead: the one of `panel` that leads. se_read_as: how the SE was read from the published interval.

    There is no I², no leave-one-out and no funnel: nothing is known of the published studies.
    """

    label: str
    published: PublishedEstimate
    se: float
    se_read_as: str
    studies: tuple[str, ...]
    lead: Updated
    panel: tuple[Updated, ...]
    level: float
    software: str
    inputs_sha256: str


def update_published(
    *,
    published: PublishedEstimate,
    favours: str,
    searched_until: date,
    studies: Sequence[NewStudy],
    included: Collection[str] | None = None,
    tau: float | None = None,
    tau_scale: float = 0.5,
    read_as: ReadAs = ReadAs.NORMAL,
    level: float = 0.95,
) -> PublishedUpdate:
    """Return the published estimate updated by studies; without studies, the estimate itself.

    favours: which side favours the intervention (`lower`, `higher`). included: identifiers of the published review's studies, None
    where its list is unknown. tau: as published, None if it is not; then the average over half-normal(tau_scale) leads.
    read_as: T needs the number of studies to be known.
    Raises SynthesisError if a study may already be inside the published estimate, or its measure or direction differ.
    """
    for study in studies:
        why = refusal(study, published=published, favours=favours, searched_until=searched_until, included=included)
        if why is not None:
            raise SynthesisError(why.sentence)
    content = frozen_inputs(published=published, studies=studies, tau=tau, tau_scale=tau_scale, read_as=read_as, level=level)
    sha256 = provenance.fingerprint(content)
    lead, panel = update_again(content, sha256=sha256)
    se, said = _se(published, read_as)
    labels = tuple(study.label for study in studies)
    return PublishedUpdate(LABEL, published, se, said, labels, lead, panel, level, provenance.software(), sha256)


def frozen_inputs(
    *,
    published: PublishedEstimate,
    studies: Sequence[NewStudy],
    tau: float | None = None,
    tau_scale: float = 0.5,
    read_as: ReadAs = ReadAs.NORMAL,
    level: float = 0.95,
) -> bytes:
    """Return what `update_published` with the same arguments rests on, as bytes to keep; their SHA-256 is its inputs_sha256."""
    yi, vi, labels = _columns(studies)
    options = {
        "published": published.estimate,
        "se": _se(published, read_as)[0],
        "tau": tau,
        "tau_scale": tau_scale,
        "level": level,
        "method": "published",
    }
    return provenance.frozen(yi=yi, vi=vi, labels=labels, options=options)


def update_again(content: bytes, *, sha256: str) -> tuple[Updated, tuple[Updated, ...]]:
    """Return the leading estimate and the panel that rest on frozen inputs; raises SynthesisError if sha256 is not theirs."""
    kept = provenance.thawed(content, sha256=sha256)
    yi, vi, options = np.array(kept["yi"], dtype=float), np.array(kept["vi"], dtype=float), kept["options"]
    mean, se, tau, level = options["published"], options["se"], options["tau"], options["level"]
    assumed = sorted(set(ASSUMED if tau is None else (*ASSUMED, tau)))
    rows = [_given(yi, vi, mean, se, value, level, "as published" if value == tau else "assumed") for value in assumed]
    rows.append(_averaged(yi, vi, mean, se, options["tau_scale"], level))
    return (rows[-1] if tau is None else rows[assumed.index(tau)]), tuple(rows)


def _se(published: PublishedEstimate, read_as: ReadAs) -> tuple[float, str]:
    return se_of_t_interval(published) if ReadAs(read_as) is ReadAs.T else se_of(published)


def se_of(published: PublishedEstimate) -> tuple[float, str]:
    """Return the SE of a published estimate from its interval, and how it was read; ratios: on the logarithm as stored."""
    quantile = two_sided_quantile(published.confidence, None)
    return (published.ci_high - published.ci_low) / (2.0 * quantile), "normal interval"


def se_of_t_interval(published: PublishedEstimate) -> tuple[float, str]:
    """Return the SE where the source says that its interval is by t with k - 1 degrees of freedom (Knapp-Hartung)."""
    if published.k is None or published.k < 2:
        raise SynthesisError("A t interval can be read only with the number of studies, at least 2; it is not known here.")
    quantile = two_sided_quantile(published.confidence, published.k - 1.0)
    return (published.ci_high - published.ci_low) / (2.0 * quantile), f"t interval with {published.k - 1} degrees of freedom"


@dataclass(frozen=True, slots=True)
class CommonEffectSummary:
    """What a common-effect or DerSimonian-Laird meta-analysis publishes. tau2: DerSimonian-Laird's, not truncated at 0."""

    k: int
    estimate: float
    se: float
    q: float
    tau2: float


def add_exactly(summary: CommonEffectSummary, *, yi: float, vi: float) -> CommonEffectSummary:
    """Return the summary with one study more: exact, for these are sums that can be taken further.

    tau2 is exact if the published one is above 0. Source: closed-form identities of weighted sums.
    """
    total, w = 1.0 / summary.se**2, 1.0 / vi
    grown = total + w
    q = summary.q + (yi - summary.estimate) ** 2 / (vi + summary.se**2)
    contrast = (summary.q - (summary.k - 1)) / summary.tau2 if summary.tau2 > 0.0 else float("nan")
    squares = (total - contrast) * total + w * w
    tau2 = max(0.0, (q - summary.k) / (grown - squares / grown))
    return CommonEffectSummary(summary.k + 1, (total * summary.estimate + w * yi) / grown, grown**-0.5, q, tau2)


def refusal(
    study: NewStudy,
    *,
    published: PublishedEstimate,
    favours: str,
    searched_until: date,
    included: Collection[str] | None = None,
) -> Refusal | None:
    """Return why a study cannot be added to a published estimate, None if it can. Arguments: as of `update_published`."""
    if study.measure != published.measure:
        return Refusal(
            "measure", f"{study.label}: its measure is {study.measure}, the published one {published.measure}; convert it first."
        )
    if study.favours != favours:
        return Refusal(
            "direction",
            f"{study.label}: {study.favours} favours the intervention, in the published estimate {favours}; turn its sign first.",
        )
    if included is not None and study.identifiers & frozenset(included):
        known = ", ".join(sorted(study.identifiers & frozenset(included)))
        return Refusal("inside", f"{study.label}: {known} is already inside the published estimate; it would be counted twice.")
    if included is None and (study.first_public is None or study.first_public <= searched_until):
        when = "its first report has no date" if study.first_public is None else f"its first report is of {study.first_public}"
        return Refusal(
            "inside",
            f"{study.label}: {when}, and the published search ran until {searched_until}; it may be inside the published estimate, "
            "whose list of studies is not known. Only a study that was first reported later can be added.",
        )
    return None


def _columns(studies: Sequence[NewStudy]) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    if not studies:
        return np.zeros(0), np.zeros(0), ()
    return checked([study.yi for study in studies], [study.vi for study in studies], [study.label for study in studies])


def _given(yi: np.ndarray, vi: np.ndarray, mean: float, se: float, tau: float, level: float, source: str) -> Updated:
    grid = np.array([tau])
    means, sds = bayesian.conditional(yi, vi, grid, mean, se)
    half = float(special().ndtri((1.0 + level) / 2.0))
    centre, own, wide = float(means[0]), float(sds[0]), float(np.hypot(sds[0], tau))
    return Updated(tau, source, centre, own, centre - half * own, centre + half * own, centre - half * wide, centre + half * wide)


def _averaged(yi: np.ndarray, vi: np.ndarray, mean: float, se: float, scale: float, level: float) -> Updated:
    tau, weights = bayesian.tau_grid(scale)
    density = bayesian.log_prior(TauPrior.HALF_NORMAL, tau, scale, vi) + bayesian.log_marginal(yi, vi, tau, mean, se)
    mass = weights * np.exp(density - density.max())
    mass /= mass.sum()
    means, sds = bayesian.conditional(yi, vi, tau, mean, se)
    mu, predicted = Mixture(mass, means, sds), Mixture(mass, means, np.hypot(sds, tau))
    tail = (1.0 - level) / 2.0
    return Updated(
        None, f"average over half-normal({scale:g})", mu.quantile(0.5), mu.sd, mu.quantile(tail), mu.quantile(1.0 - tail),
        predicted.quantile(tail), predicted.quantile(1.0 - tail),
    )  # fmt: skip

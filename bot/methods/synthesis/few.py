"""What leads when there are few studies: words for one, the protocol's choice for two and three. All are computed in any case.

With two trials Knapp and Hartung's interval can span every effect there is (t with one degree of freedom is 12.7): it belongs in an
appendix, not in front of a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from bot.domain.effects import Estimate
from bot.methods.synthesis.bayesian import Posterior, pool_bayesian
from bot.methods.synthesis.options import Interval, Tau2
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.provenance import plain

FEW = 3


@dataclass(frozen=True, slots=True)
class FewStudies:
    """All that is computed for few studies. leads: `trial` (k = 1, in words), `bayesian` or `pooled`."""

    k: int
    leads: str
    knapp_hartung: Estimate
    wald: Estimate
    bayesian: Posterior


def as_kept(found: FewStudies) -> dict[str, Any]:
    """Return what is kept of few studies beside their pooled estimate: {bayesian, knapp_hartung, wald}, plain values."""
    posterior = found.bayesian
    (low, high), (pi_low, pi_high) = posterior.interval, posterior.prediction
    bayesian = {"estimate": posterior.estimate, "ci_low": low, "ci_high": high, "pi_low": pi_low, "pi_high": pi_high,
                "tau": posterior.tau_median, "tau_low": posterior.tau_low, "tau_high": posterior.tau_high, "prior": posterior.prior,
                "level": posterior.level, "inputs_sha256": posterior.inputs_sha256}  # fmt: skip
    others = {name: {"estimate": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high}
              for name, one in (("knapp_hartung", found.knapp_hartung), ("wald", found.wald))}  # fmt: skip
    return plain({"bayesian": bayesian, **others})


def few_studies(
    *,
    yi: ArrayLike,
    vi: ArrayLike,
    labels: Sequence[str] | None = None,
    lead: str = "bayesian",
    method: str = Tau2.REML,
    level: float = 0.95,
) -> FewStudies:
    """Return the estimates for one, two or three studies and which of them leads; lead: the protocol's choice for two and three.

    With more than three studies `pooled` leads.
    """
    knapp_hartung = pool(yi=yi, vi=vi, labels=labels, method=method, interval=Interval.KNAPP_HARTUNG_MAX1, level=level)
    leads = "trial" if knapp_hartung.k == 1 else lead if knapp_hartung.k <= FEW else "pooled"
    wald = pool(yi=yi, vi=vi, labels=labels, method=method, interval=Interval.WALD, level=level)
    return FewStudies(knapp_hartung.k, leads, knapp_hartung, wald, pool_bayesian(yi=yi, vi=vi, labels=labels, level=level))

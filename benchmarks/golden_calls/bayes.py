"""bayesmeta's posteriors and updates of published summaries."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.golden_calls.calls import Call, Unsupported
from bot.methods.synthesis.bayesian import Mixture, TauPrior, pool_bayesian
from bot.methods.synthesis.options import Interval
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.prior import CommonEffectSummary, NewStudy, add_exactly, update_published

PRIORS = {"HN": TauPrior.HALF_NORMAL, "HC": TauPrior.HALF_CAUCHY, "uniform": TauPrior.UNIFORM, "Jeffreys": TauPrior.JEFFREYS}


def bayesmeta(call: Call) -> dict[str, Any]:
    """Posterior of tau, mean and prediction."""
    yi, vi = call.effects()
    name = re.match(r"([A-Za-z]+)([\d.]*)", call.option("tau.prior"))
    if name is None or name.group(1) not in PRIORS:
        raise Unsupported(f"prior {call.option('tau.prior')}")
    mean = re.search(r"mu\.prior=N\((-?[\d.]+),([\d.]+)\^2\)", call.text)
    found = pool_bayesian(
        yi=yi, vi=vi, tau_prior=PRIORS[name.group(1)], tau_scale=float(name.group(2) or 1.0),
        mu_mean=float(mean.group(1)) if mean else 0.0, mu_sd=float(mean.group(2)) if mean else None,
    )  # fmt: skip
    tau = {"median": found.tau_median, "mean": found.tau_mean, "sd": found.tau_sd, "lb": found.tau_low, "ub": found.tau_high}
    return {"tau": tau, "mu": _mixture(found.mu), "theta_pred": _mixture(found.predicted), "p_mu_gt_0": 1.0 - found.mu.below(0.0)}


def _mixture(mixture: Mixture) -> dict[str, float]:
    return {
        "median": mixture.quantile(0.5),
        "mean": mixture.mean,
        "sd": mixture.sd,
        "lb": mixture.quantile(0.025),
        "ub": mixture.quantile(0.975),
    }


def summary_update(call: Call) -> dict[str, Any]:
    """One study more than a published summary: exactly where sums allow it, at the published tau2, and all over again."""
    published, new = call.record["published"], call.record["new"]
    summary = CommonEffectSummary(published["k"], published["mu_FE"], published["se_FE"], published["Q"], published["tau2_DL"])
    exact = add_exactly(summary, yi=new["yi"], vi=new["vi"])
    held = _held(published, new)
    dataset, name = call.record["id"].split("/")[:2]
    inputs = call.record["load"](dataset).get(name)
    if not inputs:
        raise Unsupported("the data set that the summary is of is not there")
    again = pool(yi=inputs["yi"], vi=inputs["vi"], method="DL", interval=Interval.WALD)
    return {
        "FE_exact": {"mu": exact.estimate, "se": exact.se, "Q": exact.q, "Q_df": exact.k - 1},
        "DL_tau2_exact_from_summary": exact.tau2,
        "RE_tau2_held": {"mu": held.estimate, "se": held.se},
        "RE_full_reanalysis": {"mu": again.estimate, "se": again.se, "tau2": again.tau2},
    }


def _held(published: dict[str, float], new: dict[str, float]) -> Any:
    from datetime import date

    from bot.domain.outcomes import PublishedEstimate
    from bot.methods.synthesis.distributions import two_sided_quantile

    half = two_sided_quantile(0.95, None) * published["se_RE"]
    estimate = PublishedEstimate(
        outcome="any", measure="any", estimate=published["mu_RE"], ci_low=published["mu_RE"] - half, ci_high=published["mu_RE"] + half,
        confidence=0.95, k=int(published["k"]), participants=None, window=None, source="golden",
    )  # fmt: skip
    study = NewStudy("new", new["yi"], new["vi"], "any", "lower", date(2001, 1, 1))
    tau = published["tau2_DL"] ** 0.5
    return update_published(published=estimate, favours="lower", searched_until=date(2000, 1, 1), studies=[study], tau=tau).lead


ANSWERS = {"bayesmeta": bayesmeta, "published summary*": summary_update}

"""Compute any kept result again from its frozen inputs: pooled, Bayesian, three levels, from a published estimate, and what stands beside.

What the inputs are, and their hash: provenance.py. Which results are kept, and how they are compared: bot/steps/estimates/reproduce.py.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.methods.synthesis import analyses, bayesian, dependence, few, prior, provenance
from bot.methods.synthesis.pooling import pool_again


def computed_again(content: bytes, *, sha256: str, with_few: bool = False) -> dict[str, Any]:
    """Return the result that rests on frozen inputs, as plain values under the names by which it is kept.

    with_few: with what leads for two or three studies, under `few`. Raises SynthesisError if sha256 is not the hash of the inputs.
    """
    kept = provenance.thawed(content, sha256=sha256)
    if "analysis" in kept:
        return analyses.computed(content, sha256=sha256)
    options = kept["options"]
    if options.get("model") == dependence.MODEL:
        return _three_levels(dependence.multilevel_again(content, sha256=sha256))
    if options["method"] == bayesian.METHOD:
        return _posterior(bayesian.posterior_again(content, sha256=sha256))
    if options["method"] == "published":
        lead, panel = prior.update_again(content, sha256=sha256)
        return provenance.plain({"lead": asdict(lead), "panel": [asdict(one) for one in panel]})
    found = provenance.plain(asdict(pool_again(content, sha256=sha256)))
    if with_few:
        data = {name: kept[name] for name in ("yi", "vi", "labels")}
        found["few"] = few.as_kept(few.few_studies(**data, method=options["method"], level=options["level"]))
    return found


def _posterior(found: bayesian.Posterior) -> dict[str, Any]:
    (low, high), (pi_low, pi_high) = found.interval, found.prediction
    return provenance.plain({
        "estimate": found.estimate, "ci_low": low, "ci_high": high, "pi_low": pi_low, "pi_high": pi_high, "tau": found.tau_median,
        "tau_low": found.tau_low, "tau_high": found.tau_high, "prior": found.prior, "inputs_sha256": found.inputs_sha256})  # fmt: skip


def _three_levels(found: dependence.Multilevel) -> dict[str, Any]:
    return provenance.plain({
        "tests": [asdict(test) for test in found.tests], "sigma2": found.sigma2, "i2": found.i2, "pi_low": found.pi_low,
        "pi_high": found.pi_high, "q": found.q, "log_likelihood": found.log_likelihood, "inputs_sha256": found.inputs_sha256})  # fmt: skip

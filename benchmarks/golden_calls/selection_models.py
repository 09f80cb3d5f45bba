"""selmodel of metafor with a step function."""

from __future__ import annotations

from typing import Any

from benchmarks.golden_calls.calls import Call, Unsupported
from bot.methods.synthesis.selection import Favours, selection_model


def selmodel(call: Call) -> dict[str, Any]:
    """The step-function model."""
    if call.option("type") != "stepfun":
        raise Unsupported(f"selection model of type {call.option('type')}")
    yi, vi = call.effects()
    steps = [step for step in call.numbers("steps") if step < 1.0]
    found = selection_model(yi=yi, vi=vi, favours=Favours(call.option("alternative")), steps=steps, method=call.option("method"))
    return {
        "beta": found.test.estimate, "se": found.test.se, "pval": found.test.p, "tau2": found.tau2, "se_tau2": found.se_tau2,
        "delta": found.probabilities, "se_delta": found.se_probabilities, "LRT": found.ratio, "LRTdf": found.ratio_df,
        "LRTp": found.ratio_p, "logLik": found.log_likelihood,
    }  # fmt: skip


ANSWERS = {"selmodel": selmodel}

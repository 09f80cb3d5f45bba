"""The comparison with golden values notices what is wrong: it is not satisfied by anything that has the right shape."""

from __future__ import annotations

import json

import pytest

from benchmarks.golden import compare_all
from benchmarks.golden_calls.compare import differences

EFFECTS = {"yi": [0.1, 0.5, -0.2, 0.8], "vi": [0.05, 0.02, 0.04, 0.1]}
CALL = "rma(yi,vi,method='DL',test=<test>)"


def record(expected, call=CALL, kind="closed"):
    return {"id": "x/DL", "inputs": "es", "call": call, "kind": kind, "expected": expected}


def walked(tmp_path, *records):
    (tmp_path / "x.json").write_text(json.dumps({"dataset": "x", "inputs": {"es": EFFECTS}, "records": list(records)}))
    return compare_all(tmp_path)


def test_a_right_value_passes_and_a_value_off_in_the_ninth_digit_fails(tmp_path):
    from bot.methods.synthesis.pooling import pool

    tau2 = pool(**EFFECTS, method="DL").tau2
    result = walked(tmp_path, record({"tau2": tau2}), record({"tau2": tau2 * (1 + 1e-9)}))
    assert (result["records"], result["supported"], result["passed"]) == (2, 2, 1)
    assert result["failed"][0]["where"] == "tau2"


def test_a_quantity_that_we_do_not_give_fails_and_a_call_that_we_do_not_know_is_unsupported(tmp_path):
    result = walked(tmp_path, record({"tau9": 1.0}), record({"a": 1.0}, call="rma.glmm(ai,bi)"))
    assert result["unsupported"] == {"no function of ours for rma.glmm": 1}
    assert [failure["where"] for failure in result["failed"]] == ["tau9"]


@pytest.mark.parametrize(
    ("expected", "got"), [(None, 1.0), (1.0, None), (1.0, float("nan")), ("Inf", 3.0), ([1.0, 2.0], [1.0]), (True, False)]
)
def test_missing_infinite_and_short_values_are_told_from_numbers(expected, got):
    assert differences(record({"value": expected}) | {"file_inputs": {}}, {"value": got})


def test_tiny_p_values_are_compared_by_their_logarithm():
    base = record({"pval": 1e-30}, kind="iterative") | {"file_inputs": {}}
    assert not differences(base, {"pval": 1e-30 * (1 + 1e-5)})
    assert differences(base, {"pval": 2e-30})

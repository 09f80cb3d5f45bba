"""Every golden record that we compute agrees with R to the tolerance of its kind; how many we compute at all is held too."""

from __future__ import annotations

import pytest

from benchmarks.golden import compare_all
from tests.shared import shared_path


@pytest.mark.shared
def test_all_supported_golden_records_pass_and_nearly_all_are_supported():
    result = compare_all(shared_path("golden/meta"))
    assert result["failed"] == []
    assert result["supported"] >= 0.98 * result["records"]
    for kind, counts in result["kinds"].items():
        assert counts["passed"] >= 0.9 * counts["records"], kind

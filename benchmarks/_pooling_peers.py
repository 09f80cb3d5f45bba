"""Measure PyMARE and statsmodels on the data given as JSON: run by benchmarks/pooling.py with a Python that has them."""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable


def median_ms(function: Callable[[], object]) -> float:
    """Return the median milliseconds of 30 calls."""
    function()
    times = []
    for _ in range(30):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return round(1000.0 * statistics.median(times), 4)


def main() -> None:
    """Print one JSON object: milliseconds by peer."""
    import numpy as np

    warnings.simplefilter("ignore")
    data = json.loads(sys.argv[1])
    yi, vi = np.array(data["yi"]), np.array(data["vi"])
    found: dict[str, float] = {}
    try:
        from pymare import Dataset
        from pymare.estimators import VarianceBasedLikelihoodEstimator

        def pymare() -> None:
            results = VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(Dataset(yi[:, None], vi[:, None])).summary()
            results.get_fe_stats()
            results.get_re_stats()

        found["pymare_reml_qp"] = median_ms(pymare)
    except ImportError:
        pass
    try:
        from statsmodels.stats.meta_analysis import combine_effects

        # statsmodels has no REML: Paule-Mandel, with its Knapp-Hartung-like interval in the table.
        found["statsmodels_pm"] = median_ms(lambda: combine_effects(yi, vi, method_re="iterated", use_t=True).summary_frame())
    except ImportError:
        pass
    print(json.dumps(found))


main()

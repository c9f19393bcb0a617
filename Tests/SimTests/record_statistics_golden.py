#!/usr/bin/env python3
"""Records what SciPy and statsmodels say about some numbers, for PairedStatisticsTests.

    pip install scipy statsmodels; Tests/SimTests/record_statistics_golden.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

random = np.random.default_rng(20261124)


def interval(values):
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    return {"values": values, "mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def flip(differences):
    # One sample: `samples` flips the signs, all of them, because there are fewer than n_resamples.
    result = stats.permutation_test(
        (np.array(differences),), np.sum, permutation_type="samples", n_resamples=1 << 21, batch=1 << 16)
    return {"differences": differences, "p": float(result.pvalue)}


def holm(values):
    return {"p": values, "corrected": multipletests(values, method="holm")[1].tolist()}


golden = {
    "by": f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
    "quantiles": [{"degrees": n, "t": float(stats.t.ppf(0.975, n))} for n in [1, 2, 3, 4, 5, 6, 7, 10, 19, 30, 63, 200]],
    "intervals": [interval(random.random(n).round(3).tolist()) for n in [2, 3, 5, 20]],
    "flips": [flip(d) for d in [[3, 4], [3, -4, 12], [0, 0, 0], [10, 12, -1, 8, 7], [1, -1, 2, -2, 3]]]
    + [flip(random.integers(-20, 40, n).tolist()) for n in [6, 8, 12, 16, 20]],
    "holm": [holm(p) for p in [[0.03], [0.01, 0.04], [0.04, 0.01, 0.03, 0.005], [0.5, 0.9, 0.5], [0.2, 0.2, 0.01, 1.0]]],
}
path = Path(__file__).parent / "Fixtures/statistics.json"
path.write_text(json.dumps(golden, indent=1) + "\n")

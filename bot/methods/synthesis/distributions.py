"""The normal, t, F and chi-squared distributions, and checks of levels. Statistics that follow them: the files that call this one.

SciPy's special functions are imported at the first call: importing bot.methods.synthesis stays quick.
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import ModuleType

from bot.errors import SynthesisError


@lru_cache(maxsize=1)
def special() -> ModuleType:
    """Return scipy.special, imported when it is first needed."""
    import scipy.special

    return scipy.special


def check_level(level: float) -> float:
    """Return level; raises SynthesisError unless 0 < level < 1."""
    if not 0.0 < level < 1.0:
        raise SynthesisError(f"level = {level!r}; must lie between 0 and 1. For a 95 % interval give 0.95.")
    return float(level)


@lru_cache(maxsize=256)
def two_sided_quantile(level: float, df: float | None) -> float:
    """Return the (1 + level) / 2 quantile of t with df degrees of freedom, of the normal for df None."""
    upper = (1.0 + level) / 2.0
    if df is None:
        return float(special().ndtri(upper))
    return float(special().stdtrit(df, upper))


def two_sided_p(statistic: float, df: float | None) -> float:
    """Return the two-sided p of a statistic under t with df degrees of freedom, under the normal for df None."""
    if df is None:
        return math.erfc(abs(statistic) / math.sqrt(2.0))
    return 2.0 * float(special().stdtr(df, -abs(statistic)))


def chi_squared_p(statistic: float, df: float) -> float:
    """Return the upper tail of chi-squared with df degrees of freedom; 1 for df = 0."""
    if df <= 0:
        return 1.0
    return float(special().chdtrc(df, max(statistic, 0.0)))


@lru_cache(maxsize=256)
def chi_squared_quantile(upper_tail: float, df: float) -> float:
    """Return the value that chi-squared with df degrees of freedom exceeds with probability upper_tail."""
    return float(special().chdtri(df, upper_tail))


def f_p(statistic: float, df1: float, df2: float) -> float:
    """Return the upper tail of F with df1 and df2 degrees of freedom."""
    return float(special().fdtrc(df1, df2, statistic))

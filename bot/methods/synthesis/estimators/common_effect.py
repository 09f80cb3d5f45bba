"""No variance between studies: the common-effect model (also called fixed effect, equal effects)."""

from __future__ import annotations

import math

from bot.methods.synthesis.problem import Problem

NAME = "EE"
LABEL = "common effect"
SOURCE = "Inverse-variance weighting; Birge 1932, Cochran 1954"


def tau2(problem: Problem) -> float:
    """Return 0: this model has no variance between studies."""
    return 0.0


def se_tau2(problem: Problem, tau2: float) -> float:
    """Return nan: nothing is estimated."""
    return math.nan

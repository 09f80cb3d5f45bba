"""Estimators of tau2, one file each; a new file here is found by itself. How they enter a model: bot/methods/synthesis/pooling.py.

A file has NAME (as the protocol writes it), LABEL, SOURCE, `tau2(problem) -> float` (>= 0, squared units of the effects) and
`se_tau2(problem, tau2) -> float` (its asymptotic standard error, nan where there is none).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import Protocol, cast

from bot.errors import SynthesisError
from bot.methods.synthesis.problem import Problem


class Estimator(Protocol):
    """What a file of this folder offers."""

    NAME: str
    LABEL: str
    SOURCE: str

    def tau2(self, problem: Problem) -> float:
        """Return tau2."""
        ...

    def se_tau2(self, problem: Problem, tau2: float) -> float:
        """Return the standard error of tau2."""
        ...


@lru_cache(maxsize=1)
def all_estimators() -> dict[str, Estimator]:
    """Return every estimator by name."""
    found = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {module.NAME: cast(Estimator, module) for module in found}


def by_name(name: str) -> Estimator:
    """Return the estimator called `name`; raises SynthesisError that lists those there are."""
    estimators = all_estimators()
    if name not in estimators:
        raise SynthesisError(f"There is no estimator of tau² called {name!r}. There are: {', '.join(sorted(estimators))}.")
    return estimators[name]

"""Answer the R calls of golden records with our own functions, one file per family of calls. The walk over records: benchmarks/golden.py."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from benchmarks.golden_calls.calls import Call, Unsupported

__all__ = ["Unsupported", "answer"]

Handler = Callable[[Call], dict[str, Any]]


@lru_cache(maxsize=1)
def handlers() -> dict[str, Handler]:
    """Return the function that answers each R function; a file of this folder lists its own in ANSWERS."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {name: handler for module in modules for name, handler in getattr(module, "ANSWERS", {}).items()}


def answer(record: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what we compute for a record; raises Unsupported with the reason if we do not."""
    call = Call(record, inputs)
    known = handlers()
    name = next((name for name in sorted(known, key=len, reverse=True) if call.function == name), None)
    if name is None:
        name = next(
            (name for name in sorted(known, key=len, reverse=True) if name.endswith("*") and call.text.startswith(name[:-1])),
            None,
        )
    if name is None:
        raise Unsupported(f"no function of ours for {call.function}")
    return known[name](call)

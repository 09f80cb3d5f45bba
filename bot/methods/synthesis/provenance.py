"""Where an estimate comes from: its frozen inputs, their hash, and the software; and computing it again. The ledger: bot/bulletin."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np

from bot.errors import SynthesisError
from bot.methods.synthesis.problem import Array

VERSION = "1"


@lru_cache(maxsize=1)
def software() -> str:
    """Return what computes: our synthesis, NumPy, SciPy and Python, with their versions."""
    import scipy

    return f"perennial synthesis {VERSION}; numpy {np.__version__}; scipy {scipy.__version__}; python {platform.python_version()}"


def frozen(*, yi: Array, vi: Array, labels: Sequence[str], options: dict[str, Any]) -> bytes:
    """Return inputs and options as canonical JSON: sorted keys, shortest decimals that give the same doubles back."""
    content = {"labels": list(labels), "options": options, "vi": vi.tolist(), "yi": yi.tolist()}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def fingerprint(content: bytes) -> str:
    """Return the SHA-256 of frozen inputs, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def thawed(content: bytes, *, sha256: str) -> dict[str, Any]:
    """Return frozen inputs as they were; raises SynthesisError if they are not those that sha256 names."""
    found = fingerprint(content)
    if found != sha256:
        raise SynthesisError(
            f"The frozen inputs have the hash {found}, the estimate names {sha256}; they are not the inputs of this estimate."
        )
    return json.loads(content)


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: arrays and tuples as lists, numbers that are not finite as None."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.value if isinstance(value, StrEnum) else value

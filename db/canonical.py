"""One way of writing values down, so that a sum over them is the same whatever database they come back from."""

from __future__ import annotations

import json
from typing import Any


def canonical(value: Any) -> bytes:
    """Return a value of JSON as bytes: keys in order, numbers without regard to 1.0 and 1, which Postgres does not tell apart."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return value

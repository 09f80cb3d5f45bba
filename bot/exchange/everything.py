"""All that a review holds as one JSON object, keys sorted: the format that loses nothing."""

from __future__ import annotations

import json
from dataclasses import asdict

from bot.domain.holdings import Holdings


def everything(held: Holdings) -> str:
    """Return the JSON text; dates as ISO 8601, numbers with every digit."""
    return json.dumps({"format": "perennial-1", **asdict(held)}, sort_keys=True, ensure_ascii=False, indent=1, default=str)

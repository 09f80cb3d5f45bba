"""Where the material beside the project lies (sample exports, golden values, labelled data). Absent: the test is skipped, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_path(name: str) -> Path:
    """Return the path of `name` in the shared folder; skip the calling test visibly where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared/{name} is not beside this checkout")
    return path

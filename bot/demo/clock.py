"""A clock that stands at a date of the demonstration and goes on from there; between its months it jumps."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta


class DemoClock:
    """Call it for the time: aware UTC, running as fast as the real one, from wherever it was set last."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._set(start)

    def __call__(self) -> datetime:
        """Return the time now."""
        with self._lock:
            return self._start + timedelta(seconds=time.monotonic() - self._begun)

    def jump_to(self, moment: datetime) -> None:
        """Go forward to `moment`; never back."""
        if moment > self():
            with self._lock:
                self._set(moment)

    def _set(self, start: datetime) -> None:
        self._start, self._begun = start, time.monotonic()

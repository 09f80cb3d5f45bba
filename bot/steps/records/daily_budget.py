"""Keep the daily budget of a service that counts money, for all processes together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from db import budgets
from db.session import Database


def daily_budget(database: Database, *, service: str, daily_usd: float, clock: Callable[[], datetime]) -> Callable[[int], str]:
    """Return what is asked before each call: it counts the cost (millionths of a US dollar) and returns "", or says why not to call."""
    def spend(micro_usd: int) -> str:
        day = clock().date()
        with database.writing(by=f"system:{service}") as session:
            before = budgets.spent(session, service, day)
            if micro_usd > 0 and before + micro_usd > daily_usd * 1e6:
                return f"the budget of {service} for {day} is spent: ${before / 1e6:.4f} of ${daily_usd:.2f}"
            budgets.add(session, service, day, micro_usd)
            return ""
    return spend

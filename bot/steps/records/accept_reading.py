"""A person says that a source reads the strategy rightly although it reads it otherwise than before; then the search goes on."""

from __future__ import annotations

from datetime import datetime

from bot.errors import NotFoundError
from db import events, searches
from db.session import Database


def accept_reading(*, database: Database, review_id: int, cycle_id: int, source: str, by: str, now: datetime) -> str:
    """Accept how a source read its strategy in its latest run of a cycle, and return that reading. Raises NotFoundError."""
    with database.writing(by=by) as session:
        run = searches.latest_run(session, cycle_id, source)
        if run is None or not run.as_sent:
            raise NotFoundError(f"{source} was not searched in this cycle; there is no reading to accept")
        reading = searches.first_part(session, run.id)["reading"]
        events.note(session, review_id=review_id, kind=searches.ACCEPTED, subject=f"source:{source}",
                    data={"strategy_sha256": run.strategy_sha256, "reading": reading, "run": run.id}, at=now)
        return reading

"""One month's new records against all that a database knows, by the step itself: for benchmarks/dedup.py. The rules: bot/methods/dedup."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.domain.records import Record
from bot.methods.dedup.keys import keys_of
from bot.steps.records.deduplicate import deduplicate
from db import records, reviews
from db.merges import FIRST, MergeRow
from db.record_keys import RecordKeyRow
from db.records import RecordRow, ReportRow
from db.session import Database

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BY = "system:bench"
PAGE = 5_000


def month_in_a_database(known: Sequence[Record], new: Sequence[Record]) -> dict[str, Any]:
    """Return how long the step takes for `new` in a SQLite database where each of `known` is a report of its own: seconds, and of processor."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'month.sqlite'}")
        database.create_all()
        review_id = _filled(database, known)
        with database.writing(by=BY) as session:
            records.store(session, review_id=review_id, records=new, at=NOW)
        # What the benchmark itself holds in memory is no garbage that the step would have to look through.
        gc.freeze()
        start, used = time.perf_counter(), time.process_time()
        account = deduplicate(database=database, review_id=review_id, by=BY, now=NOW)
        seconds, processor = time.perf_counter() - start, time.process_time() - used
        gc.unfreeze()
        database.close()
    return {"known": len(known), "new": account.records, "joined": account.duplicates, "questions": account.questions,
            "seconds": round(seconds, 3), "processor_seconds": round(processor, 3)}


def _filled(database: Database, known: Sequence[Record]) -> int:
    with database.writing(by=BY) as session:
        review_id = reviews.ensure(session, slug="bench", title="A benchmark", at=NOW).id
    for start in range(0, len(known), PAGE):
        rows = list(enumerate(known[start : start + PAGE], start=start + 1))
        with database.writing(by=BY) as session:
            session.execute(insert(ReportRow), [
                {"id": number, "review_id": review_id, "title": one.title, "fields": records.as_fields(one), "created_at": NOW}
                for number, one in rows])
            session.execute(insert(RecordRow), [
                {"id": number, "review_id": review_id, "source": "known", "identity": str(number), "report_id": number,
                 "fields": records.as_fields(one), "seen_at": NOW} for number, one in rows])
            session.execute(insert(MergeRow), [
                {"review_id": review_id, "record_id": number, "report_id": number, "reason": FIRST, "score": 1.0, "by": BY, "at": NOW}
                for number, _ in rows])
            session.execute(insert(RecordKeyRow), [
                {"record_id": number, "kind": kind, "value": value, "review_id": review_id}
                for number, one in rows for kind, value in sorted(set(keys_of(one)))])
    return review_id

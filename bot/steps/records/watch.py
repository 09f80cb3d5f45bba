"""Ask one source, for one cycle, for notices about everything that screening let in: a row in the ledger, a row and an event for each notice.

Each answer is kept in a transaction of its own; asking again finds what is known already. What a notice does: bot/steps/studies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.notices import Notice
from bot.domain.protocols import SourcePlan
from bot.errors import SourceError
from bot.sources import Paper, Watch
from bot.steps.records.screened_in import ScreenedIn, screened_in
from bot.steps.records.search import SearchAccount, account, asking, begin_run, subject
from bot.telemetry import logger, redact
from db import events, notices, searches
from db.searches import SearchRunRow
from db.session import Database

log = logger("watch")


def watch(*, database: Database, review_id: int, cycle_id: int, source: Watch, plan: SourcePlan, by: str, now: datetime) -> SearchAccount:
    """Ask a source for notices and return what came of it; one that was asked in this cycle is not asked again.

    In the account, hits are notices, new ones those that were not known, missing the papers that the source does not know.
    """
    run = begin_run(database, review_id, cycle_id, plan, by, now)
    if run.state == "ok":
        return account(run)
    with database.reading() as session:
        wanted = screened_in(session, review_id)
    told, unknown = 0, 0
    try:
        for start in range(0, len(wanted), source.batch):
            part = wanted[start:start + source.batch]
            found = asking(source, lambda part=part: source.notices(tuple(one.paper for one in part)))
            told += _keep(database, run, part, found, by, now)
            unknown += sum(one.paper not in found for one in part)
    except SourceError as error:
        return _end(database, run, source, asked=len(wanted), told=told, unknown=0, error=redact(str(error)), by=by, now=now)
    return _end(database, run, source, asked=len(wanted), told=told, unknown=unknown, error="", by=by, now=now)


def _keep(database: Database, run: SearchRunRow, part: Sequence[ScreenedIn], found: Mapping[Paper, tuple[Notice, ...]], by: str,
          now: datetime) -> int:
    """Keep what a source said about some papers, and return how many notices that is."""
    with database.writing(by=by) as session:
        told = [(one, notice) for one in part for notice in found.get(one.paper, ())]
        new = sum(notices.keep(session, review_id=run.review_id, report_id=one.report_id, study_id=one.study_id, notice=notice, at=now)
                  for one, notice in told)
        searches.run(session, run.id).new += new
        return len(told)


def _end(database: Database, run: SearchRunRow, source: Watch, *, asked: int, told: int, unknown: int, error: str, by: str,
         now: datetime) -> SearchAccount:
    with database.writing(by=by) as session:
        row = searches.run(session, run.id)
        row.as_sent = row.as_understood = f"notices about {asked} papers: all that screening let in, and those of the starting data"
        row.address, row.hits, row.fetched, row.failed, row.listed = source.address, told, told, unknown, not error
        row.state, row.error, row.finished_at = ("failed" if error else "ok"), error, now
        row.warnings = [f"{unknown} of {asked} papers are not known to it"] if unknown else []
        events.note(session, review_id=row.review_id, kind=f"watch.{row.state}", subject=subject(row), at=now,
                    data={"source": row.source, "papers": asked, "notices": told, "new": row.new, "unknown": unknown, "error": error})
    if error:
        log.error("a source failed", source=row.source, error=error)
    return account(row)

"""Look up where what titles and abstracts let in can be read without paying: Unpaywall by DOI, PubMed Central by its number.

Each answer is kept in a transaction of its own. A source that fails is never taken for "none": it is asked again, hours later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.full_texts import FullTextLink
from bot.domain.records import Record
from bot.errors import SourceError
from bot.steps.records.screened_in import screened_in
from bot.telemetry import logger, redact
from db import events, full_texts, records, retrievals
from db.session import Database

PMC, PMC_ADDRESS = "pmc", "https://pmc.ncbi.nlm.nih.gov/articles/"
FAILED = "full_texts.failed"
# A copy may become free later; a source that failed is left alone for a while.
AGAIN, PATIENCE = timedelta(days=30), timedelta(hours=6)
log = logger("full_texts")


class FreeCopies(Protocol):
    """Who knows where a paper can be read without paying."""

    name: str

    def links(self, doi: str) -> tuple[FullTextLink, ...]:
        """Return the free copies, the best first. Raises SourceError where that is not known."""
        ...


def look_up(*, database: Database, review_id: int, source: FreeCopies | None, by: str, now: datetime) -> int:
    """Ask about every report that was screened in and not asked about lately, and return how many links are new.

    source None: nobody left an address for Unpaywall; then PubMed Central alone is named, which needs no request.
    """
    new = _name_pmc(database, review_id, by, now)
    if source is None or _failed_lately(database, review_id, now):
        return new
    for report_id, record in _waiting(database, review_id, source.name, now - AGAIN):
        if not record.doi:
            continue
        try:
            found = source.links(record.doi)
        except SourceError as error:
            _note_failure(database, review_id, source.name, redact(str(error)), by, now)
            return new
        new += _keep(database, review_id, report_id, source.name, found, by, now)
    return new


def _name_pmc(database: Database, review_id: int, by: str, now: datetime) -> int:
    here = [(report_id, record.pmcid) for report_id, record in _waiting(database, review_id, PMC, now - AGAIN) if record.pmcid]
    return sum(_keep(database, review_id, report_id, PMC, (FullTextLink(PMC, f"{PMC_ADDRESS}{number}/"),), by, now)
               for report_id, number in here)


def _waiting(database: Database, review_id: int, source: str, since: datetime) -> list[tuple[int, Record]]:
    with database.reading() as session:
        wanted = {one.report_id for one in screened_in(session, review_id) if one.report_id is not None}
        wanted |= set(retrievals.to_assess(session, review_id))
        wanted -= full_texts.asked_since(session, review_id, source, since)
        return [(one, records.as_record(records.report(session, one))) for one in sorted(wanted)]


def _failed_lately(database: Database, review_id: int, now: datetime) -> bool:
    with database.reading() as session:
        return any(row.at > now - PATIENCE for row in events.of_kind(session, review_id, FAILED))


def _keep(database: Database, review_id: int, report_id: int, source: str, found: tuple[FullTextLink, ...], by: str, now: datetime) -> int:
    with database.writing(by=by) as session:
        new = full_texts.keep(session, review_id=review_id, report_id=report_id, source=source, links=found, at=now)
        events.note(session, review_id=review_id, kind="full_texts.looked_up", subject=f"report:{report_id}", at=now,
                    data={"source": source, "links": len(found), "new": new})
        return new


def _note_failure(database: Database, review_id: int, source: str, error: str, by: str, now: datetime) -> None:
    log.error("a source failed", source=source, error=error)
    with database.writing(by=by) as session:
        events.note(session, review_id=review_id, kind=FAILED, subject=f"source:{source}", data={"error": error}, at=now)

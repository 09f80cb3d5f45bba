"""Write all that a review holds as files that other programs read: nobody is locked in. What is gathered: gather.py; formats: bot/exchange."""

from __future__ import annotations

from datetime import datetime

from bot.domain.holdings import Holdings
from bot.domain.protocols import Protocol
from bot.errors import NotFoundError
from bot.exchange.everything import everything
from bot.exchange.revman import revman
from bot.exchange.ris import ris
from bot.exchange.tables import columns_of, effects_table, table
from bot.steps.exchange.gather import gather
from db.effects import USABLE
from db.session import Database

MEDIA = {"csv": "text/csv; charset=utf-8", "ris": "application/x-research-info-systems; charset=utf-8", "rm5": "application/xml",
         "json": "application/json"}
FILES = {
    "effects.csv": "One row per effect, ready for metafor: every number as entered, its formula, who stands behind it",
    "studies.csv": "One row per study, with its identifiers and state",
    "missing-results.csv": "Outcomes and windows that a study measured or planned and gives no usable number for, and what is known",
    "differences.csv": "What a verifier read otherwise than was extracted, field by field, and how it was settled",
    "risk-of-bias.csv": "Signed appraisals, domain by domain",
    "votes.csv": "Votes of closed rounds",
    "records.ris": "Every report, with what was decided on it as notes",
    "review.rm5": "Studies and effects for RevMan",
    "everything.json": "All of it, and the estimates with their inputs",
}


def move_out(*, database: Database, review_id: int, protocol: Protocol, now: datetime,
             names: tuple[str, ...] = tuple(FILES)) -> dict[str, bytes]:
    """Return file name → content, all of one moment. Raises NotFoundError for a name that is not among FILES."""
    if strange := set(names) - set(FILES):
        raise NotFoundError(f"There is no export called {min(strange)[:60]!r}; there are: {', '.join(FILES)}.")
    with database.reading() as session:
        held = gather(session, review_id=review_id, protocol=protocol, now=now)
    return {name: _write(name, held, protocol) for name in names}


def media_type(name: str) -> str:
    """Return what a browser is told that a file is."""
    return MEDIA[name.rsplit(".", 1)[1]]


def _write(name: str, held: Holdings, protocol: Protocol) -> bytes:
    if name == "review.rm5":
        standing = [row for row in held.effects if row["state"] in USABLE]
        return revman(title=protocol.title, studies=held.studies, effects=standing, outcomes=held.outcomes,
                      arms=(protocol.intervention, protocol.comparator))
    if name == "records.ris":
        return ris(held.reports).encode()
    if name == "everything.json":
        return everything(held).encode()
    if name == "effects.csv":
        return effects_table(held.effects).encode()
    flat = [{**row, **row["domains"]} for row in held.appraisals]
    rows = {"studies.csv": held.studies, "missing-results.csv": held.statements, "differences.csv": held.differences,
            "risk-of-bias.csv": flat, "votes.csv": held.votes}[name]
    return table(columns_of(rows), rows).encode()

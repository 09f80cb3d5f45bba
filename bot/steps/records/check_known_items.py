"""Run a strategy without its days against the items that the source has: one that it misses is an alarm. Only for sources with an interface.

The items are asked for by number first: what the source does not have under that number says nothing about the strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.domain.known_items import KnownItem, Recall, recall
from bot.domain.protocols import SourcePlan
from bot.errors import PerennialError
from bot.sources import Source, Window
from bot.telemetry import logger, redact
from db import events
from db.searches import SearchRunRow
from db.session import Database

CHECKED = "search.known_items"
# How a strategy is narrowed to some numbers, by the syntax it is written in; others cannot be asked by a program.
NUMBERS = {"pubmed": "{id}[uid]"}
log = logger("known-items")


def check_known_items(*, database: Database, run: SearchRunRow, source: Source, plan: SourcePlan, items: Sequence[KnownItem], by: str,
                      now: datetime) -> Recall | None:
    """Return what the strategy found of the items of this source, and note it in the audit; None if there are none, or it could not be asked.

    That it could not be asked is noted as well, and fails no search: the records of the window are here.
    """
    mine = [one for one in items if one.source == plan.name]
    if not mine or plan.strategy_syntax not in NUMBERS:
        return None
    numbers = " OR ".join(NUMBERS[plan.strategy_syntax].format(id=one.id) for one in mine)
    window = Window(None, date.fromisoformat(run.window_to))
    try:
        there = set(source.ask(numbers, window).ids)
        found = set(source.ask(f"({plan.strategy}) AND ({numbers})", window).ids) if there else set()
    except PerennialError as error:
        _note(database, run, None, redact(str(error)), by, now)
        log.error("the known items could not be asked for", source=plan.name, error=redact(str(error)))
        return None
    checked = recall(mine, there=there, found=found)
    _note(database, run, checked, "", by, now)
    return checked


def _note(database: Database, run: SearchRunRow, checked: Recall | None, error: str, by: str, now: datetime) -> None:
    data = {"source": run.source, "error": error} if checked is None else {
        "source": run.source, "error": "", "sentence": checked.sentence, "found": [one.id for one in checked.found],
        "missed": [one.id for one in checked.missed], "absent": [one.id for one in checked.absent]}
    subject = f"search_run:{run.id}"
    with database.writing(by=by) as session:
        # A run that was interrupted here asks again when it is taken up: the same answer is one event.
        if not any(one.kind == CHECKED and one.data == data for one in events.of_subject(session, subject)):
            events.note(session, review_id=run.review_id, kind=CHECKED, subject=subject, data=data, at=now)

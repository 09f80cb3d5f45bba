"""The ledger of searches as rows: each run of a source with an interface, each file of one without. Written by search.py and import_file.py."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bot.bulletin.search_appendix import LedgerRow
from bot.domain.protocols import Protocol, SourcePlan
from bot.steps.records.check_known_items import CHECKED
from bot.telemetry import redact
from db import events, reviews, searches
from db.searches import FileImportRow, SearchRunRow
from db.session import Database


def ledger(*, database: Database, review_id: int, protocol: Protocol) -> list[LedgerRow]:
    """Return every search of a review, oldest first. Of a file: the strategy that the protocol gives to be pasted, as it stands now."""
    plans = {plan.name: plan for plan in (*protocol.sources, *protocol.planned_sources)}
    with database.reading() as session:
        periods = {cycle.id: cycle.period for cycle in reviews.cycles(session, review_id)}
        runs = [run for cycle_id in periods for run in searches.runs_of_cycle(session, cycle_id)]
        files = list(searches.imports(session, review_id))
        checked = {event.subject: str(event.data.get("sentence") or "") for event in events.of_kind(session, review_id, CHECKED)}
    rows = [replace(_of_run(run, plans.get(run.source), periods[run.cycle_id]), known_items=checked.get(f"search_run:{run.id}", ""))
            for run in runs]
    rows += [_of_file(one, plans.get(one.source), periods.get(one.cycle_id or 0, "")) for one in files]
    return sorted(rows, key=lambda row: (row.time, row.source, row.attempt))


def _of_run(run: SearchRunRow, plan: SourcePlan | None, period: str) -> LedgerRow:
    return LedgerRow(
        source=run.source, **_words(run.source, plan), cycle=period, attempt=run.attempt, kind=run.kind, state=run.state,
        time=f"{run.started_at:%Y-%m-%d %H:%M:%S}", window_from=run.window_from, window_to=run.window_to, hits=run.hits, fetched=run.fetched,
        new=run.new, failed=run.failed, strategy=redact(run.as_sent), understood=run.as_understood, address=redact(run.address),
        strategy_sha256=run.strategy_sha256, file="", file_sha256="", file_format="", error=run.error,
        warnings="; ".join(map(str, run.warnings)), software=run.software)


def _of_file(one: FileImportRow, plan: SourcePlan | None, period: str) -> LedgerRow:
    strategy = plan.strategy if plan else ""
    return LedgerRow(
        source=one.source, **_words(one.source, plan), cycle=period, attempt=1, kind="file", state="ok" if one.format else "failed",
        time=f"{one.at:%Y-%m-%d %H:%M:%S}", window_from="", window_to=f"{one.at:%Y-%m-%d}", hits=None, fetched=one.read, new=one.new,
        failed=len(one.refused), strategy=plan.strategy_text if plan else "", understood="", address="",
        strategy_sha256=hashlib.sha256(strategy.encode()).hexdigest() if strategy else "", file=one.name, file_sha256=one.sha256,
        file_format=one.format, error="" if one.format else str(one.refused[0]["reason"]) if one.refused else "was not understood", warnings="",
        software="")


def _words(source: str, plan: SourcePlan | None) -> dict[str, str]:
    if plan is None:
        return {"label": source, "platform": "", "strategy_state": "", "strategy_author": "", "peer_reviewer": ""}
    return {"label": plan.label, "platform": plan.platform, "strategy_state": plan.strategy_state, "strategy_author": plan.strategy_author,
            "peer_reviewer": plan.strategy_reviewer}

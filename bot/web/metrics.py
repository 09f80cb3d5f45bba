"""What there is to watch, in the text format of Prometheus (version 0.0.4). Rules for alerts: deploy/alerts.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.app import App
from db import bulletins, events, outbox, reviews, searches

HELP = {
    "perennial_cycle_begun_timestamp_seconds": "When the latest cycle of a review began.",
    "perennial_cycle_failed_sources": "Sources that failed in the latest cycle, after their last try.",
    "perennial_searched_to_timestamp_seconds": "The day to which a source was searched without fault.",
    "perennial_bulletins_published": "Bulletins that a review has published.",
    "perennial_mails": "Mails by state; unsure and failed ones wait for a person.",
    "perennial_mails_held": "1 if no mail goes out until an operator says so.",
    "perennial_audit_events": "Events in the audit.",
}
Sample = tuple[str, dict[str, str], float]


def metrics(app: App) -> str:
    """Return all samples, each kind with its explanation."""
    samples = list(_samples(app))
    lines = []
    for name, text in HELP.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        lines += [_line(*sample) for sample in samples if sample[0] == name]
    return "\n".join(lines) + "\n"


def _samples(app: App) -> Iterable[Sample]:
    with app.database.reading() as session:
        for row in reviews.all_reviews(session):
            if row.slug not in app.protocols:
                continue
            of = {"review": row.slug}
            latest = reviews.latest_cycle(session, row.id)
            if latest is not None:
                final = {run.source: run.state for run in searches.runs_of_cycle(session, latest.id)}
                yield "perennial_cycle_begun_timestamp_seconds", of, latest.started_at.timestamp()
                yield "perennial_cycle_failed_sources", of, sum(state == "failed" for state in final.values())
            for source, day in searches.searched_to(session, row.id).items():
                moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
                yield "perennial_searched_to_timestamp_seconds", of | {"source": source}, moment.timestamp()
            yield "perennial_bulletins_published", of, len(bulletins.published(session, row.id))
        for state, count in outbox.counts(session).items():
            yield "perennial_mails", {"state": state}, count
        yield "perennial_mails_held", {}, 1 if outbox.held(session) else 0
        yield "perennial_audit_events", {}, events.count(session)


def _line(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:.17g}" if inside else f"{name} {value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""A site with as many records as a benchmark wants, each a report of its own: what cycle.py and backup.py begin with."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SLUG, BY = "digital-peer-support", "system:benchmark"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
AT_A_TIME = 2000
SUBJECTS = ("depression", "anxiety", "psychosis", "bipolar disorder", "postnatal depression", "depression and anxiety")
SYLLABLES = ("ba", "den", "fo", "gar", "hel", "im", "ko", "lar", "men", "no", "pir", "qua", "ros", "sel", "tur", "vin")
WORDS = tuple(a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES)
PLACES = ("forum", "chat group", "app", "social network", "video call", "message board")


def citation(number: int) -> dict[str, Any]:
    """Return a citation as the stand-in for PubMed takes it."""
    subject, place = SUBJECTS[number % len(SUBJECTS)], PLACES[number // 8 % len(PLACES)]
    # Titles of one field share some words and differ in most, as real ones do.
    words = random.Random(number).sample(WORDS, 7)
    title = f"{' '.join(words[:4]).capitalize()} and online peer support for {subject}: {' '.join(words[4:])} in a randomized controlled trial"
    return {"pmid": str(20_000_000 + number), "title": title, "abstract": f"BACKGROUND: {subject}.\nMETHODS: {number % 500 + 20} adults were "
            f"randomly assigned to a digital peer support {place} or to a waiting list.\nRESULTS: Symptoms of {subject} changed.",
            "entered": f"2026-{number % 10 + 1:02d}-{number % 28 + 1:02d}", "year": str(1990 + number % 36),
            "journal": f"Journal of Tests {number % 300}", "authors": [f"Author{number} A", f"Other{number % 5000} B"],
            "doi": f"10.5555/test.{number}"}


def app_of(home: Path, url: str) -> Any:
    """Return the application around a site; its clock stands still."""
    from bot import app, settings

    return app.build(settings.load(home=home, database=url, reviews=SLUG), clock=lambda: NOW)


def make_site(home: Path, url: str, there: int) -> None:
    """Make the review with its team, and give it the records that it has already, each as a report of its own."""
    from bot import paths
    from bot.steps import cycle
    from bot.steps.people.join import join
    from db.schema import ready

    app = app_of(home, url)
    ready(app.database, paths.migrations())
    review_id = cycle.state(app.database, protocol=app.protocols[SLUG], by=BY, now=NOW).review_id
    for name, role in (("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "third_reviewer"), ("Edda", "editor")):
        join(database=app.database, review_id=review_id, name=name, email=f"{name.lower()}@example.org", role=role, by=BY, now=NOW)
    for first in range(0, there, AT_A_TIME):
        _have(app.database, review_id, range(first, min(first + AT_A_TIME, there)))
    app.database.close()


def _have(database: Any, review_id: int, numbers: range) -> None:
    from sqlalchemy import insert

    from bot.domain.records import Record
    from bot.methods.dedup.keys import keys_of
    from db import records
    from db.record_keys import RecordKeyRow

    given = [(number, citation(number)) for number in numbers]
    made = [(number + 1, Record(source="pubmed", source_id=one["pmid"], pmid=one["pmid"], doi=one["doi"], title=one["title"],
                                year=int(one["year"]), abstract=one["abstract"], authors=tuple(one["authors"]), journal=one["journal"]))
            for number, one in given]
    common = {"review_id": review_id}
    with database.writing(by=BY) as session:
        session.execute(insert(records.ReportRow), [common | {"id": key, "title": one.title, "fields": records.as_fields(one), "created_at": NOW}
                                                    for key, one in made])
        session.execute(insert(records.RecordRow), [common | {
            "id": key, "source": "pubmed", "identity": one.source_id, "report_id": key, "fields": records.as_fields(one), "seen_at": NOW}
            for key, one in made])
        session.execute(insert(RecordKeyRow), [common | {"record_id": key, "kind": kind, "value": value}
                                                       for key, one in made for kind, value in keys_of(one)])

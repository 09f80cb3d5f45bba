"""A site with as many records as a benchmark wants, all decided in earlier months: what cycle.py and backup.py begin with."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SLUG, BY = "digital-peer-support", "system:benchmark"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
AT_A_TIME = 2000
INCLUDED_EVERY = 100
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
    """Make the review with its team, and give it the records that it has already: in past months, each judged by two people.

    One in a hundred of them was included, and is a study of its own.
    """
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
        numbers = range(first, min(first + AT_A_TIME, there))
        have(app.database, review_id, numbers)
        _decided(app.database, review_id, numbers)
    _count_on(app.database)
    app.database.close()


def _count_on(database: Any) -> None:
    """Let Postgres give the next row the number behind those that were given by hand; SQLite does by itself."""
    from sqlalchemy import text

    with database.writing(by=BY) as session:
        if session.connection().dialect.name == "postgresql":
            for table in ("report", "record", "study", "assignment"):
                last = f"(select coalesce(max(id), 0) + 1 from {table})"
                session.execute(text(f"select setval(pg_get_serial_sequence('{table}', 'id'), {last}, false)"))


def have(database: Any, review_id: int, numbers: range) -> None:
    """Give a review these records, each as a report of its own, with ids from 1 on."""
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


def _decided(database: Any, review_id: int, numbers: range) -> None:
    """Let two people have judged these records in a month of their own."""
    from sqlalchemy import insert

    from db import people, reviews
    from db.decisions import DecisionRow
    from db.rounds import AssignmentRow, RoundItemRow, RoundRow
    from db.screening import ResolutionRow
    from db.studies import StudyReportRow, StudyRow

    month, first = numbers.start // AT_A_TIME, numbers.start
    at = NOW - timedelta(days=365 * 20 - 30 * month)
    verdicts = {number + 1: "include" if number % INCLUDED_EVERY == 0 else "exclude" for number in numbers}
    of_review: dict[str, Any] = {"review_id": review_id}
    with database.writing(by=BY) as session:
        version = reviews.current_protocol_version(session, review_id).id
        cycle = reviews.begin_cycle(session, review_id=review_id, period=f"before-{month:04d}", protocol_version_id=version, at=at)
        cycle.state = "published"
        one = RoundRow(review_id=review_id, cycle_id=cycle.id, protocol_version_id=version, number=month + 1, stage="title_abstract",
                       rules={"mode": "two"}, begun_at=at, due_at=at, opened_at=at, closed_at=at)
        session.add(one)
        session.flush()
        in_round = of_review | {"round_id": one.id}
        session.execute(insert(RoundItemRow), [in_round | {"report_id": key, "state": "settled"} for key in verdicts])
        session.execute(insert(ResolutionRow), [in_round | {
            "report_id": key, "verdict": verdict, "basis": "agreed", "criterion": _criterion(verdict), "at": at, "final_at": at}
            for key, verdict in verdicts.items()])
        for turn, person in enumerate(people.members(session, review_id, "reviewer")):
            begin = 2 * first + turn * len(numbers) + 1
            session.execute(insert(AssignmentRow), [in_round | {
                "id": begin + place, "report_id": key, "person_id": person.id, "part": ("first", "second")[turn], "position": place + 1,
                "created_at": at, "told_at": at} for place, key in enumerate(verdicts)])
            session.execute(insert(DecisionRow), [of_review | {
                "assignment_id": begin + place, "protocol_version_id": version, "number": 1, "verdict": verdict,
                "criterion": _criterion(verdict), "note": "", "at": at, "by": f"person:{person.public_id}"}
                for place, verdict in enumerate(verdicts.values())])
        included = [key for key, verdict in verdicts.items() if verdict == "include"]
        session.execute(insert(StudyRow), [of_review | {"id": key, "label": f"Author{key} {key}", "origin": "screening", "state": "confirmed",
                                                        "extraction": "settled", "created_at": at} for key in included])
        session.execute(insert(StudyReportRow), [of_review | {"study_id": key, "report_id": key, "reason": "included", "by": BY, "at": at}
                                                 for key in included])


def _criterion(verdict: str) -> str:
    return "" if verdict == "include" else "peers"

"""How long a bulletin takes, and how much memory: drafted, signed, frozen with every figure and the print, and packed as one ZIP.

    ./perennial bench bulletin [--studies 30] [--outcomes 8]

The review is the shipped one with made-up trials, every result appraised; a first bulletin with two thirds of the trials is out before, so that
there are changes, figures over time and new studies. What is measured runs in a process of its own, which has only opened the database before.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BY = "system:benchmark"
PEOPLE = (40, 160)
JUDGEMENTS = ("low", "low", "some concerns", "high")


def main(argv: list[str]) -> int:
    """Make the review, then the bulletin; print what the bulletin took."""
    asked = argparse.ArgumentParser(prog="perennial bench bulletin", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--studies", type=int, default=30)
    asked.add_argument("--outcomes", type=int, default=8)
    asked.add_argument("--run", default="", help=argparse.SUPPRESS)
    given = asked.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="perennial-bulletin-") as folder:
        if given.run:
            return _run(Path(given.run), given.studies, given.outcomes)
        _prepare(Path(folder), given.studies, given.outcomes)
        command = [sys.executable, "-P", "-m", "benchmarks", "bulletin", "--run", folder, "--studies", str(given.studies),
                   "--outcomes", str(given.outcomes)]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the bulletin failed:\n{done.stderr[-4000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    parts = ", ".join(f"{name} {seconds} s" for name, seconds in found["parts"].items())
    print(f"{found['studies']} studies, {found['outcomes']} outcomes: {found['seconds']} s ({parts}; {found['cpu_seconds']} s of work), "
          f"{found['peak_mib']} MiB at most, {found['files']} files")
    print(json.dumps(found))
    return 0


def _press(folder: Path, outcomes: int) -> Any:
    """Return the review at work, with so many outcomes; the one that is there, if it is."""
    from bot import paths
    from bot.rendering import Renderer, Site
    from db import people, reviews
    from db.session import Database
    from tests.fixtures_bulletins import Press, press
    from tests.fixtures_screening import Desk, shipped_protocol

    database = Database(f"sqlite:///{folder / 'perennial.sqlite'}")
    protocol = shipped_protocol()
    kept = {outcome.id for outcome in protocol.outcomes[:outcomes]}
    protocol = replace(protocol, outcomes=protocol.outcomes[:outcomes], leading=tuple(row for row in protocol.leading if row.outcome in kept),
                       published=tuple(one for one in protocol.published if one.outcome in kept))
    if not (folder / "ready").exists():
        database.create_all()
        one = press(database, NOW)
        one.desk.protocol = protocol
        return one
    with database.reading() as session:
        review = reviews.all_reviews(session)[0]
        cycle = reviews.latest_cycle(session, review.id)
        team = {person.name: person for person in people.members(session, review.id, "editor")}
    desk = Desk(database, protocol, review.id, cycle.id if cycle else 0, NOW + timedelta(days=30), team)
    return Press(desk, Renderer(paths.templates(), Site("Perennial", "http://review.example.org", demo=False)))


def _prepare(folder: Path, studies: int, outcomes: int) -> None:
    """Publish a first bulletin with two thirds of the trials, confirm and appraise the others, and pool them in the next cycle."""
    from bot.steps.estimates.analyse import analyse
    from bot.steps.estimates.pool import pool
    from bot.steps.estimates.update_published import update_published

    one = _press(folder, outcomes)
    rows = _rows(one.desk.protocol, studies)
    first = max(1, studies * 2 // 3)
    _confirm(one, [row for row in rows if int(row.study.split()[1]) <= first])
    one.issue()
    one.desk.now += timedelta(days=30)
    one.desk.next_cycle("2026-12")
    _confirm(one, rows)
    for step in (pool, analyse, update_published):
        step(**one.common, cycle_id=one.desk.cycle_id, now=one.desk.now)
    one.desk.database.close()
    (folder / "ready").touch()


def _run(folder: Path, studies: int, outcomes: int) -> int:
    """Make the bulletin in this process; print seconds and the most memory that it had."""
    from bot.exchange.bulletin_files import everything
    from bot.steps.bulletins.draft import draft
    from db import blobs, bulletins
    from tests.fixtures_screening import KEYS

    one, began, worked = _press(folder, outcomes), time.monotonic(), time.process_time()
    draft(**one.common, cycle_id=one.desk.cycle_id, renderer=one.renderer, keys=KEYS, now=one.desk.now)
    drafted = time.monotonic()
    one.sign()
    number = one.publish().numbers[0]
    published = time.monotonic()
    with one.desk.database.reading() as session:
        row = bulletins.by_number(session, one.desk.review_id, number)
        files = {file.name: blobs.get(session, file.sha256)[0] for file in bulletins.files(session, row.id)}
    packed = everything(row.content, files)
    ended, worked = time.monotonic(), time.process_time() - worked
    known = sum(1 for outcome in row.content["outcomes"] if outcome["trials"])
    if known != outcomes or len(row.content["studies"]) != studies:
        raise SystemExit(f"the bulletin has {known} outcomes and {len(row.content['studies'])} studies")
    print(json.dumps({
        "studies": studies, "outcomes": outcomes, "seconds": round(ended - began, 1), "cpu_seconds": round(worked, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "files": len(files), "zip_kib": len(packed) // 1024,
        "parts": {"draft": round(drafted - began, 1), "publish": round(published - drafted, 1), "zip": round(ended - published, 1)}}))
    return 0


def _rows(protocol: Any, studies: int) -> list[Any]:
    """Return made-up trials: each has a result for every outcome, a scale's means or counted events."""
    from bot.domain.starting_set import StartingEffect

    chance, rows = random.Random(1), []
    for number in range(1, studies + 1):
        for outcome in protocol.outcomes:
            tool, year = outcome.instruments[0], 2000 + number % 26
            rows.append(StartingEffect(
                study=f"Trial {number} {year}", year=year, doi=f"10.5555/bench.{number}", pmid=str(30_000_000 + number), registration="",
                design="randomised", outcome=outcome.id, instrument=tool.name, higher_is_better=tool.higher_is_better, time_point="12 weeks",
                months_since_randomisation=3.0, window="post_treatment", window_reason="end of the programme",
                experimental="online peer support", comparator="waitlist", n_e=chance.randint(*PEOPLE), n_c=chance.randint(*PEOPLE),
                smd_reported=None, available_from="2026-01", source="made up for a benchmark", note="",
                question="Is this real?" if number == 1 else "", answer="No, it is made up." if number == 1 else "", line=len(rows) + 2,
                **_numbers(chance, counted=outcome.is_ratio)))
    return rows


def _numbers(chance: random.Random, *, counted: bool) -> dict[str, Any]:
    if counted:
        return {"route": "events", "events_e": chance.randint(3, 12), "events_c": chance.randint(5, 15), "mean_e": None, "sd_e": None,
                "mean_c": None, "sd_c": None}
    return {"route": "means", "events_e": None, "events_c": None, "mean_e": chance.gauss(10.0, 0.8), "sd_e": 5.0, "mean_c": 11.0, "sd_c": 5.0}


def _confirm(one: Any, rows: list[Any]) -> None:
    """Take in the rows, confirm each as the editor, and sign the risk of bias of every result."""
    from bot.methods.appraisal import engine
    from bot.steps.studies.confirm_starting_set import Judgement, confirm_starting_set
    from bot.steps.studies.import_starting_set import import_starting_set
    from db import appraisals, effects, people
    from db.appraisals import AppraisalSettlementRow

    import_starting_set(**one.common, rows=rows, available_until=None, now=one.desk.now)
    with one.desk.database.reading() as session:
        waiting = [row.id for row in effects.candidates(session, one.desk.review_id) if row.state == "candidate"]
    confirm_starting_set(database=one.desk.database, token=one.token("Eve", "starting_set", one.desk.review_id), now=one.desk.now,
                         judgements={key: Judgement("confirm") for key in waiting}, by=people.by(one.desk.people["Eve"]))
    rules, chance = engine.variant("rob2", "individual_assignment"), random.Random(2)
    with one.desk.database.writing(by=BY) as session:
        known = appraisals.overall_of_effects(session, one.desk.review_id)
        for row in effects.effects_of(session, one.desk.review_id):
            if row.id not in known:
                domains = {domain.id: chance.choice(JUDGEMENTS) for domain in rules.domains}
                overall = next((one for one in reversed(JUDGEMENTS[1:]) if one in domains.values()), "low")
                session.add(AppraisalSettlementRow(
                    review_id=one.desk.review_id, effect_id=row.id, number=1, state="signed", basis="agreed", tool="rob2",
                    tool_version=rules.version, variant=rules.id, overall=overall, judgements=domains, signed_by=[], reason="",
                    at=one.desk.now))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The worker: each period once, whatever the clock, the sources and other workers do; one thing's trouble stops nothing else."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import app as root
from bot import jobs, paths, settings
from bot.app import App
from bot.demo.standins.eutils import EutilsStandIn, Faults
from bot.steps import cycle
from bot.steps.people.join import join
from db import events, interests, outbox, reviews, searches
from db.session import Database
from tests.fixtures_search import citation, pubmed, pubmed_alone

SLUG = "digital-peer-support"
START = datetime(2026, 11, 15, 12, tzinfo=UTC)
RECORDS = [citation(number, entered="2026-11-01", title=f"Online peer support for depression, randomised trial {number}",
                    abstract="A randomised controlled trial of digital peer support for adults with depression.") for number in range(4)]


@dataclass
class Site:
    """A site with a clock that stands until it is set."""

    app: App
    now: datetime = START
    review_id: int = 0

    def tick(self, **later: float) -> None:
        """Let time pass, and the worker work."""
        self.now += timedelta(**later)
        jobs.tick(self.app)

    def cycles(self) -> list[tuple[str, str]]:
        """Return period and state of each cycle."""
        with self.app.database.reading() as session:
            return [(row.period, row.state) for row in reviews.cycles(session, self.review_id)]

    def runs(self) -> list[str]:
        """Return the states of all searches, oldest first."""
        with self.app.database.reading() as session:
            return [run.state for row in reviews.cycles(session, self.review_id) for run in searches.runs_of_cycle(session, row.id)]

    def noted(self, kind: str) -> int:
        with self.app.database.reading() as session:
            return len(events.of_kind(session, self.review_id, kind))

    def invitations(self, *states: str) -> int:
        """Return how many reviewers' invitations there are (in these states)."""
        with self.app.database.reading() as session:
            rows = [row for state in states or outbox.STATES for row in outbox.in_state(session, state)]
        return len([row for row in rows if row.template == "digest"])

    def gather(self) -> None:
        """Give the review a team."""
        for role, name in (("reviewer", "Ada"), ("reviewer", "Ben"), ("third_reviewer", "Cleo"), ("extractor", "Xenia"), ("editor", "Edda")):
            person = join(database=self.app.database, review_id=self.review_id, name=name, email=f"{name}@example.org", role=role,
                          by="system:test", now=self.now)
            # Without it no link would be sent to anybody.
            with self.app.database.writing(by="system:test") as session:
                interests.declare(session, review_id=self.review_id, person_id=person.id, text="", also_known_as="", orcid="", at=self.now)


@contextmanager
def site(database: Database, home: Path, *, faults: Faults | None = None, team: bool = True) -> Iterator[tuple[Site, EutilsStandIn]]:
    """Give a site of the shipped review over a database, with PubMed's stand-in."""
    with EutilsStandIn(RECORDS, faults or Faults()) as standin:
        built = root.build(settings.load(home=home, database=f"sqlite:///{home / 'unused.sqlite'}"))
        built.database.close()
        one = Site(replace(built, database=database, sources={"pubmed": pubmed(standin)}, clock=lambda: one.now,
                           protocols={slug: pubmed_alone(one) for slug, one in built.protocols.items()}))
        one.review_id = cycle.state(database, protocol=one.app.protocol(SLUG), by="system:test", now=one.now).review_id
        jobs.tick(one.app)
        if team:
            one.gather()
        yield one, standin




def test_nothing_is_begun_before_the_first_moment_of_the_schedule(sqlite: Database, tmp_path: Path) -> None:
    with site(sqlite, tmp_path) as (one, standin):
        for _ in range(10):
            one.tick(days=1)
        assert one.cycles() == [] and standin.requests == []


def test_a_period_is_begun_once_when_it_is_due(sqlite: Database, tmp_path: Path) -> None:
    with site(sqlite, tmp_path) as (one, _):
        for _ in range(40):
            one.tick(days=1)
        assert [period for period, _ in one.cycles()] == ["2026-12"]
        assert one.runs() == ["ok"] and one.noted("cycle.begun") == 1


def test_three_months_down_are_one_cycle_that_searches_all_of_them(sqlite: Database, tmp_path: Path) -> None:
    with site(sqlite, tmp_path) as (one, _):
        one.tick(days=20)
        one.tick(days=100)
        one.tick(hours=1)
        one.tick(hours=1)
        assert [period for period, _ in one.cycles()] == ["2026-12", "2027-03"]
        with one.app.database.reading() as session:
            windows = [(run.window_from, run.window_to) for row in reviews.cycles(session, one.review_id)
                       for run in searches.runs_of_cycle(session, row.id)]
        assert windows[1] == ("2026-11-05", "2027-03-15"), "from the end of the last one, less the protocol's overlap of 30 days"


def test_a_clock_that_goes_back_begins_nothing_again(sqlite: Database, tmp_path: Path) -> None:
    with site(sqlite, tmp_path) as (one, _):
        one.tick(days=20)
        one.tick(days=-25)
        one.tick(days=25)
        assert [period for period, _ in one.cycles()] == ["2026-12"]
        assert one.runs() == ["ok"]


def test_three_workers_and_twenty_ticks_are_one_run_of_each_period(database: Database, tmp_path: Path) -> None:
    with site(database, tmp_path) as (one, _):
        own = [Database(database.url.render_as_string(hide_password=False)) for _ in range(3)]
        start = threading.Barrier(3)
        for period in range(2):
            one.now = datetime(2026, 12 if period == 0 else 1, 2, tzinfo=UTC).replace(year=2026 + period)

            def work(database: Database) -> None:
                start.wait()
                for _ in range(20):
                    jobs.tick(replace(one.app, database=database))

            threads = [threading.Thread(target=work, args=(each,)) for each in own]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        for each in own:
            each.close()
        assert [period for period, _ in one.cycles()] == ["2026-12", "2027-01"]
        assert one.runs() == ["ok", "ok"]
        assert one.noted("cycle.begun") == 2 and one.noted("round.begun") == 1
        assert one.invitations() == 2, "one for each reviewer"


def test_a_source_that_fails_is_tried_again_after_six_hours_and_not_before(sqlite: Database, tmp_path: Path) -> None:
    faults = Faults(planned={("esearch", 0): "html"})
    with site(sqlite, tmp_path, faults=faults) as (one, standin):
        one.tick(days=17)
        assert one.runs() == ["failed"] and one.cycles() == [("2026-12", "reviewing")]
        asked = len(standin.requests)
        for _ in range(11):
            one.tick(minutes=30)
        assert len(standin.requests) == asked and one.runs() == ["failed"]
        faults.planned.clear()
        one.tick(minutes=40)
        assert one.runs() == ["failed", "ok"]
        one.tick(hours=7)
        assert one.runs() == ["failed", "ok"]


def test_without_a_team_what_is_found_is_kept_the_source_is_left_alone_and_the_round_opens_when_there_is_one(
        sqlite: Database, tmp_path: Path) -> None:
    faults = Faults(planned={("esearch", 0): "html"})
    with site(sqlite, tmp_path, faults=faults, team=False) as (one, standin):
        (watched := one.app.home / "watched" / "handsearch").mkdir(parents=True)
        (watched / "a.ris").write_text("TY  - JOUR\nTI  - Online peer support, a randomised trial\nAU  - Doe, J\nPY  - 2026\nER  - \n")
        one.tick(days=17)
        asked = len(standin.requests)
        for _ in range(5):
            one.tick(minutes=1)
        assert len(standin.requests) == asked, "a failing source must not be asked at every tick"
        assert one.cycles() == [("2026-12", "searching")]
        one.gather()
        one.tick(minutes=1)
        assert one.cycles() == [("2026-12", "reviewing")] and one.noted("round.opened") == 1


def test_a_cycle_that_was_cut_short_is_taken_up_at_the_next_tick(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with site(sqlite, tmp_path) as (one, _):
        monkeypatch.setattr(cycle, "rank", _breaks)
        one.tick(days=17)
        assert one.cycles() == [("2026-12", "searching")]
        monkeypatch.undo()
        one.tick(seconds=5)
        assert one.cycles() == [("2026-12", "reviewing")] and one.runs() == ["ok"]


def test_one_file_that_cannot_be_read_keeps_no_other_from_its_turn(sqlite: Database, tmp_path: Path) -> None:
    with site(sqlite, tmp_path) as (one, _):
        (watched := one.app.home / "watched" / "handsearch").mkdir(parents=True)
        (watched / "a.ris").write_bytes(b"\x89PNG\r\n\x1a\n not a citation at all")
        (watched / "b.ris").write_text("TY  - JOUR\nTI  - Online peer support, another trial\nAU  - Doe, J\nPY  - 2026\nER  - \n")
        one.tick(days=17)
        assert one.cycles() == [("2026-12", "reviewing")] and one.noted("file.imported") == 1
        with one.app.database.reading() as session:
            (refused,) = reviews.cycles(session, one.review_id)[0].account["refused_files"]
        assert refused.startswith("handsearch/a.ris: ")


def test_one_reviews_trouble_stops_neither_the_others_turn_nor_the_mail(sqlite: Database, tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(paths.reviews() / SLUG, tmp_path / "reviews" / "a-first")
    with site(sqlite, tmp_path) as (one, _):
        assert list(one.app.protocols) == ["a-first", SLUG] or list(one.app.protocols) == [SLUG, "a-first"]
        real = cycle.state

        def state(database: Database, *, protocol, by: str, now: datetime):
            if protocol.slug == "a-first":
                raise ZeroDivisionError("something that nobody foresaw")
            return real(database, protocol=protocol, by=by, now=now)

        monkeypatch.setattr(cycle, "state", state)
        one.tick(days=17)
        assert one.cycles() == [("2026-12", "reviewing")]
        one.tick(hours=72)
        assert one.invitations("sent") == 2


def test_the_same_trouble_is_logged_once_and_not_at_every_tick(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    with site(sqlite, tmp_path, team=False) as (one, _):
        capsys.readouterr()
        for _ in range(5):
            one.tick(days=7)
        said = capsys.readouterr()
        assert (said.out + said.err).count("people add") == 1


def test_run_now_takes_up_what_is_open_and_names_a_new_cycle_by_the_day(sqlite: Database, tmp_path: Path) -> None:
    with site(sqlite, tmp_path) as (one, _):
        first = jobs.run_now(one.app, SLUG, by="system:cli")
        assert first["period"] == "2026-11" and first["records"] == 4 and first["failed"] == []
        again = jobs.run_now(one.app, SLUG, by="system:cli")
        assert again["period"] == "2026-11" and again["records"] == 0 and again["mails"] == 0
        with one.app.database.writing(by="system:test") as session:
            reviews.latest_cycle(session, one.review_id).state = "published"
        assert jobs.run_now(one.app, SLUG, by="system:cli")["period"] == "2026-11-15"


def _breaks(**_: object) -> None:
    raise ZeroDivisionError("killed here")



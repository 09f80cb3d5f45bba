"""A source that fails, and files that cannot be read, through a whole cycle: the account, the exit code, the bulletin, the next cycle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import app as root
from bot import jobs, settings
from bot.app import App
from bot.demo.standins.eutils import EutilsStandIn
from bot.steps import cycle
from bot.steps.people.join import join
from db import blobs, bulletins, records, reviews, searches
from db.session import Database
from tests.fixtures_search import citation, pubmed, pubmed_alone, standin

SLUG = "digital-peer-support"
ROOT = Path(__file__).resolve().parents[2]
TEAM = (("reviewer", "Ada"), ("reviewer", "Ben"), ("third_reviewer", "Cleo"), ("extractor", "Xenia"), ("editor", "Edda"))
ABOUT = {"title": "Online peer support for depression, a randomised trial", "abstract": "Adults with depression were randomised to peers."}
RIS = "TY  - JOUR\nTI  - Digital peer support for anxiety, a randomised trial\nAU  - Doe, J\nPY  - 2026\nER  - \n"


@dataclass
class Site:
    """The shipped review with its team, on a clock that stands until it is set."""

    app: App
    review_id: int = 0
    now: datetime = datetime(2026, 11, 2, 9, tzinfo=UTC)

    def run(self, **later: float) -> dict[str, Any]:
        """Let time pass, and do one cycle as `./perennial run` does."""
        self.now += timedelta(**later)
        return jobs.run_now(self.app, SLUG, by="system:test")

    def put(self, name: str, content: str | bytes) -> None:
        """Put a file into the watched folder."""
        path = self.app.home / "watched" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def bulletin(self) -> str:
        """Return the text of the bulletin that waits for a signature."""
        with self.app.database.reading() as session:
            (draft,) = bulletins.in_state(session, self.review_id, "draft")
        return self.app.renderer.text("bulletin.txt", c=draft.content)

    def published(self) -> None:
        """Say that the last cycle is over."""
        with self.app.database.writing(by="system:test") as session:
            reviews.latest_cycle(session, self.review_id).state = "published"  # type: ignore[union-attr]


@contextmanager
def site(database: Database, home: Path, source: EutilsStandIn) -> Iterator[Site]:
    """Give a site of the shipped review over a database."""
    built = root.build(settings.load(home=home, database=f"sqlite:///{home / 'unused.sqlite'}"))
    built.database.close()
    one = Site(replace(built, database=database, sources={"pubmed": pubmed(source)}, clock=lambda: one.now,
                           protocols={SLUG: pubmed_alone(built.protocol(SLUG))}))
    one.review_id = cycle.state(database, protocol=one.app.protocol(SLUG), by="system:test", now=one.now).review_id
    for role, name in TEAM:
        join(database=database, review_id=one.review_id, name=name, email=f"{name}@example.org", role=role, by="system:test", now=one.now)
    yield one


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "ERROR", "truncated", "count", "empty", "drop"])
def test_a_source_that_fails_is_said_the_others_are_kept_and_the_next_search_reaches_back(sqlite: Database, tmp_path: Path, fault: str) -> None:
    old, late = citation(1, entered="2026-10-20", **ABOUT), citation(2, entered="2026-11-10", **ABOUT)
    with standin([old]) as source, site(sqlite, tmp_path, source) as here:
        assert here.run()["failed"] == []
        here.published()
        source.faults.planned[("esearch", 0)] = fault
        source.put([late])
        here.put("handsearch/a.ris", RIS)
        outcome = here.run(days=30)
        assert outcome["failed"] == ["pubmed"] and any("FAILED, nothing is known about what is new" in line for line in outcome["lines"])
        with sqlite.reading() as session:
            latest = reviews.latest_cycle(session, here.review_id)
            assert latest and latest.degraded and latest.account["searches"][0]["error"]
            assert records.counts(session, here.review_id, latest.id)["by_source"] == {"handsearch": 1}
            reached = searches.last_ok_window(session, here.review_id, "pubmed")
            assert reached and reached[1] == "2026-11-02"
        here.published()
        source.faults.planned.clear()
        here.run(days=30)
        with sqlite.reading() as session:
            last = reviews.latest_cycle(session, here.review_id)
            assert last and not last.degraded
            (run,) = searches.runs_of_cycle(session, last.id)
            assert (run.window_from, run.new) == ("2026-10-03", 1), "from the end of the search that succeeded, less the overlap"


def test_a_bulletin_says_which_source_failed_and_never_that_nothing_is_new(database: Database, tmp_path: Path) -> None:
    with standin([citation(1, **ABOUT)], esearch_0="ERROR") as source, site(database, tmp_path, source) as here:
        here.run()
        here.run(days=here.app.protocols[SLUG].reviewing.deadline_days + 1)
        text = " ".join(here.bulletin().split())
    assert "NOT EVERYTHING COULD BE SEARCHED: MEDLINE" in text and "what is new there is not known" in text
    assert "could not search: Search Backend failed" in text
    assert "no new" not in text.lower() and "nothing new" not in text.lower()


def test_the_same_cycle_run_again_searches_the_failed_source_a_second_time_and_drops_the_warning(sqlite: Database, tmp_path: Path) -> None:
    with standin([citation(1, entered="2026-10-20", **ABOUT)], esearch_0="ERROR") as source, site(sqlite, tmp_path, source) as here:
        assert here.run()["failed"] == ["pubmed"]
        source.faults.planned.clear()
        outcome = here.run()
        assert outcome["failed"] == [] and outcome["records"] == 1
        with sqlite.reading() as session:
            latest = reviews.latest_cycle(session, here.review_id)
            assert latest and not latest.degraded
            assert [(run.attempt, run.state) for run in searches.runs_of_cycle(session, latest.id)] == [(1, "failed"), (2, "ok")]
        here.run(days=here.app.protocols[SLUG].reviewing.deadline_days + 1)
        assert "NOT EVERYTHING COULD BE SEARCHED" not in here.bulletin()


def test_a_watched_file_that_is_not_understood_is_said_in_its_own_cycle_kept_and_shown_in_the_bulletin(sqlite: Database, tmp_path: Path) -> None:
    with standin([citation(1, entered="2026-10-20", **ABOUT)]) as source, site(sqlite, tmp_path, source) as here:
        here.put("embase/letter.ris", "Dear team, no records.\n")
        here.put("embase/some.ris", f"{RIS}\nTY  - JOUR\n@@@\nER  - \n")
        first = here.run()
        assert [one.partition(": ")[0] for one in first["refused_files"]] == ["embase/letter.ris", "embase/some.ris, record 2, line 7"]
        assert any("not taken in: embase/letter.ris: " in line for line in first["lines"]) and first["records"] == 2
        assert here.run()["refused_files"] == first["refused_files"], "taken up again, the same cycle says the same"
        with sqlite.reading() as session:
            (kept,) = searches.not_understood(session, here.review_id)
            assert blobs.get(session, kept.sha256)[0] == b"Dear team, no records.\n" and len(searches.imports(session, here.review_id)) == 2
        here.run(days=here.app.protocols[SLUG].reviewing.deadline_days + 1)
        assert "1 files that could not be read" in " ".join(here.bulletin().split())
        here.published()
        later = here.run(days=30)
        assert later["refused_files"] == [] and later["failed"] == []


def test_a_source_of_which_only_an_unreadable_file_came_was_not_searched(sqlite: Database, tmp_path: Path) -> None:
    with standin([citation(1, entered="2026-10-20", **ABOUT)]) as source, site(sqlite, tmp_path, source) as here:
        here.put("embase/letter.ris", "Dear team, no records.\n")
        here.run()
        with sqlite.reading() as session:
            latest = reviews.latest_cycle(session, here.review_id)
            assert latest and searches.imports_of_cycle(session, latest.id) == []
            assert "embase" not in searches.searched_to(session, here.review_id)

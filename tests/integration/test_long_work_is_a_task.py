"""A large file that is brought on the web is a task: the worker does it, the page says how far it is, and a kill anywhere loses nothing."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot import jobs
from bot.steps.tasks import do
from bot.steps.tasks.ask import ask_for_import
from bot.steps.tasks.do import MOST_ATTEMPTS, do_next
from bot.web import imports
from db import events, records, tasks
from db.session import Database
from db.tasks import TaskRow
from tests.fixtures_reviewing import application, browser
from tests.fixtures_screening import Desk, desk
from tests.integration.test_searches_by_hand import RIS, address, ask, bring

BY = "system:worker"
LARGE = b"".join(b"TY  - JOUR\nTI  - A trial of peers, number %d\nAU  - Doe, J\nPY  - 2020\nAN  - %d\nER  - \n\n" % (number, number)
                 for number in range(40))


@pytest.fixture
def one(database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(imports, "LARGE", 2_000)
    return desk(database, now, reports=1, team=(("Ed", "editor"), ("Rex", "reviewer")))


def work(one: Desk) -> bool:
    return do_next(database=one.database, by=BY, clock=lambda: one.now)


def asked(one: Desk, name: str = "large.ris", content: bytes = LARGE) -> int:
    return ask_for_import(database=one.database, review_id=one.review_id, name=name, content=content, source="embase", by="person:x",
                          now=one.now)


def row(one: Desk, task_id: int) -> TaskRow:
    with one.database.reading() as session:
        return tasks.task(session, task_id)


def kept(one: Desk) -> int:
    with one.database.reading() as session:
        return records.counts(session, one.review_id)["by_source"].get("embase", 0)


def test_a_large_file_waits_for_the_worker_and_its_page_says_how_far_it_is_until_it_is_done(one: Desk) -> None:
    ask(one, "embase")
    page, where = browser(one), address(one)
    shown = bring(page, where, ("small.ris", RIS), ("large.ris", LARGE))
    assert "1 record read" in shown and "large.ris</strong> is large and waits for the worker" in shown and kept(one) == 1
    waiting = page.get(f"{where}/tasks")
    assert "Waits" in waiting.text and waiting.headers["refresh"] == "5"
    assert "<form" not in waiting.text.partition("<main")[2].partition("</main")[0]
    with one.database.reading() as session:
        assert events.verify(session)[1] is None
    jobs.tick(application(one))
    assert kept(one) == 41
    done = page.get(f"{where}/tasks")
    assert "40 records read, 40 new, 0 known, 0 refused" in done.text and "refresh" not in done.headers
    assert "how far they are" in page.get(where).text


def test_while_it_is_at_work_others_read_how_far_it_is(one: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id, seen = asked(one), []
    real = do.import_file

    def watched(**given: object) -> object:
        told = given["parsed"]
        given["parsed"] = lambda count: (told(count), seen.append(row(one, task_id)))
        seen.append(row(one, task_id))
        return real(**given)

    monkeypatch.setattr(do, "import_file", watched)
    assert work(one) and not work(one)
    assert [(found.state, found.step, found.done, found.total) for found in seen] == [
        ("working", "reading the file", 0, 2), ("working", "keeping 40 records", 1, 2)]
    assert row(one, task_id).state == "done"


def test_the_same_file_waits_once_and_brought_again_all_of_it_is_known(one: Desk) -> None:
    first = asked(one)
    assert asked(one) == first
    assert work(one) and not work(one)
    again = asked(one)
    assert again != first and work(one)
    assert (row(one, again).result["new"], row(one, again).result["known"]) == (0, 40) and kept(one) == 40


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_before_or_after_it_kept_the_records_the_next_worker_takes_it_up(where: str, one: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id, real = asked(one), do.import_file

    def killed(**given: object) -> object:
        if where == "after":
            real(**given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(do, "import_file", killed)
        with pytest.raises(KeyboardInterrupt):
            work(one)
    assert row(one, task_id).state == "working"
    assert work(one) and (row(one, task_id).state, row(one, task_id).attempts, kept(one)) == ("done", 2, 40)


def test_what_kills_the_worker_each_time_is_given_up_and_others_get_their_turn(one: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly, behind = asked(one), asked(one, "behind.ris", RIS)

    def killed(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(do, "import_file", killed)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                work(one)
    assert work(one) and "cut short 3 times" in row(one, deadly).result["why"]
    assert work(one) and row(one, behind).state == "done"


def test_rubbish_is_a_task_that_failed_with_its_reason_and_a_fault_of_ours_stops_nobody(one: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rubbish, broken = asked(one, "b.pdf", b"%PDF-1.7" + b"x" * 3000), asked(one)
    assert work(one) and "is a PDF" in row(one, rubbish).result["why"]

    def breaks(**_: object) -> None:
        raise RuntimeError("never")

    monkeypatch.setattr(do, "import_file", breaks)
    assert work(one) and "RuntimeError" in row(one, broken).result["why"]
    ask(one, "embase")
    shown = browser(one).get(f"{address(one)}/tasks").text
    assert shown.count("Not taken in") == 2 and "is a PDF" in shown

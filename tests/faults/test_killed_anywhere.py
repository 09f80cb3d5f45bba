"""A month that is killed with SIGKILL at every place that commits, and taken up each time, ends as one that was never killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as benchmarks
from tests.faults.tables import differences, without_keys
from tests.parts import Postgres

ROOT = Path(__file__).resolve().parents[2]
# What commits in the steps of a month and must be among the places that were killed.
COMMITS = ("cycle.py:_register", "cycle.py:_begin", "cycle.py:_end_search", "import_starting_set.py", "search.py:begin_run",
           "search.py:_keep_batch", "search.py:_end", "import_file.py", "deduplicate.py", "rank.py", "open_round.py:_invite",
           "decide.py", "settle.py",
           "ask.py:_assign_third", "include.py:_take_up", "extract.py", "finish_extraction.py", "verify.py", "confirm_starting_set.py",
           "pool.py", "draft.py", "cycle.py:_draft_when_ready", "sign.py", "publish.py", "deliver.py:_claim", "deliver.py:handing_over",
           "the mail server: delivered", "deliver.py:_store", "subscribe.py", "confirm.py", "unsubscribe.py", "join.py")


def play(folder: Path, *options: str) -> dict[str, Any]:
    """Play a calm month and a killed one, and return what both came to."""
    command = [sys.executable, "-P", "-m", "tests.faults.killing", "--folder", str(folder), *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def sent_twice(month: dict[str, Any]) -> set[str]:
    """Return the templates of mails that arrived more than once."""
    keys = {name.split("-again-")[0].removesuffix(".eml") for name in month["twice"]}
    return {row["template"] for row in month["tables"]["outbox"] if row["key"] in keys}


@pytest.fixture(scope="module")
def killed_everywhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A month on SQLite that was killed once at each place, and a calm one."""
    return play(tmp_path_factory.mktemp("killed"))


@pytest.mark.xdist_group("faults")
def test_a_month_killed_at_every_place_that_commits_ends_as_a_calm_one(killed_everywhere: dict[str, Any]) -> None:
    calm, killed = killed_everywhere["calm"], killed_everywhere["killed"]
    # After a kill one of two invitations that do not wait for each other may come first, and have the lower number.
    assert differences(without_keys(calm["tables"]), without_keys(killed["tables"])) == []
    assert calm["tables"]["bulletin"][0]["state"] == "published"


@pytest.mark.xdist_group("faults")
def test_every_step_was_killed_before_and_after_it_committed(killed_everywhere: dict[str, Any]) -> None:
    kills = killed_everywhere["killed"]["kills"]
    for commit in COMMITS:
        when = {kill.rsplit(" ", 1)[1] for kill in kills if commit in kill}
        assert when >= ({"delivered"} if commit.endswith("delivered") else {"before", "after"}), commit


@pytest.mark.xdist_group("faults")
def test_no_mail_went_out_twice_but_those_of_the_sign_up_and_what_was_unsure_was_shown(killed_everywhere: dict[str, Any]) -> None:
    killed = killed_everywhere["killed"]
    assert sent_twice(killed) <= {"confirm_subscription"}
    assert {row["state"] for row in killed["tables"]["outbox"]} == {"sent"}
    assert killed["unsure"], "a kill while a mail was handed over leaves it unsure"
    assert killed["mails"] - len(killed["twice"]) == killed_everywhere["calm"]["mails"] == len(killed["tables"]["outbox"])


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_a_month_on_postgres_killed_at_moments_drawn_by_chance_ends_as_a_calm_one(
        postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    urls = [option for name in ("calm", "killed") for option in ("--database", postgres.url(f"faults_{name}"))]
    assert benchmarks.main(["faults", "--kills", "8", "--readers", "5", *urls]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["kills"] >= 5 and found["equal"] and not found["lost"] and not found["duplicate"]

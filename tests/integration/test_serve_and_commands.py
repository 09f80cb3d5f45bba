"""The command line as a person types it: exit codes, a sentence on stderr, JSON as stdout's last line; `serve` until it is told to end."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from bot import cli, paths
from bot.demo.standins.eutils import EutilsStandIn, Faults
from db import outbox, reviews
from db.session import Database
from tests.fixtures_search import citation, starting_papers

ROOT = Path(__file__).resolve().parents[2]
SLUG = "digital-peer-support"
RECORDS = [citation(number, entered="2026-10-20", title=f"Online peer support for depression, randomised trial {number}",
                    abstract="A randomised controlled trial of digital peer support for adults with depression.") for number in range(3)]
KNOWN = [*RECORDS, *starting_papers()]
TEAM = [("reviewer", "Ada"), ("reviewer", "Ben"), ("third_reviewer", "Cleo"), ("extractor", "Xenia"), ("editor", "Edda")]


def environment(home: Path, **more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "PERENNIAL_HOME": str(home)} | {f"PERENNIAL_{name.upper()}": one for name, one in more.items()}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def perennial(home: Path, *words: str, **more: str) -> Done:
    """Type a command and wait for its end: in this process, which has imported everything already."""
    stdout, stderr = io.StringIO(), io.StringIO()
    given = environment(home, **more)
    code: int | str | None = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
        patch.setattr(sys, "argv", ["perennial", *words])
        for name in given:
            patch.setenv(name, given[name])
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
    structlog.reset_defaults()
    return Done(int(code or 0), stdout.getvalue(), stderr.getvalue())


def refused(done: Done, code: int = 2) -> str:
    """Return the one sentence with which a command was refused."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("perennial: ")]
    return sentence


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def served(home: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    """Run `perennial serve`; it is killed if the test leaves it running."""
    process = subprocess.Popen([sys.executable, "-P", "-m", "bot", "serve", "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=environment(home, **more))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answered(port: int, process: subprocess.Popen[str]) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            return opener.open(f"http://127.0.0.1:{port}/livez", timeout=5).read().decode()
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.1)
    pytest.fail("the server does not answer")


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_serve_makes_an_empty_database_ready_answers_and_ends_when_it_is_told(told: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    with served(tmp_path, port) as process:
        assert answered(port, process) == "alive\n"
        began = time.monotonic()
        process.send_signal(told)
        _, stderr = process.communicate(timeout=30)
        assert time.monotonic() - began < 15
        assert process.returncode == 0, stderr
        assert "Traceback" not in stderr and f"http://127.0.0.1:{port}" in stderr
    assert (tmp_path / "perennial.sqlite").exists()


def test_serve_on_a_port_that_is_taken_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert str(port) in refused(perennial(tmp_path, "serve", "--port", str(port)))


@pytest.mark.parametrize("command", ["serve", "run", "status"])
def test_a_database_of_another_version_is_refused_with_what_to_do(command: str, tmp_path: Path) -> None:
    assert perennial(tmp_path, "migrate").returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'perennial.sqlite'}")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    assert "newer" in refused(perennial(tmp_path, command))


@pytest.mark.parametrize(("words", "says"), [
    (("people", "add", "not-an-address", "--role", "reviewer", "--name", "Ada"), "mail address"),
    (("people", "add", "a@example.org", "--role", "boss", "--name", "Ada"), "third_reviewer"),
    (("people", "add", "a@example.org", "--role", "editor", "--name", " "), "name"),
    (("people", "list", "--review", "nothing"), SLUG),
    (("run", "--review", "nothing"), SLUG),
    (("import", "missing.ris", "--source", "embase"), "missing.ris"),
    (("import", "/", "--source", "embase"), "/"),
    (("import", "missing.ris", "--source", "embase", "--dump"), "missing.ris"),
    (("mail", "settle", "1"), "--again"),
    (("migrate", "--to", "0099"), "0001"),
])
def test_a_wrong_argument_is_refused_in_a_sentence(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    assert says in refused(perennial(tmp_path, *words))


def test_settling_a_mail_that_is_not_unsure_did_not_work(tmp_path: Path) -> None:
    assert "mail unsure" in refused(perennial(tmp_path, "mail", "settle", "1", "--sent"), code=1)


@pytest.mark.parametrize("command", ["serve", "run", "status", "migrate"])
def test_a_wrong_setting_or_protocol_is_refused_before_anything_runs(command: str, tmp_path: Path) -> None:
    assert "PERENNIAL_SMTP_HOTS" in refused(perennial(tmp_path, command, smtp_hots="x"))
    shutil.copytree(paths.reviews() / SLUG, tmp_path / "reviews" / "mine")
    protocol = tmp_path / "reviews" / "mine" / "protocol.toml"
    protocol.write_text(protocol.read_text().replace("deadline_days", "deadlin_days"))
    sentence = refused(perennial(tmp_path, command))
    assert "mine/protocol.toml" in sentence and "deadlin_days" in sentence
    assert not (tmp_path / "perennial.sqlite").exists()


def test_check_names_file_line_and_key_and_ends_with_json(tmp_path: Path) -> None:
    shutil.copytree(paths.reviews() / SLUG, tmp_path / "mine")
    good = perennial(tmp_path, "check", str(tmp_path / "mine"), "--json")
    assert good.returncode == 0 and json.loads(good.stdout.splitlines()[-1])["findings"] == []
    protocol = tmp_path / "mine" / "protocol.toml"
    protocol.write_text(protocol.read_text().replace("deadline_days = 14", "deadline_days = 0"))
    bad = perennial(tmp_path, "check", str(tmp_path / "mine"), "--json")
    (finding,) = json.loads(bad.stdout.splitlines()[-1])["findings"]
    assert bad.returncode == 2 and "deadline_days" in bad.stderr and "deadline_days" in json.dumps(finding)


def test_check_of_a_folder_that_is_not_there_names_it(tmp_path: Path) -> None:
    done = perennial(tmp_path, "check", str(tmp_path / "no-such-folder"))
    assert done.returncode == 2 and "no-such-folder" in done.stderr


def test_schema_prints_json_alone(tmp_path: Path) -> None:
    done = perennial(tmp_path, "schema")
    assert done.returncode == 0 and json.loads(done.stdout)


@pytest.fixture
def pubmed() -> Iterator[EutilsStandIn]:
    with EutilsStandIn(KNOWN) as standin:
        yield standin


def test_run_without_a_team_keeps_what_was_found_and_names_the_command_that_mends_it(tmp_path: Path, pubmed: EutilsStandIn) -> None:
    sentence = refused(perennial(tmp_path, "run", eutils_address=pubmed.address), code=1)
    assert "./perennial people add" in sentence
    database = Database(f"sqlite:///{tmp_path / 'perennial.sqlite'}")
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM record")).scalar() == len(KNOWN)
    database.close()
    for role, name in TEAM:
        assert perennial(tmp_path, "people", "add", f"{name}@example.org", "--role", role, "--name", name).returncode == 0
    done = perennial(tmp_path, "run", "--json", eutils_address=pubmed.address)
    account = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0 and account["invited"] == 2 and account["flagged"] == len(KNOWN)


def test_run_exits_with_three_when_a_source_failed_says_so_and_with_zero_when_it_answers_again(tmp_path: Path,
                                                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.Http._back_off", lambda _, __: 0.0)
    for role, name in TEAM:
        assert perennial(tmp_path, "people", "add", f"{name}@example.org", "--role", role, "--name", name).returncode == 0
    with EutilsStandIn(KNOWN, Faults(planned={("esearch", 0): "error-in-200"})) as standin:
        done = perennial(tmp_path, "run", "--json", eutils_address=standin.address)
        account = json.loads(done.stdout.splitlines()[-1])
        assert done.returncode == 3 and account["failed"] == ["pubmed"]
        assert "pubmed: FAILED, nothing is known about what is new: 127.0.0.1 refused: API rate limit exceeded" in done.stdout
        status = perennial(tmp_path, "status", "--json")
        assert status.returncode == 0 and json.loads(status.stdout.splitlines()[-1])["reviews"][SLUG]["degraded"] is True
        assert "a source failed" in status.stdout
        standin.faults.planned.clear()
        again = perennial(tmp_path, "run", "--json", eutils_address=standin.address)
        assert again.returncode == 0 and json.loads(again.stdout.splitlines()[-1])["failed"] == [], again.stdout


def test_import_names_file_record_and_line_keeps_the_good_records_and_takes_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "found.ris"
    file.write_text("TY  - JOUR\nTI  - A good one\nAU  - Doe, J\nPY  - 2026\nER  - \n\nTY  - JOUR\nPY  - 2026\nER  - \n")
    first = perennial(tmp_path, "import", str(file), "--source", "embase", "--json")
    account = json.loads(first.stdout.splitlines()[-1])
    assert account["new"] == 1 and len(account["refused"]) == 1
    assert "found.ris, record 2, line" in first.stderr
    again = perennial(tmp_path, "import", str(file), "--source", "embase", "--json")
    assert json.loads(again.stdout.splitlines()[-1])["new"] == 0 and again.returncode == 0


def test_import_goes_on_after_a_file_that_cannot_be_read_and_says_so(tmp_path: Path) -> None:
    good, bad, rayyan = tmp_path / "good.ris", tmp_path / "bad.pdf", tmp_path / "rayyan.csv"
    good.write_text("TY  - JOUR\nTI  - A good one\nAU  - Doe, J\nPY  - 2026\nER  - \n")
    bad.write_text("%PDF-1.7")
    rayyan.write_text('title,notes\nAnother one,"RAYYAN-INCLUSION: {""Ann""=>""Included""}"\n')
    for dump in ((), ("--dump",)):
        files = [str(one) for one in (bad, tmp_path / "missing.ris", good, rayyan)]
        done = perennial(tmp_path, "import", *files, "--source", "embase", "--json", *dump)
        account = json.loads(done.stdout.splitlines()[-1])
        assert done.returncode == 2 and (account["read"], account["new"]) == (2, None if dump else 2)
        assert [(one["file"], one["record"]) for one in account["refused"]] == [("bad.pdf", 0), ("missing.ris", 0)]
        assert "is a PDF" in account["refused"][0]["reason"] and "rayyan.csv: read as CSV of Rayyan (unverified" in done.stderr
        assert [(one["format"], one["platform"], one["verified"]) for one in account["files"]] == [("RIS", "", True), ("CSV", "Rayyan", False)]


def test_unsure_mails_are_listed_and_settled(tmp_path: Path) -> None:
    assert perennial(tmp_path, "people", "add", "ada@example.org", "--role", "editor", "--name", "Ada").returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'perennial.sqlite'}")
    with database.writing(by="system:test") as session:
        review = reviews.review_by_slug(session, SLUG)
        row = outbox.enqueue(session, review_id=review.id, template="digest", recipient=("person", 1), data={}, dedupe_key="x",
                             at=review.created_at)
        row.state = "unsure"
    database.close()
    listed = perennial(tmp_path, "mail", "unsure")
    assert listed.returncode == 0 and "1\tunsure\tdigest" in listed.stdout and "mail settle" in listed.stdout
    assert perennial(tmp_path, "mail", "settle", "1", "--sent", "--dry-run").stdout.startswith("(dry run")
    assert json.loads(perennial(tmp_path, "mail", "unsure", "--json").stdout.splitlines()[-1])["mails"][0]["state"] == "unsure"
    assert "taken as sent" in perennial(tmp_path, "mail", "settle", "1", "--sent").stdout
    assert perennial(tmp_path, "mail", "unsure").stdout.startswith("0 mails")


def test_a_dry_run_says_what_would_come_of_it_and_keeps_and_sends_nothing(tmp_path: Path, pubmed: EutilsStandIn) -> None:
    dry = perennial(tmp_path, "people", "add", "ada@example.org", "--role", "reviewer", "--name", "Ada", "--dry-run", "--json")
    assert dry.returncode == 0 and dry.stdout.startswith("(dry run") and json.loads(dry.stdout.splitlines()[-1])["email"] == "ada@example.org"
    assert json.loads(perennial(tmp_path, "people", "list", "--json").stdout.splitlines()[-1]) == {"people": []}
    refused(perennial(tmp_path, "people", "add", "no address", "--role", "reviewer", "--name", "Ada", "--dry-run"), code=2)
    assert json.loads(perennial(tmp_path, "invite", "--editor", "edda@example.org", "--dry-run", "--json").stdout.splitlines()[-1])["dry_run"]
    asked = len(pubmed.requests)
    (tmp_path / "watched" / "embase").mkdir(parents=True)
    (tmp_path / "watched" / "embase" / "found.ris").write_text("TY  - JOUR\n")
    planned = perennial(tmp_path, "run", "--dry-run", "--json", eutils_address=pubmed.address)
    plan = json.loads(planned.stdout.splitlines()[-1])
    assert planned.returncode == 0 and plan["files"] == ["watched/embase/found.ris"] and "would ask MEDLINE" in planned.stdout
    assert {"pubmed", "clinicaltrials"} <= {one["source"] for one in plan["sources"]}
    assert len(pubmed.requests) == asked
    database = Database(f"sqlite:///{tmp_path / 'perennial.sqlite'}")
    with database.reading() as session:
        for table in ("person", "outbox", "cycle", "search_run"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table
    database.close()


def test_a_port_that_is_none_a_host_of_another_machine_and_a_full_disk_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "80000 is no port; allowed: 1 to 65535" in refused(perennial(tmp_path, "serve", "--port", "80000"), code=2)
    assert "PERENNIAL_LISTEN" in refused(perennial(tmp_path, "serve", "--port", "0", listen="192.0.2.1"), code=2)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "mail"))

    monkeypatch.setattr("bot.jobs.run_now", full)
    assert "No space left on device. Free some space" in refused(perennial(tmp_path, "run"), code=1)


def test_an_idle_site_holds_none_of_what_only_ranking_statistics_and_figures_need() -> None:
    heavy = ("sklearn", "scipy.stats", "scipy.optimize", "matplotlib", "reportlab")
    looks = f"import sys, bot.jobs, bot.web.server; print([one for one in {heavy} if one in sys.modules])"
    given = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-P", "-c", looks], capture_output=True, text=True, check=True, env=given)
    # Web and worker together are to stay under 250 MB; each of these is 15 to 60.
    assert done.stdout == "[]\n"

"""Every command, found by walking the tree: help with an example, JSON, one sentence for what goes wrong; completion in real shells; pipes."""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bot import cli, paths
from bot.errors import SettingsError
from bot.web.server import listen
from tests.integration.test_serve_and_commands import environment, perennial, refused
from tests.parts import missing

SLUG = "digital-peer-support"
# What is typed after a command to make it answer on an empty home; those that run until they are told have tests of their own.
WORDS: dict[str, tuple[str, ...]] = {
    "status": (), "migrate": (), "check": (), "schema": (), "reproduce": (), "ledger": (), "doctor": ("--offline",), "move-in": (),
    "init": ("--example", "bcg-vaccine"), "completion": ("bash",), "backup": ("--dry-run",), "export": ("{home}/out",),
    "run": ("--dry-run",), "invite": ("--editor", "edda@example.org", "--dry-run"), "searches check": (), "searches ask": ("--dry-run",),
    "people list": (), "people add": ("ada@example.org", "--role", "editor", "--name", "Ada", "--dry-run"), "audit verify": (),
    "keys rotate": ("--dry-run",), "mail unsure": (), "mail hold": ("moving",), "mail release": ("--dry-run",),
    "import": ("{home}/one.ris", "--source", "embase"),
}
TESTED_ELSEWHERE = {"demo", "serve", "work", "restore", "people erase", "searches accept", "mail read", "mail settle", "medline score",
                    "deposit"}


def _leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    inside = getattr(command, "commands", None)
    if not inside:
        yield name, command
        return
    for part, one in inside.items():
        yield from _leaves(one, f"{name} {part}".strip())


COMMANDS = dict(_leaves(typer.main.get_command(cli.cli)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("home")
    (place / "one.ris").write_text("TY  - JOUR\nTI  - A good one\nAU  - Doe, J\nPY  - 2026\nER  - \n")
    return place


def test_every_command_has_help_with_an_example_that_names_it_and_json() -> None:
    assert set(COMMANDS) == set(WORDS) | TESTED_ELSEWHERE, "a command that this test does not know"
    for name, command in COMMANDS.items():
        said = " ".join((command.help or "").split())
        assert len(said.partition("Example")[0].split()) >= 4 and re.search(rf"Examples?\b[^:]*:.*perennial {re.escape(name)}", said), name
        assert "--json" in {word for one in command.params for word in one.opts}, name
        assert all(one.help for one in command.params if one.param_type_name == "option" and one.name not in ("help", "name")), name


def test_what_sends_deletes_or_changes_who_may_do_what_has_a_dry_run() -> None:
    for name in ("run", "invite", "people add", "people erase", "searches ask", "mail settle", "mail release", "keys rotate", "backup",
                 "migrate"):
        assert "--dry-run" in {word for one in COMMANDS[name].params for word in one.opts}, name


@pytest.mark.parametrize("name", sorted(WORDS))
def test_json_is_the_last_line_and_nothing_but_a_terminal_gets_colours(name: str, home: Path) -> None:
    done = perennial(home, *name.split(), *(word.replace("{home}", str(home)) for word in WORDS[name]), "--json",
                     reviews=SLUG if name not in ("init", "check", "searches check") else "")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout.splitlines()[-1]), dict | list)
    assert "\x1b" not in done.stdout + done.stderr


def test_the_exit_codes_stand_in_the_help_and_in_the_guide() -> None:
    root = typer.main.get_command(cli.cli)
    guide = (paths.root() / "docs" / "guide" / "operators.md").read_text(encoding="utf-8")
    for code, meaning in cli.EXIT_CODES.items():
        assert f"{code} {meaning}" in (root.epilog or "") and re.search(rf"\b{code} {meaning.split(',')[0]}", " ".join(guide.split())), code


def test_a_migration_is_planned_before_it_is_done(tmp_path: Path) -> None:
    planned = json.loads(perennial(tmp_path, "migrate", "--dry-run", "--json").stdout.splitlines()[-1])
    done = json.loads(perennial(tmp_path, "migrate", "--json").stdout.splitlines()[-1])
    assert planned == done | {"dry_run": True} and done["before"] is None
    back = json.loads(perennial(tmp_path, "migrate", "--to", "0001", "--dry-run", "--json").stdout.splitlines()[-1])
    assert back["after"] == "0001" and json.loads(perennial(tmp_path, "migrate", "--json").stdout.splitlines()[-1])["before"] == done["after"]


@pytest.mark.parametrize("place", ["/proc/nope", "/dev/null", "/dev/null/inside"])
def test_a_folder_that_cannot_be_made_is_a_sentence(place: str, tmp_path: Path) -> None:
    assert f"{place} is no folder" in refused(perennial(tmp_path, "export", place))


def test_any_other_trouble_with_a_file_is_a_sentence_and_a_fault_of_ours_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: Exception) -> None:
        def act(*_: object) -> None:
            raise error
        monkeypatch.setattr("bot.jobs.overview", act)

    fails(OSError(errno.EIO, "Input/output error", "/srv/disk"))
    assert "/srv/disk: Input/output error. Look at" in refused(perennial(tmp_path, "status"), code=1)
    fails(RuntimeError("never"))
    done = perennial(tmp_path, "status")
    assert done.returncode == 1 and "a fault of Perennial itself (RuntimeError). Please report" in done.stderr.splitlines()[-1]


def test_questions_that_end_early_write_nothing_and_name_the_file_of_answers(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "bot", "init"], input="A title\n", capture_output=True, text=True, check=False,
                          env=environment(tmp_path))
    assert done.returncode == 2 and "nothing was written" in done.stderr and "--answers" in done.stderr
    assert not (tmp_path / "reviews").exists()


def test_a_machine_without_ipv6_is_told_to_listen_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def no_ipv6(family: int = socket.AF_INET, *rest: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, *rest)

    monkeypatch.setattr(socket, "socket", no_ipv6)
    with pytest.raises(SettingsError, match=r"no IPv6.*PERENNIAL_LISTEN=127\.0\.0\.1"):
        listen("::1", 0)


def _shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(name, f"sudo apt-get install {name}")
    return str(found)


# Each asks its own machinery for what Tab would give after `perennial people er` and after `perennial mi`.
ASKED = {
    "bash": 'source {script}; for line in "perennial people er" "perennial mi"; do COMP_WORDS=($line); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); '
            '_perennial_completion; echo "${{COMPREPLY[@]}}"; done',
    "zsh": "source {script}; _arguments() {{ print -r -- \"$@\" }}; for line in 'perennial people er' 'perennial mi'; do words=(${{=line}}); "
           "CURRENT=${{#words}}; _perennial_completion; done",
    "fish": "source {script}; complete -C 'perennial people er'; complete -C 'perennial mi'",
}


@pytest.mark.parametrize("shell", ASKED)
def test_a_shell_completes_the_commands_also_where_the_launcher_has_a_blank_in_its_path(shell: str, tmp_path: Path,
                                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    program = _shell(shell)
    launcher = tmp_path / "a folder" / "perennial"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m bot "$@"\n')
    launcher.chmod(0o755)
    monkeypatch.setattr(paths, "root", lambda: launcher.parent)
    script = tmp_path / "script"
    script.write_text(perennial(tmp_path, "completion", shell).stdout)
    flag = {"zsh": ["-f"], "bash": ["--norc"], "fish": ["--no-config"]}[shell]
    done = subprocess.run([program, *flag, "-c", ASKED[shell].format(script=script)], capture_output=True, text=True, timeout=60, check=False,
                          env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2]), "HOME": str(tmp_path)})
    assert "erase" in done.stdout and "migrate" in done.stdout, done.stderr
    assert "unknown" not in done.stderr.lower()


def test_an_unknown_shell_is_refused_with_those_there_are(tmp_path: Path) -> None:
    assert "allowed: bash, zsh, fish" in refused(perennial(tmp_path, "completion", "tcsh"))


def test_a_terminal_gets_a_bar_with_the_time_left_and_no_colour_where_none_is_wanted(home: Path) -> None:
    ours, theirs = pty.openpty()
    given = environment(home) | {"TERM": "xterm-256color", "NO_COLOR": "1"}
    process = subprocess.Popen([sys.executable, "-P", "-m", "bot", "import", str(home / "one.ris"), "--source", "embase", "--review", SLUG],
                               stderr=theirs, stdout=subprocess.PIPE, env=given)
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    stdout, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0 and b"left:" in seen and b"\x1b" not in stdout
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]", seen)

"""Real parts for the tests: a Postgres and an IMAP server of their own, Debian's Chromium. Where one is missing the test skips,
unless CI asked for it.
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

# `.ci/run` names here what it installed: a test that skips for want of it is then a failure.
REQUIRED = {name for name in os.environ.get("PERENNIAL_REQUIRE", "").split(",") if name}


def missing(part: str, how: str) -> None:
    """Skip the test because `part` is not on this machine; fail instead where CI promised it."""
    message = f"{part} is not on this machine. Mend it with:  {how}"
    if part in REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


def chromium() -> str:
    """Return the path of Debian's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("chromium", "sudo apt-get install chromium")
    return str(found)


CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync"]


@dataclass
class Postgres:
    """A server on a free port of this machine, in a folder of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def url(self, name: str, model: str = "template1") -> str:
        """Return the address of a new database: an empty one, or a copy of `model`."""
        self._psql(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Delete a database. Hundreds of them that stay would fill gigabytes, and take half a minute to delete in the end."""
        self._psql(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def stop(self) -> None:
        """End it at once: nobody asks it again."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self.process.wait(60)

    def kill(self) -> None:
        """Kill all of its processes at once, and start it again on what is there."""
        master = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        for number in [master, *_children(master)]:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.wait(60)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.process = _run_postgres(self.folder, self.port)

    def _psql(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def start_postgres(folder: Path) -> Postgres:
    """Start a Postgres on a free port."""
    binaries = _postgres_binaries()
    data = folder / "data"
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder.chmod(0o777)
    subprocess.run([*as_user, f"{binaries}/initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
                    "--locale=C.UTF-8"], check=True, capture_output=True)
    port = _free_port()
    return Postgres(folder, port, _run_postgres(folder, port))


def _run_postgres(folder: Path, port: int) -> subprocess.Popen[bytes]:
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    options = ["-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-c", "max_connections=100",
               *(f"-c{name}=off" for name in ("fsync", "full_page_writes", "autovacuum"))]
    process = subprocess.Popen([*as_user, f"{_postgres_binaries()}/postgres", *options], stdout=subprocess.DEVNULL,
                               stderr=(folder / "log").open("wb"))
    _wait_for(port, process, folder / "log")
    return process


def _children(master: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(master)], capture_output=True, text=True, check=False).stdout
    return [int(number) for number in listed.split()]


@dataclass
class Dovecot:
    """An IMAP server on a free port of this machine, with one password for everybody and mailboxes in a folder of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    password: str = "secret"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)

    def start_again(self) -> None:
        """Start it anew on the same port, with the same mailboxes."""
        self.process = _run_dovecot(self.folder, self.port)


def start_dovecot(folder: Path) -> Dovecot:
    """Start Debian's dovecot as whom the tests run as; for root, who may have no mail, the mailboxes are nobody's."""
    if not Path("/usr/sbin/dovecot").exists():
        missing("dovecot", "sudo apt-get install dovecot-imapd")
    is_root, port = os.geteuid() == 0, _free_port()
    user, group = ("nobody", "nogroup") if is_root else (pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name)
    uid, gid = (65534, 65534) if is_root else (os.geteuid(), os.getegid())
    for name in ("", "run", "mail"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(0o777)
    (folder / "dovecot.conf").write_text(f"""
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
""")
    return Dovecot(folder, port, _run_dovecot(folder, port))


def _run_dovecot(folder: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            with imaplib.IMAP4("127.0.0.1", port, timeout=2) as server:
                server.login("nobody-yet", "secret")
                return process
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
    pytest.fail(f"dovecot did not start: {(folder / 'log').read_text()[-500:] if (folder / 'log').exists() else ''}")


def _postgres_binaries() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        missing("postgres", "sudo apt-get install postgresql")
    return str(found[-1].parent)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    pytest.fail(f"Postgres did not start: {log.read_text()[-500:]}")

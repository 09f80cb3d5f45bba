"""The doctor looks a site over, names what is wrong with its mend, and changes nothing."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot import paths, settings
from bot.doctor import BAD, OK, WARN, Finding, examine
from bot.settings import Settings
from db import outbox, schema
from db.session import Database
from tests.faulty_smtp import FaultySmtp


@pytest.fixture(autouse=True)
def _no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks the world; what a name server says: tests/unit/mail/test_what_a_domain_says.py."""
    monkeypatch.setattr("bot.doctor.name_servers", list)


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A site with a database and keys, whose mails come from example.org."""
    home = tmp_path / "home"
    home.mkdir()
    found = settings.load(home=home, address="https://review.example.org", sender="bot@example.org", ncbi_email="team@example.org",
                          eutils_address="http://127.0.0.1:9")
    database = Database(found.database_url)
    schema.ready(database, paths.migrations())
    database.close()
    found.link_keys()
    return found


def found(site: Settings, *, offline: bool = True, **changes: object) -> dict[str, Finding]:
    return {one.what: one for one in examine(site.model_copy(update=changes), offline=offline)}


def test_a_site_in_order_has_nothing_bad(site: Settings) -> None:
    assert {one.state for one in examine(site, offline=True)} <= {OK, WARN}
    assert found(site)["backup"].state == WARN and "perennial backup" in found(site)["backup"].mend


def test_each_thing_that_is_wrong_is_named_with_its_mend(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(site, address="http://review.example.org")["public address"].state == BAD
    assert found(site, address="http://127.0.0.1:8000")["public address"].state == WARN
    assert "NCBI" in found(site, ncbi_email="")["contact"].mend
    (site.home / "keys" / "link-0001.key").chmod(0o644)
    assert found(site)["permissions"].mend == f"chmod 600 '{site.home / 'keys' / 'link-0001.key'}'"
    monkeypatch.setattr("bot.doctor.LEAST_FREE", 1 << 60)
    assert found(site)["disk"].state == BAD and "full disk" in found(site)["disk"].mend


def test_an_old_schema_a_broken_file_and_held_mails_are_seen(site: Settings) -> None:
    database = Database(site.database_url)
    with database.writing(by="system:test") as session:
        from datetime import UTC, datetime
        outbox.hold(session, why="moving house", at=datetime.now(UTC))
    assert "moving house" in found(site)["mails"].says
    schema.migrate(database, paths.migrations(), to="0014")
    database.close()
    assert found(site)["database"].mend == "Run:  perennial migrate"
    (site.home / "perennial.sqlite").write_bytes(b"no database" * 1000)
    for name in ("perennial.sqlite-wal", "perennial.sqlite-shm"):
        (site.home / name).unlink(missing_ok=True)
    assert found(site)["database"].state == BAD


def test_an_old_backup_is_a_warning(site: Settings) -> None:
    (site.home / "backups").mkdir()
    path = site.home / "backups" / "perennial-20261101T030000Z.tar"
    path.touch()
    assert found(site)["backup"].state == OK
    os.utime(path, (time.time() - 5 * 86400,) * 2)
    assert "5 days old" in found(site)["backup"].says


def test_the_mail_server_is_tried_and_nothing_is_sent(site: Settings) -> None:
    with FaultySmtp() as server:
        mail = found(site, offline=False, smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none")
        assert [one for one in mail.values() if one.what == "mail"][-1].state == OK
        assert "_dmarc.example.org" in mail["SPF, DKIM, DMARC"].mend
        assert server.kept == []
    lines = [one for one in examine(site.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none"}), offline=False)
             if one.what == "mail"]
    assert lines[0].state == BAD and "PERENNIAL_SMTP_HOST" in lines[0].mend


def test_sources_are_asked_and_the_clock_is_compared_with_theirs(site: Settings) -> None:
    here = {one.what: one for one in examine(site, offline=False)}
    assert {"PubMed", "ClinicalTrials.gov", "OpenAlex"} <= set(here) and here["ClinicalTrials.gov"].says.startswith("answers")
    assert here["clock"].state == OK and here["PubMed"].state == BAD and "PERENNIAL_PROXY" in here["PubMed"].mend
    late = {one.what: one for one in examine(site, offline=False, now=lambda: time.time() + 3600)}
    assert late["clock"].state == BAD and "set-ntp" in late["clock"].mend


def test_a_finding_is_a_line() -> None:
    one = Finding("disk", BAD, "full", "Free some")
    assert one.line == "BAD   disk: full. Free some" and replace(one, mend="").line == "BAD   disk: full"


def test_a_proxy_of_the_environment_is_named_for_it_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    nowhere = {f"{name}_address": "http://127.0.0.1:9" for name in ("eutils", "clinicaltrials", "europepmc", "openalex", "crossref")}
    found = {one.what: one for one in examine(settings.load(home=tmp_path, **nowhere), offline=False)}
    assert found["proxy"].state == WARN and "PERENNIAL_PROXY=$HTTPS_PROXY" in found["proxy"].mend

"""Nothing secret stands in a log: no address, link, key or password, whatever page or fault it was."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from bot import settings
from bot.errors import SettingsError
from bot.links import PATHS, LinkKeys, token
from bot.telemetry import configure, logger, redact

KEYS = LinkKeys("a", {"a": b"k" * 32})


@pytest.mark.parametrize("purpose", sorted(PATHS))
def test_no_link_of_any_purpose_stands_in_a_log(purpose: str) -> None:
    secret = token(KEYS, "a", purpose, 7)
    for text in (PATHS[purpose].format(token=secret), f"https://review.example.org{PATHS[purpose].format(token=secret)}/1?x=1", f"x={secret}."):
        assert secret not in redact(text) and "<token>" in redact(text)


@pytest.mark.parametrize(("said", "secret"), [
    ("could not send to ann.o'hara+x@example.org: refused", "ann.o'hara+x@example.org"),
    ("postgresql://perennial:s3cr3t-p@database/perennial does not answer", "s3cr3t-p"),
    ("http://user:pr0xy!@proxy.example.org:3128 refused", "pr0xy!"),
    ("GET /esearch.fcgi?db=pubmed&api_key=0123abcd&retmax=1", "0123abcd"),
    ("https://api.example.org/?apikey=xyz987", "xyz987"), ("password=hunter2 in dsn", "hunter2")])
def test_secrets_in_addresses_and_faults_are_left_out(said: str, secret: str) -> None:
    assert secret not in redact(said)


def test_a_log_line_is_one_line_whatever_was_sent_and_says_when_in_utc() -> None:
    written = io.StringIO()
    with redirect_stderr(written):
        configure()
        logger("web").error("a page failed", path="/x\nlevel='info' forged", error="ann@example.org\r\nInjected: 1")
    (line,) = written.getvalue().splitlines()
    assert line.startswith("timestamp='20") and "Z'" in line and "ann@" not in line


def test_a_secret_may_stand_in_a_file_and_then_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("PERENNIAL_SMTP_PASSWORD_FILE", str(tmp_path / "secret"))
    assert settings.load(home=tmp_path).smtp_password.get_secret_value() == "from the file"
    monkeypatch.setenv("PERENNIAL_SMTP_PASSWORD", "given twice")
    with pytest.raises(SettingsError, match="set one of the two"):
        settings.load(home=tmp_path)
    monkeypatch.delenv("PERENNIAL_SMTP_PASSWORD")
    monkeypatch.setenv("PERENNIAL_SMTP_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"PERENNIAL_SMTP_PASSWORD_FILE: .*none cannot be read"):
        settings.load(home=tmp_path)


def test_a_new_key_makes_new_links_and_the_old_one_stays(tmp_path: Path) -> None:
    chosen = settings.load(home=tmp_path)
    first = chosen.link_keys()
    assert chosen.new_link_key() == "link-0002"
    second = chosen.link_keys()
    assert (second.current, second.keys["link-0001"]) == ("link-0002", first.keys["link-0001"])
    old, same, new = token(first, "link-0001", "u", 1), token(second, "link-0001", "u", 1), token(second, "link-0002", "u", 1)
    assert old == same != new
    assert (tmp_path / "keys" / "link-0002.key").stat().st_mode & 0o077 == 0


def test_a_proxy_that_is_no_address_is_refused(tmp_path: Path) -> None:
    assert json.dumps(settings.load(home=tmp_path, trusted_proxies="127.0.0.1, 10.0.0.0/8").trusted_proxies)
    with pytest.raises(SettingsError, match="no address or network"):
        settings.load(home=tmp_path, trusted_proxies="*")

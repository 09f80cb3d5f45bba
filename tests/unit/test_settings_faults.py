"""Every wrong setting is one sentence that names it and what is allowed, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings
from bot.app import build
from bot.errors import PerennialError, SettingsError

WRONG = [
    ("PERENNIAL_PORT", "eighty", "integer"), ("PERENNIAL_PORT", "70000", "65535"), ("PERENNIAL_PORT", "-1", "0"),
    ("PERENNIAL_SMTP_PORT", "0", "1"), ("PERENNIAL_SMTP_SECURITY", "ssl", "starttls"), ("PERENNIAL_ADDRESS", "review.example.org", "https://"),
    ("PERENNIAL_ADDRESS", "ftp://review.example.org", "https://"), ("PERENNIAL_ADDRESS", "https://", "https://"),
    ("PERENNIAL_ADDRESS", "https://review.example.org/?a=1", "https://"), ("PERENNIAL_ADDRESS", "https://a b.org", "https://"),
    ("PERENNIAL_ADDRESS", "https://review.example.org:port", "https://"), ("PERENNIAL_EUTILS_ADDRESS", "nowhere", "https://"),
    ("PERENNIAL_SENDER", "nobody", "address"), ("PERENNIAL_SENDER", "a@b.org, c@d.org", "address"), ("PERENNIAL_DEMO", "perhaps", "bool"),
    ("PERENNIAL_SITE_NAME", "x" * 81, "80"), ("PERENNIAL_SITE_NAME", "two\nlines", "line"), ("PERENNIAL_DATABASE", "mysql://host/name", "postgresql://"),
    ("PERENNIAL_DATABASE", "perennial.sqlite", "sqlite:///"), ("PERENNIAL_DATABASE", "sqlite://", "sqlite:///"),
    ("PERENNIAL_NCBI_EMAIL", "not an address", "address"), ("PERENNIAL_LISTEN", "", "empty"),
]


@pytest.mark.parametrize(("name", "value", "says"), WRONG)
def test_a_wrong_setting_is_one_sentence_that_names_it(name: str, value: str, says: str, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        settings.load(home=tmp_path)
    sentence = str(raised.value)
    assert name in sentence and says in sentence and "\n" not in sentence, sentence
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_setting_is_refused_with_the_likely_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_SMTP_HOTS", "mail.example.org")
    with pytest.raises(SettingsError, match=r"PERENNIAL_SMTP_HOTS is not a setting.*PERENNIAL_SMTP_HOST"):
        settings.load(home=tmp_path)


@pytest.mark.parametrize("line", ["PERENNIAL_SMTP_HOTS=mail.example.org", "PERENNIAL_PORT=eighty"])
def test_the_file_in_the_home_is_held_to_the_same(line: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{line}\n")
    with pytest.raises(SettingsError, match=line.partition("=")[0]):
        settings.load(home=tmp_path)


def test_the_file_in_the_home_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PERENNIAL_PORT=8111\nPERENNIAL_SITE_NAME=From the file\n")
    monkeypatch.setenv("PERENNIAL_PORT", "8222")
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path))
    found = settings.load()
    assert (found.port, found.site_name, found.home) == (8222, "From the file", tmp_path)


def test_a_home_with_tilde_or_relative_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.load(home=Path("here")).home == tmp_path / "here"
    assert settings.load(home=Path("~/there")).home == tmp_path / "there"


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match="PERENNIAL_HOME"):
        build(settings.load(home=tmp_path / "file"))


def test_mails_to_the_world_need_a_public_address_and_a_secured_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PERENNIAL_ADDRESS"):
        settings.load(home=tmp_path, smtp_host="mail.example.org")
    with pytest.raises(SettingsError, match="PERENNIAL_SMTP_SECURITY"):
        settings.load(home=tmp_path, smtp_host="mail.example.org", smtp_security="none", address="https://review.example.org")
    assert settings.load(home=tmp_path, smtp_host="mail.example.org", address="https://review.example.org").smtp_port == 587


def test_a_link_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "link-0001.key").write_bytes(b"short")
    with pytest.raises(PerennialError, match="32 bytes"):
        settings.load(home=tmp_path).link_keys()


def test_link_keys_are_made_once_kept_and_read_by_nobody_else(tmp_path: Path) -> None:
    first = settings.load(home=tmp_path).link_keys()
    assert settings.load(home=tmp_path).link_keys() == first
    (path,) = (tmp_path / "keys").iterdir()
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0
    (tmp_path / "keys" / "link-0002.key").write_bytes(b"2" * 32)
    second = settings.load(home=tmp_path).link_keys()
    assert second.current == "link-0002" and set(second.keys) == {"link-0001", "link-0002"}


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    found = settings.load(home=tmp_path, smtp_password="hunter2", ncbi_api_key="k3y", database="postgresql://ada:s3cret@host/name")
    assert not any(secret in repr(found) + str(found.link_keys()) for secret in ("hunter2", "k3y", "s3cret"))

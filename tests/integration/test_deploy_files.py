"""The files that run a site are read by the programs that they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.parts import missing

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
# What systemd says of a unit that may do anything is 9.6; its own services with sandboxing reach 2 to 4.
MOST_EXPOSED = 1.5
PACKAGES = {"systemd-analyze": "systemd", "nginx": "nginx-light"}


def _run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    if shutil.which(str(command[0])) is None and not Path(command[0]).exists():
        name = Path(command[0]).name
        missing(name, f"sudo apt-get install {PACKAGES.get(name, name)}")
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


def _here(unit: Path, folder: Path) -> Path:
    """Return a copy of a unit that names what is on this machine."""
    text = unit.read_text().replace("/opt/perennial/perennial", "/bin/true").replace("User=perennial", "User=daemon")
    copy = folder / unit.name
    copy.write_text(re.sub(r"^EnvironmentFile=.*$", "", text, flags=re.MULTILINE))
    return copy


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.glob("perennial*.service")))
def test_a_unit_is_understood_and_may_do_little(name: str, tmp_path: Path) -> None:
    copy = _here(DEPLOY / name, tmp_path)
    read = _run("systemd-analyze", "verify", copy)
    assert read.returncode == 0 and name not in read.stderr, read.stderr
    said = _run("systemd-analyze", "security", "--offline=true", copy).stdout
    assert float(re.findall(r"exposure level for \S+: ([0-9.]+)", said)[0]) <= MOST_EXPOSED


def test_the_timer_is_understood_and_starts_the_backup(tmp_path: Path) -> None:
    _here(DEPLOY / "perennial-backup.service", tmp_path)
    copy = _here(DEPLOY / "perennial-backup.timer", tmp_path)
    read = _run("systemd-analyze", "verify", copy, cwd=tmp_path)
    assert read.returncode == 0 and "perennial" not in read.stderr, read.stderr


def test_the_example_of_settings_names_only_settings_that_there_are() -> None:
    named = re.findall(r"^(PERENNIAL_\w+)=", (DEPLOY / "perennial.env.example").read_text(), flags=re.MULTILINE)
    assert named and {name.removeprefix("PERENNIAL_").lower() for name in named} <= set(Settings.model_fields)


def test_nginx_reads_its_sample(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = _run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=review.example.org", "-keyout", key,
                "-out", certificate)
    assert made.returncode == 0, made.stderr
    sample = re.sub(r"(ssl_certificate_key) [^;]+;", rf"\1 {key};", (DEPLOY / "nginx.conf").read_text())
    sample = re.sub(r"(ssl_certificate) [^;]+;", rf"\1 {certificate};", sample)
    sample = re.sub(r"listen (\[::\]:)?(80|443)\b", lambda found: f"listen {found.group(1) or ''}18{int(found.group(2)):03}", sample)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{sample}\n}}\n")
    read = _run("/usr/sbin/nginx", "-t", "-p", tmp_path, "-c", whole)
    assert "syntax is ok" in read.stderr, read.stderr


def test_caddy_reads_its_sample() -> None:
    read = _run("caddy", "validate", "--config", DEPLOY / "Caddyfile", "--adapter", "caddyfile")
    assert read.returncode == 0, read.stderr


def test_the_image_runs_as_nobody_special_and_is_asked_whether_it_lives() -> None:
    lines = (DEPLOY / "Dockerfile").read_text()
    last = lines.rpartition("\nFROM ")[2]
    assert "\nUSER 10001" in last and "HEALTHCHECK" in last and "/livez" in last
    copied = set(re.findall(r"^COPY (\w+) ", lines, flags=re.MULTILINE))
    assert {"perennial", "bot", "classifiers", "db", "migrations", "reviews", "templates"} <= copied

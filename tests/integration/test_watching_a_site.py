"""What a monitor asks: whether the site is ready, and its numbers, on its own machine alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.web import create
from bot.web.metrics import HELP
from db import schema
from tests.asgi import Browser
from tests.fixtures_demo import Played

pytestmark = pytest.mark.xdist_group("demo")
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SAMPLE = re.compile(r'(perennial_\w+)(\{\w+="[^"\n]*"(?:,\w+="[^"\n]*")*\})? (-?[0-9.e+]+)')


def test_the_numbers_are_in_the_format_of_prometheus_and_true(played_on_sqlite: Played) -> None:
    answer = played_on_sqlite.web.get("/metrics")
    samples = {}
    for line in answer.text.splitlines():
        if not line.startswith("# "):
            found = SAMPLE.fullmatch(line)
            assert found, line
            samples[found[1] + (found[2] or "")] = float(found[3])
    assert {name.partition("{")[0] for name in samples} == set(HELP)
    assert samples['perennial_bulletins_published{review="digital-peer-support"}'] == 2
    assert samples['perennial_mails{state="sent"}'] == played_on_sqlite.figures["mails"] and samples["perennial_mails_held"] == 0
    # 1 November 2026, by `date -u -d 2026-11-01 +%s`.
    assert samples['perennial_searched_to_timestamp_seconds{review="digital-peer-support",source="pubmed"}'] == 1793491200


def test_nobody_else_sees_them_and_every_alert_names_one_that_there_is(played_on_sqlite: Played) -> None:
    elsewhere = Browser(create(played_on_sqlite.app), client="203.0.113.9")
    assert elsewhere.get("/metrics").status_code == 404
    named = set(re.findall(r"perennial_\w+", (DEPLOY / "alerts.yaml").read_text()))
    assert named and named <= set(HELP)


def test_a_site_is_ready_when_its_database_has_the_schema_of_the_code(played_on_sqlite: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    assert played_on_sqlite.web.get("/readyz").status_code == 200 == played_on_sqlite.web.get("/livez").status_code
    monkeypatch.setattr(schema, "newest", lambda _: "9999")
    answer = played_on_sqlite.web.get("/readyz")
    assert answer.status_code == 503 and "doctor" in answer.text

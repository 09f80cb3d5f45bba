"""A protocol that was amended since the last bulletin: what, why, and once the estimates by the old and by the new rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.protocols import Amendment, Protocol
from db import blobs
from db.session import Database
from tests.fixtures_bulletins import SYSTEM, Press, press

REVIEW = "/reviews/digital-peer-support"
WHY = Amendment("9.0", date(2026, 11, 20), "Intervals are Wald's.", "A <b>statistician</b> asked for it.", "the team", "bulletin 1")


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Press:
    """A review with a published bulletin on depression, and the next cycle begun; the protocol is kept as it was."""
    made = press(sqlite, now)
    made.starting_set(outcome="depression")
    with sqlite.writing(by=SYSTEM) as session:
        blobs.put(session, made.desk.protocol.document, "application/json")
    made.issue()
    made.desk.now += timedelta(days=30)
    made.desk.next_cycle("2026-12")
    return made


def amend(one: Press, *, announced: bool = True, **changes: Any) -> Protocol:
    """Go on by another version of the protocol."""
    old = one.desk.protocol
    pooling = replace(old.pooling, **changes.pop("pooling", {}))
    said = (*old.amendments, *([WHY] if announced else []))
    one.desk.protocol = replace(old, version="9.0", sha256="9" * 64, pooling=pooling, amendments=said, **changes)
    return old


def amended(one: Press) -> Any:
    return one.bulletin.content["amended"]


def test_another_interval_is_shown_by_both_rules_once(one: Press) -> None:
    old = amend(one, pooling={"interval": "wald"})
    one.draft()
    told = amended(one)
    assert (told["since"], told["version"]) == (old.version, "9.0")
    assert [said["what"] for said in told["amendments"]] == ["Intervals are Wald's."]
    assert {"key": "pooling.interval", "before": "knapp-hartung-max1", "after": "wald"} in told["differences"]
    (both,) = told["both"]
    # The numbers of issue 2 (R metafor, Knapp-Hartung) by the old rule; the estimate itself is the same under both, its interval is not.
    assert both["outcome"] == "Depression" and both["old"] == "SMD −0.35 (−0.58 to −0.12)" and both["k_old"] == both["k_new"] == 8
    assert both["new"].startswith("SMD −0.35 (") and both["new"] != both["old"] and not both["same"]
    one.sign()
    one.publish()
    for name in ("", "/bulletin.txt"):
        words = " ".join(one.browser.get(f"{REVIEW}/bulletins/2{name}").text.split())
        assert "The protocol was amended" in words and "SMD −0.35 (−0.58 to −0.12)" in words
    assert "A &lt;b&gt;statistician&lt;/b&gt;" in one.browser.get(f"{REVIEW}/bulletins/2").text
    one.desk.now += timedelta(days=30)
    one.desk.next_cycle("2027-01")
    one.draft()
    assert amended(one) is None


def test_another_order_of_windows_is_shown_by_both_rules(one: Press) -> None:
    amend(one, windows=tuple(reversed(one.desk.protocol.windows)))
    one.draft()
    assert any(found["key"].startswith("windows") for found in amended(one)["differences"])
    assert [both["outcome"] for both in amended(one)["both"]] == ["Depression"]


def test_what_touches_no_analysis_shows_no_number_and_what_nobody_announced_is_said(one: Press) -> None:
    amend(one, announced=False, question="Another question?")
    one.draft()
    assert amended(one)["both"] == [] and amended(one)["amendments"] == []
    assert "question" in [found["key"] for found in amended(one)["differences"]]
    one.sign()
    one.publish()
    assert "No amendment in the protocol says what was changed" in one.browser.get(f"{REVIEW}/bulletins/2").text


def test_a_version_that_cannot_be_read_any_more_tells_the_amendment_alone(one: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.errors import ProtocolError
    from bot.steps.bulletins import gather_amendments

    def unread(_: bytes) -> Protocol:
        raise ProtocolError("written for other forms")

    monkeypatch.setattr(gather_amendments, "load_document", unread)
    amend(one, pooling={"interval": "wald"})
    one.draft()
    assert amended(one)["differences"] == [] and [said["version"] for said in amended(one)["amendments"]] == ["9.0"]

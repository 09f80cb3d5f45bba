"""Scopus by its interface: more hits than it serves are asked for by halves of the days; the key goes nowhere but to Elsevier."""

from __future__ import annotations

from datetime import date

import pytest

from bot.demo.standins.scopus import ScopusStandIn
from bot.demo.standins.server import Faults
from bot.errors import SourceError
from bot.sources import Window, scopus, search
from bot.sources.scopus import Scopus
from tests.fixtures_search import impatient

KEY = "a-secret-key-of-elsevier"
HELD = [{"eid": f"2-s2.0-{number}", "title": f"Peer support {number}", "loaded": f"2026-10-{1 + number % 30:02d}",
         "authors": ["Doe J.", "Roe R."], "abstract": "Words. NCT01234567",
         "doi": f"10.5555/{number}", "pmid": str(number + 1)} for number in range(90)]
OCTOBER = Window(date(2026, 10, 1), date(2026, 10, 31))


def _scopus(one: ScopusStandIn, token: str = "") -> Scopus:
    return Scopus(impatient(one.address), base_address=one.address, api_key=KEY, token=token)


def test_more_hits_than_are_served_are_asked_for_by_halves_of_the_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopus, "MOST_HITS", 20)
    with ScopusStandIn(HELD) as one:
        reply = search(_scopus(one), "TITLE-ABS-KEY(peer)", OCTOBER)
    assert sorted(reply.ids) == sorted(held["eid"] for held in HELD) and reply.first.hits == 90


def test_more_hits_on_one_day_than_are_served_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopus, "MOST_HITS", 2)
    with ScopusStandIn(HELD) as one, pytest.raises(SourceError, match="narrow the strategy"):
        search(_scopus(one), "TITLE-ABS-KEY(peer)", OCTOBER)


def test_only_days_of_the_window_are_found_and_nothing_found_is_nothing() -> None:
    with ScopusStandIn(HELD) as one:
        days = search(_scopus(one), "TITLE-ABS-KEY(peer)", Window(date(2026, 10, 3), date(2026, 10, 4)))
        assert len(days.ids) == 6 and search(_scopus(one), "TITLE-ABS-KEY(fish)", OCTOBER).ids == ()


def test_an_institutions_token_brings_abstract_and_all_authors() -> None:
    with ScopusStandIn(HELD) as one:
        (short,), (whole,) = (_scopus(one, token).fetch(("2-s2.0-7",)).records for token in ("", "token"))
    assert (short.abstract, short.authors) == ("", ("Doe J.",))
    assert (whole.abstract, whole.authors) == ("Words. NCT01234567", ("Doe J.", "Roe R."))
    assert (whole.doi, whole.pmid, whole.registrations, whole.year) == ("10.5555/7", "8", ("NCT01234567",), 2026)


def test_the_key_stands_in_no_message_of_a_failure() -> None:
    with ScopusStandIn(HELD, Faults({("search", 0): "500"})) as one, pytest.raises(SourceError) as failed:
        search(_scopus(one, "a-token"), "TITLE-ABS-KEY(peer)", OCTOBER)
    assert KEY not in str(failed.value) and "a-token" not in str(failed.value)

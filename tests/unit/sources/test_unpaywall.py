"""Where papers can be read without paying, as Unpaywall tells it; whoever cannot answer never says that there is no free copy."""

from __future__ import annotations

import pytest

from bot.demo.standins.server import Faults
from bot.demo.standins.unpaywall import UnpaywallStandIn
from bot.domain.full_texts import FullTextLink
from bot.errors import SourceError
from bot.sources.unpaywall import Unpaywall
from tests.fixtures_search import impatient

DOI = "10.5555/A(1)#2"
PAPER = {"doi": DOI.lower(), "copies": [{"link": "https://example.org/a", "pdf": "https://example.org/a.pdf", "licence": "cc-by"},
                                        {"link": "https://repository.example.org/a", "version": "acceptedVersion"},
                                        {"link": "javascript:alert(1)"}]}


def _asked(one: UnpaywallStandIn, email: str = "someone@example.org") -> Unpaywall:
    return Unpaywall(impatient(one.address), base_address=one.address, email=email)


def test_free_copies_come_best_first_and_each_once_and_none_that_is_no_address() -> None:
    with UnpaywallStandIn([PAPER, {"doi": "10.5555/closed"}]) as one:
        assert _asked(one).links(DOI) == (
            FullTextLink("unpaywall", "https://example.org/a.pdf", "publishedVersion", "cc-by"),
            FullTextLink("unpaywall", "https://repository.example.org/a", "acceptedVersion", ""))
        assert _asked(one).links("10.5555/closed") == () == _asked(one).links("10.5555/unknown")
        assert {given["email"] for _, given in one.requests} == {"someone@example.org"}


@pytest.mark.parametrize("fault", ["429", "500", "html", "error-in-200", "truncated", "empty", "drop", "other", "foreign-404", "redirect"])
def test_a_failure_is_never_taken_for_no_free_copy(fault: str) -> None:
    with UnpaywallStandIn([PAPER], Faults({("doi", 0): fault})) as one, pytest.raises(SourceError):
        _asked(one).links(DOI)


def test_who_leaves_no_address_is_told_so() -> None:
    with UnpaywallStandIn([PAPER]) as one, pytest.raises(SourceError, match="422"):
        _asked(one, email="").links(DOI)

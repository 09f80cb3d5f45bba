"""Unpaywall: where a paper can be read without paying. Source: unpaywall.org/products/api and /data-format. Not a source of records.

One DOI at a time; who asks must leave an address; 100,000 a day are allowed. A DOI that it does not know is a 404 with an object of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from bot.domain.full_texts import FullTextLink
from bot.errors import SourceError
from bot.http import Http
from bot.sources import answers

LABEL = "Unpaywall"
INTERVAL = 0.1
UNKNOWN = 404


class Unpaywall:
    """Who knows the free copies of papers. base_address: without a slash at its end; email: who asks."""

    name = "unpaywall"

    def __init__(self, http: Http, *, base_address: str, email: str) -> None:
        self._http, self._base, self._email = http, base_address, email

    def links(self, doi: str) -> tuple[FullTextLink, ...]:
        """Return the free copies of a paper, the best first; none if there is none or the DOI is unknown. Raises SourceError.

        It never says "none" where it was not understood: an answer about another paper is an error as well.
        """
        answer = self._http.get(f"{self._base}/{quote(doi, safe='/')}", {"email": self._email}, interval=INTERVAL,
                                complaint=answers.complaint(_no_paper), accept=frozenset({UNKNOWN}))
        found = answers.loads(answer, LABEL)
        if answer.status == UNKNOWN:
            return _none(found)
        if str(found.get("doi", "")).casefold() != doi.casefold():
            raise SourceError(f"{LABEL} was asked about {doi} and tells of {found.get('doi')!r}; where it can be read is not known")
        places = [found.get("best_oa_location"), *(found.get("oa_locations") or ())]
        return tuple({one.link: one for place in reversed(places) for one in _links(place or {})}.values())[::-1]


def _none(found: Mapping[str, Any]) -> tuple[()]:
    if found.get("error") is not True or found.get("HTTP_status_code") != UNKNOWN:
        raise SourceError(f"{LABEL} answered with a 404 that is not its own; where the paper can be read is not known")
    return ()


def _no_paper(found: Mapping[str, Any]) -> str:
    if found.get("error"):
        return f"says: {str(found.get('message', 'an error'))[:200]}"
    return "" if isinstance(found.get("is_oa"), bool) and "doi" in found else "answered without a paper"


def _links(place: Mapping[str, Any]) -> Iterator[FullTextLink]:
    link = str(place.get("url_for_pdf") or place.get("url") or "")
    if link.startswith(("https://", "http://")):
        yield FullTextLink(Unpaywall.name, link, str(place.get("version") or ""), str(place.get("license") or ""))



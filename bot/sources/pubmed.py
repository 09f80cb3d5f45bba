"""MEDLINE through NCBI's E-utilities: ids by esearch (JSON), records by efetch (MEDLINE text). Source: NBK25497, NBK25499.

Searches with more hits than PubMed serves: slices.py. Files that people saved from PubMed: bot/sources/files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.errors import SourceError
from bot.http import Answer, Http
from bot.sources import FIRST, Batch, Found, SearchReply, Window, search, slices
from bot.sources.files.nbib import complete_records
from bot.sources.slices import MOST_HITS, Slice
from bot.telemetry import redact

TOOL = "perennial"
# Ids are fetched by number, not through NCBI's history: that is forgotten after some hours, and gives no way to see what is missing.
# Few at a time: whoever is killed in the middle asks for one batch twice.
BATCH = 50
# NCBI allows 3 requests a second, 10 with a key (support.nlm.nih.gov, KA-05318). A little slower, for its clock is not ours.
INTERVAL, INTERVAL_WITH_KEY = 0.36, 0.11
# What NCBI says when something broke on its side and asking again helps.
PASSING = re.compile(r"rate limit|C\+\+ Exception|Read failed|timed? ?out|temporarily|try again|Unable to obtain query", re.IGNORECASE)


class PubMed:
    """The source `pubmed`. base_address: of the E-utilities, without a slash at its end; email: whom NCBI may write to."""

    name = "pubmed"
    batch = BATCH

    def __init__(self, http: Http, *, base_address: str, api_key: str = "", email: str = "") -> None:
        self._http, self._base = http, base_address
        self._always = {name: value for name, value in (("tool", TOOL), ("email", email), ("api_key", api_key)) if value}
        # The limit is NCBI's: a mirror or a stand-in has its own.
        is_ncbi = (urlsplit(base_address).hostname or "").endswith("ncbi.nlm.nih.gov")
        self._interval = (INTERVAL_WITH_KEY if api_key else INTERVAL) if is_ncbi else 0.0

    def ask(self, query: str, window: Window, part: str = FIRST) -> Found:
        """Return the ids of what entered PubMed in the window, got its headings or a notice in it; see bot/sources/__init__.py."""
        asked = Slice.of(part) if part else None
        term = asked.term(query, window) if asked else slices.whole(query, window)
        result = self._esearch(term, asked.start if asked else 0)
        total, ids = int(result["count"]), tuple(str(one) for one in result["idlist"])
        hits = total - (asked.start if asked else 0)
        if len(ids) > hits:
            raise SourceError(f"PubMed counts {total:,} hits and lists more of them; nothing is known about what is new")
        parts = () if len(ids) == hits else self._rest(asked, window, total, len(ids))
        unread, warnings = _complaints(result)
        understood = str(result.get("querytranslation", ""))
        # Of a slice that is cut up, the slices give the ids: taken here as well, they would only be taken twice.
        return Found(hits=hits, ids=() if parts and total > MOST_HITS else ids, as_sent=term, parts=parts,
                     as_understood=understood, reading=_reading(understood, window), address=f"{self._base}/esearch.fcgi",
                     warnings=warnings, unread=unread)

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these PMIDs; what PubMed leaves out or cuts off is named in `missing`."""
        if not ids:
            return Batch((), ())
        form = self._always | {"db": "pubmed", "id": ",".join(ids), "rettype": "medline", "retmode": "text"}
        answer = self._http.post(f"{self._base}/efetch.fcgi", form, interval=self._interval, complaint=_no_medline)
        text = answer.content.decode("utf-8", "replace")
        _refuse_errors(text)
        wanted = set(ids)
        found = {record.pmid: record for record in complete_records(text, source=self.name) if record.pmid in wanted}
        return Batch(tuple(found.values()), tuple(one for one in ids if one not in found))

    def search(self, query: str, window: Window) -> SearchReply:
        """Return everything that the query finds in the window at once."""
        return search(self, query, window)

    def _rest(self, asked: Slice | None, window: Window, total: int, served: int) -> tuple[str, ...]:
        """Return the parts that hold what a request did not give: smaller ones if there is too much, else the next page."""
        if total > MOST_HITS:
            return tuple(str(one) for one in (asked.smaller() if asked else slices.cut_whole(window)))
        if not served:
            raise SourceError(f"PubMed counts {total:,} hits and lists fewer; nothing is known about what is new")
        if asked is None:
            return tuple(str(one) for one in slices.first_slices(window))
        return (str(asked.rest(served)),)

    def _esearch(self, term: str, start: int) -> Mapping[str, Any]:
        form = self._always | {"db": "pubmed", "term": term, "retmode": "json", "retmax": str(MOST_HITS), "retstart": str(start)}
        answer = self._http.post(f"{self._base}/esearch.fcgi", form, interval=self._interval, complaint=_no_json)
        found = json.loads(answer.content)
        result = found.get("esearchresult")
        if "error" in found or not isinstance(result, dict):
            said = redact(str(found.get("error", "no search result")))
            raise SourceError(f"PubMed did not search: {said[:300]}; nothing is known about what is new")
        if "ERROR" in result:
            raise SourceError(f"PubMed could not search: {' '.join(redact(str(result['ERROR'])).split())[:300]}")
        if not str(result.get("count", "")).isdigit() or not isinstance(result.get("idlist"), list):
            raise SourceError("PubMed answered without a count or a list of ids; nothing is known about what is new")
        return result


def _no_json(answer: Answer) -> str:
    """Say why an answer is no search result and may be one when asked again; "" if it is one, or an error that lasts."""
    try:
        found = json.loads(answer.content)
    except ValueError:
        return f"answered with {_kind(answer.content)} where JSON was asked for"
    if not isinstance(found, dict):
        return "answered with something that is no search result"
    said = str(found.get("error", "") or (found.get("esearchresult") or {}).get("ERROR", ""))
    return f"refused: {' '.join(said.split())[:200]}" if PASSING.search(said) else ""


def _no_medline(answer: Answer) -> str:
    """Say why an answer is no MEDLINE text and may be one when asked again; "" if it is, or says that there is none."""
    head = answer.content.lstrip()[:2000]
    if head.startswith(b"{"):
        return f"refused: {' '.join(head.decode('utf-8', 'replace').split())[:200]}"
    if b"<ERROR>" in head:
        said = _between_tags(head.decode("utf-8", "replace"))
        return f"could not fetch: {said}" if PASSING.search(said) else ""
    if head.startswith(b"<"):
        return f"answered with {_kind(answer.content)} where MEDLINE text was asked for"
    # Nothing at all is what efetch gives when it knows none of the ids; asked again it is the same, and they are named as missing.
    return ""


def _refuse_errors(text: str) -> None:
    head = text.lstrip()[:2000]
    if "<ERROR>" in head:
        raise SourceError(f"PubMed could not fetch: {_between_tags(head)}")


def _between_tags(text: str) -> str:
    return " ".join(text.partition("<ERROR>")[2].partition("</ERROR>")[0].split())[:300]


def _complaints(result: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (what PubMed read otherwise than it stands, what it says besides): fields it does not know are searched as words."""
    said: dict[str, list[str]] = {"errorlist": [], "warninglist": []}
    for group, into in said.items():
        for kind, words in (result.get(group) or {}).items():
            into += [f"{WORDS.get(kind, kind)}: {' '.join(str(one).split())}" for one in words if kind != "outputmessages"]
    unread = tuple(one for one in said["errorlist"] if one.startswith(WORDS["fieldsnotfound"]))
    return unread, tuple(one for group in said.values() for one in group)


def _reading(understood: str, window: Window) -> str:
    # The window stands behind the strategy, and begins with its first day.
    return understood.partition(f"{window.start or slices.BEGINNING:%Y/%m/%d}")[0].rstrip('(" ')


WORDS = {"phrasesnotfound": "not found", "fieldsnotfound": "no such field", "phrasesignored": "left out",
         "quotedphrasesnotfound": "phrase not found"}


def _kind(content: bytes) -> str:
    head = content.lstrip()[:200].lower()
    if not head:
        return "nothing"
    if head.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    return "something that is cut off" if head.startswith(b"{") else "something else"

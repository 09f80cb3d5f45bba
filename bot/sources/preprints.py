"""Preprints by Europe PMC, which takes in medRxiv, bioRxiv, PsyArXiv, Research Square and others. Source: europepmc.org/RestfulWebService.

A preprint comes again when its entry changes, above all when its article appears: that is kept as a relation `preprint_of`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.domain.records import Record, Relation
from bot.errors import SourceError
from bot.http import Http
from bot.sources import FIRST, Batch, Found, Window, answers
from bot.sources.files import fields

LABEL = "Europe PMC"
PAGE, BATCH = 1000, 50
# No limit is published; five a second are known to be borne.
INTERVAL = 0.2
NUMBER = re.compile(r"PPR\d+")
HEADING = re.compile(r"\s*<h4>\s*(.*?)\s*:?\s*</h4>\s*", re.IGNORECASE)
EARLIEST = "1900-01-01"
KINDS = {"preprint of": "preprint_of", "retraction in": "retraction_in", "erratum in": "erratum_in", "expression of concern in": "concern_in",
         "update in": "update_in", "update of": "update_of", "withdrawal in": "retraction_in"}


class Preprints:
    """The source `preprints`. base_address: of the REST service, without a slash at its end; email: whom Europe PMC may write to."""

    name = "preprints"
    batch = BATCH

    def __init__(self, http: Http, *, base_address: str, email: str = "") -> None:
        self._http, self._base = http, base_address
        self._always = {"format": "json", "synonym": "false"} | ({"email": email} if email else {})
        self._interval = INTERVAL if (urlsplit(base_address).hostname or "").endswith("ebi.ac.uk") else 0.0

    def ask(self, query: str, window: Window, part: str = FIRST) -> Found:
        """Return the preprints that were taken in, or whose entry changed, in the window. A part is "seen<TAB>total<TAB>cursor"."""
        seen, total, cursor = part.split("\t") if part else ("0", "0", "*")
        strategy = " ".join(query.split())
        days = f"[{window.start or EARLIEST} TO {window.end}]"
        sent = f"({strategy}) AND SRC:PPR AND (FIRST_IDATE:{days} OR UPDATE_DATE:{days})"
        found = self._search(sent, resultType="idlist", pageSize=str(PAGE), cursorMark=cursor)
        ids = tuple(str(one.get("id", "")) for one in _results(found))
        if not all(NUMBER.fullmatch(one) for one in ids):
            raise SourceError(f"{LABEL} gave something else than preprints; nothing is known about what is new")
        counted, before = (found["hitCount"] if part == FIRST else int(total)), int(seen)
        following = str(found.get("nextCursorMark", ""))
        is_last = before + len(ids) >= counted or not following or following == cursor
        answers.listed(LABEL, total=counted, seen=before, page=len(ids), is_last=is_last)
        understood = str((found.get("request") or {}).get("queryString", "")) or sent
        return Found(hits=counted - before, ids=ids, as_sent=sent, as_understood=understood, reading=_reading(understood, sent, strategy),
                     address=f"{self._base}/searchPOST", parts=() if is_last else (f"{before + len(ids)}\t{counted}\t{following}",))

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these preprints; what Europe PMC leaves out is named in `missing`."""
        known = [one for one in ids if NUMBER.fullmatch(one)]
        if not known:
            return Batch((), ids)
        query = f"SRC:PPR AND ({' OR '.join(f'EXT_ID:{one}' for one in known)})"
        found = self._search(query, resultType="core", pageSize=str(len(known)))
        given = {str(one.get("id")): record_of(one) for one in _results(found) if one.get("title")}
        return Batch(tuple(given[one] for one in known if one in given), tuple(one for one in ids if one not in given))

    def _search(self, query: str, **how: str) -> Mapping[str, Any]:
        form = self._always | {"query": query} | how
        return answers.post(self._http, LABEL, f"{self._base}/searchPOST", form, interval=self._interval, check=_no_results)


def record_of(found: Mapping[str, Any]) -> Record:
    """Return a preprint, as Europe PMC gives it with resultType=core, as a record."""
    published = str(found.get("firstPublicationDate", ""))
    relations = (found.get("commentCorrectionList") or {}).get("commentCorrection") or ()
    return Record(
        source=Preprints.name, source_id=str(found["id"]), title=fields.one_line(str(found.get("title", ""))).rstrip("."),
        abstract=_abstract(str(found.get("abstractText") or "")), authors=_authors(found),
        year=fields.year(str(found.get("pubYear", "")) or published), date=published, entered=str(found.get("firstIndexDate", "")),
        journal=str((found.get("bookOrReportDetails") or {}).get("publisher", "")),
        doi=fields.doi(str(found.get("doi", ""))), pmid=str(found.get("pmid", "")), pmcid=str(found.get("pmcid", "")),
        language=str(found.get("language", "")), publication_types=tuple((found.get("pubTypeList") or {}).get("pubType") or ("Preprint",)),
        keywords=tuple((found.get("keywordList") or {}).get("keyword") or ()), url=f"https://europepmc.org/article/PPR/{found['id']}",
        relations=tuple(_relation(one) for one in relations), registrations=fields.registrations(str(found.get("abstractText") or "")))


def _relation(one: Mapping[str, Any]) -> Relation:
    said, citation = str(one.get("type", "")).strip().lower(), fields.one_line(str(one.get("reference", "")))
    return Relation(KINDS.get(said, said.replace(" ", "_")), citation, pmid=str(one.get("id", "")) if one.get("source") == "MED" else "",
                    doi=fields.doi(citation))


def _abstract(given: str) -> str:
    """Return an abstract with one paragraph for each section, which begins with its label."""
    return fields.lines(HEADING.sub(lambda found: f"\n{found.group(1).upper()}: ", given).strip())


def _authors(found: Mapping[str, Any]) -> tuple[str, ...]:
    listed = (found.get("authorList") or {}).get("author") or ()
    names = tuple(str(one.get("fullName") or one.get("collectiveName") or "") for one in listed)
    printed = (one.strip(" .") for one in str(found.get("authorString", "")).split(","))
    return tuple(one for one in names if one) or tuple(one for one in printed if one)


def _results(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = found["resultList"]["result"]
    # A single hit may come as itself instead of in a list.
    return given if isinstance(given, list) else [given]


def _no_results(found: Mapping[str, Any]) -> str:
    if "errCode" in found:
        return f"refused: {str(found.get('errMsg', found['errCode']))[:200]}"
    is_whole = isinstance(found.get("hitCount"), int) and isinstance((found.get("resultList") or {}).get("result"), list | dict)
    return "" if is_whole else "answered without a count or a list of records"


def _reading(understood: str, sent: str, strategy: str) -> str:
    # What comes back as it was sent is read as it stands; the window is no part of the reading.
    return strategy if " ".join(understood.split()) == sent else understood.partition("SRC:PPR")[0]

"""Works that confirmed studies cite and that cite them, by OpenAlex; where it cannot be asked, by Europe PMC. Source: developers.openalex.org.

The query is one line for each study's paper: "doi:…" or "pmid:…". The window plays no part: a new study brings old citations, and what is
here already counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.domain.records import Record
from bot.errors import SourceError
from bot.http import Http
from bot.sources import FIRST, Batch, Found, Window, answers
from bot.sources.cited_by_europe_pmc import EuropePmcCitations
from bot.sources.files import fields

LABEL = "OpenAlex"
# The most of a page, and of values in one filter.
PAGE, BATCH = 100, 50
INTERVAL = 0.1
# What one call of a list costs, in millionths of a US dollar, where the answer does not say.
CALL_MICRO_USD = 100
FIELDS = ("id,doi,ids,title,publication_year,publication_date,language,type,primary_location,authorships,biblio,abstract_inverted_index,"
          "created_date,open_access")
NOTHING_YET = "no study is confirmed yet: there is nothing to follow citations from"
FALLBACK = "europepmc"

# Asked before each call with what it costs: says why it may not be made, "" if it may, and counts it; given back with a negative cost.
Spend = Callable[[int], str]


class Citations:
    """The source `citations`. base_address: of OpenAlex, without a slash at its end; spend: keeps the day's budget; fallback: asked instead."""

    name = "citations"
    batch = BATCH

    def __init__(self, http: Http, *, base_address: str, api_key: str = "", spend: Spend, fallback: EuropePmcCitations | None = None) -> None:
        self._http, self._base, self._spend, self._fallback = http, base_address, spend, fallback
        self._always = {"api_key": api_key} if api_key else {}
        self._interval = INTERVAL if (urlsplit(base_address).hostname or "").endswith("openalex.org") else 0.0

    def ask(self, query: str, window: Window, part: str = FIRST) -> Found:
        """Return the works cited by the papers of the query, then page by page those that cite them."""
        seeds = tuple(line.strip() for line in query.splitlines() if line.strip())
        if not seeds:
            return _found(self._base, "", NOTHING_YET, (), ())
        if part.startswith(FALLBACK) and self._fallback is not None:
            return self._fallback.page(part.partition("\t")[2])
        if part != FIRST:
            return self._citing(part)
        try:
            return self._first(seeds)
        except SourceError as error:
            if self._fallback is None:
                raise
            return self._fallback.first(seeds, why=str(error), prefix=FALLBACK)

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the records of these works; what is not known is named in `missing`."""
        of_openalex = [one for one in ids if one[:1] == "W" and one[1:].isdigit()]
        others = tuple(one for one in ids if one.startswith("MED:")) if self._fallback is not None else ()
        works = self._works({"filter": f"openalex:{'|'.join(of_openalex)}", "select": FIELDS, "per_page": str(PAGE)})[1] if of_openalex else []
        found = {_number(work["id"]): record_of(work) for work in works if work.get("title")}
        if others and self._fallback is not None:
            found |= {record.source_id: record for record in self._fallback.records(others)}
        return Batch(tuple(found[one] for one in ids if one in found), tuple(one for one in ids if one not in found))

    def _first(self, seeds: Sequence[str]) -> Found:
        """Find the papers themselves: what they cite stands in their own entries."""
        works = [work for kind in ("doi", "pmid") for chunk in _chunks([one for one in seeds if one.startswith(kind)])
                 for work in self._works({"filter": f"{kind}:{'|'.join(one.partition(':')[2] for one in chunk)}",
                                          "select": "id,doi,ids,referenced_works", "per_page": str(PAGE)})[1]]
        known = {name for work in works for name in _names(work)}
        unknown = [one for one in seeds if one.lower() not in known]
        cited = tuple(dict.fromkeys(_number(one) for work in works for one in work.get("referenced_works") or ()))
        parts = tuple(f"0\t0\t*\t{'|'.join(chunk)}" for chunk in _chunks(list(dict.fromkeys(_number(work["id"]) for work in works))))
        warnings = (f"not known to {LABEL}: {', '.join(unknown)}",) if unknown else ()
        return _found(self._base, "; ".join(seeds), "; ".join(seeds), cited, parts, warnings)

    def _citing(self, part: str) -> Found:
        """Return one page of the works that cite some papers. A part is "seen<TAB>total<TAB>cursor<TAB>papers"."""
        seen, total, cursor, papers = part.split("\t")
        meta, works = self._works({"filter": f"cites:{papers}", "select": "id", "per_page": str(PAGE), "cursor": cursor})
        counted, following = (meta["count"] if cursor == "*" else int(total)), meta.get("next_cursor") or ""
        ids = tuple(dict.fromkeys(_number(work["id"]) for work in works))
        is_last = int(seen) + len(ids) >= counted or not following
        answers.listed(LABEL, total=counted, seen=int(seen), page=len(ids), is_last=is_last)
        parts = () if is_last else (f"{int(seen) + len(ids)}\t{counted}\t{following}\t{papers}",)
        return _found(self._base, f"cites:{papers}", f"cites:{papers}", ids, parts)

    def _works(self, params: Mapping[str, str]) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        refused = self._spend(CALL_MICRO_USD)
        if refused:
            raise SourceError(refused)
        found = answers.get(self._http, LABEL, f"{self._base}/works", {**self._always, **params}, interval=self._interval, check=_no_works)
        cost = found["meta"].get("cost_usd")
        if isinstance(cost, int | float) and round(cost * 1e6) != CALL_MICRO_USD:
            self._spend(round(cost * 1e6) - CALL_MICRO_USD)
        return found["meta"], found["results"]


def record_of(work: Mapping[str, Any]) -> Record:
    """Return a work of OpenAlex as a record."""
    place, biblio = work.get("primary_location") or {}, work.get("biblio") or {}
    names = (str((one.get("author") or {}).get("display_name") or one.get("raw_author_name") or "") for one in work.get("authorships") or ())
    return Record(
        source=Citations.name, source_id=_number(work["id"]), title=fields.one_line(str(work["title"])),
        abstract=_abstract(work.get("abstract_inverted_index") or {}), authors=tuple(one for one in names if one),
        year=work.get("publication_year"), date=str(work.get("publication_date") or ""), entered=str(work.get("created_date") or "")[:10],
        journal=str((place.get("source") or {}).get("display_name") or ""), volume=str(biblio.get("volume") or ""),
        issue=str(biblio.get("issue") or ""), pages=fields.pages(str(biblio.get("first_page") or ""), str(biblio.get("last_page") or "")),
        doi=fields.doi(str(work.get("doi") or "")), pmid=str((work.get("ids") or {}).get("pmid") or "").rstrip("/").rpartition("/")[2],
        language=str(work.get("language") or ""), publication_types=(str(work.get("type") or ""),) if work.get("type") else (),
        url=str(work["id"]))


def _abstract(index: Mapping[str, Sequence[int]]) -> str:
    """Return the words of an abstract in their order: OpenAlex gives each word with its places."""
    placed = sorted((place, word) for word, places in index.items() for place in places)
    return fields.one_line(" ".join(word for _, word in placed))


def _names(work: Mapping[str, Any]) -> Iterator[str]:
    yield f"doi:{fields.doi(str(work.get('doi') or ''))}"
    yield f"pmid:{str((work.get('ids') or {}).get('pmid') or '').rstrip('/').rpartition('/')[2]}"


def _number(address: str) -> str:
    return str(address).rpartition("/")[2]


def _chunks(given: Sequence[str]) -> list[Sequence[str]]:
    return [given[start:start + BATCH] for start in range(0, len(given), BATCH)]


def _no_works(found: Mapping[str, Any]) -> str:
    meta = found.get("meta")
    is_whole = isinstance(meta, dict) and isinstance(meta.get("count"), int) and isinstance(found.get("results"), list)
    return "" if is_whole else f"answered without a count or a list of works{': ' + str(found['error'])[:100] if 'error' in found else ''}"


def _found(address: str, sent: str, understood: str, ids: tuple[str, ...], parts: tuple[str, ...], warnings: tuple[str, ...] = ()) -> Found:
    # How a list of papers is read cannot change: there is no reading to compare.
    return Found(hits=len(ids), ids=ids, as_sent=sent or NOTHING_YET, as_understood=understood, reading="citations", address=f"{address}/works",
                 parts=parts, warnings=warnings)

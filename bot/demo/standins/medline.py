"""Write records as PubMed does: MEDLINE text and PubMed XML. Reading them: bot/sources/files."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

DOCTYPE = ('<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
           '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n')


def as_medline(records: Iterable[dict[str, Any]]) -> str:
    """Return MEDLINE text: a blank line before each record, lines of at most 88 characters, continued by six blanks."""
    return "".join(f"\n{''.join(_line(tag, value) for tag, value in _fields(record))}" for record in records)


def as_xml(records: Sequence[dict[str, Any]]) -> str:
    """Return a PubmedArticleSet; without records an empty one, as PubMed gives it."""
    if not records:
        return f"{DOCTYPE}<PubmedArticleSet></PubmedArticleSet>"
    return f"{DOCTYPE}<PubmedArticleSet>\n{''.join(_article(record) for record in records)}</PubmedArticleSet>"


def _line(tag: str, value: str) -> str:
    wrapped = textwrap.wrap(value, 82, break_long_words=False, break_on_hyphens=False) or [""]
    return f"{tag:<4}- " + "\n      ".join(wrapped) + "\n"


def _fields(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    entered = record["entered"].replace("-", "/")
    yield "PMID", record["pmid"]
    yield "OWN", "NLM"
    yield "STAT", "MEDLINE"
    yield from ((tag, record[name]) for tag, name in (("VI", "volume"), ("IP", "issue"), ("DP", "year")) if record.get(name))
    yield "TI", record["title"]
    if record.get("pages"):
        yield "PG", record["pages"]
    if record.get("doi"):
        yield "LID", f"{record['doi']} [doi]"
    if record.get("abstract"):
        yield "AB", record["abstract"]
    yield from (("AU", author) for author in record.get("authors", ()))
    yield "LA", record.get("language", "eng")
    yield from (("SI", f"ClinicalTrials.gov/{one}") for one in record.get("registrations", ()))
    yield from (("PT", one) for one in record.get("publication_types", ("Journal Article",)))
    if record.get("journal"):
        yield "TA", record["journal"]
        yield "JT", record["journal"]
    yield from (("MH", one) for one in record.get("mesh", ()))
    yield "EDAT", f"{entered} 00:00"
    if record.get("doi"):
        yield "AID", f"{record['doi']} [doi]"
    yield "PST", "ppublish"
    yield "SO", " ".join(filter(None, (record.get("journal", ""), record.get("year", ""))))


def _article(record: dict[str, Any]) -> str:
    year, month, day = record["entered"].split("-")
    authors = "".join(f"<Author><LastName>{escape(one.rpartition(' ')[0] or one)}</LastName><Initials>{escape(one.rpartition(' ')[2])}"
                      "</Initials></Author>" for one in record.get("authors", ()))
    doi = f'<ArticleId IdType="doi">{escape(record["doi"])}</ArticleId>' if record.get("doi") else ""
    abstract = f"<Abstract><AbstractText>{escape(record['abstract'])}</AbstractText></Abstract>" if record.get("abstract") else ""
    published = f"<PubDate><Year>{record['year']}</Year></PubDate>" if record.get("year") else "<PubDate/>"
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{record["pmid"]}</PMID><Article PubModel="Print">'
        f"<Journal><JournalIssue CitedMedium=\"Internet\"><Volume>{escape(record.get('volume', ''))}</Volume>{published}</JournalIssue>"
        f"<Title>{escape(record.get('journal', ''))}</Title></Journal><ArticleTitle>{escape(record['title'])}</ArticleTitle>{abstract}"
        f"<AuthorList>{authors}</AuthorList><Language>eng</Language><PublicationTypeList>"
        f"<PublicationType UI=\"D016428\">Journal Article</PublicationType></PublicationTypeList></Article></MedlineCitation>"
        f'<PubmedData><History><PubMedPubDate PubStatus="entrez"><Year>{year}</Year><Month>{month}</Month><Day>{day}</Day></PubMedPubDate>'
        f'</History><ArticleIdList><ArticleId IdType="pubmed">{record["pmid"]}</ArticleId>{doi}</ArticleIdList></PubmedData></PubmedArticle>\n')

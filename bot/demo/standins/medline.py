"""Write records as PubMed does: MEDLINE text and PubMed XML. Reading them: bot/sources/files."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH = 82
# What a notice is called in the two formats: MEDLINE's tag, PubMed XML's type.
NOTICES = {"retraction_in": ("RIN", "RetractionIn"), "erratum_in": ("EIN", "ErratumIn"), "concern_in": ("ECI", "ExpressionOfConcernIn"),
           "republished_in": ("RPI", "RepublishedIn")}
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
    if len(value) <= WIDTH:
        return f"{tag:<4}- {value}\n"
    return f"{tag:<4}- " + "\n      ".join(textwrap.wrap(value, WIDTH, break_long_words=False, break_on_hyphens=False)) + "\n"


def _fields(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    entered = record["entered"].replace("-", "/")
    yield "PMID", record["pmid"]
    yield "OWN", "NLM"
    yield "STAT", "MEDLINE" if record.get("mesh") else "PubMed-not-MEDLINE"
    yield "LR", record.get("revised", record["entered"]).replace("-", "")
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
    yield from ((NOTICES[one["kind"]][0], one["citation"]) for one in record.get("relations", ()) if one["kind"] in NOTICES)
    yield "EDAT", f"{entered} 00:00"
    yield "MHDA", f"{record.get('indexed', record['entered']).replace('-', '/')} 00:00"
    yield "CRDT", f"{entered} 00:00"
    if record.get("doi"):
        yield "AID", f"{record['doi']} [doi]"
    yield "PST", "ppublish"
    yield "SO", " ".join(filter(None, (record.get("journal", ""), record.get("year", ""))))


def _article(record: dict[str, Any]) -> str:
    year, month, day = record["entered"].split("-")
    moment = f"<Year>{year}</Year><Month>{month}</Month><Day>{day}</Day>"
    status = "MEDLINE" if record.get("mesh") else "PubMed-not-MEDLINE"
    return (
        f'<PubmedArticle><MedlineCitation Status="{status}" Owner="NLM"><PMID Version="1">{record["pmid"]}</PMID>'
        f'<Article PubModel="Print">{_journal(record)}<ArticleTitle>{escape(record["title"])}</ArticleTitle>'
        + (f"<Pagination><MedlinePgn>{escape(record['pages'])}</MedlinePgn></Pagination>" if record.get("pages") else "")
        + (f"<Abstract><AbstractText>{escape(record['abstract'])}</AbstractText></Abstract>" if record.get("abstract") else "")
        + f"<AuthorList>{''.join(map(_author, record.get('authors', ())))}</AuthorList><Language>{record.get('language', 'eng')}</Language>"
        + _databank(record) + "<PublicationTypeList>"
        + "".join(f"<PublicationType UI=\"\">{escape(one)}</PublicationType>" for one in record.get("publication_types", ("Journal Article",)))
        + f"</PublicationTypeList></Article>{_headings(record)}{_notices(record)}</MedlineCitation><PubmedData><History>"
        f'<PubMedPubDate PubStatus="entrez">{moment}</PubMedPubDate></History><ArticleIdList>'
        f'<ArticleId IdType="pubmed">{record["pmid"]}</ArticleId>'
        + (f'<ArticleId IdType="doi">{escape(record["doi"])}</ArticleId>' if record.get("doi") else "")
        + "</ArticleIdList></PubmedData></PubmedArticle>\n")


def _journal(record: dict[str, Any]) -> str:
    given = [(tag, record[name]) for tag, name in (("Volume", "volume"), ("Issue", "issue")) if record.get(name)]
    parts = "".join(f"<{tag}>{escape(str(value))}</{tag}>" for tag, value in given)
    published = f"<PubDate><Year>{record['year']}</Year></PubDate>" if record.get("year") else "<PubDate/>"
    title = f'<Title>{escape(record.get("journal", ""))}</Title>'
    return f'<Journal><JournalIssue CitedMedium="Internet">{parts}{published}</JournalIssue>{title}</Journal>'


def _author(name: str) -> str:
    family, _, initials = name.rpartition(" ")
    return f"<Author><LastName>{escape(family or name)}</LastName><Initials>{escape(initials if family else '')}</Initials></Author>"


def _databank(record: dict[str, Any]) -> str:
    numbers = "".join(f"<AccessionNumber>{escape(one)}</AccessionNumber>" for one in record.get("registrations", ()))
    if not numbers:
        return ""
    return f"<DataBankList><DataBank><AccessionNumberList>{numbers}</AccessionNumberList></DataBank></DataBankList>"


def _headings(record: dict[str, Any]) -> str:
    headings = "".join(f'<MeshHeading><DescriptorName MajorTopicYN="N">{escape(one)}</DescriptorName></MeshHeading>'
                       for one in record.get("mesh", ()))
    return f"<MeshHeadingList>{headings}</MeshHeadingList>" if headings else ""


def _notices(record: dict[str, Any]) -> str:
    given = [(NOTICES[one["kind"]][1], one["citation"]) for one in record.get("relations", ()) if one["kind"] in NOTICES]
    notices = "".join(f'<CommentsCorrections RefType="{kind}"><RefSource>{escape(citation)}</RefSource></CommentsCorrections>'
                      for kind, citation in given)
    return f"<CommentsCorrectionsList>{notices}</CommentsCorrectionsList>" if notices else ""

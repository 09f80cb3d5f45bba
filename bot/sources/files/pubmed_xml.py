"""PubMed's XML, as efetch and the baseline files give it. Read as a stream: no DTD, no network, no entities."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from bot.domain.records import Record, Relation
from bot.sources.files import Refused, fields

ARTICLES = ("PubmedArticle", "PubmedBookArticle")
OPEN = {"load_dtd": False, "no_network": True, "resolve_entities": False, "huge_tree": False, "recover": True}


def claims(text: str) -> bool:
    """Return whether this is PubMed XML."""
    head = text[:4000]
    return bool(re.search(r"<(PubmedArticleSet|PubmedArticle|PubmedBookArticle|PubmedArticleSet)\b", head))


def parse(text: str, source: str) -> tuple[list[Record], list[Refused]]:
    """Return the records of a file, and what could not be taken."""
    records, refused = [], []
    if not re.search(r"</(PubmedArticleSet|PubmedArticle|PubmedBookArticle)>\s*$", text):
        refused.append(Refused(0, text.count("\n") + 1, "the file does not end as PubMed XML does; was it cut off? The last record may be missing"))
    for number, (element, is_whole) in enumerate(_articles(text), start=1):
        record = _record(element, source)
        if not record.title or not is_whole:
            refused.append(Refused(number, element.sourceline or 0, "no title: a record has at least one" if is_whole else "is cut off"))
        else:
            records.append(record)
        element.clear()
    return records, refused


def _articles(text: str) -> Iterator[tuple[Any, bool]]:
    # bytes in UTF-8, whatever the declaration said: the text was decoded before.
    content = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode("utf-8", "replace")
    stream = etree.iterparse(io.BytesIO(content), events=("end",), tag=ARTICLES, **OPEN)  # type: ignore[call-overload]
    for _, element in stream:
        yield element, element.find(".//PMID") is not None


def _record(element: Any, source: str) -> Record:
    pmid = _text(element, ".//PMID")
    published = element.find(".//JournalIssue/PubDate")
    if published is None:
        published = element.find(".//Book/PubDate")
    date = fields.iso_date(_date_words(published))
    abstract = "\n".join(_abstract(element))
    return Record(
        source=source,
        source_id=pmid,
        title=_text(element, ".//ArticleTitle") or _text(element, ".//BookTitle") or _text(element, ".//VernacularTitle"),
        abstract=abstract,
        authors=tuple(_authors(element)),
        year=int(date[:4]) if date else None,
        date=date,
        entered=_entered(element),
        journal=_text(element, ".//Journal/Title") or _text(element, ".//Journal/ISOAbbreviation") or _text(element, ".//MedlineTA"),
        volume=_text(element, ".//JournalIssue/Volume"),
        issue=_text(element, ".//JournalIssue/Issue"),
        pages=_text(element, ".//Pagination/MedlinePgn"),
        doi=_article_id(element, "doi") or next((fields.doi(one.text or "") for one in element.findall(".//ELocationID[@EIdType='doi']")), ""),
        pmid=pmid,
        pmcid=_article_id(element, "pmc"),
        issn=_text(element, ".//Journal/ISSN"),
        registrations=fields.registrations(*[one.text or "" for one in element.findall(".//AccessionNumber")], abstract),
        language=", ".join(one.text or "" for one in element.findall(".//Language")),
        publication_types=tuple(_all(element, ".//PublicationType")),
        keywords=tuple(_all(element, ".//Keyword")),
        mesh=tuple(_mesh(element)),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        relations=tuple(_relations(element)),
    )


def _text(element: Any, path: str) -> str:
    """Return all words below an element: `.text` alone loses what stands behind inline markup."""
    found = element.find(path)
    return fields.one_line("".join(found.itertext())) if found is not None else ""


def _all(element: Any, path: str) -> list[str]:
    return [words for one in element.findall(path) if (words := fields.one_line("".join(one.itertext())))]


def _abstract(element: Any) -> Iterator[str]:
    parts = element.findall(".//Article/Abstract/AbstractText") or element.findall(".//Abstract/AbstractText") or element.findall(
        ".//OtherAbstract/AbstractText")
    for part in parts:
        words = fields.one_line("".join(part.itertext()))
        if words:
            yield f"{part.get('Label')}: {words}" if part.get("Label") else words


def _authors(element: Any) -> Iterator[str]:
    for author in element.findall(".//AuthorList/Author"):
        name = " ".join(filter(None, (_text(author, "LastName"), _text(author, "Initials") or _text(author, "ForeName"))))
        if words := name or _text(author, "CollectiveName"):
            yield words


def _date_words(element: Any) -> str:
    if element is None:
        return ""
    return " ".join(filter(None, (_text(element, name) for name in ("Year", "Month", "Day")))) or _text(element, "MedlineDate")


def _entered(element: Any) -> str:
    for status in ("entrez", "pubmed"):
        found = element.find(f".//PubMedPubDate[@PubStatus='{status}']")
        if found is not None:
            return fields.iso_date(_date_words(found))
    return ""


def _article_id(element: Any, kind: str) -> str:
    for data in (element.find("PubmedData"), element.find("PubmedBookData")):
        if data is not None:
            found = data.find(f"ArticleIdList/ArticleId[@IdType='{kind}']")
            if found is not None and found.text:
                return fields.doi(found.text) if kind == "doi" else found.text.strip()
    return ""


def _mesh(element: Any) -> Iterator[str]:
    for heading in element.findall(".//MeshHeading"):
        descriptor = heading.find("DescriptorName")
        if descriptor is None:
            continue
        star = "*" if descriptor.get("MajorTopicYN") == "Y" else ""
        qualifiers = "".join(f"/{'*' if one.get('MajorTopicYN') == 'Y' else ''}{one.text}" for one in heading.findall("QualifierName"))
        yield f"{star}{descriptor.text}{qualifiers}"


def _relations(element: Any) -> Iterator[Relation]:
    for one in element.findall(".//CommentsCorrections"):
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", one.get("RefType", "")).lower()
        citation = _text(one, "RefSource")
        yield Relation(kind=kind, citation=citation, pmid=_text(one, "PMID"), doi=fields.doi(citation))

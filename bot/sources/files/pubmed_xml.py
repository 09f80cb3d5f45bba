"""PubMed's XML, as efetch and the baseline files give it. Read as a stream: no DTD, no network, no entities, one article in memory.

Each article is walked once, by its children's names: looking every field up by a path takes five times as long.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, Any

from bot.domain.records import Record, Relation
from bot.sources.files import Refused, fields, xml

BEGIN, ENDS = b"<PubmedArticle>", (b"</PubmedArticle>", b"</PubmedBookArticle>")
BEGINS = (BEGIN, b"<PubmedArticle ", b"<PubmedBookArticle>", b"<PubmedBookArticle ")
BEFORE = re.compile(rb"(?=<Pubmed(?:Book)?Article[ >])")
# No more than this stands between two articles, unless something else does.
LONGEST_GAP = 80
REFERENCES, REFERENCES_END = b"<ReferenceL", b"</ReferenceList>"
BLOCK = 1 << 20
RELATIONS = {"ExpressionOfConcernIn": "concern_in", "ExpressionOfConcernFor": "concern_for", "CorrectedandRepublishedIn": "republished_in",
             "CorrectedandRepublishedFrom": "republished_from", "RetractedandRepublishedIn": "republished_in",
             "RetractedandRepublishedFrom": "republished_from", "PartialRetractionIn": "erratum_in", "PartialRetractionOf": "erratum_for"}
NOTHING: tuple[Any, ...] = ()


def claims(head: str) -> bool:
    """Return whether a file that begins so is PubMed XML."""
    return bool(re.search(r"<(PubmedArticleSet|PubmedArticle|PubmedBookArticle)\b", head[:4000]))


def entries(file: IO[bytes], source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    number, file = 0, file if _is_utf8(file) else _as_utf8(file)
    for article, at, is_whole in _articles(file):
        number += 1
        element = xml.parsed(_without_dropped(article))
        record = _record(element, source) if element is not None else None
        if record is not None and record.title and record.source_id:
            yield record
            if not is_whole:
                yield Refused(number, _line(file, at), "is cut off: its end is missing; what was there is in the record that was taken")
        else:
            yield Refused(number, _line(file, at), _lack(record))
    if not _ends_well(file):
        yield Refused(number + 1, 0, "the file does not end as PubMed XML does; it was cut off, and what came after is missing")


def _articles(file: IO[bytes]) -> Iterator[tuple[bytes, int, bool]]:
    """Return (its text, its place, whether it has an end) of each article: each is parsed by itself, and spoils no other."""
    at, waiting = 0, b""
    while block := file.read(BLOCK):
        first, *others = (waiting + block).split(BEGIN)
        pieces = [first, *[BEGIN + one for one in others]]
        waiting = pieces.pop()
        for piece in pieces:
            end = piece.rfind(ENDS[0])
            if len(piece) - LONGEST_GAP < end and piece.startswith(BEGIN):
                yield piece[:end + len(ENDS[0])], at, True
            else:
                yield from _unusual(piece, at, is_last=False)
            at += len(piece)
    yield from _unusual(waiting, at, is_last=True)


def _unusual(piece: bytes, at: int, *, is_last: bool) -> Iterator[tuple[bytes, int, bool]]:
    """Return the articles of a piece that is no single one with its end: what stands before the first, books, what was cut off."""
    for part in BEFORE.split(piece):
        if part.startswith(BEGINS):
            end_tag = ENDS[part.startswith(b"<PubmedB")]
            end = part.rfind(end_tag)
            yield (part[:end + len(end_tag)], at, True) if end > 0 else (part, at, is_last)
        at += len(part)


def _line(file: IO[bytes], at: int) -> int:
    """Return the number of the line at a place; where the file is read on from does not change."""
    here = file.tell()
    file.seek(0)
    line = file.read(at).count(b"\n") + 1
    file.seek(here)
    return line


def _without_dropped(article: bytes) -> bytes:
    """Return an article without its references, which no record keeps: a quarter of all there is to parse."""
    end = article.rfind(REFERENCES_END)
    begin = article.find(REFERENCES, 0, end) if end >= 0 else -1
    return article if begin < 0 or b"<!" in article else article[:begin] + article[end + len(REFERENCES_END):]


def _lack(record: Record | None) -> str:
    return "is cut off: it has no PMID" if record is None or not record.source_id else "no title: a record has at least one"


def _is_utf8(file: IO[bytes]) -> bool:
    head = file.read(200)
    file.seek(0)
    said = re.search(rb"encoding=[\"']([\w-]+)", head)
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and (said is None or said.group(1).lower() in (b"utf-8", b"utf8", b"us-ascii"))


def _as_utf8(file: IO[bytes]) -> IO[bytes]:
    """Return a file in another encoding as UTF-8; what it says of itself is read by nobody after this."""
    head = file.read(200)
    file.seek(0)
    said = re.search(rb"encoding=[\"']([\w-]+)", head)
    name = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else said.group(1).decode() if said else "cp1252"
    try:
        text = file.read().decode(name, "replace")
    except LookupError:
        file.seek(0)
        text = file.read().decode("cp1252", "replace")
    return io.BytesIO(text.encode())


def _ends_well(file: IO[bytes]) -> bool:
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 400))
    return bool(re.search(rb"</(PubmedArticleSet|PubmedArticle|PubmedBookArticle|PubmedBookArticleSet|pre)>\s*$", file.read()))


def _record(article: Any, source: str) -> Record:
    """Return the record of an article or a book; both have a head (citation or document) and a tail of PubMed's own data."""
    given: dict[str, Any] = {"source": source, "source_id": "", "title": ""}
    for part in article:
        if part.tag in ("MedlineCitation", "BookDocument"):
            _walk(part, given, CITATION)
        elif part.tag in ("PubmedData", "PubmedBookData"):
            _walk(part, given, DATA)
    abstract = given.pop("sections", None) or given.pop("other_sections", NOTHING)
    given.pop("other_sections", None)
    given["abstract"] = "\n".join(abstract)
    given["title"] = given["title"] or given.pop("book_title", "") or given.pop("vernacular", "")
    given.pop("book_title", None)
    given.pop("vernacular", None)
    given["doi"] = given.pop("id_doi", "") or given.get("doi", "")
    given["registrations"] = fields.registrations(*given.pop("accessions", NOTHING), given["abstract"])
    if pmid := given["source_id"]:
        given["pmid"], given["url"] = pmid, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    for name in LISTS:
        if name in given:
            given[name] = tuple(given[name])
    return Record(**given)


LISTS = ("authors", "publication_types", "keywords", "mesh", "relations")


def _walk(element: Any, given: dict[str, Any], wanted: dict[str, Any]) -> None:
    for child in element:
        take = wanted.get(child.tag)
        if take is not None:
            if type(take) is dict:
                _walk(child, given, take)
            else:
                take(child, given)


def _words(element: Any) -> str:
    """Return all words below an element: `.text` alone loses what stands behind inline markup."""
    return fields.one_line("".join(element.itertext()) if len(element) else element.text or "")


def _one(name: str) -> Any:
    def take(element: Any, given: dict[str, Any]) -> None:
        if not given.get(name):
            given[name] = _words(element)
    return take


def _many(name: str) -> Any:
    def take(element: Any, given: dict[str, Any]) -> None:
        if words := _words(element):
            given.setdefault(name, []).append(words)
    return take


def _published(element: Any, given: dict[str, Any]) -> None:
    found = {child.tag: child.text or "" for child in element}
    words = " ".join(filter(None, (found.get("Year"), found.get("Month") or found.get("Season"), found.get("Day"))))
    words = words or found.get("MedlineDate", "")
    given["date"] = fields.iso_date(words)
    given["year"] = int(given["date"][:4]) if given["date"] else None


def _section(name: str) -> Any:
    def take(element: Any, given: dict[str, Any]) -> None:
        words = _words(element)
        if words:
            label = element.get("Label")
            given.setdefault(name, []).append(f"{label}: {words}" if label else words)
    return take


def _authors(element: Any, given: dict[str, Any]) -> None:
    if element.get("Type") == "editors":
        return
    names = given.setdefault("authors", [])
    for author in element:
        found = {child.tag: child for child in author if child.tag in NAMES}
        if "LastName" in found:
            given_name = found.get("Initials") if "Initials" in found else found.get("ForeName")
            names.append(f"{_words(found['LastName'])} {_words(given_name)}" if given_name is not None else _words(found["LastName"]))
        elif "CollectiveName" in found and (words := _words(found["CollectiveName"])):
            names.append(words)


NAMES = frozenset({"LastName", "Initials", "ForeName", "CollectiveName"})


def _language(element: Any, given: dict[str, Any]) -> None:
    given["language"] = ", ".join(filter(None, (given.get("language"), element.text)))


def _electronic(element: Any, given: dict[str, Any]) -> None:
    if element.get("EIdType") == "doi":
        given["doi"] = fields.doi(element.text or "")


def _heading(element: Any, given: dict[str, Any]) -> None:
    names = [f"{'*' if child.get('MajorTopicYN') == 'Y' else ''}{child.text}" for child in element if child.text]
    if names:
        given.setdefault("mesh", []).append("/".join(names))


def _relation(element: Any, given: dict[str, Any]) -> None:
    kind = element.get("RefType", "")
    found = {child.tag: _words(child) for child in element}
    citation = found.get("RefSource", "")
    kind = RELATIONS.get(kind) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
    given.setdefault("relations", []).append(Relation(kind=kind, citation=citation, pmid=found.get("PMID", ""), doi=fields.doi(citation)))


def _moment(element: Any, given: dict[str, Any]) -> None:
    status = element.get("PubStatus")
    if status == "entrez" or (status == "pubmed" and "entered" not in given):
        found = {child.tag: child.text or "" for child in element}
        given["entered"] = fields.iso_date(f"{found.get('Year', '')} {found.get('Month', '')} {found.get('Day', '')}")


def _identifier(element: Any, given: dict[str, Any]) -> None:
    kind, text = element.get("IdType"), (element.text or "").strip()
    if kind == "doi" and "id_doi" not in given:
        given["id_doi"] = fields.doi(text)
    elif kind == "pmc" and "pmcid" not in given:
        given["pmcid"] = text
    elif kind == "pubmed" and not given["source_id"]:
        given["source_id"] = text


# What is taken from where: the name of an element → what to do with it, or what to look for below it.
ABSTRACT = {"AbstractText": _section("sections")}
ARTICLE = {
    "Journal": {"ISSN": _one("issn"), "Title": _one("journal"), "ISOAbbreviation": _one("journal"),
                "JournalIssue": {"Volume": _one("volume"), "Issue": _one("issue"), "PubDate": _published}},
    "ArticleTitle": _one("title"), "Pagination": {"MedlinePgn": _one("pages")}, "ELocationID": _electronic, "Abstract": ABSTRACT,
    "AuthorList": _authors, "Language": _language, "PublicationTypeList": {"PublicationType": _many("publication_types")},
    "DataBankList": {"DataBank": {"AccessionNumberList": {"AccessionNumber": _many("accessions")}}}, "VernacularTitle": _one("vernacular"),
}
CITATION = {
    "PMID": _one("source_id"), "Article": ARTICLE, "MedlineJournalInfo": {"MedlineTA": _one("journal")},
    "OtherAbstract": {"AbstractText": _section("other_sections")}, "KeywordList": {"Keyword": _many("keywords")},
    "MeshHeadingList": {"MeshHeading": _heading}, "CommentsCorrectionsList": {"CommentsCorrections": _relation},
    # A chapter of a book has its fields one level higher.
    "ArticleIdList": {"ArticleId": _identifier}, "ArticleTitle": _one("title"), "Abstract": ABSTRACT, "AuthorList": _authors,
    "Language": _language, "PublicationType": _many("publication_types"), "Pagination": {"MedlinePgn": _one("pages")},
    "Book": {"BookTitle": _one("book_title"), "PubDate": _published, "AuthorList": _authors, "Publisher": {"PublisherName": _one("journal")}},
}
DATA = {"ArticleIdList": {"ArticleId": _identifier}, "History": {"PubMedPubDate": _moment}}

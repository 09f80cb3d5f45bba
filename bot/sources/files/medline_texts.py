"""The words of MEDLINE's yearly and daily files (`.xml.gz`), quickly, and nothing else of them. Whole records: pubmed_xml.py."""

from __future__ import annotations

import gzip
import html
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import InvalidInputError
from bot.sources.files import text_of

BLOCK = 1 << 22
END = b"</PubmedArticle>"
DELETED = re.compile(rb"<DeleteCitation>(.*?)</DeleteCitation>", re.DOTALL)
PMID = re.compile(rb"<PMID[^>]*>\s*(\d{1,8})\s*</PMID>")
# What holds words: found in the bytes, so that authors, references and dates need no parsing at all.
PIECES = re.compile(
    rb"<(ArticleTitle|Abstract|VernacularTitle|KeywordList|MeshHeadingList|PublicationTypeList|MedlineTA)"
    rb"(?=[ >])[^>]*?(?<!/)>(.*?)</\1>", re.DOTALL)
TAG = re.compile(rb"<[^>]*>")
COPYRIGHT = re.compile(rb"<CopyrightInformation>.*?</CopyrightInformation>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MedlineText:
    """One article: its PMID and its words, as a model counts them."""

    pmid: int
    text: str


def read(path: Path, deleted: set[int]) -> Iterator[MedlineText]:
    """Return the articles of a file one by one; PMIDs that the file deletes are added to `deleted`.

    Raises InvalidInputError if the file is cut off or no gzipped PubMed XML: half a file must not look like a whole one.
    """
    waiting, found = b"", 0
    try:
        with gzip.open(path, "rb") as file:
            while block := file.read(BLOCK):
                *articles, waiting = (waiting + block).split(END)
                for article in articles:
                    one = _article(article)
                    if one is not None:
                        found += 1
                        yield one
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInputError(f"{path.name}: cannot be unpacked ({error}); fetch it again, and compare its .md5") from error
    if not waiting.rstrip().endswith(b"</PubmedArticleSet>"):
        raise InvalidInputError(f"{path.name}: does not end as PubMed XML does, after {found} articles; fetch it again, and compare its .md5")
    for part in DELETED.findall(waiting):
        deleted.update(int(number) for number in PMID.findall(part))


def _article(article: bytes) -> MedlineText | None:
    begin = article.rfind(b"<PubmedArticle")
    pmid = PMID.search(article, begin) if begin >= 0 else None
    if pmid is None:
        return None
    return MedlineText(int(pmid.group(1)), " ".join(_words(found.group(1), found.group(2)) for found in PIECES.finditer(article, begin)))


def _words(name: bytes, inner: bytes) -> str:
    if name == b"Abstract":
        inner = COPYRIGHT.sub(b"", inner)
    if name == b"MedlineTA":
        # As Document.body has it: a journal is one word, so that its name speaks for no topic.
        return "in_" + "_".join(re.findall(r"\w+", _plain(inner).lower()))
    return _plain(TAG.sub(b"" if name in (b"ArticleTitle", b"VernacularTitle") else b" ", inner))


def _plain(inner: bytes) -> str:
    text = text_of(inner)
    return html.unescape(text) if "&" in text else text

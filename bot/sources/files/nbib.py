"""MEDLINE text: what efetch gives and PubMed saves as .nbib. Tags: NLM's MEDLINE/PubMed data element descriptions; ERIC writes it as well.

Read here and not by Bio.Medline, which with making records of its tags is too slow (docs/adr/0501); a test holds us to what it reads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from bot.domain.records import Record, Relation
from bot.sources.files import Refused, fields, text_of

# Each record begins with one of these lines.
BEGIN, BEGIN_OF_ERIC = b"\nPMID- ", b"\nOWN - ERIC"
# What some write instead of the usual beginning: blanks too many, too few.
ODD_BEGIN = re.compile(rb"^PMID *- *(?=\d)", re.MULTILINE)
PLAIN = re.compile(r"^PMID *- *\d", re.MULTILINE)
RELATIONS = {
    "RIN": "retraction_in", "ROF": "retraction_of", "EIN": "erratum_in", "EFR": "erratum_for", "CON": "comment_on", "CIN": "comment_in",
    "UIN": "update_in", "UOF": "update_of", "RPI": "republished_in", "RPF": "republished_from", "ECI": "concern_in", "ECF": "concern_for",
    "CRI": "republished_in", "CRF": "republished_from", "PRIN": "erratum_in", "PROF": "erratum_for", "RRI": "republished_in",
    "RRF": "republished_from",
}
# A record has these now and then: to look for one is faster than for each.
RELATION_TAGS = frozenset(f"{tag:<4}" for tag in RELATIONS)
PMID_IN = re.compile(r"PMID:\s*(\d+)")
# PubMed runs the sections of an abstract together: a new one begins behind a full stop, in capitals, with a colon.
# A label of a section is no longer, and stands behind the end of a sentence.
LONGEST_LABEL = 50
LABEL = re.compile(r"[.!?)\]%;] ([A-Z][A-Z0-9 ,/&'()-]{3,48})$")
# The last line of every record; without it the text was cut off inside.
LAST = "SO  "
# PubMed writes it into every record; what others write as MEDLINE text may have neither.
OF_PUBMED = "STAT"

Fields = dict[str, list[str]]


def claims(head: str) -> bool:
    """Return whether a file that begins so is MEDLINE text."""
    return bool(re.match(r"\s*OWN *- ", head) or (PLAIN.search(head) and not re.search(r"^TY {1,2}-", head, re.MULTILINE)))


def entries(content: bytes, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file (`bot.sources.files.lined`), or why it could not be taken."""
    if BEGIN not in content and not content.startswith(BEGIN[1:]):
        content = ODD_BEGIN.sub(BEGIN[1:], content)
    for number, (begin, entry) in enumerate(_parts(content), start=1):
        given = _fields(text_of(entry))
        if begin + len(entry) == len(content) and OF_PUBMED in given and LAST not in given:
            yield Refused(number, content.count(b"\n", 0, begin) + 1, "the record does not end (SO is missing); was the file cut off?")
            return
        record = _record(given, source)
        yield record if record.title else Refused(number, content.count(b"\n", 0, begin) + 1, "no title (TI): a record has at least one")


def complete_records(text: str, *, source: str) -> Iterator[Record]:
    """Return the records of MEDLINE text that PubMed sent; one without a PMID is none, nor is one that was cut off."""
    for _, entry in _parts(text.encode()):
        given = _fields(entry.decode())
        if given.get("PMID", [""])[0].isdigit() and LAST in given:
            yield _record(given, source)


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Return (where it begins, what it holds) of each record."""
    mark = BEGIN if BEGIN in content or content.startswith(BEGIN[1:]) else BEGIN_OF_ERIC
    begin = 0 if content.startswith(mark[1:]) else content.find(mark) + 1
    while begin > 0 or content.startswith(mark[1:], begin):
        after = content.find(mark, begin)
        yield begin, content[begin:after if after >= 0 else len(content)]
        if after < 0:
            return
        begin = after + 1


def _fields(entry: str) -> Fields:
    """Return tag → values. A tag fills four places, with blanks if it is shorter; a line goes on behind six blanks."""
    given: Fields = defaultdict(list)
    for line in entry.replace("\n      ", " ").split("\n"):
        given[line[:4]].append(line[6:])
    return given


def _record(given: Fields, source: str) -> Record:
    get = given.get
    abstract = fields.one_line(get("AB  ", NONE)[0])
    published, pmid = get("DP  ", NONE)[0], get("PMID", NONE)[0].strip()
    return Record(
        source=source,
        source_id=pmid or get("OID ", NONE)[0],
        title=fields.one_line((get("TI  ") or get("BTI ") or get("TT  ") or NONE)[0]),
        abstract=_sections(abstract),
        authors=(*(get("AU  ") or get("FAU ") or ()), *get("CN  ", ())),
        year=fields.year(published),
        date=fields.iso_date(published),
        entered=fields.iso_date(get("EDAT", NONE)[0]),
        journal=(get("JT  ") or get("TA  ") or NONE)[0],
        volume=get("VI  ", NONE)[0],
        issue=get("IP  ", NONE)[0],
        pages=get("PG  ", NONE)[0],
        doi=_doi(get("AID ", NONE) + get("LID ", NONE)),
        pmid=pmid,
        pmcid=get("PMC ", NONE)[0].strip(),
        issn=fields.issn((get("IS  ") or get("ISSN") or NONE)[0]),
        registrations=fields.registrations(*get("SI  ", ()), abstract),
        language=", ".join(get("LA  ", ())),
        publication_types=tuple(get("PT  ", ())),
        keywords=tuple(get("OT  ", ())),
        mesh=tuple(get("MH  ", ())),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        relations=() if RELATION_TAGS.isdisjoint(given) else tuple(_relations(given)),
    )


NONE = [""]


def _sections(abstract: str) -> str:
    """Return an abstract with each section on a line of its own: PubMed runs them together. One without sections stays as it is."""
    at = abstract.find(": ")
    if not 0 < at < LONGEST_LABEL or not abstract[:at].isupper():
        return abstract
    parts, begin = [], 0
    while (at := abstract.find(": ", at + 2)) > 0:
        found = LABEL.search(abstract, at - LONGEST_LABEL - 2, at)
        if found:
            parts.append(abstract[begin:found.start(1) - 1])
            begin = found.start(1)
    return "\n".join((*parts, abstract[begin:]))


def _doi(ids: list[str]) -> str:
    return next((found for one in ids if (found := fields.doi(one))), "")


def _relations(given: Fields) -> Iterator[Relation]:
    for tag, kind in RELATIONS.items():
        for one in given.get(f"{tag:<4}", ()):
            found = PMID_IN.search(one)
            yield Relation(kind=kind, citation=one, pmid=found.group(1) if found else "", doi=fields.doi(one))

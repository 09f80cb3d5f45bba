"""RIS as the platforms write it, each in its own way: Ovid, EBSCO, ProQuest, APA, Embase.com, Scopus, Web of Science, Zotero, Rayyan …

Ways met: numbers before TY, headers before the first record, text and tags after ER, lone CR, values that go on without a tag,
the abstract in AB or N2, the DOI in DO, L2, L3 or M3. Read here and not by rispy, which
passes over bad records in silence (docs/adr/0501); a test holds the fields to what rispy reads.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from bot.domain.records import Record
from bot.sources.files import Refused, decisions, fields, text_of

BEGIN, END = b"\nTY  -", b"\nER  -"
# A tag has two characters (PMID has four), two blanks and a hyphen. One blank is none: "ER - positive" stands in abstracts.
TAG = re.compile(r"([A-Z][A-Z0-9]|PMID)(?:  |\t)-")
# How nearly every line begins: to take a record apart there at once is twice as fast as line by line.
USUAL = re.compile(r"\n([A-Z][A-Z0-9])  - ")
# What some write instead: a number in front, a blank too few, a tab.
ODD_BEGIN = re.compile(rb"^[ \t]*(?:\d+\.[ \t]*)?TY(?: {1,2}|\t)-", re.MULTILINE)
ODD_END = re.compile(rb"^ER(?: {1,2}|\t)-(?=[ \t]*$)", re.MULTILINE)
TITLED = re.compile(r"^T[I1](?:  |\t)-", re.MULTILINE)
# What platforms write between records, which is no part of any.
BETWEEN = re.compile(r"\d+\.?$|(Provider|Database|Content|Record|Link to|Copyright|Export|Source|http|<?https?:)", re.IGNORECASE)
PMID = re.compile(r"\bPMID:?\s*(\d{4,9})\b", re.IGNORECASE)
PMID_ADDRESS = re.compile(r"pubmed(?:\.ncbi\.nlm\.nih\.gov|/)/?(\d{4,9})|[?&]D=(?:med|ppez|prem|mesz|medp|pmnm)\w*&.*?\bAN=(\d{4,9})")
PUBMED_NUMBER = re.compile(r"PUBMED:? *(\d{5,9})")
PMCID = re.compile(r"\bPMC\d{4,9}\b")
ACCESSION = re.compile(r"Accession Number: ?([\w-]+)")
NUMBER = re.compile(r"\d{5,9}$")
MEDLINE = re.compile(r"medline|pubmed|^nlm$|^cmedm$|^mnh$|^mdc$", re.IGNORECASE)
SIX_DIGITS = re.compile(r"(?:\D*\d){6}")
NONE = [""]
# A note may hold the whole list of references; nothing is looked for behind its beginning.
LONGEST_NOTE = 1_000

Fields = dict[str, list[str]]


def claims(head: str) -> bool:
    """Return whether a file that begins so is RIS: somewhere a record begins with TY."""
    return ODD_BEGIN.search(head.encode("utf-8", "replace")) is not None


def entries(content: bytes, source: str) -> Iterator[Record | Refused]:
    """Return each record of a file (`bot.sources.files.lined`), or why it could not be taken."""
    # Looking for what some write instead takes as long as reading: only where the usual beginnings and ends do not match.
    if content.count(BEGIN) + content.startswith(BEGIN[1:]) != content.count(END):
        content = ODD_END.sub(b"ER  -", ODD_BEGIN.sub(b"TY  -", content))
    at, number, before = 0, 0, None
    for piece in _pieces(content):
        tail, *bodies = piece.split(BEGIN)
        if before is not None or len(tail) > 4:
            behind = text_of(tail)
            yield from _between(behind, number, at, content)
            if before is not None:
                yield _entry(*before, behind, content, source)
        at += len(tail)
        for body in bodies:
            if body is not bodies[0]:
                yield _entry(*before, "", content, source)  # type: ignore[misc]  there is one before the second
            number += 1
            before = (number, at, body)
            at += len(BEGIN) + len(body)
        before = before if bodies else None
        at += len(END)
    if before is not None:
        yield Refused(number, _line(content, before[1]), "the record does not end (ER is missing); was the file cut off?")


def _pieces(content: bytes) -> Iterator[bytes]:
    """Return what stands between the ends of records, one after the other: all at once would be the file once more.

    A line end stands before the first piece, so that each record begins behind one; places are counted with it.
    """
    start, end, before = 0, content.find(END), b"\n"
    while end >= 0:
        yield before + content[start:end]
        start, before = end + len(END), b""
        end = content.find(END, start)
    yield before + content[start:]


def _entry(number: int, at: int, body: bytes, tail: str, content: bytes, source: str) -> Record | Refused:
    """Return the record that begins with `body`. tail: what stands behind its end; Ovid goes on there with tags that belong to it."""
    given = _fields(text_of(body))
    if len(tail) > 4 and TAG.search(tail) and not TITLED.search(tail):
        given = _fields(tail.partition("\n")[2]) | given
    if title := _title(given):
        return _record(given, title, source)
    return Refused(number, _line(content, at), "no title (TI or T1): a record has at least one")


def _between(tail: str, number: int, at: int, content: bytes) -> Iterator[Refused]:
    """Name what stands behind a record and is neither its own nor what platforms write there."""
    if len(tail) < 6 or not (lines := [line.strip() for line in tail.split("\n")[1:] if line.strip()]):
        return
    if TITLED.search(tail):
        yield Refused(number + 1, _line(content, at + len(tail.partition("\n")[0].encode())), "has no beginning (TY is missing)")
    elif number and (strange := next((one for one in lines if not BETWEEN.match(one) and not TAG.match(one)), "")):
        place = content.find(strange.encode(), max(0, at - 1)) + 1
        yield Refused(number, _line(content, place), f"text behind record {number} that is no part of one: {strange[:60]!r}")


def _line(content: bytes, at: int) -> int:
    """Return the number of the line at a place, passing over blank ones. A place is counted with the line end before the text."""
    at = max(0, at - 1)
    while content[at:at + 1] in (b"\n", b" ", b"\t"):
        at += 1
    return content.count(b"\n", 0, at) + 1


def _fields(body: str) -> Fields:
    """Return tag → values; a line without a tag goes on where the one before it ended. The first line holds what stands behind TY."""
    first, *parts = USUAL.split(body)
    given: Fields = {}
    _keep(given, "TY", first)
    pairs = iter(parts)
    for tag, value in zip(pairs, pairs, strict=True):
        if "\n" in value:
            _keep(given, tag, value)
        elif tag in given:
            given[tag].append(value.strip())
        else:
            given[tag] = [value.strip()]
    return given


def _keep(given: Fields, tag: str, value: str) -> None:
    """Keep a value of several lines, among which there may be a tag that is written in another way."""
    first, *lines = value.split("\n")
    values = given.setdefault(tag, [])
    values.append(first.strip())
    for line in lines:
        if (odd := TAG.match(line)) is not None:
            values = given.setdefault(odd.group(1), [])
            values.append(line[odd.end():].strip())
        elif line := line.strip():
            values[-1] = f"{values[-1]}\n{line}"


def _title(given: Fields) -> str:
    for tag in ("TI", "T1", "CT", "BT"):
        for one in given.get(tag, ()):
            if title := fields.one_line(one):
                return title
    return ""


def _record(given: Fields, title: str, source: str) -> Record:
    get = given.get
    abstract = _abstract(given)
    notes = [one[:LONGEST_NOTE] for tag in ("N1", "U1", "M1", "M2") for one in get(tag, ())]
    year, day = _first(given, "PY", "Y1", "DA"), _first(given, "DA", "Y1", "PY")
    urls = [one for one in get("UR", ()) if one[:4].lower() == "http"]
    return Record(
        source=source,
        source_id=_accession(given, notes),
        title=title,
        abstract=abstract,
        authors=_each(get("AU") or get("A1") or ()),
        year=fields.year(year) or fields.year(day),
        # Web of Science writes the month alone: "AUG".
        date=fields.iso_date(day) or fields.iso_date(f"{year} {day}"),
        entered=fields.iso_date((get("U4") or NONE)[0]) if "U2" in given else "",
        journal=fields.one_line(_first(given, "JF", "T2", "JO", "JA", "J2", "J1", "BT")),
        volume=get("VL", NONE)[0],
        issue=get("IS", NONE)[0],
        pages=fields.pages(get("SP", NONE)[0], get("EP", NONE)[0]) or get("C7", NONE)[0],
        doi=_doi(given, notes),
        pmid=_pmid(given, notes),
        pmcid=found.group(0) if "C2" in given and (found := PMCID.search(given["C2"][0])) else "",
        issn=fields.issn(" ".join(get("SN", ()))) if "SN" in given else "",
        registrations=fields.registrations(title, abstract, *notes, *get("CN", ())),
        language=(get("LA") or get("LG") or NONE)[0],
        publication_types=_kinds(given),
        # Rayyan writes one keyword a line under a single tag.
        keywords=_each(get("KW", ())),
        url=urls[0] if urls else "",
        decisions=decisions.from_notes(given["N1"]) if "N1" in given else (),
    )


KINDS = {"CONF": "Conference paper", "CPAPER": "Conference paper", "THES": "Thesis", "BOOK": "Book", "CHAP": "Book chapter",
         "RPRT": "Report", "UNPB": "Unpublished work", "ABST": "Abstract"}


def _kinds(given: Fields) -> tuple[str, ...]:
    named = [one for tag in ("M3", "PT") for one in given.get(tag, ()) if one and not one.lower().startswith("doi")]
    kind = KINDS.get(given["TY"][0], "")
    return tuple(dict.fromkeys(named)) or ((kind,) if kind else ())


def _first(given: Fields, *tags: str) -> str:
    """Return the first value under the first of these tags that has one."""
    for tag in tags:
        if tag in given and given[tag][0]:
            return given[tag][0]
    return ""


def _each(values: Sequence[str]) -> tuple[str, ...]:
    """Return each line of some values, without entities; looked at together, for that is faster than one by one."""
    whole = "\n".join(values)
    return tuple([word for one in (html.unescape(whole) if "&" in whole else whole).split("\n") if (word := one.strip())])


def _abstract(given: Fields) -> str:
    for tag in ("AB", "N2"):
        for one in given.get(tag, ()):
            # EBSCO's second AB is a notice about copyright, not what the paper says.
            if one and not one.startswith("Copyright of "):
                return fields.lines(one)
    return ""


def _accession(given: Fields, notes: list[str]) -> str:
    """Return the number by which the source knows the record. EndNote and Zotero write the number in one's own library: that names nothing."""
    for tag in ("AN", "U2", "ID", "UT"):
        for one in given.get(tag, ()):
            number = one.partition(";")[0].strip()
            if SIX_DIGITS.match(number) and " " not in number:
                return number
    return next((found.group(1) for one in notes if (found := ACCESSION.match(one))), "")


def _doi(given: Fields, notes: list[str]) -> str:
    for tag in ("DO", "DI", "L3", "L2", "M3", "UR", "C3"):
        if tag in given:
            for one in given[tag]:
                if found := fields.doi(one):
                    return found
    return next((found for one in notes if "doi" in one.lower() and (found := fields.doi(one))), "")


def _pmid(given: Fields, notes: list[str]) -> str:
    if "DB" in given or "DP" in given or "PMID" in given:
        databases = " ".join((*given.get("DB", ()), *given.get("DP", ())))
        wanted = ["PMID"] + ["AN"] * bool(MEDLINE.search(databases)) + ["C5"] * ("Embase" in databases) + ["C2"] * ("Scopus" in databases)
        for tag in wanted:
            for one in given.get(tag, ()):
                if NUMBER.match(one):
                    return one
    for one in notes:
        if "PMID" in one and (found := PMID.search(one)):
            return found.group(1)
    for one in given.get("C3", ()):
        # The Cochrane Library names where it has a record from: "PUBMED 31140443,EMBASE 627541706".
        if "PUBMED" in one and (found := PUBMED_NUMBER.search(one)):
            return found.group(1)
    for tag in ("UR", "L2"):
        for one in given.get(tag, ()):
            if ("pubmed" in one or "ovid" in one) and (found := PMID_ADDRESS.search(one)):
                return found.group(1) or found.group(2)
    return ""

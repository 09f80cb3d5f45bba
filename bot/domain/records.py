"""A record: one citation as one source gave it. What several records of one document become: bot/domain/reports.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """What a source says about another citation: kind as in MEDLINE (`retraction_in`, `erratum_for`, `update_of` …)."""

    kind: str
    citation: str
    pmid: str = ""
    doi: str = ""


@dataclass(frozen=True, slots=True)
class ImportedDecision:
    """What somebody decided about a record in another tool, as that tool exported it; moving it in is a person's own step.

    tool: `rayyan`, `covidence`, `asreview`, `eppi`; verdict: `include`, `exclude`, `maybe`, "" where only a reason or label is known.
    by: who, as the tool names them, "" if it does not; stage: `title_abstract`, `full_text`, "" if unknown; reasons, labels: in their words.
    at: YYYY-MM-DD or longer, "" if unknown. note: what else they wrote.
    """

    tool: str
    verdict: str
    by: str = ""
    stage: str = ""
    reasons: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A citation as one source gave it.

    source: the name of the source (`pubmed`, `embase`, `demo-ris` …); source_id: its accession number there, "" if it gave none.
    authors: as printed, family name first ("Griffiths KM", "Griffiths, Kathleen M."), collective names as they stand.
    year: of publication, None if unknown; date: as much of YYYY-MM-DD as the source gave, "" if unknown.
    entered: when the source took it in (YYYY-MM-DD), "" if unknown.
    doi: lower case without an address in front, "" if there is none; registrations: NCT…, ISRCTN… in upper case.
    abstract: sections are paragraphs that begin with their label ("METHODS: …").
    decisions: made in the tool that exported the record, in the order they stand there.
    """

    source: str
    source_id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    date: str = ""
    entered: str = ""
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    issn: str = ""
    registrations: tuple[str, ...] = ()
    language: str = ""
    publication_types: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    url: str = ""
    relations: tuple[Relation, ...] = ()
    decisions: tuple[ImportedDecision, ...] = ()

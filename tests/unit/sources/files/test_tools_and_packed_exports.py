"""Exports of tools in which people decide, of registers and of Excel, and archives: no real file was at hand for most, and each says so."""

from __future__ import annotations

import io
import json
import zipfile
from html import escape

import pytest

from bot.domain.records import ImportedDecision, Record
from bot.errors import UnreadableFileError
from bot.sources.files import Parsed, read
from tests.shared import shared_path

ICTRP = """<?xml version="1.0" encoding="UTF-8" ?>
<Trials_downloaded_from_ICTRP>
  <Trial><Export_date>08/28/2026 20:14:44</Export_date>
    <Internal_Number>1
    </Internal_Number>
    <TrialID>ISRCTN12345678
    </TrialID>
    <Public_title>Peer support by chat
    </Public_title>
    <Scientific_title>A randomised trial of peer support &amp; chat
    </Scientific_title>
    <Acronym/>
    <Primary_sponsor>University of Somewhere
    </Primary_sponsor>
    <Date_registration3>20260501
    </Date_registration3>
    <Source_Register>ISRCTN
    </Source_Register>
    <web_address>https://www.isrctn.com/ISRCTN12345678
    </web_address>
    <Condition>Depression
    </Condition>
    <other_records>NCT01234567
    </other_records>
  </Trial>
"""
RAYYAN = ('key,title,authors,year,abstract,notes\nrayyan-1,A trial,"Doe, J.; Roe, R.",2020,Words,"RAYYAN-INCLUSION: {""Ann""=>""Included"", '
          '""Bo Li""=>""Excluded"", ""Cy""=>""Maybe""} | RAYYAN-LABELS: chat,peer | RAYYAN-EXCLUSION-REASONS: wrong population"\n')
EPPI = {"CodeSets": [{"SetName": "Screening", "Attributes": {"AttributesList": [
            {"AttributeId": 1, "AttributeName": "EXCLUDE on population"}, {"AttributeId": 2, "AttributeName": "INCLUDE on full text",
             "Attributes": {"AttributesList": [{"AttributeId": 3, "AttributeName": "Chat"}]}}]}}],
        "References": [{"ItemId": 7, "Title": "A trial", "Authors": "Doe J; Roe R;", "Year": "2020", "ParentTitle": "Journal",
                        "Abstract": "Words", "DOI": "10.1000/X", "Codes": [{"AttributeId": 2, "AdditionalText": "yes"}, {"AttributeId": 3}]},
                       {"ItemId": 8, "Title": "Another", "Year": "2021", "Codes": [{"AttributeId": 1}]}]}
CSL = [{"id": "a", "type": "article-journal", "title": "A <i>trial</i>", "author": [{"family": "Doe", "given": "Jane"}, {"literal": "The Group"}
                                              ],
        "issued": {"date-parts": [["2020", 3, "7"]]}, "container-title": "Journal", "volume": "3", "page": "1-9", "DOI": "10.1000/1",
        "note": "PMID: 12345678\nPMCID: PMC1234567", "abstract": "Words & more"}]
COCHRANE = ("TY  - JOUR\nAN  - CN-02345678\nAU  - Doe, J\nTI  - A trial\nT2  - Journal\nY1  - 2020\nVL  - 3\nAB  - Words of NCT01234567\n"
            "KW  - *Telemedicine\nUR  - https://www.cochranelibrary.com/central/doi/10.1002/central/CN-02345678/full\n"
            "C3  - PUBMED 31140443\nER  -\n\n")


def parsed(content: str) -> Parsed:
    return read(content.encode(), "export", "somewhere")


def only(content: str) -> Record:
    return parsed(content).records[0]


def workbook(*rows: list[str]) -> bytes:
    """Return an Excel workbook with these rows: the first as shared strings, the others as words in their cells; numbers as numbers."""
    shared = "".join(f"<si><t>{one}</t></si>" for one in rows[0])
    head = "".join(f'<c r="{chr(65 + at)}1" t="s"><v>{at}</v></c>' for at in range(len(rows[0])))
    def cell(one: str) -> str:
        words = f"<r><t>{escape(one[:3])}</t></r><r><t>{escape(one[3:])}</t></r>"
        return f"<c><v>{one}</v></c>" if one.isdigit() else f'<c t="inlineStr"><is>{words}</is></c>'
    below = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows[1:])
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return packed({"xl/workbook.xml": f"<workbook {space}/>", "xl/sharedStrings.xml": f"<sst {space}>{shared}</sst>",
                   "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData><row>{head}</row>{below}</sheetData></worksheet>"})


def packed(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def test_a_register_entry_of_ictrp_is_kept_with_all_its_numbers_even_without_the_last_tag() -> None:
    for end in ("", "</Trials_downloaded_from_ICTRP>"):
        found = parsed(ICTRP + end)
        record = found.records[0]
        assert (found.format, found.verified, found.refused) == ("ICTRP XML", False, ())
        assert (record.source_id, record.title, record.date, record.journal) == (
            "ISRCTN12345678", "A randomised trial of peer support & chat", "2026-05-01", "ISRCTN")
        assert record.registrations == ("ISRCTN12345678", "NCT01234567") and record.authors == ("University of Somewhere",)
        assert record.abstract == "CONDITION: Depression\nPUBLIC TITLE: Peer support by chat" and record.url.endswith("ISRCTN12345678")


def test_an_entry_of_ictrp_that_was_cut_off_is_named() -> None:
    found = parsed(ICTRP + ICTRP[ICTRP.index("  <Trial>"):-40])
    assert len(found.records) == 1 and (found.refused[0].record, "cut off" in found.refused[0].reason) == (2, True)


def test_a_table_of_ictrp_is_read_as_well() -> None:
    record = only("TrialID,Public title,Scientific title,Primary sponsor,Date registration3,web address,Condition\n"
                  "DRKS00012345,Public,Scientific,Sponsor,24/08/2026,https://drks.de/x,Depression\n")
    assert (record.title, record.registrations, record.year, record.date) == ("Scientific", ("DRKS00012345",), 2026, "2026-08-24")


def test_rayyans_decisions_are_kept_by_person() -> None:
    found = parsed(RAYYAN)
    assert found.platform == "Rayyan" and not found.verified
    assert [(one.by, one.verdict, one.reasons, one.labels) for one in found.records[0].decisions] == [
        ("Ann", "include", (), ("chat", "peer")), ("Bo Li", "exclude", ("wrong population",), ("chat", "peer")),
        ("Cy", "maybe", (), ("chat", "peer"))]
    note = "RAYYAN-INCLUSION: {\"Ann\"=>\"Excluded\"} | RAYYAN-EXCLUSION-REASONS: wrong outcome,foreign language"
    for text in (f"TY  - JOUR\nTI  - A trial\nN1  - {note}\nER  - \n", f"@article{{a,\n title = {{A trial}},\n note = {{{note}}}\n}}\n"):
        made = only(text).decisions
        assert [(one.tool, one.by, one.verdict, one.reasons) for one in made] == [
            ("rayyan", "Ann", "exclude", ("wrong outcome", "foreign language"))]


def test_asreviews_labels_are_decisions_and_what_was_not_seen_is_none() -> None:
    found = read(shared_path("samples/ris_misc/baseline_tag-notes_labels.ris").read_bytes(), "a", "x")
    verdicts = [one.decisions[0].verdict if one.decisions else "" for one in found.records]
    assert verdicts[:4] == ["include", "exclude", "", ""] and (found.platform, found.verified) == ("ASReview", True)
    record = only("record_id,title,asreview_label,asreview_time,asreview_note\n1,A trial,1,2026-01-02 10:00,good\n")
    assert record.decisions == (ImportedDecision("asreview", "include", stage="title_abstract", at="2026-01-02 10:00", note="good"),)


def test_covidences_reasons_are_decisions_on_the_full_text() -> None:
    found = read(shared_path("samples/central_csv/iddo_LSR_update_data.csv").read_bytes(), "a.csv", "x")
    assert (found.platform, found.verified) == ("Covidence", True)
    assert found.records[0].decisions == (ImportedDecision("covidence", "exclude", stage="full_text", reasons=("Healthy volunteer",)),)
    assert sum(bool(one.decisions) for one in found.records) > 300


def test_eppis_codes_are_decisions_with_their_names() -> None:
    found = parsed(json.dumps(EPPI))
    assert (found.format, found.verified, len(found.records)) == ("EPPI JSON", False, 2)
    first, second = (one.decisions for one in found.records)
    assert [(one.verdict, one.stage, one.labels, one.note) for one in first] == [("include", "full_text", ("Screening: Chat",), "yes")]
    assert [(one.verdict, one.reasons) for one in second] == [("exclude", ("Screening: EXCLUDE on population",))]
    with pytest.raises(UnreadableFileError, match="cut off"):
        parsed(json.dumps(EPPI)[:-30])


def test_csl_json_is_read_item_by_item() -> None:
    found = parsed(json.dumps(CSL))
    record = found.records[0]
    assert (found.format, found.verified) == ("CSL JSON", False)
    assert (record.title, record.authors, record.date, record.pmid, record.pmcid) == (
        "A trial", ("Doe, Jane", "The Group"), "2020-03-07", "12345678", "PMC1234567")
    cut = parsed(json.dumps(CSL * 2)[:-60])
    assert len(cut.records) == 1 and "cut off" in cut.refused[0].reason


def test_the_cochrane_librarys_own_export_is_read_and_marked() -> None:
    found = parsed(COCHRANE)
    record = found.records[0]
    assert (found.platform, found.verified, record.source_id, record.pmid) == ("Cochrane Library", False, "CN-02345678", "31140443")
    assert record.registrations == ("NCT01234567",) and record.keywords == ("*Telemedicine",)


@pytest.mark.parametrize("before", ["sep=;\n", "My search\n2026-11-01\n\n", "\n\n"])
def test_lines_before_the_headings_of_a_table_are_passed_over(before: str) -> None:
    found = parsed(f"{before}Title;Year;DOI\nA trial;2020;10.1000/1\n;;\nAnother;2021;\n;2022;\n")
    assert [one.title for one in found.records] == ["A trial", "Another"]
    assert [(one.record, one.line) for one in found.refused] == [(3, before.count("\n") + 5)]


def test_a_table_whose_quotation_mark_does_not_close_says_so() -> None:
    found = parsed('Title,Abstract\nOne,"Words"\nTwo,"Words that do not end\nThree,More\nFour,More\n')
    assert any("quotation mark" in one.reason for one in found.refused)
    assert parsed('Title,Abstract\nOne,5" long\nTwo,"Words"\n').refused == ()


def test_an_excel_sheet_is_read_as_a_table() -> None:
    found = read(workbook(["Title", "Year", "DOI"], ["A & trial", "2020", "10.1000/1"], ["Another", "2021", ""]), "a.xlsx", "x")
    assert (found.format, found.verified) == ("Excel", False)
    assert [(one.title, one.year, one.doi) for one in found.records] == [("A & trial", 2020, "10.1000/1"), ("Another", 2021, "")]
    with pytest.raises(UnreadableFileError, match="column of titles"):
        read(workbook(["Name", "Year"], ["x", "2020"]), "a.xlsx", "x")


def test_an_archive_of_exports_is_read_file_by_file() -> None:
    files = {"a/one.ris": COCHRANE, "two.csv": "title,year\nB,2020\n", "notes.docx": "words", "__MACOSX/._one.ris": "x"}
    found = read(packed(files), "a.zip", "x")
    assert (found.format, [one.title for one in found.records]) == ("ZIP", ["A trial", "B"])
    assert len(found.refused) == 1 and "notes.docx" in found.refused[0].reason and found.platform == "Cochrane Library"


@pytest.mark.parametrize(("content", "reason"), [
    (packed({"a.pdf": "%PDF-1.7"}), "nothing can be read"), (packed({}), "nothing can be read"),
    (packed({"b.zip": "PK\x03\x04x"}), "holds an archive"),
    (packed({"a.ris": COCHRANE})[:-40], "cannot be unpacked"),
], ids=["only a PDF", "empty", "an archive within", "cut off"])  # a ZIP holds the time: as a name it would differ between workers
def test_an_archive_with_nothing_in_it_is_refused_with_why(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read(content, "a.zip", "x")


def test_an_archive_that_unpacks_to_far_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sources.files.packed.MAX_BYTES", 1_000_000)
    with pytest.raises(UnreadableFileError, match="pack it in parts"):
        read(packed({"a.ris": "x" * 1_000_001}), "a.zip", "x")


@pytest.mark.parametrize(("tex", "plain"), [
    (r"{Caf\'e} {\"o}ffnet \v{s} \c{c} \'{\i} {\ss}{\o} \~n", "Café öffnet š ç í ßø ñ"),
    (r"p {\textless} 0.05 {\textbar} 5{\%} {\&} \$50 {\textasciitilde}3", "p < 0.05 | 5% & $50 ~3"),
    (r"H{\textless}sub{\textgreater}2{\textless}/sub{\textgreater}O", "H2O"),
    (r"$\alpha$-blocker, 10$^{\circ}$C, \emph{in vivo}", "α-blocker, 10°C, in vivo"),
    (r"{RCT} of {\textquotedblleft}peers{\textquotedblright} ``online''", "RCT of “peers” “online”"),
    ("costs $5 or $6, ~50 people", "costs $5 or $6, ~50 people"),
    (r"a\_b 10{\textendash}20 50{\textpm}3 {\textmu}g", "a_b 10–20 50±3 µg"),
])
def test_tex_in_bibtex_is_plain_text_and_loses_no_word(tex: str, plain: str) -> None:
    assert only(f"@article{{a,\n  title = {{{tex}}},\n  year = 2020\n}}\n").title == plain


def test_bibtex_names_paragraphs_and_what_looks_like_an_entry_inside_one() -> None:
    record, other = parsed(
        "@inproceedings{doe_2020,\n\ttitle = {A {Trial}},\n\tauthor = {Doe, Jane and {Research and Development Group} and van der Berg, J.},\n"
        "\tmonth = mar,\n\tyear = {2020},\n\tpages = {1--9},\n\tnote = {PMID: 12345678\nPMCID: PMC1234567},\n"
        "\tabstract = {Methods\n@article{x, \nis no entry.}\n}\n\n@comment{jabref}\n"
        "@article{b, title = \"B \" # {more \\\"{u}}, year=2021}\n").records
    assert record.authors == ("Doe, Jane", "Research and Development Group", "van der Berg, J.")
    assert (record.date, record.pages, record.pmid, record.pmcid, record.publication_types) == (
        "2020-03", "1-9", "12345678", "PMC1234567", ("Conference paper",))
    assert "@article" in record.abstract and other.title == "B more ü" and other.year == 2021

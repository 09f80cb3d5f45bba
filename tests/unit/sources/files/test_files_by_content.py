"""Which format a file is of, what is refused, and where. Files of platforms: test_platform_exports.py."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.standins.medline import as_medline, as_xml
from bot.errors import UnreadableFileError
from bot.sources.files import read, spreadsheet
from tests.fixtures_search import citation

GOOD = "TY  - JOUR\nTI  - A trial\nAU  - Doe, J\nPY  - 2020\nDO  - 10.1000/1\nER  - \n"
FULL = citation(1, entered="2020-01-15", abstract="BACKGROUND: A. METHODS: B > A & more. RESULTS: C.", volume="3", issue="2", pages="1-9",
                registrations=["NCT01234567"], mesh=["Telemedicine"], publication_types=["Journal Article", "Clinical Trial"])


def test_the_same_record_is_the_same_in_both_of_pubmeds_formats() -> None:
    text, xml = (read(content.encode(), "a", "pubmed").records[0] for content in (as_medline([FULL]), as_xml([FULL])))
    for name in ("source_id", "title", "authors", "year", "date", "entered", "journal", "volume", "issue", "pages", "doi", "pmid",
                 "registrations", "publication_types", "mesh", "url", "language"):
        assert getattr(text, name) == getattr(xml, name), name
    assert text.registrations == ("NCT01234567",) and text.mesh == ("Telemedicine",) and text.pages == "1-9"


def test_sections_of_a_medline_abstract_are_paragraphs_with_their_labels() -> None:
    record = read(as_medline([FULL]).encode(), "a", "pubmed").records[0]
    assert record.abstract.split("\n") == ["BACKGROUND: A.", "METHODS: B > A & more.", "RESULTS: C."]


@pytest.mark.parametrize(("content", "label"), [
    (GOOD, "RIS"), (as_medline([citation(1)]), "MEDLINE (.nbib)"), (as_xml([citation(1)]), "PubMed XML"),
    ("FN Web\nVR 1.0\nPT J\nAU A, B\nTI A trial\nER\n\nEF", "Web of Science"), ("@article{a,\n title = {A trial},\n}\n", "BibTeX"),
    ("Title;Year\nA trial;2020\n", "CSV"),
    ("<xml><records><record><titles><title>A trial</title></titles></record></records></xml>", "EndNote XML"),
])
def test_the_format_is_told_from_the_content_and_never_from_the_name(content: str, label: str) -> None:
    for name in ("export.ris", "export.xml", "export"):
        parsed = read(content.encode(), name, "embase")
        assert (parsed.format, len(parsed.records), parsed.records[0].source) == (label, 1, "embase")


@pytest.mark.parametrize(("content", "reason"), [
    (b"", "is empty"), (b"  \n", "is empty"), (b'{"error": "no"}', "is JSON"), (b"<!DOCTYPE html><html>", "web page"), (b"%PDF-1.7", "PDF"),
    (b"PK\x03\x04abc", "Excel"), (b"<eSearchResult/>", "XML of a kind"), (b"some words\nand more", "no format that is known here"),
    (bytes(range(256)) * 10, "no format"),
])
def test_what_is_no_export_is_refused_with_what_it_is_and_what_to_do(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason) as caught:
        read(content, "file.ris", "embase")
    assert "file.ris" in str(caught.value) and "RIS" in str(caught.value)


def test_rubbish_costs_its_own_record_which_is_named_with_its_line() -> None:
    parsed = read(f"{GOOD}\nTY  - JOUR\n@@@ rubbish \x00\x07 @@@\nER  - \n\n{GOOD.replace('A trial', 'Another')}".encode(), "a.ris", "x")
    assert [one.title for one in parsed.records] == ["A trial", "Another"]
    assert [(one.record, one.line) for one in parsed.refused] == [(2, 8)] and "no title" in parsed.refused[0].reason


def test_rubbish_between_records_is_named_and_costs_none() -> None:
    parsed = read(f"{GOOD}%%% rubbish %%%\n\n{GOOD.replace('A trial', 'Another')}".encode(), "a.ris", "x")
    assert len(parsed.records) == 2
    assert [(one.record, one.line) for one in parsed.refused] == [(1, 7)] and "%%% rubbish %%%" in parsed.refused[0].reason


def test_a_record_without_a_beginning_is_named() -> None:
    parsed = read(f"{GOOD}\nTI  - Lost\nAU  - Doe\nER  - \n\n{GOOD}".encode(), "a.ris", "x")
    assert len(parsed.records) == 2 and [(one.record, one.line) for one in parsed.refused] == [(2, 8)]
    assert "TY is missing" in parsed.refused[0].reason


def test_a_record_whose_end_is_missing_ends_where_the_next_one_begins() -> None:
    parsed = read(f"TY  - JOUR\nTI  - One\n\n{GOOD}".encode(), "a.ris", "x")
    assert [one.title for one in parsed.records] == ["One", "A trial"] and parsed.refused == ()


def test_a_file_that_was_cut_off_says_so() -> None:
    ris = read(f"{GOOD}\nTY  - JOUR\nTI  - Half a tit".encode(), "a.ris", "x")
    assert len(ris.records) == 1 and "cut off" in ris.refused[0].reason and (ris.refused[0].record, ris.refused[0].line) == (2, 8)
    xml = as_xml([citation(1), citation(2)])
    for length in range(len(xml) // 2 + 100, len(xml) - 30, 40):
        parsed = read(xml[:length].encode(), "a.xml", "x")
        assert len(parsed.records) >= 1 and any("cut off" in one.reason or "no XML" in one.reason for one in parsed.refused), length


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_line_ends_marks_and_encodings_lose_nothing(ending: str, encoding: str) -> None:
    text = GOOD.replace("A trial", "Élan – a “trial”").replace("\n", ending)
    assert read(text.encode(encoding), "a", "x").records[0].title == "Élan – a “trial”"


def test_files_put_one_behind_the_other_are_read_each_in_its_encoding() -> None:
    first, second = GOOD.replace("A trial", "Über Foren"), GOOD.replace("A trial", "Étude")
    parsed = read(first.encode("utf-8-sig") + second.encode("utf-8-sig") + second.replace("É", "Ö").encode("cp1252"), "a.ris", "x")
    assert [one.title for one in parsed.records] == ["Über Foren", "Étude", "Ötude"] and parsed.refused == ()
    xml = as_xml([citation(1)]) + as_xml([citation(2)]) + as_xml([citation(3)])[:400]
    both = read(xml.encode(), "a.xml", "x")
    assert [one.pmid for one in both.records][:2] == [citation(1)["pmid"], citation(2)["pmid"]]
    assert any("cut off" in one.reason for one in both.refused)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_two_bytes_a_letter_without_a_mark_are_known_by_their_zeros(encoding: str) -> None:
    assert read(GOOD.encode(encoding), "a", "x").records[0].title == "A trial"


def test_an_article_that_is_cut_off_before_another_one_is_named_and_spoils_no_other() -> None:
    one, two = as_xml([citation(1)]), as_xml([citation(2)])
    parsed = read((one[:one.index("</PubmedArticle>") - 20] + two).encode(), "a.xml", "x")
    assert [record.pmid for record in parsed.records] == [citation(1)["pmid"], citation(2)["pmid"]]
    assert [refused.record for refused in parsed.refused] == [1] and "cut off" in parsed.refused[0].reason


def test_what_is_no_xml_in_an_article_is_mended_and_its_words_stay() -> None:
    xml = as_xml([citation(1)]).replace("Peer support trial number 1", "Research & Development: p < 0.05, 5&nbsp;mg of &alpha;-x in R&D")
    record = read(xml.encode(), "a.xml", "x").records[0]
    assert record.title == "Research & Development: p < 0.05, 5 mg of α-x in R&D"


def test_an_article_in_another_encoding_says_so_in_its_head() -> None:
    xml = as_xml([citation(1)]).replace("Peer support", "Café").replace('encoding="utf-8"', 'encoding="iso-8859-1"').replace(
        'encoding="UTF-8"', 'encoding="iso-8859-1"')
    assert read(xml.encode("iso-8859-1"), "a.xml", "x").records[0].title == "Café trial number 1"
    assert read(as_xml([citation(1)]).encode("utf-16"), "a.xml", "x").records[0].pmid == citation(1)["pmid"]


@pytest.mark.parametrize("begin", ["PMID-1234567", "PMID - 1234567", "PMID-  1234567"])
def test_medline_text_that_begins_otherwise_than_usual_is_read(begin: str) -> None:
    parsed = read(f"\n{begin}\nTI  - A trial\nSO  - J\n\n{begin}8\nTI  - Another\nSO  - J\n".encode(), "a.txt", "x")
    assert [(one.pmid, one.title) for one in parsed.records] == [("1234567", "A trial"), ("12345678", "Another")]


def test_a_bomb_of_entities_and_an_entity_of_a_file_are_not_followed() -> None:
    bomb = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
            '<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>T &b; &c;</ArticleTitle></Article>'
            "</MedlineCitation></PubmedArticle></PubmedArticleSet>")
    record = read(bomb.encode(), "a.xml", "x").records[0]
    assert "root:" not in record.title and "aaaa" not in record.title


BOMB = ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">'
        '<!ENTITY d SYSTEM "http://127.0.0.1:9/x">]>')


def test_entities_of_files_that_are_read_as_a_whole_are_not_followed_either() -> None:
    endnote = (f'<?xml version="1.0"?>{BOMB}<xml><records><record><rec-number>1</rec-number><ref-type name="Journal Article">17</ref-type>'
               "<titles><title>T &b; &c; &d;</title></titles></record></records></xml>")
    shown = [str(record) for record in read(endnote.encode(), "a.xml", "x").records]
    assert shown and not any("root:" in one or "aaaa" in one for one in shown)


def test_entities_of_a_workbook_are_not_followed() -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/sharedStrings.xml", f'<?xml version="1.0"?>{BOMB}<sst xmlns="{space}"><si><t>A &b;</t></si></sst>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{space}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row>'
                      "</sheetData></worksheet>")
    assert list(spreadsheet.sheets(packed.getvalue())) == [[["A "]]]


def test_words_behind_inline_markup_entities_and_other_scripts_are_not_lost() -> None:
    xml = as_xml([citation(1)]).replace(
        "Peer support trial number 1", "Effect of <i>peer</i> support &lt; 5&#xa0;% of H<sub>2</sub>O in 深圳 &amp; Malmö")
    assert read(xml.encode(), "a.xml", "x").records[0].title == "Effect of peer support < 5 % of H2O in 深圳 & Malmö"


def test_json_lines_hold_every_field() -> None:
    line = json.loads(read(GOOD.encode(), "a", "x").json_lines()[0])
    assert line["title"] == "A trial" and line["doi"] == "10.1000/1" and line["relations"] == []


@given(st.binary(max_size=400), st.sampled_from([
    b"", b"TY  - JOUR\n", b"PMID- 1\n", b"<PubmedArticleSet>", b"<xml><records><record>", b"@article{a,", b"title,year\n", b"FN x\nPT J\n"]))
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_come_they_are_read_or_refused_in_a_sentence(content: bytes, begin: bytes) -> None:
    try:
        read(begin + content, "a", "x")
    except UnreadableFileError as error:
        assert str(error)


@pytest.mark.parametrize(("cell", "names"), [
    ("Müller, A", ("Müller, A",)), ("Lim, S. M., Shiau, C.", ("Lim, S. M.", "Shiau, C.")), ("Lim SM, Shiau CWC.", ("Lim SM", "Shiau CWC")),
    ("Liu R., Adler D.G.", ("Liu R.", "Adler D.G.")), ("Okour, Malek; Barnett, R", ("Okour, Malek", "Barnett, R")),
])
def test_initials_behind_a_comma_are_no_author_of_their_own(cell: str, names: tuple[str, ...]) -> None:
    (record,) = read(f'Title,Authors,Year\n"A trial","{cell}",2020\n'.encode(), "a.csv", "x").records
    assert record.authors == names


def test_medline_text_that_was_cut_off_inside_its_last_record_says_so() -> None:
    whole = "PMID- {0}\nSTAT- MEDLINE\nTI  - A trial of number {0}\nAB  - Words that go on.\nSO  - J Tests. 2020;1:{0}.\n\n"
    cut = read(f"{whole.format(1)}{whole.format(2)}".encode()[:-30], "a.nbib", "x")
    assert [one.pmid for one in cut.records] == ["1"] and "does not end (SO is missing)" in cut.refused[0].reason
    # What others write as MEDLINE text has no such last line.
    other = read(b"PMID- 1\nTI  - A trial\nAB  - Words\n", "a.nbib", "x")
    assert len(other.records) == 1 and not other.refused


def test_a_file_of_endnote_that_is_hardly_xml_any_more_is_refused_record_by_record() -> None:
    # What atheris found: mended while it is read, a record stands beside another one and in nothing.
    assert [one.reason for one in read(b"<?m?><record<xml><records>", "a.xml", "x").refused] == ["no title: a record has at least one"]

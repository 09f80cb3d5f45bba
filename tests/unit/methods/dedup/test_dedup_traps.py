"""The traps of issue 4, each its own test: what real exports do to citations, and documents that only look the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.records import Record
from bot.methods.dedup.keys import keys_of
from bot.methods.dedup.match import Verdict, compare

ARTICLE = Record(
    source="pubmed",
    source_id="1",
    title="Peer support by text message for adults with depression: a randomized controlled trial in three towns",
    authors=("Müller-Lund, Anna K.", "Ōkami, Ken", "van der Berg, Piet"),
    year=2021,
    journal="Journal of Medical Internet Research",
    volume="23",
    issue="4",
    pages="158-166",
    doi="10.2196/12345",
)


def verdict(**changes: object) -> Verdict:
    return compare(ARTICLE, replace(ARTICLE, source="embase", source_id="2", **changes)).verdict  # type: ignore[arg-type]


def shares_a_key(**changes: object) -> bool:
    return bool(set(keys_of(ARTICLE)) & set(keys_of(replace(ARTICLE, **changes))))  # type: ignore[arg-type]


@pytest.mark.parametrize("doi", ["NA", "n/a", "", "None", "10.", "10.2196/"])
def test_a_doi_that_is_none_neither_joins_nor_parts(doi: str):
    assert verdict(doi=doi) is Verdict.SAME
    other = replace(
        ARTICLE,
        title="Fish oil for people who sleep badly: an open pilot study in one hospital",
        authors=("Roe, B",),
        pages="9-12",
        doi=doi,
    )
    assert compare(replace(ARTICLE, doi=doi), other).verdict is Verdict.DIFFERENT
    assert not set(keys_of(replace(ARTICLE, doi=doi))) & set(keys_of(other))


@pytest.mark.parametrize(
    "doi",
    [
        "https://doi.org/10.2196/12345",
        "http://dx.doi.org/10.2196/12345.",
        "DOI: 10.2196/12345",
        "10.2196/12345.",
        "10.2196%2F12345",
        "doi:10.2196/12345;",
        "10.2196/12345 [doi]",
    ],
)
def test_a_doi_is_read_from_an_address_and_without_what_stands_behind_it(doi: str):
    bare = replace(ARTICLE, volume="", issue="", pages="", journal="")
    assert compare(bare, replace(bare, doi=doi)).verdict is Verdict.SAME
    assert ("doi", "10.2196/12345") in keys_of(replace(bare, doi=doi))


def test_six_abstracts_with_the_doi_of_their_supplement_stay_six():
    topics = (
        "sleep in nurses",
        "pain after surgery",
        "falls of old people",
        "asthma at school",
        "diet and mood",
        "walking after stroke",
    )
    abstracts = [
        replace(
            ARTICLE,
            title=f"Effects of a new programme on {topic}",
            authors=(f"Author{number} A",),
            pages=f"S{number}",
            doi="10.1000/suppl",
        )
        for number, topic in enumerate(topics, 1)
    ]
    found = {compare(one, two).verdict for one in abstracts for two in abstracts if one is not two}
    assert found == {Verdict.DIFFERENT}


def test_an_indexers_note_of_an_erratum_belongs_to_the_article():
    assert verdict(title=ARTICLE.title + ". [Erratum appears in J Med Internet Res. 2022;24:e1]") is Verdict.SAME
    assert verdict(title=ARTICLE.title + " [published erratum appears in J Med Internet Res 2022]") is Verdict.SAME


@pytest.mark.parametrize(
    "title",
    [
        "Erratum: {}",
        "[Erratum to: {}]",
        'Corrigendum to "{}"',
        "Correction: {}",
        "{} (vol 23, pg 158, 2021)",
        "{}: Correction",
        "{} (Journal of Medical Internet Research (2021) 23:4 (158-166))",
    ],
)
def test_an_erratum_is_not_its_article(title: str):
    assert verdict(title=title.format(ARTICLE.title), pages="999", doi="") is Verdict.DIFFERENT


def test_a_published_erratum_by_its_type_is_not_its_article():
    assert verdict(publication_types=("Published Erratum",), pages="999", doi="10.2196/99999") is Verdict.DIFFERENT


@pytest.mark.parametrize(
    "title", ["Reply to: {}", "{} - Reply", "Re: {}", 'Comment on "{}"', "{}: authors' reply", "{} Editorial Comment"]
)
def test_a_reply_is_not_what_it_replies_to(title: str):
    assert verdict(title=title.format(ARTICLE.title), authors=("Critic, C",), pages="170", doi="") is Verdict.DIFFERENT
    assert verdict(title=title.format(ARTICLE.title), pages="170", doi="") is Verdict.DIFFERENT


def test_a_letter_on_the_same_page_by_others_is_another():
    assert verdict(authors=("Critic, C",), pages="158", doi="", title=ARTICLE.title[:60]) is not Verdict.SAME


def test_a_notice_of_retraction_is_not_the_retracted_article():
    assert verdict(title="Retraction: " + ARTICLE.title, pages="999", doi="") is Verdict.DIFFERENT
    assert verdict(title="RETRACTED: " + ARTICLE.title) is Verdict.SAME


def test_a_protocol_is_not_its_trial():
    assert (
        verdict(title=ARTICLE.title + ": study protocol", year=2019, volume="8", pages="e12", doi="10.2196/777")
        is Verdict.DIFFERENT
    )
    assert verdict(title=ARTICLE.title + ": study protocol", doi="", volume="", pages="", issue="") is Verdict.DIFFERENT


def test_a_preprint_is_not_its_article():
    assert verdict(journal="medRxiv", volume="", issue="", pages="", doi="10.1101/2020.05.05.1234") is Verdict.DIFFERENT
    assert verdict(journal="JMIR Preprints", volume="", issue="", pages="", doi="") is Verdict.DIFFERENT


def test_a_conference_abstract_is_not_the_full_paper():
    assert verdict(journal="European Psychiatry", volume="64", issue="S1", pages="S99", doi="", year=2020) is Verdict.DIFFERENT
    assert verdict(pages="S99", doi="", issue="") is Verdict.ASK
    assert verdict(publication_types=("Conference Abstract",), pages="", volume="", doi="") is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("one", "two"), [("part 1", "part 2"), ("Part I", "Part II"), ("part one", "part two"), ("Study 1", "Study 2")]
)
def test_part_one_is_not_part_two(one: str, two: str):
    first = replace(ARTICLE, title=f"{ARTICLE.title}. {one}", pages="158-166", doi="")
    assert compare(first, replace(first, title=f"{ARTICLE.title}. {two}", pages="167-175")).verdict is Verdict.DIFFERENT
    assert compare(first, replace(first, title=f"{ARTICLE.title}. {two}", pages="")).verdict is Verdict.DIFFERENT


def test_part_two_is_written_in_several_ways():
    first = replace(ARTICLE, title=f"{ARTICLE.title}. Part II", doi="")
    assert compare(first, replace(first, title=f"{ARTICLE.title}, part 2")).verdict is Verdict.SAME


def test_type_one_is_not_type_two_nor_adults_adolescents():
    base = replace(
        ARTICLE, title="Open label trial of a new drug in adults with diabetes type 1", pages="", doi="", volume="", issue=""
    )
    assert (
        compare(base, replace(base, title="Open label trial of a new drug in adults with diabetes type 2")).verdict
        is not Verdict.SAME
    )
    assert (
        compare(base, replace(base, title="Open label trial of a new drug in adolescents with diabetes type 1")).verdict
        is not Verdict.SAME
    )


def test_a_translation_is_not_its_original():
    assert (
        verdict(title=ARTICLE.title + " [German version]", journal="Nervenarzt", volume="92", pages="12-20", doi="10.1007/1")
        is Verdict.DIFFERENT
    )
    english = replace(ARTICLE, language="eng")
    assert compare(english, replace(ARTICLE, language="ger", pages="", volume="", doi="10.1007/1")).verdict is Verdict.DIFFERENT


def test_a_remark_on_the_language_is_no_translation():
    assert verdict(title=f"[{ARTICLE.title}]. [German]") is Verdict.SAME


def test_page_e12_against_12_neither_joins_nor_parts():
    article = replace(ARTICLE, pages="e12", doi="")
    assert compare(article, replace(article, pages="12")).verdict is Verdict.SAME
    other = replace(article, pages="12", volume="24", year=2023, title=ARTICLE.title.replace("three", "nine"))
    assert compare(article, other).verdict is not Verdict.SAME


@pytest.mark.parametrize(
    "authors",
    [
        ("MullerLund AK", "Okami K"),
        ("MÜLLER-LUND A. K.",),
        ("Anna K. Müller-Lund", "Ken Ōkami"),
        ("Muller-Lund, A.",),
        ("Mueller Lund A",),
        ("Müller-LundAK",),
    ],
)
def test_names_are_run_together_turned_round_and_abbreviated(authors: tuple[str, ...]):
    assert verdict(authors=authors, doi="") is Verdict.SAME


def test_accents_capitals_markup_and_greek_make_no_difference():
    article = replace(ARTICLE, title="Effet de la β-blockade sur l'état d'âme: étude randomisée de H<sub>2</sub>O & sel", doi="")
    written = "EFFET DE LA BETA-BLOCKADE SUR L’ETAT D’AME: ETUDE RANDOMISEE DE H2O AND SEL"
    assert compare(article, replace(article, title=written)).verdict is Verdict.SAME


@pytest.mark.parametrize("length", [40, 60, 75])
def test_a_title_cut_short_is_known_by_its_place(length: int):
    assert verdict(title=ARTICLE.title[:length], doi="") is Verdict.SAME
    assert shares_a_key(title=ARTICLE.title[:length], doi="")


def test_a_missing_abstract_makes_no_difference():
    assert (
        compare(replace(ARTICLE, abstract="BACKGROUND: " + "words " * 60), replace(ARTICLE, abstract="")).verdict is Verdict.SAME
    )


@pytest.mark.parametrize(
    "journal",
    [
        "J Med Internet Res",
        "J. Med. Internet Res.",
        "JOURNAL OF MEDICAL INTERNET RESEARCH",
        "JMIR",
        "Journal of medical Internet research (Online)",
        "J Med Internet Res : JMIR",
    ],
)
def test_journals_are_abbreviated(journal: str):
    assert verdict(journal=journal, doi="") is Verdict.SAME


def test_the_year_is_off_by_one_by_online_first():
    assert verdict(year=2020, doi="") is Verdict.SAME
    assert verdict(year=2020, volume="", issue="", pages="", doi="") is Verdict.SAME


def test_an_editorial_of_each_issue_stays_one_each():
    first = replace(ARTICLE, title="Editor's comments", authors=("Weber, Ron",), issue="2", pages="iii-xi", doi="")
    assert compare(first, replace(first, issue="3", pages="iii-xii")).verdict is not Verdict.SAME
    assert compare(first, replace(first, issue="4", pages="")).verdict is not Verdict.SAME


def test_scripts_other_than_latin_are_compared():
    russian = replace(
        ARTICLE, title="Платформенная занятость: масштабы и признаки неустойчивости в городах", authors=("Бобков, В. Н.",), doi=""
    )
    assert keys_of(russian)
    assert compare(russian, replace(russian, title=russian.title.upper() + ".")).verdict is Verdict.SAME
    assert (
        compare(
            russian, replace(russian, title="Занятость и мотивация труда в информационной экономике страны", pages="9")
        ).verdict
        is Verdict.DIFFERENT
    )


def test_two_pmids_are_two_documents_and_one_pmid_joins():
    assert verdict(pmid="") is Verdict.SAME
    first = replace(ARTICLE, pmid="111")
    assert compare(first, replace(first, pmid="222", pages="9", volume="1")).verdict is Verdict.DIFFERENT
    assert compare(first, replace(first, pmid="222")).verdict is Verdict.ASK
    assert (
        compare(first, replace(first, title=ARTICLE.title[:50], journal="", volume="", pages="", doi="", year=None)).verdict
        is Verdict.SAME
    )


def test_a_record_without_a_title_is_never_joined_silently():
    assert verdict(title="") is Verdict.ASK
    assert compare(replace(ARTICLE, title=""), replace(ARTICLE, title="")).verdict is Verdict.ASK
    only_abstract = Record(source="x", source_id="", title="", abstract="BACKGROUND: " + "words " * 60)
    assert compare(only_abstract, replace(only_abstract, source="y")).verdict is Verdict.DIFFERENT


def test_a_question_names_the_differences():
    match = compare(ARTICLE, replace(ARTICLE, pages="S99", doi="", issue=""))
    assert match.verdict is Verdict.ASK
    assert match.differences == ("pages",)
    assert "pages" in match.reason
    assert 0.5 <= match.score < 0.8


def test_without_authors_title_abstract_and_journal_join_and_less_is_asked():
    bare = replace(ARTICLE, authors=(), volume="", issue="", pages="", doi="", abstract="BACKGROUND: " + "many words of one abstract " * 10)
    assert compare(bare, replace(bare, authors=ARTICLE.authors)).verdict is Verdict.SAME
    assert compare(bare, replace(bare, journal="")).verdict is Verdict.ASK
    assert compare(bare, replace(bare, abstract="")).verdict is Verdict.ASK
    assert compare(bare, replace(bare, journal="", abstract="")).verdict is Verdict.DIFFERENT


def test_a_reply_on_the_page_where_the_article_ends_is_another_also_where_no_author_is_known():
    article = replace(ARTICLE, title="Acknowledge crowdworkers in crowdwork research", authors=(), pages="8-9", doi="")
    reply = replace(article, title="Acknowledge crowdworkers in crowdwork research response", authors=("Barowy, Daniel W.",), pages="9")
    assert compare(article, reply).verdict is not Verdict.SAME


NO_DOI = replace(ARTICLE, doi="")


def of_no_doi(**changes: object) -> Verdict:
    return compare(NO_DOI, replace(NO_DOI, source="embase", source_id="2", **changes)).verdict  # type: ignore[arg-type]


def test_a_paper_whose_pages_were_mistaken_is_one_where_title_authors_and_issue_are_the_same():
    assert of_no_doi(pages="2-8") is Verdict.SAME
    assert of_no_doi(pages="2-8", issue="") is Verdict.SAME


@pytest.mark.parametrize("changes", [
    {"pages": "1875-1875"},  # its abstract, or an erratum without a word of it
    {"pages": "258-266", "issue": "9"},  # printed again, corrected
    {"pages": "258-266", "authors": ARTICLE.authors[:2]},
])
def test_other_pages_are_asked_about_where_they_may_be_those_of_an_abstract_or_an_erratum(changes: dict[str, object]):
    assert of_no_doi(**changes) is Verdict.ASK


def test_two_parts_whose_titles_were_cut_are_not_one_by_their_beginning():
    cut = replace(NO_DOI, title=ARTICLE.title[:60])
    assert compare(cut, replace(cut, source="embase", pages="167-180")).verdict is Verdict.ASK
    assert compare(replace(cut, doi="10.1/1"), replace(cut, source="embase", pages="167-180", doi="10.1/2")).verdict is Verdict.DIFFERENT


def test_columns_that_a_platform_shifted_by_one_are_read_as_they_were_meant():
    whole = replace(NO_DOI, volume="26", issue="9", pages="1746-1746")
    shifted = replace(whole, source="embase", volume="", issue="26", pages="9")
    assert compare(whole, shifted).verdict is compare(shifted, whole).verdict is Verdict.SAME
    assert compare(whole, replace(shifted, pages="10")).verdict is not Verdict.SAME
    assert compare(whole, replace(shifted, year=2020)).verdict is not Verdict.SAME

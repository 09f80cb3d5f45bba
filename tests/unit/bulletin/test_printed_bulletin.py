"""A bulletin for print: what the page says, the same bytes each time, right with nothing in it and with hostile words in it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from pypdf import PdfReader

from bot.bulletin.compose import compose, finished
from bot.bulletin.pdf import pdf
from bot.rendering import DEMO_NOTICE
from tests.unit.bulletin import sample_material as sample
from tests.unit.bulletin.figures.test_other_figures import appraised

HOSTILE = '<b>Bold</b> & "quoted" <img src=x onerror=alert(1)> ' + "long" * 90


def words(content: dict[str, Any]) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf(content))).pages).split())


def test_it_says_what_the_page_says() -> None:
    said = words(sample.published_two())
    for part in ("Bulletin 2 · 9 August 2025 · estimate updated", "Not everything could be searched: MEDLINE (PubMed) failed",
                 "SMD −0.35 (−0.58 to −0.12)", "Sebela 2025 (new)", "Croke 2026", "From records to studies",
                 "Records identified: 132", "Found since then",
                 "Signed by demo editor", "If you need help now", "Licence: CC BY 4.0", "abstract only, full text awaited"):
        assert part in said, part


def test_every_page_says_that_it_is_a_demonstration() -> None:
    pages = PdfReader(io.BytesIO(pdf(sample.published_two()))).pages
    assert len(pages) > 3 and all(DEMO_NOTICE in page.extract_text() for page in pages)


def test_the_same_content_gives_the_same_bytes_and_names_what_it_is() -> None:
    first = pdf(sample.published_two())
    assert first == pdf(sample.published_two())
    about = PdfReader(io.BytesIO(first)).metadata
    assert about is not None and str(about.title).startswith("Digital peer support") and str(about.title).endswith("Bulletin 2")


def test_nothing_confirmed_yet_is_said() -> None:
    nothing = replace(sample.month_one(), studies=(), exclusions=(), outcomes=tuple(
        replace(one, trials=(), result=None, missing=()) for one in sample.month_one().outcomes))
    said = words(finished(compose(nothing), sample.publication(1, sample.month_one().searched_to)))
    assert "No study has been confirmed yet." in said and "This is the first bulletin" in said


def test_words_from_outside_are_words_and_nothing_else() -> None:
    month = appraised(sample.month_two(), ("low", "some concerns", "high"))
    studies = tuple(replace(one, label=HOSTILE, title=HOSTILE, journal=HOSTILE) for one in month.studies)
    outcomes = tuple(replace(one, trials=tuple(replace(trial, study=HOSTILE, answer=HOSTILE) for trial in one.trials)) for one in month.outcomes)
    said = words(finished(compose(replace(month, studies=studies, outcomes=outcomes)), sample.publication(2, month.searched_to)))
    assert '<b>Bold</b> & "quoted" <img src=x onerror=alert(1)>' in said


def test_a_search_of_ten_thousand_letters_and_two_hundred_studies_fit_the_paper() -> None:
    month = sample.month_two()
    sources = tuple(replace(one, query="(peer OR support) AND " * 500) for one in month.sources)
    studies = tuple(replace(month.studies[0], study_id=1000 + number, label=f"Study {number}") for number in range(200))
    content = finished(compose(replace(month, sources=sources, studies=studies)), sample.publication(2, month.searched_to))
    assert len(PdfReader(io.BytesIO(pdf(content))).pages) < 40

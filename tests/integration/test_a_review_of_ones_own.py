"""`./perennial init`: a stranger's review, made, checked and loaded; what it refuses, and that nothing half-made stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import new_review, paths
from bot.demo.standins.eutils import EutilsStandIn, Faults
from bot.http import Http
from bot.protocols.load import load
from bot.sources.pubmed import PubMed
from tests.fixtures_search import citation

ANSWERS = """
slug = "sleep-apps"
title = "Apps for \\"insomnia\\": a living systematic review"
short_title = "Apps for insomnia"
question = "In adults with insomnia, do apps, compared with waiting, reduce insomnia?"
population = "Adults with insomnia"
intervention = "Smartphone apps"
comparator = "Waiting list"
sources = ["pubmed", "embase", "psycinfo", "central"]
people = "one"
author = "A. Person"
concepts = [{ name = "population", words = ["insomnia", "sleep disorder*"] }, { name = "intervention", words = ["app", "smartphone*"] }]
outcomes = [{ label = "Insomnia severity" }, { label = "Remission", measure = "RR", direction = "higher" }]
"""
RIS = """TY  - JOUR
AU  - Doe, Jane
TI  - Apps for insomnia: a systematic review and meta-analysis
JO  - Journal of Sleep
PY  - 2024/05/02
DO  - 10.1000/sleep.2024.1
AB  - Apps reduced insomnia severity (SMD=-0.50, 95% CI -0.70 to -0.30). PROSPERO CRD42020123456.
ER  -
"""


def perennial(home: Path, *arguments: str, answer: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", "-m", "bot", *arguments], capture_output=True, text=True, input=answer,
                          env=os.environ | {"PERENNIAL_HOME": str(home), "PYTHONPATH": str(paths.root())})


def test_a_file_of_answers_becomes_a_review_that_passes_check_and_says_what_is_to_be_done(tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"), "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    protocol = load(Path(made["folder"]))
    assert protocol.slug == "sleep-apps" and protocol.title == 'Apps for "insomnia": a living systematic review'
    assert [plan.name for plan in protocol.sources] == ["pubmed", "embase", "psycinfo", "central"]
    assert any("PRESS" in one for one in made["to_do"]) and any("PERENNIAL_REVIEWS=sleep-apps" in one for one in made["to_do"])
    assert perennial(tmp_path, "check").returncode == 0


def test_a_published_abstract_gives_its_citation_and_the_estimates_whose_outcomes_are_named(tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    (tmp_path / "review.ris").write_text(RIS)
    done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"), "--abstract", str(tmp_path / "review.ris"))
    assert done.returncode == 0, done.stderr
    protocol = load(tmp_path / "reviews" / "sleep-apps")
    assert [(one.outcome, one.estimate) for one in protocol.published] == [("insomnia_severity", -0.5)]


def test_twelve_questions_on_a_terminal_make_the_same_kind_of_folder(tmp_path):
    answers = ["Apps for insomnia: a living systematic review", "Apps for insomnia", "Not A Slug",
               "sleep", "Do apps help?", "Adults", "Apps", "",
               "insomnia", "app, smartphone*", "Insomnia severity", "SMD", "sideways", "lower", "", "y", "pubmed, medline", "pubmed", "n", "Ada"]
    done = perennial(tmp_path, "init", answer="\n".join(answers) + "\n")
    assert done.returncode == 0, done.stderr
    assert "'sideways' is not known; allowed: lower, higher" in done.stderr and "'medline' is not known" in done.stderr
    assert load(tmp_path / "reviews" / "sleep").reviewing.mode == "one"


@pytest.mark.parametrize(("change", "says"), [
    (('slug = "sleep-apps"', 'slug = "../evil"'), "slug"),
    (('measure = "RR"', 'measure = "HR"'), 'measure: "HR" is not known'),
    (('"pubmed", "embase"', '"pubmed", "medlars"'), "'medlars' is not known; allowed: pubmed"),
    (('author = "A. Person"', 'autor = "A. Person"'), 'perhaps "author" is meant'),
    (('label = "Remission"', 'label = "Insomnia severity"'), "two outcomes are called 'insomnia_severity'"),
    (('title = "', "title = “"), "typographic quote"),
])
def test_a_wrong_answer_is_one_sentence_and_leaves_nothing_behind(tmp_path, change, says):
    (tmp_path / "answers.toml").write_text(ANSWERS.replace(*change))
    done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"))
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr
    assert not list((tmp_path / "reviews").glob("*")) if (tmp_path / "reviews").exists() else True


def test_a_review_that_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    assert perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml")).returncode == 0
    kept = (tmp_path / "reviews" / "sleep-apps" / "protocol.toml").read_bytes()
    again = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"))
    assert again.returncode == 1 and "already" in again.stderr
    assert (tmp_path / "reviews" / "sleep-apps" / "protocol.toml").read_bytes() == kept


RECORD = """PROSPERO
International prospective register of systematic reviews
Apps for insomnia
CRD42020123456
Review title
Apps for insomnia in adults
1. Review question [1 change]
In adults with insomnia, do apps reduce insomnia?
Searches
MEDLINE and others, with words that are not read here.
Participants/population
Adults with insomnia
of any cause.
Intervention(s), exposure(s)
Smartphone apps
Comparator(s)/control
Waiting list
Main outcome(s) [1 change]
Severity of insomnia
Additional outcome(s)
Remission
"""
GIVEN = ("title", "question", "population", "intervention", "comparator")
ONLY_WORDS = "\n".join(line for line in ANSWERS.splitlines() if line.split(" ")[0] not in GIVEN)


def test_a_number_of_prospero_is_the_registration_where_nothing_was_published_under_it(tmp_path, monkeypatch):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    with EutilsStandIn([citation(1)]) as eutils:
        monkeypatch.setenv("PERENNIAL_EUTILS_ADDRESS", eutils.address)
        done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"), "--prospero", "crd42020123456")
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "reviews" / "sleep-apps").registration == "PROSPERO CRD42020123456"
    assert "PubMed knows 0 reports" in done.stdout and "view/CRD42020123456" in done.stdout and "Register the protocol" not in done.stdout


def test_a_review_that_was_published_under_the_number_is_started_from(tmp_path, monkeypatch):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    abstract = RIS.partition("AB  - ")[2].partition("\n")[0]
    published = citation(7, entered="2024-05-02", title="Apps for insomnia: a systematic review", abstract=abstract)
    with EutilsStandIn([citation(1), published]) as eutils:
        monkeypatch.setenv("PERENNIAL_EUTILS_ADDRESS", eutils.address)
        done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"), "--prospero", "CRD42020123456")
    assert done.returncode == 0, done.stderr
    assert "was published under CRD42020123456: this living review needs a registration of its own" in done.stdout
    assert load(tmp_path / "reviews" / "sleep-apps").registration == "not registered"


def test_the_text_of_a_record_gives_what_the_answers_leave_open(tmp_path):
    (tmp_path / "answers.toml").write_text(ONLY_WORDS)
    (tmp_path / "record.txt").write_text(RECORD, encoding="utf-8-sig")
    done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"), "--prospero", str(tmp_path / "record.txt"), "--offline")
    assert done.returncode == 0, done.stderr
    protocol = load(tmp_path / "reviews" / "sleep-apps")
    assert protocol.title == "Apps for insomnia in adults" and protocol.question == "In adults with insomnia, do apps reduce insomnia?"
    text = (tmp_path / "reviews" / "sleep-apps" / "protocol.toml").read_text()
    assert "Adults with insomnia of any cause." in text and "words that are not read here" not in text
    assert perennial(tmp_path, "check").returncode == 0


def test_without_a_network_the_number_alone_is_started_from_and_that_is_said(tmp_path):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    with EutilsStandIn([], faults=Faults(["error page"] * 9)) as eutils:
        pubmed = PubMed(Http(allowed=(eutils.address,), tries=1), base_address=eutils.address)
        made = new_review.from_answers(tmp_path / "answers.toml", None, home=tmp_path, prospero="CRD42020123456", pubmed=pubmed)
    assert any("PubMed could not be asked" in one for one in made.to_do)


@pytest.mark.parametrize(("given", "says"), [("CRD12", "is no number of PROSPERO"), ("CRD42020123456x", "is no number"),
                                             ("{no number}", "no number like CRD42020123456"), ("{no parts}", "none of the parts"),
                                             ("{bytes}", "is no plain text")])
def test_what_is_no_registration_is_refused_in_a_sentence(tmp_path, given, says):
    (tmp_path / "answers.toml").write_text(ANSWERS)
    content = {"{no number}": b"Review title\nX\n", "{no parts}": b"CRD42020123456\n", "{bytes}": b"CRD42020123456\xff\xfe\n"}.get(given)
    if content:
        (tmp_path / "record").write_bytes(content)
        given = str(tmp_path / "record")
    done = perennial(tmp_path, "init", "--answers", str(tmp_path / "answers.toml"), "--prospero", given, "--offline")
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "reviews").exists()

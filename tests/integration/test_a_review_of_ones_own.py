"""`./perennial init`: a stranger's review, made, checked and loaded; what it refuses, and that nothing half-made stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import paths
from bot.protocols.load import load

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

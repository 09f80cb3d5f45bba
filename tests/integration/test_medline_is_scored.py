"""PubMed's files are scored once each, the same however they are cut; a damaged file, or a worker that dies, costs that file alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from bot.errors import InvalidInputError
from bot.steps.medline.collect import collect
from bot.steps.medline.score import Job, score_file, score_folder
from classifiers import Document, Labelled
from classifiers.bulk import BulkScorer, bulk_model
from classifiers.errors import NothingToRankError

MODELS = [
    bulk_model("cold", question=["peer support"], labelled=[], seed=1),
    bulk_model("warm", question=[], seed=1,
               labelled=[Labelled(Document("Peer support by app"), 1.0), Labelled(Document("Concrete bridges"), 0.0)]),
]


def article(pmid: int, title: str) -> str:
    return (f"<PubmedArticle><MedlineCitation><PMID Version=\"1\">{pmid}</PMID><Article><ArticleTitle>{title}</ArticleTitle></Article>"
            "</MedlineCitation></PubmedArticle>")


def write(folder: Path, name: str, articles: list[str], tail: str = "") -> None:
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / f"{name}.xml.gz", "wt") as file:
        file.write("<PubmedArticleSet>\n" + "\n".join(articles) + f"\n{tail}</PubmedArticleSet>\n")


def result(folder: Path, out: Path) -> dict[str, str]:
    out.mkdir(exist_ok=True)
    targets = []
    for path in sorted(folder.glob("*.xml.gz")):
        targets.append(out / f"{path.name}.npz")
        assert score_file(Job(str(path), str(targets[-1]), models_in(out))) == ""
    return {name: path.read_text() for name, path in collect(scored=targets, names=["cold", "warm"], out=out, keep=3).items()}


def models_in(out: Path) -> str:
    from bot.steps.medline.score import _store

    return str(_store(out, MODELS))


def test_the_same_records_give_the_same_result_however_they_are_cut(tmp_path: Path) -> None:
    articles = [article(1, "Bridges"), article(2, "<i>Peer</i> support &amp; sleep"), article(3, "Peer support"), article(4, "Peers")]
    write(tmp_path / "whole", "a", articles)
    for number, one in enumerate(articles):
        write(tmp_path / "cut", f"a{number}", [one])
    whole = result(tmp_path / "whole", tmp_path / "one")
    assert whole == result(tmp_path / "cut", tmp_path / "many")
    assert whole["cold"].splitlines()[1].startswith("1,3,")


def test_a_later_version_takes_the_place_of_an_earlier_one_and_a_deletion_ends_it(tmp_path: Path) -> None:
    write(tmp_path / "files", "a", [article(1, "Peer support"), article(2, "Peer support"), article(3, "Peer support")])
    write(tmp_path / "files", "b", [article(2, "Bridges")], "<DeleteCitation><PMID>3</PMID></DeleteCitation>")
    rows = result(tmp_path / "files", tmp_path / "out")["cold"].splitlines()[1:]
    assert [row.split(",")[1] for row in rows] == ["1", "2"]
    assert rows[1].endswith(",0.000000")


def test_a_damaged_file_is_named_and_keeps_no_other_from_its_turn_and_nothing_is_scored_twice(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder, "a", [article(1, "Peer support")])
    (folder / "b.xml.gz").write_bytes((folder / "a.xml.gz").read_bytes()[:-12])
    first, _ = score_folder(folder=folder, out=tmp_path / "out", models=MODELS, workers=1)
    assert (first.scored, len(first.failed)) == (1, 1)
    assert "b.xml.gz" in first.failed[0]
    (folder / "b.xml.gz").unlink()
    second, scored = score_folder(folder=folder, out=tmp_path / "out", models=MODELS, workers=1)
    assert (second.scored, second.known, len(scored)) == (0, 1, 1)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no \.xml\.gz"):
        score_folder(folder=tmp_path, out=tmp_path / "out", models=MODELS, workers=1)


def test_the_weights_of_many_reviews_are_read_from_their_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Read once for each review, a hundred reviews took 5.5 times as long as one; read once, 1.2 times.
    from numpy.lib.npyio import NpzFile

    write(tmp_path / "files", "a", [article(1, "Peer support")])
    stored, read, plain = models_in(tmp_path), [], NpzFile.__getitem__
    monkeypatch.setattr(NpzFile, "__getitem__", lambda self, key: read.append(key) or plain(self, key))
    assert score_file(Job(str(tmp_path / "files" / "a.xml.gz"), str(tmp_path / "a.npz"), stored)) == ""
    assert read.count("weights") == 1


def test_a_record_without_words_has_no_score_and_a_model_without_words_is_refused() -> None:
    scores = BulkScorer(MODELS).score([Document(""), Document("Peer support")])
    assert np.isneginf(scores[0]).all()
    assert np.isfinite(scores[1]).all()
    with pytest.raises(NothingToRankError, match="have a word"):
        bulk_model("empty", question=[" "], labelled=[], seed=1)

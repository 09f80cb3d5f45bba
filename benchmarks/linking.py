"""Measure what links reports to studies by itself, and what is only suggested, on the evidence at hand and on samples of registers and PubMed.

Right is a link between two citations of one document (the same DOI, PMID or title), or of a pair that was read (READ); all else counts as wrong.
Then each registered trial with companions that are made: a follow-up, which must link, and what must not: a pilot, another design, other
numbers, strangers, a review. The rules: bot/methods/studies/linking.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.domain.records import Record
from bot.errors import PerennialError
from bot.methods.dedup.identifiers import doi_of, number_in
from bot.methods.dedup.words import plain
from bot.methods.studies.linking import LinkedPair, LinkVerdict, link, studies_of
from bot.methods.studies.traits import Role, cached_traits, registrations_in
from bot.sources.clinicaltrials import record_of
from bot.sources.files import read

DEFAULT = Path(__file__).resolve().parents[2] / "shared"
# Pairs that share no DOI or PMID and were read one by one: protocol and trial of PeerFIT; protocol and trial of Big White Wall.
READ = frozenset({"NCT02815813", "NCT02902159"})


def main(argv: list[str]) -> int:
    """Print what was linked and end with one JSON object; 1 if there is nothing to measure on, or a link is wrong."""
    parser = argparse.ArgumentParser(prog="perennial bench linking", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT, help="folder with evidence/ and samples/")
    options = parser.parse_args(argv)
    evidence = _citations(options.data / "evidence" / "citations.csv") + _trials(options.data / "evidence" / "included_trials.csv")
    samples = _samples(options.data / "samples")
    if not evidence or not samples:
        print(f"{options.data}: no evidence/ and samples/ with citations.", file=sys.stderr)
        return 1
    registered = [one for one in evidence if one.registrations]
    result = {"evidence": measured(evidence), "samples": measured(samples), "together": measured([*evidence, *samples]),
              "made": {"trials": len(registered)} | _made(registered)}
    wrong = result["together"]["wrong"] + result["made"]["linked_wrongly"]
    print(json.dumps(result | {"precision": result["together"]["precision"], "wrong": wrong}))
    return 1 if wrong else 0


def measured(reports: Sequence[Record]) -> dict[str, Any]:
    """Return how many pairs were linked automatically, how many of these are right, and how many were only suggested."""
    found = studies_of(reports)
    right = sum(_is_right(reports, pair) for pair in found.links)
    for pair in (*found.links, *found.suggestions):
        state = "linked" if pair.link.verdict is LinkVerdict.AUTOMATIC else "suggested"
        print(f"{state}: {reports[pair.first].title[:70]!r} | {reports[pair.second].title[:70]!r}: {'; '.join(pair.link.reasons)}"
              + (f" | against: {'; '.join(pair.link.against)}" if pair.link.against else ""), file=sys.stderr)
    automatic = len(found.links)
    return {"reports": len(reports), "automatic": automatic, "right": right, "wrong": automatic - right,
            "precision": right / automatic if automatic else None, "suggested": len(found.suggestions), "studies": len(found.studies)}


def _is_right(reports: Sequence[Record], pair: LinkedPair) -> bool:
    one, two = reports[pair.first], reports[pair.second]
    same_doi = doi_of(one.doi) != "" and doi_of(one.doi) == doi_of(two.doi)
    same_pmid = number_in(one.pmid) != "" and number_in(one.pmid) == number_in(two.pmid)
    return same_doi or same_pmid or plain(one.title) == plain(two.title) or bool(READ & set(one.registrations) & set(two.registrations))


def _made(trials: Sequence[Record]) -> dict[str, int]:
    """Return what became of companions of each trial: those that should link by themselves, and those that never may."""
    should = linked = never = wrongly = suggested = 0
    for trial in trials:
        numbered = replace(trial, abstract=f"{trial.abstract} A total of 240 participants were randomised.")
        follow_up = replace(numbered, title="Work and sleep two years later", abstract="A total of 231 participants were randomised.", pmid="1",
                            doi="10.9/follow-up")
        said = cached_traits(numbered)
        others = [
            replace(follow_up, abstract="A total of 60 participants were randomised."),
            replace(follow_up, title="Peer support: a systematic review and meta-analysis"),
            replace(follow_up, registrations=(), abstract=f"{follow_up.abstract} Trial registration: {trial.registrations[0]}."),
        ]
        # Each of these speaks against one trial only where the trial itself says the contrary.
        others += [] if said.pilot else [replace(follow_up, title=f"{trial.title}: a pilot study")]
        others += [replace(follow_up, abstract="A single-arm study of 231 participants.")] if said.randomised else []
        others += [replace(follow_up, authors=("Stranger Q",))] if trial.authors else []
        fits = not said.pilot and bool(said.randomised) and said.role is Role.RESULTS
        should += fits
        linked += fits and link(numbered, follow_up).verdict is LinkVerdict.AUTOMATIC
        verdicts = [link(numbered, one).verdict for one in others]
        never += len(verdicts)
        wrongly += verdicts.count(LinkVerdict.AUTOMATIC)
        suggested += verdicts.count(LinkVerdict.SUGGESTED)
    return {"follow_ups": should, "linked": linked, "never": never, "linked_wrongly": wrongly, "suggested": suggested}


def _citations(path: Path) -> list[Record]:
    return [Record("citations", str(number), row["title"], authors=_authors(row["first_author"]), doi=row["doi"], pmid=row["pmid"],
                   registrations=tuple(sorted(registrations_in(row["registration"])))) for number, row in enumerate(_rows(path))]


def _trials(path: Path) -> list[Record]:
    return [Record("trials", row["trial_key"], row["title"], abstract=f"{row['population']}. {row['outcomes_timepoints']}",
                   authors=_authors(row["first_author"]), doi=row["doi"], pmid=row["pmid"],
                   registrations=tuple(sorted(registrations_in(row["registration"])))) for row in _rows(path)]


def _authors(first: str) -> tuple[str, ...]:
    return (first,) if first and "(" not in first else ()


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _samples(folder: Path) -> list[Record]:
    """Return the entries of ClinicalTrials.gov and the articles of PubMed, each once."""
    entries = [record_of(json.loads(path.read_text(encoding="utf-8"))) for path in sorted((folder / "clinicaltrials_v2").glob("*.json"))]
    articles = {one.pmid: one for path in sorted((folder / "pubmed_xml").rglob("*.xml")) for one in _articles(path) if one.title}
    return [*entries, *articles.values()]


def _articles(path: Path) -> tuple[Record, ...]:
    try:
        return read(path.read_bytes(), path.name, "pubmed").records
    except PerennialError:
        # Samples that are no article sets: the reader refuses them.
        return ()

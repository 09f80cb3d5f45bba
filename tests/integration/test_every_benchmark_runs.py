"""Each benchmark runs once at a small size and ends with one JSON object, so that it cannot rot. Figures: run them by hand."""

from __future__ import annotations

import json

import pytest

from benchmarks.__main__ import main, names
from benchmarks._removals import REMOVALS
from benchmarks.protections import ROOT, without
from tests.shared import shared_path

# Smallest arguments of each; {name} is a folder beside the project, without which the benchmark is skipped, visibly.
SMALL = {
    "start": ["--rounds", "1"],
    "takeover": ["--rounds", "1"],
    "bulletin": ["--studies", "3", "--outcomes", "2"],
    "changes": ["--repeats", "20"],
    "pages": [],
    "phone": [],
    "contract": [],
    "soak": [],
    "pooling": ["--rounds", "1", "--alone"],
    "coverage": ["--repeats", "20"],
    "golden": ["--data", "{golden/meta}"],
    "dedup": ["--data", "{data/dedup}"],
    "parse": ["--records", "300"],
    "fetch": ["--hits", "600", "--kills", "1"],
    "screening": ["--data", "{data/screening}", "--mode", "living", "--sets", "Cohen_2006_ADHD"],
    "faults": ["--kills", "2", "--readers", "5"],
    "cycle": ["--records", "60", "--there", "20"],
    "backup": ["--records", "200"],
    "linking": ["--data", "{.}"],
    "mutants": [],
    "protections": ["--point", "5"],
    "delivery": ["--mails", "3", "--per-minute", "0", "--faults"],
    "fuzz": ["--seconds", "0.3", "--reader", "ris"],
    "outages": ["--kills", "2", "--cuts", "5"],
    "writers": ["--writers", "2", "--writes", "5"],
    "reviewers": ["--records", "40", "--people", "3", "--seconds", "1", "--warm", "1"],
    "medline": ["--records", "200", "--reviews", "3"],
}
# Held by tests of their own, which run all of it.
ELSEWHERE = {"golden", "pages", "phone", "contract", "soak", "faults", "mutants"}


def test_every_protection_that_can_be_taken_out_is_in_the_code() -> None:
    for one in REMOVALS:
        text = (ROOT / one.file).read_text(encoding="utf-8")
        assert without(text, one) != text, one
        assert one.ruff or all(any(f"def {name}(" in path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
                               for name in one.tests), one


def test_every_benchmark_has_a_small_size() -> None:
    assert set(names()) <= set(SMALL)


@pytest.mark.parametrize("name", sorted(set(names()) - ELSEWHERE))
def test_a_benchmark_ends_with_one_json_object(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(shared_path(one[1:-1])) if one.startswith("{") else one for one in SMALL[name]]
    assert main([name, *arguments]) == 0
    assert isinstance(json.loads(capsys.readouterr().out.splitlines()[-1]), dict)

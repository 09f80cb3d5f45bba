"""What must hold between the keys of a protocol: each rule shown once to refuse."""

from __future__ import annotations

import shutil

import pytest

from bot import paths
from bot.protocols.check import check
from tests.unit.protocols.small_review import edit

AMENDMENT = '\n[[amendments]]\nversion = "{version}"\ndated = {dated}\nwhat = "x"\nwhy = "x"\nby = "x"\nafter_seeing = "none"\n'
BANDS = 'small = 0.2\nmoderate = 0.5\nlarge = 0.8'

# file, what is replaced, by what, key, part of the message
RULES = [
    ("protocol.toml", BANDS, "small = 0.5\nmoderate = 0.2\nlarge = 0.8", "size_bands[SMD]", "must rise"),
    ("protocol.toml", f'measure = "SMD"\n{BANDS}', f'measure = "RR"\n{BANDS}', "size_bands[RR].small", "a ratio of 0.2 is no size"),
    ("protocol.toml", 'id = "certainty"', 'id = "size"', "publishing.triggers[size].id", "second time"),
    ("protocol.toml", 'mode = "two"', 'mode = "two"\nsecond_check_share = 0.1', "reviewing.second_check_share", "two people already judge"),
    ("protocol.toml", '["saturday", "sunday"]', '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]',
     "reviewing.quiet_weekdays", "no day is left"),
    ("protocol.toml", 'name = "ictrp"\nlabel = "WHO ICTRP"\nplatform = "export"\nkind = "file"\nstatus = "planned"',
     'name = "ictrp"\nlabel = "WHO ICTRP"\nplatform = "export"\nkind = "file"\nstatus = "searched"',
     "sources[ictrp].strategy", "is missing"),
    ("protocol.toml", 'outcome = "anxiety"', 'outcome = "depression"', "leading[depression].outcome", "second time"),
    ("protocol.toml", 'outcome = "anxiety"\nwindow = "post_treatment"', 'outcome = "anxiety"\nwindow = "later"', "leading[anxiety].window",
     'no window "later"'),
    ("published.toml", 'outcome = "anxiety"', 'outcome = "depression"', "estimates[depression].outcome", "second time"),
    ("published.toml", 'outcome = "anxiety"', 'outcome = "fear"', "estimates[fear].outcome", "no outcomes/fear.toml"),
    ("published.toml", 'outcome = "anxiety"', 'outcome = "anxiety"\nwindow = "later"', "estimates[anxiety].window", 'no window "later"'),
    ("published.toml", 'outcome = "anxiety"\nmeasure = "SMD"', 'outcome = "drop_out"\nmeasure = "RR"', "estimates[drop_out].ci_low", "above 0"),
    ("outcomes/depression.toml", "range = [0, 63]", "range = [63, 0]", "instruments[BDI-II].range", "63 to 0 is no scale"),
    ("outcomes/depression.toml", "value = 9.41", "value = 39.41", "instruments[BDI-II].reference_sd.value", "more than half the scale"),
    ("starting_set.csv", "depression,PHQ-9,no,post-treatment,1.84,post_treatment", "depression,PHQ-9,no,post-treatment,1.84,later", "window",
     'no window "later"'),
]


@pytest.fixture
def shipped(tmp_path):
    return shutil.copytree(paths.reviews() / "digital-peer-support", tmp_path / "digital-peer-support")


@pytest.mark.parametrize(("file", "old", "new", "key", "message"), RULES)
def test_a_rule_refuses_what_breaks_it(shipped, file, old, new, key, message):
    edit(shipped, file, old, new)
    found = {finding.key: finding for finding in check(shipped)}
    assert message in found[key].message
    assert found[key].file == f"digital-peer-support/{file}"


def test_at_least_one_source_is_searched(shipped):
    path = shipped / "protocol.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('status = "searched"', 'status = "planned"'), encoding="utf-8")
    assert [(finding.key, finding.message) for finding in check(shipped)] == [("sources", "no source is searched")]


def test_an_empty_strategy_is_refused(shipped):
    (shipped / "searches" / "embase.txt").write_text("\n", encoding="utf-8")
    assert [(finding.line, finding.message) for finding in check(shipped)] == [(1, "the file is empty")]


@pytest.mark.parametrize(
    ("amendments", "key", "message"),
    [
        ([("0.9", "2026-11-01")], "version", 'the last amendment made version "0.9"'),
        ([("1.0", "2099-01-01")], "amendments[1.0].dated", "later than the protocol"),
        ([("1.0", "2026-11-01"), ("0.9", "2026-11-01"), ("1.0", "2026-11-01")], "amendments", "not in order"),
    ],
)
def test_amendments_lead_in_order_to_the_version(shipped, amendments, key, message):
    with (shipped / "protocol.toml").open("a", encoding="utf-8") as file:
        file.write("".join(AMENDMENT.format(version=version, dated=dated) for version, dated in amendments))
    assert [(finding.key, message in finding.message) for finding in check(shipped)] == [(key, True)]


def test_amendments_that_lead_to_the_version_are_taken(shipped):
    with (shipped / "protocol.toml").open("a", encoding="utf-8") as file:
        file.write("".join(AMENDMENT.format(version=version, dated="2026-11-01") for version in ("0.2", "0.10", "1.0")))
    assert check(shipped) == []

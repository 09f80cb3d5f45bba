"""What is wrong with a strategy, and what differs between versions. Each fault by the platform on which it matters."""

from __future__ import annotations

import pytest

from bot import paths
from bot.methods.strategies import compare, lint
from bot.protocols.strategy_files import strategy_files
from bot.protocols.strategy_report import report


def kinds(text: str, syntax: str) -> list[tuple[int, str]]:
    return [(one.number, one.kind) for one in lint.check(text, syntax)]


@pytest.mark.parametrize(("text", "syntax", "wanted"), [
    ("#1 (peer[tiab] OR peers[tiab]\n#2 #1 AND online[tiab]", "pubmed", (1, "brackets")),
    ("1 (peer or peers).ti,ab)\n2 1 and online.ti.", "ovid", (1, "brackets")),
    ('#1 ("peer support:ti,ab,kw\n#2 #1 and online:ti', "cochrane", (1, "brackets")),
    ("#1 [mh Telemedicine\n#2 #1 and online:ti", "cochrane", (1, "brackets")),
    ("peer[tiabs] OR online[tiab]", "pubmed", (1, "field")), ("1 peer.xx.\n2 1 and online.ti.", "ovid", (1, "field")),
    ("1 peer.tiab.\n2 1 and online.ti.", "ovid", (1, "field")), ("1 peer.ti,ab or online.ti,ab.", "ovid", (1, "field")),
    ("#1 peer:tx\n#2 #1 and online:ti", "cochrane", (1, "field")),
    ("#1 peer[tiab]\n#2 online[tiab]\n#3 #1 AND web[tiab]", "pubmed", (2, "unused")),
    ("1. peer.ti.\n2. online.ti.\n3. web.ti.\n4. or/1-2", "ovid", (3, "unused")),
    ("#1 peer:ti\n#2 online:ti\n#3 web:ti\n#4 {or #1-#2}", "cochrane", (3, "unused")),
    ("#1 peer[tiab]\n#2 #1 AND #4", "pubmed", (2, "reference")), ("1 peer.ti.\n2 1 and 7", "ovid", (2, "reference")),
    ("#1 peer[tiab]\n#2 #2 AND #1", "pubmed", (2, "reference")), ("1 a1.ti.\n1 b1.ti.\n2 or/1-1", "ovid", (1, "reference")),
    ("peer[tiab] NOT animals[mh]", "pubmed", (1, "not")), ("peer[tiab] NOT (rats[tiab] OR mice[tiab])", "pubmed", (1, "not")),
    ("#1 animals[mh]\n#2 peer[tiab] NOT #1", "pubmed", (2, "not")), ("1 peer.ti.\n2 1 not exp animals/", "ovid", (2, "not")),
    ("1 exp animal/\n2 peer.ti.\n3 2 not 1", "ovid", (3, "not")), ("#1 peer:ti not [mh animals]", "cochrane", (1, "not")),
    ("peer[tiab] NOT humans[mh]", "pubmed", (1, "not")),
    ("onl*[tiab] OR peer[tiab]", "pubmed", (1, "wildcard")), ('"peer sup*"[tiab]', "pubmed", (1, "wildcard")),
    ("1 (pe* or online).ti.", "ovid", (1, "wildcard")), ("#1 (ap* or online):ti", "cochrane", (1, "wildcard")),
    ("“peer support”[tiab] OR online[tiab]", "pubmed", (1, "quotes")), ("1 patient’s.ti.", "ovid", (1, "quotes")),
    ("#1 peer–support:ti", "cochrane", (1, "quotes")),
    ("(peer adj3 support)[tiab]", "pubmed", (1, "operator")), ("1 (peer near/3 support).ti.", "ovid", (1, "operator")),
    ("#1 (peer adj3 support):ti", "cochrane", (1, "operator")), ("(peer[tiab] OR) AND web[tiab]", "pubmed", (1, "operator")),
    ("peer[tiab] AND web[tiab] OR online[tiab]", "pubmed", (1, "mixed")), ("peer[tiab] and web[tiab]", "pubmed", (1, "case")),
    ("peer[tiab] web[tiab]", "pubmed", (1, "missing-operator")), ("peer[tiab] AND humans[mh]", "pubmed", (1, "humans")),
    ("1 controlled before and after.ti. or peer.ti.", "ovid", (1, "mixed")),
])
def test_a_fault_is_named_with_its_line(text: str, syntax: str, wanted: tuple[int, str]) -> None:
    assert wanted in kinds(text, syntax), lint.check(text, syntax)


@pytest.mark.parametrize(("text", "syntax"), [
    ("peer*[tiab] NOT (animals[mh] NOT humans[mh])", "pubmed"),
    ('"a (b"[tiab] OR "peer support"[tiab:~3] OR x1[Title/Abstract] OR y1[mesh:noexp]', "pubmed"),
    ("1 peer*.ti,ab,kf.\n2 exp Telemedicine/\n3 1 and 2\n4 3 not (exp animals/ not humans.sh.)", "ovid"),
    ("1 exp animals/\n2 humans/\n3 1 not 2\n4 peer.mp.\n5 4 not 3", "ovid"),
    ("1 (7 Cups or 12 step or group$1).ti,ab.\n2 1 and trial.pt.", "ovid"),
    ("1 a1.ti.\n2 b1.ti.\n3 c1.ti.\n4 or/1-3\n5 limit 4 to yr=2020", "ovid"),
    ('#1 [mh ^"Peer Group"]\n#2 ((peer or peers) near/3 (support* or led)):ti,ab,kw\n#3 (expert next patient*):ti\n#4 {or #1-#3}', "cochrane"),
])
def test_what_is_right_is_not_called_wrong(text: str, syntax: str) -> None:
    assert lint.check(text, syntax) == []


def test_the_shipped_strategies_have_no_fault_and_say_that_nobody_reviewed_them() -> None:
    files = strategy_files(paths.review_folders(paths.default_home())["digital-peer-support"])
    found = report(files)
    assert {one.source for one in files} == {"pubmed", "embase", "psycinfo", "central", "medline_ovid"} and found["errors"] == 0
    assert not any(one["peer_reviewed"] for one in found["strategies"])


def test_versions_are_told_apart_by_words_and_by_headings_of_one_thesaurus() -> None:
    found = compare.differences({
        "pubmed": ('#1 "Telemedicine"[Mesh] OR support*[tiab] OR psychosis[tiab] OR chat[tiab]', "pubmed"),
        "embase": ("1 exp telehealth/ or (supported or psychos#s).ti,ab.", "ovid"),
        "central": ("#1 [mh Telemedicine] or [mh \"Peer Group\"] or (support or psychosis or chat*):ti", "cochrane"),
    }, mesh=frozenset({"pubmed", "central"}))
    assert [(one.kind, one.term, one.lacks) for one in found] == [("heading", "peer group", ("pubmed",)), ("word", "chat*", ("embase",))]


@pytest.mark.parametrize("text", ["1 peer*.ti.\n2 or/1 1-1 1", "1 peer*.ti.\n2 or/1-", "1 peer*.ti.\n2 and/-,1--2", f"1 a.ti.\n2 or/1-{'9' * 6}",
                                  f"1 a.ti.\n2 or/{'9' * 5000}", f"#1 a\n#2 #1-#{'9' * 5000}", f"#{'9' * 5000} a"])
def test_what_stands_where_a_range_of_lines_should_is_checked_and_neither_fails_nor_takes_for_ever(text: str) -> None:
    for syntax in ("ovid", "pubmed", "cochrane"):
        assert isinstance(lint.check(text, syntax), list)

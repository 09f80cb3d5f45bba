"""`./perennial check`: file, line, key, what is wrong and what is allowed."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import paths
from bot.protocols.check import check
from tests.unit.protocols import small_review
from tests.unit.protocols.small_review import edit


@pytest.fixture
def review(tmp_path):
    return small_review.write(tmp_path)


@pytest.fixture
def shipped(tmp_path):
    return shutil.copytree(paths.reviews() / "digital-peer-support", tmp_path / "digital-peer-support")


def only(folder):
    findings = check(folder)
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


def test_the_shipped_reviews_have_nothing_to_mend():
    assert {folder.name: check(folder) for folder in paths.review_folders().values()} == {slug: [] for slug in paths.review_folders()}


def test_a_review_with_ratios_one_person_and_no_review_of_record_has_nothing_to_mend(review):
    assert check(review) == []


# file, what is replaced, by what, key, message, allowed (parts of both)
SINGLE_KEYS = [
    ("protocol.toml", "hour = 23", "hour = 24", "schedule.hour", "24 is out of range", "23 or less"),
    ("protocol.toml", "day = 28", "day = 31", "schedule.day", "31 is out of range", "28 or less"),
    ("protocol.toml", "hour = 23", "huor = 23", "schedule.huor", 'perhaps "hour" is meant',
     "every, day, hour, time_zone, catch_up"),
    ("protocol.toml", "seed = 1", 'seed = "1"', "ranker.seed", "must be a whole number", "without quotes"),
    ("protocol.toml", "seed = 1", "seed = 1.5", "ranker.seed", "must be a whole number", "such as 3"),
    ("protocol.toml", "dated = 2024-05-06\nreg", 'dated = "6 May 2024"\nreg', "dated", "is no day", "2026-02-25"),
    ("protocol.toml", "dated = 2024-05-06\nreg", "dated = 20240506\nreg", "dated", "must be a day", ""),
    ("protocol.toml", '"Pacific/Auckland"', '"NZ time"', "schedule.time_zone", "NZ time", ""),
    ("protocol.toml", 'mode = "one"', 'mode = "three"', "reviewing.mode", '"three" is not known', '"two" or "one"'),
    ("protocol.toml", 'kind = "api"\nstatus = "searched"', 'kind = "web"\nstatus = "searched"', "sources[pubmed].kind",
     "not known", '"api" or "file"'),
    ("protocol.toml", 'funding = "none"', 'funding = ""', "publishing.funding", "is empty", "not empty"),
    ("protocol.toml", 'funding = "none"', 'funding = "  "', "publishing.funding", "is empty", "not empty"),
    ("protocol.toml", 'stages = ["title_abstract"]', "stages = []", "criteria[ward].stages", "too few", "at least 1"),
    ("protocol.toml", 'stages = ["title_abstract"]', 'stages = "title_abstract"', "criteria[ward].stages", "must be a list",
     "[1, 2]"),
    ("protocol.toml", 'id = "ward"', 'id = "On a ward"', "criteria[On a ward].id", "not of the right form", "small letters"),
    ("protocol.toml", "confidence = 0.9", "confidence = nan", "pooling.confidence", "", ""),
    ("protocol.toml", 'version = "1.0"', "version = 1.0", "version", "must be text", "straight quotes"),
    ("outcomes/falls.toml", 'measure = "RR"', 'measure = "relative risk"', "measure", "not known", '"RR"'),
    ("outcomes/falls.toml", "higher_is_better = false", 'higher_is_better = "no"',
     "instruments[incident reports].higher_is_better", "true or false", ""),
    ("outcomes/falls.toml", "value = 1.25, ", "", "mid.value", "is missing", ""),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "message", "allowed"), SINGLE_KEYS)
def test_a_wrong_key_is_named_with_its_line_and_what_is_allowed(review, file, old, new, key, message, allowed):
    line = edit(review, file, old, new)
    finding = only(review)
    assert (finding.file, finding.line, finding.key) == (f"night-lights/{file}", line, key)
    assert message in finding.message
    assert allowed in finding.allowed


def test_a_missing_key_has_the_line_of_its_table_and_says_what_it_means(review):
    line = edit(review, "protocol.toml", "[reviewing]\n", "[reviewing]\n")
    edit(review, "protocol.toml", "quiet_from = 0\n", "")
    finding = only(review)
    assert (finding.line, finding.key, finding.message) == (line, "reviewing.quiet_from", "is missing")
    assert "no mail is sent" in finding.allowed


# file, what is replaced, by what, key, message, allowed; the line is that of `old` unless `at` says of what
BETWEEN = [
    ("protocol.toml", 'id = "light"', 'id = "ward"', "criteria[ward].id", "second time", "each name once"),
    ("protocol.toml", "second_check_share = 0.25", "second_check_share = 0.0", "reviewing.second_check_share",
     "needs a second check", "0.2"),
    ("protocol.toml", "reminder_days = []", "reminder_days = [7, 3]", "reviewing.reminder_days", "must rise", ""),
    ("protocol.toml", "reminder_days = []", "reminder_days = [30]", "reviewing.reminder_days",
     "day 30 comes when the round is over", "below"),
    ("protocol.toml", 'definition = "Until discharge."', 'definition = "x"\nafter_months = 2\nup_to_months = 1',
     "windows[stay].up_to_months", "ends at 1", ""),
    ("protocol.toml", 'file = "searches/pubmed.txt"', 'file = "searches/medline.txt"', "sources[pubmed].strategy.file",
     "no file", "pubmed.txt"),
    ("protocol.toml", 'state = "draft"', 'state = "approved"', "sources[pubmed].strategy.state", "without a peer reviewer",
     "draft"),
    ("protocol.toml", 'outcome = "falls"', 'outcome = "fall"', "leading[fall].outcome", "no outcomes/fall.toml",
     "falls, wakings"),
    ("outcomes/falls.toml", 'windows = ["stay"]', 'windows = ["night"]', "windows[1]", 'no window "night"', "stay"),
    ("outcomes/falls.toml", "value = 1.25", "value = 0.8", "mid.value", "no size", "1.25 stands for 0.8"),
    ("outcomes/falls.toml", 'origin = "added"', 'origin = "review_of_record"', "origin", "no review of record", "published.toml"),
    ("outcomes/falls.toml", 'kind = "events"', 'kind = "events"\nrange = [0, 3]', "instruments[incident reports].range",
     "counted", "leave range out"),
    ("outcomes/falls.toml", 'aliases = ["reported falls"]', 'aliases = ["Incident  Reports"]',
     "instruments[incident reports].name", "already a name", ""),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "message", "allowed"), BETWEEN)
def test_what_does_not_fit_together_is_named(review, file, old, new, key, message, allowed):
    edit(review, file, old, new)
    finding = next(one for one in check(review) if one.file.endswith(file) and one.key == key)
    text = (review / file).read_text(encoding="utf-8").split("\n")
    assert key.split(".")[-1].split("[")[0] in text[finding.line - 1]
    assert message in finding.message
    assert allowed in finding.allowed


def test_at_most_seven_rows_lead(shipped):
    edit(shipped, "protocol.toml", "[pooling]\n", '[[leading]]\noutcome = "drop_out"\nwindow = "post_treatment"\n\n[pooling]\n')
    finding = only(shipped)
    assert (finding.key, finding.message, finding.allowed) == ("leading", "has too many entries (8)", "at most 7")


def test_one_of_the_rows_that_lead_is_a_harm(shipped):
    line = edit(shipped, "protocol.toml", '[[leading]]\noutcome = "serious_adverse_events"\nwindow = "post_treatment"\n', "")
    finding = only(shipped)
    assert finding.message == "no harm among the rows that lead"
    assert finding.allowed == "at least one of: deterioration, drop_out, serious_adverse_events"
    assert finding.line < line


def test_an_outcome_of_limited_importance_cannot_lead(review):
    edit(review, "outcomes/wakings.toml", 'importance = "important"', 'importance = "limited"')
    assert "cannot lead" in only(review).message


def test_a_t_interval_of_a_published_estimate_needs_its_number_of_studies(shipped):
    edit(shipped, "published.toml", "ci_high = -0.14\n", 'ci_high = -0.14\ninterval = "t"\n')
    found = only(shipped)
    assert found.key.endswith(".interval") and "number of studies" in found.message and "at least 2" in found.allowed


def test_a_published_estimate_lies_inside_its_interval_and_on_the_scale_of_its_outcome(shipped):
    line = edit(shipped, "published.toml", "estimate = -0.28", "estimate = 0.28")
    finding = only(shipped)
    assert (finding.line, finding.key) == (line, "estimates[depression].estimate")
    edit(shipped, "published.toml", "estimate = 0.28\nci_low = -0.42\nci_high = -0.14", "estimate = -0.28\nci_low = -0.42\nci_high = -0.14")
    edit(shipped, "outcomes/depression.toml", 'measure = "SMD"', 'measure = "MD"')
    assert "on another scale" in only(shipped).message


def test_a_strategy_that_no_source_names_is_found(review):
    (review / "searches" / "old.txt").write_text("night light", encoding="utf-8")
    finding = only(review)
    assert (finding.file, finding.line, finding.message) == ("night-lights/searches/old.txt", 1, "no source names this file")


def test_a_strategy_pasted_from_a_word_processor_is_found_with_its_line(review):
    line = edit(review, "searches/pubmed.txt", "OR nightlight[tiab]", "OR “nightlight”[tiab]")
    finding = only(review)
    assert (finding.file, finding.line, finding.allowed) == ("night-lights/searches/pubmed.txt", line, '"')


def test_a_strategy_that_refers_to_a_missing_line_is_found(review):
    edit(review, "searches/pubmed.txt", "#1 AND #2", "#1 AND #4")
    assert only(review).message == "line #3 refers to #4; the lines before it are: #1, #2"


WORD_PROCESSOR = [
    ('funding = "none"', "funding = “none”", '“ is a typographic quote', "straight quotes"),
    ("margin_of_mid = 0.25", "margin_of_mid = –0.25", "– is a typographic dash", "hyphen"),
    ('interests = "none declared"', '\u00a0interests = "none declared"', "U+00A0 is no ordinary blank", "plain space"),
]


@pytest.mark.parametrize(("old", "new", "message", "allowed"), WORD_PROCESSOR)
def test_what_a_word_processor_left_is_named_as_such(review, old, new, message, allowed):
    line = edit(review, "protocol.toml", old, new)
    finding = only(review)
    assert finding.line == line
    assert message in finding.message
    assert allowed in finding.allowed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("hour = 23", "hour = ", "this is no TOML: invalid value"),
        ('funding = "none"', 'funding = "none', "this is no TOML"),
        ("[ranker]", "[ranker", "this is no TOML"),
        ("margin_of_mid = 0.25", "margin_of_mid = 0,25", "this is no TOML"),
    ],
)
def test_a_syntax_error_has_its_line(review, old, new, message):
    line = edit(review, "protocol.toml", old, new)
    finding = only(review)
    assert finding.line == line
    assert message in finding.message


def test_a_key_that_stands_twice_is_named_with_its_first_line(review):
    first = edit(review, "protocol.toml", "hour = 23", "hour = 23\nhour = 22")
    finding = only(review)
    assert (finding.line, finding.key) == (first + 1, "schedule.hour")
    assert f"first in line {first}" in finding.message


def test_a_table_that_stands_twice_is_named(review):
    first = edit(review, "protocol.toml", "[ranker]\n", "[ranker]\n")
    with (review / "protocol.toml").open("a", encoding="utf-8") as file:
        file.write("\n[ranker]\nseed = 2\n")
    finding = only(review)
    assert finding.key == "ranker"
    assert f"first in line {first}" in finding.message


def test_another_encoding_is_named_with_its_line(review):
    text = (review / "protocol.toml").read_text(encoding="utf-8").replace('name = "A. Author"', 'name = "Zoë Author"', 1)
    line = text[: text.index("Zoë")].count("\n") + 1
    (review / "protocol.toml").write_bytes(text.encode("cp1252"))
    finding = only(review)
    assert (finding.line, finding.allowed) == (line, "save the file as UTF-8")
    assert "'ë'" in finding.message
    (review / "protocol.toml").write_bytes(text.encode("utf-16"))
    assert only(review).message == "the file is saved as UTF-16"


def test_a_document_of_a_word_processor_is_called_one(review):
    for start, kind in ((b"PK\x03\x04\x14\x00\x08\xd7", "packed file"), (b"{\\rtf1\\ansi title = 1}", "rich text")):
        (review / "protocol.toml").write_bytes(start)
        assert kind in only(review).message and "plain text" in only(review).allowed


def test_byte_order_mark_and_carriage_returns_of_other_systems_are_forgiven(review):
    for path in review.rglob("*.*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(review) == []
    line = edit(review, "protocol.toml", "hour = 23", "hour = 25")
    assert only(review).line == line


def test_a_folder_without_a_protocol_and_a_folder_that_is_not_there_are_one_sentence(tmp_path):
    assert "no folder" in only(tmp_path / "nowhere").message
    (tmp_path / "empty").mkdir()
    assert "no protocol.toml" in only(tmp_path / "empty").message


def test_a_folder_name_that_is_no_address_is_refused(review):
    renamed = review.rename(review.parent / "Night Lights")
    assert "addresses" in only(renamed).message


def test_a_review_without_outcomes_is_refused(review):
    shutil.rmtree(review / "outcomes")
    assert "there is no outcome" in only(review).message


def test_tables_too_deep_numbers_too_long_and_files_too_large_are_findings(review):
    text = (review / "protocol.toml").read_text(encoding="utf-8")
    for tail, message in (("x = " + "[" * 5000, "too deep"), ("x = " + "9" * 5000, "no TOML"), ("#" * 1_100_000, "bytes")):
        (review / "protocol.toml").write_text(f"{tail}\n{text}", encoding="utf-8")
        assert message in only(review).message


def test_every_fault_of_a_file_is_listed_at_once(review):
    edit(review, "protocol.toml", "hour = 23", "hour = 24")
    edit(review, "protocol.toml", "seed = 1", "seed = -1")
    edit(review, "outcomes/falls.toml", 'direction = "lower"', 'direction = "down"')
    assert [finding.key for finding in check(review)] == ["direction", "schedule.hour", "ranker.seed"]


STARTING_SET = [
    ("Tomasino 2017,2017", "Tomasino 2017,MMXVII", "year", "must be a whole number"),
    ("depression,PHQ-9,no,post", "depression,PHQ-9,maybe,post", "higher_is_better", "must be yes or no"),
    ("depression,PHQ-9,no,post", "depression,PHQ-9,yes,post", "higher_is_better", "says otherwise of PHQ-9"),
    ("depression,PHQ-9,no,post", "depression,PHQ-99,no,post", "instrument", 'no instrument "PHQ-99"'),
    ("depression,PHQ-9,no,post", "sadness,PHQ-9,no,post", "outcome", 'no outcome "sadness"'),
    (",17,19,,2012-12", ",57,19,,2012-12", "", "57 events among 52"),
    (",17,19,,2012-12", ",,19,,2012-12", "", "route events needs events_e"),
    ("19,6.4,4.2,12,8.2,5.7", "19,6.4,0,12,8.2,5.7", "sd_e", "out of range"),
    ("19,6.4,4.2,12,8.2,5.7", "1,6.4,4.2,12,8.2,5.7", "n_e", "out of range"),
    ("2017-12,metapsy", "2017-13,metapsy", "available_from", "not of the right form"),
]


@pytest.mark.parametrize(("old", "new", "key", "message"), STARTING_SET)
def test_a_row_of_the_starting_set_is_held_to_the_protocol(shipped, old, new, key, message):
    line = edit(shipped, "starting_set.csv", old, new)
    finding = only(shipped)
    assert (finding.file, finding.line, finding.key) == ("digital-peer-support/starting_set.csv", line, key)
    assert message in finding.message


def test_an_effect_that_stands_twice_in_the_starting_set_is_found(shipped):
    path = shipped / "starting_set.csv"
    rows = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    path.write_text("\n".join([*rows, rows[1]]) + "\n", encoding="utf-8")
    finding = only(shipped)
    assert finding.line == len(rows) + 1
    assert "stands in line 2" in finding.message


def test_a_starting_set_with_other_columns_or_cells_is_refused(shipped):
    edit(shipped, "starting_set.csv", "study,year,doi", "study,jahr,doi")
    assert only(shipped).message == "columns missing: year; unknown: jahr"
    edit(shipped, "starting_set.csv", "study,jahr,doi", "study,year,doi")
    edit(shipped, "starting_set.csv", "Tomasino 2017,2017,", "Tomasino 2017,2017,,")
    assert only(shipped).line == 4


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_protocol_escapes_as_an_exception(tmp_path_factory, data):
    review = small_review.write(tmp_path_factory.mktemp("damaged"))
    path = review / data.draw(st.sampled_from(["protocol.toml", "outcomes/falls.toml", "searches/pubmed.txt"]))
    raw = path.read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    until = data.draw(st.integers(at, min(len(raw), at + 40)))
    marks = [b'"', b"[", b"]]", b"= {", b"\n", b"'''", b"\xe2\x80\x9c", b"inf", b"\r"]
    damage = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from(marks)))
    path.write_bytes(raw[:at] + damage + raw[until:])
    for finding in check(review):
        assert finding.line >= 1
        assert finding.message

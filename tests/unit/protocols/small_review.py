"""A tiny made-up review, as unlike the shipped one as can be: risk ratios, one window, one person, no review of record."""

from __future__ import annotations

from pathlib import Path

PROTOCOL = '''\
title = "Night lights and falls: a living systematic review"
short_title = "Night lights"
question = "Do night lights prevent falls on wards?"
version = "1.0"
dated = 2024-05-06
registration = "not registered"
drafted_after_seeing = "none"
open_ended_months = 1

[[authors]]
name = "A. Author"
role = "wrote it"

[picos]
population = "People on hospital wards"
intervention = "Night lights"
comparator = "Darkness"
setting = "Hospital"
designs = "Randomised trials"

[[criteria]]
id = "ward"
label = "On a ward"
text = "The participants are on a hospital ward."
reason = "Not on a ward"
stages = ["title_abstract"]
terms = ["ward", "inpatient"]

[[criteria]]
id = "light"
label = "Night light"
text = "One arm has night lights."
reason = "No night light"
stages = ["title_abstract", "full_text"]
terms = ["night light", "ward"]

[[sources]]
name = "pubmed"
label = "PubMed"
platform = "NCBI"
kind = "api"
status = "searched"
since = 2020-01-01

[sources.strategy]
file = "searches/pubmed.txt"
syntax = "pubmed"
state = "draft"
author = "A. Author"
dated = 2024-05-06
peer_reviewer = "none"

[[sources]]
name = "register"
label = "A register"
platform = "web"
kind = "api"
status = "planned"

[schedule]
every = "month"
day = 28
hour = 23
time_zone = "Pacific/Auckland"
catch_up = "once"

[reviewing]
mode = "one"
second_check_share = 0.25
conflicts = "talk"
reminder_days = []
quiet_from = 0
quiet_to = 0
quiet_weekdays = []
deadline_days = 30
seconds_per_record = 60

[ranker]
name = "relevance"
seed = 1
offer_all_below_records = 100
offer_all_below_inclusions = 10

[[windows]]
id = "stay"
label = "Hospital stay"
definition = "Until discharge."

[[leading]]
outcome = "falls"
window = "stay"

[[leading]]
outcome = "wakings"
window = "stay"

[pooling]
estimator = "PM"
interval = "wald"
prediction_interval = "t(k-2)"
confidence = 0.9
designs = ["randomised"]
provisional = "never"

[pooling.few]
one = "trials"
two = "pooled"
three = "pooled"

[publishing]
margin_of_mid = 0.25
largest_silence_months = 12
licence = "CC BY 4.0"
funding = "none"
interests = "none declared"

[[publishing.triggers]]
id = "any"
text = "A new trial is included."

[living]
rationale = "Wards are being rebuilt."
retirement = ["The last ward is closed."]

[crisis]
text = "Call a nurse."
'''

FALLS = '''\
label = "Falls"
phrase = "falls"
definition = "Patients who fell at least once."
origin = "added"
importance = "critical"
measure = "RR"
direction = "lower"
windows = ["stay"]
preference = "Incident reports before notes."
better = { verb = "prevent", verbs = "prevents", noun = "prevention" }
worse = { verb = "cause", verbs = "causes", noun = "rise" }
mid = { value = 1.25, source = "the ward sisters, by vote" }

[[instruments]]
name = "incident reports"
aliases = ["reported falls"]
kind = "events"
higher_is_better = false
'''

WAKINGS = '''\
label = "Wakings"
phrase = "wakings in the night"
definition = "Patients woken by the light."
origin = "added"
importance = "important"
harm = true
measure = "RR"
direction = "lower"
windows = ["stay"]
preference = "As asked in the morning."
better = { verb = "reduce", verbs = "reduces", noun = "reduction" }
worse = { verb = "increase", verbs = "increases", noun = "increase" }
'''

STRATEGY = '''\
#1 "Lighting"[Mesh] OR "night light*"[tiab]
   OR nightlight[tiab]
#2 "Accidental Falls"[Mesh]

#3 #1 AND #2
'''


def write(folder: Path) -> Path:
    """Write the review into folder/night-lights and return that folder."""
    review = folder / "night-lights"
    files = {"protocol.toml": PROTOCOL, "outcomes/falls.toml": FALLS, "outcomes/wakings.toml": WAKINGS, "searches/pubmed.txt": STRATEGY}
    for name, text in files.items():
        (review / name).parent.mkdir(parents=True, exist_ok=True)
        (review / name).write_text(text, encoding="utf-8")
    return review


def edit(review: Path, file: str, old: str, new: str) -> int:
    """Replace text that stands once in a file, and return the line where it begins."""
    path = review / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1

"""What kind of document a citation is, as far as it says so, and which part of several. Whether two kinds exclude each other: match.py."""

from __future__ import annotations

import re
from enum import Enum

from bot.domain.records import Record
from bot.methods.dedup.words import folded


class Kind(Enum):
    """A document that is not simply the article of its title. Each is a report of its own."""

    CORRECTION = "a correction"
    RETRACTION = "a notice of retraction"
    REPLY = "a reply or comment"
    PROTOCOL = "a protocol"
    PREPRINT = "a preprint"
    ABSTRACT = "a conference abstract"
    REGISTRATION = "a registry entry"
    TRANSLATION = "a translation"


# What an indexer wrote behind or before the title of the article itself: no part of the title, and no other document.
LANGUAGES = (
    "chinese|french|german|spanish|italian|portuguese|russian|japanese|korean|polish|turkish|dutch|danish|swedish|norwegian|finnish|czech"
    "|hungarian|hebrew|persian|arabic|croatian|serbian|romanian|greek|ukrainian|slovak|slovenian|bulgarian|lithuanian|english"
)
REMARKS = re.compile(
    r"\[(?:see comments?|comments?|errat(?:um|a) (?:appears|in)\b[^\]]*|published errat(?:um|a)[^\]]*|correct(?:ed|ion)\b(?! (?:to|of|for)\b)"
    r"[^\]]*"
    r"|republished[^\]]*|(?:systematic )?review|reprint[^\]]*|retraction in\b[^\]]*|summary for patients[^\]]*|letter|editorial|case reports?"
    rf"|(?:article )?(?:in )?(?:{LANGUAGES})(?:[,;] [a-z]+| \(summary[^)]*\))*|(?:with )?(?:[a-z]+ )?(?:abstract|summary)|\d+ refs?"
    r"|\d{1,2}|conference abstract)\]"
    r"|\((?:provisional|structured) abstract\)|\(multiple letters\)"
    r"|^\W*(?:retracted(?: article)?|withdrawn|republished(?: study)?)\s*[:.]|\(retracted article[^)]*\)"
)
TELLING = {
    Kind.CORRECTION: re.compile(
        r"^\W*(?:(?:author|publisher|editorial)(?:'?s)? )?(?:errat(?:um|a)|corrigend(?:um|a)|corrections?|addendum|expression of concern)"
        r"\b(?=\W*(?:$|[:.\]\[(]|(?:to|for|of|in|regarding|notice)\b))"
        r"|\[(?:errat(?:um|a)|corrigend(?:um|a)|corrections?)(?: (?:to|for|of)\b[^\]]*)?\]"
        r"|[:.(-]\s*(?:errat(?:um|a)|corrigend(?:um|a)|corrections?)\W*$"
    ),
    Kind.RETRACTION: re.compile(
        r"^\W*(?:retraction|notice of retraction|withdrawal notice)\b(?=\W*(?:$|[:.\]]|(?:notice|note|of|to|for)\b))"
        r"|[:.(\[-]\s*retraction(?: notice)?\W*$"
    ),
    Kind.REPLY: re.compile(
        r"^\W*(?:(?:the )?author'?s?'? |in )?(?:reply|replies|response|rejoinder)\b(?=\W*(?:$|[:.\]]|(?:to|from|by)\b))|^\W*re\s*:"
        r"|^\W*(?:invited |editorial )?(?:comment(?:ary|s)?|letter)\b(?=\W*(?:on\b|to\b|:))"
        r"|(?:[:.(\[-]\s*|\bauthor'?s'? )(?:(?:the )?author'?s?'? |in )?(?:reply|replies|response|comment(?:ary|s)?|rejoinder)"
        r"(?: (?:to|by|from|on)\b[^:]{0,60})?\W*$"
        r"|\beditorial comment(?:ary)?\W*$"
    ),
    Kind.PROTOCOL: re.compile(
        r"\b(?:study|trial|research|review|clinical|rct)\W+protocols?\b|\bprotocol (?:for|of) (?:a|an|the)\b"
        r"|[:.(\[-]\s*(?:a )?(?:[a-z]+ ){0,2}protocols?\W*$"
        r"|^\W*protocol\b|\brationale and (?:study )?design\b|\bdesign and rationale\b"
    ),
    Kind.TRANSLATION: re.compile(
        rf"[\[(](?:(?:{LANGUAGES}) (?:version|translation)|translated|translation)[^\])]*[\])]"
        rf"|:\s*(?:{LANGUAGES}) translation\W*$"
    ),
}
# One of these stands in whatever TELLING tells: most titles hold none, and need no closer look.
HINTS = re.compile(
    r"errat|corrig|correct|addend|concern|retract|withdraw|repl|respon|rejoin|re\s*:|comment|letter|protocol|rationale|version|transl"
)
BY_TYPE = {
    "published erratum": Kind.CORRECTION,
    "erratum": Kind.CORRECTION,
    "correction": Kind.CORRECTION,
    "corrigendum": Kind.CORRECTION,
    "retraction of publication": Kind.RETRACTION,
    "retraction": Kind.RETRACTION,
    "retraction notice": Kind.RETRACTION,
    "preprint": Kind.PREPRINT,
    "posted-content": Kind.PREPRINT,
    "clinical trial protocol": Kind.PROTOCOL,
    "trial registry record": Kind.REGISTRATION,
    "clinical trial registration": Kind.REGISTRATION,
    "clinical trial registration with results": Kind.REGISTRATION,
    "registry entry": Kind.REGISTRATION,
    "translation": Kind.TRANSLATION,
    "meeting abstract": Kind.ABSTRACT,
    "conference abstract": Kind.ABSTRACT,
    "journal: conference abstract": Kind.ABSTRACT,
}
LABEL = re.compile(
    r"^\W*(?:(?:author|publisher|editorial)(?:'?s)? )?"
    r"(?:erratum|corrigendum|correction|retraction|reply|response|comment|retracted)(?: (?:to|on|of))?\s*[:.]"
    r"|^\W*(?:erratum|corrigendum|correction) (?:to|for)\b\W*"
)
# How Embase and Web of Science write which article a correction corrects.
CITED = re.compile(r"\((?:vol\.?\W*\d[^)]*|[^()]*\(\d{4}\)[^()]*(?:\([^()]*\)[^()]*)*)\)\W*$")
PREPRINT_SERVERS = re.compile(r"\b(?:(?:med|bio|psy|soc|chem|edu|eco)?arxiv|preprints?|ssrn|research square|osf)\b")
PREPRINT_DOIS = (
    "10.1101/",
    "10.21203/",
    "10.31234/",
    "10.31235/",
    "10.31219/",
    "10.48550/",
    "10.20944/",
    "10.2139/ssrn",
    "10.2196/preprints",
    "10.64898/",
)
# Cold Spring Harbor gave 10.1101 to its journals before its preprint servers, and still does.
NO_PREPRINT_DOI = re.compile(r"^10\.1101/(?:gad|gr|lm|cshperspect|sqb|rna|pdb|mcs)\.")
REGISTRIES = re.compile(r"\bclinicaltrials ?\.? ?gov\b|\bisrctn registry\b|\binternational clinical trials registry\b")
PART = re.compile(
    r"\b(?:parts?|chapter|section|study|report|paper|teil|parte|partie|lecture|session|episode|round|wave|cohort|phase)\W{0,2}"
    r"(\d+|[ivx]+|one|two|three|four|five|six)\b"
)
SPELT = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
}


def without_remarks(title: str) -> str:
    """Return a title, folded, without what an indexer added to it."""
    return REMARKS.sub(" ", folded(title))


def without_label(title: str) -> str:
    """Return a title without what tells of it that it is a correction or reply: "Erratum: …", "… (vol 360, pg 542, 2009)".

    title: as `without_remarks` returns it.
    """
    return CITED.sub("", LABEL.sub("", title))


def kinds_of(record: Record, title: str) -> frozenset[Kind]:
    """Return what a citation says it is; nothing for an article. title: as `without_remarks` returns it."""
    found = {kind for kind, telling in TELLING.items() if telling.search(title)} if HINTS.search(title) else set[Kind]()
    if CITED.search(title):
        found.add(Kind.CORRECTION)
    found |= {BY_TYPE[kind.casefold()] for kind in record.publication_types if kind.casefold() in BY_TYPE}
    if (record.doi.startswith(PREPRINT_DOIS) and not NO_PREPRINT_DOI.match(record.doi)) or PREPRINT_SERVERS.search(
        record.journal.casefold()
    ):
        found.add(Kind.PREPRINT)
    if REGISTRIES.search(record.journal.casefold()) or record.source in ("clinicaltrials", "ctgov", "isrctn", "ictrp"):
        found.add(Kind.REGISTRATION)
    return frozenset(found)


def parts_of(title: str) -> frozenset[str]:
    """Return the numbers of parts that a title names ("part II" and "part 2" alike). title: as `without_remarks` returns it."""
    numbers: list[str] = PART.findall(title)
    return frozenset(SPELT.get(number) or number.lstrip("0") for number in numbers)

"""What a report says of its trial, as far as a citation tells: registrations, numbers, design, names, role. Comparing two: linking.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from bot.domain.records import Record
from bot.methods.dedup.identifiers import doi_of, number_in
from bot.methods.dedup.kinds import Kind, kinds_of, without_remarks
from bot.methods.dedup.names import names_of
from bot.methods.dedup.words import folded, words

REGISTRATION = re.compile(
    r"\b(?:NCT\s?0\d{7}|ISRCTN\s?\d{8}|ACTRN\s?\d{14}|DRKS\s?\d{8}|UMIN\s?\d{9}|CHICTR[-\w]{6,20}|IRCT\s?\d{8,14}N?\d*|NTR\s?\d{3,5}|PACTR\s?\d{15,16}"
    r"|KCT\s?\d{7}|TCTR\s?\d{11}|RBR-\w{6,8}|CTRI/\d{4}/\d{2,3}/\d{6}|20\d{2}-\d{6}-\d{2}(?:-\d{2})?)\b",
    re.IGNORECASE,
)
GROUP = (
    "(?:participants|patients|women|men|mothers|adults|adolescents|children|students|veterans|individuals|people|persons"
    "|caregivers|users|couples|volunteers)"
)
NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d{1,6})"
PARTICIPANTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"enrol+ment\W{{1,3}}{NUMBER}\b",
        rf"\b{NUMBER} (?:\w+ ){{0,3}}{GROUP} (?:\w+ ){{0,4}}(?:randomi[sz]ed|randomly|allocated|enrol+ed)",
        rf"\brandomi[sz]ed (?:a total of )?{NUMBER}\b(?! ?(?:%|to\b|:))",
        rf"\ba total of {NUMBER} (?:\w+ ){{0,3}}{GROUP}",
        rf"\(n ?= ?{NUMBER}\)",
        rf"\b{NUMBER} (?:\w+ )?{GROUP}\b",
    )
)
RANDOMISED = re.compile(r"\brandomi[sz]ed\b|\brandomi[sz]ation\b|\brandomly (?:assigned|allocated)|\brct\b")
NOT_RANDOMISED = re.compile(
    r"\bnon-?randomi[sz]ed|\bsingle[- ]arm\b|\buncontrolled\b|\bobservational\b"
    r"|\bcohort study\b|\bcross-sectional\b|\bquasi-experiment"
)
PILOT = re.compile(r"\bpilot\b|\bfeasibility\b|\bproof[- ]of[- ]concept\b")
REVIEW = re.compile(
    r"\bsystematic review\b|\bmeta-?analys[ie]s\b|\bscoping review\b"
    r"|\bumbrella review\b|\bpooled analysis\b|\bindividual (?:patient|participant) data\b"
)
SECONDARY = re.compile(
    r"\bsecondary (?:data )?analys[ie]s\b|\bpost[- ]hoc\b|\bancillary\b|\bsubgroup analys|\bmoderat(?:ors?|ion)\b|\bmediat(?:ors?|ion)\b"
    r"|\bfollow-?up of\b"
    r"|\bprocess evaluation\b|\bcost-?effectiveness\b|\bqualitative\b|\bnested\b|\blong-term (?:follow-?up|outcomes?)\b"
)
PROTOCOL = re.compile(r"\bprotocol\b|\brationale\b.{0,30}\bdesign\b|\bdesign\b.{0,30}\brationale\b")
ACRONYM = re.compile(r"\b([A-Z][A-Za-z]*[A-Z][A-Za-z]*\d?(?:[- ]\d(?:\.\d)?)?)\b")
# Words in capitals that name no trial.
NO_TRIAL = frozenset(
    {"COVID", "PTSD", "ADHD", "AIDS", "ICBT", "iCBT", "mHealth", "eHealth", "JMIR", "III", "HIV/AIDS", "COVID19", "SARS"}
)
COUNTRIES = re.compile(
    r"\b(australia|austria|bangladesh|belgium|brazil|canada|chile|china"
    r"|czech republic|czechia|denmark|egypt|england|ethiopia|finland|france|germany|ghana|greece"
    r"|hong kong|hungary"
    r"|india|indonesia|iran|ireland|israel|italy|japan|jordan|kenya|korea|malaysia|mexico|nepal|netherlands|new zealand|nigeria|norway|pakistan"
    r"|peru|poland|portugal|romania|rwanda|scotland|singapore"
    r"|south africa|spain|sri lanka|sweden|switzerland|taiwan|tanzania|thailand|turkey|uganda"
    r"|united kingdom|united states|vietnam|wales|zambia|zimbabwe)\b"
)


class Role(Enum):
    """What a report is to its trial."""

    RESULTS = "results"
    SECONDARY = "a secondary analysis"
    PROTOCOL = "a protocol"
    REGISTRATION = "a registry entry without results"
    REGISTERED_RESULTS = "a registry entry with results"
    PREPRINT = "a preprint"
    REVIEW = "a review"


@dataclass(frozen=True, slots=True)
class Traits:
    """registrations: in fields of its own; mentioned: in title or abstract only; cited, identifiers: "pmid:…", "doi:…"."""

    role: Role
    registrations: frozenset[str]
    mentioned: frozenset[str]
    identifiers: frozenset[str]
    cited: frozenset[str]
    participants: int | None
    randomised: bool | None
    pilot: bool
    first_name: str
    names: frozenset[str]
    acronyms: frozenset[str]
    places: frozenset[str]
    subject: str


def traits_of(report: Record) -> Traits:
    """Return what a report says of its trial."""
    text = folded(f"{report.title}. {report.abstract}")
    own = frozenset(number for field in (*report.registrations, report.source_id) for number in registrations_in(field))
    names = names_of(report.authors)
    return Traits(
        role=_role(report),
        registrations=own,
        mentioned=registrations_in(f"{report.title} {report.abstract}") - own,
        identifiers=_identifiers(report.pmid, report.doi),
        cited=frozenset(name for relation in report.relations for name in _identifiers(relation.pmid, relation.doi)),
        participants=participants_in(text),
        randomised=False if NOT_RANDOMISED.search(text) else True if _randomised(report, text) else None,
        pilot=PILOT.search(folded(report.title)) is not None,
        first_name=max(names.first, key=lambda name: (len(name), name), default=""),
        names=names.all,
        acronyms=_acronyms(report.title),
        places=frozenset(COUNTRIES.findall(text)),
        subject=" ".join(words(without_remarks(report.title))),
    )


@lru_cache(maxsize=8192)
def cached_traits(report: Record) -> Traits:
    """Return the traits of a report; those of known studies are looked at again for every new one."""
    return traits_of(report)


def registrations_in(text: str) -> frozenset[str]:
    """Return the registration ids in a text, in capitals and without spaces."""
    return frozenset(re.sub(r"\s", "", found).upper() for found in REGISTRATION.findall(text))


def participants_in(text: str) -> int | None:
    """Return how many took part, as far as a folded text says so; the surest wording counts. None if it does not say."""
    for pattern in PARTICIPANTS:
        found = pattern.search(text)
        if found and (number := int(re.sub(r"\D", "", found.group(1)))) > 1:
            return number
    return None


def _role(report: Record) -> Role:
    title, types = folded(report.title), " ".join(report.publication_types).casefold()
    kinds = kinds_of(report, without_remarks(report.title))
    if Kind.REGISTRATION in kinds:
        return Role.REGISTERED_RESULTS if "with results" in types else Role.REGISTRATION
    if REVIEW.search(title) or "review" in types or "meta-analysis" in types:
        return Role.REVIEW
    if Kind.PROTOCOL in kinds or PROTOCOL.search(title):
        return Role.PROTOCOL
    if Kind.PREPRINT in kinds:
        return Role.PREPRINT
    return Role.SECONDARY if SECONDARY.search(title) else Role.RESULTS


def _randomised(report: Record, text: str) -> bool:
    return "Randomized Controlled Trial" in report.publication_types or RANDOMISED.search(text) is not None


def _identifiers(pmid: str, doi: str) -> frozenset[str]:
    found = {f"pmid:{number_in(pmid)}" if number_in(pmid) else "", f"doi:{doi_of(doi)}" if doi_of(doi) else ""}
    return frozenset(found - {""})


def _acronyms(title: str) -> frozenset[str]:
    """Return names of trials in a title ("MoodSwings 2.0", "HORYZONS"); none where the whole title is in capitals."""
    if title.isupper():
        return frozenset()
    return frozenset(name.casefold() for name in ACRONYM.findall(title) if len(name) >= 4 and name.split("-")[0] not in NO_TRIAL)

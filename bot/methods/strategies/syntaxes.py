"""What the lines of PubMed, Ovid and the Cochrane Library may hold: field tags, operators, wildcards.

Sources: PubMed's help ("Search field tags", "Truncation"); Ovid's field guides of MEDLINE, Embase and APA PsycInfo; the Cochrane Library's
search help (field labels, NEAR, NEXT, MeSH by [mh]). A tag that one of the platforms knows is never called unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PUBMED_TAGS = frozenset("""
ad affiliation|aid article identifier|all all fields|au author|auid author identifier|book|cn corporate author
cois conflict of interest statements|crdt create date|date - create|dcom completion date|date - completion|dp publication date
date - publication|pdat|ed editor|edat entrez date|date - entry|fau full author name|fir full investigator name|filter|sb|subset
fau 1au first author name|1au|gr grants and funding|grant number|ip issue|ir investigator|isbn|issn|journal
ta journal title abbreviation|jid nlm unique id|la language|lang|lastau last author name|lid location id|lr date - modification|mdat
majr mesh major topic|mesh major topic|mh mesh terms|mesh|mesh terms|mhda mesh date|date - mesh|nm supplementary concept
supplementary concept|ot other term|other term|own owner|pa pharmacological action|pharmacological action|pg pagination
pl place of publication|pmid|pmcid|ps personal name as subject|pt publication type|publication type|pubn publisher|rn ec/rn number
si secondary source id|sh mesh subheading|subheading|mesh subheading|stat status|tiab title/abstract|title/abstract|ti title|title
tt transliterated title|tw text word|text word|text words|uid|vi volume|volume|author|author - corporate|author - first
author - identifier|author - last|subject - personal name|journal
""".replace("\n", "|").split("|"))
OVID_TAGS = frozenset("""
ab ac ad af ag ai an ar as at au ax bd bk bs bt bu ca cb cc ci cj cl cm cn co cp cq ct cy da db dc dd de dg di dj dm dn do dp dq dt dv
dy ec ed em ep et ew ez fa fe fg fs fx fy gi gn gp gr gw hw ia id if ig in io ip ir is it ja jc je jm jn jp jr jt jw jx kf kp kw la lg
li lm lr ma mc md me mf mh mi mj mo mp ms mv mx my my na nj nm no np nu nw oa od oi om on or os ot ox pa pb pc pd pf pg ph pi pl pm po
pp pr ps pt pu px px pz qs ra rb rc rd re rf rg ri rl rn ro rp rs rt ru rw rx sa sb se sf sg sh sl sn so sp ss st sv sx sy tc td ti tm
tn to tp tq tr ts tt tw tx ty uf ui up ur us vc vi vo vr vs wb xb xs yr ys kd dz cr ce ib
""".replace("\n", " ").split(" "))
COCHRANE_TAGS = frozenset({"ti", "ab", "kw", "au", "so", "an", "pt", "do", "la", "tb", "dt", "cc", "td", "yr", "mh", "id"})
# How many letters a word needs before its wildcard. PubMed refuses fewer than four; the others find far too much with fewer than three.
SHORTEST = {"pubmed": 4, "ovid": 3, "cochrane": 3}


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something that belongs to another platform. pattern: as it stands outside of quotes; says: what to write here."""

    pattern: re.Pattern[str]
    says: str


FOREIGN = {
    "pubmed": (Foreign(re.compile(r"\b(?:adj|near|next)/?\d*\b(?=[\s(])", re.IGNORECASE),
                       'PubMed knows no such operator; write "two words"[tiab:~3]'),
               Foreign(re.compile(r"\.(?:ti|ab|tw|mp|kf|sh|pt|fs)(?:,[a-z]{2})*\."), "is Ovid's; write [tiab], [mh] …"),
               Foreign(re.compile(r"\w[$?]"), "PubMed's only wildcard is *")),
    "ovid": (Foreign(re.compile(r"\[(?:tiab|mesh|mh|ti|pt|tw|majr)[^\]]*\]", re.IGNORECASE), "is PubMed's; write .ti,ab. or a heading with /"),
             Foreign(re.compile(r"\b(?:near|next)/\d+", re.IGNORECASE), "is the Cochrane Library's; write adj and a number")),
    "cochrane": (Foreign(re.compile(r"\[(?:tiab|mesh|ti|pt|tw|majr)[^\]]*\]", re.IGNORECASE), "is PubMed's; write :ti,ab or [mh …]"),
                 Foreign(re.compile(r"\badj\d*\b", re.IGNORECASE), "is Ovid's; write near/ and a number"),
                 Foreign(re.compile(r"\.(?:ti|ab|tw|mp|kf|sh|pt)(?:,[a-z]{2})*\."), "is Ovid's; write :ti,ab")),
}


def pubmed_tags(text: str) -> list[str]:
    """Return the field tags of a line of PubMed, in small letters, without what may stand behind them (:noexp, :~3)."""
    return [found.partition(":")[0].strip().lower() for found in re.findall(r"\[([^\]\[]*)\]", text)]


def is_pubmed_tag(tag: str) -> bool:
    """Return whether PubMed knows a field tag."""
    return tag in PUBMED_TAGS or any(tag in known.split(" ", 1) for known in PUBMED_TAGS)


def ovid_tags(text: str) -> list[str]:
    """Return the field labels of a line of Ovid: `.ti,ab,kf.`, also at its end without the last full stop."""
    found = re.findall(r"\.([A-Za-z]{2,6}(?:,\s*[A-Za-z]{2,6})*)(?:\.|\s*$)(?=[\s)]|$)", text)
    return [tag.strip().lower() for one in found for tag in one.split(",")]


def cochrane_tags(text: str) -> list[str]:
    """Return the field labels of a line of the Cochrane Library: `:ti,ab,kw`."""
    return [tag.strip().lower() for one in re.findall(r":([A-Za-z]{2,6}(?:,\s*[A-Za-z]{2,6})*)\b", text) for tag in one.split(",")]

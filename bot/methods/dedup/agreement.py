"""In which fields two records agree, differ, or cannot be compared. What follows from it: match.py."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.methods.dedup.kinds import Kind
from bot.methods.dedup.names import same_names
from bot.methods.dedup.places import close_pages, is_short, same_journal, same_pages, same_range
from bot.methods.dedup.profiles import Profile
from bot.methods.dedup.titles import Likeness, broken, likeness_of, reworded

SAME_ABSTRACT, SHORTEST_ABSTRACT = 80.0, 100


@dataclass(frozen=True, slots=True)
class Agreement:
    """True: both have it and agree; False: both have it and differ; None: one has it not.

    likeness, percent: of the titles; length: of the shorter one; broken: it ends within a word of the other;
    reworded: each has words of its own; years: apart, None if one is unknown; range: the same pages from first to last;
    close: pages that overlap; everyone: all names of several authors are the same; extent: both are as short as an abstract, or both longer;
    shifted: one gives the other's volume as its issue, and the other's issue as its page;
    apart: why they are documents of two kinds, "" if they are not.
    """

    likeness: Likeness
    percent: float
    length: int
    numbers: bool
    reworded: bool
    broken: bool
    apart: str
    names: bool | None
    years: int | None
    journal: bool | None
    volume: bool | None
    issue: bool | None
    pages: bool | None
    range: bool
    close: bool
    doi: bool | None
    pmid: bool | None
    abstract: bool | None
    recurs: bool
    everyone: bool
    extent: bool
    shifted: bool

    @property
    def far_apart(self) -> bool:
        """More than a year lies between them: no delay between online and in print. One volume of one journal outweighs a year mistaken."""
        return self.years is not None and self.years > (2 if self.volume and self.journal and not self.recurs else 1)

    @property
    def excludes(self) -> bool:
        """Whether the two can share no report, whatever a third record seems to say."""
        elsewhere = self.pages is False and (self.volume is False or self.doi is False)
        return bool(self.apart) or self.pmid is False or elsewhere

    @property
    def differences(self) -> tuple[str, ...]:
        """The fields that both have and that differ."""
        fields = (
            ("title", self.likeness not in (Likeness.NEAR, Likeness.FAR)),
            ("kind", not self.apart),
            ("first author", self.names),
            ("year", not self.years),
            ("journal", self.journal),
            ("volume", self.volume),
            ("issue", self.issue),
            ("pages", self.pages),
            ("DOI", self.doi),
            ("PMID", self.pmid),
        )
        return tuple(name for name, agrees in fields if agrees is False)

    @property
    def share(self) -> float:
        """How much of what can be compared agrees, 0 to 1; the title counts for half."""
        compared = [one for one in (self.names, self.journal, self.volume, self.pages, self.doi, self.pmid) if one is not None]
        rest = sum(compared) / len(compared) if compared else 0.0
        return (self.percent / 100 + rest) / 2

    def sentence(self, why: str) -> str:
        """Return the reason as a person reads it."""
        title = {
            Likeness.EXACT: "titles the same",
            Likeness.CUT: "one title within the other",
            Likeness.UNKNOWN: "no title to compare",
        }
        agree = [
            name
            for name, agrees in (
                ("authors", self.names),
                ("journal", self.journal),
                ("volume", self.volume),
                ("pages", self.pages),
                ("DOI", self.doi),
                ("PMID", self.pmid),
            )
            if agrees
        ]
        said = [f"{why}: {title.get(self.likeness, f'titles {self.percent:.0f} % alike')}"]
        said += [f"agree in {', '.join(agree)}"] if agree else []
        differ = [name for name in self.differences if name != "title"]
        return "; ".join(said + ([f"differ in {', '.join(differ)}"] if differ else []))


def agreement_of(a: Profile, b: Profile) -> Agreement:
    """Return in what two profiles agree."""
    likeness, percent = likeness_of(a.title, b.title)
    return Agreement(
        likeness=likeness,
        percent=percent,
        length=min(len(a.title), len(b.title)),
        numbers=likeness in (Likeness.EXACT, Likeness.CUT) or a.numbers == b.numbers,
        reworded=likeness is Likeness.NEAR and reworded(a.words, b.words),
        broken=likeness is Likeness.CUT and broken(a.words, b.words),
        apart=_apart(a, b, likeness),
        names=same_names(a.names, b.names),
        years=abs(a.year - b.year) if a.year and b.year else None,
        journal=same_journal(a.journal, b.journal),
        volume=_same(a.volume, b.volume),
        issue=_same(a.issue, b.issue),
        pages=same_pages(a.pages, b.pages),
        range=same_range(a.pages, b.pages),
        close=close_pages(a.pages, b.pages),
        doi=_same(a.doi, b.doi),
        pmid=_same(a.pmid, b.pmid),
        abstract=_same_abstract(a.abstract, b.abstract),
        recurs=a.recurs or b.recurs,
        everyone=a.names.all == b.names.all and len(a.names.all) > 1,
        extent=is_short(a.pages) == is_short(b.pages),
        shifted=_shifted(a, b) or _shifted(b, a),
    )


def _shifted(a: Profile, b: Profile) -> bool:
    """Return whether the volume of b stands in the issue of a, and the issue in its page: a platform left a column out."""
    return not a.volume and a.issue != "" and a.issue == b.volume and not a.pages.last and str(a.pages.first) == b.issue


def _same(one: str, other: str) -> bool | None:
    return one == other if one and other else None


def _same_abstract(one: str, other: str) -> bool | None:
    if min(len(one), len(other)) < SHORTEST_ABSTRACT:
        return None
    length = min(len(one), len(other))
    return fuzz.ratio(one[:length], other[:length]) >= SAME_ABSTRACT


def _apart(a: Profile, b: Profile, likeness: Likeness) -> str:
    """Return why two are documents of two kinds: a protocol and its article, part 1 and part 2, "" if they are not."""
    one_place = bool(same_pages(a.pages, b.pages) and _same(a.volume, b.volume))
    one_range = one_place and same_range(a.pages, b.pages)
    one_id = bool(_same(a.pmid, b.pmid) or _same(a.doi, b.doi))
    only = (a.kinds ^ b.kinds) - _unsaid(likeness, one_place, one_range, one_place or one_id)
    if only:
        return "one is " + " or ".join(sorted(kind.value for kind in only))
    if a.parts and b.parts and a.parts != b.parts and likeness is not Likeness.EXACT:
        return "two parts"
    if a.language and b.language and a.language != b.language and not (one_place or one_id):
        return "two languages"
    return ""


def _unsaid(likeness: Likeness, one_place: bool, one_range: bool, one_document: bool) -> frozenset[Kind]:
    """Return the kinds that one source may know of and the other not say, where everything else speaks for one document."""
    if not one_document:
        return frozenset()
    found = {Kind.ABSTRACT}
    if likeness is Likeness.EXACT:
        found |= {Kind.PROTOCOL, Kind.CORRECTION, Kind.RETRACTION, Kind.TRANSLATION}
    if likeness is Likeness.CUT and one_place:
        # A title cut short has lost what would have said it.
        found |= {Kind.PROTOCOL, Kind.TRANSLATION} | ({Kind.REPLY} if one_range else set[Kind]())
    return frozenset(found)

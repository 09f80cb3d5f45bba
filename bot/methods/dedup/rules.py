"""The rules from what agrees in two records to a verdict: the first that applies (docs/adr/0401). What agrees: agreement.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.methods.dedup.agreement import Agreement
from bot.methods.dedup.titles import Likeness


class Verdict(Enum):
    """What a comparison comes to."""

    SAME = "same"
    ASK = "ask"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rules ask of titles.

    alike: per cent alike, to count as one title spelt in two ways; alike_at_one_place: where volume and pages, first and last, agree;
    telling: characters without spaces, from which a title tells a document from others.
    """

    alike: float = 90.0
    alike_at_one_place: float = 40.0
    telling: int = 30


LIMITS = Limits()
LONG_TITLE = 70
LEAST = {Verdict.SAME: 0.8, Verdict.ASK: 0.5, Verdict.DIFFERENT: 0.0}
ROOM = {Verdict.SAME: 0.2, Verdict.ASK: 0.29, Verdict.DIFFERENT: 0.49}
Outcome = tuple[Verdict, str]


def verdict_on(found: Agreement, limits: Limits) -> Outcome:
    """Return the verdict of the first rule that applies, and its reason."""
    if found.apart:
        return Verdict.DIFFERENT, found.apart
    if found.likeness is Likeness.UNKNOWN:
        return _without_title(found)
    for rule in (_by_pmid, _by_doi, _by_shifted_place, _by_place, _by_volume, _by_title, _without_names):
        outcome = rule(found, limits)
        if outcome:
            return outcome
    return Verdict.DIFFERENT, "nothing joins them"


def score_of(verdict: Verdict, found: Agreement) -> float:
    """Return how sure a verdict of sameness is, 0 to 1: SAME from 0.8, ASK from 0.5; within these by how much agrees."""
    return round(LEAST[verdict] + ROOM[verdict] * found.share, 4)


def _without_title(found: Agreement) -> Outcome:
    """A record without a title is never joined by itself."""
    one_place = found.pages and found.volume and found.names
    return (Verdict.ASK if found.pmid or found.doi or one_place else Verdict.DIFFERENT), "one has no title"


def _spelt(found: Agreement, limits: Limits) -> bool:
    """The same title, but for its spelling."""
    near = found.likeness is Likeness.NEAR and found.percent >= limits.alike and found.numbers and not found.reworded
    return found.likeness is Likeness.EXACT or found.broken or near


def _by_pmid(found: Agreement, limits: Limits) -> Outcome | None:
    """PubMed gives each document one PMID, with few exceptions; a number may be mistyped."""
    if found.pmid is None:
        return None
    if found.pmid is False:
        alike = found.likeness is Likeness.EXACT and found.names and found.pages and found.volume
        return (Verdict.ASK, "two PMIDs for one place") if alike else (Verdict.DIFFERENT, "two PMIDs")
    if found.names is not False and (_spelt(found, limits) or found.likeness is Likeness.CUT):
        return Verdict.SAME, "the same PMID"
    if found.doi is False and found.names is False:
        return Verdict.DIFFERENT, "the same PMID, but another DOI and other authors"
    return Verdict.ASK, "the same PMID, but the titles or authors do not agree"


def _by_doi(found: Agreement, limits: Limits) -> Outcome | None:
    """One DOI joins if the titles agree too: a supplement's DOI stands on every abstract in it."""
    if not found.doi:
        return None
    if found.names is not False and (_spelt(found, limits) or found.likeness is Likeness.CUT):
        return Verdict.SAME, "the same DOI"
    if found.names and found.range and found.volume is not False and found.percent >= limits.alike_at_one_place:
        return Verdict.SAME, "the same DOI and the same pages"
    if found.percent >= limits.alike or found.likeness in (Likeness.EXACT, Likeness.CUT):
        return Verdict.ASK, "the same DOI, but the titles or authors do not agree"
    return None


def _by_place(found: Agreement, limits: Limits) -> Outcome | None:
    """The same pages in the same volume join titles that are somewhat alike, of the same authors."""
    if not found.pages or found.far_apart or _another_issue(found) or not _same_volume(found):
        return None
    whole = found.likeness in (Likeness.EXACT, Likeness.CUT)
    if found.names is False:
        return (Verdict.ASK, "the same place, other authors") if found.likeness is Likeness.EXACT and found.range else None
    if found.doi is False and not (found.range and found.journal and found.likeness is Likeness.EXACT):
        return None
    if _one_range(found, limits):
        return Verdict.SAME, "the same pages of one volume"
    # Where no author is known, a title with words more may be the reply that begins on the same page.
    one_journal = (found.journal and (found.names or found.range or _spelt(found, limits))) or (found.journal is None and found.names)
    in_series = found.names and (found.likeness is Likeness.EXACT or (found.range and whole))
    if (whole and (one_journal or in_series)) or (found.names and one_journal and _spelt(found, limits)):
        return Verdict.SAME, "the same place"
    # Abstracts of one team stand on one page: only those that are spelt alike are worth a question.
    alike = found.names and found.percent >= limits.alike
    return (Verdict.ASK, "the same place, but the titles are not quite the same") if alike else None


def _same_volume(found: Agreement) -> bool:
    """One volume, or none given in one year, or a number mistaken where the pages tell."""
    if found.volume is None:
        return bool(
            found.journal and (found.years == 0 or (found.years == 1 and found.likeness in (Likeness.EXACT, Likeness.CUT)))
        )
    telling = found.range and found.journal and found.years in (0, 1) and found.doi is None and found.likeness is Likeness.EXACT
    return found.volume or bool(telling)


def _another_issue(found: Agreement) -> bool:
    """An editorial may stand on the same page of each issue; so may anything with two DOIs."""
    if found.recurs:
        return found.issue is False or found.years != 0 or not found.volume or found.doi is False
    return found.issue is False and found.doi is False


def _one_range(found: Agreement, limits: Limits) -> bool:
    """The same first and last page, of several, in one issue: one document, whatever became of its title (two languages, another wording)."""
    one_issue = found.journal and found.names and found.issue is not False and found.years == 0
    alike = limits.alike_at_one_place if found.volume else limits.alike
    return bool(found.range and one_issue and found.percent >= alike)


def _by_volume(found: Agreement, limits: Limits) -> Outcome | None:
    """One title twice in one volume, on other pages: miscounted, or an abstract and its paper; a person is asked."""
    one_volume = found.volume and found.journal and found.names and found.doi is not False and not found.far_apart
    if found.pages is not False or not one_volume or found.recurs or found.length < limits.telling:
        return None
    if found.likeness is not Likeness.EXACT and not found.broken:
        return None
    sure = (found.close or _counted_twice(found)) and found.issue is not False
    return (Verdict.SAME if sure else Verdict.ASK), "one title in one volume, pages that are not the same"


def _counted_twice(found: Agreement) -> bool:
    """One long title of all the same authors in one year, and as many pages as make an abstract in both, or a paper: one page was mistaken.

    A title that was cut at 60 characters is never long enough: it may be of either of two parts.
    """
    whole = found.likeness is Likeness.EXACT and found.length >= LONG_TITLE
    return whole and found.everyone and found.years == 0 and found.extent and found.doi is None


def _by_shifted_place(found: Agreement, _: Limits) -> Outcome | None:
    """The same volume and issue, each a column further."""
    alike = found.likeness is Likeness.EXACT and found.names and found.journal and found.years == 0
    if not (found.shifted and alike) or found.recurs or found.doi is False:
        return None
    return Verdict.SAME, "the same volume and issue, each in the next column"


def _by_title(found: Agreement, limits: Limits) -> Outcome | None:
    """One title of the same authors joins where nothing speaks against it and the journal, or volume and issue, speak for it."""
    contradicted = found.pages is False or found.volume is False or found.far_apart or found.names is not True
    if contradicted or (found.doi is False and found.pages is not None) or _another_issue(found):
        return None
    spelt, telling = _spelt(found, limits), found.length >= limits.telling and not found.recurs and found.issue is not False
    if found.doi is not False and _supported(found, spelt, telling):
        return Verdict.SAME, "the same title and authors, nothing against it"
    little = found.journal is not False or (found.years == 0 and found.volume)
    if (telling and spelt and little) or (telling and found.likeness is Likeness.CUT and found.journal and found.years == 0):
        return Verdict.ASK, "the same title and authors, little else to compare"
    return None


def _without_names(found: Agreement, limits: Limits) -> Outcome | None:
    """Where one names no author, the abstract speaks for it, and the journal: a preprint has the abstract of its article."""
    contradicted = (
        found.pages is False or found.volume is False or found.journal is False or found.doi is False or found.issue is False
    )
    telling = (
        found.length >= limits.telling and not found.recurs and found.likeness is Likeness.EXACT and found.years in (0, None)
    )
    if found.names is not None or contradicted or not telling or found.abstract is False:
        return None
    if found.journal and found.abstract:
        return Verdict.SAME, "the same title, abstract and journal"
    return (Verdict.ASK, "the same title, no authors to compare") if found.journal or found.abstract else None


def _supported(found: Agreement, spelt: bool, telling: bool) -> bool:
    """Whether journal, volume and issue, or the abstract support one title of the same authors."""
    one_issue = bool(found.volume and found.issue)
    if found.likeness is Likeness.CUT and not spelt:
        return bool(found.journal and found.volume and telling)
    by_journal = found.journal and (telling or one_issue)
    by_issue = telling and one_issue and found.years == 0
    by_abstract = found.abstract and found.years == 0 and found.journal is None
    return bool(spelt and (by_journal or by_issue or by_abstract))

"""Is this the report of a controlled study's results? Rules on publication types and words are the floor; what was learnt only adds doubt.

It sets a record aside only where the text is long enough to judge and nothing speaks for a controlled study; what is set aside is
listed with the reason, and a person can pull it back. Relevance to a review's question: relevance.py.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from classifiers.documents import Document, Labelled
from classifiers.errors import TooLittleToLearnError
from classifiers.examples import no_examples
from classifiers.features import Detail
from classifiers.trained import TrainedModel, train

SHORTEST_TITLE = 14
SHORTEST_ABSTRACT = 400
KEPT_OF_KNOWN_TRIALS = 0.99
LEAST_KNOWN_TRIALS = 20

RANDOMISED_TYPES = frozenset({"randomized controlled trial", "pragmatic clinical trial", "equivalence trial", "adaptive clinical trial"})
CONTROLLED_TYPES = RANDOMISED_TYPES | {"controlled clinical trial", "clinical trial", "clinical trial, phase ii", "clinical trial, phase iii",
                                       "clinical trial, phase iv", "comparative study", "evaluation study", "multicenter study"}
OTHER_TYPES = frozenset({"review", "systematic review", "meta-analysis", "clinical trial protocol", "editorial", "comment", "letter", "news",
                         "case reports", "guideline", "practice guideline", "published erratum", "biography", "network meta-analysis"})
RANDOMISED = re.compile(r"\b(?:randomi[sz]\w+|randomly|rcts?|allocated at random|random allocation|cluster[- ]trial)\b", re.IGNORECASE)
CONTROLLED = re.compile(
    r"\b(?:randomi[sz]\w+|randomly|rcts?|trials?|controlled|control (?:group|arm|condition)s?|controls|placebo|wait(?:ing)?[- ]?list(?:ed)?|"
    r"usual care|treatment as usual|quasi[- ]experiment\w*|non[- ]?randomi[sz]ed|comparison (?:group|arm)|comparator|versus|vs|"
    r"stepped[- ]wedge|difference[- ]in[- ]differences?|crossover|cross-over|double[- ]blind|effectiveness|efficacy)\b", re.IGNORECASE)
NO_RESULTS_IN_TITLE = re.compile(
    r"\b(?:protocols?|rationale and (?:study )?design|study design|design of an? |(?:systematic|scoping|umbrella|literature|narrative|rapid|"
    r"integrative|realist) reviews?|reviews? of|meta[- ]?analys[ei]s|overview of reviews|editorial|commentary|erratum|corrigendum|"
    r"case reports?|qualitative|interviews?|focus groups?|survey|cross[- ]sectional|secondary analys[ei]s)\b", re.IGNORECASE)
ASKS_FOR_TRIALS = re.compile(r"\b(?:randomi[sz]\w+|controlled|trials?|control group)\b", re.IGNORECASE)


class Designs(enum.Enum):
    """Which studies a review takes: the protocol's setting."""

    RANDOMISED = "randomised"
    CONTROLLED = "controlled"


@dataclass(frozen=True, slots=True)
class DesignJudgement:
    """kept: offered for reading. reason: in words what decided it. score: what was learnt, None without a model."""

    kept: bool
    reason: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class DesignModel:
    """model: learnt from records whose publication types are known. below: a score that 99 % of their trials reach."""

    model: TrainedModel
    below: float


def judge_designs(documents: Sequence[Document], *, designs: Designs, learnt: DesignModel | None = None) -> list[DesignJudgement]:
    """Return a judgement per document. A record with a short title or abstract is always kept, and one with any word of a trial."""
    scores = learnt.model.score(documents) if learnt else [None] * len(documents)
    return [_judged(one, designs, None if score is None else float(score), learnt) for one, score in zip(documents, scores, strict=True)]


def learn_designs(documents: Sequence[Document], *, designs: Designs, seed: int) -> DesignModel:
    """Return what the records with publication types teach about the words of trials, the types themselves hidden.

    Raises TooLittleToLearnError with fewer than 20 trials or 20 others among them.
    """
    typed = [one for one in documents if one.publication_types]
    labels = [bool(_types(one) & _wanted(designs)) for one in typed]
    if min(sum(labels), len(labels) - sum(labels)) < LEAST_KNOWN_TRIALS:
        raise TooLittleToLearnError(f"{sum(labels)} of {len(typed)} records with publication types are trials; "
                                    f"{LEAST_KNOWN_TRIALS} of each kind are needed")
    # Without their types, or the model would only learn to read those.
    bare = [Document(one.title, one.abstract, one.keywords, one.mesh, (), one.journal) for one in typed]
    model = train([Labelled(one, float(label)) for one, label in zip(bare, labels, strict=True)], seed=seed, detail=Detail.LEAN)
    # By its words alone: which trials are known says nothing about what another trial is about.
    model = replace(model, examples=no_examples(len(model.weights)))
    return DesignModel(model, float(np.quantile(model.score(bare)[np.array(labels)], 1 - KEPT_OF_KNOWN_TRIALS)))


def reports_no_results(document: Document) -> bool:
    """Return whether title or publication type say that this is a protocol, review, comment or the like, and no report of a trial."""
    types = _types(document)
    if types & CONTROLLED_TYPES and "clinical trial protocol" not in types:
        return False
    return bool(types & OTHER_TYPES) or NO_RESULTS_IN_TITLE.search(document.title) is not None


def _judged(document: Document, designs: Designs, score: float | None, learnt: DesignModel | None) -> DesignJudgement:
    if len(document.title) < SHORTEST_TITLE or len(document.abstract) < SHORTEST_ABSTRACT:
        return DesignJudgement(True, "too little text to judge by", score)
    typed = _types(document) & _wanted(designs)
    if typed:
        return DesignJudgement(True, f"publication type: {sorted(typed)[0]}", score)
    word = (RANDOMISED if designs is Designs.RANDOMISED else CONTROLLED).search(f"{document.title} {document.abstract}")
    if reports_no_results(document) and not (designs is Designs.RANDOMISED and RANDOMISED.search(document.title)):
        return DesignJudgement(False, "title or publication type: no report of a study's results", score)
    if word:
        return DesignJudgement(True, f"the text says {word.group(0).lower()!r}", score)
    if learnt is not None and score is not None and score >= learnt.below:
        return DesignJudgement(True, "its words are like those of trials", score)
    return DesignJudgement(False, "no publication type and no word of a controlled study", score)


def _wanted(designs: Designs) -> frozenset[str]:
    return RANDOMISED_TYPES if designs is Designs.RANDOMISED else frozenset(CONTROLLED_TYPES)


def _types(document: Document) -> set[str]:
    return {one.strip().lower() for one in document.publication_types}

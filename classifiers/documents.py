"""What rankers take and give."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A report as text. Empty strings where a source gave nothing."""

    title: str
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    journal: str = ""

    @property
    def text(self) -> str:
        """The words, the title twice: it is the densest part, and often the only one."""
        return " . ".join((self.title, self.title, self.abstract, *self.keywords, *self.mesh, *self.publication_types))

    @property
    def body(self) -> str:
        """The words, each part once. The journal is one word of its own, so that its name speaks for no topic."""
        journal = ("in_" + "_".join(re.findall(r"\w+", self.journal.lower())),) if self.journal.strip() else ()
        parts = (self.title, self.abstract, *self.keywords, *self.mesh, *self.publication_types, *journal)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document that people decided about. label: 1.0 relevant, 0.0 not; weight: how much the decision counts."""

    document: Document
    label: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """scores: one per document, higher is more relevant; they order and are no probabilities.

    basis: `cold` (from the question, and studies that are known to be relevant) or `warm` (from decisions of both kinds as well). labelled: how
    many decisions, or known studies, it was learnt from.
    reasons: per document, (term, weight) that spoke for (> 0) or against it, the strongest first.
    model: SHA-256 over the data and parameters that the order came from. others: names of the reviews whose decisions were a prior.
    """

    scores: tuple[float, ...]
    basis: str
    labelled: int
    reasons: tuple[tuple[tuple[str, float], ...], ...]
    model: str
    others: tuple[str, ...] = ()

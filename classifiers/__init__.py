"""Rankers: text in, scores out. No files, no database, nothing of the bot; an unknown name lists those there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from classifiers.documents import Document, Labelled, Ranking
from classifiers.errors import UnknownClassifierError

if TYPE_CHECKING:
    # It brings NumPy, which an idle site never needs.
    from classifiers.priors import OtherReview

__all__ = ["Document", "Labelled", "Ranker", "Ranking", "available", "create"]


class Ranker(Protocol):
    """Orders documents by how likely they are to be relevant."""

    name: str

    def rank(self, documents: list[Document], *, question: list[str], labelled: list[Labelled], seed: int,
             others: Sequence[OtherReview] = ()) -> Ranking:
        """Return a score for each document, higher for more relevant. The same input gives the same bytes.

        others: decided records of other reviews, as a gentle prior.
        """
        ...


def available() -> tuple[str, ...]:
    """Return the names of the rankers there are."""
    return ("relevance",)


def create(name: str) -> Ranker:
    """Return the ranker of this name. Raises UnknownClassifierError with those there are."""
    if name not in available():
        raise UnknownClassifierError(f"there is no ranker called {name!r}; there are: {', '.join(available())}")
    from classifiers.relevance import Relevance

    return Relevance()

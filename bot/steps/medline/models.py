"""The columns of weights by which a review's feed is scored: from its decisions, or from its protocol alone."""

from __future__ import annotations

from bot.domain.protocols import Protocol
from bot.errors import ClassifierError
from bot.steps.records.rank import question_texts, training_labels
from classifiers.bulk import BulkModel, bulk_model
from classifiers.errors import ClassifierProblem
from db.session import Database


def feed_model(*, database: Database, review_id: int, protocol: Protocol) -> BulkModel:
    """Return the model of one review. Raises ClassifierError if there is nothing to score by."""
    with database.reading() as session:
        labelled = training_labels(session, review_id)
    try:
        return bulk_model(protocol.slug, question=question_texts(protocol), labelled=labelled, seed=protocol.ranker.seed)
    except ClassifierProblem as error:
        raise ClassifierError(str(error)) from error

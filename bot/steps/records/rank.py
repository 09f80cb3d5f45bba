"""Rank the reports that nobody was asked about yet: from the protocol and known studies at first, then from what was decided as well.

What the site's other reviews decided is a gentle prior. A ranking orders and decides nothing.
What of it is offered: offer.py; rankers: classifiers/; who is asked: bot/steps/screening/open_round.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import classifiers
from bot.domain.known_items import KnownItem
from bot.domain.protocols import Protocol
from bot.errors import ClassifierError
from classifiers.errors import ClassifierProblem
from db import blobs, events, rankings, records, reviews, screening, studies, unshown
from db.rankings import RankingRow, Scored
from db.records import ReportRow
from db.session import Database, Session

MODEL = "application/x-npz"
# Of another review so many decisions of each kind teach at most, so that a site with many reviews still ranks a month within seconds.
MOST_OF_A_KIND = 250
MOST_REVIEWS = 6
MOST_COMPARED = 500
# Of this review everything that was kept teaches, and so many exclusions: beyond that a ranking learns no better and takes ever longer.
MOST_EXCLUDED = 10_000


@dataclass(frozen=True, slots=True)
class RankAccount:
    """ranked: reports in the ranking. basis: `cold` (the protocol alone), `warm` (decisions as well), "" if there was nothing to rank."""

    ranked: int = 0
    basis: str = ""


@dataclass(frozen=True, slots=True)
class _Inputs:
    """All that a ranking depends on. documents and labels: report id → document, report id → (label, weight).

    decided: how many decisions there are, of which `labels` may be a part. past: report id → document of each label.
    known: texts of studies that are known to be relevant, without a decision here. others: decisions of the site's other reviews, by name.
    """

    classifier: str
    seed: int
    question: tuple[str, ...]
    documents: Mapping[int, classifiers.Document]
    labels: Mapping[int, tuple[int, float]]
    decided: int
    past: Mapping[int, classifiers.Document]
    known: Mapping[int, classifiers.Document] = field(default_factory=dict)
    others: Mapping[str, Sequence[classifiers.Labelled]] = field(default_factory=dict)

    @property
    def labelled(self) -> dict[int, classifiers.Labelled]:
        """Everything decided, with its text: report id → document and label."""
        return {key: classifiers.Labelled(self.past[key], float(label), weight) for key, (label, weight) in sorted(self.labels.items())}

    @property
    def fingerprint(self) -> str:
        """The SHA-256 over all of it: the same inputs are ranked once."""
        texts = [[[key, asdict(one)] for key, one in sorted(documents.items())] for documents in (self.documents, self.past, self.known)]
        others = {name: [asdict(one) for one in given] for name, given in self.others.items()}
        said = [self.classifier, self.seed, self.question, texts, sorted(self.labels.items()), others]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def rank(*, database: Database, review_id: int, cycle_id: int, protocol: Protocol, by: str, now: datetime,
         known_items: Sequence[KnownItem] = ()) -> RankAccount:
    """Rank what no round has had yet, store it with what it rests on, and return the account; the same inputs are ranked once.

    known_items: reports that are known to be relevant; what is here of them and of the studies teaches from the first month on.

    Raises ClassifierError if the protocol's ranker cannot do its work.
    """
    # 60 MB with all that it learns by: an idle site never needs it.
    from bot.steps.records.offer import Rules, offer

    with database.reading() as session:
        inputs = _inputs(session, review_id, protocol, known_items)
        rules = Rules(protocol.ranker, unshown.margin(session, review_id), unshown.filters_designs(session, review_id),
                      unshown.known(session, review_id), unshown.audited(session, review_id))
        known = rankings.latest(session, cycle_id) if not inputs.documents else rankings.same(session, cycle_id, inputs.fingerprint)
    if known is not None or not inputs.documents:
        return RankAccount(known.ranked, known.basis) if known else RankAccount()
    # The ranker works with nothing open: it may take a while.
    ranking, like = _ranking(inputs), _similar(inputs)
    offered = offer(inputs.documents, inputs.labelled, rules=rules)
    card = offered.card | {"other_reviews": list(ranking.others), "decided": inputs.decided} if offered.card is not None else None
    with database.writing(by=by) as session:
        row = RankingRow(
            review_id=review_id, cycle_id=cycle_id, protocol_version_id=reviews.cycle(session, cycle_id).protocol_version_id,
            classifier=inputs.classifier, basis=ranking.basis, seed=inputs.seed, fingerprint=inputs.fingerprint, model=ranking.model,
            labelled=ranking.labelled, ranked=len(inputs.documents), at=now,
            card=card, model_sha256=blobs.put(session, offered.model, MODEL) if offered.model else "")
        rankings.add(session, row, _scored(list(inputs.documents), ranking, like))
        unshown.add(session, review_id=review_id, ranking_id=row.id, held=offered.held, at=now)
        events.note(session, review_id=review_id, kind="records.ranked", subject=f"ranking:{row.id}",
                    data={"ranked": row.ranked, "basis": row.basis, "labelled": row.labelled, "model": row.model_sha256,
                          "known_studies": len(inputs.known), "other_reviews": list(ranking.others),
                          "unshown": sum(not one.audited for one in offered.held)}, at=now)
    return RankAccount(row.ranked, row.basis)


def question_texts(protocol: Protocol) -> tuple[str, ...]:
    """Return what the protocol looks for as texts of equal weight: the words of each criterion, or else question and criteria as they stand."""
    # Words before sentences: one that says what must not be ("no protocol, review …") would draw exactly that.
    words = tuple(" . ".join(one.terms) for one in protocol.criteria if one.terms)
    return words or (protocol.question, *(one.text for one in protocol.criteria))


def training_labels(session: Session, review_id: int) -> list[classifiers.Labelled]:
    """Return what was decided for good in a review and teaches, with its text, in the order of the reports' ids."""
    labels = teaching(screening.decisions_for_training(session, review_id), unshown.audited(session, review_id))
    texts = records.reports_by_id(session, labels)
    return [classifiers.Labelled(as_document(texts[report_id]), float(label), weight) for report_id, (label, weight) in sorted(labels.items())]


def teaching(decided: Sequence[tuple[int, int, float]], read_at_random: Collection[int] = (), *,
             most: int = MOST_EXCLUDED) -> dict[int, tuple[int, float]]:
    """Return report id → (label, weight) of the decisions that teach: all if there are few, else all but some exclusions.

    decided: (report id, 1 kept or 0 excluded, weight). Of the exclusions `most` are drawn by chance: the same ones whoever asks, and the same
    ones next month but for those that a newer one took the place of. What was read at random always teaches: probabilities rest on it.
    """
    drawn = [key for key, label, _ in decided if not label and key not in read_at_random]
    left_out = frozenset(sorted(drawn, key=lambda key: (hashlib.sha256(str(key).encode()).digest(), key))[most:])
    return {key: (label, weight) for key, label, weight in decided if key not in left_out}


def _inputs(session: Session, review_id: int, protocol: Protocol, known_items: Sequence[KnownItem]) -> _Inputs:
    decided = screening.decisions_for_training(session, review_id)
    labels = teaching(decided, unshown.audited(session, review_id))
    documents = {row.id: as_document(row) for row in screening.reports_to_screen(session, review_id)}
    past = _documents(session, labels)
    items = [(one.source, one.id) for one in known_items]
    ids = records.reports_of_items(session, review_id, items) | studies.linked_reports(session, review_id)
    known = _documents(session, ids - {report_id for report_id, *_ in decided})
    return _Inputs(protocol.ranker.name, protocol.ranker.seed, question_texts(protocol), documents, labels, len(decided), past, known,
                   _of_other_reviews(session, review_id))


def _documents(session: Session, report_ids: Collection[int]) -> dict[int, classifiers.Document]:
    return {key: as_document(row) for key, row in sorted(records.reports_by_id(session, report_ids).items())}


def _of_other_reviews(session: Session, review_id: int) -> dict[str, list[classifiers.Labelled]]:
    """Return what the site's other reviews decided, by name: of each the newest of either kind; the reviews that kept most."""
    found = {}
    for other in reviews.all_reviews(session):
        decided = sorted(screening.decisions_for_training(session, other.id)) if other.id != review_id else []
        newest = [one for label in (1, 0) for one in [one for one in decided if one[1] == label][-MOST_OF_A_KIND:]]
        if newest:
            texts = _documents(session, [report_id for report_id, *_ in newest])
            found[other.slug] = [classifiers.Labelled(texts[report_id], float(label), weight) for report_id, label, weight in newest]
    most = sorted(found, key=lambda name: (-sum(one.label > 0.5 for one in found[name]), name))[:MOST_REVIEWS]
    return {name: found[name] for name in sorted(most)}


def as_document(row: ReportRow) -> classifiers.Document:
    """Return a report as rankers read it."""
    given = records.as_record(row)
    return classifiers.Document(title=given.title, abstract=given.abstract, keywords=given.keywords, mesh=given.mesh,
                                publication_types=given.publication_types, journal=given.journal)


def _ranking(inputs: _Inputs) -> classifiers.Ranking:
    # With everything that loads NumPy: an idle site never needs it.
    from classifiers.priors import other_review

    labelled = [*inputs.labelled.values(), *(classifiers.Labelled(one, 1.0) for one in inputs.known.values())]
    others = [other_review(name, given) for name, given in inputs.others.items()]
    try:
        ranker = classifiers.create(inputs.classifier)
        return ranker.rank(list(inputs.documents.values()), question=list(inputs.question), labelled=labelled, seed=inputs.seed, others=others)
    except ClassifierProblem as error:
        raise ClassifierError(f"ranking {len(inputs.documents)} reports: {error}") from error


def _similar(inputs: _Inputs) -> list[tuple[int, ...]]:
    """Return for each document the ids of the decided reports that it is most like; of many decisions the newest of either kind count."""
    from classifiers.similar import similar

    newest = [key for label in (1, 0) for key in [key for key in sorted(inputs.labels) if inputs.labels[key][0] == label][-MOST_COMPARED:]]
    found = similar(list(inputs.documents.values()), [inputs.past[key] for key in newest])
    return [tuple(newest[place] for place in places) for places in found]


def _scored(report_ids: Sequence[int], ranking: classifiers.Ranking, like: Sequence[tuple[int, ...]]) -> list[Scored]:
    """Return the scores, the best first; equal ones in the order in which the reports came."""
    order = sorted(range(len(report_ids)), key=lambda place: (-ranking.scores[place], report_ids[place]))
    return [
        Scored(report_ids[place], ranking.scores[place], position,
               tuple({"term": term, "weight": weight} for term, weight in ranking.reasons[place]), like[place])
        for position, place in enumerate(order, start=1)
    ]

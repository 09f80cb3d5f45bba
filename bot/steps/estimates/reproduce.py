"""Compute kept results again from their frozen inputs and compare: estimates, updates of published ones, analyses. Writes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import NotFoundError, PerennialError
from db import analyses, blobs, bulletins, estimates, published_updates, reviews
from db.session import Database, Session

# Under other versions of NumPy or SciPy a sum may be taken in another order; under the same ones every digit must come back.
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that did not come back. what: period, outcome and kind of the result; where: the path to the number."""

    what: str
    where: str
    kept: Any
    got: Any

    @property
    def sentence(self) -> str:
        """The difference in words."""
        return f"{self.what}: {self.where} is kept as {self.kept!r}, and computed again as {self.got!r}"


@dataclass(frozen=True, slots=True)
class ReproduceAccount:
    """results: how many were computed again; other_software: how many of them were made by other versions, and so compared to 1e-9."""

    results: int
    other_software: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    what: str
    result: Mapping[str, Any]
    inputs_sha256: str
    software: str
    content: bytes
    with_few: bool = False


def reproduce(*, database: Database, review_id: int, numbers: Collection[int] = (),
              progress: Callable[[int, int], object] = lambda _done, _of: None) -> ReproduceAccount:
    """Return what came of computing again every kept result of a review, or those of the cycles of these bulletins.

    Raises NotFoundError for a number that no bulletin has.
    """
    from bot.methods.synthesis.provenance import software

    with database.reading() as session:
        kept = list(_kept(session, _cycles(session, review_id, numbers)))
    now = software()
    differences: list[Difference] = []
    for done, one in enumerate(kept):
        progress(done, len(kept))
        differences += _compared(one, tolerance=0.0 if one.software == now else CLOSE)
    return ReproduceAccount(len(kept), sum(one.software != now for one in kept), tuple(differences))


def _cycles(session: Session, review_id: int, numbers: Collection[int]) -> list[tuple[int, str]]:
    periods = {cycle.id: cycle.period for cycle in reviews.cycles(session, review_id)}
    if not numbers:
        return list(periods.items())
    published = {row.number: row.cycle_id for row in bulletins.published(session, review_id) if row.number is not None}
    for number in numbers:
        if number not in published:
            raise NotFoundError(f"there is no bulletin {number}; there are: {', '.join(str(one) for one in sorted(published)) or 'none'}")
    return [(published[number], periods[published[number]]) for number in numbers]


def _kept(session: Session, cycles: Sequence[tuple[int, str]]) -> Iterator[_Kept]:
    for cycle_id, period in cycles:
        for row in estimates.all_of_cycle(session, cycle_id):
            if row.k:
                what = f"{period}, {row.outcome}, {row.body} estimate, revision {row.revision}"
                yield _one(session, row, what, with_few=bool(row.result["few"]))
        for row in published_updates.all_of_cycle(session, cycle_id):
            yield _one(session, row, f"{period}, {row.outcome}, published estimate updated, revision {row.revision}")
        for row in analyses.all_of_cycle(session, cycle_id):
            yield _one(session, row, f"{period}, {row.outcome}, {row.kind}, revision {row.revision}")


def _one(session: Session, row: Any, what: str, *, with_few: bool = False) -> _Kept:
    content, _ = blobs.get(session, row.inputs_sha256)
    return _Kept(what, row.result, row.inputs_sha256, row.software, content, with_few)


def _compared(one: _Kept, *, tolerance: float) -> Iterator[Difference]:
    from bot.methods.synthesis.again import computed_again

    try:
        got = computed_again(one.content, sha256=one.inputs_sha256, with_few=one.with_few)
    except PerennialError as error:
        yield Difference(one.what, "result", "a result", str(error))
        return
    for name, value in got.items():
        if name != "software":
            for where, kept, computed in _different(name, one.result.get(name), value, tolerance):
                yield Difference(one.what, where, kept, computed)


def _different(where: str, kept: Any, got: Any, tolerance: float) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, kept and computed value wherever two plain values differ by more than a relative tolerance."""
    if isinstance(kept, dict) and isinstance(got, dict):
        for name in sorted(kept.keys() | got.keys()):
            yield from _different(f"{where}.{name}", kept.get(name), got.get(name), tolerance)
    elif isinstance(kept, list) and isinstance(got, list) and len(kept) == len(got):
        for place, (before, after) in enumerate(zip(kept, got, strict=True)):
            yield from _different(f"{where}[{place}]", before, after, tolerance)
    elif kept != got and not _close(kept, got, tolerance):
        yield where, kept, got


def _close(kept: Any, got: Any, tolerance: float) -> bool:
    numbers = isinstance(kept, float | int) and isinstance(got, float | int)
    return numbers and math.isclose(kept, got, rel_tol=tolerance, abs_tol=tolerance)

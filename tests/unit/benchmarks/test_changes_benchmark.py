"""The simulation of announcements says a size by the rule of the bulletin."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import changes
from bot.methods.certainty.sizes import Bands, size_after, size_of


def test_the_sizes_of_the_simulation_are_those_of_the_bulletin() -> None:
    random = np.random.default_rng(7)
    walks = np.cumsum(random.normal(0, 0.2, size=(40, 25)), axis=0)
    looks: list[Any] = [SimpleNamespace(estimate=row) for row in walks]
    bands = Bands(changes.MID, changes.MODERATE, changes.LARGE, margin=changes.MARGIN * changes.MID)
    said = changes.sizes(looks, bands.margin)
    for column in range(walks.shape[1]):
        size, positive = size_of(walks[0, column], bands), walks[0, column] > 0
        for row in range(1, walks.shape[0]):
            now = size_after(walks[row, column], bands, before=size, was_positive=positive)
            stayed = now is size and abs(int(said[row - 1, column])) == int(now) and said[row, column] == said[row - 1, column]
            size, positive = now, positive if stayed else bool(walks[row, column] > 0)
            assert abs(int(said[row, column])) == int(size)

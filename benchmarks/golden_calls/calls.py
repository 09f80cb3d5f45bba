"""An R call of a golden record: its function, its options and its inputs. What is answered to it: the other files of this folder."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Unsupported(Exception):
    """We do not compute this; the message says what."""


class Call:
    """What a record asks for. Options are read wherever they stand in the call, nested calls included."""

    def __init__(self, record: dict[str, Any], inputs: dict[str, Any]) -> None:
        self.record, self.inputs = record, inputs
        self.text: str = record["call"]
        self.function = self.text.split("(")[0].strip()

    def option(self, name: str, default: str = "") -> str:
        """Return an option's value as text without quotes, the first where it stands more than once."""
        found = re.search(rf"(?<![\w.]){re.escape(name)}\s*=\s*('[^']*'|c\([^)]*\)|[^,()\s]+)", self.text)
        return found.group(1).strip("'") if found else default

    def number(self, name: str, default: float) -> float:
        """Return an option that is a number."""
        text = self.option(name)
        return float(text) if text else default

    def numbers(self, name: str) -> list[float]:
        """Return an option that is a vector."""
        return [float(part) for part in self.option(name).removeprefix("c(").removesuffix(")").split(",") if part]

    def column(self, name: str) -> NDArray[np.float64]:
        """Return an input as an array with nan for what is missing; raises Unsupported if it is not there."""
        if name not in self.inputs:
            raise Unsupported(f"the inputs have no {name}")
        return np.array([np.nan if value is None else float(value) for value in self.inputs[name]])

    def effects(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return yi and vi without the studies that lack one, as R drops them."""
        keep = self.complete()
        return self.column("yi")[keep], self.column("vi")[keep]

    def complete(self) -> NDArray[np.bool_]:
        """Return which studies have effect, variance and, where the call uses them, all moderators."""
        keep = np.isfinite(self.column("yi")) & np.isfinite(self.column("vi"))
        if "X" in self.inputs:
            keep &= np.isfinite(np.array(self.inputs["X"], dtype=float)).all(axis=1)
        return keep

    def sizes(self) -> NDArray[np.float64] | None:
        """Return ni of the studies that `effects` keeps, None if there is none."""
        if "ni" not in self.inputs:
            return None
        return self.column("ni")[self.complete()]

    def tables(self) -> list[NDArray[np.float64]]:
        """Return the cells ai, bi, ci, di of the studies that have all four."""
        cells = [self.column(name) for name in ("ai", "bi", "ci", "di")]
        keep = np.isfinite(cells).all(axis=0)
        return [cell[keep] for cell in cells]

    def design(self) -> tuple[NDArray[np.float64], tuple[str, ...]]:
        """Return the moderators with the intercept of the studies that `effects` keeps, shape (k, p), and their names."""
        matrix = np.array(self.inputs["X"], dtype=float)[self.complete()]
        return matrix, tuple(self.inputs.get("X_names") or (f"x{i}" for i in range(matrix.shape[1])))

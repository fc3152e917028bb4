"""Toy solvers of maps, in a module that worker processes can import."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from vegard.errors import NotConverged


class Toy(NamedTuple):
    """The best of 64 templates by one product of matrices, as a dictionary is searched.

    ``delay`` [s] is slept for each chunk; a row that begins with ``bad`` fails.
    """

    delay: float = 0.0
    bad: float = np.inf

    @property
    def variables(self) -> dict[str, tuple[Any, dict[str, Any]]]:
        return {
            "best": (float, {"units": "m", "long_name": "largest product"}),
            "which": (np.int32, {"long_name": "template"}),
            "flag": (np.int8, {"flag_values": [0, 1], "flag_meanings": "good negative"}),
        }

    def __call__(self, rows: Any) -> dict[str, Any]:
        time.sleep(self.delay)
        if (rows[:, 0] == self.bad).any():
            raise (
                NotConverged("this pixel", 1e-9, 1.0, "Look at it.")
                if self.bad < 0
                else KeyError("a bug")
            )
        size = np.abs(rows) if np.iscomplexobj(rows) else rows
        templates = np.random.default_rng(5).normal(size=(rows.shape[1], 64))
        score = np.asarray(size, float) @ templates
        return {
            "best": score.max(axis=1),
            "which": score.argmax(axis=1),
            "flag": (score.mean(axis=1) < 0).astype(np.int8),
        }


def curves(*shape: int, seed: int = 7) -> Any:
    """Random curves."""
    return np.random.default_rng(seed).normal(size=shape)

"""Files at the border: experiment files in, resolved files out."""

from __future__ import annotations

from vegard.io.experiment_file import read
from vegard.io.plan import Plan
from vegard.io.resolved import dump, inputs_hash

__all__ = ["Plan", "dump", "inputs_hash", "read"]

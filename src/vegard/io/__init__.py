"""Files at the border: experiment files in, resolved files out.

Names are loaded when they are first used: the child process that opens a file needs none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vegard.io.experiment_file import read as read
    from vegard.io.plan import Plan as Plan
    from vegard.io.resolved import dump as dump
    from vegard.io.resolved import inputs_hash as inputs_hash

_HOME = {
    "Plan": "plan",
    "dump": "resolved",
    "inputs_hash": "resolved",
    "read": "experiment_file",
}
__all__ = ["Plan", "dump", "inputs_hash", "read"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"vegard.io.{_HOME[name]}"), name)
    raise AttributeError(f"module 'vegard.io' has no attribute '{name}'")

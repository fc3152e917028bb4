"""Finite elements: the ruler of the library (extra ``[fem]``).

``solve`` imports objects only, no kernel; ``verify`` compares it with ``frequency_response``.
"""

from __future__ import annotations

from vegard.fem.solution import solve
from vegard.fem.verification import table, verify, write

__all__ = ["solve", "table", "verify", "write"]

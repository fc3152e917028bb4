"""Errors and warnings. One clear sentence each: what is wrong, what was given, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class VegardError(ValueError):
    """Bad input: the message says what is wrong and how to mend it."""


class FileError(VegardError):
    """A file that cannot be read or written as asked."""


class NoStaticLimit(VegardError):
    """The response has no limit at zero frequency; the message names the cut-off to choose."""


class NotConverged(VegardError):
    """A numerical target was not reached: says what was asked, what was reached, and the fix.

    Parameters
    ----------
    what : str
        What was computed, and where.
    asked, reached : float
        The relative error asked for and the one reached.
    fix : str
        The usual fix.
    """

    def __init__(self, what: str, asked: float, reached: float, fix: str) -> None:
        super().__init__(
            f"{what} did not converge: asked {asked:.1e}, reached {reached:.1e}. {fix}"
        )
        self.asked = asked
        self.reached = reached


class OutOfRegime(UserWarning):
    """The model is used outside the range in which it holds; prints both sides of the criterion."""


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> VegardError:
    """Error for a name that does not exist: lists the valid ones and the nearest."""
    names = sorted(valid)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return VegardError(f"unknown {kind} '{name}'.{hint} Valid: {', '.join(names)}.")

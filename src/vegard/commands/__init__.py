"""The commands beside run and sweep; importing them loads nothing heavy."""

from vegard.commands.analyse import analyse
from vegard.commands.checks import verify
from vegard.commands.comparisons import compare
from vegard.commands.contact import hertz
from vegard.commands.fits import fit
from vegard.commands.grains import orientation
from vegard.commands.info import info
from vegard.commands.instruments import instruments
from vegard.commands.levers import LeverFlags, lever
from vegard.commands.loops import loop
from vegard.commands.oscillators import sho

__all__ = [
    "LeverFlags",
    "analyse",
    "compare",
    "fit",
    "hertz",
    "info",
    "instruments",
    "lever",
    "loop",
    "orientation",
    "sho",
    "verify",
]

"""The commands beside run and sweep; importing them loads nothing heavy."""

from vegard.commands.checks import verify
from vegard.commands.contact import hertz
from vegard.commands.grains import orientation
from vegard.commands.levers import LeverFlags, lever
from vegard.commands.oscillators import sho

__all__ = ["LeverFlags", "hertz", "lever", "orientation", "sho", "verify"]

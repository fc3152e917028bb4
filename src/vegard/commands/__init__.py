"""The commands beside run and sweep; importing them loads nothing heavy."""

from vegard.commands.analyse import analyse
from vegard.commands.checks import verify
from vegard.commands.comparisons import compare
from vegard.commands.contact import hertz
from vegard.commands.detect import detect
from vegard.commands.fits import fit
from vegard.commands.grains import orientation
from vegard.commands.images import image
from vegard.commands.info import info
from vegard.commands.instruments import instruments
from vegard.commands.levers import LeverFlags, lever
from vegard.commands.loops import loop
from vegard.commands.maps import map_curves
from vegard.commands.model_choices import models
from vegard.commands.oscillators import sho
from vegard.commands.plans import plan
from vegard.commands.resolutions import resolution
from vegard.commands.verdicts import verdict

__all__ = [
    "LeverFlags",
    "analyse",
    "compare",
    "detect",
    "fit",
    "hertz",
    "image",
    "info",
    "instruments",
    "lever",
    "loop",
    "map_curves",
    "models",
    "orientation",
    "plan",
    "resolution",
    "sho",
    "verdict",
    "verify",
]

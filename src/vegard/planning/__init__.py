"""Plans of measurements: what readings would say of a sample, and which to take."""

from vegard.planning.core import plan
from vegard.planning.information import Information, fisher
from vegard.planning.measurement import PlannedMeasurement
from vegard.planning.outcome import Plan

__all__ = ["Information", "Plan", "PlannedMeasurement", "fisher", "plan"]

"""The verb `verdict`: whether a measured signal can be Vegard strain by diffusion."""

from vegard.verdicts.core import Verdict as Verdict
from vegard.verdicts.core import verdict as verdict
from vegard.verdicts.evidence import Evidence as Evidence
from vegard.verdicts.observations import Observations as Observations

__all__ = ["Evidence", "Observations", "Verdict", "verdict"]

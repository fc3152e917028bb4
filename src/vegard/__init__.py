"""vegard: electrochemical strain microscopy, from the bias at the tip to what the microscope reads.

Names are loaded when they are first used; ``import vegard`` itself loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.5.0"

_HOME = {
    "Material": "material",
    "DiscTip": "tips",
    "GaussianTip": "tips",
    "ProfileTip": "tips",
    "HalfSpace": "geometries",
    "Film": "geometries",
    "FixedConcentration": "interfaces",
    "FixedFlux": "interfaces",
    "LinearKinetics": "interfaces",
    "Contact": "contacts",
    "BlockingTip": "contacts",
    "Experiment": "experiment",
    "Finding": "findings",
    "Pulse": "waveforms",
    "PulseTrain": "waveforms",
    "Triangle": "waveforms",
    "Sine": "waveforms",
    "Sampled": "waveforms",
    "Response": "result",
    "frequency_response": "response",
    "static_response": "response",
    "step_response": "response",
    "time_response": "response",
    "relaxation_times": "spectroscopy",
    "contact_current": "current",
    "contact_impedance": "current",
    "sweep": "sweeps",
    "largest_response": "largest",
    "materials": "catalogue",
    "hertz": "contact_mechanics",
    "orientation_contrast": "orientation",
    "Layered": "layered",
    "Cantilever": "cantilever",
    "fit_sho": "resonance",
    "dart": "resonance",
    "Cell": "cell",
    "Host": "host",
    "Data": "fitting",
    "fit": "fitting",
    "fit_map": "mapping",
    "compare": "four_methods",
    "compare_models": "fitting",
    "fisher": "planning",
    "plan": "planning",
    "loop": "loops",
    "forc": "loops",
    "concentration": "concentrations",
    "detection": "detectability",
    "crossing": "crossings",
    "image": "imaging",
    "deconvolve": "deconvolution",
    "resolution": "resolving",
    "verdict": "verdicts",
    "Observations": "verdicts",
    "Instrument": "instrument",
    "instruments": "instrument",
    "read": "io.measured",
    "write": "io.writing",
    "VegardError": "errors",
    "FileError": "errors",
    "NotConverged": "errors",
    "NoStaticLimit": "errors",
    "OutOfRegime": "errors",
}

_MODULES = ("classical", "contact_mechanics", "fem", "parasitics", "rotations", "samples")

__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from vegard.cantilever import Cantilever as Cantilever
    from vegard.catalogue import materials as materials
    from vegard.cell import Cell as Cell
    from vegard.concentrations import concentration as concentration
    from vegard.contact_mechanics import hertz as hertz
    from vegard.contacts import BlockingTip as BlockingTip
    from vegard.contacts import Contact as Contact
    from vegard.crossings import crossing as crossing
    from vegard.current import contact_current as contact_current
    from vegard.current import contact_impedance as contact_impedance
    from vegard.deconvolution import deconvolve as deconvolve
    from vegard.detectability import detection as detection
    from vegard.errors import FileError as FileError
    from vegard.errors import NoStaticLimit as NoStaticLimit
    from vegard.errors import NotConverged as NotConverged
    from vegard.errors import OutOfRegime as OutOfRegime
    from vegard.errors import VegardError as VegardError
    from vegard.experiment import Experiment as Experiment
    from vegard.findings import Finding as Finding
    from vegard.fitting import Data as Data
    from vegard.fitting import compare_models as compare_models
    from vegard.fitting import fit as fit
    from vegard.four_methods import compare as compare
    from vegard.geometries import Film as Film
    from vegard.geometries import HalfSpace as HalfSpace
    from vegard.host import Host as Host
    from vegard.imaging import image as image
    from vegard.instrument import Instrument as Instrument
    from vegard.instrument import instruments as instruments
    from vegard.interfaces import FixedConcentration as FixedConcentration
    from vegard.interfaces import FixedFlux as FixedFlux
    from vegard.interfaces import LinearKinetics as LinearKinetics
    from vegard.io.measured import read as read
    from vegard.io.writing import write as write
    from vegard.largest import largest_response as largest_response
    from vegard.layered import Layered as Layered
    from vegard.loops import forc as forc
    from vegard.loops import loop as loop
    from vegard.mapping import fit_map as fit_map
    from vegard.material import Material as Material
    from vegard.orientation import orientation_contrast as orientation_contrast
    from vegard.planning import fisher as fisher
    from vegard.planning import plan as plan
    from vegard.resolving import resolution as resolution
    from vegard.resonance import dart as dart
    from vegard.resonance import fit_sho as fit_sho
    from vegard.response import frequency_response as frequency_response
    from vegard.response import static_response as static_response
    from vegard.response import step_response as step_response
    from vegard.response import time_response as time_response
    from vegard.result import Response as Response
    from vegard.spectroscopy import relaxation_times as relaxation_times
    from vegard.sweeps import sweep as sweep
    from vegard.tips import DiscTip as DiscTip
    from vegard.tips import GaussianTip as GaussianTip
    from vegard.tips import ProfileTip as ProfileTip
    from vegard.verdicts import Observations as Observations
    from vegard.verdicts import verdict as verdict
    from vegard.waveforms import Pulse as Pulse
    from vegard.waveforms import PulseTrain as PulseTrain
    from vegard.waveforms import Sampled as Sampled
    from vegard.waveforms import Sine as Sine
    from vegard.waveforms import Triangle as Triangle


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"vegard.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(f"vegard.{name}")
    raise AttributeError(f"module 'vegard' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, *_MODULES])

"""The experiments on which library and finite elements are compared."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

from vegard.contacts import BlockingTip, Contact
from vegard.experiment import Experiment
from vegard.geometries import Film
from vegard.interfaces import FixedConcentration, FixedFlux, LinearKinetics
from vegard.layered import Layered
from vegard.material import Material
from vegard.tips import DiscTip, GaussianTip, ProfileTip

SIZES = (1e-3, 1.0, 1e3)  # |s|R²/D


class Case(NamedTuple):
    """One object under test."""

    name: str
    experiment: Experiment
    per: str = "concentration"
    at: float = 0.0
    quick: bool = False


def _of(tip: Any, interface: Any, geometry: Any = None, **kw: Any) -> Experiment:
    """R = D_z = 1, ν = 0.3."""
    material = Material(kw.pop("diffusivity", 1.0), kw.pop("vegard", 1.0), 0.3)
    if geometry is not None:
        kw["geometry"] = geometry
    return Experiment(material, tip, interface=interface, **kw)


_DISC, _GAUSS = DiscTip(1.0), GaussianTip(1.0)
_CONC, _FLUX = FixedConcentration(), FixedFlux()
_THIN, _LEAKY = Film(0.1), Film(1.0, "permeable")


def every_case() -> list[Case]:
    """Every interface, geometry, read-out and elastic model, the quick ones marked."""
    return _whole_surface() + _under_the_tip() + _layered_and_si()


def _whole_surface() -> list[Case]:
    slow = LinearKinetics(10.0)
    return [
        Case("gaussian, concentration", _of(_GAUSS, _CONC), quick=True),
        Case("gaussian, flux", _of(_GAUSS, _FLUX), "flux"),
        Case("gaussian, kinetics", _of(_GAUSS, slow)),
        Case("disc, concentration", _of(_DISC, _CONC)),
        Case("disc, flux", _of(_DISC, _FLUX), "flux"),
        Case("disc, kinetics", _of(_DISC, slow)),
        Case("profile (cone with a rim)", _of(ProfileTip(1.0, (0, 1), (1, 0.3)), _CONC)),
        Case(
            "thin film, blocking back, gaussian, flux",
            _of(_GAUSS, _FLUX, _THIN),
            "flux",
            quick=True,
        ),
        Case("thin film, blocking back, disc, concentration", _of(_DISC, _CONC, _THIN)),
        Case("film, permeable back, gaussian, concentration", _of(_GAUSS, _CONC, _LEAKY)),
        Case("film, permeable back, disc, flux", _of(_DISC, _FLUX, _LEAKY), "flux"),
        Case("anisotropic β, gaussian", _of(_GAUSS, _CONC, vegard=(1.0, -0.5)), quick=True),
        Case("anisotropic β, disc", _of(_DISC, _CONC, vegard=(1.0, 3.0))),
        Case(
            "full tensor β, on the axis",
            _of(_GAUSS, _CONC, vegard=((1.0, 0.2, 0.3), (0.2, 2.0, 0.1), (0.3, 0.1, -1.0))),
        ),
        Case("anisotropic D 10:1, gaussian", _of(_GAUSS, _CONC, diffusivity=(10.0, 1.0))),
        Case("anisotropic D 1:10, disc, flux", _of(_DISC, _FLUX, diffusivity=(0.1, 1.0)), "flux"),
        Case("punch, disc, concentration", _of(_DISC, _CONC, readout="punch")),
        Case("punch, gaussian, flux", _of(_GAUSS, _FLUX, readout="punch"), "flux"),
        Case("off the axis, gaussian, r = 2R", _of(_GAUSS, _CONC), at=2.0),
        Case("off the axis, disc, r = 2R", _of(_DISC, _CONC), at=2.0),
    ]


def _under_the_tip() -> list[Case]:
    return [
        Case("contact, perfect", _of(_DISC, Contact()), quick=True),
        Case("contact, κR/D = 1", _of(_DISC, Contact(1.0))),
        Case("contact, perfect, punch", _of(_DISC, Contact(), readout="punch")),
        Case("contact, perfect, film with blocking back", _of(_DISC, Contact(), Film(1.0))),
        Case("contact, perfect, film with permeable back", _of(_DISC, Contact(), _LEAKY)),
        Case("contact, perfect, D 10:1", _of(_DISC, Contact(), diffusivity=(10.0, 1.0))),
        Case(
            "blocking tip, potential on the surface, λ = 0.1 R",
            _of(_GAUSS, BlockingTip(0.1, 1.0)),
            "volt",
            quick=True,
        ),
        Case(
            "blocking tip, potential under the contact, λ = 0.1 R",
            _of(_DISC, BlockingTip(0.1, 1.0, "contact")),
            "volt",
        ),
    ]


def _layered_and_si() -> list[Case]:
    film = (100e9, 0.3)
    si = Material(7e-15, 1.17e-6, 0.3, ocv_slope=-2e-5, charge=1)
    return [
        Case(
            "film on a soft substrate",
            _of(_GAUSS, _CONC, Film(0.5), elastic=Layered(film, (30e9, 0.2))),
            quick=True,
        ),
        Case(
            "film on a stiff substrate, disc",
            _of(_DISC, _CONC, Film(0.5), elastic=Layered(film, (300e9, 0.2))),
        ),
        Case(
            "film on a rigid base",
            _of(_GAUSS, _FLUX, Film(0.5), elastic=Layered(film, inf)),
            "flux",
        ),
        Case(
            "film on a soft layer on a substrate",
            _of(_GAUSS, _CONC, _THIN, elastic=Layered(film, (170e9, 0.28), [(0.2, 1e9, 0.4)])),
        ),
        Case("SI units, per volt", Experiment(si, GaussianTip(2e-8)), "volt"),
        Case("SI units, per ampere", Experiment(si, DiscTip(2e-8), interface=_FLUX), "ampere"),
    ]

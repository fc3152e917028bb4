"""Ions that an experiment moves: how many, and what flows through the surface."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import depth, hankel
from vegard.contacts import BlockingTip, Contact
from vegard.current import contact_current
from vegard.experiment import Experiment
from vegard.galerkin import PERFECT, Basis
from vegard.interfaces import FixedConcentration, FixedFlux
from vegard.material import FARADAY
from vegard.spectra import Wave
from vegard.tips import DiscTip
from vegard.transfer import amplitude, groups

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_FAR = 1e13  # times the last scale to which an integral over k goes


def moved(e: Experiment, frequency: Real, per: str) -> tuple[Any, Any]:
    """Ions in excess in the sample, and their flow through the surface.

    Parameters
    ----------
    e : Experiment
    frequency : ndarray
        Frequencies [Hz].
    per : str
        Unit of the drive.

    Returns
    -------
    amount : ndarray
        ∫δC dV [mol per unit drive], complex; under a blocking tip on the whole surface, whose
        net amount is zero, that at r < R. Shape of ``frequency``.
    flow : ndarray or None
        Net flow into the sample [mol/s per unit drive], complex; None if no ion passes.
    """
    scale = amplitude(e, per)
    e.interface.fits(e.tip, e.geometry, e.material)
    s = np.asarray(2j * pi * frequency.ravel(), complex)
    if isinstance(e.interface, BlockingTip):
        amount = _layer(e, s) if e.interface.extent == "contact" else _under(e, s)
        return (scale * amount).reshape(frequency.shape), None
    zero, column = np.zeros(1), s[:, None]
    q = e.interface.wavenumber(zero, column, e.material)
    admittance, profile = e.geometry.transport(q, e.material)
    if isinstance(e.interface, Contact):
        flow = np.ravel(contact_current(e, frequency, per=per).values)
        if per == "volt":
            flow = flow / (e.material.charge * FARADAY)
    else:
        surface = e.interface.surface(admittance, zero, column, e.material)
        flow = scale * e.tip.area * np.ravel(admittance * surface)
    stored = depth.overlap(profile, zero, (depth.Term(1.0),)) / admittance
    return (flow * stored.ravel()).reshape(frequency.shape), flow.reshape(frequency.shape)


def _layer(e: Experiment, s: Complex) -> Complex:
    """Ions of the diffuse layer under a blocking contact, the charge of the tip over Q²."""
    load = Basis(PERFECT, 1).load[0]  # of all functions the first alone has a net charge
    q = e.interface.wavenumber(np.zeros(1), s[:, None], e.material)[:, 0]
    out = np.empty(s.shape, complex)
    for group in groups(s):
        (source,) = e.interface.sources(s[group], e.tip, e.geometry, e.material)
        out[group] = 2 * pi * e.tip.radius**2 * load * source.strengths[0, :, 0] / q[group] ** 2
    return out


def _under(e: Experiment, s: Complex) -> Complex:
    r"""Ions at r < R, R∫Ĉ₀J₁(kR)∫e^{-Qz}dz dk."""
    radius, m = e.tip.radius, e.material
    columns = ((e.tip.footprint(), (Wave(1.0, 1),)),)
    out = np.empty(s.shape, complex)
    for group in groups(s):
        size = np.abs(s[group])
        low = max(e.interface.onset(size.min(), m) * radius, 1e-18)
        high = max(1.0, *(k * radius for k in e.interface.scales(size.max(), m))) * _FAR
        k, weights = hankel.rule(columns, (None,), low, high)
        k = k / radius
        q = e.interface.wavenumber(k, s[group, None], m)
        surface = e.interface.surface(m.diffusivity_normal * q, k, s[group, None], m)
        out[group] = (surface / q * 2 * pi * radius / k) @ weights[0, 0]
    return out


def words(e: Experiment) -> list[str]:
    """What the amount and the flow of an interface are, where that is not plain."""
    out = []
    if isinstance(e.interface, BlockingTip):
        where = (
            "in the diffuse layer under the tip" if e.interface.extent == "contact"
            else "at r < R, since the net amount is zero"
        )  # fmt: skip
        out.append(
            f"A blocking tip passes no ions: there is no current of ions (what charges the diffuse "
            f"layer is a displacement current), and ions are counted {where}."
        )
    elif not isinstance(e.interface, Contact | FixedFlux):
        own = "less than the tip's own"
        if isinstance(e.interface, FixedConcentration) and isinstance(e.tip, DiscTip):
            own += ", which is infinite at the rim of a disc of fixed concentration"
        out.append(
            "The current is the net one through the whole surface: what enters under the tip less "
            f"what leaves outside it, {own}. For what an ammeter at the tip reads use "
            "interface=Contact(rate)."
        )
    if not e.geometry.keeps_ions():
        out.append("Ions also leave through the back: the current is not iω times the charge.")
    return out

"""Displacement is charge: how ESM and impedance of one sample belong together."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.cell import Cell
from vegard.classical.simulate import eis
from vegard.current import contact_impedance
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.material import FARADAY
from vegard.response import checked_frequency, frequency_response
from vegard.result import Axis, Response


def strain_of_charge(cell: Cell, frequency: ArrayLike) -> Response:
    r"""Displacement of a film's surface per volt, from its impedance alone.

    Parameters
    ----------
    cell : Cell
        A planar film with a blocking back, clamped below; its material has β and ν.
    frequency : array_like
        Frequencies [Hz], > 0.

    Returns
    -------
    Response
        Displacement [m/V], shape frequency.shape.

    Raises
    ------
    VegardError
        For particles and permeable backs, where charge and swelling part.

    Notes
    -----
    .. math:: u = \beta\,\frac{1+\nu}{1-\nu}\,\frac{I_F}{i\omega\,zFA},\qquad
        I_F = \frac{V_F}{R_{ct}+Z_W}

    V_F is what the series resistance leaves; a double layer carries no ions. Exact for a film much
    wider than thick on a rigid base; under a contact see `bridge_ratio`.
    tests/classical/test_bridge.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> u = vg.classical.strain_of_charge(vg.Cell(lmo, length=200e-9, area=1e-4), 1e-3)
    >>> f"{u.amplitude * 1e9:.1f} nm/V"  # the whole film breathes
    '10.1 nm/V'
    """
    if not isinstance(cell, Cell) or cell.shape != "planar" or cell.permeable:
        raise VegardError(
            "strain_of_charge needs a planar vegard.Cell with a blocking back: elsewhere the "
            "surface does not rise by the charge."
        )
    f = checked_frequency(frequency)
    m = cell.material
    beta, nu = m.vegard_pair, float(m.need("poisson"))
    factor = beta[1] + 2 * nu * beta[0] / (1 - nu)
    whole = eis(cell, f)
    z = np.asarray(whole.values)
    inner = z - cell.series_resistance
    faradaic = 1 / (1 / inner - 2j * pi * f * cell.double_layer)
    charge = inner / z / faradaic / (2j * pi * f)
    u: Any = factor * charge / (m.charge * FARADAY * cell.area)
    spread = np.abs(u) * np.asarray(whole.error) / np.abs(z) * 4
    inputs = {"verb": "strain_of_charge", "cell": cell}
    return Response(u[()], spread[()], "m/V", (Axis("frequency", "Hz", f),), inputs)


def bridge_ratio(experiment: Experiment, frequency: ArrayLike) -> NDArray[np.complex128]:
    r"""How far displacement is from charge under a contact.

    Parameters
    ----------
    experiment : Experiment
        With ``interface=Contact(...)``.
    frequency : array_like
        Frequencies [Hz], > 0.

    Returns
    -------
    ndarray
        u over 2(1+ν)β Q/(zFπR²) [–], complex: 1 where all ions lie in a layer under the tip that is
        thin against R, less where they have spread.

    Notes
    -----
    Q = I/(iω). Ions that have spread beyond R lift the tip less: at low frequency the ratio falls
    like σ² ln(1/σ), σ² = ωR²/D.

    Examples
    --------
    >>> import vegard as vg
    >>> m = vg.Material(1.0, 1.0, 0.3, ocv_slope=-1.0)
    >>> e = vg.Experiment(m, vg.DiscTip(1.0), interface=vg.Contact())
    >>> abs(vg.classical.bridge_ratio(e, [1e5, 1e-3])).round(3).tolist()
    [0.998, 0.005]
    """
    f = checked_frequency(frequency)
    m, radius = experiment.material, experiment.tip.radius
    charge = 1 / np.asarray(contact_impedance(experiment, f).values) / (2j * pi * f)
    u = np.asarray(frequency_response(experiment, f).values)
    nu, beta = float(m.need("poisson")), m.vegard_pair
    thin = (beta[1] + (1 + 2 * nu) * beta[0]) * charge / (m.charge * FARADAY * pi * radius**2)
    return np.asarray(u / thin)

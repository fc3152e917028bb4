r"""Ions that migrate in the tip's field but cannot leave: linear Nernst-Planck-Poisson.

One mobile ion on an immobile background, Debye length λ, p = s/D,
:math:`Q^2 = k^2 + \lambda^{-2} + p`; the concentration decays as :math:`e^{-Qz}`. No ion passes the
surface. For a surface potential V̂(k)

.. math:: \hat C_0 = -\frac{zFC_b}{R_gT}\,\frac{k\,(1+\lambda^2p)}{k + Q\lambda^2p}\,\hat V,\qquad
          Y_{el} = \varepsilon\,\frac{kQ\,(1+\lambda^2p)}{k + Q\lambda^2p}

(:math:`Y_{el}` the surface charge per potential; after Morozovska, Eliseev and Kalinin, J. Appl.
Phys. 111, 014114 (2012)). Only array-API operations.
"""

from __future__ import annotations

from typing import Any


def surface_concentration(k: Any, Q: Any, p: Any, debye_length: float) -> Any:
    """Ĉ₀ per (-zFC_b/R_gT) V̂ at wavenumber k [rad/m], p = s/D [1/m²]."""
    x = debye_length * debye_length * p
    return k * (1 + x) / (k + Q * x)


def elastance(k: Any, Q: Any, p: Any, debye_length: float) -> Any:
    """kε/Y_el: 1 where the sample is a dielectric, k/Q where the ions screen at rest."""
    x = debye_length * debye_length * p
    return (k + Q * x) / (Q * (1 + x))

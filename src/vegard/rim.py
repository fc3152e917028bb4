r"""Perfect contact on a half-space where the diffusion length is far below the radius.

With the concentration 1 under the contact r < 1, what leaks out past its rim is that of a half
plane, bent. :math:`F = \sqrt r\,C` obeys

.. math:: F_{xx} + F_{zz} - (\sigma^2 - \tfrac14)\,F = O(x F),\qquad r = 1 + x,

so that the straight rim, solved by Wiener and Hopf for the data :math:`F = e^{\alpha x}`, x < 0,

.. math:: E(w) = \int_0^\infty F e^{-wx}\,dx
          = \frac{1}{w-\alpha}\Big[1 - \sqrt{\frac{\sigma+\alpha}{\sigma+w}}\Big],

serves with :math:`\tilde\sigma^2 = \sigma^2 - \frac14` and the data :math:`\sqrt{1+x}` up to x².
The same substitution gives its Hankel transform: :math:`\sqrt r J_0(kr)` is a sine and a cosine of
:math:`\tilde k x`, :math:`\tilde k^2 = k^2 + \frac14`. What is left out is of relative order σ⁻⁴
(tests/test_contacts.py). Only array-API operations.
"""

from __future__ import annotations

from typing import Any


def spread(k: Any, sigma: Any) -> tuple[Any, Any]:
    """Factors of the two parts of the surface concentration's spectrum.

    Parameters
    ----------
    k : array
        Wavenumber [1/R].
    sigma : array
        σ = R√(s/D_r) [–], Re σ > 0, |σ| ≫ 1; broadcast against k.

    Returns
    -------
    disc, ring : arrays
        Ĉ₀ = 2πR² c [disc · J₁(k)/k + ring · J₀(k)].
    """
    xp = sigma.__array_namespace__()
    inner = xp.sqrt(sigma * sigma - 0.25)
    outer = xp.sqrt(k * k + 0.25)
    near, far = _tail(-1j * outer, inner), _tail(1j * outer, inner)
    cosine, sine = (near + far) / 2, (near - far) / (2j * outer)
    return 1 - k * k * sine, cosine + sine / 2


def _tail(w: Any, sigma: Any) -> Any:
    """E(w) for the data √(1+x) ≈ 1 + x/2 - x²/8."""
    xp = sigma.__array_namespace__()
    t = 1 / xp.sqrt(1 + w / sigma)
    x = t / (sigma * (1 + t))
    # the data 1, x and x²/2, from powers of α; each free of cancellation
    return x * t - x * x * t / 4 - x * x * x * (1 + 3 * t) / 32

"""Transport, kinetics and elastic kernels: formulas typed again, limits, other array libraries."""

from __future__ import annotations

import array_api_strict as xp
import mpmath as mp
import numpy as np
import pytest

from vegard import diffusion, elasticity, kinetics


@pytest.mark.parametrize("x", [1e-9, 1e-4, 0.4, 0.6, 3 + 3j, 300 + 300j, 1e-3 + 1e-3j])
@pytest.mark.parametrize("permeable", [False, True])
def test_admittance(x, permeable):
    """Y = D q tanh qh, D q coth qh."""
    h, normal = 0.5, 3.0
    q = np.array([x / h], complex)
    y, _ = diffusion.film(q, normal, h, permeable)
    t = complex(mp.tanh(mp.mpc(x)))
    reference = normal * q[0] * (1 / t if permeable else t)
    assert abs(y[0] - reference) < 1e-14 * abs(reference)


def test_wavenumber():
    """D_z q² = D_r k² + s, Re q > 0."""
    k, s = np.array([0.1, 3.0]), np.array([[2j], [-5 + 1j]])
    q = diffusion.wavenumber(k, s, 2.0, 7.0)
    assert np.allclose(7.0 * q**2, 2.0 * k**2 + s, rtol=1e-14)
    assert (q.real > 0).all()


def test_kinetics_joins_both_ends():
    """κ/(κ + Y): flux κ/Y for slow, 1 for fast exchange."""
    y = np.array([1 + 1j])
    assert kinetics.surface_fraction(y, np.inf)[0] == 1
    assert kinetics.surface_fraction(y, 1e-12)[0] == pytest.approx(1e-12 / y[0], rel=1e-11)
    assert kinetics.surface_fraction(y, 1e12)[0] == pytest.approx(1, rel=1e-11)


def test_uplift_of_buried_point():
    r"""Real space: u = (1/2π)[2(1+ν)β₁₁ z/r³ + 3(β₃₃-β₁₁) z³/r⁵] for a unit amount at depth z."""
    b11, b33, nu, z, rho = 0.4, 1.3, 0.27, 0.8, 0.6
    mp.mp.dps = 20

    def kernel(k):
        flat, bent = elasticity.half_space_uplift(k, (b11, b33), nu)
        return (flat.coefficient + bent.coefficient * z) * mp.exp(-k * z)

    hankel = mp.quad(lambda k: kernel(k) * mp.besselj(0, k * rho) * k, [0, 5, 20, 60]) / (2 * mp.pi)
    r = (rho**2 + z**2) ** 0.5
    direct = (2 * (1 + nu) * b11 * z / r**3 + 3 * (b33 - b11) * z**3 / r**5) / (2 * np.pi)
    assert float(hankel) == pytest.approx(direct, rel=1e-12)


def test_isotropic_weight_is_one_term():
    terms = elasticity.half_space_uplift(np.ones(3), (2.0, 2.0), 0.3)
    assert len(terms) == 1
    assert terms[0].coefficient == pytest.approx(2 * 1.3 * 2.0)


def test_other_array_libraries_pass():
    """diffusion, elasticity and kinetics touch nothing beyond the array API."""
    k = xp.asarray([0.5, 2.0])
    s = xp.asarray([[1j], [1e-3j]])
    q = diffusion.wavenumber(k, s, 2.0, 1.0)
    for permeable in (False, True):
        y, profile = diffusion.film(q, 1.0, 0.3, permeable)
        there = kinetics.surface_fraction(y, 2.0)
        y_np, _ = diffusion.film(np.asarray(q), 1.0, 0.3, permeable)
        assert np.allclose(np.asarray(there), 2 / (2 + y_np), rtol=1e-14)
        assert profile.fade is not None
    assert elasticity.half_space_uplift(k, (1.0, 2.0), 0.3)[1].coefficient.shape == (2,)


def test_diffusion_length():
    """field.md: √(2D/ω) = 17.8 nm at 1 Hz for D = 1e-15 m²/s."""
    assert 2**0.5 * diffusion.length(1e-15, 1.0) == pytest.approx(17.8e-9, rel=3e-3)

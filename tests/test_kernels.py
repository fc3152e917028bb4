"""Transport, kinetics and elastic kernels: formulas typed again, limits, other array libraries."""

from __future__ import annotations

import math

import array_api_strict as xp
import mpmath as mp
import numpy as np
import pytest
from scipy import special

import vegard as vg
from vegard import diffusion, elasticity, kinetics
from vegard.elastic import COMPONENTS, Uniform


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


def boussinesq(x, y, z, nu):
    """Stress at (x, y, z) under a unit force along z on the surface z = 0 of a half-space.

    K. L. Johnson, Contact Mechanics, Cambridge University Press (1985), section 3.2.
    """
    rho, r2 = math.sqrt(x * x + y * y + z * z), x * x + y * y
    a, g = 1 - z / rho, (1 - 2 * nu) / r2
    xx = g * (a * (x * x - y * y) / r2 + z * y * y / rho**3) - 3 * z * x * x / rho**5
    yy = g * (a * (y * y - x * x) / r2 + z * x * x / rho**3) - 3 * z * y * y / rho**5
    xy = g * (2 * a * x * y / r2 - x * y * z / rho**3) - 3 * x * y * z / rho**5
    xz, yz, zz = (-3 * q * z * z / rho**5 for q in (x, y, z))
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) / (2 * math.pi)


def cerruti(x, y, z, nu):
    """The same under a unit force along x (section 3.6 there)."""
    rho, g = math.sqrt(x * x + y * y + z * z), 1 - 2 * nu
    s = rho + z
    far, near = 1 / (rho**3 * s**2), 2 / (rho**2 * s**3)
    xx = x / rho**3 - 3 * x / (rho * s**2) + x**3 * (far + near)
    yy = x / rho**3 - x / (rho * s**2) + x * y * y * (far + near)
    xy = -y / (rho * s**2) + x * x * y * (far + near)
    swell = np.array([[xx, xy, 0], [xy, yy, 0], [0, 0, 0]])
    point = np.array([x, y, z])
    return (g * swell - 3 * x * np.outer(point, point) / rho**5) / (2 * math.pi)


@pytest.mark.parametrize("seed", range(8))
def test_any_tensor_by_reciprocity(seed):
    """A unit amount below the origin moves the surface by β : stress under a unit force there.

    All harmonics of all components against the closed forms of Boussinesq and Cerruti.
    """
    rng = np.random.default_rng(seed)
    beta = rng.normal(size=(3, 3))
    beta = beta + beta.T
    nu, z, r, theta = rng.uniform([-0.5, 0.4, 0.1, -3], [0.5, 1.2, 2.5, 3])
    x, y = r * math.cos(theta), r * math.sin(theta)
    # the amount seen from the point; a force along y is one along x in axes with x and y exchanged
    swap = [1, 0, 2]
    along_y = cerruti(-y, -x, z, nu)[np.ix_(swap, swap)]
    forces = -boussinesq(-x, -y, z, nu), cerruti(-x, -y, z, nu), along_y
    nodes, weights = np.polynomial.legendre.leggauss(600)
    k, w = 25 / z * (nodes + 1), 25 / z * weights  # e^{-kz} < 2e-22 beyond
    found = Uniform().weights(k, vg.Material(1.0, beta, nu), math.inf)
    for component, stress in zip(COMPONENTS, forces, strict=True):
        u = 0.0
        for h in found[component]:
            at_depth = sum(t.coefficient * z**t.power for t in h.terms) * np.exp(-k * z)
            u += h.factor(theta) * (w * k * at_depth * special.jv(h.order, k * r)).sum()
        # rounding of the sum over k against its largest parts
        assert u / (2 * math.pi) == pytest.approx((beta * stress).sum(), rel=1e-11, abs=1e-12)


def test_simple_tensors_cost_nothing_more():
    """One harmonic for an axisymmetric β, one term for an isotropic one, given in any form."""
    k = np.ones(3)
    turned = vg.Material(1.0, (1.0, 2.0), 0.3).rotated((0.7, 0.0, 0.2))  # about its own axis
    for beta, terms in ((2.0, 1), (np.eye(3), 1), ((1.0, 2.0), 2), (turned.vegard, 2)):
        found = Uniform().weights(k, vg.Material(1.0, beta, 0.3), math.inf)
        assert [h.order for c in COMPONENTS for h in found[c]] == [0, 1, 1]
        assert {len(h.terms) for c in COMPONENTS for h in found[c]} == {terms}


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
    for found in (elasticity.half_space_stretch(k, 0.3), elasticity.half_space_tilt(k)):
        assert all(terms[-1].coefficient.shape == (2,) for terms in found)


def test_diffusion_length():
    """√(2D/ω) = 17.8 nm at 1 Hz for D = 1e-15 m²/s."""
    assert 2**0.5 * diffusion.length(1e-15, 1.0) == pytest.approx(17.8e-9, rel=3e-3)

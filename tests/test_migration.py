"""Linear Nernst-Planck-Poisson in one wavenumber, solved anew as a boundary value problem."""

from __future__ import annotations

import numpy as np
import pytest

from vegard import migration

K = [1e-3, 0.2, 1.0, 30.0]
S = [0.0, 1e-3j, 1j, 300j, -5 + 7j]


def solved(k, p, length):
    """Surface concentration and charge per potential, in units of zFC_b/R_gT and ε.

    C = A e^{-Qz}, φ = B e^{-kz} + b e^{-Qz}. Poisson with ε = λ²(zF)²C_b/R_gT: φ'' - k²φ = -C/λ²
    (C and φ in thermal units), so b (Q² - k²) = -A/λ². No flux at z = 0: C' + φ' = 0.
    """
    q = np.sqrt(k * k + 1 / length**2 + p)
    b = -1 / length**2 / (q * q - k * k)  # per A
    # unknowns A, B: φ(0) = 1 and no flux
    matrix = np.array([[b, 1.0], [-q - q * b, -k]])
    a, outer = np.linalg.solve(matrix, [1.0, 0.0])
    charge = k * outer + q * b * a  # -φ'(0)
    return a, charge


@pytest.mark.parametrize("k", K)
@pytest.mark.parametrize("p", S)
@pytest.mark.parametrize("length", [0.01, 1.0])
def test_boundary_value_problem(k, p, length):
    q = np.sqrt(k * k + 1 / length**2 + p)
    concentration, charge = solved(k, p, length)
    # rel 1e-9: the 2 × 2 system cancels where λ is small
    assert -migration.surface_concentration(k, q, p, length) == pytest.approx(
        concentration, rel=1e-9
    )
    assert k / migration.elastance(k, q, p, length) == pytest.approx(charge, rel=1e-9)


@pytest.mark.parametrize("p", [0.3j, 20.0 + 5j])
def test_balance_of_ions(p):
    """p C = C'' - k²C + φ'' - k²φ: what the profile assumes, with (∇²φ) = -C/λ²."""
    k, length = 0.8, 0.3
    q2 = k * k + 1 / length**2 + p
    assert p == pytest.approx(q2 - k * k - 1 / length**2, rel=1e-12)


def test_limits():
    k, length = np.array([0.1, 1.0, 10.0]), 0.2
    rest = np.sqrt(k * k + 1 / length**2)
    # at rest the ions follow Boltzmann, C = -zFC_b V/R_gT, and the surface is a screened capacitor
    assert np.allclose(migration.surface_concentration(k, rest, 0.0, length), 1, rtol=1e-15)
    assert np.allclose(migration.elastance(k, rest, 0.0, length), k / rest, rtol=1e-15)
    # far above the relaxation the sample is a dielectric
    p = 1e9j
    q = np.sqrt(k * k + 1 / length**2 + p)
    assert np.allclose(migration.elastance(k, q, p, length), 1, rtol=1e-3)


def test_elastance_is_that_of_diffusion_divided():
    """kε/Y_el - 1 = (k/Q - 1)/(1 + λ²p)."""
    k, p, length = np.geomspace(1e-4, 1e4, 30), 3 + 2j, 0.7
    q = np.sqrt(k * k + 1 / length**2 + p)
    left = migration.elastance(k, q, p, length) - 1
    assert np.allclose(left, (k / q - 1) / (1 + length**2 * p), rtol=1e-6, atol=1e-15)

"""Stress in layers against a brute-force solution, the forward problem, closed forms and limits."""

from __future__ import annotations

from math import inf

import mpmath as mp
import numpy as np
import pytest

from vegard import layers

RIGID = (inf, inf, 0.0)


def stresses(load, K, h, nu, z):
    """σ_zz, σ_∥, σ_⊥, σ_∥z at depth z under one load, from (A, B, C, D)."""
    a, b, c, d = load
    xi, eta = K * z, K * (h - z)
    e, g = np.exp(-xi), np.exp(-eta)
    f = (a + b * xi) * e + (c + d * eta) * g
    bend = (a - 2 * b + b * xi) * e + (c - 2 * d + d * eta) * g
    slope = (b - a - b * xi) * e + (c - d + d * eta) * g
    return f, -bend, nu * (f - bend), -slope


def rows(K, thickness, z):
    """(f, f', f'', f''') of each function at depth z; nothing grows downwards in a half-space."""
    xi = K * z
    e = mp.exp(-xi)
    out = [(e, -e, e, -e), (xi * e, (1 - xi) * e, (xi - 2) * e, (3 - xi) * e)]
    if thickness != inf:
        eta = K * (thickness - z)
        g = mp.exp(-eta)
        out += [(g, g, g, g), (eta * g, (eta - 1) * g, (eta - 2) * g, (eta - 3) * g)]
    return out


def state(row, young, nu):
    """Tractions, and displacements by Hooke's law in plane strain: u_∥, u_z times K."""
    f, f1, f2, f3 = row
    twice = young / (1 + nu)
    return f, f1, (-(1 - nu) * f2 - nu * f) / twice, (-(1 - nu) * f3 + (2 - nu) * f1) / twice


def brute(K, stack, tractions):
    """(A, B, C, D) of the top layer from one linear system for all layers, 50 digits."""
    with mp.workdps(50):
        K = mp.mpf(K)
        solid = [tuple(map(mp.mpf, s)) for s in stack if s[1] != inf]
        size = sum(2 if s[0] == mp.inf else 4 for s in solid)
        matrix, right = mp.zeros(size, size), mp.zeros(size, 1)
        right[0], right[1] = tractions
        row, column = 0, 0
        for i, (d, young, nu) in enumerate(solid):
            top = [state(r, young, nu) for r in rows(K, d, mp.mpf(0))]
            for q in range(2 if i == 0 else 4):
                for j, s in enumerate(top):
                    matrix[row + q, column + j] = s[q] if i == 0 else -s[q]
            row += 2 if i == 0 else 4
            if d != mp.inf:
                bottom = [state(r, young, nu) for r in rows(K, d, d)]
                last = i == len(solid) - 1
                for q in range(2 if last else 4):
                    for j, s in enumerate(bottom):
                        matrix[row + q, column + j] = s[q + 2 * last]
            column += len(top)
        found = mp.lu_solve(matrix, right)
        return [found[j] for j in range(4)]


def random_stack(rng, decades):
    def modulus():
        return 10 ** rng.uniform(10 - decades / 2, 10 + decades / 2)

    def poisson():
        return float(rng.choice([0.5, rng.uniform(-0.3, 0.5)]))

    h = 10 ** rng.uniform(-9, -6)
    middle = [
        (h * 10 ** rng.uniform(-2, 2), modulus(), poisson()) for _ in range(rng.integers(0, 4))
    ]
    last = RIGID if rng.random() < 0.3 else (inf, modulus(), poisson())
    return ((h, modulus(), poisson()), *middle, last)


@pytest.mark.parametrize(("decades", "rtol"), [(0, 1e-14), (4, 2e-13), (8, 2e-11)])
def test_brute_force_linear_system(decades, rtol):
    # a stiff layer on a soft one bends: what a contrast m costs is of order m^(2/3) roundings
    rng = np.random.default_rng(1 + decades)
    for trial in range(24):
        stack = random_stack(rng, decades)
        x = 10 ** rng.uniform(-8, 4 if trial % 4 == 0 else 1.5)
        got = layers.loads(np.array([x / stack[0][0]]), stack)
        for name, tractions in (("normal", (1, 0)), ("tangential", (0, 1))):
            want = brute(x / stack[0][0], stack, tractions)
            scale = max(abs(v) for v in want)
            for a, b in zip(getattr(got, name)[:, 0], want, strict=True):
                assert abs(float(a - b)) <= rtol * scale, (stack, x, name)


def test_rigid_base_closed_form():
    # 2(1+ν){[(1-2ν)S²+2(1-ν)K²]cosh kz - [(3-4ν)SK - x]sinh kz}/{4(1-ν)²K² - (1-2ν)²S² + x²}
    for nu in (-0.5, 0.0, 0.3, 0.5):
        x = np.logspace(-8, 1.5, 60)
        got = layers.loads(x, ((1.0, 3.0, nu), RIGID)).normal
        for z in (0.0, 0.3, 1.0):
            szz, along, across, _ = stresses(got, x, 1.0, nu, z)
            S, C, t = np.sinh(x), np.cosh(x), x * z
            top = ((1 - 2 * nu) * S**2 + 2 * (1 - nu) * C**2) * np.cosh(t)
            top -= ((3 - 4 * nu) * S * C - x) * np.sinh(t)
            want = 2 * (1 + nu) * top / (4 * (1 - nu) ** 2 * C**2 - (1 - 2 * nu) ** 2 * S**2 + x**2)
            # the closed form cancels like e^{-2x}: only where it holds its digits
            some = t < 6
            np.testing.assert_allclose((szz + along + across)[some], want[some], rtol=1e-9)


def test_rigid_base_is_exact_where_the_closed_form_is():
    x = np.linspace(0.01, 1.0, 20)
    nu = 0.3
    szz, along, across, _ = stresses(
        layers.loads(x, ((1.0, 1.0, nu), RIGID)).normal, x, 1.0, nu, 0.4
    )
    e, c = np.exp(-2 * x), 3 - 4 * nu
    P, N = c * (1 + e * e) + 2 * e, c * (1 - e * e) - 4 * x * e
    want = (P + N) / 2 * np.exp(-0.4 * x) + (c * e + 1 + 2 * x) * np.exp(-1.6 * x)
    want *= 2 * (1 + nu)
    want /= c * (1 + e * e) + 2 * e * (4 * (1 - nu) ** 2 + (1 - 2 * nu) ** 2) + 4 * x * x * e
    np.testing.assert_allclose(szz + along + across, want, rtol=1e-14)


def test_equal_layers_are_the_half_space():
    K = np.logspace(-8, 4, 80)
    stack = ((1.0, 7.0, 0.2), (0.3, 7.0, 0.2), (5.0, 7.0, 0.2), (inf, 7.0, 0.2))
    got = layers.loads(K, stack)
    for z in (0.0, 0.2, 1.0):
        t = K * z
        decay = np.exp(-t)
        normal = stresses(got.normal, K, 1.0, 0.2, z)
        for a, b in zip(normal, (1 + t, 1 - t, 0.4, t), strict=True):
            np.testing.assert_allclose(a, b * decay, rtol=0, atol=5e-15)
        tangential = stresses(got.tangential, K, 1.0, 0.2, z)
        for a, b in zip(tangential, (t, 2 - t, 0.4, t - 1), strict=True):
            np.testing.assert_allclose(a, b * decay, rtol=0, atol=5e-15)
    np.testing.assert_allclose(got.antiplane[0], 1, rtol=1e-15)
    np.testing.assert_allclose(got.antiplane[2], 0, rtol=0, atol=1e-15)


def test_many_thin_layers_are_one_thick_layer():
    K = np.logspace(-4, 2, 40)
    one = layers.loads(K, ((1.0, 2.0, 0.3), (0.8, 30.0, 0.1), RIGID))
    many = layers.loads(K, ((1.0, 2.0, 0.3), *((0.008, 30.0, 0.1),) * 100, RIGID))
    for a, b in zip(one, many, strict=True):
        np.testing.assert_allclose(b, a, rtol=0, atol=2e-13 * np.abs(a).max())


def test_a_thick_layer_hides_what_is_below():
    K = np.logspace(-1, 3, 40)
    want = layers.loads(K, ((1.0, 2.0, 0.3), (inf, 30.0, 0.1)))
    for below in (RIGID, (inf, 1e-9, 0.5)):
        got = layers.loads(K, ((1.0, 2.0, 0.3), (400.0, 30.0, 0.1), below))
        for a, b in zip(want, got, strict=True):
            np.testing.assert_allclose(b, a, rtol=0, atol=3e-14 * np.abs(a).max())


def test_short_waves_see_the_film_alone():
    K = np.array([50.0, 1e3, 1e8, 1e150])
    for stack in (((1.0, 2.0, 0.3), RIGID), ((1.0, 2.0, 0.3), (1e-3, 1e9, 0.5), (inf, 1e-3, 0.0))):
        got = layers.loads(K, stack)
        np.testing.assert_allclose(got.normal[:2], 1, rtol=1e-14)
        np.testing.assert_allclose(got.tangential[:2], [[0] * 4, [1] * 4], rtol=0, atol=1e-14)
        assert np.isfinite(np.concatenate(got)).all()


@pytest.mark.parametrize("ratio", [1e-4, 0.3, 1.0, 50.0, 1e4])
def test_long_waves(ratio):
    # σ_∥ of a film thin against the wave: strain of the substrate's surface under the same load
    nu, below = 0.3, 0.1
    young = ratio * (1 + nu) / (1 + below)  # ratio = μ_f/μ_s
    got = layers.loads(np.array([1e-14]), ((1.0, young, nu), (inf, 1.0, below))).normal
    szz, along, _, shear = stresses(got, 1e-14, 1.0, nu, 0.5)
    assert szz[0] == pytest.approx(1, rel=1e-9)  # O(Kh × contrast)
    assert along[0] == pytest.approx((nu + (1 - 2 * below) * ratio) / (1 - nu), rel=1e-9)
    assert abs(shear[0]) < 1e-9


def test_compliance_of_a_layer_on_a_rigid_base():
    # bonded layer, κ = 3-4ν: (2κ sinh2x - 4x)/(2κ cosh2x + 4x² + 1 + κ²), e.g. Johnson,
    # Contact Mechanics, Cambridge University Press 1985
    x = np.logspace(-2, 2, 50)
    for nu in (0.0, 0.3, 0.5):
        k = 3 - 4 * nu
        want = (2 * k * np.sinh(2 * x) - 4 * x) / (2 * k * np.cosh(2 * x) + 4 * x**2 + 1 + k**2)
        got = layers.surface_compliance(x, ((1.0, 5.0, nu), RIGID))
        # ν = 1/2 leaves x³ of x: two powers of rounding
        np.testing.assert_allclose(got, want, rtol=1e-11 if nu == 0.5 else 1e-13)


def test_stoney():
    """A film on a plate that hardly anything bears bends it: κ = 6 E_f βC h (1-ν_s²)/(1-ν_f)E_s t².

    Stoney, Proc. R. Soc. Lond. A 82, 172 (1909), biaxial film, plate kept straight along the wave's
    crests.
    """
    thin, nu_f, nu_s = 1e-4, 0.2, 0.3
    K = np.array([0.02])
    stack = ((thin, 3.0, nu_f), (1.0, 1.0, nu_s), (inf, 1e-10, 0.3))
    z = np.linspace(0, thin, 5)
    szz, along, across, _ = stresses(layers.loads(K, stack).normal, K, thin, nu_f, z)
    uplift = np.trapezoid(szz + along + across, z)
    curvature = 6 * 3.0 / (1 - nu_f) * thin * (1 - nu_s**2)
    # bending against bearing (2·1e-10/K³·…), the film's own stiffness 12 h E_f/E_s, (Kt)²
    assert uplift * K[0] ** 2 == pytest.approx(curvature, rel=6e-3)


def collocation(n, a, b):
    """Chebyshev points on [a, b] and their differentiation matrix."""
    x = np.cos(np.pi * np.arange(n) / (n - 1))
    c = np.where((np.arange(n) == 0) | (np.arange(n) == n - 1), 2.0, 1.0) * (-1.0) ** np.arange(n)
    gap = x[:, None] - x + np.eye(n)
    d = np.outer(c, 1 / c) / gap
    d -= np.diag(d.sum(axis=1))
    return (a + b) / 2 + (b - a) / 2 * x, d * 2 / (b - a)  # from b down to a


def forward(K, slabs, beta, profile, n=28):
    """Surface displacement (u_∥, u_⊥, u_z) e^{ikx} of layers on a rigid base, swelling on top.

    Navier's equations by collocation: no reciprocity, no Airy function.
    """
    size = 3 * n * len(slabs)
    matrix, right = np.zeros((size, size), complex), np.zeros(size, complex)
    eye, top = np.eye(n), 0.0
    operators = []
    for i, (d, young, nu) in enumerate(slabs):
        z, D = collocation(n, top, top + d)
        top += d
        mu, lam = young / (2 * (1 + nu)), young * nu / ((1 + nu) * (1 - 2 * nu))
        zero = np.zeros((n, n))
        grad = {"x": 1j * K * eye, "y": zero, "z": D}
        displacement = {c: np.eye(3)[j] for j, c in enumerate("xyz")}

        def strain(p, q, grad=grad, displacement=displacement):
            return (np.kron(displacement[q], grad[p]) + np.kron(displacement[p], grad[q])) / 2

        trace = sum(strain(c, c) for c in "xyz")
        C = profile(z) if i == 0 else np.zeros(n)
        swell = {(p, q): beta["xyz".index(p)]["xyz".index(q)] * C for p in "xyz" for q in "xyz"}
        swollen = sum(swell[c, c] for c in "xyz")

        def stress(p, q, mu=mu, lam=lam, trace=trace, strain=strain, swell=swell, swollen=swollen):
            same = lam * (p == q)
            return same * trace + 2 * mu * strain(p, q), same * swollen + 2 * mu * swell[p, q]

        place = slice(3 * n * i, 3 * n * (i + 1))
        for j, p in enumerate("xyz"):
            parts = [(grad[q], *stress(p, q)) for q in "xyz"]
            matrix[place, place][j * n : (j + 1) * n] = sum(g @ s for g, s, _ in parts)
            right[place][j * n : (j + 1) * n] = sum(g @ f for g, _, f in parts)
        operators.append((place, stress))
    for i, (place, stress) in enumerate(
        operators
    ):  # first row of a block is its bottom, last its top
        for j, p in enumerate("xyz"):
            bottom, surface = place.start + j * n, place.start + j * n + n - 1
            pull, free = stress(p, "z")
            matrix[surface], matrix[bottom] = 0, 0
            matrix[surface, place], right[surface] = pull[n - 1], free[n - 1]
            if i:  # tractions meet
                before, other = operators[i - 1]
                push, held = other(p, "z")
                matrix[surface, before] -= push[0]
                right[surface] -= held[0]
            matrix[bottom, bottom] = 1  # displacements meet, or are held by the rigid base
            right[bottom] = 0
            if i < len(operators) - 1:
                matrix[bottom, operators[i + 1][0].start + j * n + n - 1] = -1
    found = np.linalg.solve(matrix, right)
    return found[n - 1], found[2 * n - 1], found[3 * n - 1]


@pytest.mark.parametrize("K", [0.05, 1.0, 4.0])
def test_reciprocity_against_the_forward_problem(K):
    """Every component of β, by swelling the film instead of loading its surface."""
    slabs = [(1.0, 1.0, 0.3), (0.7, 5.0, 0.1), (1.2, 0.2, 0.4)]
    z, w = np.polynomial.legendre.leggauss(40)
    z, w = (z + 1) / 2, w / 2

    def profile(z):
        return np.exp(-1.7 * z) + 0.3 * np.cos(2 * z)

    got = layers.loads(np.array([K]), (*slabs, RIGID))
    weight = w * profile(z)
    fields = [np.array(stresses(load, K, 1.0, 0.3, z)) @ weight for load in got[:2]]
    (zz, along, across, shear), (t_zz, t_along, t_across, t_shear) = fields
    a, _, c, _ = got.antiplane[:, 0]
    down, up = a * np.exp(-K * z) @ weight, c * np.exp(-K * (1 - z)) @ weight
    for p, q in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)):
        beta = np.zeros((3, 3))
        beta[p, q] = beta[q, p] = 1
        ux, uy, uz = forward(K, slabs, beta, profile)
        uplift = beta[2, 2] * zz + beta[0, 0] * along + beta[1, 1] * across
        lateral = beta[2, 2] * t_zz + beta[0, 0] * t_along + beta[1, 1] * t_across
        want_x = -1j * lateral + 2 * beta[0, 2] * t_shear
        want_y = -2j * beta[0, 1] * (down + up) - 2 * beta[1, 2] * (down - up)
        want_z = uplift + 2j * beta[0, 2] * shear
        # collocation loses n⁴ roundings
        np.testing.assert_allclose([ux, uy, -uz], [want_x, want_y, want_z], rtol=0, atol=2e-9)

"""The mixed problem against integral equations that share nothing with the library's expansion.

The flux under the contact is written as f̂(k) = 4 ∫₀¹ φ(t) cos kt dt (Copson; Noble), which leaves
no flux outside; the condition under the contact becomes, in units R = D = c = 1,

    φ(u) + (1/π)∫₀¹ φ(t)[M(u - t) + M(u + t)]dt - (1/(πBi)) f.p.∫₋₁¹ φ(t)/(t - u)² dt = 1,

M(y) = ∫₀^∞ (k/Y - 1) cos ky dk: Fredholm's equation for a perfect contact (Legendre series) and
Prandtl's equation of the lifting line for a finite rate (sine series in arccos t).
"""

from __future__ import annotations

from functools import cache
from math import inf, pi

import numpy as np
import pytest
from scipy import integrate, special

import vegard as vg
from vegard import galerkin
from vegard.transfer import transfer

# ---------------------------------------------------------------- the independent solver


def panels(edges, n):
    """Gauss-Legendre nodes and weights on panels."""
    x, w = np.polynomial.legendre.leggauss(n)
    half = np.diff(edges)[:, None] / 2
    return (np.asarray(edges)[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()


def graded(a, b, to, n=30, depth=44):
    """The same on panels halved towards one end."""
    steps = np.concatenate([[0], 2.0 ** -np.arange(depth, -1, -1)])
    return panels(a + (b - a) * steps if to == a else (b - (b - a) * steps)[::-1], n)


def shielded(x):
    """K₁(x)/x - 1/x²."""
    x = np.asarray(x, complex)
    near = np.abs(x) < 1
    z, y = x[near] / 2, x[~near]
    out = np.empty_like(x)
    out[near] = sum(
        z ** (2 * n)
        / (special.factorial(n) * special.factorial(n + 1))
        * (np.log(z) / 2 - (special.psi(n + 1) + special.psi(n + 2)) / 4)
        for n in range(12)
    )
    out[~near] = special.kv(1, y) / y - 1 / y**2
    return out


def memory(y, sigma):
    """M(y) of a half-space: -σ ∫₀^{π/2} cos θ e^{-σy cos θ} dθ."""
    theta, w = panels([0, pi / 2], int(60 + 2 * abs(sigma)))
    return -sigma * (np.exp(-sigma * y[:, None] * np.cos(theta)) @ (w * np.cos(theta)))


class Dual:
    """Contact of radius 1 on a half-space or film; ``gain`` multiplies k/Y - 1."""

    def __init__(self, sigma, biot=inf, h=inf, back="blocking", n=None, gain=1.0):
        self.sigma, self.biot, self.h = complex(sigma), biot, h
        self.sign = 1 if back == "blocking" else -1
        size = abs(sigma)
        self.n = n or (int(40 + size) if biot == inf else 160)
        # M is entire in y: Chebyshev series on [0, 2]
        coefficients = np.polynomial.chebyshev.chebinterpolate
        degree = int(60 + 3 * size)
        series = [
            coefficients(lambda y, part=part: getattr(memory(y + 1, self.sigma), part), degree)
            for part in ("real", "imag")
        ]
        series = series[0] + 1j * series[1]
        # θ = arccos t for the sine series, t itself for Legendre's
        end = 1.0 if biot == inf else pi / 2
        if biot == inf:
            points = panels([0, 1], self.n)[0]
        else:
            points = (np.arange(self.n) + 1) * pi / (2 * self.n + 1)
        x, w = panels([0, 1], self.n + 30)
        u = self.place(points)
        matrix = self.basis(points).astype(complex)
        for row, point, centre in zip(matrix, points, u, strict=True):
            at = np.concatenate([point * x, point + (end - point) * x])
            weight = np.concatenate([point * w, (end - point) * w]) * self.stretch(at)
            t = self.place(at)
            kernel = [
                np.polynomial.chebyshev.chebval(y - 1, series)
                for y in (np.abs(centre - t), centre + t)
            ]
            row += gain / pi * ((kernel[0] + kernel[1]) * weight) @ self.basis(at)
        if biot < inf:
            matrix += (
                (2 * np.arange(self.n) + 1) / biot * self.basis(points) / np.sin(points)[:, None]
            )
        self.points, weight = panels([0, end], 2 * self.n + 40)
        self.t, self.w = self.place(self.points), weight * self.stretch(self.points)
        if h < inf:
            k, kw, over = self.film()
            seen = (np.cos(k[:, None] * self.t) * self.w) @ self.basis(self.points)
            matrix += 2 / pi * (np.cos(u[:, None] * k) * (kw * over)) @ seen
        self.solution = np.linalg.solve(matrix, np.ones(self.n))

    def place(self, x):
        return x if self.biot == inf else np.cos(x)

    def stretch(self, x):
        return np.ones_like(x) if self.biot == inf else np.sin(x)

    def basis(self, x):
        if self.biot == inf:
            return np.polynomial.legendre.legvander(2 * x - 1, self.n - 1)
        return np.sin((2 * np.arange(self.n) + 1) * x[:, None])

    def phi(self, x):
        return self.basis(x) @ self.solution

    def film(self):
        """k, weights and k/Y of the film less that of the half-space."""
        low, top = 1e-3 * min(1.0, abs(self.sigma), 1 / self.h), 45 / self.h
        edges = [0.0, low]
        while edges[-1] < top:
            edges.append(min(2 * edges[-1], edges[-1] + 6, top))
        k, w = panels(edges, 16)
        q = np.sqrt(k * k + self.sigma**2)
        e = np.exp(-2 * q * self.h)
        return k, w, self.sign * 2 * e / (1 - self.sign * e) * k / q

    def spectrum(self, k):
        """A(k) = ∫ φ cos kt dt."""
        return (np.cos(k[:, None] * self.t) * self.w) @ self.phi(self.points)

    def beyond(self, read):
        """What the film adds to a displacement."""
        if self.h == inf:
            return 0.0
        k, w, over = self.film()
        h, sign = self.h, self.sign
        q = np.sqrt(k * k + self.sigma**2)
        e, d = np.exp(-2 * q * h), self.sigma**2 / (q + k) * h
        moment = (1 - np.exp(-(k + q) * h)) / (k + q) + sign * e * h * np.expm1(d) / d
        both = (k / q + over) * moment / (1 + sign * e) - k / (q * (k + q))
        return 2 / pi * np.sum(w * self.spectrum(k) * both * read(k))

    def flux(self):
        return 4 * self.w @ self.phi(self.points)

    def centre(self):
        """(2/π)∫ φ V, V(t) = ∫ k cos kt/(q(k+q)) dk = K₀(σt) + K₁(σt)/σt - 1/(σt)²."""
        if self.biot == inf:
            x, w = graded(0, 1, 0)
            t = x
        else:  # t = sin y and θ = π/2 - y
            y, w = graded(0, pi / 2, 0, depth=40)
            # one wide panel first: finer ones as the sines want them
            edges = np.concatenate([[0], np.geomspace(1e-12, 0.05, 40)])
            fine = np.linspace(0.05, pi / 2, 2 + self.n // 6)
            y, w = panels(np.concatenate([edges, fine[1:]]), 24)
            t, x, w = np.sin(y), pi / 2 - y, w * np.cos(y)
        z = self.sigma * t
        known = special.kv(0, z) + shielded(z)
        return 2 / pi * (w * self.phi(x)) @ known + self.beyond(np.ones_like)

    def punch(self):
        """The same with sin k/k = ∫₀¹ cos ku du."""
        if self.biot == inf:
            gap, w = graded(0, 1, 0)
            x = 1 - gap
        else:
            x, w = graded(0, pi / 2, 0, n=self.n + 20, depth=20)
            gap, w = 2 * np.sin(x / 2) ** 2, w * np.sin(x)
        near, far = (-y * shielded(self.sigma * y) for y in (gap, 2 - gap))
        return (w * self.phi(x)) @ (near + far) / pi + self.beyond(lambda k: np.sinc(k / pi))

    def at(self, r):
        """Perfect contact, point at r ≠ 1: J₀(kr) = (2/π)∫ cos(kr sin θ) dθ."""
        edge = np.arcsin(min(1.0, 1 / r))
        parts = [graded(0, edge, edge, 10, 18)] if r > 1 else [panels([0, edge / 2, edge], 20)]
        if r > 1:
            parts.append(graded(edge, pi / 2, edge, 10, 18))
        total = 0.0
        for theta, w in zip(*map(np.concatenate, zip(*parts, strict=True)), strict=True):
            v = r * np.sin(theta)
            pieces = [(0, v, v), (v, 1, v)] if v < 1 else [(0, 1, 1)]
            for a, b, to in pieces:
                t, wt = graded(a, b, to, 14, 34)
                z = self.sigma * np.array([np.maximum(np.abs(t - v), 1e-200), t + v])
                values = special.kv(0, z) + shielded(z)
                total += w * (wt * self.phi(t)) @ values.sum(axis=0) / pi
        return 2 / pi * total + self.beyond(lambda k: special.j0(k * r))


@cache
def extrapolated(sigma, biot, h=inf, back="blocking", sizes=(113, 160)):
    """Flux, centre and punch at a finite rate; the sine series converges like n⁻⁴ (measured)."""
    low, high = (
        np.array([d.flux(), d.centre(), d.punch()])
        for d in (Dual(sigma, biot, h, back, n) for n in sizes)
    )
    gain = ((sizes[1] + 0.5) / (sizes[0] + 0.5)) ** 4 - 1
    return high + (high - low) / gain


def experiment(biot=inf, h=inf, back="blocking", readout="centre", d=1.0):
    """R = D_z = 1, 2(1+ν)β = 1."""
    geometry = vg.HalfSpace() if h == inf else vg.Film(h, back)
    return vg.Experiment(
        vg.Material((d, 1.0), 1 / 2.6, 0.3),
        vg.DiscTip(1.0),
        geometry,
        vg.Contact(biot),
        readout,
    )


def library(s, biot=inf, h=inf, back="blocking", at=(0.0,)):
    """Flux, displacement at the points, punch: values and stated errors."""
    e = experiment(biot, h, back)
    one, r = np.array([s]), np.array(at)
    flux = e.interface.net_flux(one, e.tip, e.geometry, e.material)
    point = transfer(e, one, r)
    punch = transfer(experiment(biot, h, back, "punch"), one, np.zeros(1))
    return tuple(
        np.concatenate([a, b[:, 0], c[:, 0]]) for a, b, c in zip(flux, point, punch, strict=True)
    )


# ------------------------------------------------------------------- tests of the solver


@pytest.mark.parametrize("y", [0.0, 0.3, 2.0])
def test_memory_of_the_half_space(y):
    """M by quadrature with the tail -σ²/2k² taken out: ∫ a cos(ky)/(k²+a²) dk = (π/2)e^{-ay}."""
    sigma, a = 1.7, 1.7 / np.sqrt(2)  # a² = σ²/2

    def rest(k):
        return k / np.hypot(k, sigma) - 1 + a * a / (k * k + a * a)

    value = integrate.quad(lambda k: rest(k) * np.cos(k * y), 0, 300, limit=800)[0]
    expected = value - a * pi / 2 * np.exp(-a * y)
    assert memory(np.array([y]), sigma)[0] == pytest.approx(expected, rel=1e-7)


def test_solver_at_rest():
    """φ = 1 and the flux 4DcR; uniform flux κc for Bi → 0: ∫ κ dA = πκ."""
    d = Dual(1e-9)
    assert d.flux() == pytest.approx(4, rel=1e-8)
    assert Dual(1e-9, 1e-6, n=20).flux() == pytest.approx(pi * 1e-6, rel=2e-6)


# ------------------------------------------------------------------ tests of the library

ANGLES = [np.exp(2.5656j), np.exp(-2.2j)]  # 147° and -126°: the contours of vegard.laplace


MANY = [
    pytest.param(s, h, back, marks=pytest.mark.slow)
    for s in (1e-2j, 1e3j, *(100 * a for a in ANGLES))
    for h, back in ((inf, "blocking"), (0.3, "blocking"), (0.3, "permeable"))
]


@pytest.mark.parametrize(
    ("s", "h", "back"),
    [
        (1e-6j, inf, "blocking"),
        (10 * ANGLES[0], inf, "blocking"),
        (1j, 0.3, "blocking"),
        (30j, 0.3, "permeable"),
        *MANY,
    ],
)
def test_perfect_contact(s, h, back):
    d = Dual(np.sqrt(s), inf, h, back)
    expected = np.array([d.flux(), d.centre(), d.punch()])
    values, error = library(s, inf, h, back)
    assert np.all(np.abs(values - expected) <= 1e-11 * np.abs(expected))
    # both sides carry some 1e-12 of rounding on a contour
    assert np.all(np.abs(values - expected) <= error + 5e-12 * np.abs(expected))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("r", "s", "h"),
    [(0.3, 100j, inf), (0.9, 1j, 0.3), (1.1, 100j, inf), (3.0, 10 * ANGLES[0], 2.0)],
)
def test_perfect_contact_off_the_axis(r, s, h):
    expected = Dual(np.sqrt(s), inf, h).at(r)
    values, error = library(s, inf, h, at=(r,))
    assert abs(values[1] - expected) <= 1e-8 * abs(expected)
    assert abs(values[1] - expected) <= 3 * error[1] + 1e-9 * abs(expected)


@pytest.mark.parametrize(
    "biot", [10.0, *(pytest.param(b, marks=pytest.mark.slow) for b in (1.0, 100.0))]
)
def test_finite_rate(biot):
    """1e-6 was asked for; the net flux and the punch are far better."""
    s = 30j
    expected = extrapolated(np.sqrt(s), biot, sizes=(57, 80))
    values, error = library(s, biot)
    off = np.abs(values - expected) / np.abs(expected)
    own = 3e-11 * biot  # n⁻⁴ holds that far at n = 80
    assert off[0] < own
    assert off[2] < own
    assert off[1] < 1e-6
    assert np.all(off <= 3 * error / np.abs(expected) + own)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("biot", "s", "h", "back"),
    [
        (1.0, 1e-6j, 0.3, "permeable"),
        (100.0, 100 * ANGLES[0], inf, "blocking"),
        (100.0, 100j, 0.3, "permeable"),
        (999.0, 1e3j, inf, "blocking"),
        (1001.0, 1e3j, inf, "blocking"),
        (1001.0, 1e-6j, 1.0, "blocking"),
        (1e4, 1e3j, inf, "blocking"),
    ],
)
def test_finite_rate_everywhere(s, h, back, biot):
    expected = extrapolated(np.sqrt(s), biot, h, back)
    values, error = library(s, biot, h, back)
    off = np.abs(values - expected) / np.abs(expected)
    limit = 1e-6 if biot <= 100 and abs(s) <= 100 else 1e-4
    # what the sine series leaves out at n = 160: ∝ Bi, and more where the film hides the centre
    own = np.array([1e-11, 1e-10, 1e-10]) * max(biot, 1) * (1 if h == inf else 50)
    assert np.all(off < limit + own)
    assert np.all(off <= 3 * error / np.abs(expected) + own)


def test_constant_of_the_layer():
    """½ ln(2e^{1+γ} Bi): half plane of rate κ beside a blocking one, f + C = 0 for ξ > 0 (D/κ = 1).

    Wiener and Hopf: f̃(κ) ∝ κ^{-1/2} h, ln h = -(κ/π)∫₀^∞ ln(1+t)/(t²+κ²) dt, from 1 + 1/|k|. The
    integral ∫ f · F/√(2ξ) dξ is that of the perfect contact cut off at ξ_c,

        -ln ξ_c - γ = ln 4 - ∫₀^∞ ln κ h'(κ) dκ = ln 4 + 1,

    and ξ = μ²/2 gives ln 1/μ_c = ½ ln(1/2ξ_c).
    """
    x, w = panels(np.linspace(-75, 75, 120), 16)
    t = np.exp(x)

    def h(k):
        return np.exp(-k / pi * ((1 / (t * t + (k * k)[:, None])) @ (w * t * np.log1p(t))))

    below, wb = panels(np.linspace(-34, 0, 24), 12)
    above, wa = panels(np.linspace(0, 54, 36), 12)
    j = wb @ (h(np.exp(below)) - 1) + wa @ h(np.exp(above))  # -∫ ln κ dh by parts
    assert j == pytest.approx(1, rel=1e-9)
    layer = (np.euler_gamma + np.log(4) + j - np.log(2)) / 2  # ½ ln(1/2ξ_c)
    basis, biot = galerkin.Basis(galerkin.PERFECT, 4), 1e7
    regular, outer = galerkin._layer(basis)
    constant = (biot * galerkin._resistance(basis, biot) - regular) / outer - np.log(biot) / 2
    assert constant[0, 0] == pytest.approx(layer, rel=1e-8)


def test_fast_rates_at_rest():
    """Lifting line at rest alone: I = 4 - (4/π) ln(2e^{1+γ} Bi)/Bi + …, and the library's."""

    def sines(biot, n):
        theta, j = (np.arange(n) + 1) * pi / (2 * n + 1), 2 * np.arange(n) + 1
        matrix = np.sin(j * theta[:, None]) * (1 + j / (biot * np.sin(theta)[:, None]))
        return pi * np.linalg.solve(matrix, np.ones(n))[0]

    biot = 3e3
    low, high = sines(biot, 250), sines(biot, 500)
    exact = high + (high - low) / ((500.5 / 250.5) ** 4 - 1)
    lost = (4 - exact) * pi / 4 * biot
    # the next order is as ln²(Bi)/Bi
    assert lost == pytest.approx(np.log(2 * biot) + 1 + np.euler_gamma, rel=2e-4)
    for rate in (3e6, 1e8):
        flux, error = library(1e-24j, rate)
        expected = 4 - 4 / pi * (np.log(2 * rate) + 1 + np.euler_gamma) / rate
        assert abs(flux[0] - expected) <= 3 * error[0] + 40 * np.log(rate) ** 2 / rate**2 + 1e-11


@pytest.mark.parametrize("alphas", [galerkin.PERFECT, galerkin.FINITE])
def test_functions_and_moments(alphas):
    """Transforms of μ^{2α}P_n^{(0,α)}(2μ²-1) ∝ ψ, ∫ψψ k^p dk, and ψ(0), by quadrature."""
    basis = galerkin.Basis(alphas, 3)
    mu, w = graded(0, 1, 0, 24, 60)
    r = np.sqrt(1 - mu * mu)
    for i, (alpha, n) in enumerate((a, n) for a in alphas for n in range(3)):
        f = mu ** (2 * alpha) * special.eval_jacobi(n, 0, alpha, 2 * mu * mu - 1)
        k = np.array([1e-5, 0.7, 5.0, 20.0])
        transform = (special.j0(k[:, None] * r) * (f * mu)) @ w  # r dr = μ dμ
        psi = special.jv(2 * n + alpha + 1, k) / k ** (alpha + 1) * basis.scale[i]
        if n == 0:
            assert psi[0] == pytest.approx(basis.load[i], rel=1e-9)
        ratio = transform[1:] / psi[1:]
        assert np.allclose(ratio, ratio[0], rtol=1e-9, atol=0)
    for power in (0, 1):
        if alphas == galerkin.PERFECT and power:
            continue  # diverges: why this basis takes no finite rate
        got = galerkin._moments(basis, power)
        k, w = panels(np.linspace(0, 4000, 4001), 16)
        for a, b in ((0, 0), (0, 1), (1, 2), (2, 2)):
            psi = [
                special.jv(basis.order[i], k) / k ** basis.power[i] * basis.scale[i] for i in (a, b)
            ]
            tail = basis.power[a] + basis.power[b] - power
            size = basis.scale[a] * basis.scale[b]  # the mean of cos² and its tail k^-tail-1
            rest = (-1) ** (a - b) * size / pi * 4000.0**-tail / tail
            value = (w * k**power) @ (psi[0] * psi[1]) + rest
            assert value == pytest.approx(got[a, b], rel=2e-6, abs=2e-6 * np.sqrt(got[a, a]))

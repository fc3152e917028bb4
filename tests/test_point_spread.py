r"""Point spread: its integral, its transform, and the tensor, each by an independent route.

The MTF is also a double integral over wavenumbers. With |k| and |K - k| as the distances from the
foci of an ellipse, k = (K/2)(cosh μ + cos ν), κ = (K/2)(cosh μ - cos ν) and d²k = kκ dμ dν, the
integrand has no kink and Gauss-Legendre in μ and the trapezoidal rule in ν converge fast.
"""

from __future__ import annotations

import numpy as np
import pytest
from common import load
from scipy import special

import vegard as vg
from vegard.image_kernels import PARTS, kernels
from vegard.point_spread import depth_profile, nodes, vegard_kernels
from vegard.transfer import transfer
from vegard.transport_spread import transport_kernels

UNIT = vg.Material(1.0, 1.0, 0.3, young=1e11)
SKEW = vg.Material((3.0, 1.0), (0.5, 1.0), 0.3, young=1e11)
GAUSS, DISC = vg.GaussianTip(1.0), vg.DiscTip(1.0)
CONE = vg.ProfileTip(1.0, (0.0, 0.5, 1.0), (1.0, 0.8, 0.0))


def experiment(tip, interface=None, geometry=None, readout="punch", material=UNIT, **kw):
    return vg.Experiment(
        material,
        tip,
        geometry or vg.HalfSpace(),
        interface or vg.FixedConcentration(),
        readout,
        **kw,
    )


EXPERIMENTS = {
    "gauss": experiment(GAUSS, readout="centre"),
    "gauss punch": experiment(GAUSS),
    "disc": experiment(DISC),
    "disc point": experiment(DISC, readout="centre"),
    "cone": experiment(CONE),
    "flux": experiment(DISC, vg.FixedFlux()),
    "kinetics film": experiment(GAUSS, vg.LinearKinetics(3.0), vg.Film(0.3)),
    "permeable": experiment(DISC, geometry=vg.Film(2.0, "permeable"), readout="centre"),
    "contact": experiment(DISC, vg.Contact()),
    "slow contact": experiment(DISC, vg.Contact(2.0), vg.Film(0.5)),
    "blocking tip": experiment(GAUSS, vg.BlockingTip(0.05, 1e3)),
    "skew": experiment(DISC, material=SKEW),
    "layered": experiment(DISC, geometry=vg.Film(0.7), elastic=vg.Layered(substrate=(3e11, 0.2))),
}
FAST = ("gauss", "disc", "kinetics film", "contact", "layered")
SLOW = [pytest.param(n, marks=pytest.mark.slow) for n in EXPERIMENTS if n not in FAST]


@pytest.mark.parametrize("omega", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("name", [*FAST, *SLOW])
def test_uniform_change_is_the_response(name, omega):
    e, s = EXPERIMENTS[name], np.array([1j * omega])
    u = transfer(e, s, np.zeros(1))[0][0]
    total = vegard_kernels(e, s)["vegard"].total
    # kinks of a piecewise profile are graded to 1e-2 of a radius only
    assert total == pytest.approx(u, rel=1e-5 if name == "cone" else 1e-7, abs=0)


@pytest.mark.parametrize("name", [*FAST, *SLOW])
def test_depths_add_up(name):
    e, s = EXPERIMENTS[name], np.array([0.1j, 30j])
    at = nodes(e, s)
    _, parts = depth_profile(e, s, at)
    u = transfer(e, s, np.zeros(1))[0][0]
    assert parts @ at.weight == pytest.approx(u, rel=1e-7, abs=0)


TRANSPORT = {
    "gauss": (experiment(GAUSS, readout="centre"), "material.diffusivity"),
    "disc film": (experiment(DISC, geometry=vg.Film(0.5)), "material.diffusivity"),
    "flux": (experiment(GAUSS, vg.FixedFlux(), vg.Film(0.5, "permeable")), "material.diffusivity"),
    "kinetics": (experiment(DISC, vg.LinearKinetics(3.0)), "material.diffusivity"),
    "rate": (experiment(DISC, vg.LinearKinetics(3.0)), "interface.rate"),
    "rate film": (experiment(GAUSS, vg.LinearKinetics(0.5), vg.Film(0.3)), "interface.rate"),
    "skew": (experiment(GAUSS, material=SKEW), "material.diffusivity"),
    "contact": (experiment(DISC, vg.Contact(), readout="centre"), "material.diffusivity"),
    "slow contact": (experiment(DISC, vg.Contact(0.5), vg.Film(0.7)), "material.diffusivity"),
    "rate of a contact": (experiment(DISC, vg.Contact(3.0)), "interface.rate"),
}
QUICK = ("disc film", "rate film")


@pytest.mark.parametrize("omega", [1e-2, 1.0, 1e2])
@pytest.mark.parametrize(
    "name",
    [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in TRANSPORT if n not in QUICK)],
)
def test_uniform_change_of_transport_is_the_derivative(name, omega):
    e, path = TRANSPORT[name]
    s, step = np.array([1j * omega]), 1e-3
    value = np.asarray(e[path])

    def at(x):
        changed = value * np.exp(x)
        changed = tuple(changed) if changed.ndim else float(changed)
        return transfer(e.replace({path: changed}), s, np.zeros(1))[0][0, 0]

    slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    which = "diffusivity" if path.endswith("diffusivity") else "rate"
    found = transport_kernels(e, s, [which])[which].total[0]
    # against the response itself: near rest its derivative is a small difference; under a
    # perfect contact both gradients are singular at the rim, whose panels are 1e-4 wide
    limit = 5e-7 if name == "contact" else 2e-7
    assert abs(found - slope) < limit * abs(at(0.0))


def transform(e, spectrum, K, omega, most):
    """ĥ(K) by elliptic coordinates up to k = most; half-space, isotropic; spectrum is Ĉ₀/2π."""
    near = np.geomspace(1e-8, 1.0, 60)
    cuts = np.arccosh(
        1 + np.concatenate([[0.0], near, np.arange(1 + 12 / K, 2 * most / K, 12 / K)])
    )
    x, w = np.polynomial.legendre.leggauss(16)
    half = np.diff(cuts)[:, None] / 2
    mu, weight = (cuts[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
    nu = (np.arange(64) + 0.5) * np.pi / 64  # even in ν
    total = 0.0
    for part in np.array_split(np.arange(mu.size), 20):
        k = K / 2 * (np.cosh(mu[part, None]) + np.cos(nu))
        kappa = K / 2 * (np.cosh(mu[part, None]) - np.cos(nu))
        q = np.sqrt(k * k + 1j * omega)
        read = np.sinc(kappa / np.pi) if e.readout == "punch" else 1.0
        total += weight[part] @ (k * kappa * spectrum(k, q) * read / (kappa + q)).sum(axis=1)
    return 2.6 / (2 * np.pi) * total * 2 * np.pi / 64


def contact_spectrum(e, omega):
    s = np.array([1j * omega])
    source = e.interface.sources(s, e.tip, e.geometry, e.material)[0]
    count = source.strengths.shape[-1]
    strengths, n = source.strengths[0, 0], np.arange(count)
    scale = (2 * n + 0.5) ** 0.5  # of the functions J_{2n+½}(k)/√k

    def spectrum(k, q):
        flux = sum(a * c * special.jv(2 * i + 0.5, k) / np.sqrt(k)
                   for i, a, c in zip(n, strengths, scale, strict=True))  # fmt: skip
        return flux / q

    return spectrum


@pytest.mark.parametrize("omega", [1e-2, 1.0, 1e3])
@pytest.mark.parametrize("readout", ["centre", "punch"])
def test_mtf_of_a_gaussian_by_elliptic_coordinates(readout, omega):
    e = experiment(GAUSS, readout=readout)
    kernel = vegard_kernels(e, np.array([1j * omega]))["vegard"]
    for K in (0.3, 2.0, 6.0):
        found = kernel.transform(np.array([K]))[0, 0]
        exact = transform(e, lambda k, q: np.exp(-k * k / 2), K, omega, 12.0)
        assert abs(found - exact) < 1e-6 * abs(kernel.total[0])


@pytest.mark.parametrize("omega", [1.0, pytest.param(1e3, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("tip", ["disc", "contact"])
@pytest.mark.parametrize(
    ("K", "most", "limit"), [(2.0, 1e3, 1e-5),
    pytest.param(0.5, 2e4, 2e-6, marks=pytest.mark.exhaustive),
    pytest.param(5.0, 2e4, 2e-6, marks=pytest.mark.exhaustive)])  # fmt: skip
def test_mtf_of_a_disc_and_a_contact_by_elliptic_coordinates(tip, omega, K, most, limit):
    # ∫ k^-1.5 dk/k is left out past k = most
    e = experiment(DISC, vg.Contact() if tip == "contact" else None)
    kernel = vegard_kernels(e, np.array([1j * omega]))["vegard"]
    spectrum = contact_spectrum(e, omega) if tip == "contact" else lambda k, q: special.j1(k) / k
    found = kernel.transform(np.array([K]))[0, 0]
    exact = transform(e, spectrum, K, omega, most)
    assert abs(found - exact) < limit * abs(kernel.total[0])


def test_mtf_entries_of_the_reference():
    rows = load("mtf.json")["entries"]
    assert len(rows) == 9
    e = experiment(GAUSS, readout="centre")
    for omega in {r["omega"] for r in rows}:
        kernel = vegard_kernels(e, np.array([1j * omega]))["vegard"]
        for r in (r for r in rows if r["omega"] == omega):
            found = kernel.transform(np.array([float(r["K"])]))[0, 0] / kernel.total[0]
            assert abs(found - complex(r["value_re"], r["value_im"])) < 1e-7


def test_punch_at_high_frequency_is_its_own_pressure():
    # ℓ ≪ R: h is the ring 1/√(R²-ρ²) under the disc; at the rim a share √(ℓ/R) is cut off
    e = experiment(DISC)
    kernel = vegard_kernels(e, np.array([1e4j, 1e6j, 1e8j]))["vegard"]
    K = np.array([0.5, 1.0, 2.0, 4.0])
    found = kernel.transform(K) / kernel.total
    left = np.abs(found - (np.sin(K) / K)[:, None]).max(axis=0)
    assert left[-1] < 3e-3
    assert np.allclose(left[1:] / left[:-1], 10**-0.5, rtol=0.15)


def test_kernel_of_a_gaussian_by_quadrature():
    """h(ρ) = ((1+ν)/π) ∫ C z/r³ dz with C itself by quadrature over k."""
    omega = 2.0
    kernel = vegard_kernels(experiment(GAUSS, readout="centre"), np.array([1j * omega]))["vegard"]
    x, w = np.polynomial.legendre.leggauss(400)
    k, wk = 4.5 * (x + 1), 4.5 * w
    q = np.sqrt(k * k + 1j * omega)
    t = np.linspace(-22, 5, 541)  # z = e^t, trapezoidal rule
    z = np.exp(t)
    for rho in (0.05, 0.7, 2.5):
        c = np.exp(-np.outer(z, q)) @ (wk * k * np.exp(-k * k / 2) * special.j0(k * rho))
        exact = 1.3 / np.pi * (c * z / (rho**2 + z**2) ** 1.5 * z).sum() * (t[1] - t[0])
        assert abs(kernel.at(np.array([rho]))[0, 0] / exact - 1) < 1e-6


@pytest.mark.parametrize("part", list(PARTS))
def test_parts_of_the_tensor(part):
    """Against the reading of a point of matter, β z-integrated with the stress below the tip.

    §2's real-space factors for a point at depth z and horizontal distance ρ from the reading.
    """
    e = experiment(GAUSS, readout="centre")
    s = np.array([2j])
    kernel = vegard_kernels(e, s, {part: PARTS[part]})[part]
    rho, nu = 0.8, 0.3
    at = nodes(e, s)
    x, w = np.polynomial.legendre.leggauss(300)
    k, wk = 4.5 * (x + 1), 4.5 * w
    c = np.exp(-np.outer(at.depth, np.sqrt(k * k + 2j))) @ (
        wk * k * np.exp(-k * k / 2) * special.j0(k * rho)
    )
    z = at.depth
    # inverse transforms of e^{-κz} and κz e^{-κz}, over 2π, by mpmath-free closed forms
    r = np.hypot(rho, z)
    one, bent = z / r**3, z * (2 * z**2 - rho**2) / r**5
    # with J₁: ∫κ²J₁e^{-κz} = 3ρz/r⁵; with J₂: ∫κJ₂e^{-κz} = (r-z)²(2r+z)/(ρ²r³)
    two = (r - z) ** 2 * (2 * r + z) / (rho**2 * r**3)
    two_bent = z * (3 * rho**2 / r**5)
    shape = {
        "mean": (1 + 2 * nu) * one - bent,
        "normal": one + bent,
        "stretch": -((1 - 2 * nu) * two - two_bent),
        "tilt": -2 * z * 3 * rho * z / r**5,
    }[part]
    exact = (c * shape) @ at.weight / (2 * np.pi)
    assert abs(kernel.at(np.array([rho]))[0, 0] / exact - 1) < 1e-6
    assert kernel.order == PARTS[part][1]


def test_in_time_the_kernel_sums_to_the_step_and_the_pulse():
    e = experiment(GAUSS, readout="centre")
    t = np.array([0.01, 0.1, 1.0, 10.0])
    found, axis = kernels(e, time=t, per="concentration", drive=2.0)
    u = vg.step_response(e, t, per="concentration").values
    assert found["vegard"].total == pytest.approx(2 * u, rel=1e-7, abs=0)
    pulse = vg.Pulse(0.1, 2.0)
    found, _ = kernels(e, time=t[1:] + 0.02, per="concentration", drive=pulse)
    u = vg.time_response(e, pulse, t[1:] + 0.02, per="concentration").values
    assert found["vegard"].total == pytest.approx(u, rel=1e-6, abs=0)
    assert axis.name == "time"


@pytest.mark.parametrize(
    ("kw", "words"),
    [
        ({}, "either frequency"),
        ({"frequency": 1.0, "time": 1.0}, "either frequency"),
        ({"frequency": 1.0, "names": ["beta"]}, "property"),
        ({"frequency": 1.0, "drive": vg.Pulse(1.0)}, "needs time"),
        ({"time": -1.0}, "before the drive"),
        ({"frequency": 1.0, "names": ["rate"]}, "LinearKinetics"),
    ],
)
def test_refusals(kw, words):
    names = kw.pop("names", ["vegard"])
    with pytest.raises(vg.VegardError, match=words):
        kernels(experiment(GAUSS), names, per="concentration", **kw)


def test_what_transport_refuses():
    s = np.array([1j])
    with pytest.raises(vg.VegardError, match="not for BlockingTip"):
        transport_kernels(EXPERIMENTS["blocking tip"], s, ["diffusivity"])
    with pytest.raises(vg.VegardError, match="not for Layered"):
        transport_kernels(EXPERIMENTS["layered"], s, ["diffusivity"])
    with pytest.raises(vg.VegardError, match="too far below the contact radius"):
        transport_kernels(EXPERIMENTS["contact"], 1e8 * s, ["diffusivity"])

"""Film on a substrate: limits, an independent quadrature, every verb, and what is refused."""

from __future__ import annotations

import copy
from itertools import pairwise
from math import inf

import numpy as np
import pytest
from test_layers import forward, stresses

import vegard as vg
from vegard import layers
from vegard.elastic import Uniform
from vegard.layered import Layered
from vegard.spectroscopy import onsets
from vegard.transfer import transfer

PER = {"per": "concentration"}
TENSOR = ((1.0, 0.3, 0.2), (0.3, 0.6, -0.4), (0.2, -0.4, 0.9))
FREQUENCY = np.logspace(-4, 3, 8)


def experiment(elastic, *, beta=1.0, h=0.5, tip=None, interface=None, readout="centre", **kw):
    """R = D = E_f = 1, ν = 0.3."""
    return vg.Experiment(
        vg.Material(1.0, beta, 0.3, young=1.0),
        tip or vg.GaussianTip(1.0),
        vg.Film(h, **kw),
        interface or vg.FixedConcentration(),
        readout,
        elastic,
    )


def weight(harmonic, K, h, z):
    return sum(
        t.coefficient * d**t.power * np.exp(-K * d)
        for t in harmonic.terms
        for d in ((h - z) if t.from_back else z,)
    )


@pytest.mark.parametrize("between", [(), ((0.1, 1.0, 0.3), (4.0, 1.0, 0.3))])
def test_equal_layers_are_uniform_harmonic_by_harmonic(between):
    K, h = np.logspace(-6, 3, 60), 0.7
    for beta in (1.0, (0.5, -2.0), TENSOR):
        m = vg.Material(1.0, beta, 0.3, young=1.0)
        uniform = Uniform().weights(K, m, h)
        layered = Layered(m, (1.0, 0.3), between).weights(K, m, h)
        for component, harmonics in uniform.items():
            for want, got in zip(harmonics, layered[component], strict=True):
                assert got[:3] == want[:3]
                for z in (0.0, 0.2, 0.7):
                    np.testing.assert_allclose(
                        weight(got, K, h, z), weight(want, K, h, z), rtol=0, atol=3e-15
                    )


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5])
def test_harmonics_against_the_forward_problem(angle):
    """A wave along any direction: J_n(kr) cos nθ in space is i⁻ⁿ cos nφ in its transform."""
    K, h = 1.3, 0.8
    between = ((0.4, 5.0, 0.1), (1.2, 0.2, 0.4))
    m = vg.Material(1.0, TENSOR, 0.3, young=1.0)
    found = Layered(None, inf, between).weights(np.array([K]), m, h)
    z, w = np.polynomial.legendre.leggauss(40)
    z, w = h * (z + 1) / 2, h * w / 2
    got = {
        name: sum(
            1j**-g.order * g.factor(angle) * (weight(g, K, h, z) * np.exp(-2 * z)) @ w for g in part
        )
        for name, part in found.items()
    }
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])  # into (∥, ⊥, z)
    slabs = [(h, 1.0, 0.3), *between]
    along, across, down = forward(K, slabs, turn @ TENSOR @ turn.T, lambda z: np.exp(-2 * z))
    assert got["vertical"] == pytest.approx(-down, abs=2e-9)  # what collocation keeps
    assert got["lateral_x"] == pytest.approx(c * along - s * across, abs=2e-9)
    assert got["lateral_y"] == pytest.approx(s * along + c * across, abs=2e-9)


@pytest.mark.parametrize("component", ["vertical", "lateral_x", "lateral_y"])
def test_equal_layers_through_the_verb(component):
    where = {"at": [0.0, 0.8, 3.0], "azimuth": 0.7, "component": component}
    plain, same = (
        vg.frequency_response(experiment(e, beta=TENSOR), FREQUENCY, **PER, **where).values
        for e in (None, Layered((1.0, 0.3), (1.0, 0.3)))
    )
    np.testing.assert_allclose(same, plain, rtol=0, atol=2e-13 * np.abs(plain).max())


def direct(stack, beta, h, omega, *, punch=False):
    """Gaussian tip, fixed concentration, blocking film, on the axis: quadrature over k and z."""
    x, w = np.polynomial.legendre.leggauss(24)
    z = np.concatenate([h * (a + (x + 1) / 2) / 3 for a in range(3)])
    dz = np.tile(w * h / 6, 3)
    edges = np.concatenate([[0.0], np.exp(np.arange(-14.0, 2.6, 0.75))])
    total = 0.0
    for a, b in pairwise(edges):
        k, dk = a + (b - a) * (x + 1) / 2, w * (b - a) / 2
        load = layers.loads(k, stack).normal
        q = np.sqrt(k * k + 1j * omega)
        for point, step in zip(z, dz, strict=True):
            szz, along, across, _ = stresses(load, k, h, stack[0][2], point)
            strain = beta[1] * szz + beta[0] * (along + across)
            shape = (np.exp(-q * point) + np.exp(-q * (2 * h - point))) / (1 + np.exp(-2 * q * h))
            read = np.sinc(k / np.pi) if punch else 1.0
            total += step * (dk * k * np.exp(-k * k / 2) * strain * shape * read).sum()
    return total


@pytest.mark.parametrize("h", [0.05, 2.0])
@pytest.mark.parametrize(
    "stack",
    [
        [(inf, inf, 0.0)],
        [(inf, 20.0, 0.2)],
        [(inf, 1e-3, 0.5)],
        [(0.3, 0.05, 0.4), (inf, 3.0, 0.1)],
    ],
)
def test_plain_quadrature(stack, h):
    *between, (_, young, nu) = stack
    for beta, punch in (((1.0, 1.0), False), ((0.4, -1.0), True)):
        e = experiment(
            Layered((1.0, 0.3), (young, nu), between),
            beta=beta,
            h=h,
            readout="punch" if punch else "centre",
        )
        for omega in (1e-3, 30.0):
            got = vg.frequency_response(e, omega / (2 * np.pi), **PER)
            want = direct(((h, 1.0, 0.3), *stack), beta, h, omega, punch=punch)
            assert abs(got.values - want) <= 1e-11 * abs(want)
            assert abs(got.values - want) <= got.error + 1e-13 * abs(want)


def test_thin_film_under_a_wide_tip():
    # u = (1+ν)/(1-ν) β [1 + (1-2ν_s) μ_f/μ_s] ∫C dz; corrections are of order h/R × contrast
    for substrate, lift in (
        (inf, 1.0),
        ((1.0, 0.3), 1.4),
        ((5.0, 0.1), 1 + 0.8 * (1 / 2.6) / (5 / 2.2)),
        ((0.2, 0.5), 1.0),
    ):
        e = experiment(Layered(None, substrate), h=1e-7)
        u = vg.static_response(e, **PER).values
        assert u == pytest.approx(1.3 / 0.7 * lift * 1e-7, rel=1e-6)


@pytest.mark.parametrize(
    ("substrate", "between", "h"),
    [
        (inf, [], 30.0),
        ((1e-4, 0.3), [], 0.3),
        ((1e-4, 0.3), [], 30.0),
        ((1e4, 0.0), [], 3.0),
        ((1.0, 0.5), [(0.5, 1e-3, 0.5), (2.0, 30.0, 0.0)], 0.5),
        (inf, [(0.1, 1e-4, 0.5)], 1.0),
    ],
)
def test_onset_is_low_enough(substrate, between, h, monkeypatch):
    """The same with the first panel a thousand times shorter, and with twice the onset."""
    elastic = Layered((1.0, 0.3), substrate, between)
    e = experiment(elastic, h=h, beta=(0.5, 1.0))
    own = elastic.onset(e.material, h)
    values = []
    for factor in (1.0, 1e-3, 2.0):
        monkeypatch.setattr(Layered, "onset", lambda *_, f=factor: own * f)
        values.append(vg.frequency_response(e, FREQUENCY, at=[0.0, 0.7], **PER).values)
    for other in values[1:]:
        np.testing.assert_allclose(other, values[0], rtol=3e-12)


@pytest.mark.parametrize(
    ("tip", "interface", "readout", "substrate"),
    [
        (vg.GaussianTip(1.0), vg.FixedFlux(), "punch", (0.1, 0.4)),
        (vg.DiscTip(1.0), vg.FixedConcentration(), "punch", inf),
        (vg.DiscTip(1.0), vg.LinearKinetics(2.0), "centre", (0.1, 0.4)),
        (vg.DiscTip(1.0), vg.Contact(2.0), "centre", inf),
        (vg.DiscTip(1.0), vg.Contact(), "punch", (20.0, 0.2)),
    ],
)
def test_every_interface(tip, interface, readout, substrate):
    elastic = Layered((1.0, 0.3), substrate)
    e = experiment(elastic, tip=tip, interface=interface, readout=readout, h=0.2)
    per = {"per": "flux" if isinstance(interface, vg.FixedFlux) else "concentration"}
    got = vg.frequency_response(e, FREQUENCY, at=[0.0, 0.5], **per)
    assert np.isfinite(got.values).all()
    assert (got.error < 1e-5 * np.abs(got.values).max()).all()
    # a film far from its substrate's reach: short diffusion length and thick film, half-space
    thick = e.replace({"geometry.thickness": 1e5})
    plain = thick.replace({"elastic": Uniform()})
    a, b = (vg.frequency_response(x, 1e3, **per) for x in (thick, plain))
    assert a.values == pytest.approx(b.values, rel=1e-9)


def test_time_agrees_with_frequency():
    e = experiment(Layered((1.0, 0.3), (3.0, 0.2)), tip=vg.DiscTip(1.0))
    late = vg.step_response(e, 1e5, **PER).values
    assert late == pytest.approx(float(vg.static_response(e, **PER).values.real), rel=1e-9)
    # H(s) = s ∫ step e^{-st} dt at s = 3, with t = y²
    y, w = np.polynomial.legendre.leggauss(60)
    y, w = 2 * (y + 1), 2 * w
    step = vg.step_response(e, y * y, **PER).values
    laplace = 3.0 * (w * 2 * y * np.exp(-3.0 * y * y)) @ step
    want, _ = transfer(e, np.array([3.0 + 0j]), np.zeros(1))
    assert laplace == pytest.approx(want[0, 0].real, rel=1e-9)


def test_relaxation_times_sum_to_rest():
    e = experiment(Layered((1.0, 0.3), (3.0, 0.2)), h=0.5)
    k, w = np.polynomial.legendre.leggauss(24)
    k, w = 3.5 * (k + 1), 3.5 * w
    modes = onsets(e, 2e4)[:, None]  # further apart than 7²: each stands alone
    g = vg.relaxation_times(e, tau=1 / (modes + k * k), **PER).values
    total = (g / (modes + k * k) * 2 * k * w).sum()
    shallow = vg.frequency_response(e, 1e9, **PER).amplitude * (2e9 * np.pi) ** 0.5
    total += shallow * 2 * 0.5 / (np.pi**2 * modes.size)  # u ∝ 1/√s beyond
    assert total == pytest.approx(float(vg.static_response(e, **PER).values.real), rel=2e-4)


def test_stiffer_substrate_means_less_uplift():
    moduli = [1e-3, 0.1, 1.0, 10.0, 1e3, inf]
    e = experiment(Layered(None, (1.0, 0.2)), h=0.1)
    u = vg.sweep(vg.static_response, e, {"elastic.substrate_young": moduli}, **PER)
    u = np.asarray(u.values.real, float).ravel()
    assert (np.diff(u) < 0).all()
    rigid = vg.static_response(e.replace({"elastic": Layered(None, inf)}), **PER)
    assert u[-1] == pytest.approx(float(rigid.values.real), rel=1e-14)


def test_compliance_tells_how_far_the_substrate_is_felt():
    m = vg.Material(1.0, 1.0, 0.3, young=1.0)
    assert Layered(None, (1.0, 0.3)).compliance(3.0, m, 0.1)[0] == pytest.approx(1, rel=1e-14)
    assert Layered(None, inf).compliance(1.0, m, 0.03)[0] < 0.05
    assert Layered(None, (0.1, 0.3)).compliance(1.0, m, 1e-4)[0] == pytest.approx(10, rel=1e-2)
    assert Layered(None, inf).compliance([1.0, 2.0], m, 50.0) == pytest.approx(1, rel=1e-12)


def test_three_ways_to_name_a_solid():
    a = vg.Material(1.0, 1.0, 0.3, young=2.0)
    b = vg.Material(1e-15, 1.0, 0.2, young=4.0)
    whole = Layered(a, b)
    assert whole == Layered((2.0, 0.3), (4.0, 0.2))
    assert whole == Layered(
        film_young=2.0, film_poisson=0.3, substrate_young=4.0, substrate_poisson=0.2
    )
    assert hash(whole) == hash(copy.deepcopy(whole))
    assert eval(repr(whole)) == whole
    assert Layered(None, inf).stack(a, 1.0) == [(1.0, 2.0, 0.3), (inf, inf, 0.0)]
    assert whole.stack(a, 1.0) == [(1.0, 2.0, 0.3), (inf, 4.0, 0.2)]
    assert Layered(a, b, [(1, 2, 0.1)]).layers == ((1.0, 2.0, 0.1),)


def test_paths():
    e = experiment(Layered(None, (2.0, 0.2)))
    assert e.replace({"elastic.substrate_young": 5.0})["elastic.substrate_young"] == 5.0
    with pytest.raises(vg.VegardError, match=r"Layered.substrate_young must be > 0 \[Pa\]; got -1"):
        e.replace({"elastic.substrate_young": -1.0})


def test_film_of_its_own_where_the_material_tells_nothing():
    known = experiment(Layered(None, (2.0, 0.2)))
    told = known.replace({"material.young": None, "elastic": Layered((1.0, 0.3), (2.0, 0.2))})
    a, b = (vg.static_response(e, **PER).values for e in (known, told))
    assert a == pytest.approx(b, rel=1e-12)


def test_film_on_a_rigid_base_needs_no_modulus():
    m = vg.Material(1.0, 1.0, 0.3)
    e = vg.Experiment(m, vg.GaussianTip(1.0), vg.Film(0.5), elastic=Layered(None, inf))
    u = vg.static_response(e, **PER).values
    soft = e.replace({"elastic": Layered((7.0, 0.3), inf)})
    assert u == pytest.approx(vg.static_response(soft, **PER).values, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Layered(), r"needs substrate\. Give a Material, or a pair"),
        (lambda: Layered(None, 5.0), r"Layered\.substrate is 5\.0\. .*inf for a rigid base"),
        (lambda: Layered(3.0, inf), r"Layered\.film is 3\.0\. Give a Material"),
        (lambda: Layered(None, (np.nan, 0.3)), r"substrate_young must be > 0 \[Pa\]; got nan"),
        (lambda: Layered(None, ("1 GPa", 0.3)), "must be a number in SI units"),
        (lambda: Layered(None, (1e9, 0.6)), r"substrate_poisson must be > -1 and <= 0\.5"),
        (lambda: Layered(None, (1e9, None)), r"substrate_poisson is missing"),
        (lambda: Layered((inf, 0.3), inf), r"film_young must be > 0 \[Pa\]; got inf"),
        (lambda: Layered(None, inf, substrate_poisson=0.3), "not both"),
        (lambda: Layered(None, vg.Material(1, 1, 0.3)), r"Material\.young is unknown"),
        (lambda: Layered(None, inf, [(1e-9, 1e9)]), r"layers must be a sequence of"),
        (lambda: Layered(None, inf, 3.0), r"layers must be a sequence of"),
        (lambda: Layered(None, inf, "abc"), r"layers must be a sequence of"),
        (
            lambda: Layered(None, inf, [(0.0, 1e9, 0.3)]),
            r"layers\[0\]\.thickness must be > 0 \[m\]",
        ),
        (lambda: Layered(None, inf, [(1.0, inf, 0.3)]), r"layers\[0\]\.young must be > 0 \[Pa\]"),
    ],
)
def test_refused(make, match):
    with pytest.raises(vg.VegardError, match=match):
        make()


def test_refused_in_an_experiment():
    good = experiment(Layered((1.0, 0.3), (2.0, 0.2)))
    with pytest.raises(vg.VegardError, match=r"use geometry=Film\(thickness\)"):
        vg.static_response(good.replace({"geometry": vg.HalfSpace()}), **PER)
    with pytest.raises(
        vg.VegardError, match=r"film_poisson = 0.2 contradicts Material.poisson = 0.3"
    ):
        vg.static_response(good.replace({"elastic.film_poisson": 0.2}), **PER)
    with pytest.raises(vg.VegardError, match=r"film_young = 3 contradicts Material.young = 1"):
        vg.static_response(good.replace({"elastic.film_young": 3.0}), **PER)
    unknown = experiment(Layered(None, (2.0, 0.2))).replace({"material.young": None})
    with pytest.raises(vg.VegardError, match=r"Material\.young is unknown"):
        vg.static_response(unknown, **PER)

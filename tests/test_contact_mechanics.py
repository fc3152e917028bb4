"""Contact radius from the load: each contact problem solved again, by another route."""

from __future__ import annotations

import re
from itertools import pairwise
from math import atan, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq, minimize
from scipy.special import ellipkm1

import vegard as vg
from vegard.contact_mechanics import JKR_ABOVE, hertz, reduced_modulus, stiffness

SILICON = {"tip_young": 169e9, "tip_poisson": 0.22}
RIGID = {"tip_young": inf, "tip_poisson": 0.3}
BLUNT = 1.4  # half angle of a cone [rad] whose slope is below 0.3


def sample(young=87e9, poisson=0.3):
    return vg.Material(7.08e-15, 1.17e-6, poisson, young=young)


def unit_sample(modulus=1.0):
    """E* = modulus under a rigid tip."""
    return sample(young=modulus * 0.91)


def test_reduced_modulus():
    """1/E* = (1-ν²)/E + (1-ν_t²)/E_t: springs in series."""
    e = reduced_modulus(sample(), **SILICON)
    assert 1 / e == pytest.approx((1 - 0.3**2) / 87e9 + (1 - 0.22**2) / 169e9, rel=1e-14, abs=0)
    assert reduced_modulus(unit_sample(), **RIGID) == pytest.approx(1.0, rel=1e-14, abs=0)


def test_number_a_person_can_judge():
    """20 nm silicon tip, 100 nN, LiMn2O4 at 87 GPa."""
    assert hertz(20e-9, 100e-9, sample(), **SILICON).radius == pytest.approx(
        2.9e-9, rel=0.01, abs=0
    )


# the conditions of contact: the pressure carries the load, the surface follows the tip inside,
# and does not cut it outside; together they have one solution


def settlement(pressure, r, a):
    """Surface displacement under rings of pressure, Boussinesq's point force summed; E* = 1."""

    def ring(t):
        return pressure(t) * t / (r + t) * ellipkm1(((r - t) / (r + t)) ** 2)

    ends = [0.0, *([r] if r < a else []), a]
    parts = [quad(ring, x, y, epsabs=1e-11, epsrel=1e-10, limit=200)[0] for x, y in pairwise(ends)]
    return 4 / pi * sum(parts)


TIPS = {
    "sphere": (
        lambda a, force: lambda t: 1.5 * force / (pi * a**2) * sqrt(max(1 - (t / a) ** 2, 0.0)),
        lambda r: r**2 / 2,
        lambda force: hertz(1.0, force, unit_sample(), **RIGID),
    ),
    "cone": (
        lambda a, force: lambda t: force / (pi * a**2) * np.arccosh(a / t),
        lambda r: r / np.tan(BLUNT),
        lambda force: hertz(None, force, unit_sample(), **RIGID, shape="cone", half_angle=BLUNT),
    ),
}


@pytest.mark.parametrize("name", TIPS)
def test_contact_conditions(name):
    law, profile, contact = TIPS[name]
    force = 0.01
    a = contact(force).radius
    pressure = law(a, force)
    carried = quad(lambda t: 2 * pi * t * pressure(t), 0, a)[0]
    assert carried == pytest.approx(force, rel=1e-8, abs=0)
    inside = [settlement(pressure, x * a, a) + profile(x * a) for x in (0.05, 0.3, 0.6, 0.9)]
    # 1e-8: quadrature through the ring's logarithm
    assert np.allclose(inside, inside[0], rtol=1e-8, atol=0)
    outside = [settlement(pressure, x * a, a) + profile(x * a) for x in (1.01, 1.2, 3.0)]
    assert np.all(np.diff([inside[0], *outside]) > 0)


def sneddon(slope, a):
    """(approach, load) of a tip with profile f(r): Sneddon 1965, ∫f'/√(1-x²), 2E*a∫x²f'/√(1-x²)."""
    depth = quad(lambda w: a * slope(a * np.sin(w)), 0, pi / 2, epsrel=1e-12)[0]
    load = quad(lambda w: a * np.sin(w) ** 2 * slope(a * np.sin(w)), 0, pi / 2, epsrel=1e-12)[0]
    return depth, 2 * a * load


@pytest.mark.parametrize("name", ["sphere", "cone"])
def test_sneddon(name):
    slope = (lambda r: r) if name == "sphere" else (lambda r: 1 / np.tan(BLUNT))
    _, load = sneddon(slope, 0.2)
    assert TIPS[name][2](load).radius == pytest.approx(0.2, rel=1e-10, abs=0)


def test_stiffness_is_the_slope_of_load():
    """dF/dδ = 2E*a, numerically, for sphere and cone."""
    for slope in (lambda r: r, lambda r: 1 / np.tan(BLUNT)):
        (d1, f1), (d2, f2) = (sneddon(slope, 0.2 * x) for x in (1 - 1e-4, 1 + 1e-4))
        k = stiffness(0.2, unit_sample(), **RIGID)
        assert k == pytest.approx((f2 - f1) / (d2 - d1), rel=1e-7, abs=0)  # step² = 1e-8


def test_true_sphere_at_the_warned_slope():
    """At a = 0.3 R a true sphere's a is 1.2 % smaller than the paraboloid's."""
    _, load = sneddon(lambda r: r / sqrt(1 - r * r), 0.3)
    with pytest.warns(vg.OutOfRegime, match=r"a/R = 0.304 against 0.3") as caught:
        a = hertz(1.0, load, unit_sample(), **RIGID).radius
    assert caught[0].filename == __file__
    assert 0.3 / a - 1 == pytest.approx(-0.0124, abs=5e-5)


# adhesion


def energy(a, depth, force, work):
    """Elastic energy ½∫pu of contact (a, δ) less adhesion and work of the load; R = E* = 1."""

    def density(w):  # r = a sin w; p = Hertz at δ = a² and a flat punch of the rest
        r, cosine = a * np.sin(w), np.cos(w)
        pressure = (2 * a * cosine + (depth - a * a) / (a * cosine)) / pi
        return pi * pressure * (depth - r * r / 2) * r * a * cosine

    nodes, weights = np.polynomial.legendre.leggauss(24)
    w = (nodes + 1) * pi / 4
    return float(weights @ density(w)) * pi / 4 - work * pi * a * a - force * depth


@pytest.mark.parametrize("force", [-4e-4, 0.0, 1e-3])
def test_jkr_minimises_the_energy(force):
    work, scale = 1e-4, 1e-7
    found = minimize(
        lambda v: energy(v[0], v[1], force, work) / scale,
        [0.15, 0.01],
        method="Nelder-Mead",
        bounds=[(0.06, 0.3), (-0.1, 0.1)],
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 2000},
    )
    a = hertz(1.0, force, unit_sample(), **RIGID, model="jkr", adhesion=work).radius
    assert a == pytest.approx(found.x[0], rel=1e-6, abs=0)  # a minimum is flat: √rounding


def maugis(a, strength):
    """Load of Maugis' contact, J. Colloid Interface Sci. 150, 243 (1992), in his units."""

    def outer(m):
        root = sqrt(m * m - 1)
        turn = atan(root)
        first = strength * a * a / 2 * (root + (m * m - 2) * turn)
        return first + 4 / 3 * strength**2 * a * (root * turn - m + 1) - 1

    m = brentq(outer, 1 + 1e-14, 1e6, xtol=1e-15, rtol=1e-14)
    root = sqrt(m * m - 1)
    return a**3 - strength * a * a * (root + m * m * atan(root))


@pytest.mark.parametrize(("model", "strength", "rel"), [("dmt", 1e-4, 2e-3), ("jkr", 50.0, 2e-3)])
@pytest.mark.filterwarnings("ignore::vegard.OutOfRegime")
def test_limits_of_maugis(model, strength, rel):
    """a in (πwR²/K)^{1/3}, F in πwR, K = 4E*/3; DMT and JKR are the ends of his range."""
    work = 1e-6
    unit = (pi * work * 3 / 4) ** (1 / 3)
    for a in (1.5, 2.5):
        load = maugis(a, strength) * pi * work
        got = hertz(1.0, load, unit_sample(), **RIGID, model=model, adhesion=work).radius
        assert got == pytest.approx(a * unit, rel=rel, abs=0)  # how near the end is


@pytest.mark.parametrize(("model", "tabor", "off"), [("dmt", 0.1, -0.0568), ("jkr", 5, 0.0079)])
@pytest.mark.filterwarnings("ignore::vegard.OutOfRegime")
def test_error_where_a_model_ends(model, tabor, off):
    """The docstring's figures: a against Maugis, λ = 1.157 µ, at F near ±πwR."""
    work, a = 1e-6, 1.5
    load = maugis(a, 1.157 * tabor) * pi * work
    got = hertz(1.0, load, unit_sample(), **RIGID, model=model, adhesion=work).radius
    assert got / (a * (pi * work * 3 / 4) ** (1 / 3)) - 1 == pytest.approx(off, abs=1e-4)


def test_pull_off():
    common = {**SILICON, "adhesion": 0.1}
    material = sample(young=1e9)
    limit = -1.5 * pi * 0.1 * 1e-6
    tip = hertz(1e-6, limit, material, **common, model="jkr")
    modulus = reduced_modulus(material, **SILICON)
    assert tip.radius == pytest.approx(
        (0.75 * 1e-6 / modulus * 1.5 * pi * 0.1 * 1e-6) ** (1 / 3), rel=1e-12, abs=0
    )
    with pytest.raises(vg.VegardError, match=r"pull-off force -4.712e-07 N of model='jkr'"):
        hertz(1e-6, 1.0001 * limit, material, **common, model="jkr")
    with pytest.raises(vg.VegardError, match=r"pull-off force -6.283e-07 N of model='dmt'"):
        hertz(1e-6, -2 * pi * 0.1 * 1e-6, material, **common, model="dmt")


def test_no_adhesion_is_hertz():
    plain = hertz(20e-9, 1e-7, sample(), **SILICON)
    for model in ("dmt", "jkr"):
        assert hertz(20e-9, 1e-7, sample(), **SILICON, model=model, adhesion=0.0) == plain


def test_tabor_advice():
    """µ = (Rw²/(E*²z₀³))^{1/3}; the advice holds the other model's radius."""
    modulus = reduced_modulus(sample(), **SILICON)
    tabor = (20e-9 * 0.03**2 / (modulus**2 * 0.3e-9**3)) ** (1 / 3)
    assert tabor < 0.1
    other = hertz(20e-9, 1e-8, sample(), **SILICON, model="dmt", adhesion=0.03).radius
    said = (
        rf"Tabor parameter {tabor:.2g} against 0.1.*model='dmt': a radius of {other * 1e9:.3g} nm"
    )
    with pytest.warns(vg.OutOfRegime, match=said) as caught:
        hertz(20e-9, 1e-8, sample(), **SILICON, model="jkr", adhesion=0.03)
    assert caught[0].filename == __file__
    soft = sample(young=1e7)
    with pytest.warns(vg.OutOfRegime, match=rf"against {JKR_ABOVE:g}.*no contact at this load"):
        hertz(1e-5, -1.75 * pi * 0.05 * 1e-5, soft, **RIGID, model="dmt", adhesion=0.05)


def test_steep_cone_warns():
    with pytest.warns(vg.OutOfRegime, match=r"cot α = 2.75 against 0.3") as caught:
        hertz(None, 1e-7, sample(), **SILICON, shape="cone", half_angle=np.radians(20))
    assert caught[0].filename == __file__


@given(st.floats(1e-12, 1e-6), st.floats(1e-9, 1e-5), st.floats(1e6, 1e12), st.floats(0, 1))
@pytest.mark.filterwarnings("ignore::vegard.OutOfRegime")
def test_order_of_the_models(load, curvature, young, work):
    """Hertz ≤ DMT ≤ JKR at the same load, and pressing harder widens."""
    kw = {**SILICON, "adhesion": work}
    material = sample(young=young)
    try:
        jkr = hertz(curvature, load, material, **kw, model="jkr").radius
    except vg.VegardError:  # the tip sinks in
        assume(False)
    dmt = hertz(curvature, load, material, **kw, model="dmt").radius
    plain = hertz(curvature, load, material, **SILICON).radius
    less = hertz(curvature, load / 2, material, **SILICON).radius
    tiny = 1 + 1e-15
    assert less < plain <= dmt * tiny <= jkr * tiny**2


WRONG = {
    "no load": ((20e-9, 0.0), {}, r"load must be > 0 \[N\] without adhesion; got 0\."),
    "pull": ((20e-9, -1e-9), {}, r"radius 0: give a load, or model=\"dmt\""),
    "nan": ((20e-9, float("nan")), {}, r"load must be finite \[N\]; got nan"),
    "inf": ((20e-9, inf), {}, r"load must be finite"),
    "array": (([1e-9, 2e-9], 1e-9), {}, r"tip_radius must be > 0 \[m\]"),
    "text": (("20 nm", 1e-9), {}, r"tip_radius must be a number in SI units"),
    "radius": ((-1.0, 1e-9), {}, r"tip_radius must be > 0 \[m\]; got -1"),
    "model": ((20e-9, 1e-9), {"model": "jrk"}, r"unknown model 'jrk'.*Did you mean 'jkr'"),
    "shape": ((20e-9, 1e-9), {"shape": "cube"}, r"unknown shape 'cube'"),
    "work": ((20e-9, 1e-9), {"model": "dmt"}, r"need the work of adhesion \[J/m²\]"),
    "worked": ((20e-9, 1e-9), {"adhesion": 0.1}, r"\"hertz\" knows none"),
    "negative work": (
        (20e-9, 1e-9),
        {"model": "dmt", "adhesion": -0.1},
        r"adhesion must be >= 0 \[J/m²\]",
    ),
    "no radius": ((None, 1e-9), {}, r"takes tip_radius \[m\] and no half_angle"),
    "angle": ((20e-9, 1e-9), {"half_angle": 1.0}, r"Did you mean shape=\"cone\""),
    "cone": ((20e-9, 1e-9), {"shape": "cone", "half_angle": 1.4}, r"tip_radius=None"),
    "cone bare": ((None, 1e-9), {"shape": "cone"}, r"takes half_angle"),
    "degrees": ((None, 1e-9), {"shape": "cone", "half_angle": 70}, r"half_angle must be < π/2"),
    "cone pulled": ((None, 0), {"shape": "cone", "half_angle": 1.4}, r"load must be > 0"),
    "sunk": ((20e-9, 1e-2), {}, r"radius 134 nm is not below the tip radius 20 nm"),
    "tip": ((20e-9, 1e-9), {"tip_young": 0}, r"tip_young must be > 0 \[Pa\]"),
    "tip ν": ((20e-9, 1e-9), {"tip_poisson": 0.6}, r"tip_poisson must be > -1 and <= 0.5"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input(name):
    args, kw, said = WRONG[name]
    with pytest.raises(vg.VegardError, match=said):
        hertz(*args, sample(), **{**SILICON, **kw})


def test_the_sample_must_be_known():
    with pytest.raises(vg.VegardError, match=re.escape("Material.young is unknown (None)")):
        hertz(20e-9, 1e-9, vg.Material(1e-15, 1e-6, 0.3), **SILICON)
    with pytest.raises(vg.VegardError, match=r"material must be a vegard\.Material; got 'lmo'"):
        hertz(20e-9, 1e-9, "lmo", **SILICON)
    with pytest.raises(vg.VegardError, match=r"radius must be > 0 \[m\]; got 0"):
        stiffness(0.0, sample(), **SILICON)


def test_true_sphere_formula():
    """The load of a true sphere that the rulers use: Sneddon's own closed form."""
    x = 0.3
    closed = (1 + x * x) / 2 * log((1 + x) / (1 - x)) - x
    assert sneddon(lambda r: r / sqrt(1 - r * r), x)[1] == pytest.approx(closed, rel=1e-10, abs=0)

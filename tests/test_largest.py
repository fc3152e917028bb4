"""The largest diffusive response against closed forms, and the judgement that rests on it."""

from math import pi, sqrt

import numpy as np
import pytest

import vegard as vg
from vegard.largest import Largest, judge_amplitude, largest_response, window

LMO = vg.Material(7.08e-15, 0.00267 / 2290, 0.3, site_concentration=22900.0)
TIP = vg.DiscTip(10e-9)
HALF = vg.Experiment(LMO, TIP)
STRAIN = 0.00267  # Δx = 0.1


def largest(f, d, e=HALF, **kw):
    return largest_response(e, f, diffusivity=d if isinstance(d, tuple) else (d, d), **kw)


@pytest.mark.parametrize(
    ("d", "f", "pm"),
    [  # direct quadrature, done apart from this package; two or three digits
        (1e-13, 1.0, 34.0),
        (1e-13, 100.0, 28.8),
        (1e-13, 3.5e3, 12.7),
        (1e-13, 400e3, 1.37),
        (1e-15, 1.0, 28.8),
        (1e-15, 100.0, 8.0),
        (1e-15, 3.5e3, 1.46),
        (1e-15, 400e3, 0.14),
        (1e-17, 1.0, 8.0),
        (1e-17, 3.5e3, 0.15),
        (1e-17, 400e3, 0.014),
    ],
)
def test_table_of_quadratures(d, f, pm):
    got = largest(f, d, change=2290.0).displacement * 1e12
    assert got == pytest.approx(pm, abs=0.6 * 10 ** (np.floor(np.log10(pm)) - 1))


def test_high_frequency_asymptote():
    # F = 1/σ - 1/σ² + …: relative distance |1/σ| = ℓ/R
    f, d = 400e6, 1e-15
    ell = sqrt(d / (2 * pi * f))
    got = largest(f, d, change=2290.0).displacement
    assert got == pytest.approx(2 * 1.3 * STRAIN * ell, rel=1.1 * ell / 10e-9, abs=0)


def test_static_limit_is_the_ceiling():
    got = largest(1e-9, 1e-13, change=2290.0).displacement
    assert got == pytest.approx(1.3 * STRAIN * 10e-9, rel=1e-5, abs=0)  # 34.7 pm


def test_half_space_is_largest_at_the_largest_d():
    top = largest(np.array([1.0, 400e3]), (1e-17, 1e-13), change=2290.0)
    assert top.diffusivity == pytest.approx([1e-13, 1e-13], rel=1e-12, abs=0)
    assert top.displacement.shape == top.frequency.shape == (2,)


def test_scalar_in_scalar_out_and_2d():
    assert np.ndim(largest(1.0, 1e-15, change=1.0).displacement) == 0
    assert largest(np.ones((2, 3)), 1e-15, change=1.0).diffusivity.shape == (2, 3)


def dense_maximum(e, f, low, high):
    """Largest |u| over D, one experiment at a time, without the scaling that the code uses."""
    out = 0.0
    for d in np.geomspace(low, high, 2000):
        u = vg.frequency_response(e.replace({"material.diffusivity": d}), f, per="concentration")
        out = max(out, float(u.amplitude))
    return out


@pytest.mark.slow
def test_interior_maximum_is_found():
    # per k the weights are β₃₃ + β₁₁(1+2ν) in a thin skin and 3β₃₃/4 + β₁₁(1+4ν)/4 at rest: with
    # β₁₁ = -3β₃₃/(1+4ν) nothing is left at rest, so that |u| has its maximum in between
    e = HALF.replace({"material.vegard": (-3e-6 / 2.2, 1e-6), "material.poisson": 0.3})
    low, high, f = 1e-18, 1e-8, 100.0
    top = largest(f, (low, high), e, change=1.0)
    assert low * 10 < top.diffusivity < high / 10
    dense = dense_maximum(e, f, low, high)
    assert dense * (1 - 1e-12) <= top.displacement <= dense * (1 + 1e-4)


def test_no_kinetics_exceeds_equilibrium():
    f = np.geomspace(1e-2, 1e6, 17)
    bound = largest(f, 7.08e-15, change=1.0).displacement
    for biot in (1e-2, 1.0, 1e2):
        e = HALF.replace({"interface": vg.LinearKinetics(biot * 7.08e-15 / 10e-9)})
        assert (vg.frequency_response(e, f, per="concentration").amplitude < bound).all()
        again = largest(f, 7.08e-15, e, change=1.0).displacement
        np.testing.assert_allclose(again, bound, rtol=1e-12)  # the interface is replaced


def test_anisotropy_ratio_is_kept():
    e = HALF.replace({"material.diffusivity": (4e-15, 1e-15)})
    want = vg.frequency_response(
        e.replace({"material.diffusivity": (4e-13, 1e-13)}), 50.0, per="concentration"
    ).amplitude
    assert largest(50.0, 1e-13, e, change=1.0).displacement == pytest.approx(want, rel=1e-11, abs=0)


def test_change_by_slope_sites_or_given():
    steep = HALF.replace({"material.ocv_slope": -1e-4})
    flat = HALF.replace({"material.ocv_slope": -1e-5})
    a, b = largest(1.0, 1e-15, steep), largest(1.0, 1e-15, flat)
    assert (a.change, a.limited_by) == (pytest.approx(1e4, rel=1e-14), "open-circuit slope")
    assert (b.change, b.limited_by) == (22900.0, "site concentration")
    assert largest(1.0, 1e-15, steep, drive=0.1).change == pytest.approx(1e3, rel=1e-14)
    assert largest(1.0, 1e-15, change=5.0).limited_by == "given"
    assert b.strain == pytest.approx(0.0267, rel=1e-12)


@pytest.mark.parametrize(
    ("kw", "words"),
    [
        ({"diffusivity": (1e-13, 1e-17)}, "low <= high"),
        ({"diffusivity": (0.0, 1e-17)}, "0 < low"),
        ({"diffusivity": 1e-13}, "range"),
        ({"change": 3e4}, "site concentration 22900"),
        ({"change": -1.0}, "change must be > 0"),
        ({"drive": 0.0}, "drive must be > 0"),
        ({"frequency": 0.0}, "frequency must be > 0"),
        ({"frequency": []}, "frequency must be > 0"),
    ],
)
def test_bad_input_says_so(kw, words):
    given = {"frequency": 1.0, "diffusivity": (1e-17, 1e-13), **kw}
    with pytest.raises(vg.VegardError, match=words):
        largest_response(HALF, given.pop("frequency"), **given)


def test_unknown_change_is_asked_for():
    e = HALF.replace({"material.site_concentration": None})
    with pytest.raises(vg.VegardError, match="give change"):
        largest(1.0, 1e-15, e)


TOP = Largest(1.37e-12, 1e-13, 2290.0, 400e3, STRAIN, "given")


def test_judgement_follows_the_numbers():
    far, near = judge_amplitude(436e-12, TOP), judge_amplitude(113e-12, TOP, q=100)
    assert (far.answer, near.answer) == ("excluded", "possible")
    assert far.ratio == pytest.approx(436 / 1.37, rel=1e-12)
    assert near.ratio == pytest.approx(1.13 / 1.37, rel=1e-12)
    assert "436 pm" in far.sentence
    assert far.sentence.endswith("diffusion is excluded.")
    assert near.sentence.endswith("diffusion is not excluded.")
    assert judge_amplitude(1.37e-12, TOP).answer == "possible"
    assert judge_amplitude(1.3701e-12, TOP).answer == "excluded"


def test_judgement_refuses_nonsense():
    with pytest.raises(vg.VegardError, match="q > 0"):
        judge_amplitude(1e-12, TOP, q=0)
    with pytest.raises(vg.VegardError, match="one bound"):
        judge_amplitude(1e-12, largest([1.0, 2.0], 1e-15, change=1.0))


def test_window_scales_with_d():
    w = window(HALF, diffusivity=(1e-17, 1e-13), change=2290.0)
    assert w.contact_frequency == pytest.approx(
        (1e-17 / (2 * pi * 1e-16), 1e-13 / (2 * pi * 1e-16))
    )
    assert w.lattice_frequency[1] == pytest.approx(1e-13 / (2 * pi * 0.64e-18))
    assert w.pulse == pytest.approx((10.0, 1e-3))
    assert w.relaxation[0] / w.relaxation[1] == pytest.approx(1e4, rel=1e-12)
    sigma = np.exp(0.25j * pi)
    closed = 2 * 1.3 * STRAIN * 10e-9 * abs((sigma - 1 + np.exp(-sigma)) / sigma**2)
    assert w.displacement == pytest.approx(closed, rel=1e-10, abs=0)  # 27.4 pm


def test_relaxation_is_the_time_to_1_over_e():
    w = window(HALF, diffusivity=(1e-15, 1e-15), change=1.0)
    e = HALF.replace({"material.diffusivity": 1e-15})
    t = np.array([w.pulse[0], w.pulse[0] + w.relaxation[0]])
    u = vg.time_response(e, vg.Pulse(w.pulse[0]), t, per="concentration").values
    assert u[1] / u[0] == pytest.approx(np.exp(-1), rel=2e-3)  # interpolated, 20 points a decade


def test_the_ratio_in_plane_to_normal_keeps_its_direction():
    e = vg.Experiment(vg.Material((3e-15, 1e-15), 1e-6, 0.3), vg.DiscTip(1e-8))
    top = largest_response(e, 1.0, diffusivity=(1e-15, 1e-15), change=1.0)
    alone = vg.frequency_response(e, 1.0, per="concentration").amplitude
    assert top.displacement == pytest.approx(alone, rel=1e-9, abs=0)

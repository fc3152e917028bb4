"""Objects: validation, paths, findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vegard as vg

IMPOSSIBLE = [
    (
        lambda: vg.Material(-1, 1.0, 0.3),
        "Material.diffusivity must be > 0 [m²/s] or (in_plane, normal)",
    ),
    (lambda: vg.Material(-1, 1.0, 0.3), "got -1. Solids lie near 1e-20..1e-9; did you pass cm²/s?"),
    (lambda: vg.Material((1.0, 0.0), 1.0, 0.3), "got 0.0"),
    (lambda: vg.Material((1.0, 2.0, 3.0), 1.0, 0.3), "(in_plane, normal)"),
    (lambda: vg.Material(float("nan"), 1.0, 0.3), "got nan"),
    (lambda: vg.Material(1.0, float("inf"), 0.3), "Material.vegard must be finite"),
    (lambda: vg.Material(1.0, 1.0, 0.6), "Material.poisson must be > -1 and <= 0.5"),
    (lambda: vg.Material(1.0, 1.0, 0.3, ocv_slope=0.0), "plateau"),
    (lambda: vg.Material(1.0, 1.0, 0.3, charge=0), "Material.charge must be != 0"),
    (lambda: vg.Material(1.0, 1.0, 0.3, temperature=-3.0), "Did you pass °C?"),
    (lambda: vg.Material("1e-12 cm^2/s", 1.0, 0.3), "vegard.units.parse"),
    (lambda: vg.Material(True, 1.0, 0.3), "got True"),
    (lambda: vg.Material(1.0, 1.0, 0.3, name=3), "must be text"),
    (lambda: vg.DiscTip(0.0), "did you pass nm?"),
    (lambda: vg.GaussianTip([1.0, 2.0]), "GaussianTip.radius must be > 0"),
    (lambda: vg.Film(1.0, "open"), "Valid: blocking, permeable"),
    (lambda: vg.LinearKinetics(-1.0), "LinearKinetics.rate must be > 0"),
    (lambda: vg.ProfileTip(1.0, (0.0, 1.0), (1.0,)), "same length"),
    (lambda: vg.ProfileTip(1.0, (0.1, 1.0), (1.0, 0.0)), "start at 0"),
    (lambda: vg.ProfileTip(1.0, (0.0, 1.0), (0.0, 0.0)), "zero everywhere"),
    (lambda: vg.ProfileTip(1.0, (0.0, float("nan")), (1.0, 0.0)), "finite"),
    (lambda: vg.ProfileTip(1.0, "ab", (1.0, 0.0)), "sequence of numbers"),
    (lambda: vg.Experiment(1.0, vg.DiscTip(1.0)), "Experiment.material must be a Material"),
    (
        lambda: vg.Experiment(vg.Material(1, 1, 0.3), vg.DiscTip(1.0), readout="side"),
        "Valid: centre",
    ),
]


@pytest.mark.parametrize("case", range(len(IMPOSSIBLE)))
def test_the_impossible_is_an_error(case):
    make, words = IMPOSSIBLE[case]
    with pytest.raises(vg.VegardError) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_dimensionless_work_is_silent():
    e = vg.Experiment(vg.Material(1.0, 1.0, 0.3), vg.DiscTip(1.0))
    assert e.check() == []
    assert e.check(frequency=1.0) == []


def test_paths(lmo):
    assert lmo["tip.radius"] == 10e-9
    assert lmo.replace({"material.young": 1e11, "readout": "punch"})["material.young"] == 1e11
    assert lmo["material.young"] is None  # the original is untouched
    with pytest.raises(vg.VegardError, match=r"field of Experiment 'tipp'. Did you mean 'tip'\?"):
        lmo.replace({"tipp.radius": 1.0})
    with pytest.raises(vg.VegardError, match="has no fields"):
        lmo.replace({"readout.radius": 1.0})
    with pytest.raises(vg.VegardError, match=r"DiscTip\.radius must be > 0"):
        lmo.replace({"tip.radius": -1.0})
    with pytest.raises(vg.VegardError, match="has no fields"):
        lmo["tip.radius.x"]


@given(st.floats(1e-9, 1e-6), st.floats(1e-20, 1e-9))
def test_replace_and_read_back(radius, d):
    e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(1e-8))
    e = e.replace({"tip.radius": radius, "material.diffusivity": d})
    assert (e["tip.radius"], e["material.diffusivity"]) == (radius, d)
    assert e == e.replace({})


def rules(e, **kw):
    return {f.rule: f for f in e.check(**kw)}


def test_diffusion_length_against_a_lattice_constant(lmo):
    found = rules(lmo, frequency=400e3)["diffusion length below a lattice constant"]
    assert found.left == pytest.approx(0.0199e-9, rel=1e-2, abs=0)
    assert found.right == 0.8e-9
    assert "go below 250 Hz" in found.advice
    assert "diffusion length below a lattice constant" not in rules(lmo, frequency=1.0)


def test_strain_and_sites(lmo):
    """1 V over -2e-5 V m³/mol is 5e4 mol/m³: 5.9 % strain, and more than the sites."""
    found = rules(lmo, drive=1.0)
    assert found["Vegard strain |βΔC| above 2 %"].left == pytest.approx(0.0585)
    assert found["concentration change above the site concentration"].left == pytest.approx(5e4)
    assert rules(lmo, drive=0.1) == {}


def test_biot(lmo):
    slow = lmo.replace({"interface": vg.LinearKinetics(1e-10)})
    found = rules(slow, drive=0.1)["Biot number κR/D far below 1"]
    assert found.left == pytest.approx(1e-3)
    assert "you measure κ, not D" in str(found)
    assert rules(slow.replace({"interface.rate": 1e-6}), drive=0.1) == {}


def test_small_contact(lmo):
    assert "contact radius below one nanometre" in rules(
        lmo.replace({"tip.radius": 5e-10}), drive=0
    )


def test_huge_contact(lmo):
    found = rules(lmo.replace({"tip.radius": 5.0}), drive=0)["contact radius above ten micrometres"]
    assert (found.left, found.right) == (5.0, pytest.approx(1e-5))


def test_findings_skip_what_is_unknown():
    e = vg.Experiment(vg.Material(None, None, None), vg.DiscTip(1e-8))
    assert e.check(frequency=1.0) == []


def test_tips_know_their_area_and_shape():
    import numpy as np

    for tip in (vg.DiscTip(2.0), vg.GaussianTip(2.0), vg.ProfileTip(2.0, (0, 1.0), (1.0, 0.5))):
        r = np.linspace(0, 30, 200_001)
        area = np.trapezoid(2 * np.pi * r * tip.shape(r), r)
        assert tip.area == pytest.approx(area, rel=1e-3)
        assert float(tip.spectrum(0.0)) == pytest.approx(tip.area, rel=1e-5)
        k = 0.7
        from scipy.special import j0

        s = np.trapezoid(2 * np.pi * r * tip.shape(r) * j0(k * r), r)
        assert float(tip.spectrum(k)) == pytest.approx(s, rel=2e-3)


def test_the_smaller_length_and_the_larger_strain_decide():
    m = vg.Material((1e-15, 1e-18), (2e-6, 1e-7), 0.3, ocv_slope=-5e-5)
    thin = vg.Experiment(m, vg.DiscTip(1e-7), vg.Film(1e-9), vg.LinearKinetics(1e-11))
    rules = {f.rule: f for f in thin.check(frequency=1.0)}
    # ℓ = √(1e-18/2π) = 0.4 nm, along the slower direction
    assert rules["diffusion length below a lattice constant"].left == pytest.approx(3.99e-10, 1e-2)
    # κh/D = 1e-11 · 1e-9/1e-18
    assert rules["Biot number κR/D far below 1"].left == pytest.approx(0.01)
    assert rules["Vegard strain |βΔC| above 2 %"].left == pytest.approx(2e-6 / 5e-5)


def test_additive_signals_are_checked():
    joule = vg.parasitics.Joule(
        resistance=1e9, radius=20e-9, conductivity=3.0, heat_capacity=3e6, expansion=1e-5,
        poisson=0.3, dc=1.0,
    )  # fmt: skip
    e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-2e-5), vg.DiscTip(2e-8), also=joule)
    assert e.also == (joule,)
    for bad in ("ab", 3, (joule, 3)):
        with pytest.raises(vg.VegardError, match="must be a tuple of objects with transfer"):
            e.replace({"also": bad})
    u = vg.frequency_response(e, 1e8)
    assert u.error > 1e-13 * abs(joule.response(1e8, ac=1.0).values)  # the term's own error counts
    assert "Hudlet" not in " ".join(u.citations())

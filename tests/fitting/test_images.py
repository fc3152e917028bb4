"""Images of known objects: the table of kernels, images summed by hand, truth recovered."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

import vegard as vg
from vegard.convolution import Layer, Plane, convolve
from vegard.fitting import core, image_model, problem
from vegard.image_kernels import kernels

sys.path.insert(0, str(Path(__file__).parent))
from cases import near

D, R, BETA = "material.diffusivity", "tip.radius", "material.vegard"
PIXEL, RADIUS, TRUTH = 5e-9, 10e-9, 1e-15
FREQUENCY = 3.0  # ℓ = √(D/ω) = 7 nm


def sample(readout="punch", interface=None, tip=vg.GaussianTip):
    material = vg.Material(TRUTH, 1e-6, 0.3, ocv_slope=-5e-5)
    return vg.Experiment(material, tip(RADIUS), vg.HalfSpace(),
                         interface or vg.FixedConcentration(), readout)  # fmt: skip


def astray(e):
    """The same sample with values that mislead."""
    return e.replace({D: 1e-11, R: 45e-9})


def columns(n=28, seed=0):
    return vg.samples.columns((n, n), PIXEL, 30e-9, 60e-9, inside=2e-6, outside=1e-6, jitter=4e-9,
                              seed=seed).values  # fmt: skip


# --- the table ---


@pytest.mark.parametrize("over", ["frequency", "time"])
def test_table_against_kernels(over):
    """At values between the knots: 1e-6 of the largest, as a polynomial of 8 points leaves it."""
    e = sample().replace({R: 23.7e-9})
    x = np.array([2.3, 31.0]) if over == "frequency" else np.array([0.011, 0.16])
    K = np.concatenate([[0.0], np.geomspace(1e4, 9e8, 300)])
    got = image_model.transfer("vegard", e, over, x, K)
    found, _ = kernels(e, ["vegard"], per="concentration", **{over: x})
    exact = found["vegard"].transform(K).T
    assert np.abs(got - exact).max() < 1e-6 * np.abs(exact).max()


@pytest.mark.exhaustive
def test_table_between_rates():
    """κR/D moves with D: read between tables, to 3e-6."""
    e = sample(interface=vg.LinearKinetics(1.3e-7))
    x, K = np.array([2.3]), np.geomspace(1e5, 9e8, 200)
    got = image_model.transfer("rate", e, "frequency", x, K, {D})
    found, _ = kernels(e, ["rate"], per="concentration", frequency=x)
    exact = found["rate"].transform(K).T
    assert np.abs(got - exact).max() < 3e-6 * np.abs(exact).max()


# --- against an integral that shares nothing with the kernels ---


def transfer_by_hand(K, radius, diffusivity, frequency, beta=1e-6, poisson=0.3):
    r"""ĥ(K) of a point reading: 2(1+ν)β/(4π²) ∬ Ĉ₀(k)/(|K+k| + q) k dk dθ, β moved to a wave.

    ∫ e^{-|K+k|z} e^{-qz} dz by hand, Ĉ₀ = 2πR² e^{-k²R²/2} the gaussian tip's.
    """
    x, w = np.polynomial.legendre.leggauss(400)
    k = (x + 1) / 2 * 8 / radius
    theta = 2 * np.pi * (np.arange(512) + 0.5) / 512
    q = np.sqrt(k**2 + 2j * np.pi * frequency / diffusivity)
    size = 2 * np.pi * radius**2 * np.exp(-(k**2) * radius**2 / 2) * k * w * 4 / radius
    both = np.sqrt(K**2 + k[:, None] ** 2 + 2 * K * k[:, None] * np.cos(theta))
    inner = (1 / (both + q[:, None])).mean(axis=1) * 2 * np.pi
    return 2 * (1 + poisson) * beta / (4 * np.pi**2) * (size @ inner)


WAVES = ((0, 0, 1.0), (1, 0, 0.4), (2, 3, 0.3), (0, 4, 0.2), (5, 2, 0.2))


def waves(n, f):
    """A sum of waves of whole periods in the image, each multiplied with f(K)."""
    y, x = np.mgrid[:n, :n] * 2 * np.pi / n
    side = n * PIXEL
    return sum(
        a * f(2 * np.pi * np.hypot(i, j) / side) * np.cos(i * y + j * x + 0.7 * i + 0.2 * j)
        for i, j, a in WAVES
    )


def test_image_summed_by_hand_gives_radius_and_diffusivity_back():
    """Without noise: what a thousandth of the largest hides is all that is lost."""
    n = 24
    beta = 1e-6 * waves(n, lambda _: 1.0)
    u = waves(n, lambda K: transfer_by_hand(K, RADIUS, TRUTH, FREQUENCY))
    d = vg.Data("image", FREQUENCY, u, 1e-3 * np.abs(u).max(), per="concentration",
                maps={BETA: beta}, pixel=PIXEL, boundary="periodic")  # fmt: skip
    f = vg.fit(astray(sample("centre")), d, [D, R])
    assert f.converged
    assert f.values[D] == near(TRUTH, rel=5e-4)
    assert f.values[R] == near(RADIUS, rel=2e-4)
    assert f.diagnostics["largest"] < 0.1


# --- truth and intervals ---


@lru_cache
def kernel(e, frequency):
    """As `image` uses it, computed once for all images; no table."""
    found, _ = kernels(e.replace({BETA: 1.0}), per="concentration", frequency=frequency)
    return found["vegard"]


def measured(e, seed, noise, *, n=28, frequency=(FREQUENCY,)):
    beta = columns(n, seed)
    rng = np.random.default_rng([9, seed])
    layer = Layer(beta, kernel(e, frequency).transform)
    u = np.moveaxis(convolve(Plane(beta.shape, (PIXEL, PIXEL)), [layer]), 0, -1)
    u = u + noise * (rng.normal(size=u.shape) + 1j * rng.normal(size=u.shape))
    return vg.Data("image", frequency, u, noise, per="concentration", maps={BETA: beta},
                   pixel=PIXEL)  # fmt: skip


@pytest.mark.exhaustive
def test_coverage(monkeypatch):
    """40 images of known objects: the 95 % intervals of D and R hold the truth.

    33 of 40 or less would be a chance of 4e-4. Residuals are white at the fit. The table is held
    against the exact verb in the tests above, so it is not asked at each of the 40.
    """
    monkeypatch.setattr(core, "_exact", lambda whole, best: (best, whole))
    e = sample()
    truth = {D: TRUTH, R: RADIUS}
    inside, chi2, alike = dict.fromkeys(truth, 0), [], []
    for seed in range(40):
        f = vg.fit(e, measured(e, seed, 3e-16, n=24), {D: 3e-15, R: 7e-9, "gain": None})
        for name, value in truth.items():
            low, high = f.interval(name)
            inside[name] += low <= value <= high
        chi2.append(f.diagnostics["chi2_reduced"])
        alike.append(f.diagnostics["correlation_z"])
        assert f.sigma[R] < 0.2 * RADIUS
    assert min(inside.values()) >= 34, inside
    assert np.mean(chi2) == near(1.0, abs=4 * (2 / 40 / 1149) ** 0.5, rel=0)
    assert np.abs(np.mean(alike)) < 4 / 40**0.5
    assert 0.5 < np.std(alike) < 1.5


def test_wrong_object_is_told():
    """Columns that are elsewhere: neighbouring residuals are alike."""
    e = sample()
    d = measured(e, 1, 3e-16)
    wrong = vg.Data("image", d.x, d.y, d.sigma, per="concentration", maps={BETA: columns(seed=2)},
                    pixel=PIXEL)  # fmt: skip
    f = vg.fit(e, wrong, {D: 1e-15, R: 10e-9, "gain": None})
    assert "misses a shape" in f.report()


def test_modulus_offset_and_several_frequencies():
    """A constant in phase, as of electrostatics, beside an image read as displacement."""
    e = sample()
    d = measured(e, 3, 1e-17, frequency=(3.0, 30.0))
    shifted = vg.Data("image", d.x, 2.5 * d.y + 3e-15, 1e-17, per="concentration",
                      maps=d.maps, pixel=PIXEL)  # fmt: skip
    f = vg.fit(e, shifted, {D: 2e-15, R: 8e-9, "gain": None, "offset": None})
    for name, value in {D: TRUTH, R: RADIUS, "gain": 2.5, "offset": 3e-15}.items():
        assert abs(f.values[name] - value) < 4 * f.sigma[name], name
    plain = vg.Data("image", d.x, np.abs(d.y), 1e-17, per="concentration", maps=d.maps,
                    pixel=PIXEL)  # fmt: skip
    f = vg.fit(e, plain, {D: 2e-15, R: 8e-9, "gain": None})
    assert abs(f.values[R] - RADIUS) < 4 * f.sigma[R]
    assert f.residuals[0].shape == f.model()[0].shape == (28, 28, 2)


@pytest.mark.exhaustive
def test_image_and_spectrum_together():
    """A spectrum knows D/R² and β R; an image of a known object knows R: together all."""
    e = sample()
    rng = np.random.default_rng(1)
    f = np.geomspace(0.1, 1e4, 25)
    u = vg.frequency_response(e, f, per="concentration").values
    s = 0.02 * np.abs(u).max()
    u = u + s * (rng.normal(size=25) + 1j * rng.normal(size=25))
    spectrum = vg.Data("frequency", f, u, s, per="concentration")
    image = measured(e, 5, 3e-15)
    free = {D: 2e-15, R: 8e-9, "gain": None}
    alone, both = vg.fit(e, image, free), vg.fit(e, [spectrum, image], free)
    assert list(both.values) == [D, R, "gain[0]", "gain[1]"]
    # D/R² of the spectrum, R of the image
    assert both.sigma[D] / both.values[D] == near(2 * both.sigma[R] / both.values[R], rel=0.05)
    assert both.sigma[D] < alone.sigma[D]
    for name, value in {D: TRUTH, R: RADIUS}.items():
        assert abs(both.values[name] - value) < 4 * both.sigma[name], name
    assert vg.fit(e, spectrum, free).sigma[R] > 1e3 * RADIUS


# --- each kind of map against the verb itself ---

CRYSTAL = vg.Experiment(vg.Material(TRUTH, (2e-7, -1.1e-6), 0.2), vg.GaussianTip(RADIUS))
GRAINS = vg.samples.grains((12, 14), PIXEL, 30e-9, tilt=np.pi, seed=2).values
SPOTS = vg.samples.inclusions((12, 14), PIXEL, 15e-9, inside=1.15e-15, outside=1e-15,
                              positions=[(20e-9, 30e-9)]).values  # fmt: skip
PULSE = {"drive": vg.Pulse(0.05, 2.0), "over": "time"}
QUICK = ("grains",)
KINDS = {
    "grains": (CRYSTAL, {"orientation": GRAINS}, {}),
    "periodic grains": (CRYSTAL, {"orientation": GRAINS}, {"boundary": "periodic"}),
    "D": (sample(), {D: SPOTS}, {}),
    "D and β": (sample(), {D: SPOTS, BETA: 1e9 * SPOTS}, {"drive": 0.5}),
    "after a pulse": (sample(), {BETA: 1e9 * SPOTS}, PULSE),
    "D after a pulse": (sample(), {D: SPOTS}, PULSE),
}


@pytest.mark.parametrize("kind", [
    pytest.param(k, marks=pytest.mark.slow if k in QUICK else pytest.mark.exhaustive) for k in KINDS
])  # fmt: skip
def test_values_against_image(kind):
    """To 3e-6 of the largest: the table leaves 1e-6 of each kernel."""
    e, maps, how = KINDS[kind]
    x = [0.06, 0.12] if "over" in how else [FREQUENCY]
    d = vg.Data("image", x, np.ones((12, 14, len(x))), 1.0, per="concentration", maps=maps,
                pixel=PIXEL, **how)  # fmt: skip
    got = image_model.values(e, d, (), {}, problem.CURVES)
    more = {k: v for k, v in how.items() if k != "over"} | {d.over: x}
    u = vg.image(e, maps, pixel=PIXEL, per="concentration", method="first_order", **more).values
    assert np.abs(got - u).max() < 3e-6 * np.abs(u).max()
    assert np.ptp(np.abs(u[..., 0])) > 1e-3 * np.abs(u).max()


@pytest.mark.exhaustive
def test_map_of_what_is_free_keeps_its_pattern():
    """A map seven times too large, and D twice the mean: the image is that of twice the map."""
    e = sample()
    mean = np.exp(np.log(SPOTS).mean())
    d = vg.Data("image", FREQUENCY, np.ones((12, 14)), 1.0, per="concentration",
                maps={D: 7 * SPOTS}, pixel=PIXEL)  # fmt: skip
    twice = e.replace({D: 2 * mean})
    u = vg.image(e, {D: 2 * SPOTS}, pixel=PIXEL, per="concentration", frequency=[FREQUENCY],
                 method="first_order").values  # fmt: skip
    for got in (
        image_model.values(twice, d, {D}, {}, problem.CURVES),
        image_model.exact(twice, d, {D}),
    ):
        assert np.abs(got - u).max() < 3e-6 * np.abs(u).max()
    wide = vg.Data("image", FREQUENCY, d.y, 1.0, per="concentration",
                   maps={D: 1e-15 * (SPOTS / 1e-15) ** 16}, pixel=PIXEL)  # fmt: skip
    with pytest.warns(vg.OutOfRegime, match="to first order"):
        image_model.exact(e, wide, {R})


# --- what is refused, and the picture ---

ONE = np.ones((4, 5))
GOOD = {"maps": {BETA: 1e-6 * ONE}, "pixel": PIXEL}
BAD = {
    "no maps": ({"maps": None}, "needs what is known"),
    "no pixel": ({"pixel": None}, "needs pixel="),
    "pixel": ({"pixel": -1.0}, "pixel must be one size > 0"),
    "map": ({"maps": {"material.poisson": ONE}}, "map"),
    "thickness": ({"maps": {"geometry.thickness": ONE}}, "no kernel"),
    "shape of a map": ({"maps": {BETA: np.ones((5, 4))}}, "must have the image's pixels"),
    "over": ({"over": "bias"}, "over"),
    "boundary": ({"boundary": "open"}, "boundary"),
    "at": ({"at": 1e-9}, "leave at out"),
    "no drive": ({"over": "time"}, "needs drive="),
    "waveform": ({"drive": vg.Pulse(1.0)}, "does not take a Pulse"),
    "sigma": ({"sigma": np.ones(3)}, "sigma must be one number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_images_say_what_to_do(case):
    change, words = BAD[case]
    with pytest.raises(vg.VegardError, match=words):
        vg.Data("image", 1e3, ONE, **GOOD | change)


def test_bad_shapes_and_numbers():
    with pytest.raises(vg.VegardError, match=r"of shape \(ny, nx\)"):
        vg.Data("image", [1.0, 2.0], ONE, **GOOD)
    with pytest.raises(vg.VegardError, match="1 readings are not"):
        vg.Data("image", 1.0, np.where(np.arange(5) == np.arange(4)[:, None], 1, ONE) / np.array(
            [[1.0] * 5] * 3 + [[1.0] * 4 + [np.nan]]), **GOOD)  # fmt: skip
    with pytest.raises(vg.VegardError, match="must be real"):
        vg.Data("image", 1.0, 1j * ONE, drive=1.0, over="time", **GOOD)
    with pytest.raises(vg.VegardError, match='of an "image"'):
        vg.Data("frequency", [1.0, 2.0], [1.0, 2.0], pixel=1e-9)
    assert vg.Data("image", 1.0, ONE, 2 * ONE, **GOOD).sigma.shape == (4, 5, 1)
    assert not vg.Data("image", 1.0, ONE, **GOOD).is_map


def test_fits_that_make_no_sense():
    d = vg.Data("image", 1e3, ONE + np.arange(5.0), **GOOD)
    with pytest.raises(vg.VegardError, match='free "gain"'):
        vg.fit(sample(), d, [D, BETA])
    kinetic = sample(interface=vg.LinearKinetics(1e-7))
    with pytest.raises(vg.VegardError, match=r"not searched over κR/D.*give a start"):
        vg.fit(kinetic, d, [D, "gain"])


def test_picture():
    from matplotlib.figure import Figure

    from vegard import plot_fit

    e = sample()
    unknown = e.replace({"material": vg.Material(None, 1e-6, 0.3, ocv_slope=-5e-5)})
    f = vg.fit(unknown, measured(e, 0, 3e-16, n=16), {D: 1e-15})
    figure = Figure(figsize=(9, 4))
    ax = plot_fit.draw(f, figure.add_subplot())
    labels = [a.get_xlabel() for a in figure.axes]
    assert "residual of Re u (σ)" in labels
    assert "fit, 3 Hz" in labels
    assert ax.get_title(loc="left").startswith("D = ")

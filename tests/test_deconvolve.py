"""Maps behind blurred and noisy images: recovery, honesty about noise, resolution."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from common import Offset
from matplotlib.figure import Figure

import vegard as vg
from vegard.deconvolution import deconvolve
from vegard.image_kernels import kernels

BETA = "material.vegard"
E = vg.Experiment(vg.Material(1.0, 1.0, 0.3), vg.GaussianTip(1.0))
PER = {"per": "concentration"}
F = np.array([0.05, 5.0])
PIXEL = 0.3
FILM = vg.samples.columns((90, 90), PIXEL, 4.0, 8.0, inside=2.0, outside=1.0).values
KERNEL = kernels(E, frequency=F, **PER)[0]["vegard"]
UNIFORM = np.abs(KERNEL.total)


def imaged(noise, film=FILM, seed=0, **kw):
    return vg.image(
        E, {BETA: film}, pixel=PIXEL, **({"frequency": F} | kw), noise=noise, seed=seed, **PER
    )


def off(found):
    return float(np.sqrt(np.mean((found - FILM) ** 2)))


def raw(image):
    """What one reads off an image: amplitude over that of a uniform sample of β = 1."""
    return image.amplitude / UNIFORM


@pytest.mark.parametrize("noise", [0.3, 0.1, 0.03, 0.01])
def test_better_than_the_image_itself(noise):
    image = imaged(noise)
    found = deconvolve(image)
    best = min(off(raw(image)[..., i]) for i in range(2))
    assert off(found.values) < 0.8 * best
    # what it says of itself; the spectrum is a model
    assert found.sigma == pytest.approx(off(found.values), rel=0.35, abs=0)
    assert found.contrast == pytest.approx(FILM.std(), rel=0.4, abs=0)
    assert found.mean == pytest.approx(FILM.mean(), rel=noise, abs=0)
    assert found.chi2 == pytest.approx(1.0, rel=5 / np.sqrt(2 * 90**2), abs=0)


def test_error_falls_and_resolution_grows_with_less_noise():
    noises = (0.5, 0.2, 0.1, 0.05, 0.02)
    found = [deconvolve(imaged(noise)) for noise in noises]
    errors = [off(d.values) for d in found]
    cuts = [d.cutoff for d in found]
    assert all(a > b for a, b in pairwise(errors))
    assert all(a < b for a, b in pairwise(cuts))
    assert cuts[0] < found[0].raw_cutoff < cuts[-1]  # far below the image in noise, far beyond it
    assert errors[-1] < 0.3 * errors[0]


def test_cutoff_is_where_signal_meets_noise():
    """|ĥ| times what the map holds at K equals the noise of all readings together."""
    d = deconvolve(imaged(0.1))
    h = KERNEL.transform(np.array([d.cutoff]))[0]
    xi, k = d.correlation_length, d.cutoff
    modes = d.contrast**2 / PIXEL**2 * 2 * np.pi * xi**2 / (1 + (k * xi) ** 2) ** 1.5
    ratio = np.sqrt(modes * (np.abs(h) ** 2 / 1e-2).sum())
    assert ratio == pytest.approx(1.0, rel=1e-2, abs=0)  # interpolated between modes
    k50 = d.raw_cutoff
    assert max(np.abs(KERNEL.transform(np.array([k50]))[0]) / UNIFORM) == pytest.approx(
        0.5, rel=1e-3, abs=0
    )


def test_known_spectrum_is_found():
    """A map drawn from the model itself: v and ξ within their sampling error."""
    rng = np.random.default_rng(7)
    n, xi, v = 128, 1.5, 0.04
    k = np.pi * np.hypot(*np.meshgrid(np.arange(n), np.arange(n))) / (n * PIXEL)
    power = v / PIXEL**2 * 2 * np.pi * xi**2 / (1 + (k * xi) ** 2) ** 1.5
    from scipy.fft import idctn

    film = 1.0 + idctn(np.sqrt(power) * rng.standard_normal((n, n)), norm="ortho")
    d = deconvolve(imaged(1e-3, film))
    # some 500 correlation areas: 2 % of v·√(…); long waves are few
    assert d.contrast**2 == pytest.approx(v, rel=0.25, abs=0)
    assert d.correlation_length == pytest.approx(xi, rel=0.25, abs=0)
    error = np.sqrt(np.mean((d.values - film) ** 2))
    assert d.sigma == pytest.approx(error, rel=0.05, abs=0)


def test_nothing_to_see_is_the_mean():
    """Noise alone: in 1 of 50 images at most something is made of it."""
    flat = np.full((40, 40), 1.5)
    spoken = []
    for seed in range(12):
        d = deconvolve(imaged(1e-2, flat, seed))
        if d.contrast:
            spoken.append(seed)
            continue
        np.testing.assert_allclose(d.values, d.mean, rtol=1e-9)
        assert d.cutoff == 0.0
        assert d.correlation_length is None
        assert d.mean == pytest.approx(1.5, rel=1e-2, abs=0)  # noise over 40 pixels
        assert "No contrast" in d.report()
    assert len(spoken) <= 1


def test_noise_is_never_amplified_beyond_the_map():
    """Gain of noise at K: W/√A ≤ √S/2, and none where the image holds nothing."""
    noise = 0.1
    d = deconvolve(imaged(noise))
    h = KERNEL.transform(d.wavenumber[1:])
    root = np.sqrt((np.abs(h) ** 2).sum(axis=1)) / noise
    xi = d.correlation_length
    S = d.contrast**2 / PIXEL**2 * 2 * np.pi * xi**2 / (1 + (d.wavenumber[1:] * xi) ** 2) ** 1.5
    gain = d.transfer[1:] / root
    assert (gain <= np.sqrt(S) / 2 * (1 + 1e-6)).all()
    assert d.transfer[-1] < 0.1
    other = deconvolve(imaged(noise, seed=1))  # the same filter but for the estimate of S
    far = np.abs(np.fft.fft2(d.values - other.values))[40:50, 40:50].mean()
    near = np.abs(np.fft.fft2(d.values - other.values))[1:6, 1:6].mean()
    assert far < 3 * near


def test_more_frequencies_are_better():
    one = deconvolve(imaged(0.1, frequency=F[:1]))
    both = deconvolve(imaged(0.1))
    assert off(both.values) < off(one.values)
    assert both.cutoff > one.cutoff


def test_noise_that_differs_weighs():
    """A frequency with a hundred times the noise adds nothing."""
    alone = deconvolve(imaged(0.1, frequency=F[1:]))
    pair = deconvolve(imaged([10.0, 0.1]))
    assert off(pair.values) == pytest.approx(off(alone.values), rel=0.05, abs=0)


def test_arrays_are_images_too():
    image = imaged(0.1)
    one = deconvolve(image)
    kw = {"pixel": PIXEL, "frequency": F, **PER}
    two = deconvolve(image.values, E, noise=0.1, **kw)
    np.testing.assert_allclose(two.values, one.values, rtol=1e-12)
    louder = deconvolve(image, noise=1.0)
    assert louder.cutoff < one.cutoff
    assert louder.chi2 < 0.1
    quiet = deconvolve(image, noise=0.02)
    assert quiet.chi2 == pytest.approx(25, rel=0.1, abs=0)  # noise said too small: it shows


def test_periodic_time_and_additive():
    kw = {"boundary": "periodic"}
    image = vg.image(E, {BETA: FILM}, pixel=PIXEL, frequency=F, noise=1e-2, **kw, **PER)
    assert off(deconvolve(image).values) < 0.6 * off(raw(image)[..., 0])
    assert deconvolve(image).chi2 == pytest.approx(1, rel=0.05, abs=0)
    late = vg.image(E, {BETA: FILM}, pixel=PIXEL, time=[0.3, 3.0], noise=0.1, **PER)
    found = deconvolve(late)
    assert off(found.values) < 0.25
    assert found.chi2 == pytest.approx(1, rel=0.06, abs=0)
    more = E.replace({"also": (Offset(),)})
    shifted = vg.image(more, {BETA: FILM}, pixel=PIXEL, frequency=F, noise=0.1, **PER)
    np.testing.assert_allclose(
        deconvolve(shifted).values, deconvolve(imaged(0.1)).values, rtol=1e-6
    )


def test_sentences_and_picture():
    d = deconvolve(imaged(0.1))
    text = d.report()
    assert "is resolved" in text
    assert "correlation length" in text
    ax = d.plot(Figure().add_subplot())
    assert ax.get_title(loc="left").startswith("β resolved down to")
    assert ax.images[0].get_cmap().name == "cividis"
    none = deconvolve(imaged(1e-2, np.ones((20, 20))))
    assert none.plot(Figure().add_subplot()).get_title(loc="left").startswith("No contrast")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"noise": None}, "needs the noise"),
        ({"noise": 0.0}, "needs the noise"),
        ({"pixel": None}, "give pixel="),
        ({"frequency": None}, "either frequency"),
        ({"frequency": 1.0}, "must have shape"),
        ({"image": np.ones((4, 4, 2))}, "complex over frequency"),
        ({"image": np.full((4, 4, 2), np.nan + 0j)}, "finite"),
        ({"experiment": None}, "vegard.Experiment"),
        ({"boundary": "none"}, "unknown boundary"),
    ],
)
def test_refused(change, words):
    given = {
        "image": np.ones((4, 4, 2), complex), "experiment": E, "noise": 1.0, "pixel": 1.0,
        "frequency": F, **PER,
    } | change  # fmt: skip
    with pytest.raises(vg.VegardError, match=words):
        deconvolve(**given)


def test_refuses_an_image_without_noise():
    with pytest.raises(vg.VegardError, match="needs the noise"):
        deconvolve(imaged(0.0, np.ones((4, 4))))

"""Band excitation: signed amplitude of the drive, its noise, and a diffusivity behind it."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import vegard as vg

sys.path.insert(0, str(Path(__file__).parent))
import microscope_files as files
from cases import experiment, near

DATA = Path(__file__).parents[3] / "shared" / "data"
D = "material.diffusivity"
F = np.linspace(334e3, 434e3, 31)
PULSE, STEP = 0.04, 0.008
TIME = PULSE + STEP * (np.arange(200) + 0.5)
TRUTH = 2e-15


def oscillation(drive, f0=384e3, quality=70.0, f=F):
    """The field's form typed again: the amplitude is that of the drive."""
    f0, quality = (np.broadcast_to(v, drive.shape)[..., None] for v in (f0, quality))
    return drive[..., None] * f0**2 / (f**2 - 1j * f * f0 / quality - f0**2)


def spectra(values, time=TIME, **coords):
    dims = (*coords, "time", "frequency")
    axes = {"time": time, "frequency": F, **coords}
    return xr.Dataset({"response": (dims, values, {"units": "V"})}, axes)


def measured(rng, noise, *, contrast=2.0, drift=0.1):
    """A relaxation beside a constant in phase with it, resonance and quality factor drifting."""
    u = vg.time_response(experiment(TRUTH), vg.Pulse(PULSE), TIME, per="concentration").values
    drive = (1 + contrast * u / u.max()) * np.exp(0.3j)
    f0 = 384e3 + 50 * rng.normal(size=TIME.size).cumsum()
    y = oscillation(drive, f0, 70 * (1 + drift * np.linspace(-1, 1, TIME.size)))
    return spectra(y + noise * (rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape)))


def data(ds, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", vg.OutOfRegime)
        return vg.Data.from_xarray(ds, drive=vg.Pulse(PULSE), per="concentration", **how)


def test_sign_and_size():
    """Through zero the phase jumps by π: the signal does not, and Q does not enter."""
    u = np.linspace(3.0, -1.2, 9)
    y = oscillation(u * np.exp(2.1j), 380e3 + 1e3 * np.arange(9), np.geomspace(40, 160, 9))
    d = data(spectra(y, TIME[:9]))
    assert d.y == near(u, rel=1e-6)
    told = data(spectra(y, TIME[:9]), reference=2.1 - np.pi)
    assert told.y == near(-u, rel=1e-6)


def test_line_is_found_for_any_phase():
    u = np.linspace(2.0, -1.2, 7)
    for phase in np.linspace(-np.pi, np.pi, 9):
        d = data(spectra(oscillation(u * np.exp(1j * phase)), TIME[:7]))
        assert d.y == near(u, rel=1e-6)


def test_line_is_found_where_signs_cancel():
    """As many up as down: the mean of all vectors is noise, twice their angle is not."""
    rng = np.random.default_rng(6)
    u = np.where(np.arange(100) % 2, -1.0, 1.0)
    for _ in range(5):
        y = oscillation(u * np.exp(0.4j))
        y = y + 2.0 * (rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape))
        d = data(spectra(y, 0.1 * np.arange(1, 101)))
        assert d.y == near(u * d.y[0] / abs(d.y[0]), abs=0.2, rel=0)


def test_amplitudes_alone_and_fitted_oscillators():
    u = np.linspace(2.0, 1.0, 6)
    y = oscillation(u * np.exp(1j))
    assert data(spectra(np.abs(y), TIME[:6])).y == near(u, rel=1e-5)
    fitted = vg.fit_sho(F, spectra(y, TIME[:6]).response)
    assert data(fitted).y == near(u, rel=1e-6)
    with pytest.raises(vg.VegardError, match="leave reference= out"):
        data(spectra(np.abs(y), TIME[:6]), reference=0.0)


@pytest.mark.parametrize("turn", [0.0, 0.6, 1.5])
def test_stated_noise_is_the_scatter(turn):
    """At a reference off the line the error of the phase counts: 3,000 spectra, 5 %."""
    rng = np.random.default_rng(5)
    n = 3000
    y = oscillation(np.full(n, np.exp(0.3j)))
    y = y + 1.0 * (rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape))
    d = data(spectra(y, 0.1 * np.arange(1, n + 1)), reference=0.3 + turn)
    assert d.y.std() == near(d.sigma.mean(), rel=0.05)
    assert d.y.mean() == near(np.cos(turn), abs=5 * d.sigma.mean() / n**0.5 + 2e-3)


def test_failed_fits():
    rng = np.random.default_rng(2)
    y = oscillation(np.full((2, 3, 8), np.exp(0.3j)))
    y = y + 0.1 * (rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape))
    y[1, 2, 4] = np.nan
    y[0, 0, 0] = 7.0
    ds = spectra(y, TIME[:8], y=[0.0, 1e-8], x=[0.0, 1e-8, 2e-8])
    m = data(ds)
    assert m.is_map
    assert m.y.dims == ("y", "x", "time")
    assert np.isnan(m.y.values).sum() == 2
    assert m.y.attrs["flags"]["good"] == 46
    assert m.y.attrs["failed"] == 2
    assert m.y.attrs["reference"] == near(0.3, rel=1e-2)
    with pytest.warns(vg.OutOfRegime, match="1 of 8 spectra show no resonance"):
        one = vg.Data.from_xarray(ds.isel(y=1, x=2), drive=vg.Pulse(PULSE))
    assert one.x == near(np.delete(TIME[:8], 4))
    assert one.sigma.shape == one.y.shape == (7,)
    with pytest.raises(vg.VegardError, match="none of the 8 spectra"):
        data(spectra(np.full((8, 31), 1.0 + 1j), TIME[:8]))


def test_loop_with_a_failed_spectrum_becomes_readings_in_time():
    bias = np.array([0.0, 1.0, 0.0, -1.0, 0.0, 1.0])
    y = oscillation(np.full(6, np.exp(0.3j)))
    y[2] = np.nan
    ds = xr.Dataset({"response": (("bias_step", "frequency"), y)},
                    {"bias": ("bias_step", bias), "frequency": F})  # fmt: skip
    with pytest.warns(vg.OutOfRegime, match="left out"):
        d = vg.Data.from_xarray(ds, duration=0.01, period=0.03, field="off")
    assert d.kind == "relaxation"
    assert d.x == near(0.03 * np.array([1, 2, 4, 5, 6]))
    assert d.drive.amplitudes == tuple(bias)


def test_quality_factor_that_drifts_misleads_the_peak_alone():
    """Q grows by a fifth along the relaxation: A is right, the peak A Q is not."""
    ds = measured(np.random.default_rng(0), 0.3)
    free = [D, "gain", "offset"]
    low, high = vg.fit(experiment(1e-15), data(ds), free).interval(D)
    assert low < TRUTH < high
    assert high / low < 1.3
    fitted = vg.fit_sho(F, ds.response)
    peak = (fitted.amplitude * fitted.q).values
    false = vg.Data("relaxation", TIME, peak, drive=vg.Pulse(PULSE), per="concentration")
    low, high = vg.fit(experiment(1e-15), false, free).interval(D)
    assert not low < TRUTH < high


def covered(noise, each, seed):
    inside = failed = 0
    chi2 = []
    for i in range(each):
        d = data(measured(np.random.default_rng([seed, i]), noise))
        fit = vg.fit(experiment(1e-15), d, [D, "gain", "offset"])
        low, high = fit.interval(D)
        inside += low <= TRUTH <= high
        failed += TIME.size - d.x.size
        chi2.append(fit.diagnostics["chi2_reduced"])
    return inside, failed / each / TIME.size, float(np.mean(chi2))


@pytest.mark.exhaustive
@pytest.mark.parametrize(("noise", "share"), [(3.0, 0.0), (14.5, 0.13)])
def test_coverage(noise, share):
    """95 % intervals of D with no fits failing, and with one in eight: 30 relaxations each.

    23 of 30 or less would be a chance of 1e-4 if they cover 95 %.
    """
    inside, failed, chi2 = covered(noise, 30, 7)
    assert inside >= 24
    assert failed == near(share, abs=0.03, rel=0)
    assert chi2 == near(1.0, abs=0.1, rel=0)


def test_file_of_fitted_oscillators(tmp_path):
    """The amplitude goes with the cosine of the phase; the field is chosen."""
    raw, values = files.oscillators()
    ds = vg.read(files.put(tmp_path, "sho.h5", raw), kind="sho", field="off,on")
    d = vg.Data.from_xarray(ds, field="on", duration=0.01, period=0.02, reference=0.5)
    size, phase = (values[n][..., 1] for n in ("Amplitude [V]", "Phase [rad]"))
    assert d.kind == "loop"
    assert d.x.tolist() == [0.0, 2.0, -2.0, 0.0]
    assert d.y.values == near(size * np.cos(phase - 0.5), rel=1e-6)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the measured files of ../shared/data")
def test_usid_file_of_a_relaxation():
    path = DATA / "synthetic_be_relaxation_usid.h5"
    d = vg.Data.from_xarray(vg.read(path, starts_with="write"))
    assert d.y.dims == ("y", "x", "time")
    assert (d.y.shape, d.drive) == ((4, 4, 250), vg.Pulse(0.04, 4.0))
    assert d.y.attrs["reference"] == near(0.3, rel=1e-3)
    assert d.x[0] == near(0.04)

"""The posterior of a fit against quadratures on fine grids, ranks of the truth, and its edges."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare, multivariate_t, norm, t

import vegard as vg
from vegard.closed_forms import disc_concentration
from vegard.fitting.quadrature import Quadrature, draws

sys.path.insert(0, str(Path(__file__).parent))
from cases import experiment, film, near, noisy, relaxation, spectrum

D, RATE = "material.diffusivity", "interface.rate"
LEVELS = (0.05, 0.5, 0.95)


# --- the quadrature ---


def test_quadrature_of_a_narrow_oblique_ridge():
    """A Gaussian 300 times longer than wide: norm, moments and quantiles are known."""
    mean, width = np.array([0.3, -1.2]), np.array([[1.0, 0.0], [-0.8, 1 / 300]])
    inverse = np.linalg.inv(width)

    def density(point):
        z = inverse @ (np.array(point) - mean)
        return -z @ z / 2, np.array([point[0] * 2.0])

    spans = [lambda before: (-8.0, 9.0), lambda before: (-14.0, 9.0)]
    line = Quadrature(density, spans, [0.7, 0.5], mean).line()
    assert line.total == near(np.log(2 * np.pi / 300), abs=2e-3)  # its tolerance
    x, told = draws(line, np.random.default_rng(0).uniform(size=(20000, 2)))
    z = (x - mean) @ inverse.T
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=4 / 20000**0.5)  # 4 standard deviations
    np.testing.assert_allclose(np.cov(z.T), np.eye(2), atol=0.05)  # interpolated quantiles
    np.testing.assert_allclose(told[:, 0], 2 * x[:, 0], rtol=1e-9)


def test_quadrature_finds_two_narrow_peaks():
    """Neither on a starting point; one holds a quarter of the mass."""

    def density(point):
        z = (point[0] - np.array([-3.21, 4.37])) / 0.004
        return float(np.logaddexp(*(np.log([0.25, 0.75]) - z**2 / 2))), np.zeros(1)

    line = Quadrature(density, [lambda before: (-12.0, 13.0)], [0.5], np.array([4.37])).line()
    assert line.total == near(np.log(0.004 * (2 * np.pi) ** 0.5), abs=1e-3)
    x, _ = draws(line, np.random.default_rng(1).uniform(size=(4000, 1)))
    assert np.mean(x < 0) == near(0.25, abs=4 * (0.25 * 0.75 / 4000) ** 0.5)


# --- against a fine grid ---


def disc(f, d, radius=20e-9):
    """Displacement of a disc on a half-space, closed form, typed again."""
    return 2 * 1.3 * 1e-6 * radius * disc_concentration(2j * np.pi * f * radius**2 / d)


def grid_of(data, axis, q):
    """ln density of D on a grid of ln D, from the sums of squares, and the best gains."""
    s = 1.0 if data.sigma is None else data.sigma[0]
    y, logs, gains, spreads = np.r_[data.y.real, data.y.imag], [], [], []
    for log_d in axis:
        a = disc(data.x, np.exp(log_d))
        a = np.r_[a.real, a.imag]
        best = a @ y / (a @ a)
        rest = (y - a * best) @ (y - a * best) / s**2
        n = y.size
        logs.append(-rest / 2 if data.sigma is not None else -(n - q) / 2 * np.log(rest))
        gains.append(best)
        spreads.append((s**2 if data.sigma is not None else rest / (n - q)) ** 0.5 / (a @ a) ** 0.5)
    return np.array(logs), np.array(gains), np.array(spreads)


@pytest.mark.parametrize("known", [True, False])
def test_diffusivity_and_gain_on_a_grid(known):
    """Mean, deviation and quantiles by sums over 4,001 points; 20,000 draws leave 1 %."""
    d = spectrum(experiment(3e-15), np.random.default_rng(2), 20, noise=0.3, known=known)
    fit = vg.fit(experiment(1e-12), d, [D, "gain"])
    table = fit.posterior(20000)
    axis = np.log(3e-15) + np.linspace(-5, 5, 4001)
    log, gain, spread = grid_of(d, axis, 1)
    p = np.exp(log - log.max())
    p /= p.sum()
    x = np.log(table[D].values)
    mean = p @ axis
    sd = (p @ (axis - mean) ** 2) ** 0.5
    assert x.mean() == near(mean, abs=4 * sd / 20000**0.5)
    assert x.std() == near(sd, rel=0.03)
    cumulated = np.cumsum(p)
    for level in LEVELS:
        assert np.interp(np.quantile(x, level), axis, cumulated) == near(level, abs=0.01)
    kernel = norm if known else t(2 * d.x.size - 1)
    for level in LEVELS:  # of the gain: a mixture over D
        z = (np.quantile(table["gain"].values, level) - gain) / spread
        assert p @ kernel.cdf(z) == near(level, abs=0.01)


def test_diffusivity_and_radius_with_prior_on_a_grid():
    """Two nonlinear parameters, a normal prior on one: sums over 401 × 401 points."""
    d = spectrum(experiment(3e-15), np.random.default_rng(3), 20, noise=0.1)
    prior = {"tip.radius": (22e-9, 0.15)}
    fit = vg.fit(experiment(1e-12), d, [D, "tip.radius"], prior=prior)
    table = fit.posterior(20000)
    a = np.log(3e-15) + np.linspace(-2, 2, 401)
    r = np.log(22e-9) + np.linspace(-0.8, 0.6, 401)
    y = np.r_[d.y.real, d.y.imag]
    log = np.empty((401, 401))
    for j, log_r in enumerate(r):
        u = disc(d.x, np.exp(a)[:, None], np.exp(log_r))
        rest = y - np.concatenate([u.real, u.imag], axis=1)
        log[:, j] = -((rest / d.sigma[0]) ** 2).sum(axis=1) / 2
        log[:, j] -= ((log_r - np.log(22e-9)) / 0.15) ** 2 / 2
    p = np.exp(log - log.max())
    p /= p.sum()
    for name, axis, share in ((D, a, p.sum(axis=1)), ("tip.radius", r, p.sum(axis=0))):
        x = np.log(table[name].values)
        mean = share @ axis
        sd = (share @ (axis - mean) ** 2) ** 0.5
        assert x.mean() == near(mean, abs=5 * sd / 20000**0.5)
        assert x.std() == near(sd, rel=0.03)
        for level in LEVELS:
            assert np.interp(np.quantile(x, level), axis, np.cumsum(share)) == near(
                level, abs=0.012
            )
    together = np.corrcoef(np.log(table[D]), np.log(table["tip.radius"]))[0, 1]
    centred = [ax - s @ ax for ax, s in ((a, p.sum(axis=1)), (r, p.sum(axis=0)))]
    cov = centred[0] @ p @ centred[1]
    expected = cov / ((p.sum(axis=1) @ centred[0] ** 2) * (p.sum(axis=0) @ centred[1] ** 2)) ** 0.5
    assert together == near(expected, abs=0.02)


def test_robust_loss_on_a_grid():
    """Cauchy's loss as the logarithm of a density; gain and D summed over 1001 × 801 points."""
    rng = np.random.default_rng(4)
    d = spectrum(experiment(3e-15), rng, 15, noise=0.3)
    y = d.y.copy()
    y[3] *= 3.0
    d = vg.Data("frequency", d.x, y, d.sigma, per="concentration")
    fit = vg.fit(experiment(1e-12), d, [D, "gain"], loss="cauchy")
    table = fit.posterior(20000)
    a, g = np.log(3e-15) + np.linspace(-6, 6, 1001), np.linspace(-0.5, 3.5, 801)
    log = np.empty((1001, 801))
    flat = np.r_[y.real, y.imag]
    for i, log_d in enumerate(a):
        u = disc(d.x, np.exp(log_d))
        u = np.r_[u.real, u.imag]
        z = (flat - g[:, None] * u) / d.sigma[0]
        log[i] = -(2.385**2 * np.log1p((z / 2.385) ** 2)).sum(axis=1) / 2 + np.log(u @ u) / 2
    p = np.exp(log - log.max())
    p /= p.sum()
    for name, axis, share in ((D, a, p.sum(axis=1)), ("gain", g, p.sum(axis=0))):
        x = table[name].values if name == "gain" else np.log(table[name].values)
        for level in LEVELS:
            assert np.interp(np.quantile(x, level), axis, np.cumsum(share)) == near(
                level, abs=0.015
            )


def test_well_determined_case_is_gaussian():
    """Small noise: mean and covariance of the fit, as the posterior is normal there."""
    d = relaxation(experiment(3e-15), np.random.default_rng(5), 60, noise=0.003)
    fit = vg.fit(experiment(1e-12), d, [D, "gain", "offset"])
    table = fit.posterior(20000)
    rows = np.array([table[n].values for n in fit.values])
    values = np.array(list(fit.values.values()))
    sigma = np.array(list(fit.sigma.values()))
    np.testing.assert_allclose((rows.mean(axis=1) - values) / sigma, 0, atol=0.05)  # curvature
    scale = np.outer(sigma, sigma)
    np.testing.assert_allclose(np.cov(rows) / scale, fit.covariance / scale, atol=0.04)


# --- edges ---


def test_one_sided_limit_gives_the_prior_back():
    """Too fast to be seen: below the limit no draw, above it the flat prior, and it is said."""
    e = experiment(1e-4)
    f = np.geomspace(0.1, 1e3, 25)
    u = vg.frequency_response(e, f, per="concentration").values
    s = 0.02 * np.abs(u).max()
    d = vg.Data("frequency", f, noisy(np.random.default_rng(6), u, s), s, per="concentration")
    fit = vg.fit(e, d, {D: (1e-16, 1e-1), "gain": None})
    low, _ = fit.interval(D)
    table = fit.posterior(20000)
    assert table[D].attrs["range"] == near((1e-16, 1e-1), rel=1e-9)
    assert table[D].attrs["open"] == "high"
    x = np.log(table[D].values)
    edge = np.log(low) + 9  # as √D the curve comes to rest: a hundredth of what it is at the limit
    far = x[x > edge]
    share = np.histogram(far, 10, (edge, np.log(1e-1)))[0]
    assert chisquare(share).pvalue > 1e-3  # flat
    assert np.mean(x < np.log(low)) < 0.02
    assert far.size > 0.5 * x.size


def test_limits_of_a_resistance_are_kept():
    """A series resistance of almost nothing: never below zero, as a truncated t or normal."""
    cell = film(1e-13, series_resistance=0.01)
    f = np.geomspace(1e-2, 1e3, 25)
    z = vg.classical.eis(cell, f).values
    for known in (True, False):
        s = 0.05 * np.abs(z).min()
        y = noisy(np.random.default_rng(7), z, s)
        d = vg.Data("eis", f, y, s if known else None)
        fit = vg.fit(cell, d, [D, "series_resistance"])
        table = fit.posterior(8000)
        r = table["series_resistance"].values
        assert r.min() >= 0
        best, sd = fit.values["series_resistance"], fit.sigma["series_resistance"]
        if best == 0:
            continue
        kernel = norm(best, sd) if known else t(48, best, sd)
        middle = kernel.ppf((1 + kernel.cdf(0)) / 2)
        assert np.median(r) == near(middle, abs=0.1 * sd)


def test_draws_of_two_linear_parameters_are_students():
    """Gain and offset at unknown σ: the density of their draws is the bivariate t of the books."""
    d = relaxation(experiment(3e-15), np.random.default_rng(8), 8, known=False)
    e = experiment(3e-15)
    fit = vg.fit(e, d, {D: (3e-15 * 0.9999, 3e-15 * 1.0001), "gain": None, "offset": None})
    table = fit.posterior(20000)
    u = vg.time_response(e, d.drive, d.x, per="concentration").values
    a = np.stack([u, np.full(8, 1e-12)], axis=1)
    best, rest = np.linalg.lstsq(a, d.y, rcond=None)[:2]
    shape = np.linalg.inv(a.T @ a) * rest[0] / 6
    rows = np.stack([table["gain"], table["offset"] / 1e-12], axis=1)
    inside = np.einsum("ni,ij,nj->n", rows - best, np.linalg.inv(shape), rows - best) / 2
    ruler = multivariate_t(best, shape, 6).rvs(20000, random_state=1)
    other = np.einsum("ni,ij,nj->n", ruler - best, np.linalg.inv(shape), ruler - best) / 2
    for level in LEVELS:
        assert np.mean(inside < np.quantile(other, level)) == near(level, abs=0.015)


def test_what_cannot_be_integrated_is_refused():
    d = spectrum(experiment(3e-15), np.random.default_rng(9), 12)
    both = vg.fit(experiment(3e-15), d, ["gain"])
    with pytest.raises(vg.VegardError, match="all free parameters are linear"):
        both.posterior()
    one = vg.fit(experiment(3e-15), d, [D, "gain"])
    with pytest.raises(vg.VegardError, match="draws must be"):
        one.posterior(0)
    start = {D: 3e-15, "tip.radius": 20e-9, "material.poisson": 0.3, RATE: 1e-7}
    many = vg.fit(experiment(3e-15, vg.LinearKinetics(1e-7)), d, start,
                  prior={"tip.radius": (20e-9, 0.1), "material.poisson": (0.3, 0.1)})  # fmt: skip
    with pytest.raises(vg.VegardError, match="at most 3 parameters, here over 4"):
        many.posterior()


def test_seed_and_attributes():
    d = relaxation(experiment(3e-15), np.random.default_rng(10))
    fit = vg.fit(experiment(1e-12), d, [D, "gain"])
    a, b, c = fit.posterior(50), fit.posterior(50), fit.posterior(50, seed=1)
    assert a.equals(b)
    assert not a.equals(c)
    assert list(a) == [D, "gain"]
    assert a.sizes == {"draw": 50}
    assert a[D].attrs["units"] == "m²/s"
    assert 0 < a.attrs["error"] < 1e-3
    assert a.attrs["evaluations"] > 50


@pytest.mark.exhaustive
def test_known_product_stays_narrow_where_its_factors_are_the_prior():
    """D and R on a half-space: only D/R² is known, over the 14 decades of the range of R."""
    d = relaxation(experiment(3e-15), np.random.default_rng(12), 30, pulse=0.1)
    fit = vg.fit(experiment(3e-15), d, [D, "tip.radius", "gain"])
    table = fit.posterior()
    assert table["tip.radius"].attrs["open"] == "low and high"
    assert np.quantile(table[D], 0.95) > 1e8 * np.quantile(table[D], 0.05)  # as R² does
    known = fit.combinations[0]
    product = np.log(table[D] / table["tip.radius"] ** 2).values
    assert known.text == "D/R²"
    assert product.std() == near(known.sigma, rel=0.06)  # 1.1 % of 4,000 draws, and curvature
    assert np.median(product) == near(np.log(known.value), abs=0.2 * known.sigma)


# --- simulation-based calibration ---


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([D, "gain"], marks=pytest.mark.exhaustive),
        pytest.param([D, "tip.radius", "gain"], marks=pytest.mark.exhaustive),
    ],
)
def test_ranks_of_the_truth_are_uniform(names):
    """200 cases with truths from the prior (Talts et al., arXiv:1804.06788)."""
    rng = np.random.default_rng(11)
    ranks = {name: [] for name in names}
    prior = {"tip.radius": (20e-9, 0.2), "gain": (1.0, 0.3)}
    for _ in range(200):
        truth = {
            D: 10 ** rng.uniform(-16, -13),
            "tip.radius": 20e-9,
            "gain": 1 + 0.3 * rng.normal(),
        }
        if "tip.radius" in names:
            truth["tip.radius"] *= np.exp(0.2 * rng.normal())
        e = experiment(truth[D]).replace({"tip.radius": truth["tip.radius"]})
        f = np.geomspace(0.1, 1e4, 12)
        u = truth["gain"] * vg.frequency_response(e, f, per="concentration").values
        s = 1e-15
        d = vg.Data("frequency", f, noisy(rng, u, s), s, per="concentration")
        fit = vg.fit(
            experiment(1e-14), d, dict.fromkeys(names) | {D: (1e-16, 1e-13)},
            prior={n: p for n, p in prior.items() if n in names},
        )  # fmt: skip
        table = fit.posterior(99, seed=int(rng.integers(1 << 30)))
        for name, found in ranks.items():
            found.append(int((table[name].values < truth[name]).sum()))
    for name, found in ranks.items():
        assert chisquare(np.histogram(found, 10, (-0.5, 99.5))[0]).pvalue > 1e-3, name

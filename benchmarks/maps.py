"""Speed and residuals of `vg.fit_map` beside a loop over scipy.optimize.curve_fit.

Usage: python benchmarks/maps.py

The loop gets what it can: a model that is a spline over ln D, made once and not counted, and a
start at the truth.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.optimize import curve_fit

import vegard as vg

SIDE, TIMES, PULSE = 256, np.geomspace(0.11, 10, 64), vg.Pulse(0.1)
LOOP = 400  # curves that the loop gets
D = "material.diffusivity"
SAMPLE = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9))


def measure() -> dict[str, float]:
    """Seconds of a map, curves per second of both, and the residuals compared."""
    logs = np.linspace(np.log(1e-19), np.log(1e-11), 400)
    shapes = [
        vg.time_response(SAMPLE.replace({D: float(np.exp(x))}), PULSE, TIMES, per="concentration")
        for x in logs
    ]
    spline = make_interp_spline(logs, np.array([u.values for u in shapes]) / 1e-15, k=5)
    rng = np.random.default_rng(0)
    log_d = rng.uniform(np.log(3e-17), np.log(1e-14), SIDE * SIDE)
    u = spline(log_d)
    gain, offset = rng.uniform(0.5, 2, (2, SIDE * SIDE))
    noise = 0.02 * gain * np.abs(u).max(axis=1)
    y = gain[:, None] * u + offset[:, None] + noise[:, None] * rng.normal(size=u.shape)
    data = vg.Data("relaxation", TIMES, y.reshape(SIDE, SIDE, -1), drive=PULSE, per="concentration")
    seconds = []
    for _ in range(5):  # the first call imports, and makes the dictionary
        start = time.perf_counter()
        maps = vg.fit_map(SAMPLE, data, [D, "gain", "offset"])
        seconds.append(time.perf_counter() - start)

    def model(t: np.ndarray, x: float, a: float, b: float) -> np.ndarray:
        return a * spline(x) + b

    start = time.perf_counter()
    peer = [curve_fit(model, TIMES, y[i], (log_d[i], gain[i], offset[i]))[0] for i in range(LOOP)]
    loop = (time.perf_counter() - start) / LOOP
    left = np.array([((y[i] - model(TIMES, *p)) ** 2).sum() for i, p in enumerate(peer)])
    ours = maps.chi2.values.ravel()[:LOOP]
    z = np.log(maps.diffusivity.values.ravel() / np.exp(log_d))
    z = z * (maps.diffusivity / maps.diffusivity_sigma).values.ravel()
    return {
        "first": seconds[0],
        "seconds": min(seconds),
        "curves": SIDE**2 / min(seconds),
        "ratio": loop / (min(seconds) / SIDE**2),
        "worst": float((ours / left).max() - 1),
        "within": float((np.abs(z) < 1).mean()),
        "within_2": float((np.abs(z) < 2).mean()),
    }


def rows() -> list[tuple[str, str, str, str, str]]:
    """Lines of the table."""
    m = measure()
    return [
        (
            f"map of {SIDE}² relaxations of {TIMES.size} readings: D, gain, offset; "
            f"at first with imports and dictionary {m['first']:.1f} s",
            f"{m['seconds']:.2f} s",
            "≤ 2 s",
            "scipy.optimize.curve_fit on a spline, started at the truth; residuals at most "
            f"{m['worst']:.0e} above its",
            f"{m['ratio']:.0f}×",
        )
    ]


def main() -> None:
    """Measure and print."""
    m = measure()
    print(
        f"{SIDE} × {SIDE} × {TIMES.size} relaxations, D, gain and offset: {m['seconds']:.2f} s "
        f"({m['first']:.2f} s at first), {m['curves']:.0f} curves/s; {m['ratio']:.0f} times "
        f"curve_fit started at the truth; residuals at most {m['worst']:.1e} above its; "
        f"{m['within']:.1%} of the truth within 1 sigma, {m['within_2']:.1%} within 2"
    )


if __name__ == "__main__":
    main()

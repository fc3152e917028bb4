"""Speed and accuracy of `vg.fit_sho` beside a loop over scipy.optimize.curve_fit.

Usage: python benchmarks/sho.py
"""

from __future__ import annotations

import time

import numpy as np
from scipy.optimize import curve_fit

import vegard as vg

F = np.linspace(300e3, 350e3, 64)
SNR = 50.0
LOOP = 300  # spectra that the loop gets


def oscillator(f, a, f0, q, phase):
    return a * np.exp(1j * phase) * f0**2 / (f**2 - 1j * f * f0 / q - f0**2)


def stacked(f, a, f0, q, phase):
    z = oscillator(f[: f.size // 2], a, 1e5 * f0, 100 * q, phase)
    return np.concatenate([z.real, z.imag])


def measure() -> dict[str, float]:
    """Spectra per second, ours and the peer's, and how far the two differ."""
    rng = np.random.default_rng(0)
    n = 20000
    truth = np.array(
        [
            rng.uniform(1, 3, n),
            rng.uniform(308e3, 342e3, n),
            rng.uniform(30, 250, n),
            rng.uniform(-3, 3, n),
        ]
    )
    y = oscillator(F, *truth[:, :, None])
    z = rng.normal(size=(2, *y.shape))
    y = y + (truth[0] * truth[2] / SNR)[:, None] * (z[0] + 1j * z[1])

    def timed(call):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            out = call()
            times.append(time.perf_counter() - start)
        return out, min(times)

    fit, seconds = timed(lambda: vg.fit_sho(F, y))
    _, real = timed(lambda: vg.fit_sho(F, np.abs(y)))
    scale = np.array([1, 1e5, 100, 1])
    start = time.perf_counter()
    peer = []
    for i in range(LOOP):  # started at the truth: the peer's best case
        two = np.concatenate([y[i].real, y[i].imag])
        peer.append(curve_fit(stacked, np.tile(F, 2), two, truth[:, i] / scale)[0] * scale)
    loop = (time.perf_counter() - start) / LOOP
    ours = np.array([fit[k].values[:LOOP] for k in ("amplitude", "f0", "q", "phase")])
    sigma = np.array([fit[f"{k}_sigma"].values[:LOOP] for k in ("amplitude", "f0", "q", "phase")])
    off = np.abs(ours - np.array(peer).T) / sigma
    spread = ((fit.q - truth[2]) / fit.q_sigma).std()
    return {
        "complex": n / seconds,
        "amplitude": n / real,
        "peer": 1 / loop,
        "difference": float(off.max()),
        "pulls": float(spread),
    }


def main() -> None:
    m = measure()
    print(f"complex spectra of 64 bins: {m['complex']:,.0f} per second; target 10,000")
    print(f"amplitudes of 64 bins:      {m['amplitude']:,.0f} per second")
    print(f"curve_fit loop: {m['peer']:,.0f} per second; ratio {m['complex'] / m['peer']:.0f}")
    print(f"largest difference {m['difference']:.1e} standard errors; pulls of Q {m['pulls']:.3f}")


if __name__ == "__main__":
    main()

"""D(x) back from a GITT titration, read as one reads the curve of the laboratory.

Assumed: a film of 2 µm and 1 cm² whose D falls 20 times from x = 0.3 to 0.7, behind a resistance
and a slow interface. Forty pulses of 5 s, Δx = 0.01, each with an hour of rest. The reading: the
slope of E against √t from 1 s to the end of the pulse, and E at rest before and after it. Where D
is largest the pulse is longer than 0.3 L²/D: the √t law ends within it, and the reading is off.
"""

import numpy as np

import vegard as vg
from vegard.material import FARADAY

SITES = 2.29e4
x = np.linspace(0.2, 0.8, 61)
host = vg.Host(
    vg.Material(None, 1.2e-6, 0.3, site_concentration=SITES),
    ocv=(x, 4.0 - 0.1 * x + 0.0257 * np.log((1 - x) / x)),
    diffusivity=(x, 3e-13 * np.exp(-7.5 * (x - 0.3))),
)
film = vg.Cell(host.material, length=2e-6, area=1e-4, rate=1e-6, series_resistance=20.0)
pulse, dx = 5.0, 0.01
current = dx * FARADAY * film.volume * SITES / pulse
steps = vg.classical.gitt_titration(
    host, film, 0.3, current=current, pulse=pulse, rest=3600.0, count=40
)

rest, found = float(host.voltage(0.3)), []
for k, start in enumerate(steps.start.values):
    step = steps.isel(time=steps["index"].values == k)
    t, e = step.time.values - start, step.voltage.values
    slope = np.polyfit(np.sqrt(t[(t > 1) & (t < pulse)]), e[(t > 1) & (t < pulse)], 1)[0]
    equilibrium = (e[-1] - rest) / (dx * SITES)  # dE/dC
    found.append(4 / np.pi * (current / (FARADAY * film.area) * equilibrium / slope) ** 2)
    rest = e[-1]

off = np.array(found) / (3e-13 * np.exp(-7.5 * (steps.x.values - 0.3))) - 1
for k in (0, 10, 20, 39):
    print(f"x = {float(steps.x[k]):.3f}: D = {found[k]:.2e} m²/s, {off[k]:+.1%}")

assert np.abs(off).max() < 0.05
assert np.abs(off[10:]).max() < 0.002

"""What PITT's long-time slope says of a film behind a slow interface, and what it hides.

Assumed: a LiMn2O4-like film of 200 nm and 1 cm², D = 1e-13 m²/s, with Bi = κL/D = 1: diffusion and
charge transfer take the same share. The textbook's slope of ln I gives 30 % of D with a narrow
interval, and nothing in the data shows it; a fit of D and κ together gives both. GITT's slope
against √t does not see the interface at all.
"""

import numpy as np

import vegard as vg

D, L, STEP = 1e-13, 200e-9, 0.01
material = vg.Material(D, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
film = vg.Cell(material, length=L, area=1e-4, rate=D / L)
rng = np.random.default_rng(0)

t = np.linspace(0.01, 3.0, 600)
current = vg.classical.pitt(film, t, STEP).values
noise = 1e-3 * current.max()
current += noise * rng.standard_normal(t.size)

found = {}
for method in ("long_time", "kinetics"):
    found[method] = vg.classical.analyse_pitt(t, current, film, method=method, step=STEP)
pulse = np.linspace(1e-3, 0.06, 60)
voltage = vg.classical.gitt(film, pulse, 1e-4).values + 1e-6 * rng.standard_normal(60)
found["sqrt_t"] = vg.classical.analyse_gitt(pulse, voltage, film, method="sqrt_t", current=1e-4)

for name, e in found.items():
    low, high = (x / D for x in e.interval)
    print(f"{name:10} D_app/D = {e.diffusivity / D:.3f}, 95 %: {low:.3f} to {high:.3f}")
rate = found["kinetics"].more["rate"]
print(f"κ = {rate:.3g} m/s, Bi = {found['kinetics'].more['biot']:.2f}")

assert abs(found["long_time"].diffusivity / D - 0.30) < 0.005
assert found["long_time"].interval[1] < 0.31 * D  # sure of itself, and wrong
for honest in ("kinetics", "sqrt_t"):
    assert found[honest].interval[0] < D < found[honest].interval[1]
assert abs(rate / (D / L) - 1) < 0.01

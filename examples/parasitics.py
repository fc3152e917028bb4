"""What else moves the tip at 1 V: attraction, electrostriction and heat beside the ions.

Assumed: 20 nm contact on LiMn2O4, a dead layer of 1 nm over its permittivity, 1 V dc, a 2.8 N/m
lever. What goes with V² has a second harmonic, and its first follows the dc bias; small signals of
ions have neither. At 300 kHz the ions' figure is formal: their skin is thinner than the lattice.
"""

import vegard as vg
from vegard.parasitics import Electrostatic, Electrostriction, Joule

radius = 20e-9
material = vg.materials["LiMn2O4"].material()
others = {
    "electrostatic": Electrostatic(
        tip_radius=radius, gap=1e-9, contact_stiffness=360.0, lever_stiffness=2.8,
        lever_length=225e-6, lever_width=28e-6, tip_height=12.5e-6, dc=1.0,
    ),
    "electrostriction": Electrostriction(
        longitudinal=1e-20, transverse=-3e-21, radius=radius, poisson=0.3, dc=1.0
    ),
    "heat": Joule(
        resistance=1e9, radius=radius, conductivity=3.0, heat_capacity=3e6, expansion=1.3e-5,
        poisson=0.3, dc=1.0,
    ),
}  # fmt: skip
ions = vg.Experiment(material, vg.DiscTip(radius))
for frequency in (1e3, 300e3):
    parts = {"ions": vg.frequency_response(ions, frequency).values}
    parts |= {n: p.response(frequency, ac=1.0).values for n, p in others.items()}
    print(f"{frequency / 1e3:g} kHz:", ", ".join(f"{n} {abs(v):.2g} m/V" for n, v in parts.items()))

everything = ions.replace({"also": tuple(others.values())})
total = vg.frequency_response(everything, 300e3).values
assert abs(total - sum(parts.values())) < 1e-12 * abs(total)
assert abs(abs(parts["electrostatic"]) - 2.241e-12) < 1e-15

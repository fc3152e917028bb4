"""An impedance file with decimal commas and -Im Z, read and held against its circuit."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import vegard as vg

series, transfer, capacity = 20.0, 100.0, 1e-3  # Ω, Ω, F
f = np.geomspace(1e3, 1e-2, 41)
z = series + transfer / (1 + 2j * np.pi * f * transfer * capacity)
lines = [f"{x:.6e};{1e-3 * y.real:.6e};{-1e-3 * y.imag:.6e}" for x, y in zip(f, z, strict=True)]
text = "\n".join(["cell 7", "freq/Hz;Re(Z)/kOhm;-Im(Z)/kOhm", *lines]).replace(".", ",")

with TemporaryDirectory() as folder:
    file = Path(folder, "cell.csv")
    file.write_text(text, "utf-8")
    data = vg.read(file)

print(data.notes)
deviation = float(abs(data["impedance"] - z).max())
print(f"{data.sizes['frequency']} points, at most {deviation:.1g} Ω off the circuit")
assert data.kind == "eis"
assert deviation < 1e-4  # the six digits of the text
peak = float(data["frequency"][data["impedance"].values.imag.argmin()])
print(f"largest -Im Z at {peak:.3g} Hz, 1/(2πRC) is {1 / (2 * np.pi * transfer * capacity):.3g} Hz")
assert abs(peak - 1.59) < 0.2

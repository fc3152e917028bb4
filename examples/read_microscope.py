"""From a DART map in an .ibw file to contact resonances, and on to Gwyddion."""

from __future__ import annotations

import struct
from math import pi
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import vegard as vg


def wave(path: Path, planes: dict[str, np.ndarray], note: str) -> Path:
    """An Igor binary wave as an Asylum microscope writes it: (x, y, channel), labels, note."""
    values = np.stack([plane.T for plane in planes.values()], axis=2).astype("<f4")
    marks = b"".join(name.encode().ljust(32, b"\0") for name in ("", *planes))
    head = struct.pack("<iIIihh6sh32sii", 0, 0, 0, values.size, 2, 0, b"", 0, b"map", 0, 0)
    head += struct.pack("<4i4d4d", *values.shape, 0, 1e-8, 1e-8, 0, 0, 0, 0, 0, 0)
    head = (head + struct.pack("4s4s4s", b"", b"m", b"m")).ljust(320, b"\0")
    counts = [5, 0, 320 + values.nbytes, 0, len(note), *([0] * 7), len(marks), *([0] * 4)]
    words = np.frombuffer(struct.pack("<hh3i9i3i", *counts) + head, "<i2").sum(dtype=int)
    counts[1] = (-int(words) + 2**15) % 2**16 - 2**15
    raw = values.tobytes("F") + note.encode("latin-1") + marks
    path.write_bytes(struct.pack("<hh3i9i3i", *counts) + head + raw)
    return path


# a contact resonance of Q = 60 that rises from 340 to 360 kHz across the map, driven at f ± 5 kHz
f0 = np.linspace(340e3, 360e3, 32)[None, :] * np.ones((16, 1))
width, q = 10e3, 60.0
f = np.stack([f0 - width / 2, f0 + width / 2])
z = 1e-12 * f0**2 / (f0**2 - f**2 + 1j * f0 * f / q)
channels = {
    "Amplitude1Retrace": np.abs(z[0]), "Amplitude2Retrace": np.abs(z[1]),
    "Phase1Retrace": np.angle(z[0]) * 180 / pi, "Phase2Retrace": np.angle(z[1]) * 180 / pi,
    "FrequencyRetrace": f0,
}  # fmt: skip

with TemporaryDirectory() as folder:
    note = f"DriveAmplitude: 1\rDFRTFrequencyWidth: {width}\rDFRTOn: 1\r"
    data = vg.read(wave(Path(folder, "map.ibw"), channels, note))
    fit = vg.dart(
        data.amplitude1.values, data.amplitude2.values, data.phase1.values, data.phase2.values,
        data.frequency.values, data.dart_width,
    )  # fmt: skip
    print(f"contact resonance {fit.f0.values.min():.0f} to {fit.f0.values.max():.0f} Hz")
    print(f"median Q {float(np.median(fit.q)):.1f}")
    # the file holds single precision, and Q follows from differences of phases
    assert abs(float(np.median(fit.q)) / q - 1) < 1e-3
    assert np.abs(fit.f0.values / f0 - 1).max() < 1e-4
    maps = data.assign(resonance=(("y", "x"), fit.f0.values, {"units": "Hz"}))
    print(f"written to {vg.write(maps, Path(folder, 'map.gwy')).name}")

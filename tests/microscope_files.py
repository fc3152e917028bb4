"""Small files as microscopes write them, typed from the descriptions of their formats."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOTE = "ScanSize: 2e-06\rImagingMode:PFM Mode\rDriveAmplitude: 1\rDriveAmplitude: 3\r" + (
    "DriveFrequency: 3.5e+05\rThermalQ: 20\rTuneQResult: 139.75\rInvOLS: 1.2e-07\r"
    "DFRTFrequencyWidth: 10000\rDFRTOn: 1\rUserCalcUnit: \xb0\r"
)
LABELS = (b"HeightTrace", b"HeightRetrace", b"Phase1Retrace\0ce", b"FrequencyRetracece", b"")


def ibw(
    values: NDArray[Any],
    labels: tuple[bytes, ...] = LABELS,
    *,
    note: str = NOTE,
    order: str = "<",
    units: bytes = b"m",
    labelled: int = 2,
) -> bytes:
    """A wave of version 5; the first index of ``values`` runs fastest, as in Igor."""
    kind = {"f4": 2, "f8": 4, "i2": 16, "u2": 80, "c8": 3}[values.dtype.str[1:]]
    sizes = (*values.shape, 0, 0, 0, 0)[:4]
    raw = values.astype(values.dtype.newbyteorder(order)).tobytes("F")
    text = note.encode("latin-1")
    marks = b"".join(label.ljust(32, b"\0") for label in (b"", *labels)) if labels else b""
    lengths = [len(marks) if i == labelled else 0 for i in range(4)]
    wave = struct.pack(f"{order}iIIihh6sh32sii", 0, 0, 0, values.size, kind, 0, b"", 0,
                       b"wave", 0, 0)  # fmt: skip
    wave += struct.pack(f"{order}4i4d4d", *sizes, 5e-7, 2.5e-7, 0, 0, 0.0, 1e-7, 0, 0)
    wave += struct.pack("4s4s4s4s4s", b"", units, units, b"", b"")
    wave = wave.ljust(320, b"\0")
    head = [5, 0, 320 + len(raw), 0, len(text), 0, 0, 0, 0, 0, *lengths, 0, 0, 0]
    start = struct.pack(f"{order}hh3i9i3i", *head) + wave
    head[1] = -int(np.frombuffer(start, f"{order}i2").sum(dtype=np.int64))
    head[1] = (head[1] + 2**15) % 2**16 - 2**15
    start = struct.pack(f"{order}hh3i9i3i", *head) + wave
    return start + raw + text + marks


def ibw2(values: NDArray[Any], note: str = NOTE) -> bytes:
    """A wave of version 2, of one axis in seconds."""
    raw, text = values.astype("<f4").tobytes(), note.encode("latin-1")
    wave = struct.pack("<hi20shhi4s4sihdd", 2, 0, b"curve", 0, 0, 0, b"m", b"s", len(values), 0,
                       0.5, 2.0).ljust(110, b"\0")  # fmt: skip
    size = 110 + len(raw) + 16
    start = struct.pack("<hiiih", 2, size, len(text), 0, 0) + wave
    words = np.frombuffer(start + (raw + bytes(16))[:16], "<i2").sum(dtype=np.int64)
    check = (-int(words) + 2**15) % 2**16 - 2**15
    start = struct.pack("<hiiih", 2, size, len(text), 0, check) + wave
    return start + raw + bytes(16) + text


def sxm(planes: NDArray[Any], down: bool = False) -> bytes:
    """An image of Nanonis; planes as they lie: Z forward, Z backward, Current forward."""
    ny, nx = planes.shape[1:]
    head = (
        ":NANONIS_VERSION:\n2\n:SCAN_PIXELS:\n       {nx}       {ny}\n:SCAN_RANGE:\n"
        "           2.000000E-6           1.000000E-6\n:SCAN_DIR:\n{way}\n:BIAS:\n1.5\n"
        ":DATA_INFO:\n"
        "\tChannel\tName\tUnit\tDirection\tCalibration\tOffset\n\t14\tZ\tm\tboth\t1E-9\t0\n"
        "\t0\tCurrent\tA\tforward\t1E-9\t0\n\n:SCANIT_END:\n\n\n"
    )
    text = head.format(nx=nx, ny=ny, way="down" if down else "up")
    return text.encode() + b"\x1a\x04" + planes.astype(">f4").tobytes()


def grid(spectra: NDArray[Any]) -> bytes:
    """A grid of Nanonis: (ny, nx, channels, points), the bias from -1 V to 1 V."""
    ny, nx, channels, points = spectra.shape
    names = ";".join(("Current (A)", "LIX 1 omega (A)")[:channels])
    head = (
        f'Grid dim="{nx} x {ny}"\r\nGrid settings=0E+0;0E+0;1E-6;2E-6;0E+0\r\n'
        'Sweep Signal="Bias (V)"\r\nFixed parameters="Sweep Start;Sweep End"\r\n'
        'Experiment parameters="X (m)"\r\n# Parameters (4 byte)=3\r\n'
        f"Experiment size (bytes)={4 * channels * points}\r\nPoints={points}\r\n"
        f'Channels="{names}"\r\nExperiment="Grid Spectroscopy"\r\n:HEADER_END:\r\n'
    )
    ends = np.broadcast_to(np.array([-1.0, 1.0, 0.0]), (ny, nx, 3))
    rows = np.concatenate([ends, spectra.reshape(ny, nx, -1)], axis=2)
    return head.encode() + rows.astype(">f4").tobytes()


CURVE = (
    "Experiment\tbias spectroscopy\t\nDate\t01.01.2026\t\nX (m)\t1E-9\t\n\n[DATA]\n"
    "Bias calc (V)\tCurrent (A)\tCurrent [bwd] (A)\n-1\t-2E-9\t-3E-9\n0\t0\t1E-12\n1\t2E-9\t3E-9\n"
)
SWEEP = (
    "Experiment\tFrequency Sweep\t\nf_res (Hz)\t30281.5\t\nQ\t1161\t\n\n[DATA]\n"
    "Frequency Shift (Hz)\tCenter Frequency (Hz)\tAmplitude (m)\tPhase (deg)\n"
    "-1\t30000\t1E-12\t10\n0\t30000\t2E-12\t90\n1\t30000\t1E-12\t170\n"
)

SHO = np.dtype([(name, "f4") for name in ("Amplitude [V]", "Frequency [Hz]", "Quality Factor",
                                          "Phase [rad]", "R2 Criterion")])  # fmt: skip


class Usid:
    """A file in the USID layout, positions × spectra."""

    def __init__(self, settings: dict[str, Any]) -> None:
        import h5py

        self.stream = io.BytesIO()
        self.file = h5py.File(self.stream, "w")
        self.group = self.file.create_group("Measurement_000/Channel_000")
        self.file["Measurement_000"].attrs.update(settings)

    def tables(
        self, place: str, axes: dict[str, tuple[str, NDArray[Any]]], rows: NDArray[Any]
    ) -> Any:
        """Indices and values of positions or spectra; ``rows`` has an index for each axis."""
        import h5py

        values = np.array([axes[name][1][rows[:, i]] for i, name in enumerate(axes)])
        inner = self.group
        if f"{place}_Indices" in inner:
            inner = inner.create_group(f"{place}_2")
        for end, table in (("Indices", rows.astype("u4")), ("Values", values.T.astype("f4"))):
            table = table if place == "Position" else table.T
            made = inner.create_dataset(f"{place}_{end}", data=table)
            text = h5py.string_dtype()
            made.attrs.create("labels", list(axes), dtype=text)
            made.attrs.create("units", [unit for unit, _ in axes.values()], dtype=text)
        return inner

    def main(self, name: str, values: NDArray[Any], place: Any, spectra: Any, **attrs: str) -> None:
        """A dataset with its four tables."""
        made = self.group.create_dataset(name, data=values)
        for table, where in (("Position", place), ("Spectroscopic", spectra)):
            for end in ("Indices", "Values"):
                made.attrs[f"{table}_{end}"] = where[f"{table}_{end}"].ref
        made.attrs.update(attrs)

    def bytes(self) -> bytes:
        """The file."""
        self.file.close()
        return self.stream.getvalue()


def rows(*sizes: int) -> NDArray[Any]:
    """Indices of a full grid, the first axis running fastest."""
    grid = np.indices(sizes[::-1]).reshape(len(sizes), -1)
    return grid[::-1].T


POSITIONS = {"X": ("um", np.arange(3) * 0.5), "Y": ("um", np.arange(2) * 1.0)}
RELAXATION = {
    "data_type": "BERelaxData",
    "VS_num_meas_per_write_step": 2,
    "VS_num_meas_per_read_step": 4,
    "BE_pulse_duration_[s]": 0.002,
    "BE_repeats": 4.0,
    "BE_amplitude_[V]": 1.5,
    "AFM_InvOLS": 1.1e-9,
}


def relaxation(cycles: int = 2) -> tuple[bytes, NDArray[Any]]:
    """Band excitation, 2 write and 4 read steps a cycle of 5 frequencies, on 2 × 3 pixels."""
    made = Usid(RELAXATION)
    place = made.tables("Position", POSITIONS, rows(3, 2))
    bins, steps = 5, 6 * cycles
    axes = {
        "Frequency": ("kHz", np.linspace(300.0, 340.0, bins)),
        "Pulse_Repeat": ("", np.arange(4)),
        "DC_Offset": ("V", np.array([4.0, 0.0])),
    }
    step = np.tile([[0, 0], [1, 0], [0, 1], [1, 1], [2, 1], [3, 1]], (cycles, 1))
    index = np.column_stack([np.tile(np.arange(bins), steps), np.repeat(step, bins, axis=0)])
    spectra = made.tables("Spectroscopic", axes, index)
    rng = np.random.default_rng(1)
    values = (rng.normal(size=(6, bins * steps)) + 1j).astype("c8")
    made.main("Raw_Data", values, place, spectra, quantity="Response", units="V")
    return made.bytes(), values.reshape(2, 3, cycles, 6, bins)


def oscillators() -> tuple[bytes, NDArray[Any]]:
    """Raw data, guess and fit of oscillators over bias and field, on 2 × 3 pixels."""
    made = Usid({"data_type": "BEPSData", "VS_mode": "DC modulation mode"})
    place = made.tables("Position", POSITIONS, rows(3, 2))
    bias = ("V", np.array([0.0, 2.0, -2.0, 0.0]))
    axes = {"Field": ("", np.array([0.0, 1.0])), "DC_Offset": bias}
    spectra = made.tables("Spectroscopic", axes, rows(2, 4))
    values = np.zeros((6, 8), SHO)
    rng = np.random.default_rng(2)
    for name in SHO.names or ():
        values[name] = rng.uniform(1.0, 2.0, (6, 8))
    made.main("Raw-SHO_Fit_000/Guess", values, place, spectra)
    made.main("Raw-SHO_Fit_000/Fit", values, place, spectra)
    raw = {"Frequency": ("Hz", np.linspace(3e5, 3.4e5, 3)), **axes}
    full = made.tables("Spectroscopic", raw, rows(3, 2, 4))
    data = rng.normal(size=(6, 24)).astype("c8")
    made.main("Raw_Data", data, place, full, quantity="Response", units="V")
    return made.bytes(), values.reshape(2, 3, 4, 2)


def put(folder: Path, name: str, raw: bytes | str) -> Path:
    """A file in a folder."""
    path = folder / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path

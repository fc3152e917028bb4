"""Settings that every instrument has, under one name and in SI."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

KNOWN = {  # name: unit, and what the makers call it; the first that is there is taken
    "drive_amplitude": ("V", ("DriveAmplitude", "BE_amplitude_[V]",
                              "Oscillation Control>Excitation (V)")),
    "drive_frequency": ("Hz", ("DriveFrequency", "BE_center_frequency_[Hz]",
                               "Oscillation Control>Center Frequency (Hz)")),
    "band_width": ("Hz", ("BE_band_width_[Hz]",)),
    "dart_centre_frequency": ("Hz", ("DFRTFrequencyCenter",)),
    "dart_width": ("Hz", ("DFRTFrequencyWidth",)),
    "resonance_frequency": ("Hz", ("f_res (Hz)",)),
    "free_resonance": ("Hz", ("ThermalFrequency",)),
    "quality_factor": ("–", ("TuneQResult", "ThermalQ", "Q")),
    "inverse_optical_sensitivity": ("m/V", ("InvOLS", "AFM_InvOLS")),
    "amplitude_inverse_optical_sensitivity": ("m/V", ("AmpInvOLS",)),
    "spring_constant": ("N/m", ("SpringConstant",)),
    "scan_size": ("m", ("ScanSize",)),
    "scan_rate": ("Hz", ("ScanRate",)),
    "pulse_duration": ("s", ("BE_pulse_duration_[s]",)),
    "tip_voltage": ("V", ("TipVoltage",)),
}  # fmt: skip
_POSITIVE = {
    "quality_factor",
    "drive_frequency",
    "resonance_frequency",
    "free_resonance",
}  # 0 stands for «none»


def known(settings: Mapping[str, Any]) -> tuple[dict[str, float], list[str]]:
    """Numbers by our names, and a line for each saying what the file calls it.

    Examples
    --------
    >>> known({"DriveAmplitude": "3", "ThermalQ": "20", "TuneQResult": "139.75"})[0]
    {'drive_amplitude': 3.0, 'quality_factor': 139.75}
    """
    out: dict[str, float] = {}
    notes = []
    for name, (unit, keys) in KNOWN.items():
        for key in keys:
            value = _number(settings.get(key))
            if value is not None and (value > 0 or name not in _POSITIVE):
                out[name] = value
                words = "" if unit == "–" else f" {unit}"
                notes.append(f"{name} = {value:.6g}{words} is {key!r} of the file.")
                break
    return out, notes


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None

"""Observations from what `vegard.read` returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from vegard.errors import VegardError
from vegard.fitting import Data
from vegard.resonance import dart
from vegard.verdicts.observations import Observations

_DART = ("amplitude1", "amplitude2", "phase1", "phase2", "frequency")
_MIDDLE = (16, 84)  # %, range of Q over a map


def from_dataset(data: Any, drive: float) -> Observations:
    """One spectrum, or a dual-frequency (DART) map as its median pixel.

    Of a map the contact resonance of each pixel is found by `vegard.dart`; the amplitude is the
    median of its peak, q what 16 to 84 % of the pixels have.
    """
    kind, source = data.attrs.get("kind"), data.attrs.get("source", "the data")
    told = data.attrs.get("drive_amplitude")
    if told is not None and not np.isclose(told, drive, rtol=1e-6, atol=0):
        raise VegardError(f"{source} was taken at {told:g} V; the verdict is for {drive:g} V.")
    if kind == "frequency" and data["response"].ndim == 1:
        _metres(data["response"], source)
        return Observations(
            spectra=Data("frequency", data["frequency"].values, data["response"].values)
        )
    if kind == "image" and set(_DART) <= set(data) and "dart_width" in data.attrs:
        return _map(data, source)
    raise VegardError(
        f'{source} holds data of kind {kind!r}; a verdict takes one spectrum ("frequency"), or a '
        f"dual-frequency map with {', '.join(_DART)} and dart_width."
    )


def _metres(array: Any, source: str) -> None:
    if array.attrs.get("units") != "m":
        raise VegardError(
            f"{source}: {array.name} must be a displacement in m; it has "
            f"{array.attrs.get('units') or 'no unit'}."
        )


def _map(data: Any, source: str) -> Observations:
    for name in _DART[:2]:
        _metres(data[name], source)
    a1, a2, p1, p2, f = (data[n].values for n in _DART)
    pixels = dart(a1, a2, p1, p2, f, data.attrs["dart_width"])
    good = pixels.flag.values == 0
    if not good.any():
        raise VegardError(f"{source}: no pixel has a contact resonance; see vegard.dart's flags.")
    peak, q, f = (
        v[good] for v in ((pixels.drive * pixels.q).values, pixels.q.values, pixels.f0.values)
    )
    low, high = np.percentile(q, _MIDDLE)
    return Observations(
        frequency=float(np.median(f)),
        amplitude=float(np.median(peak)),
        q=(float(low), float(high)),
    )

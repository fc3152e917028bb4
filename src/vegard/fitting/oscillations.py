r"""The ESM signal of band excitation: one reading for each spectrum over the contact resonance.

The tip moves as y = B H(f; f₀, Q), H = f₀²/(f² - i f f₀/Q - f₀²), where B = A e^{iφ} is what
drives it: the motion of the surface, as it is read far below the resonance. The peak A Q follows
the quality factor, which drifts with the contact; B does not. What the ions do changes B along a
line in the complex plane, through zero where nothing else moves the tip, so the signal is its
length along that line,

.. math:: u = A\cos(\varphi - \psi), \qquad
          \sigma_u^2 = \sigma_A^2\cos^2(\varphi-\psi) + A^2\sigma_\varphi^2\sin^2(\varphi-\psi),

signed: it passes through zero where the motion turns its sense. ψ is one angle for all spectra,
that of the instrument; unless it is told, :math:`\psi = \tfrac12\arg\sum B^2/|B|`, the line that
is nearest to all B, with the sense of most of them. tests/fitting/test_band_excitation.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.resonance import fit_sho

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

NAMES = ("amplitude", "f0", "q")
"""Variables that make a dataset one of oscillators."""


def fitted(spectra: xr.DataArray) -> xr.Dataset:
    """Oscillators of spectra over frequency (…, frequency), as of `fit_sho`."""
    last = spectra.transpose(..., "frequency")
    return fit_sho(last["frequency"].values, last)


def signal(oscillators: xr.Dataset, reference: float | None = None) -> tuple[Any, Any]:
    """The signal u and its standard deviation [unit of the amplitude], None if it is not known.

    Parameters
    ----------
    oscillators : xarray.Dataset
        ``amplitude`` and ``phase`` [rad], maybe ``amplitude_sigma``, ``phase_sigma`` and ``flag``.
    reference : float, optional
        ψ [rad], in the convention of the phases.

    Returns
    -------
    (xarray.DataArray, xarray.DataArray or None)
        nan where a fit failed. Attributes ``reference`` [rad]; ``failed``, how many; ``flags``,
        how many of each; ``quadrature``, what lies across the line, of what lies along it [–].
    """
    size, phase = oscillators["amplitude"], oscillators.get("phase")
    good = np.isfinite(size)
    if "flag" in oscillators:
        good = good & (oscillators["flag"] == 0)
    if not bool(good.any()):
        raise VegardError(
            f"none of the {size.size} spectra shows a resonance inside its band; look at "
            "vegard.fit_sho(frequency, spectra).flag."
        )
    spread = oscillators.get("amplitude_sigma")
    attrs = {"units": size.attrs.get("units", ""), "long_name": "amplitude of the drive, signed",
             "failed": int((~good).sum()), **_flags(oscillators)}  # fmt: skip
    if phase is None or not bool(np.isfinite(phase).any()):
        if reference is not None:
            raise VegardError("amplitudes have no phase: leave reference= out.")
        return size.where(good).assign_attrs(attrs), spread
    psi = _line(size.where(good), phase) if reference is None else float(reference)
    along, across = np.cos(phase - psi), np.sin(phase - psi)
    u = (size * along).where(good)
    share = float(np.sqrt(((size * across) ** 2).where(good).mean() / (u**2).mean()))
    u = u.assign_attrs(attrs | {"reference": psi, "quadrature": share})
    if spread is None:
        return u, None
    return u, np.hypot(spread * along, size * oscillators["phase_sigma"] * across)


def _line(size: xr.DataArray, phase: xr.DataArray) -> float:
    """Angle [rad] of the line through zero that is nearest to all of A e^{iφ}."""
    psi = float(np.angle((size * np.exp(2j * phase)).sum())) / 2
    same = float((size * np.cos(phase - psi)).sum()) >= 0
    return psi if same else psi - np.pi if psi > 0 else psi + np.pi


def _flags(oscillators: xr.Dataset) -> dict[str, Any]:
    """How many spectra carry each flag, by name."""
    flag = oscillators.get("flag")
    if flag is None or "flag_meanings" not in flag.attrs:
        return {}
    names = str(flag.attrs["flag_meanings"]).split()
    counts = np.bincount(flag.values.astype(int).ravel(), minlength=len(names))
    return {"flags": {n: int(c) for n, c in zip(names, counts, strict=False) if c}}

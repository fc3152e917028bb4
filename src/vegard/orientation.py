"""Contrast between grains of different orientation, for whole maps at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import rotations
from vegard.elastic import COMPONENTS
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.response import (
    checked_experiment,
    checked_frequency,
    checked_points,
    frequency_response,
)
from vegard.result import SCHEMA, describe
from vegard.transfer import also, amplitude, parts

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

# β = Σ amount · tensor, the amounts in the order of _amounts; each drives few harmonics
_BASIS = (
    (1.0, 0.0),
    (0.0, 1.0),
    ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 0.0)),
    ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
)
_ROUNDING = 1e-15


def orientation_contrast(
    experiment: Experiment,
    euler: ArrayLike,
    frequency: ArrayLike,
    *,
    per: str = "volt",
    at: float = 0.0,
    azimuth: float = 0.0,
) -> xr.Dataset:
    r"""Vertical and lateral signal of grains that differ in orientation alone.

    Parameters
    ----------
    experiment : Experiment
        The experiment; ``material.vegard`` is β in the crystal's own axes (a pair is across and
        along its c axis).
    euler : array_like, shape (..., 3)
        Bunge's angles (φ1, Φ, φ2) [rad] of each grain, as in `Material.rotated`.
    frequency : array_like
        Frequencies [Hz], > 0.
    per : {"volt", "concentration", "flux", "ampere"}
        Drive to which the signals refer.
    at : float
        Distance from the tip's axis [m], >= 0.
    azimuth : float
        Direction of that point [rad].

    Returns
    -------
    xarray.Dataset
        Complex peak amplitudes ``vertical`` (positive upwards), ``lateral_x`` and ``lateral_y`` [m
        per unit drive] of shape euler.shape[:-1] + frequency.shape, each with its numerical error
        ``vertical_error`` and so on. A ``readout`` of "punch" reads vertically only: the Dataset
        then holds no lateral signals.

    Raises
    ------
    VegardError
        For a diffusivity that is anisotropic and tilted with a grain (it would not be axisymmetric
        about the surface normal), or bad arguments.

    Notes
    -----
    Each grain is taken as homogeneous and much larger than the contact and the diffusion length,
    elastically isotropic. The signal is linear in β,

    .. math:: u = \sum_{ij} \beta'_{ij}\,u^{(ij)},\qquad \beta' = Q\,\beta\,Q^T,

    so that at most six responses serve any number of grains; at the centre

    .. math:: u_\uparrow = \tfrac12(\beta'_{11}+\beta'_{22})\,u^{(1)} + \beta'_{33}\,u^{(3)},\qquad
              u_x = \beta'_{13}\,u^{(13)},\qquad u_y = \beta'_{23}\,u^{(13)}

    (Boussinesq's and Cerruti's stresses by reciprocity; tests/test_orientation.py).

    Examples
    --------
    A layered oxide that shrinks along c as ions enter, c along the normal and in the plane:

    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(5e-15, (2.0e-7, -1.1e-6), 0.2), vg.DiscTip(20e-9))
    >>> u = orientation_contrast(e, [[0, 0, 0], [0, np.pi / 2, 0]], 0.01, per="concentration")
    >>> f"{float(abs(u.vertical[0] / u.vertical[1])):.1f}"
    '13.5'
    """
    e, f = checked_experiment(experiment), checked_frequency(frequency)
    angles = rotations.checked_euler(euler)
    amplitude(e, per)
    point = {
        "at": _one("at", checked_points("at", at, "m", least=0.0)),
        "azimuth": _one("azimuth", checked_points("azimuth", azimuth, "rad")),
    }
    turn = rotations.rotation(angles.reshape(-1, 3))
    e.material.check_diffusion(turn)
    amounts = _amounts(rotations.rotated(e.material.vegard_tensor, turn))
    shape = angles.shape[:-1] + f.shape
    found: dict[str, tuple[Complex, Real]] = {}
    for component in COMPONENTS if e.readout == "centre" else COMPONENTS[:1]:
        values, error = _unit(e, amounts, f, component, per=per, **point)
        signal, spread = amounts @ values, np.abs(amounts) @ error
        # the turn itself rounds every component of β by that of the largest
        size = np.abs(amounts).max(axis=1, keepdims=True)
        spread += _ROUNDING * size * np.abs(values).sum(axis=0)
        if e.also and component == "vertical":
            s: Complex = np.asarray(2j * np.pi * f.ravel(), complex)
            more, rough = also(e, s, per)
            signal, spread = signal + more, spread + rough
        found[component] = signal.reshape(shape), spread.reshape(shape)
    inputs = {"verb": "orientation_contrast", "experiment": e, "per": per, **point}
    inputs |= {"euler": angles, "frequency": f}
    return _dataset(found, angles, f, e.interface.drives[per], inputs)


def _one(name: str, value: Real) -> float:
    if value.ndim:
        raise VegardError(f"{name} must be one number; ask once for each.")
    return float(value)


def _amounts(beta: Real) -> Real:
    """Shares (n, 6) of ``_BASIS`` in tensors (n, 3, 3)."""
    b11, b22 = beta[:, 0, 0], beta[:, 1, 1]
    off = beta[:, 0, 1], beta[:, 0, 2], beta[:, 1, 2]
    return np.stack([(b11 + b22) / 2, beta[:, 2, 2], (b11 - b22) / 2, *off], axis=-1)


def _unit(
    e: Experiment, amounts: Real, f: Real, component: str, *, at: float, azimuth: float, per: str
) -> tuple[Complex, Real]:
    """Responses (6, frequencies) to the tensors of ``_BASIS``, where some grain has them."""
    values, error = np.zeros((6, f.size), complex), np.zeros((6, f.size))
    least = _ROUNDING * np.abs(amounts).max()
    for i, tensor in enumerate(_BASIS):
        if not (np.abs(amounts[:, i]) > least).any():
            continue
        one = e.replace({"material.vegard": tensor, "also": ()})
        orders = {part.order for part in parts(one, component, azimuth)}
        if orders if at else 0 in orders:  # on the axis every other harmonic vanishes
            u = frequency_response(
                one, f.ravel(), per=per, at=at, azimuth=azimuth, component=component
            )
            values[i], error[i] = u.values, u.error
    return values, error


def _dataset(
    found: dict[str, tuple[Complex, Real]],
    angles: Real,
    f: Real,
    units: str,
    inputs: dict[str, Any],
) -> xr.Dataset:
    """Labelled result; several dimensions of orientation or frequency are numbered."""
    import xarray as xr

    from vegard import __version__

    grains, swept = _dims("orientation", angles.ndim - 1), _dims("frequency", f.ndim)
    data: dict[str, Any] = {}
    for name, (values, error) in found.items():
        data[name] = (grains + swept, values, {"units": units})
        data[f"{name}_error"] = (grains + swept, error, {"units": units})
    described = describe(inputs)
    return xr.Dataset(
        data,
        {
            "euler": ((*grains, "angle"), angles, {"units": "rad"}),
            "angle": ["phi1", "Phi", "phi2"],
            "frequency": (swept, f, {"units": "Hz"}),
        },
        {
            "schema": SCHEMA,
            "vegard": __version__,
            "inputs": described,
            "inputs_sha256": hashlib.sha256(described.encode()).hexdigest(),
        },
    )


def _dims(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}_{i}" for i in range(count))

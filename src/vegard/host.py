"""A host whose open-circuit voltage and diffusivity depend on composition and temperature."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.material import GAS_CONSTANT, Material
from vegard.parameters import Parameters, number, quantity

Real = NDArray[np.float64]

ACTIVATED = ("diffusivity", "rate")

_FILLED = quantity("filled fraction", "x", "–", rule="finite").metadata
_TEMPERATURE = quantity("temperature", "T", "K", hint="Did you pass °C?").metadata
_ENERGY = quantity(
    "activation energy", "E_a", "J/mol", rule="finite", hint="0.35 eV is 33.8e3 J/mol."
).metadata


@dataclass(frozen=True, slots=True, eq=False)
class Host(Parameters):
    r"""Material along its open-circuit curve.

    Parameters
    ----------
    material : Material
        What does not depend on composition; its ``temperature`` is that of the tables,
        ``site_concentration`` turns x into C = x C_max.
    ocv : (x, E), optional
        Rows of filled fraction x = C/C_max [–], increasing, and open-circuit voltage E [V].
    diffusivity : (x, D), optional
        Rows of filled fraction [–] and chemical diffusivity [m²/s].
    activation_energy : dict
        Energy E_a [J/mol] of "diffusivity" and "rate".

    Raises
    ------
    VegardError
        If a table is not two rows of numbers with rising x in [0, 1].

    Notes
    -----
    E(x) by shape-preserving cubics (no extrema that the table has not), D by the same in ln D;

    .. math:: \frac{dE}{dC} = \frac{1}{C_{max}}\frac{dE}{dx},\qquad
        D(T) = D\,e^{-\frac{E_a}{R_{gas}}(1/T - 1/T_0)}

    Examples
    --------
    >>> import vegard as vg
    >>> base = vg.Material(1e-14, 1.2e-6, 0.3, site_concentration=2.29e4)
    >>> host = vg.Host(base, ocv=([0.2, 0.5, 0.8], [4.1, 4.0, 3.9]))
    >>> f"{host.at(0.5).ocv_slope:.3e} V m³/mol"
    '-1.456e-05 V m³/mol'
    """

    material: Material = field(metadata={"doc": "what does not depend on composition"})
    ocv: Any = field(default=None, metadata={"doc": "filled fraction and open-circuit voltage"})
    diffusivity: Any = field(default=None, metadata={"doc": "filled fraction and diffusivity"})
    activation_energy: Any = field(default_factory=dict, metadata={"doc": "energies [J/mol]"})

    def __post_init__(self) -> None:
        if not isinstance(self.material, Material):
            raise VegardError(f"Host.material must be a vegard.Material; got {self.material!r}.")
        for name in ("ocv", "diffusivity"):
            given = getattr(self, name)
            rows = None if given is None else _rows(f"Host.{name}", given)
            object.__setattr__(self, name, rows)
        if self.diffusivity is not None and min(self.diffusivity[1]) <= 0:
            raise VegardError("Host.diffusivity must be > 0 [m²/s] everywhere.")
        energies = dict(self.activation_energy)
        for key, value in energies.items():
            if key not in ACTIVATED:
                raise unknown_name("activation energy", key, ACTIVATED)
            energies[key] = number(f'Host.activation_energy["{key}"]', _ENERGY, value)
        object.__setattr__(self, "activation_energy", energies)

    def voltage(self, x: Any) -> Any:
        """Open-circuit voltage E(x) [V]; shape of x [–]."""
        return _curve(*self._table("ocv", x))(x)[()]

    def composition(self, voltage: float) -> float:
        """Filled fraction x [–] at an open-circuit voltage E [V]; E(x) must fall."""
        if self.ocv is None:
            raise VegardError("Host.ocv is needed: give Host(ocv=(x, E)).")
        x, e = self.ocv
        if any(b >= a for a, b in pairwise(e)):
            raise VegardError("Host.ocv must fall with x for a composition to follow from E.")
        curve = _curve(x, e)
        high, low = curve(x[0]), curve(x[-1])  # the table's ends up to rounding
        if not min(low, e[-1]) <= voltage <= max(high, e[0]):
            raise VegardError(f"E = {voltage:g} V is outside the table, {e[-1]:g} … {e[0]:g} V.")
        if not low < voltage < high:
            return float(x[0] if voltage >= high else x[-1])
        from scipy.optimize import brentq

        return float(brentq(lambda v: curve(v) - voltage, x[0], x[-1], xtol=1e-14))

    def arrhenius(self, name: str, temperature: float) -> float:
        """Factor of "diffusivity" or "rate" at a temperature [K] against the material's own."""
        if name not in ACTIVATED:
            raise unknown_name("activation energy", name, ACTIVATED)
        temperature = number("temperature", _TEMPERATURE, temperature)
        energy = self.activation_energy.get(name, 0.0)
        return exp(-energy / GAS_CONSTANT * (1 / temperature - 1 / self.material.temperature))

    def at(self, x: float, temperature: float | None = None) -> Material:
        """The material at one composition and temperature.

        Parameters
        ----------
        x : float
            Filled fraction [–] within the tables.
        temperature : float, optional
            Temperature [K]; that of the material if left out.

        Returns
        -------
        Material
            With ``ocv_slope``, ``diffusivity`` and ``temperature`` set.

        Raises
        ------
        VegardError
            Outside the tables, or on a plateau, where dE/dC = 0 has no linear response.
        """
        m, x = self.material, number("x", _FILLED, x)
        warm = m.temperature if temperature is None else temperature
        changes: dict[str, Any] = {"temperature": warm}
        factor = self.arrhenius("diffusivity", warm)
        if self.diffusivity is not None:
            row, d = self._table("diffusivity", x)
            changes["diffusivity"] = exp(float(_curve(row, tuple(map(log, d)))(x))) * factor
        elif isinstance(m.diffusivity, tuple):
            changes["diffusivity"] = (m.diffusivity[0] * factor, m.diffusivity[1] * factor)
        elif m.diffusivity is not None:
            changes["diffusivity"] = m.diffusivity * factor
        if self.ocv is not None:
            slope = float(_curve(*self._table("ocv", x)).derivative()(x))
            if slope == 0:
                raise VegardError(
                    f"Host.ocv is flat at x = {x:g}: on a plateau dE/dC = 0 and there is no linear "
                    "response. Choose a composition on a slope."
                )
            changes["ocv_slope"] = slope / float(m.need("site_concentration"))
        return replace(m, **changes)

    def _table(self, name: str, x: Any) -> Any:
        rows = getattr(self, name)
        if rows is None:
            raise VegardError(f"Host.{name} is needed: give Host({name}=(x, …)).")
        low, high = rows[0][0], rows[0][-1]
        inside = np.asarray(x)
        if not ((inside >= low) & (inside <= high)).all():
            raise VegardError(f"x = {x!r} is outside Host.{name}, which spans {low:g} … {high:g}.")
        return rows


@lru_cache(maxsize=256)
def _curve(x: tuple[float, ...], y: tuple[float, ...]) -> Any:
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(x, y)


def _rows(owner: str, given: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    try:
        x, y = (np.asarray(row, float) for row in given)
    except (TypeError, ValueError):
        raise VegardError(f"{owner} must be two rows of numbers (x, values).") from None
    if x.ndim != 1 or x.shape != y.shape or x.size < 2:
        raise VegardError(
            f"{owner} must be two rows of one length, two points or more; got shapes {x.shape} "
            f"and {y.shape}."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise VegardError(f"{owner} must be finite; remove nan and inf.")
    if (np.diff(x) <= 0).any() or x[0] < 0 or x[-1] > 1:
        raise VegardError(f"{owner}: x must rise within [0, 1]; sort the table, divide C by C_max.")
    return tuple(x.tolist()), tuple(y.tolist())

"""Titrations: many steps of GITT or PITT along the open-circuit curve of a host."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.cell import Cell
from vegard.classical.simulate import checked_cell, gitt, pitt
from vegard.errors import VegardError
from vegard.host import Host
from vegard.material import FARADAY
from vegard.parameters import number, quantity
from vegard.response import checked_points
from vegard.result import SCHEMA, Response, describe
from vegard.waveforms import Sampled

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

_CURRENT = quantity("current", "I", "A", rule="!= 0", hint="Positive inserts ions.").metadata
_SPAN = quantity("length of a step", "t", "s").metadata
_FILLED = quantity("filled fraction", "x", "–", rule="finite").metadata
_ROUNDING = 4e-16  # of a potential


def gitt_titration(
    host: Host,
    cell: Cell,
    start: float,
    *,
    current: float,
    pulse: float,
    rest: float,
    count: int,
    temperature: float | None = None,
    points: int = 50,
) -> xr.Dataset:
    r"""Potential of an electrode through pulses of current, each with a rest after it.

    Parameters
    ----------
    host : Host
        E(x), D(x), and activation energies.
    cell : Cell
        Shape, length, area, rate, series resistance, double layer; blocking. Its material is
        replaced by that of the host.
    start : float
        Filled fraction before the first pulse [–], at rest.
    current : float
        Current of the pulses [A]; positive inserts ions, and E falls.
    pulse, rest : float
        Length of each pulse and of the rest after it [s].
    count : int
        Number of pulses.
    temperature : float, optional
        T [K]; that of the host's material if left out. Scales D and the rate by Arrhenius.
    points : int
        Times in each pulse, and in each rest, even in √t.

    Returns
    -------
    xarray.Dataset
        Over ``time`` [s]: ``voltage`` E [V], ``error`` (numerical) [V], ``current`` [A],
        ``composition`` x of the whole host [–], ``index`` of the step. Over ``step``: ``start``
        [s], ``x_start``, ``x``, ``x_end`` [–], ``diffusivity`` [m²/s] and ``ocv_slope``
        [V m³/mol] used. The last time of a pulse is still under current.

    Raises
    ------
    VegardError
        If the host, or its surface at the end of a pulse, leaves the tables, if E does not fall as
        x grows (a plateau), or a number breaks its rule.

    Notes
    -----
    .. math:: E(t) = E(x_0) - \sum_k V_k(t-t_k),\qquad
        zF\mathcal V C_{max}\,(x_{k+1}-x_k) = I t_p - C_{dl}\,[E(x_k)-E(x_{k+1})]

    V_k is ``gitt`` of one pulse (𝒱 the host's volume), with D at the middle of its step and the
    secant of E(x) over it for the slope, so that each step ends on the open-circuit curve; what
    earlier steps have left to relax is superposed. Linear about each step: of second order in Δx is
    what that leaves out, most at the end of a pulse, where the surface runs ahead of the host. Take
    steps over which D and dE/dx change little, at the surface too. Weppner and Huggins,
    J. Electrochem. Soc. 124, 1569 (1977).
    tests/classical/test_titration.py.

    Examples
    --------
    >>> import vegard as vg
    >>> base = vg.Material(None, 1.2e-6, 0.3, site_concentration=2.29e4)
    >>> host = vg.Host(base, ([0.2, 0.5, 0.8], [4.1, 4.0, 3.9]), ([0.2, 0.8], [1e-13, 1e-14]))
    >>> film = vg.Cell(base, length=200e-9, area=1e-4)
    >>> run = {"current": 1e-5, "pulse": 60.0, "rest": 60.0, "count": 3}
    >>> steps = vg.classical.gitt_titration(host, film, 0.4, **run)
    >>> [f"{x:.4f}" for x in steps.x_end.values]
    ['0.4136', '0.4272', '0.4407']
    """
    current = number("current", _CURRENT, current)
    pulse, rest = number("pulse", _SPAN, pulse), number("rest", _SPAN, rest)
    count, points = _whole("count", count), _whole("points", points)
    path = _Path(_host(host), _blocking(cell), temperature)
    filled = [number("start", _FILLED, start)]
    before = float(host.voltage(filled[0]))
    for k in range(count):
        filled.append(path.after(filled[-1], current * pulse, k))
    cells = path.cells(filled)
    local = np.append(_even_in_root(pulse, points), pulse + _even_in_root(rest, points))
    heights = [current] * count
    on, rough = _superposed(gitt, cells, heights, pulse + rest, local)
    off, after = _superposed(gitt, cells, heights, pulse + rest, local - pulse)
    voltage = before - (on - off)
    resistance = np.array([c.series_resistance + c.charge_transfer_resistance for c in cells])
    path.check_surface(voltage[:, points - 1] + current * resistance)
    over_time = {
        "voltage": (voltage, "V"),
        "error": (rough + after + _ROUNDING * np.abs(voltage), "V"),
        "current": (np.where(local <= pulse, current, 0.0) + 0 * voltage, "A"),
    }
    passed: Real = current * (np.arange(float(count))[:, None] * pulse + np.minimum(local, pulse))
    inputs: dict[str, Any] = {"verb": "gitt_titration", "current": current, "start": start}
    inputs |= {"pulse": pulse, "rest": rest, "count": count}
    return path.dataset(inputs, filled, cells, pulse + rest, local, over_time, passed)


def pitt_titration(
    host: Host,
    cell: Cell,
    potentials: ArrayLike,
    *,
    hold: float,
    temperature: float | None = None,
    points: int = 50,
) -> xr.Dataset:
    r"""Current of an electrode through steps of its potential.

    Parameters
    ----------
    host : Host
        E(x), falling, D(x), and activation energies.
    cell : Cell
        Shape, length, area, rate, series resistance, double layer; blocking. Its material is
        replaced by that of the host.
    potentials : array_like
        E [V] of the electrode: at rest before t = 0, then of each step.
    hold : float
        Length of each step [s].
    temperature : float, optional
        T [K]; that of the host's material if left out. Scales D and the rate by Arrhenius.
    points : int
        Times in each step, even in √t.

    Returns
    -------
    xarray.Dataset
        As by ``gitt_titration``; ``error`` is that of the current [A].

    Raises
    ------
    VegardError
        If a potential leaves the table, if two in a row are equal, if E(x) does not fall, or a
        number breaks its rule.

    Notes
    -----
    .. math:: I(t) = \sum_k I_k(t-t_k),\qquad
        \int_0^\infty I_k\,dt = zF\mathcal V C_{max}\,(x_{k+1}-x_k) + C_{dl}\,(E_k-E_{k+1})

    I_k is ``pitt`` of the step E_k - E_{k+1} with D at the middle and the secant of E(x) for the
    slope; what earlier steps have left to flow is superposed. Positive current inserts. The charge
    of a double layer without series resistance flows at once and is not in I. Wen, Boukamp,
    Huggins and Weppner, J. Electrochem. Soc. 126, 2258 (1979). tests/classical/test_titration.py.

    Examples
    --------
    >>> import vegard as vg
    >>> base = vg.Material(None, 1.2e-6, 0.3, site_concentration=2.29e4)
    >>> host = vg.Host(base, ([0.2, 0.5, 0.8], [4.1, 4.0, 3.9]), ([0.2, 0.8], [1e-13, 1e-14]))
    >>> film = vg.Cell(base, length=200e-9, area=1e-4)
    >>> steps = vg.classical.pitt_titration(host, film, [4.02, 4.01, 4.0], hold=100.0)
    >>> [f"{x:.3f}" for x in steps.composition.values[[49, 99]]]
    ['0.470', '0.500']
    """
    hold, points = number("hold", _SPAN, hold), _whole("points", points)
    e = checked_points("potentials", potentials, "V")
    if e.ndim != 1 or e.size < 2:
        raise VegardError(
            "potentials must be a row of two or more [V]: at rest, then of each step; got shape "
            f"{e.shape}."
        )
    path = _Path(_host(host), _blocking(cell), temperature)
    filled = [path.at_rest(v, k) for k, v in enumerate(e.tolist())]
    cells = path.cells(filled)
    local, steps = _even_in_root(hold, points), (-np.diff(e)).tolist()
    values, error = _superposed(pitt, cells, steps, hold, local)
    last = hold * len(steps)
    ramps = [Sampled((0.0, last), (0.0, height * last)) for height in steps]  # ∫ I dt
    passed, _ = _superposed(pitt, cells, ramps, hold, local)
    over_time = {
        "voltage": (e[1:, None] + 0 * values, "V"),
        "error": (error, "A"),
        "current": (values, "A"),
    }
    inputs = {"verb": "pitt_titration", "potentials": e, "hold": hold}
    return path.dataset(inputs, filled, cells, hold, local, over_time, passed)


@dataclass(frozen=True, slots=True)
class _Path:
    """The host and the electrode along a titration."""

    host: Host
    cell: Cell
    temperature: float | None

    @property
    def capacity(self) -> float:
        """Charge [C] that fills the host from x = 0 to 1."""
        m = self.host.material
        return float(m.charge * FARADAY * self.cell.volume * m.need("site_concentration"))

    def after(self, x: float, charge: float, k: int) -> float:
        """Composition after a charge [C] has spread, some of it on the double layer."""
        full, held, voltage = self.capacity, self.cell.double_layer, self.host.voltage
        rows = self.host.ocv[0]
        edge = rows[-1 if charge / full > 0 else 0]
        before = float(voltage(x))

        def missing(end: float) -> float:
            return float(full * (end - x) + held * (before - float(voltage(end))) - charge)

        if missing(edge) * charge < 0:
            raise VegardError(
                f"step {k + 1} would take x from {x:.4g} past {edge:g}, where Host.ocv ends. "
                + (f"Give count={k}" if k else "Start further inside")
                + ", or a smaller current or a shorter pulse."
            )
        if held == 0:
            return x + charge / full
        from scipy.optimize import brentq

        return float(brentq(missing, x, edge, xtol=1e-15, rtol=1e-14))

    def at_rest(self, voltage: float, k: int) -> float:
        """Composition at a potential."""
        try:
            return self.host.composition(voltage)
        except VegardError as error:
            raise VegardError(f"potentials[{k}]: {error}") from None

    def cells(self, filled: Sequence[float]) -> list[Cell]:
        """The electrode in each step: D at its middle, the secant of E(x) over it."""
        return [self._step(k, a, b) for k, (a, b) in enumerate(pairwise(filled))]

    def _step(self, k: int, a: float, b: float) -> Cell:
        name = f"step {k + 1}, x = {a:.4g} → {b:.4g}"
        if a == b:
            raise VegardError(f"{name}: potentials must differ from step to step.")
        try:
            material = self.host.at((a + b) / 2, self.temperature)
        except VegardError as error:
            raise VegardError(f"{name}: {error}") from None
        fall = float(self.host.voltage(a) - self.host.voltage(b))
        slope = -fall / ((b - a) * float(material.need("site_concentration")))
        if slope * material.charge >= 0:
            raise VegardError(
                f"{name}: E does not fall as ions enter (slope {slope:.3g} V m³/mol): on a plateau "
                "two phases share the host and there is no linear response. Take a range of x "
                "on a slope, or steps that cross the plateau whole."
            )
        rate = self.cell.rate * self.host.arrhenius("rate", material.temperature)
        return replace(self.cell, material=replace(material, ocv_slope=slope), rate=rate)

    def check_surface(self, voltage: Real) -> None:
        """Refuse pulses at whose end the surface [V] is off the open-circuit curve."""
        low, high = min(self.host.ocv[1]), max(self.host.ocv[1])
        off = np.flatnonzero((voltage < low) | (voltage > high))
        if off.size:
            k = int(off[0])
            raise VegardError(
                f"step {k + 1}: at the end of the pulse the surface would be at {voltage[k]:.4g} V,"
                f" outside Host.ocv, {low:g} … {high:g} V: ions pile up there faster than they "
                f"diffuse. Give a smaller current, a shorter pulse, or start further inside."
            )

    def dataset(
        self, inputs: dict[str, Any], filled: Sequence[float], cells: Sequence[Cell], period: float,
        local: Real, over_time: dict[str, tuple[Real, str]], passed: Real,
    ) -> xr.Dataset:  # fmt: skip
        """Labelled result; the charge passed [C] is in the host, but for the double layer's."""
        import xarray as xr

        from vegard import __version__

        drop = float(self.host.voltage(filled[0])) - over_time["voltage"][0]
        drop = drop - self.cell.series_resistance * over_time["current"][0]
        composition = filled[0] + (passed - self.cell.double_layer * drop) / self.capacity
        begin, x = period * np.arange(len(cells)), np.array(filled)
        over_steps = {
            "start": (begin, "s"),
            "x_start": (x[:-1], "1"),
            "x": ((x[:-1] + x[1:]) / 2, "1"),
            "x_end": (x[1:], "1"),
            "diffusivity": ([c.material.diffusivity_normal for c in cells], "m²/s"),
            "ocv_slope": ([c.material.ocv_slope for c in cells], "V m³/mol"),
        }
        series = over_time | {"composition": (composition, "1")}
        data: dict[str, Any] = {
            name: ("time", values.ravel(), {"units": unit})
            for name, (values, unit) in series.items()
        }
        data["index"] = "time", np.repeat(np.arange(len(cells)), local.size)
        data |= {name: ("step", v, {"units": unit}) for name, (v, unit) in over_steps.items()}
        described = describe(
            inputs | {"host": self.host, "cell": self.cell, "temperature": self.temperature}
        )
        time = (begin[:, None] + local).ravel()
        return xr.Dataset(
            data,
            {"time": ("time", time, {"units": "s"}), "step": np.arange(len(cells))},
            {
                "schema": SCHEMA,
                "vegard": __version__,
                "inputs": described,
                "inputs_sha256": hashlib.sha256(described.encode()).hexdigest(),
            },
        )


def _superposed(
    verb: Callable[..., Response], cells: Sequence[Cell], drives: Sequence[Any], period: float,
    local: Real,
) -> tuple[Real, Real]:  # fmt: skip
    """Sum over the steps of their responses, at the same times after the start of each step."""
    count = len(cells)
    values, error = np.zeros((count, local.size)), np.zeros((count, local.size))
    for j, (cell, drive) in enumerate(zip(cells, drives, strict=True)):
        part = verb(cell, period * np.arange(count - j)[:, None] + local, drive)
        values[j:] += part.values
        error[j:] += part.error
    return values, error


def _even_in_root(span: float, points: int) -> Real:
    """Times up to and with ``span``, even in √t."""
    return np.asarray(span * (np.arange(1, points + 1) / points) ** 2)


def _whole(name: str, value: object) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1:  # type: ignore[operator]
        raise VegardError(f"{name} must be a whole number of 1 or more; got {value!r}.")
    return int(value)  # type: ignore[call-overload,no-any-return]


def _host(host: object) -> Host:
    if not isinstance(host, Host):
        raise VegardError(f"the first argument must be a vegard.Host; got {host!r}.")
    return host


def _blocking(cell: object) -> Cell:
    found = checked_cell(cell)
    if found.permeable:
        raise VegardError(
            "a titration needs a host that keeps its ions; got a Cell with "
            'back="permeable". Use back="blocking".'
        )
    return found

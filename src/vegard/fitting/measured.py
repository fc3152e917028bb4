"""Curves and maps from labelled datasets, as `vegard.read` gives them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import OutOfRegime, VegardError, unknown_name
from vegard.fitting import oscillations
from vegard.waveforms import Drive, Pulse, PulseTrain

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

_AXES = {
    **dict.fromkeys(("relaxation", "pitt", "gitt"), ("time",)),
    **dict.fromkeys(("frequency", "eis"), ("frequency",)),
    "loop": ("bias", "bias_step", "step"),
}
_SIGNALS = {"pitt": "current", "gitt": "voltage", "eis": "impedance"}
_STAGES = {"on": "write", "off": "read"}
_ALIKE = 2.0
_SAME = 1e-6  # of the largest bias: what may differ within the steps of a pulse


class Hints(NamedTuple):
    """What a file does not say; as of `Data.from_xarray`."""

    kind: str | None
    variable: str | None
    axis: str | None
    field: str | None
    duration: float | None
    period: float | None
    delay: float
    reference: float | None


class Rows(NamedTuple):
    """Curves over their axis, the last one."""

    kind: str
    x: Real
    y: Any
    sigma: Any
    drive: Any


def rows(dataset: Any, hints: Hints, drive: Any, per: str) -> Rows:
    """What the fields of a `Data` become."""
    import xarray as xr

    if not isinstance(dataset, xr.Dataset):
        raise VegardError(
            f"from_xarray takes an xarray.Dataset, as of vegard.read; got {type(dataset).__name__}."
        )
    dataset = _of_the_field(dataset, hints.field)
    y, spread = _response(dataset, hints)
    kind, axis = _kind(dataset, y, hints)
    if kind == "loop":
        found = _loop(y, spread, axis, hints, drive, per)
    elif kind == "relaxation":
        found = _relaxation(y, spread, axis, hints, drive, per)
    else:
        y = y.transpose(..., axis)
        found = Rows(kind, _axis(y, axis), y, _last(spread, axis), drive)
    return found if found.y.ndim > 1 else _single(found, hints.field)


# --- what was read ---


def _of_the_field(dataset: xr.Dataset, field: str | None) -> xr.Dataset:
    """Readings on or off field, where a file has both and says which are which."""
    where = dataset.coords.get("field")
    if where is None or where.dtype.kind not in "UO" or where.ndim != 1:
        return dataset
    if field is None:
        raise VegardError("the data were read on and off field: give field='on' or 'off'.")
    chosen = np.flatnonzero(where.values == field)
    if not chosen.size:
        raise VegardError(f"no reading of these data is {field}-field; leave field= out.")
    kept = dataset.isel({where.dims[0]: chosen})
    return kept.squeeze("field", drop=True) if where.dims == ("field",) else kept


def _response(dataset: xr.Dataset, hints: Hints) -> tuple[xr.DataArray, Any]:
    """The variable that is fitted, spectra over a resonance made one reading each."""
    if hints.variable is None and set(oscillations.NAMES) <= set(dataset.data_vars):
        return oscillations.signal(dataset, hints.reference)
    y = dataset[_variable(dataset, hints)]
    if "frequency" in y.dims and hints.axis != "frequency" and _stepped(y):
        return oscillations.signal(oscillations.fitted(y), hints.reference)
    if hints.reference is not None:
        raise VegardError("reference= is the phase of oscillators; these data are none.")
    return y, None


def _stepped(y: xr.DataArray) -> bool:
    """Whether spectra were taken at steps of time or bias."""
    return bool({"time", "bias", "bias_step", "step"} & set(y.dims))


def _variable(dataset: xr.Dataset, hints: Hints) -> str:
    names = [str(n) for n, v in dataset.data_vars.items() if v.dtype.kind in "iufc"]
    usual = _SIGNALS.get(hints.kind or dataset.attrs.get("kind", ""), "response")
    if hints.variable is not None:
        if hints.variable not in names:
            raise unknown_name("variable", hints.variable, names)
        return hints.variable
    if usual in names:
        return usual
    if len(names) == 1:
        return names[0]
    raise VegardError(f"the dataset holds {', '.join(names) or 'nothing'}; give one: variable=.")


def _kind(dataset: xr.Dataset, y: xr.DataArray, hints: Hints) -> tuple[str, str]:
    """The kind of data and the dimension of its curves."""
    kind = hints.kind or dataset.attrs.get("kind")
    if hints.kind is None and kind not in _SIGNALS:
        told = ("relaxation", "loop", "frequency")
        kind = next((k for k in told if _found(y, _AXES[k])), None)
    if kind is None:
        raise VegardError(
            f"the data are over {', '.join(map(str, y.dims)) or 'nothing'}: no axis is time, bias "
            "or frequency. Name it: kind= and axis=."
        )
    if kind not in _AXES:
        raise unknown_name("kind", kind, _AXES)
    if hints.axis is not None:
        if hints.axis not in y.dims:
            raise unknown_name("axis", hints.axis, map(str, y.dims))
        return kind, hints.axis
    axis = _found(y, _AXES[kind])
    if axis is None:
        raise VegardError(
            f"{kind} needs an axis of {_AXES[kind][0]}; the data are over "
            f"{', '.join(map(str, y.dims))}: name it with axis=."
        )
    return kind, axis


def _found(y: xr.DataArray, names: tuple[str, ...]) -> str | None:
    """The first of these dimensions; steps have to tell their bias."""
    return next((n for n in names if n in y.dims and (n != "step" or "bias" in y.coords)), None)


def _axis(y: xr.DataArray, axis: str) -> Real:
    if axis not in y.coords:
        raise VegardError(f"the axis {axis} has no values: assign them, dataset.assign_coords.")
    return np.asarray(y.coords[axis].values, float)


def _last(spread: Any, *axes: str) -> Any:
    """The standard deviations with these axes last; of a map what is typical of its pixels.

    That of one spectrum is known to a tenth only and goes with its amplitude, both being over Q:
    as a weight it would make small readings count more. So where they are alike they are one.
    """
    if spread is None:
        return None
    values = spread.transpose(..., *axes).values
    values = values.reshape(-1, int(np.prod(values.shape[values.ndim - len(axes) :])))
    if len(values) > 1:
        return np.sqrt(np.nanmedian(values**2, axis=0))
    alike = values[0] < _ALIKE * np.nanmedian(values[0])
    return np.where(alike, np.sqrt(np.nanmean(values[0][alike] ** 2)), values[0])


def _flat(y: xr.DataArray, axis: str, x: Real) -> xr.DataArray:
    """Cycles one after the other along the last axis."""
    import xarray as xr

    if "cycle" not in y.dims:
        return y.transpose(..., axis).assign_coords({axis: x})
    y = y.transpose(..., "cycle", axis)
    lead = y.dims[:-2]
    coords = {n: c for n, c in y.coords.items() if set(c.dims) <= set(lead)}
    data = y.data.reshape(*y.shape[:-2], x.size)
    return xr.DataArray(data, coords | {axis: x}, (*lead, axis), y.name, y.attrs)


def _single(found: Rows, field: str | None) -> Rows:
    """One curve without the readings that failed."""
    y = found.y
    failed = int(y.attrs.get("failed", 0))
    if not failed:
        return found._replace(y=y.values)
    good = np.isfinite(y.values)
    warnings.warn(
        f"{failed} of {good.size} spectra show no resonance and are left out. Weak signals fail "
        "first: where many do, what is left is too large.",
        OutOfRegime,
        stacklevel=4,
    )
    sigma = None if found.sigma is None else found.sigma[good]
    x = found.x
    if found.kind == "loop":  # which has a reading for each pulse: the same as readings in time
        train = found.drive
        moment = train.period if field == "off" else train.duration
        x = moment + train.period * np.arange(x.size)
        found = found._replace(kind="relaxation")
    return found._replace(x=x[good], y=y.values[good], sigma=sigma)


# --- relaxations ---


def _relaxation(
    y: xr.DataArray, spread: Any, axis: str, hints: Hints, drive: Any, per: str
) -> Rows:
    time = _axis(y, axis) + hints.delay
    stage = y.coords.get("stage")
    if stage is None:
        if "cycle" in y.dims:
            raise VegardError("cycles need the stage of each reading; choose one: isel(cycle=0).")
        y = _flat(y, axis, time)
        return Rows("relaxation", time, y, _last(spread, axis), drive)
    cycles = y.sizes.get("cycle", 1)
    written = stage.values == "write"
    pause = float(np.diff(y.coords[axis].values).mean())
    begin = float(y.coords[axis].values[written.argmax()])
    period = written.size * pause
    after = (np.arange(cycles)[:, None] * period + (time - begin)).ravel()
    kept = np.tile(stage.values == _STAGES[_field(hints.field or "off")], cycles)
    long = _flat(y, axis, after).isel({axis: kept})
    sigma = _last(spread, *(("cycle", axis) if "cycle" in y.dims else (axis,)))
    made = _pulses(y, written, (int(written.sum()) * pause, period, cycles), drive, per)
    return Rows("relaxation", after[kept], long, None if sigma is None else sigma[kept], made)


def _pulses(
    y: xr.DataArray, written: NDArray[Any], how: tuple[float, float, int], drive: Any, per: str
) -> Any:
    """The drive from its start: the user's own, of that height, or as the file's bias has it."""
    duration, period, cycles = how
    if isinstance(drive, Pulse) and abs(drive.duration - duration) > 1e-3 * duration:
        raise VegardError(
            f"drive lasts {drive.duration:g} s, but writing took {duration:g} s; give its height "
            "alone, a number, and the pulse is made."
        )
    if isinstance(drive, Drive):
        return drive
    heights = np.full(cycles, drive) if drive is not None else _written(y, written, per, cycles)
    if heights is None:
        return None
    if cycles == 1:
        return Pulse(duration, float(heights[0]))
    return PulseTrain(duration, period, tuple(heights.tolist()))


def _written(y: xr.DataArray, written: NDArray[Any], per: str, cycles: int) -> Any:
    """Bias of each writing above that of the reading [V]; None if the file does not tell it."""
    bias = y.coords.get("bias")
    if bias is None or per != "volt" or not set(bias.dims) <= {"cycle", *y.coords["stage"].dims}:
        return None
    steps = bias.transpose("cycle", ..., missing_dims="ignore").values
    table = np.broadcast_to(steps.reshape(-1, written.size), (cycles, written.size))
    size = np.abs(table).max()
    parts = table[:, written], table[:, ~written]
    if any(np.ptp(part, axis=1).max() > _SAME * size for part in parts) or not size:
        raise VegardError("the bias changes while it is written or read; give the drive.")
    return parts[0][:, 0] - parts[1][:, 0]


def _field(field: str) -> str:
    if field not in _STAGES:
        raise unknown_name("field", field, _STAGES)
    return field


# --- loops ---


def _loop(y: xr.DataArray, spread: Any, axis: str, hints: Hints, drive: Any, per: str) -> Rows:
    over = ("cycle", axis) if "cycle" in y.dims else (axis,)
    if "bias" not in y.coords or not set(y.coords["bias"].dims) <= set(over):
        raise VegardError("a loop needs its bias along the curve, a coordinate 'bias' [V].")
    bias = y.coords["bias"]
    sizes = [y.sizes[d] for d in over]
    x = np.asarray(bias.broadcast_like(y.isel({d: 0 for d in y.dims if d not in over}, drop=True))
                   .transpose(*over).values, float).reshape(int(np.prod(sizes)))  # fmt: skip
    if isinstance(drive, PulseTrain):
        x = np.asarray(drive.amplitudes, float) if per != "volt" else x
    elif drive is not None:
        raise VegardError(f"a loop takes a vegard.PulseTrain as drive; got {drive!r}.")
    elif hints.duration is None or hints.period is None:
        raise VegardError(
            "files do not tell how long the pulses of a loop were: give duration= and period= [s], "
            "or the envelope as drive=vegard.PulseTrain(…)."
        )
    else:
        drive = PulseTrain(hints.duration, hints.period, tuple(x.tolist()))
    drop = [n for n in y.coords if n in ("bias", axis)]
    flat = _flat(y.drop_vars(drop), axis, x).rename({axis: "bias"} if axis != "bias" else {})
    return Rows("loop", x, flat, _last(spread, *over), drive)

"""Ways of detection: at one frequency, at two beside the resonance, over a band across it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.response import checked_points, frequency_response
from vegard.result import Response

if TYPE_CHECKING:
    from vegard.cantilever import Cantilever

Real = NDArray[np.float64]
MODES = ("single", "dart", "band")


def whole(name: str, value: Any, least: int) -> int:
    """A whole number, checked."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise VegardError(f"{name} must be a whole number, {least} or more; got {value!r}.")
    return int(value)


def frequencies(
    lever: Cantilever, mode: str, frequency: float | None, width: float | None, points: int
) -> Real:
    """Frequencies [Hz] at which "dart" or "band" reads; see ``Cantilever.frequencies``."""
    if mode not in MODES[1:]:
        raise unknown_name("mode", mode, MODES[1:])
    if frequency is not None and width is None:
        raise VegardError("give width [Hz] with frequency; only the resonance has its own width.")
    centre = lever.resonances(1)[0] if frequency is None else frequency
    if width is None:
        width = float(centre / lever.quality_factors(1)[0]) * (1 if mode == "dart" else 10)
    f, w = checked_points("frequency", centre, "Hz"), checked_points("width", width, "Hz")
    if f.ndim or w.ndim or not 0 < w < 2 * f:
        raise VegardError(
            "frequency and width must be one number each [Hz], width > 0 and below twice the "
            f"frequency; got {f.tolist()} and {w.tolist()}."
        )
    n = 2 if mode == "dart" else whole("points", points, 2)
    return np.asarray(np.linspace(f - w / 2, f + w / 2, n))


def detect(
    lever: Cantilever,
    response: Response,
    mode: str,
    frequency: float | None,
    width: float | None,
    points: int,
) -> Any:
    """What the photodiode reads; see ``Cantilever.detect``."""
    if mode not in MODES:
        raise unknown_name("mode", mode, MODES)
    component = _component(response)
    if mode == "single":
        if frequency is not None or width is not None:
            raise VegardError(
                'mode="single" reads at the frequencies of the response; '
                'leave out frequency and width, or use mode="dart" or "band".'
            )
        return _read(lever, response, component)
    f = frequencies(lever, mode, frequency, width, points)
    if not np.array_equal(f, response.axes[-1].points):
        response = _anew(response.inputs, f, response.axes[0].points)
    data = _read(lever, response, component).to_xarray()
    signal = data["response"]
    data["amplitude"] = abs(signal).assign_attrs(signal.attrs)
    data["phase"] = signal.copy(data=np.angle(signal)).assign_attrs(units="rad")
    return data if mode == "band" else _pair(data)


def _component(response: Any) -> str:
    """Direction of the motion in a response that can be detected."""
    if not isinstance(response, Response):
        raise VegardError(f"response must be a vegard.Response; got {response!r}.")
    name = response.axes[-1].name
    if name != "frequency" or response.units.split("/")[0] != "m":
        raise VegardError(
            "detect takes a displacement [m] over frequency, as of frequency_response; "
            f"got [{response.units}] over {name}."
        )
    found = _components(response.inputs)
    if len(found) > 1:
        raise VegardError(
            f"the response mixes {' and '.join(sorted(found))}, which move the lever "
            "differently; detect each, and add what is detected."
        )
    return found.pop()


def _components(inputs: dict[str, Any]) -> set[str]:
    if "cantilever" in inputs:
        raise VegardError("the response was detected already; detect takes the displacement.")
    if "sum" in inputs:
        return set().union(*map(_components, inputs["sum"]))
    return {inputs.get("component", "vertical")}


def _read(lever: Cantilever, response: Response, component: str) -> Response:
    """The response times the transfer function."""
    gain = lever.transfer(response.axes[-1].points, component=component)
    return Response(
        response.values * gain,
        response.error * np.abs(gain),
        response.units,
        response.axes,
        response.inputs | {"cantilever": lever},
    )


def _anew(inputs: dict[str, Any], f: Real, at: Real) -> Response:
    """The same response at other frequencies: computed, not interpolated."""
    if "sum" in inputs:
        first, second = (_anew(part, f, at) for part in inputs["sum"])
        return first + second
    if inputs.get("verb") != "frequency_response":
        raise VegardError(
            "only what frequency_response computed can be had at other frequencies; "
            "give the response at lever.frequencies(mode, ...)."
        )
    kept = {k: inputs[k] for k in ("per", "azimuth", "component") if k in inputs}
    return frequency_response(inputs["experiment"], f, at=at, **kept)


def _pair(data: Any) -> Any:
    """Amplitudes and phases at two frequencies, by the names of the arguments of ``dart``."""
    import xarray as xr

    low, high = data["frequency"].values
    parts = {
        f"{name}{i + 1}": data[name].isel(frequency=i, drop=True)
        for name in ("amplitude", "phase")
        for i in (0, 1)
    }
    parts["frequency"] = xr.DataArray((low + high) / 2, attrs={"units": "Hz"})
    parts["width"] = xr.DataArray(high - low, attrs={"units": "Hz"})
    return xr.Dataset(parts, attrs=data.attrs)

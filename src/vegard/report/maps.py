"""Maps of fitted curves in words and on a page: what they say, and what was taken as known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.map_pixels import DETERMINED, LIMIT, MISFIT, counts, main_variable, states, values_of
from vegard.map_scales import SYMBOLS, WORDS, range_of, unit_of
from vegard.map_statistics import correlate, spread
from vegard.plot_map import draw
from vegard.plot_map_statistics import correlation, histogram
from vegard.prefixes import quantity
from vegard.report.page import bullets, page, paragraph, picture, save, section, table

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

REASONS = {
    "good": "a value with its error",
    "missing": "too few readings",
    "flat": "all readings are equal",
    "saturated": "readings stick to the end of their range",
    "not_converged": "the fit did not converge",
    "undetermined": "no signal above the noise, or any value serves",
    "limit": "no more than a limit: the readings set one end only",
    "incomplete": "some readings are missing; the value stands",
    "outliers": "some readings lie far off the fit, and pull it unless the loss is robust",
    "misfit": "the residuals are no noise: the model is not the sample, σ is too small",
    "invalid_input": "nan, inf, or amplitudes below 0",
    "no_signal": "all its values are equal",
    "no_resonance": "a constant describes it as well",
    "resonance_outside_band": "the resonance lies outside its frequencies",
    "frequency_not_real": "no resonance has these values",
    "quality_not_positive": "the phase runs the other way",
}
CAPTIONS = {
    "sigma": "Standard deviation of each pixel, from its own noise",
    "goodness": "How well the model describes the readings",
    "flags": "What each pixel is worth",
    "histogram": "Distribution over the pixels",
    "correlation": "The map against the other one, pixel by pixel",
}
_SIZE = (6.2, 5.4)
_DPI = 150


def figures(dataset: xr.Dataset, topography: Any = None) -> dict[str, Figure]:
    """The pictures of maps, by name.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`, over one or two axes.
    topography : array_like or xarray.DataArray, optional
        Another map of the same pixels, e.g. heights [m].

    Returns
    -------
    dict
        The parameters but gain and offset by their names, "sigma", "goodness",
        "flags", "histogram" and, with another map, "correlation"; without those that these maps do
        not have.
    """
    first = main_variable(dataset)
    free = [path.rpartition(".")[2] for path in str(dataset.attrs.get("free", "")).split()]
    shown = {name: name for name in (first, *free) if name not in ("gain", "offset")}
    shown |= {"sigma": f"{first}_sigma", "goodness": _goodness(dataset), "flags": "flag"}
    out = {}
    for name, variable in shown.items():
        if variable in dataset:
            out[name] = _figure()
            draw(dataset, variable, out[name].add_subplot())
    out["histogram"] = _figure()
    histogram(dataset, first, out["histogram"].add_subplot())
    if topography is not None and _determined(dataset, first) > 3:
        out["correlation"] = _figure()
        correlation(dataset, topography, out["correlation"].add_subplot(), variable=first)
    return out


def _figure() -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")


def _goodness(dataset: xr.Dataset) -> str:
    """χ² where σ was given, else the scatter, which χ² is made of."""
    return "chi2" if dataset.attrs.get("sigma_given", 1) else "scatter"


def _determined(dataset: xr.Dataset, variable: str) -> int:
    return int((states(dataset, variable) == DETERMINED).sum())


def parameters(dataset: xr.Dataset) -> list[str]:
    """Maps that have a standard deviation; all but the flag if none has."""
    names = [str(n) for n in dataset.data_vars]
    with_error = [n for n in names if f"{n}_sigma" in names]
    return with_error or [n for n in names if n != "flag"]


def report(dataset: xr.Dataset, topography: Any = None) -> str:
    """Maps in words.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`, over any number of axes.
    topography : array_like or xarray.DataArray, optional
        Another map of the same pixels.

    Returns
    -------
    str
        Sentences; a table of the parameters; a table of the flags; what was assumed.
    """
    lines = [*sentences(dataset, topography), ""]
    if rows := _numbers(dataset):
        lines += [*_set([("", "median", "10 %", "90 %", "1σ"), *rows]), ""]
    lines += [*_set([(w, str(n), why) for w, n, _, why in _flags(dataset)]), ""]
    lines += assumed(dataset)
    return "\n".join(lines).rstrip()


def _set(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as a table of fixed width."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))] if rows else []
    return ["  " + "  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip()
            for row in rows]  # fmt: skip


def sentences(dataset: xr.Dataset, topography: Any = None) -> list[str]:
    """What the maps say: pixels, values, spread against noise, goodness, correlation."""
    first = main_variable(dataset)
    state = states(dataset, first)
    good = state == DETERMINED
    symbol, unit = SYMBOLS.get(first, first), unit_of(dataset, first)
    size = " × ".join(map(str, state.shape))
    said = [f"{size} pixels: {symbol} is determined in {int(good.sum())} of {state.size}."]
    others = [f"{n} {WORDS[s]}" for s in WORDS if (n := int((state == s).sum()))]
    if others:
        said[0] = f"{said[0][:-1]}; {', '.join(others)}."
    if not good.any():
        said.append(f"There is no map of {symbol}: the table of flags says why.")
    else:
        said.append(f"{symbol} is {range_of(values_of(dataset, first)[good], unit)}.")
    if good.sum() > 1:
        found = str(spread(dataset, first))
        said.append(f"{found[0].upper()}{found[1:]}.")
    said += _fit(dataset, state)
    if topography is not None and good.sum() > 3:
        found = str(correlate(dataset, topography, first))
        said.append(f"{found[0].upper()}{found[1:]}.")
    return said


def _fit(dataset: xr.Dataset, state: Any) -> list[str]:
    """How well the model describes the curves."""
    said = []
    name = _goodness(dataset)
    if name in dataset:
        values = values_of(dataset, name)
        if name == "chi2":
            values = values / np.asarray(dataset.get("degrees", dataset.attrs["degrees"]), float)
        values = values[np.isfinite(values)]
        if name == "chi2":
            told = range_of(values, "")
            said.append(f"χ² per degree of freedom is {told}; 1 if model and σ are right.")
        else:
            told = range_of(values, unit_of(dataset, name))
            said.append(f"The readings scatter about their fit by {told}.")
    pulled = counts(dataset).get("outliers", 0)
    if pulled and dataset.attrs.get("loss") == "gauss":
        said.append(
            f"In {pulled} pixels some readings lie far off and pull the fit: use a robust loss."
        )
    poor = int((state == MISFIT).sum())
    if poor:
        said.append(
            f"In {poor} pixels ({100 * poor / state.size:.2g} %) the residuals are no noise: they "
            "need another model."
        )
    return said


def _numbers(dataset: xr.Dataset) -> list[tuple[str, ...]]:
    """Each parameter: median, 10 and 90 %, median σ."""
    out = []
    for name in parameters(dataset):
        values, unit = values_of(dataset, name), unit_of(dataset, name)
        good = states(dataset, name) == DETERMINED
        if not good.any():
            continue
        low, middle, high = np.quantile(values[good], (0.1, 0.5, 0.9))
        sigma = "unknown"
        if f"{name}_sigma" in dataset:
            sigma = quantity(float(np.median(values_of(dataset, f"{name}_sigma")[good])), unit)
        out.append((name, *(quantity(float(v), unit) for v in (middle, low, high)), sigma))
    return out


def _flags(dataset: xr.Dataset) -> list[tuple[str, int, str, str]]:
    """Each flag that occurs: name, pixels, their share, meaning."""
    total = max(dataset["flag"].size, 1) if "flag" in dataset else 1
    return [(word.replace("_", " "), n, f"{100 * n / total:.2g} %", REASONS.get(word, ""))
            for word, n in counts(dataset).items()]  # fmt: skip


def assumed(dataset: xr.Dataset) -> list[str]:
    """What was taken as known, and what an error of it does to the maps."""
    inputs = str(dataset.attrs.get("inputs", ""))
    said = []
    if "diffusivity" in dataset:
        radius = re.search(r"tip: \w+\{[^{}]*radius: ([\d.e+-]+)", inputs)
        size = f" of {quantity(float(radius[1]), 'm')}" if radius else ""
        said.append(
            f"Free were {dataset.attrs.get('free', 'the parameters')}; the rest of the sample was "
            f"taken as exact, the contact's radius R{size} among it, and what is wrong with it is "
            "not in σ. Curves tell D over a length squared: of a half-space every D is 21 % larger "
            "if R is 10 % larger."
        )
    if dataset.attrs.get("loss", "gauss") != "gauss":
        said.append(f"Readings far off the fit count less (loss {dataset.attrs['loss']}).")
    if (states(dataset, main_variable(dataset)) == LIMIT).any():
        said.append(
            "Pixels with no more than a limit are left out of medians, spread and correlation: the "
            "sample spreads wider than they say."
        )
    return said


def write(dataset: xr.Dataset, path: str | Path, topography: Any = None,
          drawn: dict[str, Figure] | None = None) -> Path:  # fmt: skip
    """Write maps as one HTML page with its pictures inside.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`, over one or two axes.
    path : str or Path
        The file, e.g. ``out/report.html``.
    topography : array_like or xarray.DataArray, optional
        Another map of the same pixels.
    drawn : dict, optional
        What `figures` made of the same maps.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    VegardError
        For maps of more than two axes.
    FileError
        If the place cannot be written.
    """
    drawn = figures(dataset, topography) if drawn is None else drawn
    first, *rest = sentences(dataset, topography)
    names = ("parameter", "median", "10 %", "90 %", "median 1σ")
    flags = [(word, str(n), share, why) for word, n, share, why in _flags(dataset)]
    parts = [
        paragraph(" ".join([first, *rest]), "answer"),
        section("Maps", *(_picture(name, figure) for name, figure in drawn.items())),
        section("Parameters", table(names, _numbers(dataset), numbers=range(1, 5))),
        section("Pixels", table(("flag", "pixels", "share", "meaning"), flags, numbers=(1, 2))),
        section("What was assumed", bullets(assumed(dataset))),
        section("Inputs", table(("", "value"), _inputs(dataset))),
        f"<footer>{paragraph(_stamp(dataset), 'soft')}</footer>",
    ]
    name = SYMBOLS.get(main_variable(dataset), main_variable(dataset))
    return save(path, page(f"Map of {name}", parts))


def _picture(name: str, figure: Figure) -> str:
    said = figure.axes[0].get_title(loc="left").replace("\n", "; ")
    return picture(figure, said, CAPTIONS.get(name, f"Map of {SYMBOLS.get(name, name)}") + ".")


def _inputs(dataset: xr.Dataset) -> list[tuple[str, str]]:
    """What the maps were made of, as their attributes tell."""
    names = {"of": "kind of data", "free": "free parameters", "loss": "loss",
             "degrees": "degrees of freedom of a complete curve",
             "dictionary_error": "error of the tabulated curves", "convention": "convention",
             "sense": "sense of the phase", "background": "background", "inputs": "all inputs",
             "data_file": "file of the curves"}  # fmt: skip
    rows = [(f"axis {d}", _axis(dataset, str(d))) for d in dataset["flag"].dims]
    return rows + [(words, str(dataset.attrs[k])) for k, words in names.items()
                   if k in dataset.attrs]  # fmt: skip


def _axis(dataset: xr.Dataset, name: str) -> str:
    count = dataset.sizes[name]
    if name not in dataset.coords or count < 2:
        return f"{count} pixels"
    x = np.asarray(dataset[name].values, float)
    unit = str(dataset[name].attrs.get("units", ""))
    return f"{count} pixels, {quantity(float(x[0]), unit)} … {quantity(float(x[-1]), unit)}"


def _stamp(dataset: xr.Dataset) -> str:
    from vegard import __version__

    made = dataset.attrs.get("vegard", __version__)
    digest = dataset.attrs.get("inputs_sha256")
    return f"Maps of vegard {made}." + (f" Inputs sha256 {digest}." if digest else "")

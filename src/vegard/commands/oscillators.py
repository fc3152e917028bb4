"""The command sho: oscillators fitted to the spectra of a file."""

from __future__ import annotations

from math import floor, isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import prefixes, terminal, units
from vegard.commands.shared import check, finish, flag, optional, stamp
from vegard.errors import VegardError
from vegard.terminal import Force, Form, Format, MaybeFolder

if TYPE_CHECKING:
    import xarray as xr

FILE = "oscillators.nc"
_WHY = {
    "invalid_input": "it holds nan or inf, or amplitudes below 0",
    "no_signal": "all its values are equal",
    "not_converged": "the fit did not converge",
    "no_resonance": "a constant describes it as well",
    "resonance_outside_band": "the resonance lies outside its frequencies",
    "quality_not_positive": "its phase runs the other way; leave --sense out",
}
_NAMES = {
    "f0": "resonance f0",
    "q": "quality factor Q",
    "amplitude": "drive amplitude A",
    "peak": "peak A·Q",
    "phase": "phase φ of the drive",
}


def sho(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Text or .npy with spectra.")],
    low: Annotated[
        str | None, flag('"300 kHz"', "First frequency of a .npy, which holds none.", "--from")
    ] = None,
    high: Annotated[str | None, flag('"350 kHz"', "Last frequency of a .npy.", "--to")] = None,
    columns: Annotated[
        str | None, flag("NAMES", "Columns of a text: 'frequency (kHz), real, imaginary'.")
    ] = None,
    phase_unit: Annotated[
        str | None, flag("deg|rad", "Unit of the phase, if the text does not say it.")
    ] = None,
    convention: Annotated[
        str, flag("field|textbook", "Phase of the oscillator: they differ by π.")
    ] = "field",
    sense: Annotated[
        str, flag("auto|falling|rising", "How the phase goes through the resonance.")
    ] = "auto",
    background: Annotated[
        str, flag("auto|none|constant", "Whether a complex constant is fitted beside it.")
    ] = "auto",
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Fit an oscillator to one or many spectra: f0, Q, phase.

    FILE is text with named columns (frequency, amplitude, phase; or frequency, real, imaginary; or
    frequency, amplitude), or an array of NumPy, the frequencies last, with --from and --to. The fit
    is A e^(iφ) f0²/(f² - i f f0/Q - f0²) in the convention of the field. With -o all values go to
    a NetCDF file.
    """
    from vegard.commands.spectrum_files import digest, read
    from vegard.resonance import fit_sho

    what = (file.name, "oscillators")
    check(output, what, [FILE], force)
    ends = _ends(optional(low, "Hz", "--from"), optional(high, "Hz", "--to"))
    f, spectra = read(file, ends=ends, columns=columns, phase_unit=phase_unit)
    words = {"convention": convention, "sense": sense, "background": background}
    fit = fit_sho(f, spectra, **words)
    inputs = {**words, "ends": ends, "columns": columns, "phase_unit": phase_unit}
    fit.attrs |= stamp({**inputs, "data_sha256": digest(file)})
    if fit["f0"].ndim == 0 and fit["flag"]:
        name = fit["flag"].attrs["flag_meanings"].split()[int(fit["flag"])]
        raise VegardError(f"{file} has no oscillator to fit: {_WHY[name]}.")
    span: dict[str, Any] = {"points": f.size, "frequencies_Hz": [float(f.min()), float(f.max())]}
    span["amplitude_unit"] = fit["amplitude"].attrs["units"]
    data = {**fit.attrs, **span, **_numbers(fit)}
    files = {FILE: lambda path: _netcdf(fit, path)}
    finish(data, form, lambda: _print(file, fit, data), output, what, files)


def _print(file: Path, fit: xr.Dataset, data: dict[str, Any]) -> None:
    span = " to ".join(units.format(x, "Hz", 5) for x in data["frequencies_Hz"])
    many = " × ".join(str(n) for n in fit["f0"].shape)
    head = f"{many} spectra of {data['points']} points" if many else f"{data['points']} points"
    typer.echo(f"{file.name}: {head}, {span}")
    (_many if many else _one)(fit, data)


def _ends(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    if low is None or high is None or not 0 < low < high < float("inf"):
        raise VegardError(
            '--from and --to are the first and the last frequency, 0 < FROM < TO: --from "300 kHz" '
            '--to "350 kHz".'
        )
    return low, high


def _numbers(fit: xr.Dataset) -> dict[str, Any]:
    """What is printed: values and errors of one spectrum; medians and flags of many."""
    import numpy as np

    names = [n for n in ("f0", "q", "amplitude", "phase") if np.isfinite(fit[n]).any()]
    if not fit["f0"].ndim:
        pairs = {n: [float(fit[n]), float(fit[f"{n}_sigma"])] for n in names}
        return {"flag": 0, "values": pairs}
    good = fit["flag"].values == 0
    meanings = fit["flag"].attrs["flag_meanings"].split()
    counts = {m: int((fit["flag"].values == i).sum()) for i, m in enumerate(meanings)}
    spread = {n: _quantiles(fit[n].values[good], turns=n == "phase") for n in names}
    return {"flags": counts, "quantiles_10_50_90": spread}


def _quantiles(values: Any, *, turns: bool) -> list[float]:
    """Of angles: about their mean direction, so that a jump at ±π does not matter."""
    import numpy as np

    middle = np.angle(np.exp(1j * values).sum()) if turns else 0.0
    away = np.angle(np.exp(1j * (values - middle))) if turns else values
    return [float(x) for x in np.quantile(away, (0.1, 0.5, 0.9)) + middle]


def _unit(fit: xr.Dataset, name: str) -> str:
    known = {"f0": "Hz", "q": "–", "phase": "rad"}
    return known.get(name) or str(fit["amplitude"].attrs["units"])


def _one(fit: xr.Dataset, data: dict[str, Any]) -> None:
    for name, (value, sigma) in data["values"].items():
        typer.echo(f"{_NAMES[name]:<21} {_with_error(value, sigma, _unit(fit, name))}")
    peak = float(fit["amplitude"] * fit["q"])
    typer.echo(f"{_NAMES['peak']:<21} {_plain(peak, _unit(fit, 'amplitude'))}")
    _told(fit)


def _many(fit: xr.Dataset, data: dict[str, Any]) -> None:
    rows = [
        [_NAMES[name], *(_plain(v, _unit(fit, name)) for v in (q[1], q[0], q[2]))]
        for name, q in data["quantiles_10_50_90"].items()
    ]
    terminal.table(["", "median", "10 %", "90 %"], rows)
    counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in data["flags"].items() if n)
    typer.echo(f"spectra: {counts}")
    _told(fit)


def _told(fit: xr.Dataset) -> None:
    """How the data were taken."""
    if fit.attrs["sense"] == "unknown":
        terminal.paragraph("Amplitudes alone: there is no phase.")
        return
    constant = fit.attrs["background"] == "constant"
    beside = "A constant was fitted beside the oscillator." if constant else "No background."
    sense = fit.attrs["sense"]
    factor = "+iωt" if sense == "falling" else "-iωt: the phase is that of the conjugate"
    terminal.paragraph(
        f"{beside} The phase is {sense} through the resonance, e^({factor}); "
        f"φ in the convention of the {fit.attrs['convention']}."
    )


def _plain(value: float, unit: str) -> str:
    unit = "" if unit == "unit of the input" else unit
    return units.format(value, unit, 5)


def _with_error(value: float, sigma: float, unit: str) -> str:
    """A value to two digits of its error: 30281.224 ± 0.0088 Hz."""
    unit = "" if unit in ("–", "unit of the input") else unit
    factor, shown = (1.0, unit) if unit == "Hz" else prefixes.scale(value, unit)
    value, sigma = value * factor, sigma * factor
    if not (isfinite(sigma) and sigma > 0):
        return f"{value:.6g} {shown}".rstrip()
    digits = 1 - floor(log10(sigma))
    if digits < 0 or digits + log10(1 + abs(value)) > 12:  # beyond what a double holds
        return f"{value:.12g} ± {sigma:.2g} {shown}".rstrip()
    return f"{value:.{digits}f} ± {sigma:.{digits}f} {shown}".rstrip()


def _netcdf(fit: xr.Dataset, path: Path) -> None:
    fit.to_netcdf(path, engine="h5netcdf")

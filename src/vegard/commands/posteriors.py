"""Draws of a posterior for the command fit: file, figure, quantiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

FILES = ("posterior.csv", "posterior.png")


def quantiles(table: xr.Dataset, level: float) -> dict[str, dict[str, Any]]:
    """Median and the ends of the central interval of each parameter, its prior and open ends."""
    import numpy as np

    out: dict[str, dict[str, Any]] = {}
    for name, values in table.items():
        ends = np.quantile(values.values, [(1 - level) / 2, 0.5, (1 + level) / 2])
        out[str(name)] = dict(zip(("low", "median", "high"), ends.tolist(), strict=True)) | {
            k: values.attrs[k] for k in ("prior", "range", "open") if k in values.attrs
        }
    return out


def report(table: xr.Dataset, level: float) -> str:
    """The quantiles as lines for a person, in the manner of the fit's report."""
    from vegard.prefixes import quantity

    told = quantiles(table, level)
    wide = max(map(len, told))
    lines = [f"Posterior, {table.sizes['draw']} draws: median and central {level:.0%}.", ""]
    for name, q in told.items():
        unit = table[name].attrs["units"].replace("of y", "")
        low, median, high = (quantity(q[k], unit) for k in ("low", "median", "high"))
        symbol = table[name].attrs["symbol"]
        lines.append(f"  {name:<{wide}}  {symbol} = {median}   {low} … {high}")
    lines.append("")
    for name, q in told.items():
        if q.get("open"):
            a, b = q["range"]
            lines.append(
                f"{name} has no limit at the {q['open']} end: the draws there are the prior, "
                f"{q['prior']} over {a:.3g} … {b:.3g}, and the quantiles depend on its range."
            )
    return "\n".join(lines).rstrip()


def files(table: xr.Dataset, numbers: dict[str, Any]) -> dict[str, Callable[[Path], None]]:
    """Draws as a table, and their picture."""
    return {"posterior.csv": partial(_csv, table, numbers), "posterior.png": partial(_png, table)}


def _csv(table: xr.Dataset, numbers: dict[str, Any], path: Path) -> None:
    head = {k: numbers[k] for k in ("schema", "vegard", "inputs_sha256")}
    head |= {"seed": table.attrs["seed"], "error of the integral": table.attrs["error"]}
    head["columns"] = ", ".join(f"{n} [{v.attrs['units']}]" for n, v in table.items())
    lines = [f"# {k}: {v}" for k, v in head.items()]
    lines.append(",".join(map(str, table)))
    rows = zip(*(v.values.tolist() for v in table.values()), strict=True)
    lines += [",".join(map(repr, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


def _png(table: xr.Dataset, path: Path) -> None:
    from matplotlib.figure import Figure

    from vegard import plot_posterior

    size = 1.2 + 2.0 * len(table)
    figure = Figure(figsize=(size, size))
    plot_posterior.draw(table, figure)
    figure.savefig(path, dpi=150, bbox_inches="tight")

"""The command lever: contact resonances of a cantilever, and what its photodiode reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from vegard import prefixes, terminal, units
from vegard.commands.shared import check, finish, flag, stamp
from vegard.errors import VegardError
from vegard.terminal import Force, Form, Format, MaybeFolder

if TYPE_CHECKING:
    from vegard.cantilever import Cantilever

_FILES = ("transfer.csv", "transfer.png", "transfer.svg")
_DENSE = 400  # frequencies across each resonance


class LeverFlags(TyperCommand):
    """Command that takes every field of a cantilever as a flag."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_as_sets(args)))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("The lever"):
            formatter.write_dl(list(_lever_help()))


def _lever_fields() -> dict[str, Any]:
    from dataclasses import fields

    from vegard.cantilever import Cantilever

    return {f"--{f.name.replace('_', '-')}": f for f in fields(Cantilever)}


def _as_sets(args: Sequence[str]) -> Iterator[str]:
    """``--quality 150`` as ``--field quality=150``."""
    known, rest = _lever_fields(), iter(args)
    for token in rest:
        name, equals, value = token.partition("=")
        if name in known:
            yield from ("--field", f"{name}={value if equals else next(rest, '')}")
        else:
            yield token


def _lever_help() -> Iterator[tuple[str, str]]:
    from dataclasses import MISSING

    for name, f in _lever_fields().items():
        needed = "  [required]" if f.default is MISSING else ""
        start = f"  [default: {f.default:g}]" if isinstance(f.default, float) else needed
        unit = "NUMBER" if f.metadata["unit"] == "–" else f"[{f.metadata['unit']}]"
        yield f"{name} {unit}", f"{f.metadata['doc'][0].upper()}{f.metadata['doc'][1:]}.{start}"


def lever(
    pairs: Annotated[list[str] | None, typer.Option("--field", hidden=True)] = None,
    contact_resonance: Annotated[
        str | None,
        flag('"330 kHz"', "A contact resonance that was measured, instead of the stiffness."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=50, help="How many resonances.")] = 3,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Contact resonances of a cantilever, and what they gain.

    Also their quality factors, and the places of the laser that do not see them. Quantities take
    their units: --stiffness "2.8 N/m" --free-resonance "75 kHz" --quality 150 --length "225 um"
    --contact-stiffness "500 N/m". With -o a figure and a table of what the photodiode reads per
    displacement of the surface, over frequency.
    """
    from dataclasses import asdict

    what = ("vegard lever", "cantilever")
    check(output, what, _FILES, force)
    beam = _lever(pairs or [], contact_resonance)
    if output is not None and not beam.contact_stiffness:
        raise VegardError("a free lever reads nothing of the surface: no figure; leave out -o.")
    f, q = beam.resonances(count), beam.quality_factors(count)
    gain = abs(beam.transfer(f))
    blind = [beam.blind_positions(n + 1).tolist() if gain[n] else [] for n in range(count)]
    data: dict[str, Any] = {
        **stamp({"lever": repr(beam), "count": count}),
        "lever": asdict(beam),
        "gain_at_rest": abs(beam.transfer(0.0)),
        "resonances_Hz": f,
        "quality_factors": q,
        "gains": gain,
        "blind_laser_positions": blind,
    }
    files = dict.fromkeys(_FILES, lambda path: _file(path, beam, data))
    finish(data, form, lambda: _print(beam, data), output, what, files)


def _lever(pairs: Sequence[str], resonance: str | None) -> Cantilever:
    from dataclasses import MISSING

    from vegard.cantilever import Cantilever

    known = _lever_fields()
    values: dict[str, float] = {}
    for name, _, text in (pair.partition("=") for pair in pairs):
        if name not in known or not text.strip():
            raise VegardError(f"{name} needs a value after it.")
        if known[name].name in values:
            raise VegardError(f"{name} is given twice.")
        f = known[name]
        values[f.name] = terminal.number(text, f.metadata["unit"], name)
    for name, f in known.items():
        if f.default is MISSING and f.name not in values:
            unit = "" if f.metadata["unit"] == "–" else f" [{f.metadata['unit']}]"
            raise VegardError(f"{name} is missing: the {f.metadata['doc']}{unit}.")
    if ("contact_stiffness" in values) == (resonance is not None):
        raise VegardError(
            "give either --contact-stiffness (0 is a free lever), as of vegard hertz, or "
            "--contact-resonance that you measured."
        )
    made = Cantilever(**values)
    if resonance is None:
        return made
    return made.tuned(terminal.number(resonance, "Hz", "--contact-resonance"))


def _print(beam: Cantilever, data: dict[str, Any]) -> None:
    spring = units.format(float(beam.contact_stiffness or 0.0), "N/m")
    typer.echo(
        f"lever of {units.format(beam.stiffness, 'N/m')}, {units.format(beam.free_resonance, 'Hz')}"
        f", contact stiffness {spring}; reads {data['gain_at_rest']:.4g} m per m at rest"
    )
    rows = [
        [str(n + 1), units.format(float(f), "Hz"), f"{q:.4g}", f"{g:.4g}",
         ", ".join(f"{x:.3f}" for x in blind) or "–"]
        for n, (f, q, g, blind) in enumerate(
            zip(data["resonances_Hz"], data["quality_factors"], data["gains"],
                data["blind_laser_positions"], strict=True)
        )
    ]  # fmt: skip
    terminal.table(["n", "contact resonance", "quality factor", "gain [m/m]",
                    "blind laser positions [L]"], rows)  # fmt: skip


def _file(path: Path, beam: Cantilever, data: dict[str, Any]) -> None:
    """What the photodiode reads over frequency, as numbers or as a figure."""
    import numpy as np

    f, q = data["resonances_Hz"], data["quality_factors"]
    near = f + np.sinh(np.linspace(-6, 6, _DENSE))[:, None] * f / (10 * q)
    points = np.concatenate([np.linspace(0, 1.1 * f[-1], 2001)[1:], near.ravel()])
    points = np.unique(points[(points > 0) & (points <= 1.1 * f[-1])])
    gain = beam.transfer(points)
    if path.suffix == ".csv":
        _csv(path, points, gain, data)
    else:
        _figure(path, points, abs(gain), data)


def _csv(path: Path, points: Any, gain: Any, data: dict[str, Any]) -> None:
    import numpy as np

    head = {k: data[k] for k in ("schema", "vegard", "inputs_sha256")} | {
        "content": "calibrated deflection per displacement of the surface",
        "convention": "exp(+iωt), phase in rad, SI units",
        "columns": "frequency [Hz], re [m/m], im [m/m], amplitude [m/m], phase [rad]",
    }
    table = np.stack([points, gain.real, gain.imag, abs(gain), np.angle(gain)], axis=1)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"# {key}: {value}\n" for key, value in head.items())
        stream.write("frequency,re,im,amplitude,phase\n")
        stream.writelines(",".join(map(repr, row)) + "\n" for row in table.tolist())


def _figure(path: Path, points: Any, gain: Any, data: dict[str, Any]) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from vegard.plot import GREY, OKABE_ITO

    f, g = data["resonances_Hz"], data["gains"]
    factor, unit = prefixes.scale(float(f[-1]), "Hz")
    figure = Figure(figsize=(6.4, 4.0))
    ax = figure.add_subplot()
    ax.semilogy(points * factor, gain, color=OKABE_ITO[0])
    ax.axhline(1.0, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    ax.set(xlabel=f"frequency f ({unit})", ylabel="|H|, deflection per displacement (m/m)")
    title = f"First contact resonance at {units.format(float(f[0]), 'Hz')}: gain {g[0]:.3g}"
    ax.set_title(title, loc="left", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    about = f"vegard {data['vegard']}; inputs_sha256 {data['inputs_sha256']}"
    png = path.suffix == ".png"
    meta = {"Software": about} if png else {"Creator": about, "Date": None}
    with mpl.rc_context({"svg.hashsalt": data["inputs_sha256"]}):
        figure.savefig(path, dpi=150, bbox_inches="tight", metadata=meta)

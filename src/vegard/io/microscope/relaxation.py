"""Steps of a relaxation: which are written, which are read, and when each was."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope.parsed import Parsed, Variable


class Steps(NamedTuple):
    """How a relaxation was measured: numbers of steps, and the time from one to the next [s]."""

    write: int
    read: int
    pause: float


def steps(settings: dict[str, Any]) -> Steps | None:
    """The steps that settings tell of; None if it is no relaxation."""
    words = f"{settings.get('data_type', '')} {settings.get('VS_mode', '')}".lower()
    write = settings.get("VS_num_meas_per_write_step")
    read = settings.get("VS_num_meas_per_read_step")
    if "relax" not in words or not _count(write) or not _count(read):
        return None
    duration, repeats = (settings.get(k) for k in ("BE_pulse_duration_[s]", "BE_repeats"))
    good = all(isinstance(v, int | float) and 0 < v < 1e9 for v in (duration, repeats))
    pause = float(duration) * float(repeats) if good else 0.0  # type: ignore[arg-type]
    return Steps(int(write), int(read), pause)  # type: ignore[arg-type]


def _count(value: Any) -> bool:
    return isinstance(value, int | float) and 1 <= value < 1e9 and value % 1 == 0


def split(path: object, out: Parsed, how: Steps, starts_with: str | None) -> None:
    """Turn the axis of steps into cycles × time, zero at the step of the bias.

    Parameters
    ----------
    path : object
        The file, for messages.
    out : Parsed
        Its variables have the axis "step".
    how : Steps
        Numbers of steps.
    starts_with : {"write", "read"}, optional
        What comes first in a cycle; it must be told, for files do not tell it reliably.
    """
    count = next(
        v.values.shape[v.dims.index("step")] for v in out.variables.values() if "step" in v.dims
    )
    each = how.write + how.read
    if starts_with is None:
        raise FileError(
            f"{path}: a relaxation of {how.write} write and {how.read} read steps, and files do "
            "not tell reliably which come first: give starts_with='write' or 'read'."
        )
    if count % each:
        raise FileError(
            f"{path}: {count} steps are no whole number of cycles of {how.write} write and "
            f"{how.read} read steps; it is cut off or damaged."
        )
    if not how.pause:
        raise FileError(
            f"{path} does not tell the time of a step (BE_pulse_duration_[s] and BE_repeats)."
        )
    first = starts_with == "write"
    number = np.arange(each) - (how.write if first else 0)
    written = number < 0 if first else number >= how.read
    cycles = count // each
    for store in (out.variables, out.coordinates):
        for name, v in store.items():
            if "step" in v.dims:
                i = v.dims.index("step")
                shape = (*v.values.shape[:i], cycles, each, *v.values.shape[i + 1 :])
                dims = (*v.dims[:i], "cycle", "time", *v.dims[i + 1 :])
                store[name] = v._replace(dims=dims, values=v.values.reshape(shape))
    bias = out.coordinates.get("bias")
    if bias is not None and bias.dims == ("cycle", "time"):
        _doubt(path, out, bias.values, written, starts_with)
    out.coordinates["time"] = Variable(
        ("time",), number * how.pause, "s", "step × duration × repeats"
    )
    out.coordinates["cycle"] = Variable(("cycle",), np.arange(cycles), "", "number of the cycle")
    out.coordinates["stage"] = Variable(
        ("time",), np.where(written, "write", "read"), "", "starts_with"
    )
    zero = "when the write steps end" if first else "when the read steps of a cycle begin"
    out.notes.append(f"t = 0 is {zero}; one step takes {how.pause:.6g} s.")


def _doubt(path: object, out: Parsed, bias: Any, written: Any, starts_with: str) -> None:
    """Warn if the bias of the file says the opposite."""
    write, read = np.abs(bias[:, written]).max(), np.abs(bias[:, ~written])
    if write < read.max() and np.abs(bias[:, written]).mean() < read.mean():
        out.warnings.append(
            f"{path}: with starts_with={starts_with!r} the bias is larger in the read steps than "
            "in the write steps; is it the other way round?"
        )

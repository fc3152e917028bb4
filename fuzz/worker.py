"""Opens one damaged file after the other in this process, under the limits of the child process.

Each job is a line of JSON on the standard input; each answer one on the standard output.
"""

from __future__ import annotations

import json
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

from vegard.errors import VegardError

PATIENCE = 10  # s for one file


class Hang(BaseException):
    """A file took too long."""


def past_header(form: str, path: Path) -> bool:
    """Whether what follows the header is looked at at all."""
    from vegard.io import texts
    from vegard.io.microscope import gwy, ibw, nanonis
    from vegard.io.microscope.binary import Bytes

    try:
        if form == "HDF5":
            import h5py

            h5py.File(path, "r", locking=False).close()
        elif form == "IBW":
            ibw.header(Bytes.of(path))
        elif form == "Gwyddion":
            return gwy.starts(Bytes.of(path))
        elif form == "Nanonis image":
            nanonis.sxm_header(Bytes.of(path))
        elif form == "Nanonis grid":
            nanonis.grid_header(Bytes.of(path))
        elif form == "Nanonis curve":
            return nanonis.is_curve(path) and bool(nanonis.curve_header(texts.read(path)))
        elif form == "experiment":
            import tomllib

            tomllib.loads(path.read_bytes().decode())
        elif path.suffix == ".json":
            json.loads(path.read_bytes())
        else:
            texts.sniff(path, texts.lines(path), None, None)
    except Exception:
        return False
    return True


def opened(form: str, path: Path, hints: dict[str, Any]) -> None:
    """Read a file as `vegard.read` does, but here."""
    if form == "experiment":
        from vegard import io

        io.read(path)
        return
    from vegard.io import measured

    measured.load(path, hints.pop("kind", None), hints)


def parsed_here(path: Path, what: str, asked: dict[str, Any]) -> Any:
    """Instead of the child process: what it does, here."""
    from io import BytesIO

    from vegard.io.microscope import exchange, formats

    parsed = formats.parse(path, what, asked)
    exchange.dump(parsed, BytesIO())
    return parsed


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """What became of one file."""
    path, form = Path(job["path"]), job["format"]
    out: dict[str, Any] = {"past": False, "end": "result"}
    try:
        if hasattr(signal, "alarm"):
            signal.alarm(PATIENCE)
        out["past"] = past_header(form, path)
        opened(form, path, dict(job["hints"]))
    except VegardError as error:
        out["end"] = "refused"
        if "\n" in str(error) or len(str(error)) > 2000:
            out |= {"end": "failed", "why": f"no sentence: {str(error)[:500]!r}"}
    except Hang:
        out["end"] = "hang"
    except MemoryError:
        out["end"] = "memory"
    except BaseException:
        out |= {"end": "failed", "why": traceback.format_exc()[-1500:]}
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)
    return out


def main() -> None:
    """Answer until the input ends."""
    from vegard.io.microscope import child

    child.limit(child.MEMORY, 10**6)
    child.opened = parsed_here
    warnings.simplefilter("ignore")

    def late(*_: object) -> None:
        raise Hang

    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, late)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

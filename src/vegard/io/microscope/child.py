"""Files are opened in a child process that may crash, hang or ask for memory in their stead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vegard.errors import FileError
from vegard.io.microscope.parsed import Parsed

MEMORY = 2 * 1024**3  # bytes of address space
SECONDS = 60
_START = "import sys, json; job = json.load(sys.stdin); sys.path[:] = job['modules']; "
_START += "from vegard.io.microscope.child import main; main(job)"
_QUIET = {  # one thread: each reserves address space; no plugins of HDF5 from anywhere
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "HDF5_PLUGIN_PRELOAD": "::",
}


def opened(path: Path, what: str, asked: dict[str, Any]) -> Parsed:
    """What a file holds, read by a child process with limits.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        Its format, one of `formats.PARSERS`.
    asked : dict
        Hints by name.

    Raises
    ------
    FileError
        If the file is refused, or the child crashes, takes more than `SECONDS`, or asks for more
        than `MEMORY`. Where the system knows no limit of memory (Windows, macOS) the time and the
        separation alone protect.
    """
    with TemporaryDirectory(prefix="vegard-") as folder:
        result = Path(folder, "result")
        root = str(Path(__file__).parents[3])
        job = {
            "path": os.fspath(path),
            "what": what,
            "asked": asked,
            "result": str(result),
            "memory": MEMORY,
            "seconds": SECONDS,
            "modules": [root, *(p for p in sys.path if p and p != root)],
        }
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _START],
                input=json.dumps(job).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_QUIET},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FileError(
                f"{path} could not be read within {SECONDS} s: it is damaged, or too large; save a "
                "part of it as a file of its own."
            ) from None
        except OSError as error:
            raise FileError(f"{path} cannot be opened in a child process: {error}.") from None
        if done.returncode != 0 or not result.is_file():
            raise FileError(
                f"{path} is damaged: reading it made the child process end with code "
                f"{done.returncode}. Copy it again from the instrument."
            )
        return _loaded(path, result)


def _loaded(path: Path, result: Path) -> Parsed:
    from vegard.io.microscope import exchange

    try:
        return exchange.load(result)
    except FileError:
        raise
    except (ValueError, KeyError, TypeError) as error:  # a child that the file has taken over
        raise FileError(
            f"{path} is damaged: its reader gave no sensible answer ({error})."
        ) from None


def limit(memory: int, seconds: int) -> None:
    """Limits of this process, as far as the system knows them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: memory,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (value, value))
        except (ValueError, OSError):  # macOS takes none for the address space
            continue


def main(job: dict[str, Any]) -> None:
    """The child: parse under limits, and write what was found or why not."""
    limit(job["memory"], job["seconds"])
    from vegard.io.microscope import exchange, formats

    result = Path(job["result"])
    path = Path(job["path"])
    try:
        parsed = formats.parse(path, job["what"], job["asked"])
        with result.open("wb") as stream:
            exchange.dump(parsed, stream)
        return
    except FileError as error:
        said = str(error)
    except MemoryError:
        said = (
            f"{path} asks for more than {job['memory'] / 2**30:.3g} GiB of memory: it is damaged, "
            "or too large; save a part of it as a file of its own."
        )
    except OSError as error:
        said = f"{path} cannot be read: {error.strerror or error}."
    result.write_bytes(json.dumps({"refused": said}).encode() + b"\n")

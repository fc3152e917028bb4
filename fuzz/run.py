"""Damaged files by the hundred thousand: each must give a result or one clear sentence.

Run it as ``python fuzz/run.py --count 100000 --seconds 1800``. Parsers run in a worker process
under the limits of the child process; what ends the worker, hangs it or exhausts its memory is read
again with `vegard.read`, whose child process must turn it into a `FileError`. So is a share of the
others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from mutate import mutated  # noqa: E402
from seeds import Seed, seeds  # noqa: E402

PATIENCE = 15  # s without an answer
APART = 10  # s that the child process has here, instead of 60


class Worker:
    """The process that reads, started anew when a file has ended it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """What became of a file."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "worker.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self.process.stdin
        assert self.process.stdout
        timer = Timer(PATIENCE, self.process.kill)  # a loop in C hears no signal
        timer.start()
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        late = not timer.is_alive()
        timer.cancel()
        if not line:
            self.close()
            return {"past": True, "end": "hang" if late else "crash"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@dataclass
class Tally:
    """What became of the files, by format."""

    ends: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: list[tuple[str, str, bytes]] = field(default_factory=list)
    enders: list[tuple[Seed, str, bytes]] = field(default_factory=list)

    def table(self) -> str:
        """Lines for people."""
        head = ("format", "files", "past header", "result", "refused", "crash", "hang", "memory",
                "read apart", "failed")  # fmt: skip
        rows = [head]
        total: Counter[str] = Counter()
        for name, found in sorted(self.ends.items()):
            total += found
            rows.append(_row(name, found))
        rows.append(_row("all", total))
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        return "\n".join(
            "  ".join(c.rjust(w) for c, w in zip(r, widths, strict=True)) for r in rows
        )

    def past(self) -> float:
        """Share of files that were looked at past the header."""
        total = sum((Counter(c) for c in self.ends.values()), Counter())
        return total["past"] / max(total["files"], 1)


def _row(name: str, found: Counter[str]) -> tuple[str, ...]:
    past = f"{100 * found['past'] / max(found['files'], 1):.0f} %"
    rest = ("result", "refused", "crash", "hang", "memory", "apart", "failed")
    return (name, str(found["files"]), past, *(str(found[key]) for key in rest))


def run(count: int, seconds: float, seed: int, share: float) -> Tally:
    """Damage and read files.

    Parameters
    ----------
    count : int
        Number of files.
    seconds : float
        When to stop, however many there were [s].
    seed : int
        Of the chance.
    share : float
        Part of the files that is also read with `vegard.read`, in a child process each.
    """
    random = Random(seed)
    every = seeds()
    forms = sorted({s.format for s in every})
    by_form = {f: [s for s in every if s.format == f] for f in forms}
    tally, worker, stop = Tally(), Worker(), time.monotonic() + seconds
    with TemporaryDirectory(prefix="fuzz-") as folder:
        for i in range(count):
            if time.monotonic() > stop:
                break
            form = forms[i % len(forms)]
            source = random.choice(by_form[form])
            raw = mutated(source.raw, [s.raw for s in by_form[form]], random)
            path = Path(folder, f"a{source.ending}")
            path.write_bytes(raw)
            _one(tally, worker, source, path, raw, apart=random.random() < share)
    worker.close()
    return tally


def _one(
    tally: Tally, worker: Worker, source: Seed, path: Path, raw: bytes, *, apart: bool
) -> None:
    """Read one file, and again in a child process where that is due."""
    found = tally.ends[source.format]
    got = worker.ask({"path": str(path), "format": source.format, "hints": source.hints})
    found["files"] += 1
    found["past"] += bool(got["past"])
    found[got["end"]] += 1
    if got["end"] in ("crash", "hang", "memory"):
        tally.enders.append((source, got["end"], raw))
    if got["end"] == "failed":
        tally.failures.append((source.format, got["why"], raw))
    elif source.format != "experiment" and (apart or got["end"] in ("crash", "hang", "memory")):
        found["apart"] += 1
        if why := read_apart(path, source.hints):
            found["failed"] += 1
            tally.failures.append((source.format, why, raw))
    elif got["end"] in ("crash", "hang", "memory"):
        found["failed"] += 1
        tally.failures.append((source.format, got["end"], raw))


def read_apart(path: Path, hints: dict[str, str]) -> str:
    """What is wrong with how `vegard.read` takes a file; empty if nothing is."""
    import traceback
    import warnings

    import vegard as vg
    from vegard.io.microscope import child

    child.SECONDS = APART
    start = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            vg.read(path, **hints)
    except vg.VegardError as error:
        if "\n" in str(error):
            return f"no sentence: {error}"
    except Exception:
        return traceback.format_exc()[-1500:]
    return "" if time.monotonic() - start < 2 * APART else "took too long"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=100_000, help="number of files")
    parser.add_argument("--seconds", type=float, default=1800, help="when to stop")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.002, help="part read in a child process")
    parser.add_argument("--keep", action="store_true", help="save files that end the worker")
    given = parser.parse_args()
    start = time.monotonic()
    tally = run(given.count, given.seconds, given.seed, given.share)
    print(tally.table())
    print(f"{100 * tally.past():.1f} % past the header, {time.monotonic() - start:.0f} s")
    for i, (form, why, raw) in enumerate(tally.failures[:50]):
        place = HERE / "found" / f"{given.seed}-{i}-{form.replace(' ', '_').lower()}"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(raw)
        print(f"\n{place.name}: {why}")
    if given.keep:
        for source, end, raw in tally.enders:
            name = f"{end}-{source.format.lower()}-{sha256(raw).hexdigest()[:12]}{source.ending}"
            (HERE / "corpus" / name).write_bytes(raw)
    return bool(tally.failures)


if __name__ == "__main__":
    sys.exit(main())

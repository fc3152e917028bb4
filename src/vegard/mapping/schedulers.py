"""Who does the work: threads of this process, processes, or a cluster of Dask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib import import_module
from threading import Lock
from typing import Any, NamedTuple

from vegard.errors import VegardError, unknown_name

NAMES = ("threads", "synchronous", "processes")
NEEDS = "{} needs dask and zarr: pip install 'vegard[maps]'."
_AHEAD = 2  # tasks that wait at each thread of a cluster, so that it does not wait for us

_LOCK = Lock()
_depth = 0
_limits: Any = None


class Pool(NamedTuple):
    """Where tasks go.

    Parameters
    ----------
    executor : Executor
        Takes them.
    width : int
        How many are worth having under way.
    client : distributed.Client, optional
        Of a cluster: tasks run in other processes.
    """

    executor: Executor
    width: int
    client: Any = None


class _Here(Executor):
    """Does each task at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS stays in the thread that calls it: sums have one order, and threads do not fight.

    The limit holds for the process, from the first that asks for it to the last that leaves.
    """
    global _depth, _limits
    from threadpoolctl import threadpool_limits

    with _LOCK:
        if _depth == 0:
            _limits = threadpool_limits(1, "blas")
        _depth += 1
    try:
        yield
    finally:
        with _LOCK:
            _depth -= 1
            if _depth == 0:
                _limits.restore_original_limits()


def cores() -> int:
    """Cores that this process may use."""
    known = getattr(os, "sched_getaffinity", None)  # Linux
    return len(known(0)) if known else os.cpu_count() or 1


@contextmanager
def opened(scheduler: Any) -> Iterator[Pool]:
    """Workers for the tasks of a map; what is started here is ended.

    Parameters
    ----------
    scheduler : str, distributed.Client or cluster of Dask
        "threads" of this process, "synchronous" (none), "processes" (one of one thread for each
        core; a script needs ``if __name__ == "__main__":`` then), the address of a scheduler,
        "tcp://…", a client, or a cluster.

    Raises
    ------
    VegardError
        If the scheduler is none of these, does not answer, or needs Dask, which is not installed.
    """
    if scheduler == "synchronous":
        yield Pool(_Here(), 1)
    elif scheduler == "threads":
        with ThreadPoolExecutor(cores(), "vegard") as executor:
            yield Pool(executor, cores())
    elif isinstance(scheduler, str) and scheduler != "processes" and "://" not in scheduler:
        raise unknown_name("scheduler", scheduler, (*NAMES, "tcp://…"))
    else:
        with ExitStack() as stack:
            client = _client(scheduler, stack)
            with client.get_executor(pure=False) as executor:
                yield Pool(executor, _AHEAD * max(sum(client.nthreads().values()), 1), client)


def _client(scheduler: Any, stack: ExitStack) -> Any:
    """A client of the scheduler; the stack closes what is ours."""
    try:
        dask, distributed = import_module("dask"), import_module("distributed")
    except ImportError:
        raise VegardError(NEEDS.format(f"scheduler={scheduler!r}")) from None
    # tasks carry the solver and, of arrays in memory, their curves: that is meant
    quiet = {"distributed.admin.large-graph-warning-threshold": "1 TiB"}
    stack.enter_context(dask.config.set(quiet))
    if isinstance(scheduler, distributed.Client):
        if scheduler.asynchronous:
            raise VegardError("scheduler is an asynchronous Client; give one that is not.")
        return scheduler
    if scheduler == "processes":
        scheduler = stack.enter_context(
            distributed.LocalCluster(
                n_workers=cores(), threads_per_worker=1, processes=True, dashboard_address=":0"
            )
        )
    elif not isinstance(scheduler, str | distributed.deploy.Cluster):
        raise VegardError(
            f"scheduler must be one of {', '.join(NAMES)}, an address, a Client or a cluster of "
            f"Dask; got {scheduler!r}."
        )
    try:
        return stack.enter_context(distributed.Client(scheduler, set_as_default=False))
    except OSError as error:
        raise VegardError(
            f"no scheduler of Dask answers at {scheduler}: {error or 'time is up'}. Start one, or "
            'give scheduler="threads".'
        ) from None

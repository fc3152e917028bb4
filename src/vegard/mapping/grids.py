"""How a map is cut into chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil, prod
from typing import Any

from vegard.errors import VegardError

Index = tuple[int, ...]
Slices = tuple[slice, ...]

_BYTES = 2**21  # of curves in a chunk: small enough for a cache, large enough for BLAS
_MOST = 2**27  # of a chunk that follows the chunks of the data: those of Dask


def choose(
    shape: Sequence[int], chunks: Any, blocks: Sequence[int] | None, row: int
) -> tuple[int, ...]:
    """Sizes of a chunk along the axes of a map.

    No chunk has a single pixel, unless the map has no more: BLAS multiplies one row by another
    routine (gemv) than several (gemm), which sums in another order and rounds differently. Where
    the last chunk would be that pixel, chunks are made larger along one axis.

    Parameters
    ----------
    shape : sequence of int
        Shape of the map.
    chunks : int, sequence of int or None
        Pixels altogether or along each axis; 2 MiB of curves if left out.
    blocks : sequence of int or None
        Sizes of the chunks in which the data lie. Chunks are made of whole ones where these are not
        larger than asked for, or than 128 MiB.
    row : int
        Bytes of a curve.

    Raises
    ------
    VegardError
        If ``chunks`` are no whole numbers above 0, one or one for each axis.

    Examples
    --------
    >>> choose((1024, 1024), None, None, 128 * 8)
    (2, 1024)
    >>> choose((1024, 1024), None, (64, 64), 128 * 8), choose((9,), (4,), None, 8)
    ((64, 64), (5,))
    """
    if chunks is None:
        most = max(_MOST // row, 1)
        if blocks is not None and prod(blocks) > most:
            sizes = _filled(shape, None, most)
        else:
            sizes = _filled(shape, blocks, max(_BYTES // row, 1))
    else:
        given = chunks if isinstance(chunks, tuple | list) else (chunks,)
        whole = all(isinstance(c, int) and not isinstance(c, bool) and c > 0 for c in given)
        if not whole or (given is chunks and len(given) != len(shape)):
            raise VegardError(
                "chunks must be a number of pixels, or one for each axis of the map of shape "
                f"{tuple(shape)}; got {chunks!r}."
            )
        if given is chunks:
            sizes = [min(c, n) for c, n in zip(given, shape, strict=True)]
        else:
            fits = blocks is not None and prod(blocks) <= chunks
            sizes = _filled(shape, blocks if fits else None, chunks)
    return _without_single(shape, sizes)


def _filled(shape: Sequence[int], blocks: Sequence[int] | None, pixels: int) -> list[int]:
    """Whole blocks up to a number of pixels: the last axis first, in parts of like size."""
    units = [min(b, n) for b, n in zip(blocks or [1] * len(shape), shape, strict=True)]
    sizes = list(units)
    for i in reversed(range(len(shape))):
        count = ceil(shape[i] / units[i])
        most = min(max(pixels // prod(sizes), 1), count)
        sizes[i] = min(units[i] * ceil(count / ceil(count / most)), shape[i])
    return sizes


def _without_single(shape: Sequence[int], sizes: list[int]) -> tuple[int, ...]:
    last = [(n - 1) % c + 1 for n, c in zip(shape, sizes, strict=True)]
    if prod(last) == 1 < prod(shape):
        i = max(i for i, n in enumerate(shape) if n > 1)
        while (shape[i] - 1) % sizes[i] == 0:  # ends at the latest when the axis is one chunk
            sizes[i] += 1
    return tuple(sizes)


def counts(shape: Sequence[int], chunks: Sequence[int]) -> tuple[int, ...]:
    """How many chunks lie along each axis."""
    return tuple(ceil(n / c) for n, c in zip(shape, chunks, strict=True))


def cut(shape: Sequence[int], chunks: Sequence[int]) -> Iterator[tuple[Index, Slices]]:
    """Number of each chunk along the axes, and where it lies."""
    for index in product(*map(range, counts(shape, chunks))):
        yield (
            index,
            tuple(
                slice(i * c, min((i + 1) * c, n))
                for i, c, n in zip(index, chunks, shape, strict=True)
            ),
        )

"""Damage as it happens and as people do it: bits, lengths, cuts, repeats, pieces of other files."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from random import Random

_NUMBERS = (0, 1, 2, 3, 5, 16, 255, 256, 32767, 65535, 2**20, 2**31 - 1, 2**31, 2**32 - 1, -1, -2)
_WORDS = (b"nan", b"1e999", b"-1", b"0", b"\n", b"\t", b";", b",", b'"', b"\0", b"\xff", b"[", b"]",
          b"=", b"9" * 30, b"inf", b"{", b"\xc2\xb5")  # fmt: skip
_HEAD = 64  # bytes that say what the file is; most mutations leave them alone


def mutated(raw: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """A damaged copy.

    Parameters
    ----------
    raw : bytes
        A sound file.
    others : sequence of bytes
        Files of the same format, for pieces.
    random : Random
        Where chance comes from.
    """
    out = bytearray(raw)
    spare = min(_HEAD, len(out) // 4) if random.random() < 0.8 else 0
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        if len(out) <= spare + 1:
            break
        at = random.randrange(spare, len(out))
        random.choice(_WAYS)(out, at, others, random)
    return bytes(out)


def _bit(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    out[at] ^= 1 << random.randrange(8)


def _byte(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    out[at] = random.randrange(256)


def _number(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    size = random.choice((1, 2, 4, 4, 8))
    value = random.choice(_NUMBERS) % 2 ** (8 * size)
    out[at : at + size] = value.to_bytes(size, random.choice(("little", "big")))


def _double(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    value = random.choice((float("nan"), float("inf"), -1.0, 0.0, 1e300, 5e-324))
    out[at : at + 8] = struct.pack(random.choice(("<d", ">d")), value)


def _word(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    word = random.choice(_WORDS)
    end = at + random.choice((0, len(word)))
    out[at:end] = word


def _cut(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    if random.random() < 0.3:
        del out[at:]
    else:
        del out[at : at + random.randrange(1, 40)]


def _again(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    piece = out[at : at + random.randrange(1, 200)]
    out[at:at] = piece * random.choice((1, 1, 2, 20))


def _piece(out: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    other = random.choice(others)
    start = random.randrange(len(other))
    piece = other[start : start + random.randrange(1, 200)]
    out[at : at + random.choice((0, len(piece)))] = piece


_WAYS = (_bit, _bit, _byte, _byte, _number, _number, _number, _double, _word, _cut, _again, _piece)

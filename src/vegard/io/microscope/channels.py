"""Channels of an Asylum microscope: their names, units and settings."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from vegard.io.microscope.parsed import printable, slug

_DIRECTION = re.compile(r"(?i)^(.+?)[\s_]*(re)?trace(mod\d+)?")
_UNITS = (  # by name, without direction: converters write guesses into the files
    (r"(?<!in)phas", "deg"),
    (r"freq", "Hz"),
    (r"volt|[^a-z]v$|^defl\w*v$|^amp\w*v$|bias|potential|lateral|^user|^drive", "V"),
    (r"curr", "A"),
    (r"q(uality)?( ?factor)?\d?$|loss ?tan", "–"),
    (r"modulus|young", "Pa"),
    (r"force|adhesion", "N"),
    (r"^time$", "s"),
    (r"^(nap)?_?(height|[xyz] ?s(ensor|nsr)|[xyz]?lvdt|raw|defl|amp|topo|sep|ind|z$)", "m"),
)


class Channel(NamedTuple):
    """A channel: its name and which way the tip went."""

    name: str
    direction: str  # "trace", "retrace" or empty


def cleaned(label: bytes) -> Channel:
    """A channel from its label, which may carry stale bytes.

    Examples
    --------
    >>> cleaned(b"Phase1Retrace" + bytes(1) + b"ce"), cleaned(b"Phase1Retracece")
    (Channel(name='Phase1', direction='retrace'), Channel(name='Phase1', direction='retrace'))
    """
    text = printable(label.split(b"\0")[0].decode("latin-1"))
    found = _DIRECTION.match(text)
    if found is None:
        return Channel(text, "")
    return Channel(found[1].strip() + (found[3] or ""), "retrace" if found[2] else "trace")


def unit(name: str, settings: dict[str, Any]) -> str:
    """Unit of a channel by its name; of channels that users define, by the note.

    Examples
    --------
    >>> [unit(n, {}) for n in ("Height", "ZSnsr", "Amp1", "Phase2", "Frequency", "DeflV", "Foo")]
    ['m', 'm', 'm', 'deg', 'Hz', 'V', '']
    """
    if name.lower().startswith(("user", "backpack")) and (said := settings.get(f"{name}Unit")):
        return {"°": "deg"}.get(str(said), str(said))
    plain = name.lower().replace("_", " ")
    return next((u for pattern, u in _UNITS if re.search(pattern, plain)), "")


def names(channels: list[Channel]) -> list[str]:
    """Names of variables: with the direction only where both are there."""
    plain = [slug(c.name) for c in channels]
    both = {
        n
        for n in plain
        if len({c.direction for c, p in zip(channels, plain, strict=True) if p == n}) > 1
    }
    return [
        (f"{n}_{c.direction}" if n in both and c.direction else n) or f"channel_{i}"
        for i, (c, n) in enumerate(zip(channels, plain, strict=True), 1)
    ]


def note(text: str) -> dict[str, str]:
    """Keys and values of a wave's note; of keys that repeat, the last wins."""
    out: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", text):
        key, colon, value = line.partition(":")
        if colon and key.strip() and len(key) < 100:
            out[printable(key)] = printable(value)
    return out

"""What a textbook analysis says of the diffusivity, and under which assumption."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

from vegard.prefixes import quantity

Range = tuple[float, float]

_PLAUSIBLE = (1e-22, 1e-8)  # m²/s
_IN_HERTZ = ("warburg", "circuit", "diffusion_model", "amplitude")
_NOISE = {
    "cottrell": "A", "long_time": "A", "kinetics": "A",
    "weppner_huggins": "V", "sqrt_t": "V", "full_model": "V",
}  # fmt: skip
UNITS = {
    "rate": "m/s", "biot": "–", "charge": "C", "decay": "1/s", "resistance": "Ω", "warburg": "Ω/√s",
    "series_resistance": "Ω", "charge_transfer_resistance": "Ω", "double_layer": "F",
    "stiffness": "Ω m/s", "delta_s": "V", "delta_tau": "V", "points": "–",
    "step_level": "A",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A diffusivity as one method of analysis has it.

    Parameters
    ----------
    method : str
        Name of the method.
    diffusivity : float
        D [m²/s].
    sigma : float
        Its standard error [m²/s] from the scatter of the data alone, not from what the method
        neglects; inf where the data do not bound D.
    interval : (float, float)
        95 % interval [m²/s] from the same scatter; 0 or inf where an end is open.
    valid_range : (float, float)
        Times [s] or frequencies [Hz] of the data that were used, all within the range of the
        formula.
    assumption : str
        What the method takes for granted.
    more : dict
        What was found beside D: ``rate`` κ [m/s], resistances [Ω], ``points``, ...; ``NAME_sigma``
        is a standard error, ``NAME_interval`` a 95 % interval.

    Examples
    --------
    >>> e = Estimate("sqrt_t", 1.0e-13, 2e-15, (0.96e-13, 1.04e-13), (1e-3, 0.06), "…")
    >>> print(e.report().splitlines()[0])
    sqrt_t: D = 1e-13 m²/s ± 2e-15 (1σ), 95 %: 9.6e-14 to 1.04e-13 m²/s
    """

    method: str
    diffusivity: float
    sigma: float
    interval: Range
    valid_range: Range
    assumption: str
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Sentences about what is implausible for a solid; empty for most results."""
        low, high = self.interval
        if high >= _PLAUSIBLE[0] and low <= _PLAUSIBLE[1]:
            return ()
        side = "above 1e-8" if low > _PLAUSIBLE[1] else "below 1e-22"
        return (
            f"D = {self.diffusivity:.3g} m²/s is {side} m²/s; solids lie near 1e-20..1e-9. Check "
            "the units: a current in mA for A changes D by 1e6 where D goes with I², an area in "
            "cm² for m² by 1e8, a length in µm for m by 1e12 where D goes with L².",
        )

    @property
    def unit(self) -> str:
        """Unit of ``valid_range``: s or Hz."""
        return "Hz" if self.method in _IN_HERTZ else "s"

    def report(self) -> str:
        """A few lines that a person can read."""
        lines = [f"{self.method}: {self._value()}"]
        low, high = (quantity(x, self.unit) for x in self.valid_range)
        lines.append(f"used: {low} to {high}")
        lines.append(f"assumes: {self.assumption}")
        for name, value in self.more.items():
            if isinstance(value, str):
                lines.append(f"{name.replace('_', ' ')}: {value}")
            elif isinstance(value, float | int):
                plain = name.removesuffix("_sigma")
                unit = _NOISE.get(self.method, "–") if plain == "noise" else UNITS.get(plain, "")
                lines.append(f"{name.replace('_', ' ')}: {quantity(value, unit, 4)}")
        return "\n".join([*lines, *(f"note: {d}" for d in self.doubts)])

    def _value(self) -> str:
        """D with its interval; a bound where one end is open."""
        low, high = self.interval
        if low == 0 and high == inf:
            return "the data do not determine D"
        if high == inf:
            return f"D > {low:.3g} m²/s (95 %), no upper bound"
        if low == 0:
            return f"D < {high:.3g} m²/s (95 %), no lower bound"
        spread = f" ± {self.sigma:.2g} (1σ)" if isfinite(self.sigma) else ""
        return f"D = {self.diffusivity:.4g} m²/s{spread}, 95 %: {low:.3g} to {high:.3g} m²/s"

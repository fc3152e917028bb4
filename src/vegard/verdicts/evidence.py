"""One piece of evidence: a number, what it is held against, and how far it tells."""

from __future__ import annotations

from dataclasses import dataclass, field

DECISIVE = 4.5  # ln of a likelihood ratio: 3²/2, what 3σ of a normal error gives
LEANING = 2.0  # 2²/2


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence for or against diffusion.

    Parameters
    ----------
    name : {"size", "spectrum", "harmonics", "dc bias", "temperature", "null material"}
        What was looked at.
    value, sigma : float
        The number found and its standard error, in ``unit``; sigma is None if it has none.
    unit : str
        Unit of both and of the limit.
    quantity : str
        What the value is.
    limit : float or None
        What it is held against: the largest diffusive displacement [m], the slope of the best law,
        what V² asks for.
    weight : float
        ln of the likelihood of the readings if diffusion makes the signal, over that if something
        else does.
    words : str
        The same for a person.
    numbers : dict
        Other numbers, units in their names.

    Examples
    --------
    >>> e = Evidence("size", 4e-10, None, "m", "displacement", 1e-12, -18.0, "Too large.")
    >>> e.says, e.excludes
    ('against', True)
    """

    name: str
    value: float
    sigma: float | None
    unit: str
    quantity: str
    limit: float | None
    weight: float
    words: str
    numbers: dict[str, float] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """Either "for" (3σ or more), "against" (2σ or more) or "neutral"."""
        if self.weight >= DECISIVE:
            return "for"
        return "against" if self.weight <= -LEANING else "neutral"

    @property
    def excludes(self) -> bool:
        """Whether it excludes diffusion by itself, at 3σ or more."""
        return self.weight <= -DECISIVE

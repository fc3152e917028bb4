"""The result of a comparison of models."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Any, NamedTuple

import numpy as np

from vegard.fitting.result import Fit

CRITERIA = ("aicc", "evidence")
APART = 20.0  # times that a model is likelier than one that is told apart from it
_WRONG = 1e-3  # probability of a χ² as large, below which a model is not the sample
_ALIKE = 4.0  # correlation of neighbours, in its standard deviations, of residuals with a shape
WORDS = {
    "half_space": "half-space",
    "film": "film",
    "contact": "contact",
    "kinetics": "kinetics",
    "contact_kinetics": "contact with kinetics",
    "exponential": "exponential",
    "stretched_exponential": "stretched exponential",
}


class Candidate(NamedTuple):
    """One model and what a criterion makes of it."""

    model: str
    fit: Fit
    parameters: int
    """k, an unknown σ of each curve among them."""
    numbers: int
    deviance: float
    """−2 ln L, up to a constant of the data: χ² where σ is known."""
    aicc: float
    evidence: float | None
    """ln Z up to a constant of the data, if that was the criterion."""
    ranges: dict[str, tuple[float, float]]
    """Of the priors that the evidence depends on [SI units]."""
    weight: float = 0.0
    """Probability among the models compared [–]."""

    @property
    def score(self) -> float:
        """−2 ln of the weight, up to a constant."""
        return self.aicc if self.evidence is None else -2 * self.evidence


@dataclass(frozen=True, slots=True, eq=False)
class ModelChoice:
    """What data say of several models.

    Parameters
    ----------
    rows : tuple of Candidate
        The models, the likeliest first.
    candidates : tuple of str
        Those that are within a factor of 20 of the likeliest: the data do not tell them apart.
    alike : tuple of (str, str)
        Pairs of candidates whose curves differ by less than the noise altogether, Σ(Δ/σ)² < 1.
    sound : bool
        Whether the likeliest model tells the data: χ² is no surprise, residuals are not alike.
    criterion : {"aicc", "evidence"}
    inputs : dict
    """

    rows: tuple[Candidate, ...]
    candidates: tuple[str, ...]
    alike: tuple[tuple[str, str], ...]
    sound: bool
    criterion: str
    inputs: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, found: list[Candidate], criterion: str, inputs: dict[str, Any]) -> ModelChoice:
        """Weights, and who cannot be told from whom."""
        least = min(c.score for c in found)
        sizes = [exp(-(c.score - least) / 2) for c in found]
        rows = [c._replace(weight=s / sum(sizes)) for c, s in zip(found, sizes, strict=True)]
        rows.sort(key=lambda c: -c.weight)
        near = [c for c in rows if c.weight * APART >= rows[0].weight]
        alike = [
            (a.model, b.model)
            for i, a in enumerate(near) for b in near[i + 1 :] if _distance(a.fit, b.fit) < 1
        ]  # fmt: skip
        names = tuple(c.model for c in near)
        return cls(tuple(rows), names, tuple(alike), _sound(rows[0].fit), criterion, inputs)

    @property
    def best(self) -> str | None:
        """The model that the data speak for; None where they do not tell some apart."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def fits(self) -> dict[str, Fit]:
        """The fit of each model."""
        return {c.model: c.fit for c in self.rows}

    @property
    def table(self) -> Any:
        """The rows as a pandas.DataFrame.

        Columns model, parameters, deviance (−2 ln L), aicc, delta (of the score to the best),
        ln_evidence (if asked for), weight [–], and the value of each parameter [SI units].
        """
        import pandas as pd

        best = self.rows[0].score
        return pd.DataFrame(
            {"model": c.model, "parameters": c.parameters, "deviance": c.deviance, "aicc": c.aicc}
            | ({} if c.evidence is None else {"ln_evidence": c.evidence})
            | {"delta": c.score - best, "weight": c.weight, **c.fit.values}
            for c in self.rows
        )

    @property
    def sentence(self) -> str:
        """What the data say, for a person."""
        known = [WORDS[n] for n in self.candidates]
        rest = self.rows[len(known) :]
        after = f"{WORDS[rest[0].model]} is {self._times(rest[0])} less likely" if rest else ""
        if len(known) > 1:
            words = f"{', '.join(known[:-1])} and {known[-1]} cannot be told apart by these data"
            words += f"; {after}." if rest else "."
        else:
            words = f"the data speak for the {known[0]}; the next, {after}."
        for a, b in self.alike:
            words += f" The curves of {WORDS[a]} and {WORDS[b]} differ by less than the noise."
        if not self.sound:
            words += f" But {known[0]} does not tell the data: the scatter about it is no noise."
        return words[0].upper() + words[1:]

    def _times(self, other: Candidate) -> str:
        """How many times less likely another model is than the best."""
        power = (other.score - self.rows[0].score) / 2 / np.log(10)
        return f"{float(f'{10**power:.2g}'):g} times" if power < 4 else f"10^{power:.0f} times"

    def plot(self, ax: Any = None) -> Any:
        """Draw how much less likely each model is than the best; returns the matplotlib Axes."""
        from vegard import plot_models

        return plot_models.draw(self, ax)

    def report(self) -> str:
        """Table and sentence, for a person."""
        names = [WORDS[c.model] for c in self.rows]
        wide = max(map(len, names))
        said = "AICc" if self.criterion == "aicc" else "ln Z"
        lines = [f"Models of {self.rows[0].numbers} numbers, by {said}.", ""]
        lines.append(f"  {'':<{wide}}   k  −2 ln L  {'Δ' + said:>9}    weight")
        for name, c in zip(names, self.rows, strict=True):
            delta = c.score - self.rows[0].score
            if c.evidence is not None:
                delta /= -2
            numbers = f"{c.parameters:2d}  {c.deviance:7.5g}  {delta + 0.0:9.3g}  {c.weight:8.2g}"
            lines.append(f"  {name:<{wide}}  {numbers}")
        lines += ["", self.sentence]
        for c in self.rows:
            if c.ranges:
                said = ", ".join(f"{n} {a:.2g} … {b:.2g}" for n, (a, b) in c.ranges.items())
                lines.append(f"Prior of the {WORDS[c.model]}: flat in ln of {said}.")
        return "\n".join(lines)


def _distance(a: Fit, b: Fit) -> float:
    """Σ(Δ/σ)² of two curves, σ by the scatter about the better fit where it is unknown."""
    p, curves = a._problem, []
    for f in (a, b):
        fixed, table = f._problem.columns(f._found.theta)
        curves.append(fixed + table @ f._found.point.linear)
    total = 0.0
    for block, known in zip(p.blocks, p.known, strict=True):
        rest = p.y[block] - curves[0][block]
        sigma = p.sigma[block] if known else np.sqrt(np.mean(rest**2)) or 1.0
        total += float((((curves[0] - curves[1])[block] / sigma) ** 2).sum())
    return total


def _sound(best: Fit) -> bool:
    """Whether the scatter about a fit looks like noise."""
    from scipy.special import chdtrc

    d = best.diagnostics
    fits = d["chi2_reduced"] is None or chdtrc(d["degrees"], d["chi2"]) > _WRONG
    return bool(fits and abs(d["correlation_z"]) < _ALIKE)

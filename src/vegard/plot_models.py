"""The picture of a comparison of models: how much less likely each is than the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vegard.fitting.chosen import APART, WORDS
from vegard.plot import OKABE_ITO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.fitting import ModelChoice

_FAR = 1e6  # times less likely; what is farther stands at the edge, with an arrow


def draw(choice: ModelChoice, ax: Axes | None = None) -> Axes:
    """Draw the models over how many times less likely they are than the best.

    Parameters
    ----------
    choice : ModelChoice
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.

    Returns
    -------
    matplotlib.axes.Axes
        Shaded: models that the data do not tell apart.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.4, 1.4 + 0.4 * len(choice.rows))).add_subplot()
    best = choice.rows[0].score
    ax.axvspan(1 / 3, APART, color="0.93", zorder=0)
    ax.annotate("not told apart", (APART, 0), xytext=(-4, 3), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="right", fontsize=8, color="0.4")  # fmt: skip
    for y, c in enumerate(choice.rows):
        decades = (c.score - best) / 2 / np.log(10)
        near = c.model in choice.candidates
        far = decades > np.log10(_FAR)
        x = _FAR if far else 10**decades
        colour = OKABE_ITO[0] if near else OKABE_ITO[1]
        ax.plot([1, x], [y, y], color=colour, linewidth=1.5)
        ax.plot(x, y, ">" if far else "o", color=colour)
        power = rf"$10^{{{decades:.0f}}}$"
        words = power if decades >= 4 else f"{float(f'{10**decades:.2g}'):g}"
        ax.annotate(words, (x, y), xytext=(0, 5), textcoords="offset points", fontsize=8,
                    ha="center", va="bottom")  # fmt: skip
    ax.set_yticks(range(len(choice.rows)), [WORDS[c.model] for c in choice.rows], fontsize=9)
    ax.set_ylim(len(choice.rows) - 0.5, -0.7)
    ax.set(xscale="log", xlim=(1 / 3, _FAR * 3), xlabel="times less likely than the best (–)")
    ax.set_title(_title(choice), loc="left", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="x", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def _title(choice: ModelChoice) -> str:
    if not choice.sound:
        return "None of the models tells the data"
    if choice.best is not None:
        return f"The data speak for: {WORDS[choice.best]}"
    return f"Not told apart: {', '.join(WORDS[n] for n in choice.candidates)}"

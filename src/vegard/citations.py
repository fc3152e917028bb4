"""What to cite: exactly what a result rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PAPER = (
    "Response: A. N. Morozovska, E. A. Eliseev, N. Balke, S. V. Kalinin, J. Appl. Phys. 108, "
    "053712 (2010), arXiv:1004.0507."
)
CONTOUR = (
    "Time domain (hyperbolic contours): J. A. C. Weideman, L. N. Trefethen, Math. Comp. 76, 1341 "
    "(2007)."
)

INTERFACES = {
    "BlockingTip": "Blocking tip: A. N. Morozovska, E. A. Eliseev, S. V. Kalinin, J. Appl. Phys. "
    "111, 014114 (2012), arXiv:1112.3768.",
}
LEVER = "Lever: U. Rabe, K. Janser, W. Arnold, Rev. Sci. Instrum. 67, 3281 (1996)."
PARASITICS = {
    "Electrostatic": "Force on the tip: S. Hudlet et al., Eur. Phys. J. B 2, 5 (1998).",
    "Electrostriction": "Electrostriction: E. A. Eliseev et al., Appl. Phys. Lett. 104, 232901 "
    "(2014), arXiv:1403.1225.",
}
MICRODISC = "Microdisc: D. Shoup, A. Szabo, J. Electroanal. Chem. 140, 237 (1982)."
ELEMENTS = "Finite elements (NGSolve): J. Schöberl, Comput. Visual. Sci. 1, 41 (1997)."

_TIME = {"step_response", "time_response"}


def citations(inputs: dict[str, Any]) -> list[str]:
    """What to cite for a result.

    Parameters
    ----------
    inputs : dict
        ``Response.inputs``: the verb and the experiment, or ``{"sum": (inputs, inputs)}``.

    Returns
    -------
    list of str
        vegard itself, the response's paper, the contours for results in time, and the source of
        each material's numbers; each once. Empty for something that vegard did not compute.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> len(citations({"verb": "frequency_response", "experiment": e}))  # [s] needs one more
    2
    >>> citations({"verb": "step_response", "experiment": e})[2]
    'Time domain (hyperbolic contours): J. A. C. Weideman, L. N. Trefethen, Math. Comp. 76, ...'
    """
    return list(dict.fromkeys(_all(inputs)))


def software() -> str:
    """How to cite vegard itself, with its version."""
    from vegard import __version__

    return f"Software: The vegard developers, vegard {__version__}, BSD-3-Clause."


METHODS = {
    "eis": "C. Ho, I. D. Raistrick, R. A. Huggins, J. Electrochem. Soc. 127, 343 (1980)",
    "pitt": "C. J. Wen, B. A. Boukamp, R. A. Huggins, W. Weppner, J. Electrochem. Soc. 126, 2258 "
    "(1979)",
    "gitt": "W. Weppner, R. A. Huggins, J. Electrochem. Soc. 124, 1569 (1977)",
}


def _all(inputs: dict[str, Any]) -> Iterator[str]:
    if "sum" in inputs:
        for part in inputs["sum"]:
            yield from _all(part)
        return
    if (method := METHODS.get(inputs.get("verb", ""))) is not None:
        yield software()
        yield method
        if (source := getattr(inputs.get("cell"), "material", None)) is not None and source.source:
            yield source.source
        return
    experiment = inputs.get("experiment")
    parasitic = inputs.get("parasitic")
    if experiment is None and parasitic is None:
        return
    yield software()
    if "cantilever" in inputs:
        yield LEVER
    for term in (parasitic, *(experiment.also if experiment is not None else ())):
        if (kind := type(term).__name__) in PARASITICS:
            yield PARASITICS[kind]
    if experiment is None:
        return
    yield PAPER
    if (kind := type(experiment.interface).__name__) in INTERFACES:
        yield INTERFACES[kind]
    if inputs.get("verb") in _TIME or inputs.get("step"):
        yield CONTOUR
    if inputs.get("step"):
        yield MICRODISC
    if inputs.get("verb") == "fem.solve":
        yield ELEMENTS
    material = experiment.material
    if material.source:
        name = f" ({material.name})" if material.name else ""
        yield f"Material{name}: {material.source}"

r"""Point spread of the diffusivity and of the exchange rate.

To first order a relative change of D has :math:`h = -\int D\,\nabla C\cdot\nabla C^\dagger dz`,
one of κ :math:`h = \kappa(c - C)\,C^\dagger` at the surface where ions are exchanged; the adjoint
field :math:`C^\dagger` is that of `vegard.adjoint`, and under a contact also what its flux makes
(`vegard.contacts.Contact.dual`). tests/test_point_spread.py, tests/fem/test_inclusions.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import depth, hankel
from vegard.adjoint import adjoint
from vegard.contacts import Contact
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.interfaces import Source
from vegard.point_spread import Kernel, Nodes, Part, nodes, onset, point, row, sources, uplift
from vegard.spectra import Footprint
from vegard.transfer import waves

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_LIMIT = 1e13  # wavenumber [1/R] to which a load that does not oscillate is carried


def transport_kernels(
    experiment: Experiment, s: Complex, names: Sequence[str], at: Nodes | None = None
) -> dict[str, Kernel]:
    """Kernels of relative changes of D and of κ per unit amplitude, to first order.

    Parameters
    ----------
    experiment : Experiment
        Neutral diffusion with exchange on the whole surface, or under a contact.
    s : ndarray, shape (m,)
        Laplace variables [1/s].
    names : sequence of {"diffusivity", "rate"}
    at : Nodes, optional
        Meshes for a wider range of s.

    Raises
    ------
    VegardError
        For a blocking tip, elastic layers whose strain is felt from the back, a rate that is not
        there, or a contact far wider than the diffusion length.
    """
    e, m = experiment, experiment.material
    contact = isinstance(e.interface, Contact)
    rate = 0.0 if contact else _exchange(e, names)
    own = getattr(e.interface, "rate", inf)
    if "rate" in names and not 0 < own < inf:
        raise VegardError(
            "a map of the rate needs an interface that has one: LinearKinetics(rate) or "
            "Contact(rate), rate finite."
        )
    at = at or nodes(e, s)
    k, flat = point(e, s, at, 0)
    terms = uplift(e, k)
    if any(term.from_back for term in terms):
        raise VegardError(
            "the image of a variation of transport is known for one elastic material "
            f"(elastic=None), not for {type(e.elastic).__name__}; use a pixel-wise image."
        )
    orders = (0, 1) if "diffusivity" in names else (0,)
    first = point(e, s, at, 1)[1] if "diffusivity" in names else flat
    out = {name: np.empty((s.size, at.mesh.rho.size), complex) for name in names}
    met = dict(_met(e, s, at, orders)) if contact else {}
    source, reader = at.to_mesh
    for i, parts in sources(e, s, at, orders):
        here = s[i : i + 1, None]
        admittance, profile = e.geometry.transport(e.interface.wavenumber(k, here, m), m)
        a = adjoint(row(profile), k, terms, at.depth, admittance[0], rate, m.diffusivity_normal)
        dual = met.get(i, [])
        if "diffusivity" in names:
            across = source @ _sum(part.outward(at.depth) for part in parts)
            down = source @ _sum(part.slope(at.depth) for part in parts)
            turned = reader @ -(first @ (k[:, None] * a.values))
            sunk = reader @ (flat @ a.slope)
            if dual:
                turned = turned + source @ _sum(part.outward(at.depth) for part in dual)
                sunk = sunk + source @ _sum(part.slope(at.depth) for part in dual)
            product = m.diffusivity_in_plane * across * turned + m.diffusivity_normal * down * sunk
            out["diffusivity"][i] = -(product @ at.weight)
        if "rate" in names:
            seen = reader @ (flat @ a.surface)
            if dual:
                seen = seen + source @ _sum(part.weights[0] @ part.surface for part in dual)
            # c S - C at the surface, without the difference where it is known
            left = source @ _sum(
                part.weights[0] @ (-part.surface if contact else 1 - part.surface) for part in parts
            )
            if contact:
                left = np.where(at.mesh.rho < e.tip.radius, 1 + left, 0.0)
            out["rate"][i] = own * left * seen
    return {name: Kernel(at.mesh, values) for name, values in out.items()}


def _exchange(e: Experiment, names: Sequence[str]) -> float:
    rate = e.interface.exchange
    if rate is None:
        raise VegardError(
            f"the image of a variation of {' and '.join(names)} is known for linear exchange "
            "(FixedConcentration, FixedFlux, LinearKinetics, Contact), not for "
            f"{type(e.interface).__name__}; use one of them, or a pixel-wise image."
        )
    return rate


def _sum(parts: Iterator[Any]) -> Any:
    return sum(parts)


def _met(
    e: Experiment, s: Complex, at: Nodes, orders: tuple[int, ...]
) -> Iterator[tuple[int, list[Part]]]:
    """What the flux under a contact adds to the adjoint field."""
    interface = e.interface
    assert isinstance(interface, Contact)

    def made(group: Complex) -> tuple[Source, ...]:
        def load(spectra: tuple[tuple[Footprint, ...], ...]) -> Complex:
            columns = tuple((f, waves(e, 0.0)) for f in spectra)
            low = max(onset(e, group), 1e-12)
            k, w = hankel.rule(columns, (None,) * len(columns), low, _LIMIT)
            k = k / e.tip.radius
            q = interface.wavenumber(k, group[:, None], e.material)
            admittance, profile = e.geometry.transport(q, e.material)
            seen = depth.overlap(profile, k, uplift(e, k)) / admittance
            return np.asarray(seen @ w[0].T)

        return (interface.dual(group, e.tip, e.geometry, e.material, load),)

    return sources(e, s, at, orders, made)

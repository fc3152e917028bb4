"""Film and substrate with elastic constants of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf, isinf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import elasticity
from vegard import layers as kernel
from vegard.depth import Term
from vegard.elastic import Elastic, Harmonic, Weights
from vegard.errors import VegardError
from vegard.material import Material
from vegard.parameters import Tensor, number, quantity

Real = NDArray[np.float64]

_FORM = "Give a Material, or a pair (young [Pa], poisson)"
_YOUNG: dict[str, Any] = {"hint": "Did you pass GPa?"}
_POISSON: dict[str, Any] = {"rule": "> -1 and <= 0.5", "hint": "Ceramics lie near 0.2..0.35."}
ROW = {
    "thickness": quantity("layer thickness", "d", "m", hint="Did you pass nm?").metadata,
    "young": quantity("Young's modulus of the layer", "E", "Pa", **_YOUNG).metadata,
    "poisson": quantity("Poisson ratio of the layer", "ν", "–", **_POISSON).metadata,
}
_TWIST = np.array([[1.0], [1.0], [-1.0], [-1.0]])  # the part from the back shears the other way
_SAFE = 3.0  # the weights are analytic up to about 7 (tests/test_layered.py)


@dataclass(frozen=True, slots=True, init=False)
class Layered(Elastic):
    r"""Film on a substrate of another stiffness, any number of layers between them.

    The ions, and with them the Vegard strain, are in the film alone: give the experiment a
    ``Film(thickness)``. All interfaces are bonded.

    Parameters
    ----------
    film : Material or (young, poisson), optional
        Young's modulus [Pa] and Poisson ratio [–] of the film; unless given those of the
        experiment's material, with which they must agree.
    substrate : Material or (young, poisson) or inf
        The half-space below; inf is a rigid base.
    layers : sequence of (thickness, young, poisson)
        Layers between film and substrate from the film down, thickness [m].
    substrate_young, film_young : float
        Young's modulus [Pa]: the paths for sweeps and fits, ``"elastic.substrate_young"``.
    substrate_poisson, film_poisson : float
        Poisson ratio [–].

    Raises
    ------
    VegardError
        If a value breaks its rule, or two of them contradict each other.

    Notes
    -----
    With f as in vegard.layers for a unit harmonic tension on the surface, the uplift is

    .. math:: \hat u = \int_0^h \{\beta_{33} f - \beta_{\parallel} f'' + \nu\beta_\perp(f - f'')\}
              \,\hat C\,dz

    Only ratios of Young's moduli count. Limits: equal constants give the half-space; a rigid base
    has a closed form; for a film much thinner than everything lateral

    .. math:: u = \frac{1+\nu}{1-\nu}\,\beta\,\Big[1 + (1-2\nu_s)\frac{\mu_f}{\mu_s}\Big]\int C\,dz

    with the shear moduli μ = E/2(1+ν) of film and substrate. tests/test_layers.py,
    tests/test_layered.py. A ``punch`` reads with the pressure it has on a half-space.

    Examples
    --------
    >>> import vegard as vg
    >>> film = vg.Material(1e-15, 1e-6, 0.3, young=100e9)
    >>> e = vg.Experiment(
    ...     film, vg.GaussianTip(1e-6), vg.Film(10e-9), elastic=vg.Layered(film, (170e9, 0.28))
    ... )
    >>> u = vg.static_response(e, per="concentration").values  # ∫C dz = 10 nm × C
    >>> round(float(u) / (1e-6 * 10e-9), 3)
    2.324
    """

    substrate_young: float = quantity(
        "Young's modulus of the substrate, infinite for a rigid base",
        "E_s",
        "Pa",
        infinite=True,
        **_YOUNG,
    )
    substrate_poisson: float | None = quantity(
        "Poisson ratio of the substrate", "ν_s", "–", default=None, unknown=True, **_POISSON
    )
    film_young: float | None = quantity(
        "Young's modulus of the film", "E_f", "Pa", default=None, unknown=True, **_YOUNG
    )
    film_poisson: float | None = quantity(
        "Poisson ratio of the film", "ν_f", "–", default=None, unknown=True, **_POISSON
    )
    layers: tuple[tuple[float, float, float], ...] = field(
        default=(), metadata={"doc": "(thickness, young, poisson) of the layers below the film"}
    )

    def __init__(
        self,
        film: Any = None,
        substrate: Any = None,
        layers: Iterable[Any] = (),
        *,
        substrate_young: float | None = None,
        substrate_poisson: float | None = None,
        film_young: float | None = None,
        film_poisson: float | None = None,
    ) -> None:
        given = {
            "substrate": (substrate, substrate_young, substrate_poisson),
            "film": (film, film_young, film_poisson),
        }
        for name, (whole, young, poisson) in given.items():
            if whole is not None:
                if young is not None or poisson is not None:
                    raise VegardError(
                        f"Layered takes {name}=(young, poisson) or {name}_young and "
                        f"{name}_poisson, not both."
                    )
                young, poisson = _constants(name, whole)
            object.__setattr__(self, f"{name}_young", young)
            object.__setattr__(self, f"{name}_poisson", poisson)
        object.__setattr__(self, "layers", _rows(layers))
        if self.substrate_young is None:
            raise VegardError(f"Layered needs substrate. {_FORM}; inf is a rigid base.")
        self.__post_init__()
        if self.substrate_poisson is None and not isinf(self.substrate_young):
            raise VegardError(
                "Layered.substrate_poisson is missing: a soft substrate needs it [–]."
            )

    def stack(
        self, material: Material, thickness: float
    ) -> list[tuple[float, float | None, float]]:
        """Layers from the surface down as (thickness [m], E [Pa], ν); the last is infinite.

        E is None for a film straight on a rigid base, where it drops out; an infinite E is rigid.

        Raises
        ------
        VegardError
            If a constant is unknown or contradicts the material's, or the film has no end.
        """
        if isinf(thickness):
            raise VegardError(
                "Layered needs a film that holds the ions; use geometry=Film(thickness)."
            )
        poisson = self._film("poisson", material)
        young = self._film("young", material)
        rigid = isinf(self.substrate_young)
        if poisson is None or (young is None and not (rigid and not self.layers)):
            material.need("young" if poisson is not None else "poisson")
        last = 0.0 if self.substrate_poisson is None else self.substrate_poisson
        top = (thickness, young, float(poisson or 0.0))
        return [top, *self.layers, (inf, self.substrate_young, last)]

    def _film(self, name: str, material: Material) -> float | None:
        """A constant of the film, from here or from the experiment's material."""
        here: float | None = getattr(self, f"film_{name}")
        there: float | None = getattr(material, name)
        if here is not None and there is not None and here != there:
            raise VegardError(
                f"Layered.film_{name} = {here:g} contradicts Material.{name} = {there:g} of the "
                "experiment; leave film out to take the material's."
            )
        return there if here is None else here

    def weights(self, K: Any, material: Material, thickness: float) -> Weights:
        """Harmonics of each of ``COMPONENTS`` at elastic wavenumber K [rad/m].

        ``thickness`` [m] is that of the film that holds the ions.
        """
        k = np.ascontiguousarray(K, float)
        return _weights(k.tobytes(), self._slabs(material, thickness), material.vegard_tensor)

    def _slabs(self, material: Material, thickness: float) -> tuple[kernel.Slab, ...]:
        return tuple((t, e or 1.0, nu) for t, e, nu in self.stack(material, thickness))

    def onset(self, material: Material, thickness: float) -> float:
        """Wavenumber [1/m] below which the weights are analytic in K.

        3/Σ dE/E_below over the layers, E_below the softest of what lies below and at most E: the
        length over which a layer's in-plane force leaks into what bears it.
        """
        *slabs, (_, softest, _) = self._slabs(material, thickness)
        length = 0.0
        for d, young, _ in reversed(slabs):
            length += d * max(1.0, young / softest)
            softest = min(softest, young)
        return _SAFE / length

    def compliance(self, K: Any, material: Material, thickness: float) -> Real:
        """Normal compliance of the surface at wavenumber K [rad/m] over that of a bulk film.

        One where the substrate is not felt or equals the film.
        """
        k = np.atleast_1d(np.asarray(K, float))
        return kernel.surface_compliance(k, self._slabs(material, thickness))


def _constants(name: str, given: Any) -> tuple[Any, Any]:
    """(young, poisson) of what was given for a solid."""
    if isinstance(given, Material):
        if name == "substrate":
            return given.need("young"), given.need("poisson")
        return given.young, given.poisson
    if name == "substrate" and isinstance(given, float) and given == inf:
        return inf, None
    try:
        if isinstance(given, str):
            raise TypeError
        young, poisson = given
    except (TypeError, ValueError):
        more = ", or inf for a rigid base" if name == "substrate" else ""
        raise VegardError(f"Layered.{name} is {given!r}. {_FORM}{more}.") from None
    return young, poisson


def _rows(given: Any) -> tuple[tuple[float, ...], ...]:
    try:
        rows = [tuple(row) for row in given]
    except TypeError:
        rows = [()]
    if any(len(row) != len(ROW) for row in rows):
        raise VegardError(
            "Layered.layers must be a sequence of (thickness [m], young [Pa], poisson); "
            f"got {given!r}."
        )
    return tuple(
        tuple(
            number(f"Layered.layers[{i}].{name}", meta, value)
            for (name, meta), value in zip(ROW.items(), row, strict=True)
        )
        for i, row in enumerate(rows)
    )


@lru_cache(maxsize=64)
def _weights(wavenumbers: bytes, stack: tuple[kernel.Slab, ...], beta: Tensor) -> Weights:
    r"""Harmonics of the three displacements.

    The reciprocal loads stretch along k (∥) and across it (⊥); β turns with k, so that its parts
    in the plane bring the angles 2φ and its tilts φ, and :math:`e^{ikr\cos(\phi-\theta)}` turns
    :math:`\cos n\phi` into :math:`i^n J_n(kr)\cos n\theta`.
    """
    k = np.frombuffer(wavenumbers)
    nu = stack[0][2]
    normal, tangential, antiplane = kernel.loads(k, stack)
    mean, b33, d, b12, b13, b23 = elasticity.split(beta)

    def along(load: Real) -> Real:
        return -_second(load)

    def across(load: Real) -> Real:
        return nu * (load - _second(load))

    def flat(load: Real) -> Real:
        return b33 * load + mean * (along(load) + across(load))

    def harmonic(order: int, cosine: float, sine: float, coefficients: Real) -> Harmonic:
        return Harmonic(order, cosine, sine, _terms(k, coefficients))

    half = (along(tangential) - across(tangential)) / 2
    first, third = half + antiplane, antiplane - half
    vertical = [harmonic(0, 1.0, 0.0, flat(normal))]
    x = [harmonic(1, 1.0, 0.0, flat(tangential) + d * first)]
    y = [harmonic(1, 0.0, 1.0, flat(tangential) - d * first)]
    if d or b12:
        vertical += [harmonic(2, d, b12, across(normal) - along(normal))]
        x += [harmonic(1, 0.0, b12, first), harmonic(3, d, b12, third)]
        y += [harmonic(1, b12, 0.0, first), harmonic(3, -b12, d, third)]
    if b13 or b23:
        shear, twist = _first(tangential), antiplane * _TWIST
        shift, turn = -shear - twist, shear - twist
        vertical += [harmonic(1, b13, b23, 2 * _first(normal))]
        x += [harmonic(0, b13, 0.0, shift), harmonic(2, b13, b23, turn)]
        y += [harmonic(0, b23, 0.0, shift), harmonic(2, -b23, b13, turn)]
    return {"vertical": tuple(vertical), "lateral_x": tuple(x), "lateral_y": tuple(y)}


def _first(load: Real) -> Real:
    """Derivative of f = (A + Bξ)e^{-ξ} + (C + Dη)e^{-η} as coefficients of the same kind."""
    a, b, c, d = load
    return np.stack([b - a, -b, c - d, d])


def _second(load: Real) -> Real:
    return _first(_first(load))


def _terms(k: Real, coefficients: Real) -> tuple[Term, ...]:
    """Terms in z, without those that are nothing at every k."""
    a, b, c, d = coefficients
    every = (Term(a), Term(b * k, 1), Term(c, 0, True), Term(d * k, 1, True))
    for term in every:
        term.coefficient.flags.writeable = False  # they are kept for the next call
    return tuple(t for i, t in enumerate(every) if i == 0 or t.coefficient.any())

r"""What each ring of the sample around the tip adds to the reading.

A relative change p(x, y) of a property, uniform in depth, moves the reading with the tip at X by

.. math:: \delta u(X) = \int p(x')\,h(X - x')\,d^2x'.

With C the concentration and G the displacement read per strain at depth, β has
:math:`h = \int C\,G\,dz`, exactly (D and κ: `vegard.transport_spread`). The fields are Hankel
integrals at the nodes of a radial mesh that is graded towards the axis, where a point read has
:math:`h \propto 1/\rho`, and towards the rim; depth is integrated by the trapezoidal rule in its
logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf, isfinite, log, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import hankel
from vegard.depth import Profile, Term
from vegard.experiment import Experiment
from vegard.interfaces import Source
from vegard.radial import RadialMesh, graded
from vegard.spectra import Footprint, Wave
from vegard.transfer import groups, waves

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_AXIS = 1e-3  # first panel at the axis, and …
_RIM = 1e-4  # … at a rim, in radii or diffusion lengths
_KINK = 1e-2
_MOST_KINKS = 8
_FAR = 1e6  # radii at which a field without a diffusion length is cut …
_FADED = 45.0  # … and diffusion lengths for the others
_SHALLOW = 1e-4  # first depth, in widths of the first panels
_STEP = 0.3  # of ln z, per angle to the edge of convergence
_LEAST_STEP = 0.06
_TAIL = 60.0  # wavenumber of the rules times the first depth
_POINT = (Footprint(1 / (2 * pi), 1.0),)


@dataclass(frozen=True, eq=False)
class Kernel:
    """h(ρ) cos nθ of one property, at several s or times.

    Parameters
    ----------
    mesh : RadialMesh
        Nodes ρ [m].
    values : ndarray, shape (m, nodes)
        h [reading per m²].
    order : int
        n.
    """

    mesh: RadialMesh
    values: NDArray[Any]
    order: int = 0

    @cached_property
    def total(self) -> NDArray[Any]:
        """∫ h d²x (m,), the reading for a uniform change; n = 0."""
        return self.mesh.total(self.values)

    def transform(self, K: Real) -> NDArray[Any]:
        """2π ∫ h Jₙ(Kρ) ρ dρ (K.size, m) at K [rad/m]."""
        return np.asarray(self.mesh.transform(K, self.order) @ self.values.T)

    def at(self, rho: Real) -> NDArray[Any]:
        """Kernel (rho.size, m) at ρ > 0 [m]; zero past the mesh."""
        size = rho[:, None]
        return self.mesh.interpolation(rho) @ (self.values * self.mesh.rho).T / size


class Nodes(NamedTuple):
    """Where the fields of an experiment are taken for a range of s."""

    mesh: RadialMesh
    source: RadialMesh
    reader: RadialMesh
    to_mesh: tuple[Real, Real]
    """Interpolation from the meshes of source and reader."""
    depth: Real
    weight: Real
    """Of ∫ f dz [m]."""


def nodes(experiment: Experiment, s: Complex) -> Nodes:
    """Meshes for all of s (m,) [1/s]."""
    e = experiment
    radius, m = e.tip.radius, e.material
    slow, fast = sorted((m.diffusivity_in_plane, m.diffusivity_normal))
    size = np.abs(s)
    small = min(1.0, (slow / size.max()) ** 0.5 / radius) if size.max() > 0 else 1.0
    small = min(small, e.geometry.depth / radius, *(
        1 / (radius * k) for k in e.interface.scales(float(size.max()), m)
    ), 1.0)  # fmt: skip
    reach = _FADED * (fast / size.min()) ** 0.5 / radius if size.min() > 0 else inf
    if not e.geometry.keeps_ions():
        reach = min(reach, _FADED * e.geometry.depth / radius * max(1.0, (fast / slow) ** 0.5))
    rims = {r: g * small for r, g in _rims(e).items()}
    outer = max([1.0, *rims])
    last = 4 * outer + 12 + min(reach, _FAR)
    axis = {0.0: _AXIS * small if e.readout == "centre" else 0.5}
    ring = {1.0: _RIM * small} if e.readout == "punch" else {}
    smooth = 2 * outer * radius
    mesh, source, reader = (
        RadialMesh(graded(ends, last) * radius, smooth)
        for ends in ({**axis, **rims, **ring}, {0.0: 0.5, **rims}, {**axis, **ring})
    )
    first = _SHALLOW * min([*axis.values(), *rims.values(), *ring.values()])
    turn = float(np.abs(np.angle(s[size > 0])).max(initial=0.0)) / 2
    step = max(_STEP * (pi / 2 - turn), _LEAST_STEP)
    z, w = _depths(first, last, e.geometry.depth / radius, step)
    maps = source.interpolation(mesh.rho), reader.interpolation(mesh.rho)
    return Nodes(mesh, source, reader, maps, z * radius, w * radius)


def _rims(e: Experiment) -> dict[float, float]:
    """Radii [R] at which the profile of the tip is not smooth, and how finely to grade there."""
    out: dict[float, float] = {}
    for f in e.tip.footprint():
        out.update({w.rho: _RIM for w in f.waves})
        if len(f.kinks) <= _MOST_KINKS:
            out.update({rho: _KINK for rho, _ in f.kinks if rho not in out})
        elif f.kinks:
            out.setdefault(f.kinks[-1][0], _KINK)
    return out


def _depths(first: float, last: float, thickness: float, step: float) -> tuple[Real, Real]:
    """Trapezoidal rule of ∫₀ʰ dz in ln z, or in ln z/(h-z)."""
    if not isfinite(thickness):
        z = np.exp(np.arange(log(first), log(last) + step, step))
        return z, step * z * _begun(z.size, step)
    start = log(min(first, 1e-3 * thickness) / thickness)
    t = np.arange(start, 20.0, step)
    share = 1 / (1 + np.exp(-t))
    left = 1 / (1 + np.exp(t))
    return thickness * share, step * thickness * share * left * _begun(t.size, step)


def _begun(count: int, step: float) -> Real:
    """Factors of a rule in ln z that give its first depth what lies above it, as a constant."""
    out = np.ones(count)
    out[0] = 1 / (1 - np.exp(-step))
    return out


@lru_cache(maxsize=4)
def _weights(
    spectra: tuple[tuple[Footprint, ...], ...],
    waves: tuple[Wave, ...],
    order: int,
    rho: bytes,
    low: float,
    limit: float,
) -> tuple[Real, Real]:
    """Nodes k (n,) [1/R] and weights (ρ, spectra, n) of the Hankel integrals at ρ [R]."""
    return hankel.table(spectra, waves, order, np.frombuffer(rho), low, limit)


class Part(NamedTuple):
    """A field is a sum of parts, each Σ weights · T(k)."""

    k: Real
    """[rad/m]"""
    weights: dict[int, Any]
    """(nodes, k) for J₀ and, where asked, J₁."""
    surface: Complex
    profile: Profile

    def values(self, z: Real) -> Complex:
        """Concentration at (nodes, z)."""
        return np.asarray(self.weights[0] @ (self.surface[:, None] * self.profile.at(z)))

    def slope(self, z: Real) -> Complex:
        """Its derivative by z."""
        return np.asarray(self.weights[0] @ (self.surface[:, None] * self.profile.slope(z)))

    def outward(self, z: Real) -> Complex:
        """Its derivative by ρ."""
        size = self.k[:, None] * self.surface[:, None]
        return np.asarray(-(self.weights[1] @ (size * self.profile.at(z))))


def sources(
    e: Experiment,
    s: Complex,
    at: Nodes,
    orders: tuple[int, ...] = (0,),
    made: Callable[[Complex], tuple[Source, ...]] | None = None,
) -> Iterator[tuple[int, list[Part]]]:
    """Index into s, and the concentration per unit amplitude there, or that of ``made`` sources."""
    e.interface.fits(e.tip, e.geometry, e.material)
    rho = (at.source.rho / e.tip.radius).tobytes()
    low, limit = _range(e, s, at)
    for group in groups(s):
        parts: dict[int, list[Part]] = {int(i): [] for i in group}
        case = s[group], e.tip, e.geometry, e.material
        for source in made(s[group]) if made else e.interface.sources(*case):
            found = {n: _weights(source.spectra, (), n, rho, low, limit) for n in orders}
            for r, i in zip(source.rows, group[source.rows], strict=True):
                strengths = source.strengths[0, r]
                weights = {n: w[:, 0] if source.prescribed else np.tensordot(strengths, w, (0, 1))
                           for n, (_, w) in found.items()}  # fmt: skip
                k = found[0][0] / e.tip.radius
                parts[int(i)].append(_part(e, source, weights, k, s[i : i + 1, None]))
        yield from parts.items()


def _part(e: Experiment, source: Source, weights: dict[int, Any], k: Real, s: Complex) -> Part:
    """What one source makes at one s (1, 1)."""
    q = e.interface.wavenumber(k, s, e.material)
    admittance, profile = e.geometry.transport(q, e.material)
    surface = source.surface(admittance, k, s, e.material)
    flat = np.asarray(np.broadcast_to(surface, q.shape), complex)[0]
    return Part(k, weights, flat, row(profile))


def row(profile: Profile) -> Profile:
    """The profile at one s, q of shape (n,)."""
    return profile._replace(q=profile.q[0], fade=None, scale=None)


def _range(e: Experiment, s: Complex, at: Nodes) -> tuple[float, float]:
    """Wavenumbers [1/R] below which all is analytic, and past every scale."""
    return max(onset(e, s), 1e-12), _TAIL * e.tip.radius / float(at.depth[0])


def onset(e: Experiment, s: Complex) -> float:
    """Wavenumber [1/R] below which all is analytic in k."""
    size = float(np.abs(s).min())
    least = min(e.interface.onset(size, e.material), e.elastic.onset(e.material, e.thickness))
    return least * e.tip.radius


def point(e: Experiment, s: Complex, at: Nodes, order: int) -> tuple[Real, Real]:
    """Nodes k [rad/m] and weights (nodes, k) [1/m²] of what a reading sees of a point."""
    radius = e.tip.radius
    reader = (Wave(1.0, -1),) if e.readout == "punch" else ()
    low, limit = _range(e, s, at)
    rho = (at.reader.rho / radius).tobytes()
    k, w = _weights((_POINT,), reader, order, rho, low, limit)
    return k / radius, w[:, 0] / radius**2


def _seen(e: Experiment, s: Complex, at: Nodes, order: int, terms: Sequence[Term]) -> Real:
    """Displacement read per strain at (nodes, depth), cos nθ left out."""
    k, weights = point(e, s, at, order)
    return np.asarray(weights @ _strain(k, at.depth, terms, e.thickness))


def uplift(e: Experiment, k: Real) -> tuple[Term, ...]:
    """Elastic weight of the part of β that is the same in all directions around the axis."""
    every = e.elastic.weights(k, e.material, e.thickness)["vertical"]
    return next(h.terms for h in every if not h.order)


def _strain(k: Real, z: Real, terms: Sequence[Term], thickness: float) -> Real:
    """Elastic weight at (k, z)."""
    total = np.zeros((k.size, z.size))
    for term in terms:
        zeta = thickness - z if term.from_back else z
        coefficient = np.asarray(term.coefficient, float)
        size = coefficient[:, None] if coefficient.ndim else coefficient
        total += size * zeta**term.power * np.exp(-k[:, None] * zeta)
    return total


def vegard_kernels(
    experiment: Experiment,
    s: Complex,
    tensors: Mapping[str, tuple[Any, int]] | None = None,
    at: Nodes | None = None,
) -> dict[str, Kernel]:
    """Kernels of the Vegard tensor per unit amplitude of the interface's drive.

    Parameters
    ----------
    experiment : Experiment
    s : ndarray, shape (m,)
        Laplace variables [1/s].
    tensors : dict, optional
        Name to (Vegard coefficient, azimuthal order); by default the experiment's own, as far as it
        is the same in all directions around the axis, under ``"vegard"``.
    at : Nodes, optional
        Meshes for a wider range of s.
    """
    e = experiment
    at = at or nodes(e, s)
    low = point(e, s, at, 0)[0]
    wanted = tensors or {"vegard": (e.material.vegard, 0)}
    seen: dict[str, tuple[int, Real]] = {}
    for name, (tensor, order) in wanted.items():
        material = (
            e.material if tensors is None else e.replace({"material.vegard": tensor}).material
        )
        harmonics = e.elastic.weights(low, material, e.thickness)["vertical"]
        terms = next(h.terms for h in harmonics if h.order == order)
        seen[name] = order, at.to_mesh[1] @ _seen(e, s, at, order, terms)
    out = {name: np.empty((s.size, at.mesh.rho.size), complex) for name in seen}
    for i, parts in sources(e, s, at):
        field = at.to_mesh[0] @ sum(part.values(at.depth) for part in parts)
        for name, (_, reading) in seen.items():
            out[name][i] = (field * reading) @ at.weight
    return {name: Kernel(at.mesh, out[name], order) for name, (order, _) in seen.items()}


def depth_profile(
    experiment: Experiment, s: Complex, at: Nodes | None = None
) -> tuple[Real, Complex]:
    """What each depth adds to the reading: z (d,) [m], du/dz (m, d) per unit amplitude."""
    e = experiment
    z = (at or nodes(e, s)).depth
    low, limit = max(onset(e, s), 1e-12), _TAIL * e.tip.radius / float(z[0])
    out = np.zeros((s.size, z.size), complex)
    for group in groups(s):
        for source in e.interface.sources(s[group], e.tip, e.geometry, e.material):
            columns = tuple((f, waves(e, 0.0)) for f in source.spectra)
            k, w = hankel.rule(columns, (None,) * len(columns), low, limit)
            weights, k = w[0], k / e.tip.radius
            strain = _strain(k, z, uplift(e, k), e.thickness)
            for r, i in zip(source.rows, group[source.rows], strict=True):
                part = _part(e, source, {0: weights}, k, s[i : i + 1, None])
                size = part.surface[:, None] * part.profile.at(z) * strain
                out[i] += source.strengths[0, r] @ (weights @ size)
    return z, out

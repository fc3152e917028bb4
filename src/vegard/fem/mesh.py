"""Graded meshes of rectangles in the (r, z) half-plane; lengths in contact radii."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.fem.engine import Engine

Real = NDArray[np.float64]

GRADE = 1.0  # element size per distance from a feature: neighbours grow by e


class Feature(NamedTuple):
    """A point at which elements have a size; from it they grow with the distance."""

    at: float
    size: float


class Layer(NamedTuple):
    """A zone around a point in which elements are no longer than ``length``."""

    at: float
    length: float
    reach: float


class Axis(NamedTuple):
    """What one coordinate has to resolve: nodes that must be there, and sizes."""

    breaks: tuple[float, ...]
    features: tuple[Feature, ...]
    layers: tuple[Layer, ...]


def nodes(axis: Axis, refine: int = 1) -> Real:
    """Nodes of one coordinate: the density asked for, integrated and cut into equal parts."""
    end = axis.breaks[-1]
    steps = np.geomspace(1e-10, end, 3000)
    sample = [np.asarray(axis.breaks)]
    sample += [f.at + side * steps for f in axis.features for side in (-1, 1)]
    for layer in axis.layers:
        for edge in (layer.at - layer.reach, layer.at + layer.reach):
            sample.append(edge + np.array([-1e-9, 1e-9]) * layer.length)
    x = np.unique(np.clip(np.concatenate(sample), 0.0, end))
    density = np.zeros_like(x)
    for f in axis.features:
        density = np.maximum(density, 1 / np.maximum(f.size, GRADE * np.abs(x - f.at)))
    for layer in axis.layers:
        density = np.maximum(density, (np.abs(x - layer.at) < layer.reach) / layer.length)
    count = np.concatenate([[0.0], np.cumsum(np.diff(x) * (density[1:] + density[:-1]) / 2)])
    out = [0.0]
    marks = np.interp(axis.breaks, x, count)
    for stop, low, high in zip(axis.breaks[1:], marks[:-1], marks[1:], strict=True):
        parts = max(1, int(np.ceil(high - low))) * refine
        out += [*np.interp(np.linspace(low, high, parts + 1)[1:-1], count, x), stop]
    return np.array(out)


def build(engine: Engine, r: Real, z: Real, bottoms: Real) -> Any:
    """Mesh with regions ``layer0``, ``layer1``, … down to each of ``bottoms``.

    Boundaries: ``contact`` (z = 0, r < 1), ``free`` (z = 0, r > 1), ``axis``, ``side``,
    ``bottom``, and ``back`` (the underside of ``layer0``, inside the box or not).
    """
    meshing = engine.meshing
    mesh = meshing.Mesh(dim=2)
    points = [[mesh.Add(meshing.MeshPoint(meshing.Pnt(a, b, 0))) for b in z] for a in r]
    names = ("contact", "free", "axis", "side", "bottom", "back")
    for i, _ in enumerate(bottoms):
        mesh.Add(meshing.FaceDescriptor(surfnr=i + 1, domin=i + 1, bc=1))
        mesh.SetMaterial(i + 1, f"layer{i}")
    middle = (z[1:] + z[:-1]) / 2
    region = np.searchsorted(bottoms, middle) + 1
    for i in range(len(r) - 1):
        for j in range(len(z) - 1):
            corners = (points[i][j], points[i + 1][j], points[i + 1][j + 1], points[i][j + 1])
            mesh.Add(meshing.Element2D(int(region[j]), list(corners)))

    def edge(a: Any, b: Any, name: str) -> None:
        mesh.Add(meshing.Element1D([a, b], index=names.index(name) + 1))

    back = int(np.argmin(np.abs(z - bottoms[0])))
    for i in range(len(r) - 1):
        edge(points[i][0], points[i + 1][0], "contact" if r[i + 1] < 1 + 1e-12 else "free")
        edge(points[i][back], points[i + 1][back], "back")
        if back != len(z) - 1:
            edge(points[i][-1], points[i + 1][-1], "bottom")
    for j in range(len(z) - 1):
        edge(points[0][j], points[0][j + 1], "axis")
        edge(points[-1][j], points[-1][j + 1], "side")
    for i, name in enumerate(names):
        mesh.SetBCName(i, name)
    return engine.ngsolve.Mesh(mesh)


def surface_points(mesh: Any, r: Real, z: Real, at: Real) -> Any:
    """The points (at, 0), each in the element of ``build`` that holds it.

    A search through the mesh would know them only to a tolerance of the box.
    """
    i = np.minimum(np.searchsorted(r, at, side="right") - 1, r.size - 2)
    points = mesh(np.zeros(at.size), np.zeros(at.size))
    points["x"] = (at - r[i]) / (r[i + 1] - r[i])
    points["y"] = 0.0
    points["nr"] = i * (z.size - 1)
    return points

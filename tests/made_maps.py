"""Maps as fit_map gives them, made of known numbers."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

FLAGS = (
    "good", "missing", "flat", "saturated", "not_converged", "undetermined", "limit",
    "incomplete", "outliers", "misfit",
)  # fmt: skip
LIMIT, OUTLIERS, MISFIT = (FLAGS.index(n) for n in ("limit", "outliers", "misfit"))
DEGREES = 61


def smooth(rng, shape, size):
    """A Gaussian field of variance 1, correlated as exp(-h²/4 size²); no edge sees the other."""
    sizes = np.broadcast_to(np.asarray(size, float), len(shape))
    room = [int(6 * s) + 1 for s in sizes]
    wide = rng.normal(size=[n + 2 * r for n, r in zip(shape, room, strict=True)])
    inner = tuple(slice(r, -r) for r in room)
    norm = np.prod([np.sqrt(2 * np.sqrt(np.pi) * s) if s else 1.0 for s in sizes])
    return norm * gaussian_filter(wide, sizes, truncate=6.0)[inner]


def maps(shape=(24, 32), seed=0, *, lost=0.03, limit=0.05, pixel=20e-9, labels=True, noise=0.15):
    """Maps of D, amplitude and offset with every flag, and a topography that D rises with."""
    rng = np.random.default_rng(seed)
    height = smooth(rng, shape, 2)
    relative = noise * np.exp(0.5 * rng.normal(size=shape))
    d = 1e-14 * 10 ** (0.4 * (0.6 * height + 0.8 * smooth(rng, shape, 2)))
    d *= np.exp(relative * rng.normal(size=shape))
    flag = np.zeros(shape, np.int8)
    draw = rng.random(shape)
    flag[draw < lost] = rng.choice([1, 2, 3, 4, 5], size=int((draw < lost).sum()))
    flag[(draw >= lost) & (draw < lost + limit)] = LIMIT
    flag[draw > 0.95] = OUTLIERS
    flag[draw > 0.99] = MISFIT
    chi2 = rng.chisquare(DEGREES, size=shape) * np.where(flag == MISFIT, 6.0, 1.0)
    sigma = np.where(flag == LIMIT, np.inf, relative * d)
    table = {
        "diffusivity": (d, "m²/s"),
        "diffusivity_sigma": (sigma, "m²/s"),
        "amplitude": (1.5 + 0.1 * rng.normal(size=shape), "1"),
        "amplitude_sigma": (np.full(shape, 0.1), "1"),
        "offset": (1e-13 * rng.normal(size=shape), "m"),
        "offset_sigma": (np.full(shape, 1e-13), "m"),
        "chi2": (chi2, "1"),
        "scatter": (2e-13 * np.sqrt(chi2 / DEGREES), "m"),
        "outliers": ((flag == OUTLIERS).astype(float), "1"),
    }
    gone = (flag > 0) & (flag <= 4)
    dims = ("y", "x")[-len(shape) :] if labels else tuple(f"dim_{i}" for i in range(len(shape)))
    out = xr.Dataset({n: (dims, np.where(gone, np.nan, v), {"units": u}) for n, (v, u) in
                      table.items()})  # fmt: skip
    out["flag"] = (dims, flag, {"flag_values": list(range(len(FLAGS))),
                                "flag_meanings": " ".join(FLAGS)})  # fmt: skip
    if labels:
        steps = np.broadcast_to(pixel, len(shape))
        out = out.assign_coords({a: (a, (np.arange(n) + 0.5) * p, {"units": "m"})
                                 for a, n, p in zip(dims, shape, steps, strict=True)})  # fmt: skip
    found = {FLAGS[i]: int(n) for i, n in enumerate(np.bincount(flag.ravel())) if n}
    inputs = "{experiment: Experiment{tip: DiscTip{radius: 2e-08}}}"
    out.attrs = {"kind": "map", "of": "relaxation", "free": "material.diffusivity gain offset",
                 "loss": "gauss", "degrees": DEGREES, "sigma_given": 1, "vegard": "0", "schema": 1,
                 "dictionary_error": 1e-7, "inputs": inputs, "inputs_sha256": "0" * 64,
                 "counts": json.dumps(found)}  # fmt: skip
    topography = xr.DataArray(2e-8 * height, out.coords, dims, "topography", {"units": "m"})
    return out, topography


def nothing_found(shape=(8, 9)):
    """Maps of which every pixel is saturated."""
    out, height = maps(shape)
    out["flag"] = xr.full_like(out.flag, FLAGS.index("saturated"))
    for name in set(out.data_vars) - {"flag"}:
        out[name] = xr.full_like(out[name], np.nan)
    return out, height

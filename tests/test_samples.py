"""Samples that are made: sizes, shares, places, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg
from vegard import rotations, samples

GRAINS = {"values": [1.0, 2.0]}


def test_grains_have_the_size_asked_for():
    """Area of a grain π/4 size², by the number of whole grains' worth of pixels."""
    sizes = []
    for seed in range(6):
        labels = samples.grains((400, 400), 1e-9, 40e-9, seed=seed, **GRAINS).labels
        inner = np.setdiff1d(labels[60:-60, 60:-60], np.unique(
            np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))  # fmt: skip
        sizes.append(np.mean([(labels == i).sum() for i in inner]))
    assert np.mean(sizes) == pytest.approx(np.pi / 4 * 40**2, rel=0.15, abs=0)  # sampled by area


def test_grains_are_one_value_each_and_values_are_shared():
    sample = samples.grains((200, 200), 1.0, 10.0, values=[1.0, 2.0, 5.0], seed=2)
    for label in np.unique(sample.labels):
        assert len(np.unique(sample.values[sample.labels == label])) == 1
    for value in (1.0, 2.0, 5.0):  # 500 grains, three values
        assert (sample.values == value).mean() == pytest.approx(1 / 3, rel=0.25, abs=0)
    again = samples.grains((200, 200), 1.0, 10.0, values=[1.0, 2.0, 5.0], seed=2)
    assert (again.values == sample.values).all()
    other = samples.grains((200, 200), 1.0, 10.0, values=[1.0, 2.0, 5.0], seed=3)
    assert (other.labels != sample.labels).any()


def test_boundaries_are_as_wide_as_asked():
    """Length of the boundaries of random cells is 2√n per area (n points per area)."""
    size, width = 40.0, 2.0
    sample = samples.grains(
        (500, 500), 0.5, size, boundary_width=width, boundary_value=9.0, **GRAINS
    )
    edge = sample.labels == 0
    assert (sample.values[edge] == 9.0).all()
    assert (sample.values[~edge] < 9.0).all()
    per_area = 2 * np.sqrt(1 / (np.pi / 4 * size**2))
    # 40 grains: 5 % of their number, 5 % of the corners counted once
    assert edge.mean() == pytest.approx(width * per_area, rel=0.15, abs=0)


def test_tilts_are_uniform_on_the_sphere():
    sample = samples.grains((300, 300), 1.0, 5.0, tilt=np.pi, seed=1)
    assert sample.values.shape == (300, 300, 3)
    labels, first = np.unique(sample.labels, return_index=True)
    turn = rotations.rotation(sample.values.reshape(-1, 3)[first])
    n = len(labels)
    assert n > 3000
    c = turn[:, :, 2]
    np.testing.assert_allclose(c.mean(axis=0), 0, atol=4 / np.sqrt(3 * n))
    np.testing.assert_allclose(c.T @ c / n, np.eye(3) / 3, atol=5 * 0.3 / np.sqrt(n))
    some = samples.grains((50, 50), 1.0, 5.0, tilt=0.3)
    assert some.values[..., 1].max() <= 0.3
    assert samples.grains((5, 5), 1.0, 5.0, tilt=0.0).values[..., 1].max() == 0


def test_one_large_grain():
    sample = samples.grains((4, 4), 1.0, 1e6, **GRAINS)
    assert len(np.unique(sample.labels)) == 1


def test_inclusions_at_places():
    sample = samples.inclusions(
        (60, 80), 0.5, 4.0, inside=3.0, outside=1.0, positions=[(10.0, 10.0), (20.0, 30.0)]
    )
    assert sample.values[20, 20] == 3.0
    assert sample.labels[40, 60] == 2
    assert sample.values[20, 28] == 3.0  # on the rim
    assert sample.values[20, 29] == 1.0
    # π r² within the error of counting pixels
    assert (sample.labels == 1).sum() * 0.25 == pytest.approx(np.pi * 16, rel=0.03, abs=0)


def test_inclusions_at_random_do_not_overlap():
    sample = samples.inclusions((300, 300), 1.0, 5.0, inside=3.0, outside=1.0, density=2e-3, seed=4)
    assert sample.labels.max() == 180
    share = (sample.labels > 0).mean()
    # centres lie inside: discs at the edges lose a part
    assert 0.93 < share / (2e-3 * np.pi * 25) < 1.0
    with pytest.raises(vg.VegardError, match="found room without overlap"):
        samples.inclusions((100, 100), 1.0, 10.0, inside=3.0, outside=1.0, density=5e-3)
    none = samples.inclusions((5, 5), 1.0, 1.0, inside=3.0, outside=1.0, density=1e-9)
    assert (none.values == 1.0).all()


def test_columns_are_a_hexagonal_lattice():
    """Share π/(2√3) (d/a)² and six neighbours at the spacing; 2 %: edges of the window."""
    sample = samples.columns((600, 600), 1.0, 30.0, 60.0, inside=2.0, outside=1.0)
    share = (sample.labels > 0).mean()
    assert share == pytest.approx(np.pi / (2 * np.sqrt(3)) / 4, rel=0.03, abs=0)
    centres = np.array([
        np.argwhere(sample.labels == i).mean(axis=0)
        for i in np.unique(sample.labels)[1:]
        if (sample.labels == i).sum() > 650  # whole ones
    ])  # fmt: skip
    middle = centres[np.argmin(np.hypot(*(centres - 300).T))]
    distance = np.sort(np.hypot(*(centres - middle).T))
    np.testing.assert_allclose(distance[1:7], 60.0, atol=0.6)  # pixels
    assert distance[7] > 100


def test_jitter_moves_columns():
    still, moved = (
        samples.columns((100, 100), 1.0, 10.0, 25.0, inside=2.0, outside=1.0, jitter=j)
        for j in (0.0, 2.0)
    )
    assert (still.values != moved.values).any()
    assert moved.values.mean() == pytest.approx(still.values.mean(), rel=0.05, abs=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: samples.grains((10,), 1.0, 2.0, **GRAINS), "shape"),
        (lambda: samples.grains((10.0, 10.0), 1.0, 2.0, **GRAINS), "whole numbers"),
        (lambda: samples.grains((10**5, 10**5), 1.0, 2.0, **GRAINS), "pixels"),
        (lambda: samples.grains((10, 10), 0.0, 2.0, **GRAINS), "pixel"),
        (lambda: samples.grains((10, 10), 1.0, -2.0, **GRAINS), "size"),
        (lambda: samples.grains((10, 10), 1.0, 2.0), "either values"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, seed=-1, **GRAINS), "seed"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, tilt=1.0, **GRAINS), "either values"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, values=[]), "values must"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, values=[np.nan]), "values must"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, tilt=90.0), "degrees"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, boundary_width=1.0, **GRAINS), "together"),
        (lambda: samples.grains((10, 10), 1.0, 2.0, boundary_value=1.0, **GRAINS), "together"),
        (lambda: samples.inclusions((9, 9), 1.0, 2.0, inside=1.0, outside=2.0), "either density"),
        (
            lambda: samples.inclusions(
                (9, 9), 1.0, 2.0, inside=1.0, outside=2.0, positions=[1.0, 2.0]
            ),
            "positions",
        ),
        (lambda: samples.columns((9, 9), 1.0, 3.0, 2.0, inside=1.0, outside=2.0), "overlap"),
        (lambda: samples.columns((9, 9), 1.0, 1.0, 2.0, inside=np.nan, outside=2.0), "inside"),
    ],
)  # fmt: skip
def test_refused(call, words):
    with pytest.raises(vg.VegardError, match=words):
        call()

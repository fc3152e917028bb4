"""Images of samples against integrals in real space, single modes and the uniform verbs."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from common import Offset
from matplotlib.figure import Figure
from scipy.special import j0, jv

import vegard as vg
from vegard.convolution import Layer, Plane, convolve, tabulated
from vegard.image_kernels import kernels
from vegard.imaging import Image

R, NU, D = 1.0, 0.3, 1.0
UNIT = vg.Material(D, 1.0, NU)
GAUSS = vg.Experiment(UNIT, vg.GaussianTip(R))
DISC = vg.Experiment(UNIT, vg.DiscTip(R))
PUNCH = vg.Experiment(UNIT, vg.DiscTip(R), readout="punch")
KINETICS = vg.Experiment(UNIT, vg.DiscTip(R), interface=vg.LinearKinetics(2.0))
PER = {"per": "concentration"}
CRYSTAL = vg.Experiment(vg.Material(D, (0.2, -1.1), NU), vg.DiscTip(R))
F = np.array([0.01, 1.0, 30.0])
BETA = "material.vegard"
DIFFUSIVITY = "material.diffusivity"
KERNEL = 1e-6  # stated error of the kernels at all frequencies, relative to the uniform reading
RNG = np.random.default_rng(5)


def close(a, b, rel, scale=None):
    size = np.abs(b).max() if scale is None else scale
    np.testing.assert_allclose(a, b, rtol=0, atol=rel * size)


# ---- real space ----------------------------------------------------------------------------------


def greens(name, rho, z):
    """Uplift at distance ρ of a unit point of strain at depth z, cos nθ left out (physics.md §2).

    The parts that have no closed form in elementary functions as Hankel integrals.
    """
    r = np.hypot(rho, z)
    if name == "isotropic":
        return (1 + NU) / np.pi * z / r**3
    if name == "mean":  # β11 = β22 = 1, β33 = 0
        return (2 * (1 + NU) * z / r**3 - 3 * z**3 / r**5) / (2 * np.pi)
    if name == "normal":
        return 3 * z**3 / r**5 / (2 * np.pi)
    if name == "tilt":  # -(1/2π) ∫ 2kz e^{-kz} J1(kρ) k dk
        return -3 * z**2 * rho / r**5 / np.pi
    # stretch: -(1/2π) ∫ (1 - 2ν - kz) e^{-kz} J2(kρ) k dk
    one = (2 * r + z) * (r - z) ** 2 / (rho**2 * r**3)  # ∫ e^{-kz} J2(kρ) k dk
    two = 3 * rho**2 / r**5  # ∫ e^{-kz} J2(kρ) k² dk
    return -((1 - 2 * NU) * one - z * two) / (2 * np.pi)


def real_space(name, rho, omega):
    """∫ C G dz (ρ,) of the gaussian tip at fixed concentration, by plain quadrature."""
    x, w = np.polynomial.legendre.leggauss(400)
    k, w = 4.5 * (x + 1), 4.5 * w
    t = np.arange(np.log(1e-7), np.log(60), 0.02)
    z = np.exp(t)
    q = np.sqrt(k**2 + 1j * omega)
    source = w * k * np.exp(-(k**2) / 2)  # 2πR² e^{-k²R²/2} k/2π
    field = (j0(k * rho[:, None]) * source) @ np.exp(-q[:, None] * z)
    return (field * greens(name, rho[:, None], z)) @ (0.02 * z)


def by_hand(name, order, sine, at, omega, width=0.8):
    """∫ p h cos nθ d²x' at a point for a gaussian p of that width about the origin."""
    x, w = np.polynomial.legendre.leggauss(120)
    rho, weight = 4 * (x + 1), 4 * w
    theta = 2 * np.pi * (np.arange(96) + 0.5) / 96
    h = real_space(name, rho, omega)
    y = at[0] - rho[:, None] * np.sin(theta)
    x = at[1] - rho[:, None] * np.cos(theta)
    p = np.exp(-(x**2 + y**2) / (2 * width**2))
    turn = np.sin(order * theta) if sine else np.cos(order * theta)
    return (weight * rho * h) @ (p @ turn) * 2 * np.pi / 96


@pytest.mark.parametrize("omega", [0.3, 40.0])
@pytest.mark.parametrize(
    ("name", "order", "sine", "tensor"),
    [
        ("isotropic", 0, False, np.eye(3)),
        ("mean", 0, False, np.diag([1.0, 1.0, 0])),
        ("normal", 0, False, np.diag([0.0, 0, 1])),
        ("stretch", 2, False, np.diag([1.0, -1, 0])),
        ("stretch", 2, True, [[0, 1, 0], [1, 0, 0], [0, 0, 0]]),
        ("tilt", 1, False, [[0, 0, 1], [0, 0, 0], [1, 0, 0]]),
        ("tilt", 1, True, [[0, 0, 0], [0, 0, 1], [0, 1, 0]]),
    ],
)
def test_bump_of_any_tensor_against_real_space(name, order, sine, tensor, omega, monkeypatch):
    """An isolated bump of one component: signs, angles and sizes; 1e-6: plain quadrature, and
    2e-5 of a bump for the periodic images at 40 R (h falls like 1/ρ³ or slower)."""
    n, a = 160, 0.25
    grid = (np.arange(n) - n // 2) * a
    bump = np.exp(-(grid[:, None] ** 2 + grid**2) / (2 * 0.8**2))
    from vegard import image_inputs

    beta = bump[..., None, None] * np.asarray(tensor, float)
    monkeypatch.setattr(image_inputs.rotations, "rotated", lambda own, turn: beta)
    image = vg.image(
        GAUSS, {"orientation": np.zeros((n, n, 3))}, pixel=a, frequency=omega / (2 * np.pi),
        boundary="periodic", **PER,
    )  # fmt: skip
    for row, column in ((n // 2, n // 2 + 6), (n // 2 + 5, n // 2), (n // 2 - 3, n // 2 + 4)):
        expected = by_hand(name, order, sine, (grid[row], grid[column]), omega)
        assert abs(image.values[row, column] - expected) < 3e-4 * abs(
            by_hand(name, order, sine, (1.25, 1.5), omega)
        ) + 1e-6 * abs(by_hand("isotropic", 0, False, (0.0, 0.0), omega))


def test_direct_sum_on_a_small_grid():
    """O(N²) in real space with the formula of h.

    h = A/ρ + B ln ρ + C + … there; a lattice sum without its middle is short of the integral by
    A a 3.90026 + B a² (ln a - 1.31053) + C a², from Z(s) = 4 ζ(s/2) β(s/2), the sum of |n|⁻ˢ.
    """
    n, a, omega = 96, 0.125, 2.0
    y, x = np.mgrid[:n, :n] * a
    bumps = (((5.0, 4.2), 1.0), ((7.5, 8.2), -2.0), ((6.2, 3.0), 0.5))
    smooth = sum(
        size * np.exp(-((y - i) ** 2 + (x - j) ** 2) / (2 * 0.7**2)) for (i, j), size in bumps
    )
    image = vg.image(GAUSS, {BETA: smooth}, pixel=a, frequency=omega / (2 * np.pi), **PER).values
    for at in ((42, 36), (58, 62), (48, 48)):
        distance = np.hypot(y - y[at], x - x[at])
        different, back = np.unique(distance[distance > 0].round(9), return_inverse=True)
        total = (
            (smooth[distance > 0] * real_space("isotropic", different, omega)[back]).sum() * a * a
        )
        near = np.array([1e-3, 2e-3, 4e-3])
        basis = np.stack([1 / near, np.log(near), np.ones(3)], axis=1)
        missing = np.linalg.solve(basis, real_space("isotropic", near, omega))
        total += smooth[at] * missing @ [3.9002649 * a, a**2 * (np.log(a) - 1.310533), a**2]
        assert abs(image[at] - total) < 6e-4 * np.abs(image).max()  # the next is O(a³): 4e-4 here


# ---- modes and uniform maps ----------------------------------------------------------------------


@pytest.mark.parametrize("e", [GAUSS, PUNCH], ids=["gauss", "punch"])
@pytest.mark.parametrize("boundary", ["mirror", "periodic"])
def test_single_mode_is_multiplied_by_the_transfer(e, boundary):
    (ny, nx), (dy, dx) = (32, 40), (0.3, 0.25)
    if boundary == "mirror":
        y, x = (np.arange(ny) + 0.5) / ny * np.pi * 3, (np.arange(nx) + 0.5) / nx * np.pi * 4
        K = np.pi * np.hypot(3 / (ny * dy), 4 / (nx * dx))
        mode = np.cos(y)[:, None] * np.cos(x)
    else:
        y, x = 2 * np.pi * 3 * np.arange(ny) / ny, 2 * np.pi * 5 * np.arange(nx) / nx
        K = 2 * np.pi * np.hypot(3 / (ny * dy), 5 / (nx * dx))
        mode = np.cos(y[:, None] + x)
    beta = 2.0 + 0.7 * mode
    image = vg.image(e, {BETA: beta}, pixel=(dy, dx), frequency=F, boundary=boundary, **PER)
    kernel = kernels(e, frequency=F, **PER)[0]["vegard"]
    transfer = kernel.transform(np.array([K]))[0]
    expected = 2.0 * kernel.total + 0.7 * mode[..., None] * transfer
    close(image.values, expected, 1e-7)  # tabulation 1e-8, transform at 0 against the sum
    assert image.method == "exact"
    assert not image.validity.any()


@pytest.mark.parametrize(
    "e",
    [
        pytest.param(GAUSS, id="gauss"),
        pytest.param(PUNCH, id="punch", marks=pytest.mark.slow),
        pytest.param(KINETICS, id="kinetics", marks=pytest.mark.slow),
    ],
)
def test_uniform_map_is_the_changed_experiment(e):
    for shape in ((4, 5), (1, 1), (24, 24)):
        image = vg.image(e, {BETA: np.full(shape, 0.4)}, pixel=0.5, frequency=F, **PER)
        u = vg.frequency_response(e.replace({BETA: 0.4}), F, **PER).values
        np.testing.assert_allclose(image.values, np.broadcast_to(u, (*shape, 3)), rtol=KERNEL)
    image = vg.image(e, {DIFFUSIVITY: np.full((3, 4), 1.7)}, pixel=0.5, frequency=F, **PER)
    u = vg.frequency_response(e.replace({DIFFUSIVITY: 1.7}), F, **PER).values
    np.testing.assert_allclose(image.values, np.broadcast_to(u, (3, 4, 3)), rtol=KERNEL)
    assert image.method == "first_order"
    both = {BETA: np.full((3, 4), 0.4), DIFFUSIVITY: np.full((3, 4), 1.7)}
    image = vg.image(e, both, pixel=0.5, frequency=F, **PER)
    np.testing.assert_allclose(image.values, np.broadcast_to(0.4 * u, (3, 4, 3)), rtol=KERNEL)


@pytest.mark.slow
def test_contact_and_film_images_of_beta():
    for e in (
        DISC.replace({"interface": vg.Contact(2.0)}),
        DISC.replace({"geometry": vg.Film(0.5)}),
    ):
        image = vg.image(e, {BETA: np.full((3, 3), 2.0)}, pixel=0.5, frequency=F[:2], **PER)
        u = vg.frequency_response(e.replace({BETA: 2.0}), F[:2], **PER).values
        np.testing.assert_allclose(image.values[1, 1], u, rtol=KERNEL)


@pytest.mark.slow
def test_times_and_drives():
    t = np.array([1.0, 5.0])
    beta = np.full((3, 3), 0.4)
    image = vg.image(DISC, {BETA: beta}, pixel=0.5, time=t, drive=2.0, **PER)
    u = 2 * vg.step_response(DISC.replace({BETA: 0.4}), t, **PER).values
    assert image.values.dtype == float
    np.testing.assert_allclose(image.values[2, 0], u, rtol=KERNEL)
    pulse = vg.Pulse(0.2, 3.0)
    image = vg.image(DISC, {BETA: beta}, pixel=0.5, time=t, drive=pulse, **PER)
    u = vg.time_response(DISC.replace({BETA: 0.4}), pulse, t, **PER).values
    np.testing.assert_allclose(image.values[2, 0], u, rtol=KERNEL)
    image = vg.image(DISC, {DIFFUSIVITY: beta}, pixel=0.5, time=0.3, **PER)
    u = vg.step_response(DISC.replace({DIFFUSIVITY: 0.4}), 0.3, **PER).values
    np.testing.assert_allclose(image.values[2, 0], u, rtol=KERNEL)


def test_shapes_follow_the_swept_axis():
    beta = np.ones((4, 6))
    for f, shape in ((1.0, (4, 6)), ([1.0], (4, 6, 1)), ([[1.0, 2.0]], (4, 6, 1, 2))):
        image = vg.image(GAUSS, {BETA: beta}, pixel=1.0, frequency=f, **PER)
        assert image.values.shape == shape
        assert image.sigma.shape == shape[2:]
        assert image.contrast.shape == shape[2:]
        assert image.validity.shape == (4, 6)


def test_drive_scales_and_additive_signals_are_added():
    beta = 1 + RNG.random((6, 6))
    one = vg.image(GAUSS, {BETA: beta}, pixel=0.5, frequency=F, **PER)
    three = vg.image(GAUSS, {BETA: beta}, pixel=0.5, frequency=F, drive=3.0, **PER)
    close(three.values, 3 * one.values, 1e-14)
    d = np.full((2, 2), 0.4)
    for how in ({"frequency": F}, {"time": [1.0, 2.0]}):
        pair = [
            vg.image(
                GAUSS, {DIFFUSIVITY: d}, pixel=0.5, method="pixelwise", drive=v, **how, **PER
            ).values
            for v in (1.0, 3.0)
        ]
        close(pair[1], 3 * pair[0], 1e-12)
    also = vg.image(
        GAUSS.replace({"also": (Offset(),)}), {BETA: beta}, pixel=0.5, frequency=F, **PER
    )
    close(also.values - one.values, np.broadcast_to(0.1 / (1 + 2j * np.pi * F), (6, 6, 3)), 1e-12)


# ---- edges ---------------------------------------------------------------------------------------


def test_mirrored_edges():
    """A mirrored sample has a mirrored image, and twice the sample with its image the same one."""
    beta = 1 + RNG.random((9, 12))

    def made(m):
        return vg.image(DISC, {BETA: m}, pixel=0.4, frequency=F, **PER).values

    one = made(beta)
    close(made(beta[::-1]), one[::-1], 1e-12)
    close(made(beta[:, ::-1]), one[:, ::-1], 1e-12)
    doubled = np.concatenate([beta, beta[:, ::-1]], axis=1)
    close(made(doubled)[:, :12], one, 1e-7)  # other modes are tabulated
    four = np.pad(beta, ((0, 9), (0, 12)), "symmetric")
    periodic = vg.image(
        DISC, {BETA: four}, pixel=0.4, frequency=F, boundary="periodic", **PER
    ).values[:9, :12]
    close(periodic, one, 1e-7)


def test_mirrored_grains():
    """The sample with its image beside it, angle by angle, is the same sample."""
    euler = RNG.random((8, 8, 3))
    kw = {"pixel": 0.4, "frequency": F, **PER}
    one = vg.image(CRYSTAL, {"orientation": euler}, **kw).values
    doubled = np.concatenate([euler, euler[:, ::-1]], axis=1)
    close(vg.image(CRYSTAL, {"orientation": doubled}, **kw).values[:, :8], one, 1e-7)


@pytest.mark.parametrize(("order", "sine"), [(1, False), (1, True), (2, False), (2, True)])
def test_real_kernels_make_real_images(order, sine):
    """The highest mode of an even number of pixels included."""

    def transfer(K):
        return np.exp(-K[:, None]) + 0j

    for shape in ((8, 8), (8, 7), (7, 8)):
        plane = Plane(shape, (1.0, 1.0), "periodic")
        found = convolve(plane, [Layer(RNG.random(shape), transfer, order, sine)])
        assert np.abs(found.imag).max() < 1e-15


def test_periodic_images_roll_with_the_sample():
    beta = 1 + RNG.random((8, 10))
    kw = {"pixel": 0.4, "frequency": F, "boundary": "periodic", **PER}
    one = vg.image(DISC, {BETA: beta}, **kw).values
    close(vg.image(DISC, {BETA: np.roll(beta, 3, 1)}, **kw).values, np.roll(one, 3, 1), 1e-12)


# ---- orientation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("boundary", ["mirror", "periodic"])
def test_uniform_orientation_is_that_of_grains(boundary):
    euler = (0.4, 0.9, 0.2)
    image = vg.image(
        CRYSTAL, {"orientation": np.broadcast_to(euler, (6, 8, 3))}, pixel=0.5, frequency=F,
        boundary=boundary, **PER,
    )  # fmt: skip
    u = vg.orientation_contrast(CRYSTAL, euler, F, **PER).vertical.values
    np.testing.assert_allclose(image.values, np.broadcast_to(u, (6, 8, 3)), rtol=KERNEL)


def test_turning_the_sample_turns_the_image():
    """Half a turn of map and crystals about z: tensors even, tilts odd."""
    euler = RNG.random((10, 10, 3))
    kw = {"pixel": 0.4, "frequency": F, **PER}
    one = vg.image(CRYSTAL, {"orientation": euler}, **kw).values
    turned = euler[::-1, ::-1] + np.array([np.pi, 0, 0])
    close(vg.image(CRYSTAL, {"orientation": turned}, **kw).values, one[::-1, ::-1], 1e-7)
    quarter = np.rot90(euler, -1) + np.array([np.pi / 2, 0, 0])  # x to y, which is down
    close(vg.image(CRYSTAL, {"orientation": quarter}, **kw).values, np.rot90(one, -1), 1e-7)


def test_isotropic_orientation_is_nothing():
    image = vg.image(GAUSS, {"orientation": RNG.random((5, 5, 3))}, pixel=1.0, frequency=F, **PER)
    u = vg.frequency_response(GAUSS, F, **PER).values
    np.testing.assert_allclose(image.values[2, 3], u, rtol=KERNEL)


# ---- D and κ -------------------------------------------------------------------------------------


def wave(n=32, amount=0.02, cycles=1):
    x = np.cos(np.pi * cycles * (np.arange(n) + 0.5) / n)
    return np.exp(amount * (x[:, None] * x - (x.mean() ** 2)))


@pytest.mark.slow
def test_long_waves_of_transport_are_local():
    """Far longer than tip and diffusion length: the uniform response of each place."""
    maps = {DIFFUSIVITY: 3 * wave(), "interface.rate": 2 * wave(cycles=2)}
    image = vg.image(KINETICS, maps, pixel=50.0, frequency=F, **PER)
    assert image.method == "first_order"
    for at in ((0, 0), (5, 20), (31, 0)):
        e = KINETICS.replace({path: float(m[at]) for path, m in maps.items()})
        u = vg.frequency_response(e, F, **PER).values
        u0 = vg.frequency_response(KINETICS.replace({DIFFUSIVITY: 3.0}), F, **PER).values
        change = np.abs(u - u0).max()
        # linearising 2 % errs by 1e-4 of u, the blur of 800 R waves by 1e-3 of the change
        assert np.abs(image.values[at] - u).max() < 5e-3 * change + 2e-4 * np.abs(u).max()


@pytest.mark.slow
def test_first_order_is_the_adjoint_kernel():
    log = 0.01 * np.cos(np.pi * 3 * (np.arange(40) + 0.5) / 40)
    d = np.exp(np.broadcast_to(log, (40, 40)))
    for path, name in ((DIFFUSIVITY, "diffusivity"), ("interface.rate", "rate")):
        e = KINETICS if name == "rate" else DISC
        m = e[path] * d
        image = vg.image(e, {path: m}, pixel=0.2, frequency=F, **PER)
        kernel = kernels(e, [name], frequency=F, **PER)[0][name]
        transfer = kernel.transform(np.array([3 * np.pi / 8.0]))[0]
        u0 = vg.frequency_response(e, F, **PER).values
        close(image.values[7] - u0, log[:, None] * transfer, 1e-5)  # of the change, 1e-7 of u


def test_validity_is_the_error_of_linearising_and_second_order():
    found = []
    for amount in (0.1, 0.2):
        d = wave(amount=amount)
        image = vg.image(DISC, {DIFFUSIVITY: d}, pixel=50.0, frequency=F, **PER)
        u = vg.frequency_response(DISC.replace({DIFFUSIVITY: float(d[0, 0])}), F, **PER).values
        # waves so long that the image is that of the linearised uniform response
        true = np.abs(image.values[0, 0] / u - 1).max()
        assert image.validity[0, 0] == pytest.approx(true, rel=0.15, abs=0)
        found.append(image.validity.max())
    assert found[1] / found[0] == pytest.approx(4, rel=0.1, abs=0)


def test_logarithm_serves_wider_than_the_change():
    """Worst error over frequencies of the uniform response to D/4 … 4 D about D, both ways."""
    worst = {"log": 0.0, "change": 0.0}
    for interface, per in ((vg.FixedConcentration(), "concentration"), (vg.FixedFlux(), "flux")):
        e = DISC.replace({"interface": interface})
        total = kernels(e, ["diffusivity"], frequency=F, per=per)[0]["diffusivity"].total
        u0 = vg.frequency_response(e, F, per=per).values
        for d in (0.25, 0.5, 2.0, 4.0):
            u = vg.frequency_response(e.replace({DIFFUSIVITY: d}), F, per=per).values
            for name, x in (("log", np.log(d)), ("change", d - 1)):
                off = np.abs((u0 + x * total) / u - 1).max()
                worst[name] = max(worst[name], float(off))
    assert worst["log"] < 0.4 * worst["change"]


def test_wide_maps_fall_back_to_pixels_and_say_so():
    d = np.where(np.arange(40) < 20, 0.1, 10.0) * np.ones((40, 1))
    with pytest.warns(vg.OutOfRegime, match=r"D the image would be off by up to .* > tolerance"):
        image = vg.image(DISC, {DIFFUSIVITY: d}, pixel=0.5, frequency=F, **PER)
    assert image.method == "pixelwise"
    for column, value in ((0, 0.1), (39, 10.0)):
        u = vg.frequency_response(DISC.replace({DIFFUSIVITY: value}), F, **PER).values
        np.testing.assert_allclose(image.values[3, column], u, rtol=1e-12)
    assert image.validity[0, 19] > 10 * image.validity[0, 0]
    blurred = vg.image(DISC, {DIFFUSIVITY: d}, pixel=0.5, frequency=F, method="blurred", **PER)
    steps = [np.abs(np.diff(i.values[0, :, 0])).max() for i in (image, blurred)]
    assert steps[1] < 0.7 * steps[0]
    off = np.abs(blurred.values - image.values) / np.abs(image.values)
    close(image.validity, off.max(axis=-1), 1e-12)


def test_many_different_pixels_are_a_series():
    """Three decades of D and two of κ, all pixels different, against single responses."""
    d, rate = 10 ** RNG.uniform(-2, 1, (12, 12)), 10 ** RNG.uniform(-1, 1, (12, 12))
    maps = {DIFFUSIVITY: d, "interface.rate": rate}
    seen = []
    image = vg.image(
        KINETICS, maps, pixel=1.0, frequency=F, method="pixelwise",
        progress=lambda *x: seen.append(x), **PER,
    )  # fmt: skip
    assert seen[-1][0] < seen[-1][1]
    for at in ((0, 0), (3, 7), (11, 11)):
        e = KINETICS.replace({path: float(m[at]) for path, m in maps.items()})
        u = vg.frequency_response(e, F, **PER).values
        np.testing.assert_allclose(image.values[at], u, rtol=1e-5)  # 1e-7 of the largest u


@pytest.mark.slow
def test_contact_has_kernels():
    contact = DISC.replace({"interface": vg.Contact(2.0)})
    for path, value in ((DIFFUSIVITY, 1.1), ("interface.rate", 1.9)):
        image = vg.image(contact, {path: np.full((2, 2), value)}, pixel=1.0, frequency=1.0, **PER)
        u = vg.frequency_response(contact.replace({path: value}), 1.0, **PER).values
        assert image.method == "first_order"
        assert image.values[1, 1] == pytest.approx(u, rel=KERNEL, abs=0)


@pytest.mark.slow
def test_blocking_tip_and_thickness_have_no_kernel():
    blocked = DISC.replace({"interface": vg.BlockingTip(0.1, 1e3), "tip": vg.GaussianTip(R)})
    d = np.where(np.arange(4) < 2, 1.0, 1.1) * np.ones((4, 1))
    with pytest.warns(vg.OutOfRegime, match="not for BlockingTip"):
        image = vg.image(blocked, {DIFFUSIVITY: d}, pixel=1.0, frequency=1.0)
    u = vg.frequency_response(blocked.replace({DIFFUSIVITY: 1.1}), 1.0).values
    assert image.values[0, 3] == pytest.approx(u, rel=1e-12, abs=0)
    with pytest.raises(vg.VegardError, match="not for BlockingTip"):
        vg.image(blocked, {DIFFUSIVITY: d}, pixel=1.0, frequency=1.0, method="first_order")
    film = DISC.replace({"geometry": vg.Film(0.5)})
    with pytest.warns(vg.OutOfRegime, match="thickness has no first-order kernel"):
        image = vg.image(film, {"geometry.thickness": d}, pixel=1.0, frequency=1.0, **PER)
    u = vg.frequency_response(film.replace({"geometry.thickness": 1.1}), 1.0, **PER).values
    assert image.values[0, 3] == pytest.approx(u, rel=1e-12, abs=0)


@pytest.mark.slow
def test_change_of_transport_counts_with_its_beta():
    d = wave(amount=0.1)
    kw = {"pixel": 0.5, "frequency": F[:2], **PER}
    both = vg.image(DISC, {BETA: np.full_like(d, 0.4), DIFFUSIVITY: d}, **kw)
    alone = vg.image(DISC, {DIFFUSIVITY: d}, **kw)
    assert both.method == "first_order"
    np.testing.assert_allclose(both.values, 0.4 * alone.values, rtol=KERNEL)
    assert alone.contrast.min() > 1e-3


@pytest.mark.slow
def test_beta_blurs_beside_a_pixelwise_map():
    beta = 1 + RNG.random((10, 10))
    maps = {BETA: beta, DIFFUSIVITY: np.full((10, 10), 3.0)}
    kw = {"pixel": 0.5, "frequency": F, **PER}
    image = vg.image(DISC, maps, method="pixelwise", **kw)
    alone = vg.image(DISC.replace({DIFFUSIVITY: 3.0}), {BETA: beta}, **kw)
    close(image.values, alone.values, KERNEL)
    close(vg.image(DISC, maps, **kw).values, alone.values, KERNEL)


# ---- noise and drift -----------------------------------------------------------------------------


def test_noise_is_what_was_asked_for_and_repeats():
    beta = np.ones((60, 60))
    kw = {"pixel": 1.0, "frequency": F, **PER}
    still = vg.image(GAUSS, {BETA: beta}, **kw).values
    one = vg.image(GAUSS, {BETA: beta}, noise=[0.1, 0.2, 0.3], seed=3, **kw)
    rest = one.values - still
    for part in (rest.real, rest.imag):  # 5 standard errors of a standard deviation
        np.testing.assert_allclose(part.std(axis=(0, 1)), [0.1, 0.2, 0.3], rtol=5 / 85)
    again = vg.image(GAUSS, {BETA: beta}, noise=[0.1, 0.2, 0.3], seed=3, **kw)
    assert (again.values == one.values).all()
    other = vg.image(GAUSS, {BETA: beta}, noise=[0.1, 0.2, 0.3], seed=4, **kw)
    assert (other.values != one.values).all()


def test_contrast_is_without_the_noise():
    """2 %: sampling error of a variance of 3600 pixels where noise is twice the contrast."""
    beta = 1 + 0.3 * np.cos(np.pi * (np.arange(60) + 0.5) / 60) * np.ones((60, 1))
    kw = {"pixel": 1.0, "frequency": F[:2], **PER}
    still = vg.image(GAUSS, {BETA: beta}, **kw)
    noisy = vg.image(GAUSS, {BETA: beta}, noise=0.1, **kw)
    ratio = np.abs(still.values - still.values.mean(axis=(0, 1))).std(axis=(0, 1))
    assert (ratio < 0.2).all()
    np.testing.assert_allclose(noisy.contrast, still.contrast, rtol=0.1)
    flat = vg.image(GAUSS, {BETA: np.ones((60, 60))}, noise=0.1, seed=2, **kw)
    assert (flat.contrast < 0.1).all()


def test_noise_of_an_instrument():
    tool = vg.Instrument("mine", 5e-15, None, 100.0)
    image = vg.image(GAUSS, {BETA: np.ones((2, 2))}, pixel=1.0, frequency=F, noise=tool, **PER)
    np.testing.assert_allclose(image.sigma, 5e-15 * np.sqrt(200.0), rtol=1e-12)


def test_drift_shifts_lines():
    """A sample that moves along x by nine pixels over the scan: each line by its share."""
    x = np.arange(64)
    beta = 1 + np.exp(-((x - 30.0) ** 2) / 50) * np.ones((10, 1))
    kw = {"pixel": 0.5, "frequency": F, **PER}
    still = vg.image(DISC, {BETA: beta}, **kw).values
    moved = vg.image(DISC, {BETA: beta}, drift=(0.0, 4.5), **kw).values
    for row in range(10):  # spline of order 5 on a wide bump
        close(moved[row, 15:50], still[row, 15 - row : 50 - row], 1e-5)
    down = vg.image(DISC, {BETA: beta.T}, drift=(6.3, 0.0), **kw).values
    assert np.abs(down[30] / still[0, 30] - 1).max() > 1e-3
    # line 35 sees the sample where 35 (1 - 12.6/63) = 28 was
    close(down[35, 0], still[0, 28], 1e-5)


# ---- the object ----------------------------------------------------------------------------------


def test_dataset_and_file(tmp_path):
    import xarray as xr

    beta = 1 + RNG.random((4, 5))
    image = vg.image(GAUSS, {BETA: beta}, pixel=(0.5, 0.25), frequency=F, noise=0.1, **PER)
    data = image.to_xarray()
    assert data["image"].dims == ("y", "x", "frequency")
    assert float(data.x[-1]) == 1.0
    assert data.attrs["seed"] == 0
    path = image.to_netcdf(tmp_path / "image.nc")
    with xr.open_dataset(path, engine="h5netcdf") as read:
        assert (read["image_re"].values == image.values.real).all()
        assert (read[BETA].values == beta).all()
        assert read.attrs["inputs_sha256"] == data.attrs["inputs_sha256"]
    real = vg.image(GAUSS, {BETA: beta}, pixel=0.5, time=1.0, **PER)
    assert real.to_xarray()["image"].dims == ("y", "x")
    real.to_netcdf(tmp_path / "real.nc")
    other = vg.image(GAUSS, {BETA: beta + 1}, pixel=(0.5, 0.25), frequency=F, noise=0.1, **PER)
    assert other.to_xarray().attrs["inputs_sha256"] != data.attrs["inputs_sha256"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        image.method = "other"


def test_report_and_pictures():
    beta = vg.samples.columns((40, 40), 0.3, 3.0, 6.0, inside=2.0, outside=1.0).values
    image = vg.image(DISC, {BETA: beta}, pixel=0.3, frequency=F, noise=1e-3, **PER)
    lines = image.report().splitlines()
    assert lines[0] == "40 × 40 pixels, 12 m × 12 m, of a map of material.vegard; exact"
    assert lines[2].split()[:2] == ["1", "Hz"]
    assert "noise 1 mm" in lines[1]
    ax = image.plot(Figure().add_subplot(), index=1, title="3 m columns")
    contrast = 100 * image.contrast[1]
    assert ax.get_title(loc="left").startswith(f"3 m columns: contrast {contrast:.2g} % at 1 Hz")
    assert ax.get_xlabel() == "x (m)"
    assert ax.images[0].get_extent() == [0, 12, 12, 0]  # y down
    phase = image.plot(Figure().add_subplot(), show="phase")
    assert phase.images[0].get_cmap().name == "twilight"
    assert "phase (rad)" in [a.get_ylabel() for a in phase.figure.axes]
    error = image.plot(Figure().add_subplot(), show="validity")
    assert "at most 0 %" in error.get_title(loc="left")
    with pytest.raises(vg.VegardError, match="beyond the 3 images"):
        image.plot(Figure().add_subplot(), index=3)
    with pytest.raises(vg.VegardError, match="unknown picture"):
        image.plot(Figure().add_subplot(), show="depth")


@pytest.mark.parametrize(
    ("maps", "kw", "words"),
    [
        ({}, {}, "an empty one"),
        ([1], {}, "must be a dict"),
        ({"material.poisson": np.ones((2, 2))}, {}, "unknown map"),
        ({BETA: np.ones(3)}, {}, r"shape \(ny, nx\)"),
        ({BETA: [[1.0, np.nan]]}, {}, "finite"),
        ({DIFFUSIVITY: np.zeros((2, 2))}, {}, "> 0"),
        ({BETA: np.ones((2, 2)), DIFFUSIVITY: np.ones((2, 3))}, {}, "same pixels"),
        ({"orientation": np.ones((2, 2))}, {}, "Bunge"),
        ({"orientation": np.ones((2, 3))}, {}, r"\(ny, nx, 3\)"),
        ({"orientation": np.ones((2, 2, 3)), BETA: np.ones((2, 2))}, {}, "cannot be joined"),
        ({"interface.rate": np.ones((2, 2))}, {}, "rate"),
        ({"geometry.thickness": np.ones((2, 2))}, {}, "thickness"),
        ({BETA: np.ones((2, 2))}, {"pixel": 0.0}, "pixel"),
        ({BETA: np.ones((2, 2))}, {"pixel": (1, 2, 3)}, "pixel"),
        ({BETA: np.ones((2, 2))}, {"frequency": None}, "either frequency"),
        ({BETA: np.ones((2, 2))}, {"time": 1.0}, "either frequency"),
        ({BETA: np.ones((2, 2))}, {"drive": 0.0}, "drive"),
        ({BETA: np.ones((2, 2))}, {"drive": vg.Pulse(1.0)}, "needs time"),
        ({BETA: np.ones((2, 2))}, {"noise": -1.0}, "noise"),
        ({BETA: np.ones((2, 2))}, {"noise": [1.0, 2.0]}, "noise must be one number"),
        ({BETA: np.ones((2, 2))}, {"boundary": "zero"}, "unknown boundary"),
        ({BETA: np.ones((2, 2))}, {"method": "born"}, "unknown method"),
        ({BETA: np.ones((2, 2))}, {"drift": 1.0}, "drift"),
        ({BETA: np.ones((2, 2))}, {"tolerance": -1.0}, "tolerance"),
        ({BETA: np.ones((2, 2))}, {"noise": 1.0, "seed": -1}, "seed"),
    ],
)
def test_refused(maps, kw, words):
    with pytest.raises(vg.VegardError, match=words):
        vg.image(GAUSS, maps, **({"pixel": 1.0, "frequency": 1.0, **PER} | kw))


def test_refused_for_the_experiment():
    skew = vg.Experiment(vg.Material((1.0, 2.0), (0.2, -1.1), NU), vg.DiscTip(R))
    kw = {"pixel": 1.0, "frequency": 1.0, **PER}
    with pytest.raises(vg.VegardError, match="anisotropic"):
        vg.image(skew, {"orientation": np.full((2, 2, 3), 0.3)}, **kw)
    with pytest.raises(vg.VegardError, match="isotropic"):
        vg.image(skew, {DIFFUSIVITY: np.ones((2, 2))}, **kw)
    tool = vg.Instrument("mine", 5e-15, None, None)
    with pytest.raises(vg.VegardError, match="bandwidth"):
        vg.image(GAUSS, {BETA: np.ones((2, 2))}, noise=tool, **kw)
    with pytest.raises(vg.VegardError, match="at frequencies"):
        vg.image(GAUSS, {BETA: np.ones((2, 2))}, pixel=1.0, time=1.0, noise=tool, **PER)


# ---- numerics ------------------------------------------------------------------------------------


def test_tabulated_is_the_transform():
    """Transforms that turn, decay, or have a root at 0; 1e-7: tolerance of the panels."""
    K = np.unique(np.concatenate([[0.0], np.geomspace(1e-3, 1e2, 3000)]))
    cases = np.array([0.5, 2.0])
    for f in (
        lambda k: np.exp(-k[:, None] * cases) * (1 + 2j * k[:, None]),
        lambda k: jv(1, 3 * k[:, None] * cases) + 1j * np.cos(k[:, None]),
        lambda k: 1 / (1 + np.sqrt(k[:, None] * cases)),
    ):
        calls = []

        def counted(k, f=f, calls=calls):
            calls.append(k.size)
            return f(k)

        close(tabulated(counted, K), f(K), 1e-7)
        assert sum(calls) < 3 * K.size


def test_layers_that_differ_along_the_stack():
    plane = Plane((8, 8), (1.0, 1.0))
    maps = RNG.random((3, 8, 8))

    def flat(K):
        return np.exp(-K[:, None] * np.ones(3))

    whole = convolve(plane, [Layer(maps, flat)])
    for i in range(3):
        close(whole[i], convolve(plane, [Layer(maps[i], flat)])[i], 1e-14)


def test_no_warning_and_light():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = vg.image(GAUSS, {BETA: np.ones((2, 2))}, pixel=1.0, frequency=1.0, **PER)
    assert isinstance(image, Image)

"""Any Vegard tensor: its rotations, what it moves, and maps of grains."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from common import Offset
from hypothesis import given, settings
from hypothesis import strategies as st

import vegard as vg
from vegard import orientation, rotations
from vegard.elastic import COMPONENTS
from vegard.orientation import orientation_contrast

ANGLE = st.floats(-7, 7, allow_nan=False)
BETA = ((0.3, -0.7, 1.1), (-0.7, -0.4, 0.5), (1.1, 0.5, 0.9))
LAYERED = (0.2, -1.1)


def turn_x(a):
    return np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])


def turn_z(a):
    return np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])


def grain(beta, **kw):
    return vg.Experiment(vg.Material(1.0, beta, 0.3), vg.DiscTip(1.0), **kw)


def moved(e, r, theta, **kw):
    """Displacement (vertical, x, y)."""
    return np.array(
        [
            vg.frequency_response(
                e, 0.3, per="concentration", at=r, azimuth=theta, component=c, **kw
            ).values
            for c in COMPONENTS
        ]
    )


# ---- rotations ----


@settings(max_examples=40, deadline=None)
@given(ANGLE, ANGLE, ANGLE)
def test_rotation_is_three_turns(first, middle, last):
    """Q = R_z(φ1) R_x(Φ) R_z(φ2), a proper rotation."""
    q = rotations.rotation((first, middle, last))
    assert q == pytest.approx(turn_z(first) @ turn_x(middle) @ turn_z(last), rel=0, abs=1e-15)
    assert q @ q.T == pytest.approx(np.eye(3), rel=0, abs=1e-15)
    assert np.linalg.det(q) == pytest.approx(1, rel=1e-14)
    axis = (
        math.sin(first) * math.sin(middle),
        -math.cos(first) * math.sin(middle),
        math.cos(middle),
    )
    assert q[:, 2] == pytest.approx(axis, rel=0, abs=1e-15)


def test_bunge_of_a_textbook():
    """g takes the sample's axes to the crystal's: (φ1, Φ, φ2) = (90°, 90°, 0) sends X to -y."""
    g = rotations.rotation((math.pi / 2, math.pi / 2, 0.0)).T
    assert g == pytest.approx(np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), rel=0, abs=1e-15)


def test_axes_with_z_out_of_the_sample():
    """(φ1, Φ, φ2) seen with z out of the sample and y up are (-φ1, Φ + π, φ2) here."""
    outside = rotations.rotation((0.4, 1.1, -0.6))
    here = rotations.rotation((-0.4, 1.1 + math.pi, -0.6))
    assert here == pytest.approx(np.diag([1, -1, -1]) @ outside, rel=0, abs=1e-15)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda d: max(map(abs, d)) > 1e-3), ANGLE)
def test_direction_onto_the_normal(direction, turn):
    q = rotations.rotation(rotations.euler_along(direction, turn=turn))
    unit = np.array(direction) / np.linalg.norm(direction)
    assert q @ unit == pytest.approx([0, 0, 1], rel=0, abs=1e-15)
    # the shortest turn has the angle between the two, and the rest is about z
    shortest = turn_z(-turn) @ q
    assert (np.trace(shortest) - 1) / 2 == pytest.approx(unit[2], rel=0, abs=2e-15)


def test_directions_and_planes_of_a_lattice():
    """Hexagonal: [100] and the normal of (100) are 30° apart; (104) of LiCoO2 leans by 55°."""
    a, c = 2.816, 14.05
    lattice = np.array([[a, 0, 0], [-a / 2, a * 3**0.5 / 2, 0], [0, 0, c]])
    along = rotations.rotation(rotations.euler_along((1, 0, 0), lattice=lattice))[2]
    assert along == pytest.approx([1, 0, 0], rel=0, abs=1e-15)
    planes = np.linalg.inv(lattice).T
    normal = rotations.rotation(rotations.euler_along((1, 0, 0), lattice=planes))[2]
    assert normal == pytest.approx([3**0.5 / 2, 0.5, 0], rel=0, abs=1e-15)
    tilt = math.atan((2 / (3**0.5 * a)) / (4 / c))  # |a*|/(4|c*|)
    assert math.degrees(tilt) == pytest.approx(55.2, abs=0.1)
    facet = vg.Material(1.0, LAYERED, 0.2).along((1, 0, 4), lattice=planes)
    expected = LAYERED[0] * math.sin(tilt) ** 2 + LAYERED[1] * math.cos(tilt) ** 2
    assert facet.vegard_tensor[2][2] == pytest.approx(expected, rel=1e-12)


# ---- materials ----


def test_three_ways_to_write_a_tensor():
    m = vg.Material(1.0, np.diag([2.0, 2.0, 3.0]), 0.3)
    assert m.vegard == ((2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 3.0))
    assert m == vg.Material(1.0, m.vegard, 0.3)
    assert hash(m) == hash(vg.Material(1.0, m.vegard, 0.3))
    assert m.vegard_pair == (2.0, 3.0)
    assert vg.Material(1.0, (2.0, 3.0), 0.3).vegard_tensor == m.vegard
    assert vg.Material(1.0, 2.0, 0.3).vegard_tensor[1] == (0.0, 2.0, 0.0)
    assert vg.Material(1.0, 2.0, 0.3).vegard_principal == (2.0, 2.0, 2.0)
    # rounding of a rotation made elsewhere is no lack of symmetry
    rough = np.array(BETA) + 1e-12 * np.arange(9).reshape(3, 3)
    t = np.array(vg.Material(1.0, rough, 0.3).vegard)
    assert (t == t.T).all()


def test_rotated_material():
    m = vg.Material(1.0, BETA, 0.3, name="grain")
    euler = (0.4, 1.1, -0.6)
    q = turn_z(0.4) @ turn_x(1.1) @ turn_z(-0.6)
    turned = m.rotated(euler)
    assert np.array(turned.vegard) == pytest.approx(q @ np.array(BETA) @ q.T, rel=1e-14)
    assert turned.name == "grain"
    assert turned.vegard_principal == pytest.approx(m.vegard_principal, rel=1e-14)
    ball = vg.Material(1.0, 2.0, 0.3).rotated(euler)
    assert ball.vegard_pair == pytest.approx((2.0, 2.0), rel=1e-14)


def test_a_grain_of_any_tilt_about_its_own_axis_is_the_same():
    m = vg.Material(1.0, LAYERED, 0.3)
    one, other = m.rotated((0.3, 0.9, 0.0)), m.rotated((0.3, 0.9, 1.7))
    assert np.array(one.vegard) == pytest.approx(np.array(other.vegard), rel=1e-14)


BAD = [
    (lambda: vg.Material(1.0, np.zeros((3, 2)), 0.3), r"Material\.vegard must be finite .* 3×3"),
    (lambda: vg.Material(1.0, np.zeros((4, 4)), 0.3), "or a symmetric 3×3; got"),
    (lambda: vg.Material(1.0, [1.0, 2.0, 3.0], 0.3), "or a symmetric 3×3; got"),
    (lambda: vg.Material(1.0, ["abc", "abc", "abc"], 0.3), "or a symmetric 3×3; got"),
    (lambda: vg.Material(1.0, [[1, 0, 0], [0, 1], [0, 0, 1]], 0.3), "symmetric 3×3; got"),
    (lambda: vg.Material(1.0, np.full((3, 3, 1), 1.0), 0.3), "symmetric 3×3; got"),
    (lambda: vg.Material(1.0, np.diag([1.0, 2.0, np.nan]), 0.3), "Material.vegard must be finite"),
    (lambda: vg.Material(1.0, np.diag([1.0, 2.0, np.inf]), 0.3), "Material.vegard must be finite"),
    (
        lambda: vg.Material(1.0, [[1, 2, 0], [0, 1, 0], [0, 0, 1]], 0.3),
        r"must be symmetric.*got 2 in row 1, column 2 but 0 in row 2.*\(B \+ Bᵀ\)/2",
    ),
    (lambda: vg.Material(np.eye(3), 1.0, 0.3), r"diffusivity must be > 0 .*or \(in_plane, norm"),
    (lambda: vg.Material(1.0, [[1, 0, 1], [0, 1, 0], [1, 0, 1]], 0.3).vegard_pair, "not axisym"),
    (lambda: vg.Material(1.0, BETA, 0.3).vegard_pair, "not axisymmetric about the surface normal"),
    (lambda: vg.Material(1.0, np.diag([1.0, 2, 3]), 0.3).vegard_pair, "not axisymmetric about"),
    (lambda: vg.Material((np.ones(1), 1.0), 1.0, 0.3), r"Material\.diffusivity must be > 0"),
    (lambda: vg.Material(1.0, 1.0, 0.3).rotated((0.0, 1.0)), r"euler must be Bunge's.*\(2,\)"),
    (lambda: vg.Material(1.0, 1.0, 0.3).rotated(1.0), "euler must be Bunge's angles"),
    (lambda: vg.Material(1.0, 1.0, 0.3).rotated((0, np.nan, 0)), "holds nan or inf"),
    (lambda: vg.Material(1.0, 1.0, 0.3).rotated(("30 deg", 0, 0)), "angles .* in rad; got"),
    (lambda: vg.Material(1.0, 1.0, 0.3).rotated([[1, 0], [0]]), "angles .* in rad; got"),
    (lambda: vg.Material(1.0, 1.0, 0.3).rotated(np.zeros((2, 3))), "use vegard.orientation_con"),
    (lambda: vg.Material(1.0, None, 0.3).rotated((0, 1, 0)), "Material.vegard is unknown"),
    (lambda: vg.Material((1, 2), 1.0, 0.3).rotated((0, 0.1, 0)), "diffusivity = .* anisotropic"),
    (lambda: vg.Material(1.0, 1.0, 0.3).along((0, 0, 0)), r"must not be \(0, 0, 0\)"),
    (lambda: vg.Material(1.0, 1.0, 0.3).along((0, 1)), r"direction must be .*shape \(2,\)"),
    (lambda: vg.Material(1.0, 1.0, 0.3).along((0, 0, 1), turn=np.inf), "turn must be finite"),
    (lambda: vg.Material(1.0, 1.0, 0.3).along((0, 0, 1), lattice=np.ones((3, 3))), "span space"),
    (lambda: vg.Material(1.0, 1.0, 0.3).along((0, 0, 1), lattice=(1, 2, 3)), "span space"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_errors(make, message):
    with pytest.raises(vg.VegardError, match=message):
        make()


def test_anisotropic_diffusion_may_turn_about_the_normal():
    m = vg.Material((3.0, 1.0), BETA, 0.3)
    assert m.rotated((0.4, 0.0, 0.3)).diffusivity == (3.0, 1.0)
    assert m.rotated((0.4, math.pi, 0.3)).diffusivity == (3.0, 1.0)


# ---- what a tensor moves ----


def test_static_centre_of_a_disc():
    """c R [¾β₃₃ + (¼+ν)(β₁₁+β₂₂)/2] up, -¾β₁₃ and -¾β₂₃ sideways, from C = e^{-kz} at rest."""
    e = grain(BETA)
    up, x, y = (vg.static_response(e, per="concentration", component=c).values for c in COMPONENTS)
    assert up == pytest.approx(0.75 * 0.9 + 0.55 * (0.3 - 0.4) / 2, rel=1e-13)
    assert (x, y) == pytest.approx((-0.75 * 1.1, -0.75 * 0.5), rel=1e-13)


def test_skin_of_a_disc():
    """ω → ∞: β₃₃ + (1+2ν)(β₁₁+β₂₂)/2 up and -2β₁₃ sideways, times √(D/iω)."""
    e = grain(BETA)
    omega = 1e10
    skin = (1j * omega) ** -0.5
    up, x, _ = (
        vg.frequency_response(e, omega / (2 * math.pi), per="concentration", component=c).values
        for c in COMPONENTS
    )
    # the next term is smaller by √(D/ω)/R = 1e-5
    assert up == pytest.approx((0.9 + 1.6 * (0.3 - 0.4) / 2) * skin, rel=1e-4)
    assert x == pytest.approx(-2 * 1.1 * skin, rel=1e-4)


@pytest.mark.parametrize("geometry", [vg.HalfSpace(), vg.Film(0.4), vg.Film(0.4, "permeable")])
@pytest.mark.parametrize("angle", [0.7, -2.1])
def test_a_turned_grain_moves_as_the_turned_point(geometry, angle):
    """Turning β about the normal turns the whole field of displacements with it."""
    r, theta = 0.6, 0.4
    up, x, y = moved(grain(BETA, geometry=geometry), r, theta)
    e = grain(BETA, geometry=geometry)
    turned = e.replace({"material": e.material.rotated((angle, 0.0, 0.0))})
    u = moved(turned, r, theta + angle)
    c, s = math.cos(angle), math.sin(angle)
    assert u == pytest.approx([up, c * x - s * y, s * x + c * y], rel=1e-12)


def test_a_mirrored_grain_moves_mirrored():
    """A mirror y → -y changes the sign of β₁₂ and β₂₃, of u_y and of the azimuth."""
    m = np.diag([1.0, -1.0, 1.0])
    up, x, y = moved(grain(BETA), 0.6, 0.4)
    assert moved(grain(m @ np.array(BETA) @ m), 0.6, -0.4) == pytest.approx([up, x, -y], rel=1e-13)


@pytest.mark.parametrize("readout", ["centre", "punch"])
def test_linear_in_the_tensor(readout):
    """A film off the axis: the sum over components, with a stated error above the true one."""
    e = grain(BETA, geometry=vg.Film(0.7), readout=readout)
    components = COMPONENTS if readout == "centre" else COMPONENTS[:1]
    f = [0.01, 10.0]
    for c in components:
        kw = {"per": "concentration", "at": 0.8, "azimuth": 1.2, "component": c}
        whole = vg.frequency_response(e, f, **kw)
        total, error = np.zeros(2, complex), np.zeros(2)
        for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)):
            unit = np.zeros((3, 3))
            unit[i, j] = unit[j, i] = BETA[i][j]
            u = vg.frequency_response(e.replace({"material.vegard": unit}), f, **kw)
            total += u.values
            error += u.error
        assert (np.abs(whole.values - total) <= whole.error + error).all()
        assert (whole.error < 1e-11 * np.abs(whole.values)).all()


def test_lateral_step_ends_at_rest():
    e = grain(BETA)
    u = vg.step_response(e, [1e-3, 1e8], per="concentration", at=0.5, component="lateral_x")
    rest = vg.static_response(e, per="concentration", at=0.5, component="lateral_x")
    # what is left of the relaxation falls like √(R²/Dt) = 1e-4 and its factor
    assert u.values[1] == pytest.approx(rest.values, rel=1e-3)
    assert abs(u.values[0]) < 0.2 * abs(rest.values)


@pytest.mark.slow
def test_relaxation_times_of_a_tilted_grain():
    """Off the axis, with the harmonics 0, 1 and 2: ∫g/(1+iωτ) d ln τ is the response."""
    e = vg.Experiment(vg.Material(1.0, BETA, 0.3), vg.GaussianTip(1.0))
    tau = np.geomspace(1e-5, 1e7, 361)
    g = vg.relaxation_times(e, per="concentration", at=0.5, tau=tau).values
    u = vg.frequency_response(e, 0.3, per="concentration", at=0.5).values
    total = np.trapezoid(g / (1 + 2j * math.pi * 0.3 * tau), np.log(tau))
    total += 2 * g[0]  # g falls like √τ below the shortest τ
    assert total == pytest.approx(u, rel=1e-4)  # what is left of the tails and the trapezoids


# ---- maps ----

SET = {"per": "concentration"}


@pytest.mark.parametrize("point", [{}, {"at": 0.6, "azimuth": 0.8}])
def test_map_is_the_response_of_each_grain(point):
    euler = np.random.default_rng(1).uniform(-4, 4, (2, 3, 3))
    f = np.array([0.01, 1.0])
    e = grain(LAYERED, geometry=vg.Film(0.7))
    found = orientation_contrast(e, euler, f, **SET, **point)
    assert found["vertical"].dims == ("orientation_0", "orientation_1", "frequency")
    for place in np.ndindex(2, 3):
        one = e.replace({"material": e.material.rotated(euler[place])})
        for c in COMPONENTS:
            u = vg.frequency_response(one, f, component=c, **SET, **point)
            gap = np.abs(found[c].values[place] - u.values)
            assert (gap <= found[f"{c}_error"].values[place]).all()
            assert (gap <= 1e-12 * np.abs(u.values)).all()


def test_rounding_of_a_turn_is_in_the_error():
    """c upside down: no lateral signal, and what sin π leaves of one is within the error."""
    found = orientation_contrast(grain(LAYERED), [[0, math.pi, 0], [0, 1, 0]], 1.0, **SET)
    left, error = abs(found["lateral_y"].values[0]), found["lateral_y_error"].values[0]
    assert 0 < left <= error < 1e-14


def test_shapes_units_and_provenance():
    e = grain(BETA)
    one = orientation_contrast(e, (0.1, 0.2, 0.3), 1.0, **SET)
    assert one["vertical"].shape == ()
    row = orientation_contrast(e, np.zeros((4, 3)), [1.0, 2.0, 3.0], **SET)
    assert dict(row.sizes) == {"orientation": 4, "frequency": 3, "angle": 3}
    assert row["vertical"].dtype == complex
    assert {v.attrs["units"] for v in row.data_vars.values()} == {"m/(mol/m³)"}
    assert row["euler"].attrs["units"] == "rad"
    assert row["frequency"].attrs["units"] == "Hz"
    assert len(row.attrs["inputs_sha256"]) == 64
    assert one.attrs["inputs_sha256"] != row.attrs["inputs_sha256"]
    grid = orientation_contrast(e, np.zeros((4, 3)), np.ones((2, 2)), **SET)
    assert grid["lateral_y"].shape == (4, 2, 2)


def test_a_large_map_costs_a_few_responses(monkeypatch):
    calls = []

    def counted(*args, **kw):
        calls.append(kw["component"])
        return vg.frequency_response(*args, **kw)

    monkeypatch.setattr(orientation, "frequency_response", counted)
    euler = np.random.default_rng(2).uniform(0, 6, (256, 256, 3))
    found = orientation_contrast(grain(LAYERED), euler, 1.0, **SET)
    assert calls == ["vertical", "vertical", "lateral_x", "lateral_y"]
    assert found["vertical"].shape == (256, 256)
    # vertical depends on the tilt alone, lateral_x² + lateral_y² too
    tilt = np.cos(euler[..., 1]) ** 2
    order = np.argsort(tilt, axis=None)
    assert (np.diff(np.abs(found["vertical"].values.ravel()[order])) >= -1e-14).all()
    side = np.abs(found["lateral_x"].values) ** 2 + np.abs(found["lateral_y"].values) ** 2
    ratio = side / (tilt * (1 - tilt))
    assert ratio.max() == pytest.approx(ratio.min(), rel=1e-6)
    calls.clear()
    flat = orientation_contrast(grain(2.0), euler[:2], 1.0, **SET)
    assert calls == ["vertical", "vertical"]
    assert (flat["lateral_x"].values == 0).all()


def test_signals_beside_the_strain_are_the_same_for_all_grains():
    e, beside = grain(LAYERED), grain(LAYERED, also=(Offset(),))
    euler = [[0, 0, 0], [0, 1, 0]]
    plain, both = (orientation_contrast(x, euler, 1.0, **SET) for x in (e, beside))
    more = both["vertical"].values - plain["vertical"].values
    assert more == pytest.approx(np.full(2, 0.1 / (1 + 2j * math.pi)), rel=1e-13)
    assert (both["lateral_y"].values == plain["lateral_y"].values).all()


def test_a_punch_reads_vertically_only():
    e = grain(LAYERED, readout="punch")
    found = orientation_contrast(e, (0.0, 0.7, 0.0), 1.0, **SET)
    assert set(found.data_vars) == {"vertical", "vertical_error"}
    turned = e.replace({"material": e.material.rotated((0.0, 0.7, 0.0))})
    u = vg.frequency_response(turned, 1.0, **SET)
    assert found["vertical"].values == pytest.approx(u.values, rel=1e-13)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"experiment": 3}, "must be a vegard.Experiment"),
        ({"euler": []}, "euler must be"),
        ({"euler": np.zeros((2, 4))}, r"euler must be .*shape \(2, 4\)"),
        ({"euler": np.zeros((0, 3))}, "euler must be"),
        ({"frequency": 0.0}, "frequency must be > 0"),
        ({"frequency": []}, "frequency is empty"),
        ({"per": "flux"}, 'no response per "flux"'),
        ({"experiment": grain(0.0), "per": "flux"}, 'no response per "flux"'),
        ({"per": "volt"}, "ocv_slope is unknown"),
        ({"at": [0.0, 1.0]}, "at must be one number"),
        ({"at": -1.0}, "at must be >= 0"),
        ({"azimuth": "north"}, "azimuth must be numbers in rad"),
        ({"azimuth": [1.0]}, "azimuth must be one number"),
        (
            {"experiment": vg.Experiment(vg.Material((2.0, 1.0), LAYERED, 0.3), vg.DiscTip(1.0))},
            "anisotropic: in a tilted grain",
        ),
    ],
)
def test_errors_of_a_map(changes, message):
    given = {
        "experiment": grain(LAYERED),
        "euler": [0, 1, 0],
        "frequency": 1.0,
        "per": "concentration",
    }
    given |= changes
    with pytest.raises(vg.VegardError, match=message):
        orientation_contrast(given.pop("experiment"), given.pop("euler"), **given)


# ---- the worked case ----


def overlaps(omega):
    """Disc, R = D = 1: ∫J₁(k)/(k+q)dk = (σ-1+e^{-σ})/σ² and ∫J₁(k)k/(k+q)²dk, q² = k² + σ²."""
    sigma = mp.sqrt(1j * omega)
    flat = (sigma - 1 + mp.exp(-sigma)) / sigma**2

    def density(k):
        return mp.besselj(1, k) * k / (k + mp.sqrt(k * k + 1j * omega)) ** 2

    first = mp.besseljzero(1, 1)
    scales = [c * abs(sigma) for c in (0.1, 1, 3, 10) if c * abs(sigma) < 1]  # where q turns
    bent = mp.quad(density, [0, *scales, 1, first])
    bent += mp.quadosc(density, [first, mp.inf], zeros=lambda n: mp.besseljzero(1, n + 1))
    return complex(flat), complex(bent)


@pytest.mark.slow
def test_the_example_of_licoo2(capsys):
    """Boussinesq's and Cerruti's moments, typed again for the disc, with the source's β."""
    made = runpy.run_path(str(Path(__file__).parents[1] / "examples" / "licoo2_orientation.py"))
    across, along, nu = 2.0127e-7, -1.1035e-6, 0.2

    def up(in_plane, normal, flat, bent):
        return abs(normal * (flat + bent) + in_plane * ((1 + 2 * nu) * flat - bent))

    mean = (across + along) / 2
    for i, f in enumerate(made["frequency"]):
        flat, bent = overlaps(2 * math.pi * f * 20e-9**2 / 5.387e-15)
        normal, flat_lying = up(across, along, flat, bent), up(mean, across, flat, bent)
        tilted = up((across + mean) / 2, mean, flat, bent)
        side = abs((along - across) / 2 * (2 * flat - bent))
        assert made["ratio"][i] == pytest.approx(normal / flat_lying, rel=1e-9)
        assert made["lateral"][i] == pytest.approx(side / tilted, rel=1e-9)
    # at rest ¾β₃₃ + (¼+ν)(β₁₁+β₂₂)/2 up: 14 times as much along c as across
    assert made["ratio"][0] == pytest.approx(14, rel=0.02)
    assert made["lateral"][0] == pytest.approx(1.24, rel=0.01)
    assert "times the vertical signal" in capsys.readouterr().out

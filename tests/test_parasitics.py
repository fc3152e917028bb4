"""Parasitic signals: beams, charges, fields and heat solved again, by another route."""

from __future__ import annotations

from math import inf, pi

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad, solve_bvp
from scipy.special import ellipkm1

import vegard as vg
from vegard.parasitics import VACUUM, Electrostatic, Electrostriction, Joule

PULL = {
    "tip_radius": 20e-9,
    "gap": 1e-9,
    "contact_stiffness": 360.0,
    "lever_stiffness": 2.8,
    "lever_length": 225e-6,
    "lever_width": 28e-6,
    "tip_height": 12.5e-6,
}
STRICTION = {"longitudinal": 1e-20, "transverse": -3e-21, "radius": 20e-9, "poisson": 0.3}
HEAT = {
    "resistance": 1e9,
    "radius": 20e-9,
    "conductivity": 3.0,
    "heat_capacity": 3e6,
    "expansion": 1.3e-5,
    "poisson": 0.3,
}
EACH = [Electrostatic(**PULL), Electrostriction(**STRICTION), Joule(**HEAT)]
NAMES = [type(p).__name__ for p in EACH]


# harmonics


@pytest.mark.parametrize("signal", EACH, ids=NAMES)
def test_harmonics_of_the_squared_drive(signal):
    """FFT of (V₀ + ac cos ωt)², each line through q at its own frequency."""
    ac, dc, f, n = 0.7, 0.4, 5e6, 64
    wave = dc + ac * np.cos(2 * pi * np.arange(n) / n)
    lines = 2 * np.fft.rfft(wave**2) / n  # peak, e^{+iωt}
    for harmonic, per in ((1, ac), (2, 1.0)):
        u = signal.response(f, ac=ac, dc=dc, harmonic=harmonic)
        expected = lines[harmonic] * signal.quadratic(2j * pi * harmonic * f)
        assert u.values * per == pytest.approx(complex(expected), rel=1e-13, abs=0)
        assert u.axis == harmonic * f
        assert u.units == ("m/V" if harmonic == 1 else "m")
    assert np.abs(lines[3:]).max() < 1e-15


def test_surface_potential_is_the_bias_without_signal():
    pull = Electrostatic(**PULL, surface_potential=0.3, dc=0.1)
    assert pull.response(1e3, ac=1.0, dc=0.2).amplitude == pytest.approx(0, abs=1e-27)
    assert pull.response(1e3, ac=1.0).values.real > 0  # below it the pull falls as V rises
    assert pull.response(1e3, ac=1.0, dc=1.0).values.real < 0


def test_even_in_voltage():
    """The first harmonic turns with the bias, the second does not know it."""
    for signal in EACH:
        up, down = (signal.response(1e5, ac=1.0, dc=v).values for v in (0.5, -0.5))
        assert up == -down
        twice = {signal.response(1e5, ac=1.0, dc=v, harmonic=2).values for v in (0.5, -0.5, 0.0)}
        assert len(twice) == 1


# the cantilever


def beam(load, motion, k, contact):
    """Slope at the end of a beam, E I = k/3, L = 1: clamped, pulled by f(ξ), on a spring."""
    stiff = k / 3

    def slopes(x, y):
        return np.vstack([y[1], y[2], y[3], load(x) / stiff])

    def ends(a, b):
        return np.array([a[0], a[1], b[2], stiff * b[3] - contact * (b[0] - motion)])

    x = np.linspace(0, 1, 40)
    found = solve_bvp(slopes, ends, x, np.zeros((4, x.size)), tol=1e-9, max_nodes=20000)
    assert found.success
    return float(found.sol(1.0)[1])


@pytest.mark.parametrize("tilt", [0.0, 0.19])
@pytest.mark.parametrize("contact", [5.0, 360.0])
def test_lever_reads_as_a_moving_surface(tilt, contact):
    """The pull on the lever bends its end as a surface does that moves by `lever`; EI y'''' = f."""
    k = 2.8
    pull = Electrostatic(**{**PULL, "contact_stiffness": contact}, tilt=tilt)
    area = pull.lever_width * pull.lever_length

    def load(x):  # downwards, over 1e-9 for scale
        height = pull.tip_height + (1 - x) * pull.lever_length * np.sin(tilt)
        return -VACUUM * area / (2 * height**2) * 1e9

    bent = beam(load, 0.0, k, contact)
    moved = beam(np.zeros_like, 1.0, k, contact)
    assert pull.lever * 1e9 == pytest.approx(bent / moved, rel=1e-6, abs=0)  # tol of solve_bvp


def test_lever_without_tilt():
    """u = F(1/24k - 1/3k*): falls on a soft contact, rises above k* = 8k."""
    load = VACUUM * 28e-6 * 225e-6 / 2 / 12.5e-6**2
    for contact in (2.8, 22.0, 23.0, 360.0):
        pull = Electrostatic(**{**PULL, "contact_stiffness": contact}, tilt=0.0)
        # abs: the two terms cancel near 8k
        assert pull.lever == pytest.approx(
            load * (1 / (24 * 2.8) - 1 / (3 * contact)), rel=1e-12, abs=1e-12 * load
        )
        assert (pull.lever > 0) == (contact > 8 * 2.8)
    assert Electrostatic(**{**PULL, "lever_width": 0.0}).lever == 0


def test_lever_is_smooth_at_small_tilt_and_right_at_long_levers():
    flat, tilted = (Electrostatic(**PULL, tilt=t).lever for t in (0.0, 1e-9))
    assert tilted == pytest.approx(flat, rel=1e-7, abs=0)
    long = Electrostatic(**{**PULL, "tip_height": 1e-7}, tilt=0.5)

    def density(x):
        height = 1e-7 + (1 - x) * 225e-6 * np.sin(0.5)
        turn = (1 - x) / (2 * 2.8) - 1 / 360.0
        return VACUUM * 28e-6 * 225e-6 / (2 * height**2) * x * x * turn

    near = quad(density, 0.99, 1, epsabs=0, epsrel=1e-11, points=[0.999, 0.9999])[0]
    rest = quad(density, 0, 0.99, epsabs=0, epsrel=1e-11)[0]
    assert long.lever == pytest.approx(near + rest, rel=1e-9, abs=0)


# the tip


def outline(radius, gap, height, angle):
    """Profile of a sphere, a cone tangent to it and a lid: points, and how many lie below it."""
    turn = np.r_[0, np.geomspace(2e-3, 1, 40)] * (pi / 2 - angle)
    r, z = radius * np.sin(turn), gap + radius * (1 - np.cos(turn))
    side = (gap + height - z[-1]) / np.cos(angle)
    half = np.geomspace(side / 2, side * 1e-4, 30)  # towards the rim, where charge crowds
    along = np.r_[np.geomspace(0.02 * radius, side / 2, 30), side - half[1:], side]
    r = np.r_[r, r[-1] + along * np.sin(angle)]
    z = np.r_[z, z[-1] + along * np.cos(angle)]
    lid = r[-1] * (1 - np.geomspace(1e-4, 1, 20))
    return np.r_[r, lid], np.r_[z, np.full(20, z[-1])], r.size - 1


def charge_force(radius, gap, height, angle):
    """Force [N/V²] on sphere and cone: charges on rings and their images at 1 V, then σ²/2ε₀."""
    r, z, below = outline(radius, gap, height, angle)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    nodes, weights = (nodes + 1) / 2, weights / 2
    t = np.r_[0.5 - nodes**3 / 2, 0.5 + nodes**3 / 2]  # the logarithm sits in the middle
    w = np.tile(1.5 * nodes**2 * weights, 2)
    length = np.hypot(np.diff(r), np.diff(z))
    rs, zs = r[:-1, None] + np.diff(r)[:, None] * t, z[:-1, None] + np.diff(z)[:, None] * t

    def potential(r0, z0, side):
        far = (r0 + rs) ** 2 + (z0 - side * zs) ** 2
        near = (r0 - rs) ** 2 + (z0 - side * zs) ** 2
        return (rs * ellipkm1(near / far) / np.sqrt(far)) @ w * length / (pi * VACUUM)

    middle = zip((r[1:] + r[:-1]) / 2, (z[1:] + z[:-1]) / 2, strict=True)
    matrix = np.array([potential(*m, 1) - potential(*m, -1) for m in middle])
    density = np.linalg.solve(matrix, np.ones(len(matrix)))[:below]
    return float((density**2 / (2 * VACUUM)) @ (pi * np.diff(r**2)[:below]))


@pytest.mark.parametrize(("gap", "off"), [(1e-9, 0.07), (5e-9, 0.17), (20e-9, 0.27)])
def test_force_on_the_tip(gap, off):
    """The docstring's accuracy."""
    for angle in np.radians([5, 20, 44]):
        pull = Electrostatic(**{**PULL, "gap": gap}, half_angle=angle)
        exact = charge_force(20e-9, gap, 12.5e-6, angle)  # 0.4 % from that of twice as many rings
        assert -pull.tip * 360.0 == pytest.approx(exact, rel=off, abs=0)


def test_hudlet():
    """Formula typed again."""
    radius, gap, height, theta = 20e-9, 1e-9, 12.5e-6, 0.35
    sine = mp.sin(theta)
    delta = gap + radius * (1 - sine)
    apex = radius**2 / delta * (1 - sine) / gap
    k2 = 1 / mp.log(mp.tan(theta / 2)) ** 2
    cone = k2 * (mp.log(height / delta) - 1 + radius * mp.cos(theta) ** 2 / sine / delta)
    force = pi * VACUUM * (apex + cone)
    assert Electrostatic(**PULL).tip == pytest.approx(-float(force) / 360.0, rel=1e-12, abs=0)


# electrostriction


def disc_field(xi, eta):
    """Squares of the field's direction and E² dV/(dξ dη), R = V = 1; φ = (2/π) arccot ξ."""
    d = xi**2 + eta**2
    rr = xi**2 * (1 - eta**2) / d
    zz = eta**2 * (1 + xi**2) / d
    rz = xi * eta * np.sqrt((1 - eta**2) * (1 + xi**2)) / d
    return rr, zz, rz, (2 / pi) ** 2 * 2 * pi / (1 + xi**2)


def point_stress(xi, eta, nu):
    """Boussinesq's stress (rr, θθ, zz, rz) under a unit load that pulls up."""
    z, r2 = xi * eta, (1 + xi**2) * (1 - eta**2)
    rho = np.sqrt(r2 + z * z)
    rr = (1 - 2 * nu) / (rho * (rho + z)) - 3 * r2 * z / rho**5
    tt = (1 - 2 * nu) * (z / rho**3 - 1 / (rho * (rho + z)))
    return (
        -rr / (2 * pi),
        -tt / (2 * pi),
        3 * z**3 / rho**5 / (2 * pi),
        (3 * np.sqrt(r2) * z * z / rho**5 / (2 * pi)),
    )


def punch_stress(xi, eta, nu):
    """The same for the pressure 1/(2π√(1-r²)): potentials N = arccot ξ, ψ_r = (1-η)/r, ψ_z = N."""
    z, r = xi * eta, np.sqrt((1 + xi**2) * (1 - eta**2))
    d = xi**2 + eta**2
    nz, nr = -eta / d, -xi / (d * (1 + xi**2))  # the second over r
    nzz = xi * (2 * eta**2 * (1 + xi**2) + (eta**2 - xi**2) * (1 - eta**2)) / d**3
    nrz = eta * r * (3 * xi**2 - eta**2) / d**3
    ring = 1 / ((1 + eta) * (1 + xi**2))  # ψ_r/r
    rr = 2 * nu * nz + z * (nzz + nr) + (1 - 2 * nu) * (nz + ring)
    tt = 2 * nu * nz - z * nr - (1 - 2 * nu) * ring
    return tuple(-v / (2 * pi) for v in (rr, tt, nz - z * nzz, -z * nrz))


def lift(stress, along, across, nu):
    """∫ stress : strain dV over the half-space, in (ξ, η), by Gauss on corners turned to squares.

    (ξ, η = √(1-v²)): the point load sits at ξ = v = 0, the edge of the disc at ξ = η = 0.
    """
    nodes, weights = np.polynomial.legendre.leggauss(160)
    p, q = np.meshgrid((nodes + 1) / 2, (nodes + 1) / 2)
    w = np.outer(weights, weights) / 4

    def density(xi, eta):
        rr, tt, zz, rz = stress(xi, eta, nu)
        err, ezz, erz, measure = disc_field(xi, eta)
        turned = rr * err + zz * ezz + 2 * rz * erz
        return measure * (across * (rr + tt + zz) + (along - across) * turned)

    cut = 0.5**0.5  # η and v below this: near the edge, near the axis
    total = 0.0
    for x, y, area in ((p, p * q, p), (p * q, p, p)):
        x, y, area = cut * x, cut * y, cut * cut * area
        total += np.sum(w * area * density(x, y))
        eta = np.sqrt(1 - y * y)
        total += np.sum(w * area * y / eta * density(x, eta))
    far = cut / p  # ξ beyond the corners
    total += np.sum(w * cut / p**2 * density(far, q))
    return float(total)


@pytest.mark.parametrize("nu", [-0.3, 0.0, 0.3, 0.5])
@pytest.mark.parametrize(("readout", "stress"), [("centre", point_stress), ("punch", punch_stress)])
def test_half_space_by_quadrature(nu, readout, stress):
    for along, across in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        signal = Electrostriction(
            longitudinal=along, transverse=across, radius=2.0, poisson=nu, readout=readout
        )
        q = complex(signal.quadratic(0.0))
        # 1e-9: Gauss of 160
        assert q.real == pytest.approx(lift(stress, along, across, nu) / 2, rel=1e-9, abs=0)
        assert q.imag == 0


def test_field_of_the_disc():
    """E = -∇φ, differences of φ = (2/π) arcsin 2/(|r-1| + |r+1|); M₁₁ = M₁₂ leaves ∫E²z/r³."""

    def potential(r, z):
        return 2 / pi * np.arcsin(2 / (np.hypot(r - 1, z) + np.hypot(r + 1, z)))

    for xi, eta in ((0.4, 0.7), (2.0, 0.2), (0.05, 0.5)):
        r, z, h = np.sqrt((1 + xi**2) * (1 - eta**2)), xi * eta, 1e-5
        er = (potential(r - h, z) - potential(r + h, z)) / (2 * h)
        ez = (potential(r, z - h) - potential(r, z + h)) / (2 * h)
        rr, zz, rz, measure = disc_field(xi, eta)
        size = measure / (2 * pi * (xi**2 + eta**2))
        assert np.allclose([er * er, ez * ez, er * ez], size * np.array([rr, zz, rz]), rtol=1e-6)
    g = 1 - 2 / pi
    signal = Electrostriction(longitudinal=1.0, transverse=1.0, radius=1.0, poisson=0.3)
    assert complex(signal.quadratic(0.0)).real == pytest.approx(4 / pi * g * 1.3, rel=1e-12, abs=0)


def test_film():
    """Hooke's law with no strain in plane and no stress across: three equations."""
    nu, young, h = 0.3, 2.0, 5e-8
    along, across = 1e-20, -3e-21
    free = np.array([across, across, along]) / h**2  # at 1 V
    compliance = (np.eye(3) * (1 + nu) - nu) / young
    held = np.linalg.solve(compliance[:2, :2], -free[:2])
    strain = free[2] + compliance[2, :2] @ held
    signal = Electrostriction(**STRICTION, thickness=h)
    assert complex(signal.quadratic(1j)).real == pytest.approx(strain * h, rel=1e-12, abs=0)


def test_maxwell_stress_as_electrostriction():
    """Pressure εE²/2 on a clamped film: the docstring's shifts of M₁₁ and M₁₂."""
    nu, young, eps, h = 0.25, 1e11, 10 * VACUUM, 1e-7
    shift = Electrostriction(
        longitudinal=-eps / (2 * young),
        transverse=nu * eps / (2 * young),
        radius=1e-6,
        poisson=nu,
        thickness=h,
    )
    oedometer = young * (1 - nu) / ((1 + nu) * (1 - 2 * nu))
    expected = -eps / (2 * h**2) / oedometer * h
    assert complex(shift.quadratic(0.0)).real == pytest.approx(expected, rel=1e-12, abs=0)


# heat


@pytest.mark.parametrize("f", [1e3, 1e7, 1e10])
def test_joule_by_quadrature(f):
    """u = 2(1+ν)αP/(πλR) ∫ J₁(kR)/(m(k+m)) dk, m² = k² + iωρc/λ."""
    j = Joule(**HEAT)
    sigma2 = 2j * mp.pi * f * j.heat_capacity / j.conductivity * j.radius**2
    mp.mp.dps = 15

    def density(x):
        m = mp.sqrt(x * x + sigma2)
        return mp.besselj(1, x) / (m * (x + m))

    start = mp.besseljzero(1, 8)
    low = mp.quad(density, [0, *(start * 10**n for n in (-6, -4, -3, -2, -1, -0.3)), start])
    high = mp.quadosc(density, [start, mp.inf], zeros=lambda n: mp.besseljzero(1, n + 8))
    expected = 2 * 1.3 * j.expansion / (mp.pi * j.conductivity * j.resistance) * (low + high)
    got = j.quadratic(2j * pi * f)
    assert complex(got) == pytest.approx(complex(expected), rel=1e-10, abs=0)


def test_joule_limits():
    """Early: all heat lies under the disc, u = 2(1+ν)α ∫T dz. Late: -⅛ ln σ² + (ln4-γ)/4."""
    j = Joule(**HEAT)
    s = 2j * pi * 1e14
    depth = 1 / (j.resistance * pi * j.radius**2 * j.heat_capacity * s)
    assert complex(j.quadratic(s)) == pytest.approx(2 * 1.3 * j.expansion * depth, rel=2e-3, abs=0)
    s = 2j * pi * 1.0
    sigma2 = s * j.heat_capacity / j.conductivity * j.radius**2
    slow = -np.log(sigma2) / 8 + (np.log(4) - np.euler_gamma) / 4
    scale = 2 * 1.3 * j.expansion / (pi * j.conductivity * j.resistance)
    assert complex(j.quadratic(s)) == pytest.approx(scale * complex(slow), rel=1e-6, abs=0)


def test_joule_is_an_experiment_with_heat():
    """The analogue: D = λ/ρc, βJ = αq/ρc with FixedFlux."""
    j = Joule(**HEAT)
    heat = vg.Material(3.0 / 3e6, 1.3e-5 / 3e6, 0.3)
    e = vg.Experiment(heat, vg.DiscTip(20e-9), interface=vg.FixedFlux())
    f = np.geomspace(1.0, 1e10, 6)
    u = vg.frequency_response(e, f, per="flux").values / (1e9 * pi * (20e-9) ** 2)
    assert np.allclose(j.quadratic(2j * pi * f), u, rtol=1e-10, atol=0)


def test_joule_has_no_static_limit():
    with pytest.raises(vg.NoStaticLimit, match=r"ln\(1/ω\).*lowest frequency"):
        Joule(**HEAT).quadratic(0.0)


# together with an experiment


@pytest.mark.parametrize("signal", [type(p) for p in EACH], ids=NAMES)
def test_adds_to_the_esm_signal(signal, lmo):
    kw = dict(zip(NAMES, (PULL, STRICTION, HEAT), strict=True))[signal.__name__]
    f = np.array([1e2, 1e5])
    plain = vg.frequency_response(lmo, f)
    summed = plain + signal(**kw).response(f, ac=2.0, dc=0.5)
    also = vg.frequency_response(
        vg.Experiment(lmo.material, lmo.tip, also=(signal(**kw, dc=0.5),)), f
    )
    assert np.allclose(summed.values, also.values, rtol=1e-13, atol=0)
    assert np.any(np.abs(summed.values / plain.values - 1) > 1e-7)
    with pytest.raises(vg.VegardError, match="same units"):
        plain + signal(**kw).response(f / 2, ac=1.0, harmonic=2)


def test_in_time(lmo):
    """Flat signals step at once; heat creeps after."""
    t = np.array([-1.0, 1e-6, 1e-3])
    plain = vg.step_response(lmo, t).values
    for signal in (Electrostriction(**STRICTION, dc=1.0), Joule(**HEAT, dc=1.0)):
        e = vg.Experiment(lmo.material, lmo.tip, also=(signal,))
        more = vg.step_response(e, t).values - plain
        assert more[0] == 0
        if isinstance(signal, Joule):
            assert more[2] > more[1] > 0
        else:
            flat = 2 * complex(signal.quadratic(0.0)).real
            # abs: of the ESM signal that it is added to
            assert np.allclose(more[1:], flat, rtol=0, atol=1e-9 * np.abs(plain).max())


def test_result(tmp_path):
    u = EACH[0].response([1e3, 1e4], ac=1.0, dc=0.5)
    assert 0 < u.error.max() <= 1.1e-14 * u.amplitude.max()
    assert "Electrostatic.response on at[1] × frequency[2]" in u.report()
    u.to_netcdf(tmp_path / "pull.nc")
    assert u.to_xarray()["response"].attrs["units"] == "m/V"
    assert EACH[1].response(1e3, ac=1.0, dc=1.0).values.shape == ()
    assert EACH[2].response([[1e3, 1e4]], ac=1.0, dc=1.0).values.shape == (1, 2)


WRONG = {
    "f": (lambda p: p.response(0.0, ac=1.0), r"f must be > 0 \[Hz\]; got 0"),
    "nan": (lambda p: p.response([1.0, np.nan], ac=1.0), r"f must be finite \[Hz\]"),
    "empty": (lambda p: p.response([], ac=1.0), r"f is empty"),
    "ac": (lambda p: p.response(1.0, ac=0.0), r"ac must be > 0 \[V\]; got 0.0. Peak, not rms"),
    "dc": (lambda p: p.response(1.0, ac=1.0, dc=inf), r"dc must be finite \[V\]"),
    "array dc": (lambda p: p.response(1.0, ac=1.0, dc=[0, 1]), r"dc must be finite \[V\]"),
    "third": (lambda p: p.response(1.0, ac=1.0, harmonic=3), r"harmonic must be 1 or 2; got 3"),
    "many": (lambda p: p.response(1.0, ac=1.0, harmonic=[1, 2]), r"harmonic must be 1 or 2"),
    "per": (lambda p: p.transfer(1j, None, "ampere"), r'no response per "ampere"; ask per="volt"'),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("signal", EACH, ids=NAMES)
def test_wrong_calls(name, signal):
    call, said = WRONG[name]
    with pytest.raises(vg.VegardError, match=said):
        call(signal)


FIELDS = [
    (Electrostatic, PULL, {"gap": 0.0}, r"Electrostatic.gap must be > 0 \[m\]"),
    (Electrostatic, PULL, {"tilt": 11.0}, r"tilt must be <= π/4 \[rad\]; got 11. .*degrees"),
    (Electrostatic, PULL, {"half_angle": 20}, r"half_angle must be <= π/4"),
    (Electrostatic, PULL, {"tip_height": 1e-8}, r"tip_height must be > gap \+ tip_radius"),
    (Electrostatic, PULL, {"surface_potential": np.nan}, r"surface_potential must be finite"),
    (Electrostriction, STRICTION, {"thickness": 0}, r"thickness must be > 0 \[m\]"),
    (Electrostriction, STRICTION, {"readout": "edge"}, r"readout 'edge'.*centre, punch"),
    (Joule, HEAT, {"heat_capacity": -1}, r"heat_capacity must be > 0 \[J/m³/K\].*J/kg/K"),
    (Joule, HEAT, {"expansion": "1e-5"}, r"expansion must be a number in SI units"),
]


@pytest.mark.parametrize(("kind", "right", "wrong", "said"), FIELDS)
def test_wrong_fields(kind, right, wrong, said):
    with pytest.raises(vg.VegardError, match=said):
        kind(**{**right, **wrong})

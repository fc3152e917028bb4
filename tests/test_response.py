"""The verbs: shapes, scaling, limits, linearity, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from common import PER, Offset, unit_experiment
from hypothesis import given, settings
from hypothesis import strategies as st

import vegard as vg


def test_shapes_are_at_plus_swept():
    e = unit_experiment("gauss", "conc")
    f2, t3 = np.ones((2, 3)), np.ones(4)
    call = {"per": "concentration"}
    assert np.ndim(vg.frequency_response(e, 1.0, **call).values) == 0
    assert vg.frequency_response(e, f2, at=[0.0, 1.0], **call).values.shape == (2, 2, 3)
    assert vg.frequency_response(e, [1.0], **call).values.shape == (1,)
    assert vg.step_response(e, t3, at=np.zeros((2, 1)), **call).error.shape == (2, 1, 4)
    assert np.ndim(vg.static_response(e, **call).values) == 0
    assert vg.static_response(e, at=[0.0, 1.0], **call).values.shape == (2,)
    assert vg.static_response(e, **call).axis is None
    assert vg.frequency_response(e, f2, **call).axis is not None


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["disc", "gauss"]),
    st.sampled_from(["conc", "flux", "kinetics"]),
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.booleans(),
)
def test_scaling(tip, interface, log_r, log_d, log_s, film):
    """Only σ², h/R, κR/D and r/R matter: u ~ R for a concentration, R²/D for a flux."""
    radius, d, biot = 10**log_r, 10**log_d, 2.0
    one = unit_experiment(tip, interface, biot=biot, thickness=0.7 if film else None)
    other = one.replace({"tip.radius": radius, "material.diffusivity": d})
    if film:
        other = other.replace({"geometry.thickness": 0.7 * radius})
    if interface == "kinetics":
        other = other.replace({"interface.rate": biot * d / radius})
    f = 10**log_s
    at = np.array([0.0, 0.8])
    a = vg.frequency_response(one, f, per=PER[interface], at=at)
    b = vg.frequency_response(other, f * d / radius**2, per=PER[interface], at=at * radius)
    scale = radius**2 / d if interface == "flux" else radius
    assert np.allclose(b.values, scale * a.values, rtol=1e-12)


def test_volt_follows_the_sign_of_the_tip():
    """dE/dC < 0: a positive tip drives ions in, and the surface rises at rest."""
    e = unit_experiment("disc", "conc").replace({"material.ocv_slope": -0.5})
    up = vg.static_response(e, per="volt")
    assert up.values == pytest.approx(2.0 * 0.5, rel=1e-13)  # c = 2 per volt, F = ½
    assert up.units == "m/V"
    down = vg.static_response(e.replace({"material.ocv_slope": 0.5}), per="volt")
    assert down.values == pytest.approx(-up.values)


def test_ampere_is_the_flux_over_the_spot():
    e = unit_experiment("gauss", "flux")
    per_flux = vg.frequency_response(e, 1.0, per="flux").values
    per_ampere = vg.frequency_response(e, 1.0, per="ampere").values
    assert per_ampere == pytest.approx(per_flux / (96485.33212 * 2 * np.pi), rel=1e-12)
    twice = e.replace({"material.charge": 2})
    assert vg.frequency_response(twice, 1.0, per="ampere").values == pytest.approx(per_ampere / 2)


def test_static_limit_is_the_limit():
    for interface, kw in (
        ("conc", {}),
        ("kinetics", {"biot": 0.3}),
        ("flux", {"thickness": 0.5, "back": "permeable"}),
        ("conc", {"thickness": 0.5}),
    ):
        for tip in ("disc", "gauss"):
            e = unit_experiment(tip, interface, **kw)
            rest = vg.static_response(e, per=PER[interface], at=[0.0, 0.5, 3.0])
            slow = vg.frequency_response(e, 1e-17, per=PER[interface], at=[0.0, 0.5, 3.0])
            assert np.allclose(slow.values.real, rest.values, rtol=1e-6)
            late = vg.step_response(e, 1e17, per=PER[interface], at=[0.0, 0.5, 3.0])
            assert np.allclose(late.values, rest.values, rtol=1e-6)


@pytest.mark.parametrize("kw", [{}, {"thickness": 1.0, "back": "blocking"}])
def test_no_static_limit_under_a_flux(kw):
    with pytest.raises(vg.NoStaticLimit, match=r"ln\(1/ω\).*lowest frequency"):
        vg.static_response(unit_experiment("disc", "flux", **kw), per="flux")


def test_kinetics_joins_concentration_and_flux():
    """κ → ∞ is the fixed concentration, κ → 0 the flux κc."""
    f = np.logspace(-3, 3, 7)
    for tip in ("disc", "gauss"):
        for kw in ({}, {"thickness": 0.3, "back": "permeable"}):

            def u(interface, biot=None, tip=tip, kw=kw):
                e = unit_experiment(tip, interface, biot=biot, **kw)
                return vg.frequency_response(e, f, per=PER[interface]).values

            assert np.allclose(u("kinetics", 1e9), u("conc"), rtol=1e-5)
            assert np.allclose(u("kinetics", 1e-9), 1e-9 * u("flux"), rtol=1e-6)
            equal = vg.frequency_response(
                unit_experiment(tip, "kinetics", biot=float("inf"), **kw), f, per="concentration"
            )
            assert np.array_equal(equal.values, u("conc"))


def test_film_joins_the_half_space():
    f = np.logspace(-2, 3, 6)
    for interface in ("conc", "flux", "kinetics"):
        for back in ("blocking", "permeable"):
            thick = unit_experiment("disc", interface, thickness=1e5, back=back, biot=2.0)
            half = unit_experiment("disc", interface, biot=2.0)
            a, b = (
                vg.frequency_response(e, f, per=PER[interface], at=[0, 2]) for e in (thick, half)
            )
            assert np.allclose(a.values, b.values, rtol=1e-12, atol=1e-14)


def test_high_frequency_slopes():
    """|u| ~ ω^-1/2 at -45° for a concentration, ω^-1 at -90° for a flux."""
    f = np.array([1e6, 1e8])
    for interface, slope, phase in (("conc", -0.5, -45), ("flux", -1, -90), ("kinetics", -1, -90)):
        e = unit_experiment("gauss", interface, biot=1e-3)
        u = vg.frequency_response(e, f, per=PER[interface])
        assert np.diff(np.log(u.amplitude))[0] / np.log(100) == pytest.approx(slope, abs=1e-3)
        assert np.degrees(u.phase[1]) == pytest.approx(phase, abs=0.1)


def test_punch_limits():
    """Static disc F = π/8, gaussian (π/4) erf(1/√2)."""
    from scipy.special import erf

    disc = vg.static_response(unit_experiment("disc", "conc", readout="punch"), per="concentration")
    assert disc.values == pytest.approx(np.pi / 8, rel=1e-12)
    gauss = vg.static_response(
        unit_experiment("gauss", "conc", readout="punch"), per="concentration"
    )
    assert gauss.values == pytest.approx(np.pi / 4 * erf(np.sqrt(0.5)), rel=1e-12)


def test_responses_add():
    e = unit_experiment("disc", "conc")
    a = vg.frequency_response(e, [1.0, 2.0], per="concentration")
    total = a + a
    assert np.array_equal(total.values, 2 * a.values)
    assert np.array_equal(total.error, 2 * a.error)
    with pytest.raises(vg.VegardError, match="same axes"):
        a + vg.frequency_response(e, [1.0, 3.0], per="concentration")
    with pytest.raises(vg.VegardError, match="same units"):
        a + vg.frequency_response(unit_experiment("disc", "flux"), [1.0, 2.0], per="flux")
    with pytest.raises(TypeError):
        a + 1.0


def test_additive_signals():
    """They add in frequency, at rest and in time: 0.1/(1+s) steps as 0.1(1 - e^-t)."""
    plain = unit_experiment("gauss", "conc")
    e = vg.Experiment(plain.material, plain.tip, also=(Offset(),))
    per = {"per": "concentration"}
    f = np.array([0.1, 1.0])
    gain = vg.frequency_response(e, f, **per).values - vg.frequency_response(plain, f, **per).values
    assert np.allclose(gain, 0.1 / (1 + 2j * np.pi * f), rtol=1e-12)
    rest = vg.static_response(e, **per).values - vg.static_response(plain, **per).values
    assert rest == pytest.approx(0.1)
    t = np.array([0.3, 2.0])
    step = vg.step_response(e, t, **per).values - vg.step_response(plain, t, **per).values
    assert np.allclose(step, 0.1 * (1 - np.exp(-t)), rtol=1e-11)


def test_lateral_components_point_outwards():
    e = unit_experiment("gauss", "conc")
    kw = {"per": "concentration", "at": 0.7}
    x = vg.frequency_response(e, 1e-3, component="lateral_x", **kw).values
    y = vg.frequency_response(e, 1e-3, component="lateral_y", azimuth=np.pi / 2, **kw).values
    assert x.real > 0
    assert y == pytest.approx(x)
    centre = vg.frequency_response(e, 1e-3, component="lateral_x", per="concentration").values
    assert abs(centre) < 1e-14


def test_xarray_and_netcdf(tmp_path):
    import xarray as xr

    e = unit_experiment("disc", "conc")
    u = vg.frequency_response(e, [1.0, 2.0], per="concentration", at=[0.0, 0.5, 1.0])
    data = u.to_xarray()
    assert data["response"].dims == ("at", "frequency")
    assert data["response"].attrs["units"] == "m/(mol/m³)"
    path = u.to_netcdf(tmp_path / "u.nc")
    with xr.open_dataset(path, engine="h5netcdf") as back:
        assert np.array_equal(back["response_re"] + 1j * back["response_im"], u.values)
        assert back.attrs["schema"] == 1
        assert len(back.attrs["inputs_sha256"]) == 64
    assert sorted(p.name for p in tmp_path.iterdir()) == ["u.nc"]
    with pytest.raises(vg.FileError, match="Choose a folder"):
        u.to_netcdf(tmp_path / "u.nc" / "below" / "a.nc")
    scalar = vg.step_response(e, 1.0, per="concentration").to_xarray()
    assert scalar["response"].dims == ()


def test_response_is_frozen_and_reports():
    u = vg.frequency_response(unit_experiment("disc", "conc"), 1.0, per="concentration")
    with pytest.raises(AttributeError):
        u.units = "m"
    assert "numerical error at most" in u.report()
    assert any("053712" in c for c in u.citations())


BAD = [
    (lambda e: vg.frequency_response(e, 0.0, per="concentration"), "use static_response"),
    (lambda e: vg.frequency_response(e, [1.0, -2.0], per="concentration"), "got -2"),
    (lambda e: vg.frequency_response(e, [], per="concentration"), "frequency is empty"),
    (lambda e: vg.frequency_response(e, [1.0, np.nan], per="concentration"), "nan or inf"),
    (lambda e: vg.frequency_response(e, "fast", per="concentration"), "must be numbers in Hz"),
    (lambda e: vg.frequency_response(e, 1.0, per="concentration", at=-1.0), "at must be >= 0"),
    (lambda e: vg.frequency_response(e, 1.0, per="ampere"), 'per="volt" or "concentration"'),
    (lambda e: vg.frequency_response(e, 1.0), "ocv_slope is unknown"),
    (lambda e: vg.frequency_response(e.material, 1.0), "must be a vegard.Experiment"),
    (
        lambda e: vg.frequency_response(e, 1.0, per="concentration", component="lateral"),
        "lateral_x",
    ),
    (lambda e: vg.step_response(e, np.inf, per="concentration"), "nan or inf"),
    (lambda e: vg.time_response(e, 1.0, 1.0, per="concentration"), "vegard.Pulse"),
    (lambda e: vg.relaxation_times(e, per="concentration", tau=0.0), "tau must be > 0"),
    (lambda e: vg.sweep(vg.static_response, e, {"tip.radius": []}), "is empty"),
    (lambda e: vg.sweep(vg.static_response, e, {"tip.raduis": [1.0]}), "Did you mean 'radius'"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input_gets_one_sentence(case):
    call, words = BAD[case]
    with pytest.raises(vg.VegardError) as caught:
        call(unit_experiment("disc", "conc"))
    message = str(caught.value)
    assert words in message
    assert "\n" not in message


def test_lateral_punch_is_refused():
    e = unit_experiment("disc", "conc", readout="punch")
    with pytest.raises(vg.VegardError, match="read at a point"):
        vg.frequency_response(e, 1.0, per="concentration", component="lateral_x")


def test_unknown_vegard_says_so():
    e = vg.Experiment(vg.Material(1e-15, None, 0.3, name="LLZO"), vg.DiscTip(1e-8))
    with pytest.raises(vg.VegardError, match=r"Material\.vegard is unknown.*for LLZO"):
        vg.frequency_response(e, 1.0, per="concentration")


def test_the_error_follows_the_azimuth():
    e = unit_experiment("gauss", "conc")
    call = {"per": "concentration", "at": 0.7, "component": "lateral_x"}
    full, half = (vg.frequency_response(e, 1.0, azimuth=a, **call) for a in (0.0, np.pi / 3))
    assert half.values == pytest.approx(full.values / 2)
    assert half.error == pytest.approx(full.error / 2, rel=1e-6, abs=0)


def test_the_hash_tells_inputs_apart():
    """Axes, and every sample of a long waveform, count."""
    from vegard.result import describe

    def digest(f, at=0.0):
        e = unit_experiment("disc", "conc")
        return (
            vg.frequency_response(e, f, per="concentration", at=at)
            .to_xarray()
            .attrs["inputs_sha256"]
        )

    assert digest(1.0) == digest(1.0)
    assert len({digest(1.0), digest(2.0), digest(1.0, at=0.5)}) == 3
    t = np.linspace(0, 1, 5000)
    other = np.where(t == t[2500], 1.0, 0.0)
    assert describe(vg.Sampled(t, 0 * t)) != describe(vg.Sampled(t, other))


def test_a_response_keeps_its_own_axis():
    f = np.array([1.0, 2.0])
    u = vg.frequency_response(unit_experiment("disc", "conc"), f, per="concentration")
    f[0] = 99.0
    assert u.axis.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("kw", "words"),
    [
        ({"azimuth": np.nan}, "azimuth must be finite"),
        ({"azimuth": [0.0, 1.0]}, "azimuth must be one number"),
        ({"at": True}, "at must be numbers in m"),
        ({"at": "1e-9"}, "at must be numbers in m"),
    ],
)
def test_bad_arguments(kw, words):
    with pytest.raises(vg.VegardError, match=words):
        vg.frequency_response(unit_experiment("disc", "conc"), 1.0, per="concentration", **kw)

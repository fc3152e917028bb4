"""The verb verdict: its rule, its words, what it takes and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import vegard as vg
from vegard.plot_verdict import draw
from vegard.verdicts import Evidence
from vegard.verdicts.core import _answer

E = vg.Experiment(
    vg.Material(1e-14, 1.17e-6, 0.3, ocv_slope=-4.4e-5, site_concentration=22900.0),
    vg.DiscTip(20e-9),
)
F = np.geomspace(1.0, 1e5, 30)
V = np.linspace(-2, 2, 7)
KELVIN = np.linspace(280, 340, 7)


def spectrum(y, noise=0.05, seed=1):
    rng = np.random.default_rng(seed)
    s = noise * np.abs(y)
    return vg.Data("frequency", F, y + s * (rng.normal(size=30) + 1j * rng.normal(size=30)), s)


U = vg.frequency_response(E, F).values * 0.01
DIFFUSIVE, FLAT = spectrum(U), spectrum(np.full(30, abs(U[0]) + 0j))
ACTIVATED = 3e-12 * np.exp(-0.3 / 8.617e-5 * (1 / KELVIN - 1 / 300))


def weights(**named):
    return tuple(Evidence(k.replace("_", " "), 0.0, None, "", "", None, w, "")
                 for k, w in named.items())  # fmt: skip


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        ({"spectrum": 4.6}, "possible"),
        ({"spectrum": 4.4}, "undecided"),
        ({"spectrum": 99, "size": -2.1}, "undecided"),
        ({"spectrum": 99, "size": -1.9}, "possible"),
        ({"spectrum": -4.6}, "excluded"),
        ({"spectrum": -4.4}, "undecided"),
        ({"size": -9}, "excluded"),
        ({"size": -9, "spectrum": 9}, "undecided"),
        ({"size": -9, "dc_bias": 9}, "excluded"),
        ({"dc_bias": 99, "harmonics": 99, "null_material": 99}, "undecided"),
        ({"temperature": 99}, "undecided"),
        ({"temperature": 9, "dc_bias": 9}, "possible"),
        ({"temperature": 9, "harmonics": 9}, "possible"),
        ({"temperature": 9, "dc_bias": 9, "null_material": -3}, "undecided"),
        ({}, "undecided"),
    ],
)
def test_rule(found, answer):
    assert _answer(weights(**found)) == answer


def test_a_diffusive_spectrum_and_what_is_left_to_measure():
    v = vg.verdict(DIFFUSIVE, E, drive=1.0)
    assert v.answer == "possible"
    assert [e.name for e in v.evidence] == ["size", "spectrum"]
    assert v.sentence.startswith("This can be Vegard strain by diffusion: |u| goes as f^(-0.4")
    assert "dc bias" in v.next
    assert v.weight == sum(e.weight for e in v.evidence)
    for line in (v.sentence, v.next, *(e.words for e in v.evidence)):
        assert line in v.report()
    more = {"spectra": DIFFUSIVE, "dc_series": (V, np.full(7, 1e-12), 1e-14)}
    assert "20 to 80 °C" in vg.verdict(more, E, drive=1.0).next
    more |= {"temperature_series": (KELVIN, ACTIVATED, None), "frequency": 1e4}
    assert "fused silica" in vg.verdict(more, E, drive=1.0).next
    more |= {"amplitude": 1e-12, "null_amplitude": 1e-14}
    v = vg.verdict(more, E, drive=1.0)
    assert v.answer == "possible"
    assert "vegard.fit" in v.next
    assert len(v.evidence) == 5


def test_a_flat_spectrum_excludes():
    v = vg.verdict(FLAT, E, drive=1.0)
    assert v.answer == "excluded"
    assert v.sentence.startswith("This cannot be Vegard strain by diffusion")
    assert "dc bias" in v.next
    told = vg.Observations(spectra=FLAT, dc_series=(V, 3e-12 * (V - 0.2), 1e-13))
    assert "V_s" in vg.verdict(told, E, drive=1.0).next


def test_a_contradiction_is_told():
    loud = vg.Data("frequency", F, DIFFUSIVE.y * 1e5, DIFFUSIVE.sigma * 1e5)
    v = vg.verdict(loud, E, drive=1.0, q=(1, 1))
    assert v.answer == "undecided"
    assert "check the calibration" in v.sentence
    assert vg.verdict(loud, E, drive=1.0, q=(1, 1e6)).answer == "possible"


def test_a_plateau_asks_for_higher_frequencies():
    e = E.replace({"material.diffusivity": 1e-9})
    v = vg.verdict(spectrum(np.full(30, 1e-13 + 0j)), e, drive=1.0)
    assert v.answer == "undecided"
    assert "extend the spectrum" in v.next


def test_an_activated_signal_needs_parity_beside_it():
    seen = {"temperature_series": (KELVIN, ACTIVATED, 0.02 * ACTIVATED), "frequency": 1e6}
    v = vg.verdict(seen, E, drive=1.0)
    assert v.answer == "undecided"
    assert "slope of -1/2" in v.next
    seen["dc_series"] = (V, np.full(7, 1e-12), 1e-14)
    assert vg.verdict(seen, E, drive=1.0).answer == "possible"


def test_list_mapping_and_observations_are_one():
    told = [vg.verdict(d, E, drive=1.0) for d in
            (DIFFUSIVE, [DIFFUSIVE], {"spectra": [DIFFUSIVE]},
             vg.Observations(spectra=DIFFUSIVE))]  # fmt: skip
    assert len({v.evidence[1].weight for v in told}) == 1


def test_spectra_that_contradict_each_other_tell_nothing():
    for data in ([DIFFUSIVE, FLAT], [vg.Data("frequency", F, d.y) for d in (DIFFUSIVE, FLAT)]):
        found = vg.verdict(data, E, drive=1.0).evidence[-1]
        assert found.weight == 0
        assert "number 2 alone says it is not" in found.words


def test_a_spectrum_that_no_law_describes():
    bump = U * np.exp(2 * np.sin(2 * np.log(F)))  # resonances left in
    for sigma in (0.02 * np.abs(bump), None):
        found = vg.verdict(vg.Data("frequency", F, bump, sigma), E, drive=1.0).evidence[-1]
        assert found.weight == 0
        assert "no law fits" in found.words


def test_range_of_d():
    v = vg.verdict(FLAT, E, drive=1.0)
    assert v.inputs["diffusivity"] == pytest.approx((1e-16, 1e-12), rel=1e-12, abs=0)
    # with D up to 1e-7 all of the band may lie below the corner: a plateau of diffusion
    wide = vg.verdict(FLAT, E, drive=1.0, diffusivity=(1e-16, 1e-7))
    assert wide.evidence[1].says == "neutral"
    unknown = E.replace({"material.diffusivity": None})
    v = vg.verdict(DIFFUSIVE, unknown, drive=1.0)
    assert v.inputs["diffusivity"] == (1e-20, 1e-9)
    assert v.answer == "possible"


def test_the_larger_of_two_sizes_counts():
    seen = {"spectra": DIFFUSIVE, "frequency": 1e5, "amplitude": 1e-6, "q": (2, 2)}
    (size, _) = vg.verdict(seen, E, drive=1.0).evidence
    assert size.value == pytest.approx(0.5e-6, rel=1e-12, abs=0)
    seen["amplitude"] = 1e-20
    (size, _) = vg.verdict(seen, E, drive=1.0).evidence
    assert size.numbers["frequency_Hz"] < 1e5


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"geometry": vg.Film(50e-9)},
        {"geometry": vg.Film(50e-9, "permeable"), "readout": "punch"},
        {"tip": vg.GaussianTip(20e-9)},
        {"tip": vg.ProfileTip(20e-9, np.linspace(0, 1, 9), np.linspace(1, 0, 9))},
        {"material.diffusivity": (3e-14, 1e-14)},
        {"material.vegard": np.diag([1e-6, 0.5e-6, 2e-6]).tolist()},
        {"geometry": vg.Film(50e-9), "elastic": vg.Layered(substrate_young=2e11,
         substrate_poisson=0.3, film_young=1e11, film_poisson=0.3)},
        {"interface": vg.BlockingTip(2e-9, 1e3)},
        {"also": (vg.parasitics.Electrostriction(longitudinal=1e-20, transverse=0.0,
         radius=20e-9, poisson=0.3, dc=1.0),)},
    ],
    ids=lambda c: next(iter(c)) + str(len(c)),
)  # fmt: skip
def test_every_sample(change):
    e = E.replace(change)
    truth = e.replace({"also": (), "interface": vg.FixedConcentration()})
    u = vg.frequency_response(truth, F).values * 0.01
    assert vg.verdict(spectrum(np.asarray(u)), e, drive=1.0).answer == "possible"
    flat = spectrum(np.full(30, abs(u[0]) + 0j))
    assert vg.verdict(flat, e, drive=1.0).answer == "excluded"


def test_change_limits_the_size():
    seen = {"frequency": 1e5, "amplitude": 50e-12}
    assert vg.verdict(seen, E, drive=1.0).answer == "undecided"
    assert vg.verdict(seen, E, drive=1.0, q=(1, 1), change=1.0).answer == "excluded"


def dart_map(q=56.0, f0=366e3, peak=1e-9, n=6):
    width = 10e3
    f = np.array([f0 - width / 2, f0 + width / 2])
    z = peak / q * f0**2 / (f0**2 - f**2 + 1j * f0 * f / q)
    plane = np.ones((n, n))
    data = {f"amplitude{i + 1}": (("y", "x"), abs(z[i]) * plane, {"units": "m"}) for i in (0, 1)}
    data |= {f"phase{i + 1}": (("y", "x"), np.angle(z[i]) * plane) for i in (0, 1)}
    data["frequency"] = (("y", "x"), f0 * plane)
    attrs = {"kind": "image", "dart_width": width, "drive_amplitude": 3.0, "source": "map.ibw"}
    return xr.Dataset(data, attrs=attrs)


def test_a_dart_map_is_judged_by_its_own_q():
    v = vg.verdict(dart_map(), E, drive=3.0)
    assert v.answer == "undecided"
    assert v.evidence[0].value == pytest.approx(1e-9 / 56, rel=1e-6, abs=0)
    assert v.inputs["observations"].q == pytest.approx((56, 56), rel=1e-6)
    assert vg.verdict(dart_map(peak=1e-6), E, drive=3.0).answer == "excluded"
    with pytest.raises(vg.VegardError, match=r"map.ibw was taken at 3 V"):
        vg.verdict(dart_map(), E, drive=1.0)
    volts = dart_map()
    volts.amplitude1.attrs["units"] = "V"
    with pytest.raises(vg.VegardError, match="must be a displacement in m"):
        vg.verdict(volts, E, drive=3.0)
    flat = dart_map()
    flat["amplitude1"] = flat.amplitude1 * np.nan
    flat.amplitude1.attrs["units"] = "m"
    with pytest.raises(vg.VegardError, match="no pixel"):
        vg.verdict(flat, E, drive=3.0)


def test_a_read_spectrum():
    data = xr.Dataset(
        {"response": ("frequency", DIFFUSIVE.y, {"units": "m"})}, {"frequency": F},
        {"kind": "frequency"},
    )  # fmt: skip
    assert vg.verdict(data, E, drive=1.0).answer == "possible"
    with pytest.raises(vg.VegardError, match="a verdict takes one spectrum"):
        vg.verdict(data.assign_attrs(kind="eis"), E, drive=1.0)


@pytest.mark.skipif(
    not Path("../shared/data/dart_pfm_map.ibw").exists(), reason="the measured files are not here"
)
def test_a_ferroelectric_map_is_not_called_ionic():
    data = vg.read("../shared/data/dart_pfm_map.ibw")
    e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(10e-9))
    v = vg.verdict(data, e, drive=3.0)
    assert v.answer == "undecided"
    assert all(x.says != "for" for x in v.evidence)
    assert v.inputs["observations"].q == pytest.approx((56, 56), rel=0.2)


@pytest.mark.parametrize("q", [(1, 1), (1, 100)])
def test_no_dart_scan_is_called_possible(q):
    from vegard.dart_scans import scans

    e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(10e-9))
    answers = [
        vg.verdict({"frequency": s.frequency, "amplitude": s.amplitude}, e, drive=s.drive, q=q,
                   diffusivity=(1e-17, 1e-13)).answer
        for s in scans()
    ]  # fmt: skip
    assert "possible" not in answers
    # 3σ of a bound known to a factor of two is a factor of eight
    top = vg.largest_response(e, [s.frequency for s in scans()], diffusivity=(1e-17, 1e-13))
    far = [s.amplitude / q[1] > 8 * b for s, b in zip(scans(), top.displacement, strict=True)]
    assert answers.count("excluded") == sum(far) == (21 if q == (1, 1) else 0)


BAD = [
    ({}, "empty"),
    ({"amplitude": 1e-12}, "needs its frequency"),
    ({"temperature_series": (KELVIN, ACTIVATED, None)}, "needs its frequency"),
    ({"frequency": 1.0, "amplitude": -1.0}, r"amplitude must be > 0"),
    ({"frequency": 1.0, "dc_series": (V, V, None), "null_amplitude": 1.0}, "needs amplitude"),
    ({"dc_series": (V, V)}, "rows of one length"),
    ({"dc_series": (V[:2], V[:2], 1.0)}, "3 different values"),
    ({"dc_series": (V[:3], V[:3] + 1, None)}, "needs a standard deviation"),
    ({"dc_series": (V, V, 0.0)}, "must be > 0"),
    ({"dc_series": (V, V * np.nan, 1.0)}, "finite"),
    ({"frequency": 1.0, "temperature_series": (KELVIN - 300, ACTIVATED, None)}, "°C"),
    ({"frequency": 1.0, "temperature_series": (KELVIN, ACTIVATED * 1j, None)}, "amplitudes"),
    ({"harmonics": (1.0, 2.0)}, "first, second, standard deviation"),
    ({"harmonics": (1.0, 2.0, 0.0)}, "standard deviation > 0"),
    ({"harmonics": (1.0, 2.0, 0.1), "dc_bias": np.inf}, "dc_bias must be finite"),
    (
        {"spectra": [vg.Data("frequency", F, F), vg.Data("frequency", F, F, at=1e-8)]},
        "of one distance",
    ),
    ({"spectra": [3]}, 'kind "frequency"; got int'),
    ({"spectra": vg.Data("frequency", F, F, drive=2.0)}, "taken at drive=2 V"),
    ({"spectra": vg.Data("frequency", F, F, per="flux")}, 'per="volt"'),
    ({"spectra": vg.Data("frequency", F, -F)}, "amplitudes and must be >= 0"),
    ({"spectra": vg.Data("frequency", F, 0 * F)}, "zeros"),
    ({"frequency": 1.0, "amplitude": 1.0, "q": 3}, "q must be a range"),
    ({"frequency": 1.0, "amplitude": 1.0, "q": (3, 1)}, "0 < low <= high"),
    ({"amplitud": 1.0}, "unknown observation"),
]


@pytest.mark.parametrize(("seen", "words"), BAD, ids=[w for _, w in BAD])
def test_bad_observations(seen, words):
    with pytest.raises(vg.VegardError, match=words):
        vg.verdict(seen, E, drive=1.0)


def test_bad_arguments():
    with pytest.raises(vg.VegardError, match="drive must be > 0"):
        vg.verdict(FLAT, E, drive=0.0)
    with pytest.raises(vg.VegardError, match=r"verdict takes vegard.Data"):
        vg.verdict(3, E, drive=1.0)
    with pytest.raises(vg.VegardError, match=r"verdict takes a vegard.Experiment"):
        vg.verdict(FLAT, LookupError, drive=1.0)
    e = E.replace({"material.ocv_slope": None, "material.site_concentration": None})
    with pytest.raises(vg.VegardError, match="largest change of concentration is unknown"):
        vg.verdict(FLAT, e, drive=1.0)


def test_picture():
    v = vg.verdict(vg.Observations(spectra=FLAT, dc_series=(V, V, 0.1)), E, drive=1.0)
    ax = Figure().add_subplot()
    assert draw(v, ax) is ax
    assert [t.get_text() for t in ax.get_yticklabels()] == ["size", "spectrum", "dc bias"]
    assert [b.get_width() for b in ax.patches] == [e.weight for e in v.evidence]
    assert "cannot be" in ax.get_title("left")
    low, high = ax.get_xlim()
    assert low < min(e.weight for e in v.evidence) < high

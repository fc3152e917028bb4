"""PyBaMM and impedance.py on the same electrode: stored results, and their scripts run again.

The tolerances are the peers' own errors as stored: PyBaMM's from Richardson extrapolation over five
meshes (2e-9 to 2e-6), impedance.py's from rounding.
"""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from math import inf

import numpy as np
import pytest
from common import ORACLES, load

import vegard as vg
from vegard.classical import eis, gitt

FARADAY, GAS = 96485.33212, 8.31446261815324
PEERS = {"pybamm.json": "pybamm", "impedance_py.json": "impedance"}


def complex_of(pairs):
    return np.array(pairs) @ np.array([1, 1j])


def sphere(data, exchange_current, double_layer=0.0):
    """A = 3/R × volume; R_ct = R_gas T/(F j₀ A), so that κ = (-dE/dC)j₀/(R_gas T)."""
    s = data["sample"]
    area = 3 * s["volume"] / s["radius"]
    return vg.Cell(
        vg.Material(s["diffusivity"], None, None, ocv_slope=s["ocv_slope"]),
        length=s["radius"],
        area=area,
        shape="sphere",
        rate=-s["ocv_slope"] * exchange_current / (GAS * s["temperature"]),
        double_layer=double_layer * area,
    )


@pytest.mark.parametrize("name", ["eis", "eis_double_layer"])
def test_impedance_of_pybamm(name):
    data = load("pybamm.json")
    setting, stored = data["eis"], data["results"][name]
    charging = setting["double_layer"] if name == "eis_double_layer" else 0.0
    cell = sphere(data, setting["exchange_current"], charging)
    z = eis(cell, setting["frequency"]).values
    # 0.01 to 1000 D/R²: from the capacitance of the host to R_ct, or to the double layer
    limit = complex_of(stored["limit"])
    assert (np.abs(limit - z) <= stored["limit_error"]).all()
    assert np.abs(limit / z - 1).max() < 1e-8
    finest = complex_of(stored["finest"])
    assert (np.abs(finest - z) <= stored["finest_error"]).all()


def test_pulse_of_pybamm():
    """The potential under a pulse of 0.1 R²/D and in the rest after it."""
    data = load("pybamm.json")
    setting, stored = data["gitt"], data["results"]["gitt"]
    cell = sphere(data, setting["exchange_current"])
    t = np.array(setting["time"])
    t[t == setting["pulse"]] *= 1 - 1e-12  # still under current
    drive = vg.Pulse(setting["pulse"], setting["current"])
    change = -gitt(cell, t, drive).values  # the potential falls as ions enter
    limit = np.array(stored["limit"])
    assert (np.abs(limit - change) <= stored["limit_error"]).all()
    assert np.abs(limit / change - 1).max() < 3e-7
    assert np.abs(limit / change - 1)[t > 5e-3 * setting["pulse"]].max() < 3e-8
    assert (np.abs(np.array(stored["finest"]) - change) <= stored["finest_error"]).all()


def film(given, back, around):
    """R = (-dE/dC)L/(zFAD) as given."""
    area = 1e-4
    slope = given["resistance"] * FARADAY * area * given["diffusivity"] / given["length"]
    rate = slope / (FARADAY * area * given["charge_transfer"]) if around else inf
    return vg.Cell(
        vg.Material(given["diffusivity"], None, None, ocv_slope=-slope),
        given["length"],
        area,
        back=back,
        rate=rate,
        series_resistance=given["series"] if around else 0.0,
        double_layer=given["double_layer"] if around else 0.0,
    )


@pytest.mark.parametrize(
    ("name", "back", "form"),
    [
        ("W", "blocking", "high"),
        ("Wo", "blocking", "full"),
        ("Ws", "permeable", "full"),
        ("randles_Wo", "blocking", "full"),
        ("randles_Ws", "permeable", "full"),
    ],
)
def test_elements_of_impedance_py(name, back, form):
    """Wo is the blocking back (finite space), Ws the permeable one (finite length)."""
    data = load("impedance_py.json")
    cell = film(data["cell"], back, name.startswith("randles"))
    z = eis(cell, data["frequency"], form=form).values
    # 1e-14: both round a handful of operations
    assert np.allclose(complex_of(data["results"][name]), z, rtol=1e-14, atol=0)


def test_warburgs_agree_where_the_film_is_thick():
    data = load("impedance_py.json")
    fast = (
        np.array(data["frequency"])
        > 100 * data["cell"]["diffusivity"] / data["cell"]["length"] ** 2
    )
    w, wo, ws = (complex_of(data["results"][n])[fast] for n in ("W", "Wo", "Ws"))
    assert np.allclose(w, wo, rtol=1e-12)
    assert np.allclose(w, ws, rtol=1e-12)


@pytest.mark.parametrize("name", PEERS)
def test_stored_results_belong_to_the_script(name):
    data = load(name)
    script = (ORACLES / data["script"]).read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(script).hexdigest() == data["script_sha256"], (
        f"run {data['script']} again"
    )
    assert "import vegard" not in script.decode()
    assert "from vegard" not in script.decode()
    assert data["version"]


def again(name):
    """The script as a module, where its peer is installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own
        pytest.importorskip(PEERS[name], reason=f"{PEERS[name]} is not installed")
        data = load(name)
        path = ORACLES / data["script"]
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return data, module


@pytest.mark.slow
def test_pybamm_again():
    """The finest mesh: to what the integrator and the solver of sparse equations leave."""
    data, script = again("pybamm.json")
    results = data["results"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spectrum = script.eis(results["eis"]["meshes"][-1], 0.0)
        pulse = script.gitt(results["gitt"]["meshes"][-1])
    assert np.allclose(spectrum, complex_of(results["eis"]["finest"]), rtol=1e-8, atol=0)
    assert np.allclose(pulse, results["gitt"]["finest"], rtol=1e-8, atol=0)


@pytest.mark.slow
def test_impedance_py_again():
    data, script = again("impedance_py.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = script.spectra()
    for name, values in found.items():
        assert np.allclose(values, complex_of(data["results"][name]), rtol=1e-14, atol=0)

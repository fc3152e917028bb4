"""The house: layers, lazy imports, the public names, docstrings with units."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vegard as vg

SRC = Path(vg.__file__).parent
LAYERS = {
    "ground": {"errors", "units", "parameters", "files", "__init__", "prefixes", "catalogues"},
    "numerics": {"hankel", "spectra", "laplace", "depth", "galerkin", "radial", "convolution"},
    "kernels": {
        "diffusion",
        "elasticity",
        "kinetics",
        "footprints",
        "closed_forms",
        "waveforms",
        "migration",
        "beam",
        "layers",
        "oscillator",
        "rotations",
        "rim",
        "intercalation",
        "noise",
        "adjoint",
    },
    "objects": {
        "contact_mechanics",
        "contacts",
        "layered",
        "material",
        "tips",
        "geometries",
        "interfaces",
        "elastic",
        "experiment",
        "findings",
        "catalogue",
        "plausibility",
        "cell",
        "host",
        "instrument",
        "samples",
    },
    "verbs": {
        "transfer",
        "superposition",
        "result",
        "response",
        "spectroscopy",
        "sweeps",
        "largest",
        "verdicts",
        "cantilever",
        "current",
        "orientation",
        "parasitics",
        "photodiode",
        "resonance",
        "classical",
        "concentrations",
        "loops",
        "noise_floor",
        "fitting",
        "mapping",
        "four_methods",
        "protocols",
        "envelopes",
        "point_spread",
        "transport_spread",
        "image_kernels",
        "resolving",
        "resolution_table",
        "resolution_map",
        "planning",
        "amounts",
        "detectability",
        "detection_limits",
        "crossing_methods",
        "crossings",
        "image_inputs",
        "local_responses",
        "local_images",
        "imaging",
        "deconvolution",
        "map_pixels",
        "map_statistics",
    },
    "edges": {
        "cli",
        "terminal",
        "io",
        "plot",
        "report",
        "demo",
        "dart_scans",
        "run",
        "citations",
        "readings",
        "commands",
        "fem",
        "plot_loops",
        "plot_fit",
        "plot_fit_image",
        "plot_posterior",
        "plot_models",
        "plot_comparison",
        "plot_plan",
        "plot_verdict",
        "plot_detection",
        "plot_image",
        "plot_resolution",
        "map_scales",
        "plot_map",
        "plot_map_statistics",
    },
}
ORDER = list(LAYERS)
# the lazy ways up: a response plots and cites itself; an instrument holds a lever
LAZY = {
    ("result", "plot"),
    ("result", "citations"),
    ("instrument", "cantilever"),
    ("loops", "plot_loops"),
    ("loops", "citations"),
    ("fitting", "plot_fit"),
    ("fitting", "plot_models"),
    ("four_methods", "plot_comparison"),
    ("planning", "plot_plan"),
    ("verdicts", "plot_verdict"),
    ("crossings", "plot_detection"),
    ("imaging", "plot_image"),
    ("resolving", "plot_resolution"),
    ("resolving", "report"),
    ("resolution_map", "plot_resolution"),
    ("resolution_map", "report"),
    ("deconvolution", "plot_image"),
}


def modules():
    return sorted(p for p in SRC.rglob("*.py"))


def name_of(path):
    return path.relative_to(SRC).with_suffix("").parts[0]


def layer_of(name):
    for i, layer in enumerate(ORDER):
        if name in LAYERS[layer]:
            return i
    raise AssertionError(f"module {name} belongs to no layer: add it to LAYERS")


def imported(path):
    """Names of our own modules that a file imports, with the line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vegard"):
            rest = node.module.split(".")[1:]
            for name in [rest[0]] if rest else [a.name for a in node.names]:
                yield name, node.lineno
        elif isinstance(node, ast.Import):
            for a in node.names:
                if a.name.startswith("vegard."):
                    yield a.name.split(".")[1], node.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down(path):
    me = name_of(path)
    if me == "__init__":
        return
    for other, line in imported(path):
        if other in {"__version__", me} or (me, other) in LAZY:
            continue
        assert layer_of(other) <= layer_of(me), f"{path.name}:{line} imports {other} from above"


RULER = {"errors", "parameters", "units", "result", "experiment", "material", "tips"} | {
    "geometries", "interfaces", "contacts", "elastic", "layered", "fem",
}  # fmt: skip


def test_finite_elements_solve_by_themselves():
    """The ruler takes the objects' numbers and no formula: no kernel, numerics or verb."""
    files = [p for p in (SRC / "fem").glob("*.py") if p.stem not in {"verification", "cases"}]
    assert len(files) >= 4
    for path in files:
        for other, line in imported(path):
            if (path.stem, other) != ("__init__", "fem"):
                assert other in RULER, f"fem/{path.name}:{line} imports {other}"


def test_modules_and_functions_stay_small():
    for path in modules():
        text = path.read_text()
        assert text.count("\n") <= 400, f"{path.name} is longer than a module should be"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                doc = ast.get_docstring(node, clean=False) or ""
                length = (node.end_lineno or 0) - node.lineno - doc.count("\n")
                assert length <= 60, f"{path.name}: {node.name} has {length} lines"


def loaded_by(code):
    out = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(out.stdout.split())


def test_import_is_light():
    heavy = {"scipy", "matplotlib", "pint", "xarray", "h5netcdf", "typer", "rich", "h5py", "pandas"}
    assert not heavy & loaded_by("import vegard")


def test_objects_need_no_scipy():
    code = "import vegard as v; v.Experiment(v.Material(1,1,.3), v.DiscTip(1)).check()"
    assert not {"scipy", "matplotlib", "pint", "xarray"} & loaded_by(code)


PUBLIC = """
BlockingTip Cantilever Cell Contact Data DiscTip Experiment FileError Film Finding
FixedConcentration FixedFlux GaussianTip HalfSpace Host Instrument Layered
LinearKinetics Material NoStaticLimit NotConverged Observations OutOfRegime ProfileTip Pulse
PulseTrain Response Sampled Sine Triangle VegardError compare compare_models concentration
contact_current
contact_impedance crossing dart deconvolve detection fisher fit fit_map fit_sho forc
frequency_response hertz image instruments largest_response loop materials
orientation_contrast plan read relaxation_times
resolution static_response step_response sweep time_response verdict write
"""


def test_public_names():
    assert sorted(PUBLIC.split()) == vg.__all__
    for name in vg.__all__:
        assert getattr(vg, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'frequency_respnse'"):
        vg.frequency_respnse  # noqa: B018


SIGNATURES = {
    "write": "data, path",
    "Material": "diffusivity, vegard, poisson, young, ocv_slope, site_concentration, charge, "
    "temperature, name, source",
    "Experiment": "material, tip, geometry, interface, readout, elastic, also",
    "frequency_response": "experiment, frequency, *, per, at, azimuth, component",
    "static_response": "experiment, *, per, at, azimuth, component",
    "step_response": "experiment, time, *, per, at, azimuth, component",
    "time_response": "experiment, drive, time, *, per, at, azimuth, component",
    "relaxation_times": "experiment, *, per, at, tau",
    "resolution": "experiment, frequency, *, time, instrument, drive, per",
    "Film": "thickness, back",
    "Contact": "rate",
    "BlockingTip": "debye_length, concentration, extent",
    "contact_current": "experiment, frequency, *, time, per",
    "contact_impedance": "experiment, frequency",
    "orientation_contrast": "experiment, euler, frequency, *, per, at, azimuth",
    "hertz": "tip_radius, load, material, *, tip_young, tip_poisson, model, adhesion, shape, "
    "half_angle",
    "Cantilever": "stiffness, free_resonance, quality, length, contact_stiffness, "
    "contact_damping, lateral_stiffness, tip_position, laser_position, tip_height, tilt",
    "fit_sho": "f, spectra, *, sigma, background, convention, sense",
    "dart": "amplitude1, amplitude2, phase1, phase2, frequency, width, *, convention, sense",
    "ProfileTip": "radius, r, profile",
    "Cell": "material, length, area, shape, back, rate, series_resistance, double_layer",
    "Host": "material, ocv, diffusivity, activation_energy",
    "Instrument": "name, displacement_noise, current_noise, bandwidth, cantilever, source, "
    "voltage_noise",
    "Data": "kind, x, y, sigma, *, drive, per, at, cell, maps, pixel, over, boundary, field",
    "fit": "experiment, data, free, *, prior, loss, seed",
    "fit_map": "experiment, data, free, *, out, chunks, scheduler, resume, loss, progress",
    "compare_models": "experiment, data, models, *, free, criterion",
    "loop": "experiment, envelope, *, field, per, observable, law, delay, at, points",
    "fisher": "experiment, data, free, *, prior",
    "verdict": "data, experiment, *, drive, q, diffusivity, change",
    "plan": "experiment, *, unknown, prior, instrument, budget, drive, seed, per, methods, "
    "tip_radii, "
    "temperatures, activation_energy, progress",
    "compare": "sample, *, cell, instrument, step, tip_radius, target, seed, progress",
    "detection": "experiment, frequency, *, instrument, drive, per, averages, source_resistance, "
    "source_capacitance",
    "crossing": "experiment, frequency, *, instrument, drive, radius, points, snr, seconds, "
    "scaled, "
    "source_resistance, source_capacitance, progress",
    "image": "experiment, maps, *, pixel, frequency, time, noise, seed, drive, per, boundary, "
    "method, "
    "tolerance, drift, progress",
    "deconvolve": "image, experiment, *, noise, pixel, frequency, time, drive, per, boundary",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name):
    parameters = inspect.signature(getattr(vg, name)).parameters.values()
    words, starred = [], False
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and not starred:
            words.append("*")
            starred = True
        words.append(p.name)
    assert ", ".join(words) == SIGNATURES[name]


QUANTITY = re.compile(r"\[[^\]]+\]")


@pytest.mark.parametrize("name", [n for n in vg.__all__ if inspect.isclass(getattr(vg, n))])
def test_fields_carry_unit_symbol_and_meaning(name):
    from dataclasses import fields, is_dataclass

    cls = getattr(vg, name)
    if not is_dataclass(cls) or not hasattr(cls, "__post_init__"):
        return
    assert cls.__doc__
    for f in fields(cls):
        assert f.metadata.get("doc"), f"{name}.{f.name} has no meaning"
        if "rule" in f.metadata:
            assert f.metadata["unit"], f"{name}.{f.name} has no unit"
            assert f.metadata["symbol"]
            unit = f.metadata["unit"]
            has = f"[{unit}]" in cls.__doc__ or unit == "–" or "units of the drive" in cls.__doc__
            assert has, f"{name}.{f.name}: the docstring lacks [{unit}]"


@pytest.mark.parametrize(
    "name", [n for n in vg.__all__ if inspect.isfunction(getattr(vg, n)) and n != "sweep"]
)
def test_verbs_give_units_and_an_example(name):
    doc = inspect.getdoc(getattr(vg, name))
    assert doc
    assert QUANTITY.search(doc)
    assert ">>>" in doc
    for section in ("Parameters", "Returns"):
        assert f"{section}\n---" in doc

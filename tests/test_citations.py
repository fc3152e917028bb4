"""Citations: exactly what was used."""

import vegard as vg
from vegard.citations import CONTOUR, PAPER, citations, software

LMO = vg.materials["LiMn2O4"].material()
BARE = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
KNOWN = vg.Experiment(LMO, vg.DiscTip(10e-9))


def test_frequency_needs_no_contour():
    assert vg.frequency_response(BARE, 1.0, per="concentration").citations() == [software(), PAPER]


def test_time_adds_the_contour_once():
    u = vg.step_response(BARE, [0.1], per="concentration")
    assert (u + u).citations() == [software(), PAPER, CONTOUR]


def test_rest_and_spectroscopy_have_no_contour():
    for verb in ("static_response", "relaxation_times", "frequency_response"):
        assert CONTOUR not in citations({"verb": verb, "experiment": BARE})


def test_material_source_is_the_materials_own():
    last = citations({"verb": "static_response", "experiment": KNOWN})[-1]
    assert last == f"Material (LiMn2O4): {LMO.source}"
    assert "Zhang et al., JES, 2007" in last


def test_sum_of_two_materials_cites_both():
    other = KNOWN.replace({"material.source": "own measurement", "material.name": "film"})
    both = citations(
        {
            "sum": (
                {"verb": "static_response", "experiment": KNOWN},
                {"verb": "time_response", "experiment": other},
            )
        }
    )
    assert both.count(PAPER) == 1
    assert both[-2:] == [CONTOUR, "Material (film): own measurement"]
    assert len(both) == 5


def test_nothing_known_cites_nothing():
    assert citations({}) == []


def test_version_is_the_packages():
    assert f"vegard {vg.__version__}," in software()

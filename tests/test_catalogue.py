"""The material data: consistent, plausible, sourced, and honest about what is unknown."""

from __future__ import annotations

import re
import subprocess
import sys
from math import isclose, sqrt
from pathlib import Path

import pytest

from vegard.catalogue import UNITS, Catalogue, Entry, Record, materials
from vegard.errors import FileError, OutOfRegime, VegardError
from vegard.plausibility import check_plausible

REQUIRED = ("LiCoO2", "LiMn2O4", "graphite", "NMC111", "NMC811", "LiFePO4", "Si")
ELECTROLYTES = ("LATP", "LLZO")

ONE = """
[X]
class = "intercalation"
linear = {linear}

[[X.{prop}]]
value = {value}
unit = "{unit}"
{more}
composition = "x = 0"
method = "test"
uncertainty = "none"
source = "test"
read_from = "test"
verified = false
default = true
"""


def entry(tmp_path: Path, prop: str, value: str, more: str = "", linear: str = "true") -> Entry:
    path = tmp_path / "x.toml"
    text = ONE.format(prop=prop, value=value, unit=UNITS[prop], more=more, linear=linear)
    path.write_text(text, "utf-8")
    return Catalogue(path)["X"]


def pair(value: float | tuple[float, float]) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (value, value)


def every_record() -> list[tuple[str, Record]]:
    return [(name, r) for name, e in materials.items() for r in e.records()]


def test_has_the_promised_materials() -> None:
    assert set(REQUIRED) <= set(materials)
    assert not materials["Si"].linear


@pytest.mark.parametrize("name", [n for n in REQUIRED if n != "Si"])
def test_promised_materials_can_be_used(name: str) -> None:
    m = materials[name].material()
    assert None not in (m.diffusivity, m.vegard, m.poisson, m.site_concentration)
    assert m.name == name
    assert m.source


@pytest.mark.parametrize("name", ELECTROLYTES)
def test_electrolytes_have_no_vegard_coefficient(name: str) -> None:
    assert materials[name].kind == "conductor"
    assert materials[name].records("vegard") == []
    assert materials[name].material().vegard is None


def test_all_entries_pass_the_plausibility_rules() -> None:
    assert [v for e in materials.values() for v in check_plausible(e)] == []


def test_every_record_is_complete() -> None:
    for name, r in every_record():
        for text in (r.composition, r.method, r.uncertainty, r.source, r.read_from):
            assert text.strip(), (name, r)
        assert r.unit == UNITS[r.property]


def test_strain_per_composition_agrees_with_strain_per_concentration() -> None:
    """β C_max equals the strain per x to the rounding of the file (five digits)."""
    for name, r in every_record():
        if r.property != "vegard":
            continue
        assert r.strain_per_x is not None, name
        assert r.site_concentration is not None, name
        for beta, strain in zip(pair(r.value), pair(r.strain_per_x), strict=True):
            assert isclose(beta * r.site_concentration, strain, rel_tol=1e-4), (name, r.source)
        if r.default:
            site = materials[name].default("site_concentration")
            assert site is not None, name
            assert site.value == r.site_concentration, name


def test_value_of_a_range_is_its_geometric_mean() -> None:
    for name, r in every_record():
        if r.range:
            assert isclose(float(pair(r.value)[0]), sqrt(r.range[0] * r.range[1]), rel_tol=0.02), (
                name,
                r.source,
            )


def test_vegard_defaults_follow_from_the_molar_volumes_in_their_method() -> None:
    """β = Ω / 3, with Ω read from the record's own words."""
    seen = 0
    for name, r in every_record():
        found = re.search(r"partial molar volume (-?[\d.]+e-\d+) m³/mol / 3", r.method)
        if found:
            assert isclose(pair(r.value)[0], float(found[1]) / 3, rel_tol=1e-4), name
            seen += 1
    assert seen >= 4


def test_no_registry_address_and_only_dois_that_were_seen() -> None:
    text = " ".join(f"{r.source} {r.method} {r.read_from}" for _, r in every_record())
    assert "pypi" not in text.lower()
    for doi in re.findall(r"10\.\d{4,}/[^\s;,)]+", text):
        assert doi in KNOWN_DOIS, f"{doi} is new: add it only if you read it in a text"


KNOWN_DOIS = {  # each was seen in readable text: PyBaMM's bibliography, BattMo, or the page itself
    "10.1149/2.0122001JES",
    "10.1016/j.apenergy.2025.126744",
    "10.1149/2.0551509jes",
    "10.1149/1945-7111/ab9050",
    "10.1149/1945-7111/aba5d1",
    "10.1039/D2CP00417H",
    "10.1149/2.053304jes",
    "10.1016/j.jpowsour.2024.234256",
    "10.1016/j.jpowsour.2022.231142",
    "10.1088/0031-8949/2007/T129/010",
    "10.1149/2.0941910jes",
    "10.1021/acsomega.9b03794",
    "10.3762/bjnano.12.102",
    "10.1039/D1MA00842K",
}


def test_licoo2_contracts_on_lithiation_and_is_anisotropic() -> None:
    records = materials["LiCoO2"].records("vegard")
    assert all(pair(r.value)[1] < 0 for r in records)
    in_plane, normal = next(r.value for r in records if isinstance(r.value, tuple))
    mean = (2 * in_plane + normal) / 3
    assert in_plane > 0
    assert isclose(mean, pair(records[1].value)[0], rel_tol=1e-3)  # same volume, same source


def test_limn2o4_modulus_keeps_both_sides_of_the_dispute() -> None:
    assert sorted(pair(r.value)[0] for r in materials["LiMn2O4"].records("young")) == [
        10e9,
        87e9,
        104e9,
    ]


def test_okane2022_nmc_molar_volume_is_caught(tmp_path: Path) -> None:
    """1.25e-5 m³/mol × 63104 mol/m³ is 79 % in volume; as a linear strain (26 %) it would pass."""
    okane = entry(tmp_path, "vegard", str(1.25e-5 / 3), "site_concentration = 63104.0")
    (found,) = check_plausible(okane)
    assert "volume change |tr(β) C_max| = 0.789 must be < 0.5" in found


@pytest.mark.parametrize(
    ("prop", "value", "more", "caught"),
    [
        ("vegard", "1.6e-6", "site_concentration = 1e5", False),
        ("vegard", "1.7e-6", "site_concentration = 1e5", True),
        ("vegard", "-1.7e-6", "site_concentration = 1e5", True),
        ("vegard", "[3e-6, -6e-6]", "site_concentration = 1e5", True),  # volume kept, strain not
        ("diffusivity", "1e-22", "", False),
        ("diffusivity", "1e-23", "", True),
        ("diffusivity", "[1e-15, 1e-7]", "", True),
        ("poisson", "0.49", "", False),
        ("poisson", "0.5", "", True),
        ("poisson", "-1", "", True),
        ("young", "-1e9", "", True),
        ("ocv_slope", "1e-6", "", True),
        ("ocv_slope", "-1e-6", "", False),
    ],
)
def test_rules(tmp_path: Path, prop: str, value: str, more: str, caught: bool) -> None:
    assert bool(check_plausible(entry(tmp_path, prop, value, more))) is caught


def test_linear_false_is_excused_from_the_strain_rule_but_warns(tmp_path: Path) -> None:
    big = entry(tmp_path, "vegard", "4e-6", "site_concentration = 278000.0", linear="false")
    assert check_plausible(big) == []
    same = entry(tmp_path, "vegard", "4e-6", "site_concentration = 278000.0")
    assert len(check_plausible(same)) == 2
    with pytest.warns(OutOfRegime, match="Si: linear = false. Volume change .* 3.3 against .* 0.5"):
        materials["Si"].material()


def test_overrides_and_records_as_overrides() -> None:
    lco = materials["LiCoO2"]
    film = lco.records("vegard")[2]
    m = lco.material(vegard=film, diffusivity=(1e-14, 1e-16), name="film")
    assert m.vegard == film.value
    assert m.diffusivity == (1e-14, 1e-16)
    assert m.name == "film"
    assert m.source is not None
    assert "Kim et al." in m.source
    assert lco.material(young=None).young is None


def test_stated_temperature_reaches_the_record() -> None:
    first, second = materials["LiCoO2"].records("diffusivity")[:2]
    assert (first.temperature, second.temperature) == (298.15, None)


def test_charge_of_the_vacancy_reaches_the_material() -> None:
    assert materials["GDC"].material().charge == 2
    assert materials["LiMn2O4"].material().charge == 1


def test_unknown_names_list_the_valid_ones_and_the_nearest() -> None:
    with pytest.raises(VegardError, match=r"Did you mean 'LiMn2O4'.*Valid: GDC"):
        materials["LiMn204"]
    with pytest.raises(VegardError, match="Did you mean 'diffusivity'"):
        materials["Si"].records("difusivity")
    with pytest.raises(VegardError, match="Did you mean 'vegard'"):
        materials["LiMn2O4"].material(vegart=1e-6)
    with pytest.raises(VegardError, match="must be > 0"):
        materials["LiMn2O4"].material(diffusivity=-1.0)
    assert "LiMn204" not in materials
    assert materials.get("LiMn204") is None


def test_table_has_one_row_per_material() -> None:
    rows = materials.table()
    assert [r["name"] for r in rows] == list(materials)
    lmo, lnmo = materials.table(["LiMn2O4", "LNMO"])
    assert lmo["diffusivity"] == 7.08e-15
    assert lmo["strain_per_x"] == 0.026694
    assert lnmo["poisson"] is None
    assert all(set(r) == set(lmo) for r in rows)
    assert lmo["verified"] <= lmo["records"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = [", "not valid TOML"),
        ("X = 3", "must be a table"),
        ("[X]\nlinear = true", "class is missing"),
        ('[X]\nclass = "metal"\nlinear = true', "class must be one of"),
        ('[X]\nclass = "alloy"\nlinear = 1', "linear has the wrong type"),
        ('[X]\nclass = "alloy"\nlinear = true\nyuong = 1', "Did you mean 'young'"),
        ('[X]\nclass = "alloy"\nlinear = true\nyoung = 1', "must be records"),
        ('[X]\nclass = "alloy"\nlinear = true\n[[X.young]]\nunit = "GPa"', "unit must be Pa"),
        ('[X]\nclass = "alloy"\nlinear = true\n[[X.young]]\nunit = "Pa"', "value is missing"),
    ],
)
def test_bad_files_are_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match=message):
        len(Catalogue(path))


@pytest.mark.parametrize(
    ("prop", "value", "more", "message"),
    [
        ("young", '"87 GPa"', "", "value must be a number in SI units"),
        ("young", "[1, 2, 3]", "", r"must be one number or \[a, b\]"),
        ("young", "1e9", "range = 3", r"range must be \[a, b\]"),
        ("young", "1e9", "strain_per_x = 3", "belong to vegard only"),
        ("young", "1e9", "doi = 3", "unknown key 'doi'"),
    ],
)
def test_bad_records_are_refused_in_words(
    tmp_path: Path, prop: str, value: str, more: str, message: str
) -> None:
    with pytest.raises(FileError, match=message):
        entry(tmp_path, prop, value, more)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        len(Catalogue(tmp_path / "none.toml"))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="not valid TOML"):
        len(Catalogue(tmp_path / "binary.toml"))


def test_two_defaults_are_refused(tmp_path: Path) -> None:
    once = ONE.format(prop="young", value="1e9", unit="Pa", more="", linear="true")
    path = tmp_path / "two.toml"
    path.write_text(once + once.partition("true\n")[2], "utf-8")
    with pytest.raises(FileError, match="more than one record with default"):
        len(Catalogue(path))


def test_import_reads_no_file_and_loads_no_numpy() -> None:
    code = (
        "import sys; from vegard.catalogue import materials; "
        "assert materials._cache is None; assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

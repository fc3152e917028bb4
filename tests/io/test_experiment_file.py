"""Experiment files: what people write is read, what cannot be meant is said."""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vegard import io
from vegard.errors import FileError, VegardError
from vegard.interfaces import FixedConcentration
from vegard.io import experiment_file, objects
from vegard.io.plan import COMMON

MATERIAL = '[material]\ndiffusivity = "1e-11 cm^2/s"\nvegard = 1e-6\npoisson = 0.3\n'
TIP = '[tip]\nkind = "DiscTip"\nradius = "20 nm"\n'
BASIC = "schema = 1\n" + MATERIAL + TIP


def read(tmp_path: Path, text: str | bytes, **kw: Any) -> io.Plan:
    path = tmp_path / "e.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return io.read(path, **kw)


def refused(tmp_path: Path, text: str | bytes, **kw: Any) -> str:
    with pytest.raises(FileError) as caught:
        read(tmp_path, text, **kw)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "e.toml"))
    assert "\n" not in message
    return message


def test_the_smallest_file(tmp_path: Path) -> None:
    plan = read(tmp_path, BASIC)
    assert plan.experiment["material.diffusivity"] == 1e-15
    assert plan.experiment["tip.radius"] == 20e-9
    assert plan.per == "concentration"  # no OCV slope: volts would need one
    assert plan.drive_unit == "mol/m³"
    assert all(getattr(plan, s) is not None for s in COMMON if s != "current")
    assert plan.current is None  # only a contact has one
    assert plan.asked == frozenset()


def test_automatic_axes_span_the_sweep(tmp_path: Path) -> None:
    one = read(tmp_path, BASIC).frequency
    swept = read(tmp_path, BASIC.replace('"20 nm"', '["2 nm", "200 nm"]')).frequency
    assert one is not None
    assert swept is not None
    corner = 1e-15 / (2 * np.pi * 20e-9**2)
    assert one.start == pytest.approx(corner * 1e-4, rel=0.05)  # two digits are kept
    assert one.stop == pytest.approx(corner * 1e4, rel=0.05)
    assert swept.start < one.start
    assert swept.stop > one.stop


def test_volts_where_the_slope_is_known(tmp_path: Path) -> None:
    plan = read(tmp_path, BASIC.replace("[tip]", 'ocv_slope = "-1e-5 V m^3/mol"\n[tip]'))
    assert (plan.per, plan.drive, plan.drive_unit) == ("volt", 1.0, "V")


def test_material_of_the_catalogue_with_an_override(tmp_path: Path) -> None:
    text = 'schema = 1\n[material]\nname = "LiMn2O4"\ndiffusivity = 1e-13\n' + TIP
    plan = read(tmp_path, text)
    assert plan.experiment["material.diffusivity"] == 1e-13
    assert plan.experiment["material.young"] == 87e9
    source = {s["parameter"]: s for s in plan.sources}
    assert source["material.diffusivity"]["source"] == "experiment file"
    assert "Amanieu" in source["material.young"]["source"]
    assert source["material.young"]["verified"] is True
    assert source["material.temperature"]["source"] == "default of vegard"


def test_a_material_that_is_not_linear_warns_in_the_notes(tmp_path: Path) -> None:
    plan = read(tmp_path, 'schema = 1\n[material]\nname = "Si"\n' + TIP)
    assert any("linear = false" in note for note in plan.notes)


def test_pairs_are_inline_tables_and_lists_are_sweeps(tmp_path: Path) -> None:
    text = BASIC.replace('"1e-11 cm^2/s"', '{ in_plane = "1e-11 cm^2/s", normal = 1e-16 }').replace(
        '"20 nm"', '["10 nm", 2e-8]'
    )
    plan = read(tmp_path, text + '[experiment]\nreadout = ["centre", "punch"]\n')
    assert plan.experiment["material.diffusivity"] == (1e-15, 1e-16)
    assert plan.sweeps == (("tip.radius", (1e-8, 2e-8)), ("readout", ("centre", "punch")))
    assert len(list(plan.changes())) == 4


def test_profile_arrays_are_not_sweeps(tmp_path: Path) -> None:
    tip = '[tip]\nkind = "ProfileTip"\nradius = "5 nm"\nr = [0, 1]\nprofile = [1, 0.0]\n'
    plan = read(tmp_path, "schema = 1\n" + MATERIAL + tip)
    assert plan.sweeps == ()
    assert plan.experiment["tip.profile"] == (1.0, 0.0)


def test_changes_replace_values_of_the_file(tmp_path: Path) -> None:
    changes = {"tip.radius": "5 nm", "readout": "punch", "geometry.kind": "HalfSpace"}
    plan = read(tmp_path, BASIC, changes=changes)
    assert plan.experiment["tip.radius"] == 5e-9
    assert plan.experiment.readout == "punch"


@pytest.mark.parametrize("path", ['"tip.radius"', "tip.radius"])
def test_sources_with_and_without_quotes(tmp_path: Path, path: str) -> None:
    plan = read(tmp_path, BASIC + f'[sources]\n{path} = {{ source = "SEM", verified = true }}\n')
    source = next(s for s in plan.sources if s["parameter"] == "tip.radius")
    assert source == {"parameter": "tip.radius", "source": "SEM", "verified": True}
    plan = read(tmp_path, BASIC + f'[sources]\n{path} = "SEM"\n')
    assert {"parameter": "tip.radius", "source": "SEM"}.items() <= plan.sources[-1].items()


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + BASIC.encode()).experiment["tip.radius"] == 2e-8


def test_a_new_interface_is_found_by_its_class(tmp_path: Path) -> None:
    @dataclass(frozen=True, slots=True)
    class Novel(FixedConcentration):
        """Interface that this module has never heard of."""

        strength: float = objects.parameters.quantity("strength", "a", "V", default=1.0)

    try:
        text = BASIC + '[interface]\nkind = "Novel"\nstrength = ["20 mV", "30 mV"]\n'
        plan = read(tmp_path, text)
        assert plan.experiment["interface.strength"] == 0.02
        assert '["0.02 V", "0.03 V"]' in io.dump(plan)
        assert read(tmp_path, io.dump(plan)) == plan
    finally:
        del Novel, plan
        gc.collect()


VOLT = BASIC.replace("[tip]", 'ocv_slope = "-1e-5 V m^3/mol"\nyoung = "100 GPa"\n[tip]')
FILM = '[geometry]\nkind = "Film"\nthickness = "50 nm"\n'
LAYERED = VOLT + FILM + '[elastic]\nkind = "Layered"\n'
RIGID = LAYERED + 'substrate = "rigid"\n'
CONTACT = BASIC + '[interface]\nkind = "Contact"\n'
BLOCKING = '[interface]\nkind = "BlockingTip"\ndebye_length = "1 nm"\nconcentration = 1e3\n'
HERTZ = VOLT.replace(
    'kind = "DiscTip"\nradius = "20 nm"',
    'kind = "Hertz"\nload = "30 nN"\ntip_radius = "30 nm"\ntip_young = "169 GPa"\n'
    "tip_poisson = 0.22",
)
LEVER = """[cantilever]
stiffness = "2.8 N/m"
free_resonance = "75 kHz"
quality = 150
length = "225 um"
"""
JOULE = """[parasitics.joule]
resistance = "1 Gohm"
conductivity = "3 W/m/K"
heat_capacity = "3e6 J/m^3/K"
expansion = "1e-5 1/K"
"""
STRICTION = "[parasitics.electrostriction]\nlongitudinal = 1e-20\ntransverse = -3e-21\n"
PULL = '[parasitics.electrostatic]\ngap = "1 nm"\nlever_width = "28 um"\n'
TENSOR = '[["1 cm^3/mol", 0, 0], [0, 2e-6, 1e-7], [0, 1e-7, -3e-6]]'


def test_a_list_of_numbers_is_a_sweep_and_three_lists_are_a_tensor(tmp_path: Path) -> None:
    three = read(tmp_path, BASIC.replace("= 1e-6", "= [1e-6, 2e-6, 3e-6]"))
    assert three.sweeps == (("material.vegard", (1e-6, 2e-6, 3e-6)),)
    plan = read(tmp_path, BASIC.replace("= 1e-6", f"= {TENSOR}"))
    assert plan.sweeps == ()
    wanted = (1e-6, 0.0, 0.0), (0.0, 2e-6, 1e-7), (0.0, 1e-7, -3e-6)
    assert plan.experiment["material.vegard"] == wanted
    assert read(tmp_path, io.dump(plan)) == plan


def test_lateral_components_follow_the_tensor(tmp_path: Path) -> None:
    text = BASIC.replace("= 1e-6", f"= {TENSOR}")
    assert read(tmp_path, text).components == ("vertical", "lateral_y")  # β₂₃ alone
    assert read(tmp_path, BASIC).components == ("vertical",)
    asked = read(tmp_path, text + '[frequency]\ncomponents = ["vertical", "lateral_x"]\n')
    assert asked.components == ("vertical", "lateral_x")
    punch = read(tmp_path, text + '[experiment]\nreadout = "punch"\n')
    assert punch.components == ("vertical",)


def test_a_crystal_is_turned_when_it_is_computed(tmp_path: Path) -> None:
    pair = "= { in_plane = 2e-7, normal = -1e-6 }"
    text = BASIC.replace("= 1e-6", pair).replace("0.3\n", '0.3\neuler = ["30 deg", "90°", 0]\n')
    plan = read(tmp_path, text + '[experiment]\nazimuth = "45 deg"\n')
    assert plan.euler == pytest.approx((np.pi / 6, np.pi / 2, 0.0), rel=1e-15)
    assert plan.azimuth == pytest.approx(np.pi / 4, rel=1e-15)
    assert plan.experiment["material.vegard"] == (2e-7, -1e-6)
    # c = (sin 30°, -cos 30°, 0): β = a 1 + (c - a) c cᵀ
    c = np.array([0.5, -(3**0.5) / 2, 0.0])
    wanted = 2e-7 * np.eye(3) - 1.2e-6 * np.outer(c, c)
    turned = plan.at({}).experiment.material.vegard_tensor
    np.testing.assert_allclose(turned, wanted, rtol=1e-12, atol=1e-20)
    assert plan.components == ("vertical",)  # what a turn by 90° leaves by rounding is no motion
    layered = read(tmp_path, text + FILM + '[elastic]\nkind = "Layered"\nsubstrate = "rigid"\n')
    assert layered.components == ("vertical",)
    assert read(tmp_path, io.dump(plan)) == plan


def test_layers_are_tables(tmp_path: Path) -> None:
    rows = '[{ thickness = "20 nm", young = "168 GPa", poisson = 0.38 }]'
    text = LAYERED + f'substrate = {{ young = "3 GPa", poisson = 0.25 }}\nlayers = {rows}\n'
    plan = read(tmp_path, text)
    assert plan.experiment["elastic.substrate_young"] == 3e9
    assert plan.experiment["elastic.substrate_poisson"] == 0.25
    assert plan.experiment["elastic.layers"] == ((20e-9, 168e9, 0.38),)
    assert read(tmp_path, io.dump(plan)) == plan
    for value in ("4 GPa", ["4 GPa", "5 GPa"]):
        swept = read(tmp_path, text, changes={"elastic.substrate_young": value})
        assert swept.experiment["elastic.substrate_young"] == 4e9
    assert swept.sweeps == (("elastic.substrate_young", (4e9, 5e9)),)


def test_a_rigid_substrate_is_a_word(tmp_path: Path) -> None:
    plan = read(tmp_path, RIGID)
    assert plan.experiment["elastic.substrate_young"] == inf
    assert read(tmp_path, io.dump(plan)) == plan
    changes = {"elastic.substrate_young": "4 GPa", "elastic.substrate_poisson": 0.2}
    assert read(tmp_path, RIGID, changes=changes).experiment["elastic.substrate_young"] == 4e9


def test_a_load_makes_the_radius(tmp_path: Path) -> None:
    plan = read(tmp_path, HERTZ.replace('"30 nN"', '["30 nN", "240 nN"]'))
    modulus = 1 / ((1 - 0.3**2) / 100e9 + (1 - 0.22**2) / 169e9)
    radius = (3 * 30e-9 * 30e-9 / (4 * modulus)) ** (1 / 3)
    got = [plan.at(change).experiment["tip.radius"] for change in plan.changes()]
    assert got == pytest.approx([radius, 2 * radius], rel=1e-12, abs=0)
    assert plan.experiment["tip.load"] == 30e-9
    again = read(tmp_path, io.dump(plan))
    assert again == plan
    assert "Hertz" in io.dump(plan)


def test_what_follows_from_the_load_follows_its_sweep(tmp_path: Path) -> None:
    tip = 'tip_height = "12.5 um"\ntilt = "11 deg"\n'
    loads = HERTZ.replace('"30 nN"', '["30 nN", "240 nN"]')
    plan = read(tmp_path, loads + LEVER + tip + PULL + STRICTION + JOULE)
    modulus = 1 / ((1 - 0.3**2) / 100e9 + (1 - 0.22**2) / 169e9)
    for change in plan.changes():
        e, _, more = plan.at(change)
        radius = e["tip.radius"]
        assert more.cantilever.contact_stiffness == pytest.approx(2 * modulus * radius, rel=1e-12)
        pull, squeeze, heat = more.parasitics.given().values()
        assert pull.contact_stiffness == more.cantilever.contact_stiffness
        assert (pull.lever_stiffness, pull.lever_length) == (2.8, 225e-6)
        assert (pull.tip_radius, pull.tip_height) == (30e-9, 12.5e-6)
        assert pull.tilt == more.cantilever.tilt == pytest.approx(0.19199, rel=1e-4)
        assert squeeze.radius == heat.radius == radius
        assert squeeze.poisson == heat.poisson == 0.3
    again = read(tmp_path, io.dump(plan))
    assert again == plan
    assert 'contact_stiffness = "auto"  # "' in io.dump(plan)
    one = read(tmp_path, HERTZ)
    assert f"# contact radius {one.at({}).experiment['tip.radius']!r} m" in io.dump(one)
    source = {s["parameter"]: s["source"] for s in plan.sources}
    assert source["parasitics.joule.radius"] == "follows from contact radius of [tip]"
    assert source["parasitics.joule.resistance"] == "experiment file"


def test_what_is_given_does_not_follow(tmp_path: Path) -> None:
    text = HERTZ + LEVER + "contact_stiffness = 500\n" + JOULE + 'radius = "1 um"\n'
    plan = read(tmp_path, text, changes={"parasitics.joule.expansion": 2e-5})
    more = plan.at({}).extras
    assert more.cantilever.contact_stiffness == 500
    assert more.parasitics.joule.radius == 1e-6
    assert more.parasitics.joule.expansion == 2e-5
    assert "cantilever.contact_stiffness" not in plan.auto


def test_only_a_contact_has_a_current(tmp_path: Path) -> None:
    assert read(tmp_path, BASIC).current is None
    plan = read(tmp_path, CONTACT)
    assert plan.current == plan.frequency
    own = read(tmp_path, CONTACT + '[current]\nvalues = ["1 Hz"]\n').current
    assert own is not None
    assert own.values == (1.0,)
    fewer = read(tmp_path, CONTACT + '[frequency]\nfrom = "2 Hz"\n[current]\npoints = 3\n').current
    assert fewer is not None
    assert (fewer.start, fewer.count) == (2.0, 3)


@pytest.mark.parametrize("path", ['"parasitics.joule.radius"', "parasitics.joule.radius"])
def test_sources_of_the_other_sections(tmp_path: Path, path: str) -> None:
    plan = read(tmp_path, VOLT + JOULE + f'[sources]\n{path} = "SEM"\n')
    found = {s["parameter"]: s["source"] for s in plan.sources}
    assert found["parasitics.joule.radius"] == "SEM"


BAD = [
    ("", "is empty"),
    ("  \n", "is empty"),
    (b"\x89PNG\r\n\x1a\n\x00\xff", "not a text file"),
    (b"schema = 1\n\x00", "zero bytes"),
    (BASIC.encode("utf-16"), "not a text file"),
    (b"#" * 1_000_001, "larger than 1 MB"),
    ("schema = 1\n[tip]\nradius = 20 nm\n", "line 3, column 13"),
    ("schema = 1\n[tip]\nradius = 20 nm\n", 'radius = "20 nm"'),
    ("a = " + "[" * 5000, "nested too deeply"),
    ("schema = " + "1" * 5000, "not valid TOML"),
    (MATERIAL + TIP, "schema is missing"),
    (BASIC.replace("schema = 1", "schema = 2"), "newer than this vegard"),
    (BASIC.replace("schema = 1", "schema = 1.0"), "schema is a whole number"),
    (BASIC.replace("schema = 1", "schema = true"), "schema is a whole number"),
    ("schema = 1\n" + TIP, "[material] is missing"),
    ("schema = 1\n" + MATERIAL, "[tip] is missing"),
    (BASIC.replace("[tip]", "[tipp]"), "unknown section 'tipp'. Did you mean 'tip'?"),
    ("sede = 1\n" + BASIC, "unknown key 'sede'. Did you mean 'seed'?"),
    ("tip = 5\nschema = 1\n" + MATERIAL, "write [tip]"),
    (BASIC.replace("radius", "radus"), "unknown key 'tip.radus'. Did you mean 'tip.radius'?"),
    (BASIC.replace("vegard", "beta"), "unknown key 'material.beta'"),
    (BASIC.replace('kind = "DiscTip"\n', ""), "[tip] needs kind"),
    (BASIC.replace("DiscTip", "Disc"), "Did you mean 'DiscTip'?"),
    (BASIC.replace('"DiscTip"', '["DiscTip"]'), "tip.kind takes one name"),
    (BASIC.replace('radius = "20 nm"', ""), "tip.radius is missing"),
    (BASIC.replace("poisson = 0.3", ""), "material.poisson is missing"),
    (BASIC.replace("poisson = 0.3", 'poisson = "0.3 V"'), "material.poisson: '0.3 V' is a voltage"),
    (BASIC.replace("poisson = 0.3", "poisson = 0.6"), "material.poisson must be > -1 and <= 0.5"),
    (BASIC.replace("20 nm", "20 s"), "tip.radius: '20 s' is a time; needs a length"),
    (BASIC.replace("20 nm", "-20 nm"), "tip.radius must be > 0 [m]; got -2e-08"),
    (BASIC.replace("20 nm", "20"), "has no unit"),
    (BASIC.replace("20 nm", "20±2 nm"), "more than one number; a list is a sweep"),
    (BASIC.replace("20 nm", "20-30 nm"), "more than one number; a list is a sweep"),
    (BASIC.replace("20 nm", "20 – 30 nm"), "more than one number; a list is a sweep"),
    (BASIC.replace("20 nm", "20 to 30 nm"), "more than one number; a list is a sweep"),
    (BASIC + '[frequency]\nfrom = "100 kHz"\n', "frequency.to is automatic"),
    (BASIC + '[frequency]\nto = "1 uHz"\n', "give frequency.from too"),
    (BASIC + '[geometry]\nkind = "HalfSpace"\nthickness = 1\n', 'kind = "Film" has thickness'),
    (BASIC + "seed = 3\n", "seed below [tip] belongs above the first section"),
    (BASIC + '[frequency]\ntitle = "x"\n', "title below [frequency] belongs above"),
    (BASIC.replace("DiscTip", "ProfileTip"), "tip.r and tip.profile are missing"),
    (BASIC.replace("DiscTip", "ProfileTip") + "r = [0, 1]\n", "tip.profile is missing"),
    (
        BASIC.replace("DiscTip", "ProfileTip") + 'r = ["0 nm", "5 nm"]\nprofile = [1, 0]\n',
        "sequence of numbers, plain and in contact radii",
    ),
    (
        BASIC + "[sample]\n",
        "unknown section 'sample'. Valid: cantilever, current, detection, elastic, experiment, "
        "frequency, geometry, interface, material, parasitics, profile, pulse, relaxation, "
        "resolution, sources, time, tip.",
    ),
    ("poisson = 0.3\n" + BASIC, "Did you mean material.poisson?"),
    (BASIC + MATERIAL, "Cannot declare ('material',) twice (at line 9, column 10). It is there"),
    (BASIC.replace('"20 nm"', "nan"), "not nan"),
    (BASIC.replace('"20 nm"', "inf"), "tip.radius must be > 0 [m]; got inf"),
    (BASIC.replace('"20 nm"', "true"), "got True"),
    (BASIC.replace('"20 nm"', "1979-05-27"), "needs a length"),
    (BASIC.replace('"20 nm"', "[]"), "empty list"),
    (BASIC.replace('"20 nm"', '["1 nm", "1 s"]'), "is a time"),
    (BASIC.replace('"20 nm"', "{ in_plane = 1, normal = 2 }"), "takes one number"),
    (BASIC.replace("= 1e-6", "= [{ in_plane = 1, normal = 2 }, 3]"), "cannot be swept; run once"),
    (BASIC.replace("20 nm", "1e-300 m"), "tip.radius and material.diffusivity are too far apart"),
    (BASIC.replace("20 nm", "1e300 m"), "R²/D = 1e615 in SI units"),
    (BASIC.replace("1e-11 cm", "1e-300 cm"), "check their units"),
    (BASIC + '[geometry]\nkind = "Film"\nthickness = 1e200\n', "h²/D = 1e415"),
    (BASIC + '[interface]\nkind = "LinearKinetics"\nrate = 1e300\n', "interface.rate and mat"),
    (BASIC.replace("= 1e-6", "= { in_plane = 1 }"), "{ in_plane = …, normal = … }"),
    (BASIC.replace("= 1e-6", '= { in_plane = 1, normal = "1 s" }'), "material.vegard.normal"),
    (BASIC.replace("20 nm", "1e-14 cm^2/s"), "is a diffusivity; needs a length"),
    (BASIC + "[material.more]\n", "unknown key 'material.more'"),
    (BASIC + '[geometry]\nkind = "Film"\n', "geometry.thickness is missing"),
    (
        BASIC + '[geometry]\nkind = "Film"\nthickness = "1 nm"\nback = "open"\n',
        "unknown Film.back 'open'",
    ),
    (BASIC + "[experiment]\nper = 1\n", "experiment.per is text"),
    (BASIC + '[experiment]\nper = "volts"\n', "experiment.per: FixedConcentration has no"),
    (BASIC + '[experiment]\nper = "volt"\n', "Material.ocv_slope is unknown"),
    (BASIC + '[experiment]\nper = "volt"\n', 'per = "concentration"'),
    (BASIC + '[experiment]\nper = "ampere"\n', 'ask per="volt" or "concentration"'),
    (BASIC + '[interface]\nkind = "FixedFlux"\n[experiment]\nper = "volt"\n', '"flux" or "ampere"'),
    (BASIC + '[experiment]\ndrive = "1 V"\n', "experiment.drive: '1 V' is a voltage"),
    (BASIC + "[experiment]\ndrive = 0\n", "not zero"),
    (BASIC + "[experiment]\ndrive = [1, 2]\n", "drive takes one value; the response is linear"),
    (BASIC + '[experiment]\nreadout = "middle"\n', "unknown Experiment.readout 'middle'"),
    (BASIC + "[experiment]\nreadout = []\n", "empty list"),
    (BASIC + "[frequency]\nfrom = 0\n", "frequency.from must be > 0 [Hz]; got 0"),
    (BASIC + '[frequency]\nfrom = "-1 Hz"\n', "must be > 0 [Hz]; got -1"),
    (BASIC + "[frequency]\nfrom = nan\n", "not nan"),
    (BASIC + "[frequency]\nto = inf\n", "finite"),
    (BASIC + "[frequency]\nfrom = 10\nto = 1\n", "frequency.to must be above"),
    (BASIC + "[frequency]\npoints = 1\n", "whole number from 2"),
    (BASIC + "[frequency]\npoints = 1.5\n", "whole number from 2"),
    (BASIC + "[frequency]\npoints = 10000000\n", "100000"),
    (BASIC + "[frequency]\nvalues = []\n", "empty list"),
    (BASIC + "[frequency]\nvalues = [1, -2]\n", "frequency.values must be > 0"),
    (BASIC + "[frequency]\nvalues = [1]\nto = 3\n", "not both"),
    (BASIC + "[frequency]\nstart = 1\n", "unknown key 'frequency.start'"),
    (BASIC + '[frequency]\nfrom = "1 rad/s"\n', "Divide an angular frequency by 2π"),
    (BASIC + "[frequency]\nenabled = 1\n", "true or false"),
    (BASIC + '[time]\nvalues = ["1 Hz"]\n', "is a frequency; needs a time"),
    (BASIC + "[pulse]\nduration = -1\n", "pulse.duration must be > 0"),
    (BASIC + "[profile]\nvalues = [0, -1e-9]\n", "profile.values must be >= 0 [m]; got -1e-09"),
    (BASIC + "[profile]\nto = 1e-9\nvalues = [0]\n", "not both"),
    (BASIC + "[profile]\nfrequency = 1\ntime = 1\n", "takes one of"),
    (BASIC + "[pulse]\nenabled = false\n[profile]\npulse_time = 1\n", "needs the section [pulse]"),
    (BASIC + "[relaxation]\nvalues = [0]\n", "relaxation.values must be > 0"),
    ("seed = -1\n" + BASIC, "seed is a whole number"),
    ("title = 3\n" + BASIC, "title is text"),
    (BASIC + '[sources]\n"tip.radius" = 3\n', "is a text or"),
    (BASIC + '[sources]\n"tip.radus" = "x"\n', "Did you mean 'tip.radius'?"),
    (BASIC.replace("diffusivity", 'name = "LiMn204"\n#'), "Did you mean 'LiMn2O4'?"),
    (BASIC.replace("diffusivity", "name = 3\n#"), "unknown material '3'"),
    (BASIC.replace("diffusivity", 'name = ["Si"]\n#'), "takes one name"),
    (BASIC.replace("diffusivity", 'name = "LLZO"\n#'), "unknown for LLZO"),
    (BASIC.replace("[tip]", "catalogue = 3\n[tip]"), "true or false"),
    (BASIC.replace("DiscTip", "GaussianTip") + CONTACT[len(BASIC) :], "it needs a DiscTip"),
    (CONTACT + "[current]\nvalues = [0]\n", "current.values must be > 0 [Hz]; got 0"),
    (CONTACT + "[current]\nrate = 1\n", "unknown key 'current.rate'"),
    (BASIC + '[interface]\nkind = "BlockingTip"\n', "interface.debye_length is missing"),
    (BASIC + BLOCKING + '[experiment]\nper = "concentration"\n', 'per = "volt" under [experiment]'),
    (BASIC + FILM + BLOCKING, "solved on a half-space"),
    (BASIC + BLOCKING + 'extent = "air"\n', "unknown BlockingTip.extent 'air'"),
    (BASIC + BLOCKING.replace("1 nm", "1e-200 m"), "interface.debye_length and mat"),
    (BASIC.replace("= 1e-6", "= [[1, 2, 3], [1, 2]]"), "three rows of three"),
    (BASIC.replace("= 1e-6", "= [[1, 2, 3], [2, 1, 2], [1, 2, 3]]"), "must be symmetric"),
    (BASIC.replace("= 1e-6", '= [["1 s", 0, 0], [0, 1, 0], [0, 0, 1]]'), "vegard: '1 s' is a time"),
    (BASIC.replace("= 1e-6", f"= [{TENSOR}, {TENSOR}]"), "a tensor cannot be swept: run once"),
    (BASIC.replace("= 0.3", "= [[0.3]]"), "a sweep is one list of values"),
    (BASIC.replace("0.3\n", '0.3\neuler = "30 deg"\n'), "Bunge's three angles"),
    (BASIC.replace("0.3\n", "0.3\neuler = [1, 2]\n"), "run once for each grain"),
    (BASIC.replace("0.3\n", '0.3\neuler = ["3 s", 0, 0]\n'), "material.euler: '3 s' is a time"),
    (BASIC.replace("0.3\n", "0.3\neuler = [inf, 0, 0]\n"), "material.euler must be finite [rad]"),
    (
        BASIC.replace('"1e-11 cm^2/s"', "{ in_plane = 1, normal = 2 }").replace(
            "0.3\n", "0.3\neuler = [0, 1, 0]\n"
        ),
        "is anisotropic: in a tilted grain",
    ),
    (BASIC + '[experiment]\nazimuth = "1 m"\n', "experiment.azimuth: '1 m' is a length"),
    (BASIC + "[experiment]\nazimuth = [1, 2]\n", "run once for each direction"),
    (BASIC + "[experiment]\nazimuth = inf\n", "azimuth must be finite [rad]"),
    (BASIC + '[frequency]\ncomponents = "vertical"\n', 'is a list, ["vertical", "lateral_x"]'),
    (BASIC + '[frequency]\ncomponents = ["lateral_x"]\n', 'needs "vertical"'),
    (BASIC + '[frequency]\ncomponents = ["vertical", "sideways"]\n', "Valid: lateral_x, lat"),
    (
        BASIC + '[experiment]\nreadout = "punch"\n'
        '[frequency]\ncomponents = ["vertical", "lateral_x"]\n',
        'use readout = "centre"',
    ),
    (LAYERED, "elastic.substrate_young is missing"),
    (LAYERED + 'substrate = "stiff"\n', '{ young = …, poisson = … }, or "rigid"; got'),
    (LAYERED + 'substrate = { young = "1 GPa" }\n', "substrate_poisson is missing"),
    (LAYERED + 'substrate = { young = "1 nm", poisson = 0 }\n', "substrate_young: '1 nm' is a len"),
    (LAYERED + "substrate = { yong = 1 }\n", "Did you mean 'elastic.substrate_young'?"),
    (LAYERED + 'film = "rigid"\n', "elastic.film is { young = …, poisson = … }; got 'rigid'"),
    (RIGID + "substrate_young = 3\n", "elastic.substrate_young is given twice"),
    (RIGID + 'layers = [{ thickness = "1 nm" }]\n', "elastic.layers[0] is { thickness = …, you"),
    (RIGID + "layers = 3\n", "elastic.layers is a list of tables"),
    (RIGID + "layers = [{ thickness = -1, young = 1, poisson = 0 }]\n", "layers[0].thickness must"),
    (RIGID + "film = { young = 1, poisson = 0.3 }\n", "contradicts Material.young"),
    (LAYERED.replace(FILM, "") + 'substrate = "rigid"\n', "needs a film that holds the ions"),
    (HERTZ.replace('load = "30 nN"\n', ""), "tip.load is missing. Give the load [N]"),
    (HERTZ.replace("30 nN", "-30 nN"), "load must be > 0 [N] without adhesion"),
    (HERTZ.replace("30 nN", "30 nm"), "tip.load: '30 nm' is a length; needs a force"),
    (HERTZ + "radius = 3e-9\n", "computes the contact radius from the load; leave radius out"),
    (HERTZ.replace('young = "100 GPa"\n', ""), "Material.young is unknown"),
    (HERTZ + 'model = "JKR"\n', "unknown Hertz.model 'JKR'"),
    (HERTZ + 'model = "jkr"\n', "need the work of adhesion"),
    (HERTZ + 'shape = "cone"\n', 'shape="cone" takes half_angle'),
    (VOLT + LEVER, "cantilever.contact_stiffness cannot follow"),
    (VOLT + LEVER + 'contact_stiffness = "auto"\n', "give the contact stiffness along the normal"),
    (HERTZ + LEVER.replace("quality = 150\n", ""), "cantilever.quality is missing"),
    (HERTZ + LEVER + "tilt = 11\n", "Did you pass degrees?"),
    (HERTZ + LEVER + "spring = 3\n", "unknown key 'cantilever.spring'"),
    ("cantilever = 3\n" + VOLT, "write [cantilever]"),
    (VOLT + '[cantilever]\nquality = "auto"\n', "cantilever.quality: 'auto' does not start with"),
    (VOLT + "[parasitics]\njoule = 3\n", "write [parasitics.joule]"),
    (VOLT + "[parasitics.magnetic]\n", "unknown key 'parasitics.magnetic'"),
    (BASIC + JOULE, '[parasitics] go with the voltage; with per = "concentration"'),
    (VOLT + "[parasitics.joule]\n", "parasitics.joule.resistance is missing"),
    (VOLT + PULL, "parasitics.electrostatic.tip_radius is missing"),
    (VOLT + STRICTION.replace("1e-20", '"1 m"'), "parasitics.electrostriction.longitudinal: '1 m'"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_bad_files(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_too_many_combinations(tmp_path: Path) -> None:
    many = "[" + ", ".join(f"{i + 1}e-9" for i in range(101)) + "]"
    text = BASIC.replace('"20 nm"', many).replace("= 0.3", "= [" + "0.1, " * 100 + "]")
    assert "10100 combinations" in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.toml", "does not exist"), (".", "is a folder"), ("\0", "does not exist|cannot be")],
)
def test_paths_that_are_no_files(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        io.read(tmp_path / name)


def test_an_unreadable_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.toml"
    path.write_text(BASIC)

    def deny(*args: Any, **kw: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)  # root may read anything, so chmod would not do
    with pytest.raises(FileError, match="cannot be read: Permission denied"):
        io.read(path)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_plan_or_our_error(tmp_path_factory: Any, data: bytes) -> None:
    with suppress(VegardError):
        read(tmp_path_factory.getbasetemp(), data)


@given(
    st.dictionaries(
        st.sampled_from(["kind", "radius", "r", "profile", "x"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9),
            st.lists(st.floats(), max_size=3), st.dictionaries(st.text(max_size=3), st.integers()),
        ),
    )
)  # fmt: skip
def test_any_section_gives_an_object_or_our_error(table: dict[str, Any]) -> None:
    with suppress(VegardError):
        objects.build("tip", {"kind": "DiscTip", **table})


positive = st.floats(1e-15, 1e15)
quantity = {
    "diffusivity": st.one_of(positive, st.tuples(positive, positive)),
    "vegard": st.floats(-1e3, 1e3),
    "poisson": st.floats(-0.99, 0.5),
    "ocv_slope": st.none() | positive.map(lambda v: -v),
    "name": st.none() | st.text(max_size=20),
}


@given(
    st.fixed_dictionaries(quantity),
    positive,
    positive | st.just(inf),
    st.lists(positive, min_size=1, max_size=3),
    st.text(max_size=30),
    st.integers(0, 2**63 - 1),
)
def test_a_resolved_file_reads_back(
    material: dict[str, Any], radius: float, rate: float, thick: list[float], title: str, seed: int
) -> None:
    known = {k: v for k, v in material.items() if v is not None}
    if isinstance(known["diffusivity"], tuple):
        known["diffusivity"] = dict(zip(objects.PAIR, known["diffusivity"], strict=True))
    data = {
        "schema": 1,
        "title": title,
        "seed": seed,
        "material": {**known, "catalogue": False},
        "tip": {"kind": "GaussianTip", "radius": radius},
        "geometry": {"kind": "Film", "thickness": thick},
        "interface": {"kind": "LinearKinetics", "rate": rate},
        "frequency": {"values": [1.0, 0.1]},
        "time": {"from": 1e-3, "to": 1.0},
        "pulse": {"duration": 0.3, "from": 1e-3, "to": 7.0},
        "profile": {"to": 1e-7, "time": [1.0, 2.0]},
        "relaxation": {"enabled": False},
    }
    with np.errstate(all="ignore"):
        plan = experiment_file.parse(data, "x.toml")
        text = io.dump(plan)
        again = experiment_file.parse(experiment_file._toml(Path("x"), text), "y.toml")
    assert again == plan
    assert io.dump(again) == text
    assert io.inputs_hash(plan) in text


def test_a_negative_zero_keeps_its_sign(tmp_path: Path) -> None:
    plan = read(tmp_path, BASIC.replace("= 0.3", "= -0.0"))  # "-0" is an integer to TOML
    again = read(tmp_path, io.dump(plan))
    assert io.inputs_hash(again) == io.inputs_hash(plan)


def test_the_hash_follows_the_inputs(tmp_path: Path) -> None:
    one, two = read(tmp_path, BASIC), read(tmp_path, BASIC.replace("20 nm", "21 nm"))
    assert io.inputs_hash(one) != io.inputs_hash(two)

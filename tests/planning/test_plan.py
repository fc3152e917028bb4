"""Plans: what they choose, what they promise, and the readings they ask for."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg
from vegard.planning import candidates, habits, weights
from vegard.planning.beliefs import believed
from vegard.planning.candidates import PERIODS, Relaxations, Spectra
from vegard.planning.core import _setting

D, KAPPA, R = "material.diffusivity", "interface.rate", "tip.radius"
E = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-4.4e-5), vg.DiscTip(20e-9))
AFM = vg.Instrument("afm", 100e-15, None, 1e3)
PRIOR = {D: (1e-17, 1e-13)}


def near(value, rel):
    """pytest.approx without its absolute tolerance of 1e-12."""
    return pytest.approx(value, rel=rel, abs=0)


def plan(experiment=E, **more):
    given = {"unknown": [D, "gain"], "prior": PRIOR, "instrument": AFM, "budget": 600.0,
             "drive": 0.01}  # fmt: skip
    return vg.plan(experiment, **given | more)


@pytest.fixture(scope="module")
def usual():
    return plan()


def setting(experiment=E, unknown=(D, "gain"), prior=PRIOR, instrument=AFM, drive=0.01):
    belief = believed(experiment, list(unknown), prior)
    host = vg.Host(experiment.material)
    return _setting(experiment, instrument, belief, belief.nodes(0), drive, "volt", host,
                    experiment.tip.radius, 298.15)  # fmt: skip


def test_plan_keeps_its_time_and_beats_the_habits(usual):
    (m,) = usual.measurements
    assert m.seconds <= 600
    assert m.width.sum() == near(m.seconds, rel=1e-12)
    assert (m.averages >= PERIODS).all()
    assert m.sigma == near(100e-15 / np.sqrt(m.width), rel=1e-12)
    assert usual.expected == near(usual.sigma.mean(), rel=1e-12)
    assert usual.expected < 0.1 * min(usual.habitual.values())
    assert usual.before == near(np.log(1e4) / 12**0.5, rel=1e-12)
    # gain unknown, one point of u ∝ D^½ f^-½: nothing is learned but for the fastest D
    assert usual.habitual_sigma[habits.RESONANCE][0] == near(usual.before, rel=1e-3)
    methods = {method: value for method, _, _, value in usual.alternatives}
    assert methods["frequency"] == usual.expected < methods["relaxation"]


def test_expected_is_the_bound_of_the_readings(usual):
    """The same σ by `fisher`, of the exact verbs, and the prior added by hand."""
    (m,) = usual.measurements
    for i in (0, 16, 32):
        here = m.experiment.replace({D: float(usual.diffusivity[i])})
        alone = vg.fisher(here, m.data(), [D, "gain"]).sigma(D)
        joined = (alone**-2 + usual.before**-2) ** -0.5
        assert usual.sigma[i] == near(joined, rel=1e-5)  # quick derivatives are good to 1e-6


def test_more_time_is_never_worse(usual):
    seconds, errors = np.array(usual.against_budget).T
    assert seconds.tolist() == near([60, 180, 600, 1800, 6000], rel=1e-12)
    assert (np.diff(errors) < 0).all()
    # least times per frequency bind in a short time: more than the root is gained
    assert errors[0] / errors[-1] > 9
    assert errors[2] == usual.expected


def test_few_frequencies_are_as_good_as_all():
    """Against the convex optimum over the whole grid, whose periods need not be whole."""
    here = setting()
    f = np.geomspace(0.05, 1e4, 33)
    one = here.spectrum(f, np.ceil(f) / f)
    jac = (
        here.weighted([one])[0].reshape(len(here.nodes), 2, f.size, -1) / one.width[:, None] ** 0.5
    )
    atoms = np.einsum("kcia,kcib->kiab", jac, jac) * 600
    known = here.known("frequency")
    share, gap = weights.shares(atoms, known)
    ideal = weights.spread(known + np.einsum("i,kiab->kab", share, atoms)).mean() * (1 - gap)
    thin = weights.thinned(atoms, known, PERIODS / f / 600)
    found = weights.spread(known + np.einsum("i,kiab->kab", thin, atoms)).mean()
    assert (thin > 0).sum() <= 8
    assert ideal <= found < 1.15 * ideal


def test_slowest_reading_does_not_take_all_the_time():
    """100 min at a contact: the grid begins where three periods take the whole budget."""
    here = setting(E.replace({"interface": vg.Contact()}))
    (m,) = Spectra(here, 6000.0).best(6000.0)
    assert m.x.size >= 3
    assert m.seconds <= 6000


def test_equal_times_at_many_frequencies_are_worse(usual):
    here = setting()
    f = np.geomspace(0.05, 1e4, 12)
    sweep = here.spectrum(f, np.full(12, 50.0))
    assert usual.expected < here.expected([sweep])[0].mean()


@pytest.mark.parametrize("pulses", [1, 2, 5, 20, 100])
def test_averaged_readings_are_those_of_the_whole_train(pulses):
    """Mean over the pulses, each with its sign, of a train that is computed whole."""
    m = setting().relaxation(0.3, 1.0, pulses)
    e = E.replace({D: 1e-16})  # R²/D = 4 s: every pulse remembers those before
    u = vg.time_response(e, m.waveform, m.time).values
    signs = (-1.0) ** np.arange(pulses)
    train = vg.PulseTrain(m.pulse, m.period, tuple(m.drive * signs))
    times = m.period * np.arange(pulses)[:, None] + m.pulse + m.x
    every = vg.time_response(e, train, times.ravel()).values.reshape(times.shape)
    mean = (signs[:, None] * every).mean(axis=0)
    # of the 100 the latest 32 are kept: what is left of an alternating sum, below 1e-4 of the size
    rel = 1e-8 if pulses <= 20 else 1e-4
    assert np.abs(u - mean).max() < rel * np.abs(mean).max()
    assert m.seconds == near(pulses * 1.3, rel=1e-12)
    assert m.sigma[0] == near(100e-15 / np.sqrt(2 * m.width[0] * pulses), rel=1e-12)


@pytest.mark.slow
def test_relaxation_is_read_from_the_end_of_the_low_pass():
    p = plan(methods=["relaxation"], unknown=[D, "gain", "offset"], budget=60.0, drive=0.1)
    (m,) = p.measurements
    assert m.method == "relaxation"
    assert m.x[0] - m.width[0] / 2 >= 0.9 / (2 * 1e3)
    assert m.x[-1] < m.period - m.pulse
    assert m.averages[0] * m.period == near(m.seconds, rel=1e-12)
    assert "alternating sign" in p.report()
    free = plan(methods=["relaxation"], budget=60.0, drive=0.1)
    assert free.expected < p.expected  # an offset costs


def test_radius_and_diffusivity_are_confounded():
    p = plan(unknown=[D, R, "gain"], methods=["frequency"])
    assert any("only D/R² would be known" in s for s in p.confounded)
    assert p.expected > 0.99 * p.before
    known = plan(unknown=[D, R, "gain"], prior=PRIOR | {R: (14e-9, 28e-9)}, methods=["frequency"])
    # R known to ln 2/√12 = 0.20 is D known to twice that
    assert known.expected == near(2 * np.log(2) / 12**0.5, rel=0.03)
    assert known.confounded == ()
    # readings so quiet that an error of 1e-5 in a derivative would look like knowledge
    quiet = plan(unknown=[D, R, "gain"], methods=["frequency"], drive=0.1,
                 instrument=vg.Instrument("quiet", 1e-14, None, 1e3))  # fmt: skip
    assert quiet.expected > 0.99 * quiet.before
    assert not any("fit better" in s for s in quiet.confounded)


def test_known_gain_makes_one_frequency_useful():
    """u ∝ √D then; and D cannot be had from it if the gain is free."""
    known, free = (plan(unknown=u, drive=0.1, methods=["frequency"]) for u in ([D], [D, "gain"]))
    assert known.habitual[habits.RESONANCE] < 0.6 < 2 < free.habitual[habits.RESONANCE]


def test_larger_and_warmer_where_it_helps():
    p = plan(tip_radii=[10e-9, 40e-9], methods=["frequency"])
    assert p.measurements[0].tip_radius == 40e-9  # moves four times as far
    assert len(p.alternatives) == 2
    slow = plan(prior={D: (1e-21, 1e-19)}, methods=["frequency"], temperatures=[298.15, 348.15],
                activation_energy={"diffusivity": 60e3}, drive=0.05)  # fmt: skip
    (m,) = slow.measurements
    assert m.temperature == 348.15
    factor = np.exp(-60e3 / 8.31446261815324 * (1 / 348.15 - 1 / 298.15))
    assert slow.diffusivity[0] == near(1e-21 * 100 ** (0.5 / 33) * factor, rel=1e-9)
    cold, warm = (row[3] for row in slow.alternatives)
    assert warm < cold


def test_half_of_the_time_is_spread():
    """At least half of it, evenly, on every third of the grid from the slowest chosen on."""
    atoms, share = np.zeros((5, 25, 2, 2)), np.zeros(25)
    atoms[:, [6, 12]] = 100 * np.array([[[1.0, 0.5], [0.5, 1.0]], [[1.0, -0.5], [-0.5, 1.0]]])
    known = np.broadcast_to(0.1 * np.eye(2), (5, 2, 2))
    share[[6, 12]] = 0.5
    spread = candidates._spread(atoms, known, np.full(25, 1e-3), share)
    grid = np.arange(6, 19, 3)
    # the others tell nothing: what they have is the floor, but for what the shares' gap leaves
    assert spread[[9, 15, 18]] == near(0.5 / grid.size, rel=0.1)
    assert (spread[grid] >= 0.5 / grid.size - 1e-12).all()
    assert spread.sum() == near(1, rel=1e-12)


@pytest.mark.slow
def test_interface_rate_is_averaged_over():
    slow = E.replace({"interface": vg.LinearKinetics(1e-7)})
    both = plan(slow, unknown=[D, KAPPA, "gain"], prior=PRIOR | {KAPPA: (1e-9, 1e-5)},
                methods=["frequency"])  # fmt: skip
    one = plan(slow, methods=["frequency"])
    assert one.expected < both.expected < both.before
    (m,) = both.measurements
    # spread, so that no other sample fits by chance: two in a decade share half of the time
    assert (m.width > 20).sum() >= 8
    assert np.diff(np.log10(m.x)).max() < 0.51
    loud = plan(
        slow,
        unknown=[D, KAPPA, "gain"],
        prior=PRIOR | {KAPPA: (1e-9, 1e-5)},
        methods=["frequency"],
        instrument=AFM.replace({"displacement_noise": 3e-13}),
    )
    assert any("may fit better than the true one" in s for s in loud.confounded)
    bound = dict(loud.against_budget)[600.0]
    assert bound < 0.9 * loud.expected  # which holds the twins
    ratios = np.log10([n[KAPPA] / n[D] for n in setting(slow, (D, KAPPA), PRIOR | {
        KAPPA: (1e-9, 1e-5)}).nodes]) * 2  # fmt: skip
    assert np.abs(ratios - np.round(ratios)).max() < 1e-9  # so that curves are shared


def test_contact_resonance_is_a_candidate():
    tool = vg.instruments["QPDI+SCM-PIT+SP983"].replace({"cantilever.contact_stiffness": 500.0})
    resonance = float(tool.cantilever.resonances(1)[0])
    fast = {D: (1e-12, 1e-9)}
    p = plan(unknown=[D], prior=fast, instrument=tool, methods=["frequency"])
    assert not p.notes
    here = setting(unknown=(D,), prior=fast, instrument=tool)
    assert habits.one_frequency(here, 600.0).x[0] == resonance
    assert resonance in Spectra(here, 600.0).frequency
    assert here.noise(resonance) < 0.2 * here.noise(1e3)  # the lever gains what the detector lacks
    unknown = vg.instruments["QPDI+SCM-PIT+SP983"]
    assert any(
        "contact stiffness" in n for n in plan(instrument=unknown, methods=["frequency"]).notes
    )


def test_seed_and_report(usual):
    again = plan(methods=["frequency"]).measurements[0]
    assert again.report() == usual.measurements[0].report()
    text = usual.report()
    for words in ("Lock-in at 10 mV", "periods", "Expected error of ln D", "before: 2.7", "drift",
                  "One frequency near contact resonance", "With other budgets"):  # fmt: skip
        assert words in text
    rows = usual.measurements[0].rows()
    assert [r["x"] for r in rows] == usual.measurements[0].x.tolist()


def test_plot(usual):
    from matplotlib.figure import Figure

    ax = usual.plot(Figure().add_subplot())
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert "m²/s" in ax.get_xlabel()
    assert ax.lines[0].get_ydata() == pytest.approx(usual.sigma)
    assert "on average" in ax.get_title(loc="left")


def test_exponential_is_biased():
    """The field's number: D = R²/τ is off by factors even without noise; with it, what is believed
    beforehand bounds the spread."""
    quiet, loud = (vg.Instrument("afm", noise, None, 1e3) for noise in (1e-18, 1e-6))
    p, noisy = (plan(instrument=i, methods=["frequency"]) for i in (quiet, loud))
    assert p.habitual[habits.PULSE] < 0.01 < 1 < p.habitual[habits.EXPONENTIAL]
    both = np.hypot(p.habitual_sigma[habits.EXPONENTIAL], p.before)
    assert noisy.habitual_sigma[habits.EXPONENTIAL] == near(both, rel=1e-3)  # 1e-6 m drowns all


def test_spread_of_the_exponential_is_that_of_draws():
    """Small noise on an exponential, fitted many times: 300 draws know their spread to 4 %."""
    x, rng = np.geomspace(1e-3, 3, 40), np.random.default_rng(0)
    u, sigma = 2 * np.exp(-x / 0.3) + 1, 0.002 * np.sqrt(x)
    rates = [
        vg.classical.analyse_esm(x, u + sigma * rng.normal(size=40), 1.0,
                                 method="single_exponential").diffusivity for _ in range(300)
    ]  # fmt: skip
    assert habits._scatter(1 / 0.3, x, u, sigma) == near(np.std(np.log(rates)), rel=0.15)


def test_long_trains_stand_for_all_in_the_search():
    """Information of one pulse among many, times their number, is that of the whole train."""
    here = setting()
    trains = Relaxations(here, 30.0)
    pulse, window = trains._pairs[5]
    one = trains._informed[5]
    n = 200
    jac = here.weighted([here.relaxation(pulse, window, n)])[0]
    whole = jac.transpose(0, 2, 1) @ jac
    assert np.abs(n * one / whole - 1).max() < 0.02  # 1 - j/n of the 32 that are remembered


def test_bad_input_says_what_to_do():
    slow = vg.Instrument("no bandwidth", 1e-13, None, None)
    flux = E.replace({"interface": vg.FixedFlux()})
    for more, words in (
        ({"unknown": ["gain"]}, "put 'material.diffusivity'"),
        ({"unknown": [D, D]}, "different paths"),
        ({"prior": {}}, "averages over what D may be"),
        ({"prior": {D: (1e-13, 1e-13)}}, "low < high"),
        ({"prior": {D: (1e-15, 0.5)}}, "centre and a deviation"),
        ({"prior": PRIOR | {R: (1e-9, 1e-8)}}, "unknown parameter with a prior"),
        ({"unknown": [D, "interface.rate"]}, "rate"),
        ({"budget": 0}, "budget must be > 0"),
        ({"drive": -1.0}, "drive must be > 0"),
        ({"instrument": "QPDI"}, "vegard.Instrument"),
        ({"instrument": slow}, "Instrument.bandwidth"),
        ({"methods": ["eis"]}, "unknown method of plan"),
        ({"methods": []}, "must be a list"),
        ({"per": "flux"}, "unknown per"),
        ({"experiment": flux}, "unknown per"),
        ({"temperatures": [300.0]}, "activation_energy"),
        ({"unknown": [D, R], "tip_radii": [1e-8]}, "leave tip_radii out"),
        ({"budget": 1e-4}, "more time"),
    ):
        with pytest.raises(vg.VegardError, match=words):
            plan(**more)
    (m,) = plan(methods=["frequency"]).measurements
    with pytest.raises(vg.VegardError, match="one reading for each"):
        m.data([1.0])

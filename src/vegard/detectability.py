"""Ions, charge, current and displacement of an experiment, against what an instrument can see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import amounts, detection_limits, noise
from vegard.detection_limits import Smallest
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.instrument import Instrument
from vegard.material import FARADAY
from vegard.noise_floor import bandwidth, current_noise, displacement_noise
from vegard.parameters import number
from vegard.parameters import quantity as parameter
from vegard.photodiode import whole
from vegard.prefixes import quantity
from vegard.response import checked_experiment, checked_frequency, frequency_response

Real = NDArray[np.float64]

AVOGADRO = 6.02214076e23  # 1/mol, exact
POSITIVE = parameter("a positive number", "", "").metadata
_CONTACT = (
    "The contact stiffness of the lever is unknown: its thermal noise and its transfer are left "
    'out; give it with instrument.replace({"cantilever.contact_stiffness": …}) [N/m].'
)


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Signals of the same ions and the noise of an instrument, each of the shape of ``frequency``.

    Parameters
    ----------
    frequency : float or ndarray
        Frequency [Hz].
    ions : float or ndarray
        Ions moved per cycle N_A|∫δC dV| [–]: the peak of their excess in the sample.
    charge : float or ndarray
        Their charge [C].
    current : float, ndarray or None
        Current of ions [A], peak; None where no ion passes the surface.
    displacement : float or ndarray
        Displacement of the surface [m], peak.
    displacement_noise : float, ndarray or None
        Standard error [m] of one quadrature of a reading; None if the detector's is unknown.
    current_noise : float, ndarray or None
        The same of the current [A]; None if the ammeter's is unknown.
    snr_strain, snr_current : float, ndarray or None
        Amplitude over standard error [–].
    notes : tuple of str
        What the numbers mean, and why one is None.
    inputs : dict
        Experiment, instrument, drive and options.
    """

    frequency: Any
    ions: Any
    charge: Any
    current: Any
    displacement: Any
    displacement_noise: Any
    current_noise: Any
    snr_strain: Any
    snr_current: Any
    notes: tuple[str, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict, repr=False)

    def smallest(self, snr: float = 3.0, *, by: str = "strain") -> Smallest | tuple[Smallest, ...]:
        """The smallest drive, ΔC, D·ΔC, contact, volume and D that are detected.

        Parameters
        ----------
        snr : float
            Signal over noise that counts as detected [–].
        by : {"strain", "current"}
            What is read.

        Returns
        -------
        Smallest or tuple of Smallest
            One for each frequency; a single one for a single frequency.

        Raises
        ------
        VegardError
            If that signal or its noise is None.

        Notes
        -----
        The signal is linear in the drive, so drive, ΔC and D·ΔC are scaled. Radius and D are
        searched from small to large, half a decade at a time from 10⁻⁴ (D: 10⁻⁸) to 10⁴ of those
        of the experiment, and the first crossing is refined; the noise does not depend on them.
        None where there is no crossing; ``notes`` say which side it is.
        """
        wanted = number("snr", POSITIVE, snr)
        if by not in ("strain", "current"):
            raise unknown_name("signal", by, ("strain", "current"))
        if getattr(self, f"snr_{by}") is None:
            raise VegardError(f"smallest: there is no snr_{by} here. {' '.join(self.notes)}")
        found = [
            detection_limits.smallest(self, i, wanted, by) for i in range(np.size(self.frequency))
        ]
        return found[0] if np.ndim(self.frequency) == 0 else tuple(found)

    def report(self, snr: float = 3.0) -> str:
        """A sentence for each frequency, the limits at the first, and notes."""
        lines = [_sentence(self, i) for i in range(np.size(self.frequency))]
        wanted = number("snr", POSITIVE, snr)
        for by in ("strain", "current"):
            if getattr(self, f"snr_{by}") is not None:
                found = detection_limits.smallest(self, 0, wanted, by)
                lines.append(detection_limits.sentence(found, self.inputs["per"]))
        return "\n".join([*lines, *(f"note: {n}" for n in self.notes)])


def detection(
    experiment: Experiment,
    frequency: ArrayLike,
    *,
    instrument: Instrument,
    drive: float,
    per: str = "volt",
    averages: int = 1,
    source_resistance: float = inf,
    source_capacitance: float = 0.0,
) -> Detection:
    r"""How many ions move, what they carry and lift, and whether an instrument sees it.

    Parameters
    ----------
    experiment : Experiment
        Any tip, interface and geometry; ``also`` is left out, since only ions count here.
    frequency : array_like
        Frequencies [Hz], > 0.
    instrument : Instrument
        Noise of displacement and current, lever, and bandwidth of the lock-in.
    drive : float
        Peak amplitude of the drive, in units of ``per`` [V, mol/m³, mol/m²/s or A].
    per : {"volt", "concentration", "flux", "ampere"}
        What drives; which are legal depends on the interface.
    averages : int
        Independent readings.
    source_resistance, source_capacitance : float
        What lies at the input of the ammeter [Ω] and [F], in parallel to ground.

    Returns
    -------
    Detection
        Peak amplitudes, noise of a reading, and their ratio; ``.smallest()``, ``.report()``.

    Raises
    ------
    VegardError
        For a drive that does not fit the interface, an instrument without bandwidth or without any
        noise, or an unknown parameter of the material.

    Notes
    -----
    .. math:: N = N_A\Big|\int\delta C\,dV\Big| = N_A\,\Big|\hat C_0(k\to0)\int_0^h
        \frac{C(z)}{C_0}dz\Big|,\qquad Q = |z|FN/N_A,\qquad
        \mathrm{SNR} = \frac{|u|}{S_u\sqrt{2B/n}},\ \frac{|I|}{S_I\sqrt{2B/n}}

    The current is that through a `Contact`, the prescribed one of `FixedFlux`, and for interfaces
    on the whole surface the net one, zF (Y Ĉ₀)(k→0): what enters under the tip less what the sink
    outside takes back; less than the tip's own, which for a disc of fixed concentration is
    infinite. It is ωQ unless ions leave through the back of the film. Under a `BlockingTip` no ion
    passes: there is no current, and since nothing is inserted either, ions are counted under the
    tip, r < R (``extent="contact"``: in all, they come from afar). ΔC, and so all signals, are
    linear in the drive. S_u is `noise_floor.displacement_noise`, with the lever's thermal motion
    and gain if its contact stiffness is known, S_I `noise_floor.current_noise`, both at the
    material's temperature; B the bandwidth, n the averages. The thermal fluctuation of the ions
    themselves is not in it. After Morozovska, Eliseev, Balke and Kalinin, J. Appl. Phys. 108,
    053712 (2010), who argue with these quantities; tests/test_detection.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> e = vg.Experiment(lmo, vg.DiscTip(20e-9), interface=vg.Contact())
    >>> afm = vg.Instrument("mine", 5e-15, 5.5e-15, 100.0)  # [m/√Hz], [A/√Hz], [Hz]
    >>> d = vg.detection(e, 1e3, instrument=afm, drive=10e-3)
    >>> f"{d.ions:.0f} ions, {d.snr_strain:.2g} and {d.snr_current:.2g} times the noise"
    '188 ions, 10 and 2.4 times the noise'
    """
    given = checked_experiment(experiment)
    f = checked_frequency(frequency)
    height = number("drive", POSITIVE, drive)
    count = whole("averages", averages, 1)
    tool, band, notes = usable(instrument)
    e = given.replace({"also": ()})
    moved, flow = amounts.moved(e, f, per)
    values: dict[str, Any] = {
        "ions": AVOGADRO * height * np.abs(moved),
        "charge": abs(e.material.charge) * FARADAY * height * np.abs(moved),
        "current": None if flow is None
        else abs(e.material.charge) * FARADAY * height * np.abs(flow),
        "displacement": height * np.asarray(frequency_response(e, f, per=per).amplitude),
    }  # fmt: skip
    source = {"source_resistance": source_resistance, "source_capacitance": source_capacitance}
    for name in ("displacement", "current"):
        density = noise_density(name, tool, f, e.material.temperature, source)
        sigma = None if density is None else noise.peak_sigma(density, band, count)
        values[f"{name}_noise"] = sigma
        if sigma is None:
            notes.append(f"Instrument.{name}_noise is unknown, so that there is no such SNR.")
    signals = (("strain", "displacement"), ("current", "current"))
    for name, what in signals:
        u, sigma = values[what], values[f"{what}_noise"]
        values[f"snr_{name}"] = None if u is None or sigma is None else u / sigma
    shaped = {k: None if v is None else np.reshape(v, f.shape)[()] for k, v in values.items()}
    notes = [*amounts.words(e), *_said(given, band, f, values["ions"]), *notes]
    inputs = {"verb": "detection", "experiment": e, "instrument": tool, "drive": height,
              "per": per, "averages": count, **source}  # fmt: skip
    return Detection(f[()], **shaped, notes=tuple(notes), inputs=inputs)


def usable(instrument: Instrument) -> tuple[Instrument, float, list[str]]:
    """The instrument without a lever that cannot be used, its bandwidth, and what was left out."""
    band = bandwidth(instrument)
    if instrument.displacement_noise is None and instrument.current_noise is None:
        raise VegardError(
            f"instrument {instrument.name!r} has neither displacement_noise nor current_noise: "
            "nothing can be said of what it sees. Take a preset, or give one of them."
        )
    lever = instrument.cantilever
    if lever is None or lever.contact_stiffness is not None:
        return instrument, band, []
    return replace(instrument, cantilever=None), band, [_CONTACT]


def noise_density(
    name: str, tool: Instrument, f: Real, temperature: float, source: dict[str, float]
) -> Any:
    """Noise [m/√Hz or A/√Hz] of "displacement" or "current"; None if unknown."""
    if getattr(tool, f"{name}_noise") is None:
        return None
    if name == "displacement":
        return np.asarray(displacement_noise(tool, f, temperature=temperature))
    return np.asarray(current_noise(tool, f, temperature=temperature, **source))


def _said(e: Experiment, band: float, f: Real, ions: Real) -> list[str]:
    """What a reader of the numbers should know."""
    out = []
    if e.also:
        out.append("Signals of Experiment.also are left out: they are not the ions'.")
    if band > f.min():
        out.append(
            f"The bandwidth of {quantity(band, 'Hz')} is above the frequency:"
            " a lock-in needs one below it."
        )
    if ions.min() < 1:
        out.append(
            "Fewer than one ion moves per cycle: amplitudes are means over many cycles, and the "
            "ion, not the instrument, is the limit."
        )
    return out


def compared(what: str, size: float, sigma: float, unit: str) -> str:
    """A signal against its noise, in words."""
    value, ratio = quantity(size, unit), size / sigma
    if ratio > 0.5:
        return f"the {what} is {value}, {quantity(ratio, '–', 2)} times the noise"
    return f"the {what} of {value} drowns {quantity(1 / ratio, '–', 2)}-fold"


def _sentence(d: Detection, i: int) -> str:
    """What is seen at one frequency, in words."""

    def one(name: str) -> float:
        return float(np.ravel(getattr(d, name))[i])

    said = []
    for what, unit in (("displacement", "m"), ("current", "A")):
        if getattr(d, what) is None:
            continue
        if getattr(d, f"{what}_noise") is None:
            said.append(f"the {what} is {quantity(one(what), unit)}")
        else:
            said.append(compared(what, one(what), one(f"{what}_noise"), unit))
    where = f"At {quantity(d.inputs['experiment'].tip.radius, 'm')} and "
    where += quantity(one("frequency"), "Hz")
    ions = one("ions")
    count = f"{ions:,.0f}" if 10 <= ions < 1e6 else f"{ions:.2g}"
    return f"{where} {'; '.join(said)}. {count} ions move per cycle."

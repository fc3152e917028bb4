"""Plausibility of material records: what a wrong unit or a slip of the pen would break."""

from __future__ import annotations

from collections.abc import Iterator

from vegard.catalogue import MAX_STRAIN, Entry, Record, Value

DIFFUSIVITY_RANGE = (1e-22, 1e-8)  # m²/s


def _components(value: Value | None) -> tuple[float, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def check_plausible(entry: Entry) -> list[str]:
    """Violations of the plausibility rules, one sentence each; empty if there are none.

    Parameters
    ----------
    entry : Entry
        Material with its records; all of them are checked, defaults or not.

    Returns
    -------
    list of str
        What is implausible, with both sides of the rule.

    Notes
    -----
    - Volume change at full occupancy, abs(tr(β) C_max) < 0.5, which is 3 β C_max for an
      isotropic β, and each linear strain, abs(β_i C_max) < 0.5 [–]. Not for ``linear = false``,
      which says so itself.
    - Diffusivity within 1e-22..1e-8 m²/s.
    - -1 < ν < 0.5; E > 0 [Pa]; C_max > 0 [mol/m³].
    - dE/dC < 0 [V m³/mol] for a host (a solid is stable only if adding ions lowers E).

    The rule on the *linear* strain alone would pass the molar volume 1.25e-5 m³/mol of the NMC
    cathode in PyBaMM's set OKane2022 (26 % linear); as a volume it is 79 %.

    Examples
    --------
    >>> from vegard.catalogue import materials
    >>> [check_plausible(entry) for entry in materials.values() if check_plausible(entry)]
    []
    """
    default = entry.default("site_concentration")
    site = default.value if default and isinstance(default.value, float) else None
    found: list[str] = []
    for record in entry.records():
        label = f"{entry.name}.{record.property} = {record.value!r} {record.unit}"
        found += [f"{label}: {what} ({record.source})" for what in _broken(entry, record, site)]
    return found


def _broken(entry: Entry, record: Record, site: float | None) -> Iterator[str]:
    values = _components(record.value)
    low, high = DIFFUSIVITY_RANGE
    match record.property:
        case "diffusivity" if not all(low <= v <= high for v in values):
            yield f"D must lie in {low:g}..{high:g} m²/s"
        case "poisson" if not all(-1 < v < 0.5 for v in values):
            yield "ν must lie between -1 and 0.5"
        case "young" | "site_concentration" if not all(v > 0 for v in values):
            yield "must be > 0"
        case "ocv_slope" if entry.kind != "conductor" and not all(v < 0 for v in values):
            yield "dE/dC of a host must be < 0"
        case "vegard" if entry.linear:
            volume = record.volume_change(site)
            if volume is not None and abs(volume) >= MAX_STRAIN:
                yield f"volume change |tr(β) C_max| = {abs(volume):.3g} must be < {MAX_STRAIN:g}"
            c_max = record.site_concentration or site or 0.0
            strain = max(abs(v * c_max) for v in values)
            if strain >= MAX_STRAIN:
                yield f"linear strain |β C_max| = {strain:.3g} must be < {MAX_STRAIN:g}"

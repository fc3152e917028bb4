"""Contact mechanics: the contact radius of a pressed tip, and how stiff the contact is."""

from __future__ import annotations

import warnings
from math import inf, pi, sqrt, tan
from typing import Any

from vegard.errors import OutOfRegime, VegardError, unknown_name
from vegard.material import Material
from vegard.parameters import number, quantity
from vegard.prefixes import quantity as shown
from vegard.tips import DiscTip

STEEPEST = 0.3  # slope of the tip at the edge; there a true sphere has 1.2 % less a
RANGE = 0.3e-9  # m; equilibrium distance of two surfaces in the Tabor parameter
DMT_BELOW, JKR_ABOVE = 0.1, 5.0  # Tabor parameter

MODELS = ("hertz", "dmt", "jkr")
SHAPES = ("sphere", "cone")

_ARGUMENTS = {
    "tip_radius": quantity("radius of the tip", "R", "m", hint="Tips lie near 1e-8..1e-6."),
    "load": quantity("load", "F", "N", rule="finite", hint="Loads lie near 1e-9..1e-6."),
    "tip_young": quantity(
        "Young's modulus of the tip",
        "E_t",
        "Pa",
        infinite=True,
        hint="Silicon 1.3e11..1.7e11; did you pass GPa? math.inf is a rigid tip.",
    ),
    "tip_poisson": quantity(
        "Poisson ratio of the tip", "ν_t", "–", rule="> -1 and <= 0.5", hint="Silicon 0.06..0.28."
    ),
    "adhesion": quantity(
        "work of adhesion", "w", "J/m²", rule=">= 0", hint="Surfaces lie near 0.01..1."
    ),
    "half_angle": quantity("angle from axis to flank", "α", "rad", hint="Did you pass degrees?"),
    "radius": quantity("contact radius", "a", "m", hint="A contact is 1e-9..1e-6."),
}


def _checked(name: str, value: object) -> float:
    return number(name, _ARGUMENTS[name].metadata, value)


def reduced_modulus(material: Material, *, tip_young: float, tip_poisson: float) -> float:
    r"""Reduced modulus E* of two bodies in contact.

    Parameters
    ----------
    material : Material
        The sample; needs ``young`` and ``poisson``.
    tip_young : float
        Young's modulus of the tip [Pa]; ``math.inf`` is a rigid tip.
    tip_poisson : float
        Poisson ratio of the tip [–].

    Returns
    -------
    float
        E* [Pa].

    Raises
    ------
    VegardError
        If a modulus is unknown or breaks its rule.

    Notes
    -----
    .. math:: \frac{1}{E^*} = \frac{1-\nu^2}{E} + \frac{1-\nu_t^2}{E_t}

    E, ν of the sample, E_t, ν_t of the tip; both isotropic, smooth, free of friction. Johnson,
    *Contact Mechanics* (Cambridge University Press, 1985), chapter 4.

    Examples
    --------
    >>> from vegard import Material
    >>> lmo = Material(7.08e-15, 1.17e-6, poisson=0.3, young=87e9)
    >>> e = reduced_modulus(lmo, tip_young=169e9, tip_poisson=0.22)
    >>> round(e * 1e-9, 1)  # [GPa]
    62.1
    """
    if not isinstance(material, Material):
        raise VegardError(f"material must be a vegard.Material; got {material!r}.")
    young, poisson = material.need("young"), material.need("poisson")
    other, ratio = _checked("tip_young", tip_young), _checked("tip_poisson", tip_poisson)
    return float(1 / ((1 - poisson**2) / young + (1 - ratio**2) / other))


def stiffness(radius: float, material: Material, *, tip_young: float, tip_poisson: float) -> float:
    r"""Normal stiffness of a contact, the spring under the cantilever's tip.

    Parameters
    ----------
    radius : float
        Contact radius a [m], e.g. ``hertz(...).radius``.
    material : Material
        The sample; needs ``young`` and ``poisson``.
    tip_young : float
        Young's modulus of the tip [Pa]; ``math.inf`` is a rigid tip.
    tip_poisson : float
        Poisson ratio of the tip [–].

    Returns
    -------
    float
        k* [N/m].

    Raises
    ------
    VegardError
        If a value is unknown or breaks its rule.

    Notes
    -----
    .. math:: k^* = 2 E^* a

    is dF/dδ of every axisymmetric contact without adhesion, F load, δ approach (Pharr, Oliver,
    Brotzen, J. Mater. Res. 7, 613 (1992)), and of an adhesive one whose edge stays pinned while
    the load oscillates. A JKR edge that follows the load is softer by (1-3x/2)/(1-x/2),
    x = (R/2a)√(2πw/(E*a)).

    Examples
    --------
    >>> from vegard import Material
    >>> lmo = Material(7.08e-15, 1.17e-6, poisson=0.3, young=87e9)
    >>> k = stiffness(2.9e-9, lmo, tip_young=169e9, tip_poisson=0.22)
    >>> round(k)  # [N/m]
    360
    """
    modulus = reduced_modulus(material, tip_young=tip_young, tip_poisson=tip_poisson)
    return 2 * modulus * _checked("radius", radius)


def hertz(
    tip_radius: float | None,
    load: float,
    material: Material,
    *,
    tip_young: float,
    tip_poisson: float,
    model: str = "hertz",
    adhesion: float | None = None,
    shape: str = "sphere",
    half_angle: float | None = None,
) -> DiscTip:
    r"""Tip with the contact radius that a load makes.

    Parameters
    ----------
    tip_radius : float or None
        Radius of curvature R of a sphere [m]; None for a cone, which has none.
    load : float
        Force F that presses the tip on the sample [N]; may be negative with adhesion, down to the
        pull-off force.
    material : Material
        The sample; needs ``young`` and ``poisson``.
    tip_young : float
        Young's modulus of the tip [Pa]; ``math.inf`` is a rigid tip.
    tip_poisson : float
        Poisson ratio of the tip [–].
    model : {"hertz", "dmt", "jkr"}
        No adhesion; adhesion outside the contact (stiff, small tip); inside (soft, large tip).
    adhesion : float, optional
        Work of adhesion w [J/m²]; "dmt" and "jkr" need it.
    shape : {"sphere", "cone"}
        Shape of the tip.
    half_angle : float, optional
        Angle α between the axis and the flank of a cone [rad], 0 < α < π/2.

    Returns
    -------
    DiscTip
        ``radius`` is the contact radius a [m].

    Raises
    ------
    VegardError
        For a load that makes no contact (the message holds the pull-off force), a contact as wide
        as the tip, an unknown modulus, or arguments that do not belong together.

    Warns
    -----
    OutOfRegime
        If the tip's slope at the edge of the contact, a/R or cot α, is above 0.3 (there a true
        sphere, not a paraboloid, has 1.2 % less a); if the Tabor parameter rules the adhesion
        model out and the other model's radius differs by more than 1 %.

    Notes
    -----
    .. math::
       \text{Hertz}\quad a^3 &= \frac{3RF}{4E^*} \qquad
       \text{DMT}\quad a^3 = \frac{3R}{4E^*}(F + 2\pi wR) \\
       \text{JKR}\quad a^3 &= \frac{3R}{4E^*}\Big(F + 3\pi wR
                               + \sqrt{6\pi wRF + (3\pi wR)^2}\Big) \\
       \text{cone}\quad a^2 &= \frac{2F\tan\alpha}{\pi E^*}

    E* is :func:`reduced_modulus`. Pull-off at F = -2πwR (DMT) and -3πwR/2 (JKR). Which of the two
    holds, Tabor's parameter says, with z₀ = 0.3 nm: DMT below 0.1, JKR above 5,

    .. math:: \mu = \Big(\frac{R w^2}{E^{*2} z_0^3}\Big)^{1/3}

    Between them a lies between both (Maugis, J. Colloid Interface Sci. 150, 243 (1992)); at the
    ends, with F near πwR, DMT is 6 % too small and JKR 1 % too large.

    Elastic only: compare the mean pressure F/πa² with the hardness. Hertz, J. reine angew. Math.
    92, 156 (1882); Johnson, Kendall, Roberts, Proc. R. Soc. A 324, 301 (1971); Derjaguin, Muller,
    Toporov, J. Colloid Interface Sci. 53, 314 (1975); Sneddon, Int. J. Eng. Sci. 3, 47 (1965);
    Tabor, J. Colloid Interface Sci. 58, 2 (1977); limits of µ: Johnson, Greenwood, J. Colloid
    Interface Sci. 192, 326 (1997). Checked in tests/test_contact_mechanics.py.

    Examples
    --------
    >>> from vegard import Material
    >>> lmo = Material(7.08e-15, 1.17e-6, poisson=0.3, young=87e9)
    >>> silicon = dict(tip_young=169e9, tip_poisson=0.22)
    >>> tip = hertz(20e-9, 100e-9, lmo, **silicon)
    >>> round(tip.radius * 1e9, 2)  # [nm]
    2.89
    >>> tip = hertz(20e-9, 0.0, lmo, **silicon, model="dmt", adhesion=0.1)
    >>> round(tip.radius * 1e9, 2)  # adhesion alone, as if 12.6 nN pressed
    1.45
    """
    modulus = reduced_modulus(material, tip_young=tip_young, tip_poisson=tip_poisson)
    force = _checked("load", load)
    for kind, name, valid in (("model", model, MODELS), ("shape", shape, SHAPES)):
        if name not in valid:
            raise unknown_name(kind, name, valid)
    _belong(model, adhesion, shape, tip_radius, half_angle)
    if shape == "cone":
        return _cone(_checked("half_angle", half_angle), force, modulus)
    curvature = _checked("tip_radius", tip_radius)
    work = 0.0 if adhesion is None else _checked("adhesion", adhesion)
    _in_contact(model, force, curvature, work)
    radius = _sphere(model, curvature, force, modulus, work)
    if radius >= curvature:
        raise VegardError(
            f"the contact radius {shown(radius, 'm', 3)} is not below the tip radius "
            f"{shown(curvature, 'm', 3)}: the tip would sink in. Use a smaller load or a larger "
            "tip; did you pass GPa for Pa, or nN for N?"
        )
    _check_slope("a/R", radius / curvature)
    if model != "hertz":
        _check_model(model, curvature, force, modulus, work)
    return DiscTip(radius)


def _belong(model: str, adhesion: Any, shape: str, tip_radius: Any, half_angle: Any) -> None:
    """Whether the arguments fit the model and the shape."""
    if shape == "cone" and (model != "hertz" or tip_radius is not None or half_angle is None):
        raise VegardError(
            'shape="cone" takes half_angle [rad], tip_radius=None and model="hertz"; got '
            f"half_angle={half_angle!r}, tip_radius={tip_radius!r}, model={model!r}."
        )
    if shape == "sphere" and (tip_radius is None or half_angle is not None):
        raise VegardError(
            'shape="sphere" takes tip_radius [m] and no half_angle; got '
            f'tip_radius={tip_radius!r}, half_angle={half_angle!r}. Did you mean shape="cone"?'
        )
    if (model == "hertz") != (adhesion is None):
        raise VegardError(
            f'model={model!r} with adhesion={adhesion!r}: "dmt" and "jkr" need the work of '
            'adhesion [J/m²], "hertz" knows none.'
        )


def _cone(angle: float, force: float, modulus: float) -> DiscTip:
    if angle >= pi / 2:
        raise VegardError(
            f"half_angle must be < π/2 [rad]; got {angle:g}. Did you pass degrees? "
            "It is the angle between axis and flank."
        )
    _in_contact("hertz", force, 0.0, 0.0)
    _check_slope("cot α", 1 / tan(angle))
    return DiscTip(sqrt(2 * force * tan(angle) / (pi * modulus)))


def _pull_off(model: str, curvature: float, work: float) -> float:
    return -{"hertz": 0.0, "dmt": 2.0, "jkr": 1.5}[model] * pi * work * curvature


def _in_contact(model: str, force: float, curvature: float, work: float) -> None:
    limit = _pull_off(model, curvature, work)
    if force > limit or (model == "jkr" and force == limit < 0):
        return
    if limit == 0:
        raise VegardError(
            f"load must be > 0 [N] without adhesion; got {force:g}. A contact that nothing presses "
            'has radius 0: give a load, or model="dmt" or "jkr" with adhesion [J/m²].'
        )
    raise VegardError(
        f"load must be above the pull-off force {limit:.4g} N of model={model!r}; got {force:g}. "
        "The tip has let go: press harder, or give a larger adhesion."
    )


def _sphere(model: str, curvature: float, force: float, modulus: float, work: float) -> float:
    """Contact radius [m] of a sphere at or above pull-off."""
    limit = _pull_off(model, curvature, work)
    if model == "jkr":  # 3πwR = -2 limit, so the root is √(-4 limit (F - limit))
        pressed = force - 2 * limit + sqrt(-4 * limit * (force - limit))
    else:
        pressed = force - limit
    return float((0.75 * curvature * pressed / modulus) ** (1 / 3))


def _check_slope(name: str, slope: float) -> None:
    if slope > STEEPEST:
        warnings.warn(
            f"slope of the tip at the edge of the contact, {name} = {slope:.3g} against "
            f"{STEEPEST:g}: contact theory takes the tip for shallow. Read the radius as an order "
            "of magnitude; use a smaller load, a blunter tip, or a measured contact radius.",
            OutOfRegime,
            stacklevel=3 if name == "a/R" else 4,  # the line that called hertz
        )


def _check_model(model: str, curvature: float, force: float, modulus: float, work: float) -> None:
    tabor = curvature ** (1 / 3) * (work / modulus) ** (2 / 3) / RANGE
    fits = tabor >= DMT_BELOW if model == "jkr" else tabor <= JKR_ABOVE
    other = "dmt" if model == "jkr" else "jkr"
    if fits:
        return
    here = _sphere(model, curvature, force, modulus, work)
    held = force >= _pull_off(other, curvature, work)
    there = _sphere(other, curvature, force, modulus, work) if held else inf
    if abs(there / here - 1) <= 0.01:
        return
    side = f"{tabor:.2g} against {DMT_BELOW if model == 'jkr' else JKR_ABOVE:g}"
    result = f"a radius of {shown(there, 'm', 3)}" if held else "no contact at this load"
    warnings.warn(
        f"Tabor parameter {side}: model={model!r} is made for "
        f"{'large, soft' if model == 'jkr' else 'small, stiff'} tips and samples. "
        f"Use model={other!r}: {result} instead of {shown(here, 'm', 3)}.",
        OutOfRegime,
        stacklevel=3,
    )

"""High-precision values of the linear response at 500 corners of its parameter box.

Writes ``corners.json`` (needs python-flint; nothing of the library is used).

Quantity (R = 1, D_normal = 1, amplitude 1, 2(1+nu)beta taken out, s = i omega)::

    u(r) = (1/2pi) int_0^inf S(k) C(k) M(k) P(k) J0(k r) k dk

Source S: disc ``2 pi J1(k)/k``, gauss ``2 pi exp(-k^2/2)``.  Interface C: conc
``1``, flux ``1/Y``, kinetics ``b/(b+Y)``; ``Y = q``, ``q tanh qh`` (blocking back),
``q coth qh`` (permeable back), ``q^2 = d k^2 + s``.  Readout P: centre ``1``, punch
``sin(k)/k``.  M is the moment of the depth profile with the weight ``exp(-kz)``
or, where ``vegard33`` is given,
``[b33 (1+kz) + b11 (1+2nu-kz)] exp(-kz) / [2(1+nu)]``.

Method
------
T = C M is analytic for -pi/4 < arg k < pi/2: its branch points, poles and zeros
of ``b + Y`` have q^2 <= 0, that is arg k in [-pi/2, -pi/4] (or the opposite
sector).  The integral runs on the real axis to k1 = 2^-n <= min(1, 1/r).
There J1, J0 and sin are split into Hankel functions and exponentials; the
products that decay upwards turn onto the ray arg k = pi/4, those that decay
downwards onto arg k = -pi/8, and those that do not oscillate (r = 1, or punch on
axis) stay on the real axis, where they fall algebraically.  The gaussian needs
the real axis only.  Octave panels of 40 Gauss-Legendre nodes resolve every scale;
a panel whose Legendre coefficients do not fall fast enough is halved.
Working precision is 320 bits, the error asked for 1e-34 of the sum of the
absolute values of the panels.  M is written with (1 - e^-x)/x and its derivative
in x = (k +- q)h, with q - k = (q^2 - k^2)/(q + k): nothing cancels.

Second route (``--check``): the tabulated quotients for M and another quadrature at
512 bits: ``acb.integral``, rigorous and adaptive (gauss), or the trapezoidal rule
along smooth contours with other angles (disc, and gauss on a film with d = 1, where
balls cannot follow the cancellation of the quotients).

Entries: r, omega, ... are exact as written; ``thickness`` is null without ``back``,
``biot`` null without kinetics; ``value`` is u(r), ``centre`` is u(0).

Usage::

    python make_corners.py [--count 500]        # resumes from corners.json
    python make_corners.py --check 40           # second route on a random subset
    python make_corners.py --reference FILE     # published values and closed forms
"""

import argparse
import itertools
import json
import math
import os
import random
import time
from functools import lru_cache
from pathlib import Path

from flint import acb, arb, ctx

ctx.prec = 320
SEED = 20100507
NODES = 40
TOL = 1e-34
I = acb(0, 1)
PI = arb.pi()
OUT = Path(__file__).with_name("corners.json")


# ---- the corners ----


def draw(index):
    """Corner number `index`: every number drawn from its own seeded stream."""
    rng = random.Random(SEED + index)
    end = rng.random() < 0.2  # every parameter at one end of its range

    def log(low, high):
        return 10.0 ** (rng.choice((low, high)) if end else rng.uniform(low, high))

    tip = rng.choice(("disc", "gauss"))
    interface = rng.choice(("conc", "flux", "kinetics"))
    back = rng.choice((None, "blocking", "permeable"))
    corner = dict(
        index=index,
        tip=tip,
        interface=interface,
        back=back,
        thickness=log(-4, 6) if back else None,
        biot=log(-8, 8) if interface == "kinetics" else None,
        d=1.0 if rng.random() < 0.5 else log(-4, 4),
        omega=log(-12, 12),
    )
    pick = rng.random()
    if pick < 1 / 3:
        r = 0.0
    elif tip == "disc" and pick < 1 / 3 + 0.1:
        r = 1.0
    elif tip == "disc" and pick < 1 / 3 + 0.2:
        r = 1 + rng.choice((-1, 1)) * 10.0 ** -(rng.choice((1, 6)) if end else rng.uniform(1, 6))
    else:
        r = log(-3, 2)
    corner["r"] = r
    corner["readout"] = "centre" if rng.random() < 0.85 else "punch"
    if rng.random() >= 0.7:
        b33, b11 = rng.choice(((1.0, 0.0), (0.0, 1.0), (1.0, -0.5), None, None)) or (
            round(rng.uniform(0.1, 2), 3),
            round(rng.uniform(0.1, 2), 3),
        )
        corner.update(vegard33=b33, vegard11=b11, nu=round(rng.uniform(0, 0.49), 3))
    return corner


# ---- transport and elasticity: T = C M ----


def exp_integrals(x, front, back):
    """front * int_0^1 e^{-xt} dt and front * int_0^1 t e^{-xt} dt; back = front e^{-x}."""
    if abs(complex(x)) < 1e-22:
        return front * (1 - x / 2 + x * x / 6), front * (arb(1) / 2 - x / 3 + x * x / 8)
    return (front - back) / x, (front - (1 + x) * back) / (x * x)


def make_transfer(c):
    """The function T(k) of the corner `c`."""
    s, d = acb(0, c["omega"]), arb(c["d"])
    h = arb(c["thickness"]) if c["back"] else None
    sign = -1 if c["back"] == "permeable" else 1
    biot = arb(c["biot"]) if c["interface"] == "kinetics" else None
    aniso = "vegard33" in c
    if aniso:
        b33, b11, nu = (arb(c[n]) for n in ("vegard33", "vegard11", "nu"))
        w0 = (b33 + b11 * (1 + 2 * nu)) / (2 * (1 + nu))
        w1 = (b33 - b11) / (2 * (1 + nu))

    def transfer(k):
        q = (d * k * k + s).sqrt()
        plus = k + q
        if h is None:
            Y, m0 = q, 1 / plus
            m1 = k * m0 * m0
        else:
            minus = ((1 - d) * k * k - s) / plus  # k - q
            two, mixed = (-2 * h * q).exp(), (-h * plus).exp()
            a0, a1 = exp_integrals(plus * h, acb(1), mixed)
            b0, b1 = exp_integrals(minus * h, two, mixed)
            # profile = (e^{-qz} +- e^{-q(2h-z)}) / (1 +- e^{-2qh})
            norm = 1 + sign * two
            Y = q * (1 - sign * two) / norm
            m0 = h * (a0 + sign * b0) / norm
            m1 = k * h * h * (a1 + sign * b1) / norm
        M = w0 * m0 + w1 * m1 if aniso else m0
        if c["interface"] == "flux":
            return M / Y
        return M * biot / (biot + Y) if biot is not None else M

    return transfer


# ---- quadrature ----


def legendre_rule(n):
    """Gauss-Legendre nodes and weights on [-1, 1], and rows giving the last three
    Legendre coefficients from the values at the nodes."""
    rule = [arb.legendre_p_root(n, i, weight=True) for i in range(n)]
    rows = [[w * x.legendre_p(m) * (2 * m + 1) / 2 for x, w in rule] for m in (n - 1, n - 2, n - 3)]
    return [x for x, _ in rule], [w for _, w in rule], rows


NODE, WEIGHT, LAST = legendre_rule(NODES)


class Integral:
    """Adaptive sum of panels; `size` is the running sum of their absolute values."""

    def __init__(self):
        self.value, self.size = acb(0), 0.0

    def panel(self, f, a, b, depth=0):
        """Add int_a^b f(x, key) dx; key names the node for caches."""
        mid, half = (arb(a) + arb(b)) / 2, (arb(b) - arb(a)) / 2
        values = [f(mid + half * x, (a, b, i)) for i, x in enumerate(NODE)]
        sizes = [abs(complex(v)) for v in values]
        top, width = max(sizes), float(half)
        if top == 0:
            return
        tail = max(abs(complex(sum((p * v for p, v in zip(row, values)), acb(0)))) for row in LAST)
        area = width * sum(float(w) * v for w, v in zip(WEIGHT, sizes))
        # the Gauss error falls twice as fast as the coefficients
        if width * tail * (tail / top) > TOL * max(self.size, area):
            if depth > 14:
                raise RuntimeError("panel does not converge")
            middle = (a + b) / 2
            self.panel(f, a, middle, depth + 1)
            self.panel(f, middle, b, depth + 1)
            return
        self.value += half * sum((w * v for w, v in zip(WEIGHT, values)), acb(0))
        self.size += area

    def octaves(self, f, a, b):
        """Panels from a to b, each at most doubling the variable."""
        while a < b:
            step = min(2 * a, b)
            self.panel(f, a, step)
            a = step


def hankel(n, z, sign):
    """Half of H_n^(1) (sign 1) or H_n^(2) (sign -1) at the midpoint of z.

    A node needs no ball, and the power series of K, which cancels by exp(2|z|),
    would blow it up.
    """
    z, prec = z.mid(), ctx.prec
    size = abs(complex(z))
    if size < prec / 2:
        ctx.prec = prec + 30 + int(3 * size)
    out = sign * (-sign * I) ** n * (-sign * I * z).bessel_k(n) / (PI * I)
    ctx.prec = prec
    return +out


@lru_cache(maxsize=60000)
def source_hankel(path, key, sign, point):
    return hankel(1, point.k, sign)


class Point:
    """A node, hashed to nothing: the cache goes by path and panel."""

    def __init__(self, k):
        self.k = k

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def groups(r, punch):
    """Signs (Bessel J1, Bessel J0, sine) by the half-plane in which they decay.

    The exponent of a product is i k times ``sa + sb r + se``.
    """
    out = {1: {}, -1: {}, 0: {}}
    for sa, sb, se in itertools.product(
        (1, -1), (1, -1) if r else (0,), (1, -1) if punch else (0,)
    ):
        rate = sa + sb * arb(r) + se
        side = 0 if rate == 0 else (1 if rate > 0 else -1)
        out[side].setdefault((sa, se), []).append((sb, abs(float(rate))))
    return out


def response(c, r):
    """u(r) of the corner `c` as a ball, and the sum of absolute panel values."""
    transfer, punch = make_transfer(c), c["readout"] == "punch"
    disc, R = c["tip"] == "disc", arb(r)

    def direct(k, key=None):
        k = acb(k)
        f = transfer(k) * (k.bessel_j(1) if disc else k * (-k * k / 2).exp())
        if r:
            f *= (R * k).bessel_j(0)
        return f * k.sin() / k if punch else f

    total = Integral()
    scales = [1.0, math.sqrt(c["omega"] / c["d"])]
    if r:
        scales.append(1 / r)
    if c["back"]:
        scales += [1 / c["thickness"], 1 / (c["thickness"] * math.sqrt(c["d"]))]
    start = 2.0 ** math.floor(math.log2(0.3 * min(scales)))
    end = 2.0 ** -max(0, math.ceil(math.log2(r or 1))) if disc else 16.0
    total.panel(direct, 0.0, start)
    total.octaves(direct, start, end)
    if not disc:
        return total.value, total.size

    def split(members, path):
        """The products of one group at k (node `key` of a path)."""

        def f(k, key):
            out, j0 = acb(0), {}
            for (sa, se), rest in members.items():
                part = source_hankel(path, key, sa, Point(k))
                signs = [sb for sb, _ in rest]
                if len(signs) == 2:
                    part = part * (R * k).bessel_j(0)
                elif r:
                    if signs[0] not in j0:
                        j0[signs[0]] = hankel(0, R * k, signs[0])
                    part = part * j0[signs[0]]
                if se:
                    part = part * (se * I * k).exp() * se / (2 * I * k)
                out += part
            return out * transfer(k)

        return f

    for side, members in groups(r, punch).items():
        if not members:
            continue
        if side == 0:
            # algebraic tail: past every scale and 1e-30 of it (at least k^-2)
            top = max(
                [1 / s for s in scales if s]
                + scales
                + [c["biot"] or 0, (c["biot"] or 0) / math.sqrt(c["d"]), 1.0]
            )
            f = split(members, (0, 0))
            total.octaves(
                lambda k, key: f(acb(k), key), end, 2.0 ** (math.ceil(math.log2(top)) + 120)
            )
            continue
        angle = PI / 4 if side > 0 else -PI / 8
        turn = (I * angle).exp()
        f, g = split(members, (end, side, "arc")), split(members, (side, "ray"))

        def arc(x, key):
            k = end * (I * angle * x).exp()
            return f(k, key) * I * angle * k

        slowest = min(rate for rest in members.values() for _, rate in rest)
        total.panel(arc, 0.0, 1.0)
        total.octaves(
            lambda t, key: g(turn * t, key) * turn,
            end,
            90 / (slowest * abs(math.sin(float(angle)))),
        )
    return total.value, total.size


def solve(c):
    """The corner with its values; raises if rounding has eaten the digits."""
    answers = []
    for r in {c["r"]: 0, 0.0: 0}:
        u, size = response(c, r)
        answers.append((u, size))
    (u, size), (u0, _) = answers[0], answers[-1]
    bound = max(abs(complex(u)), 1e-6 * abs(complex(u0)))
    # rounding, and what was asked of the quadrature, against 1e-21 of the bound
    if max(float(u.rad()), 1e3 * TOL * size) > 1e-21 * bound:
        raise RuntimeError(f"corner {c['index']}: digits lost")
    return dict(
        c,
        value_re=float(u.real),
        value_im=float(u.imag),
        centre_re=float(u0.real),
        centre_im=float(u0.imag),
    )


# ---- second route ----


def quotients(c):
    """T(k) of the corner with the tabulated quotients for the moments."""
    s, d = acb(0, c["omega"]), arb(c["d"])

    def transfer(k, analytic=False):
        q = (d * k * k + s).sqrt(analytic=analytic)
        if c["back"] is None:
            Y, m0, m1 = q, 1 / (k + q), k / (k + q) ** 2
        else:
            h = arb(c["thickness"])
            away, e = q * q - k * k, (-k * h).exp()
            if c["back"] == "blocking":
                Y, e = q * (q * h).tanh(), e * (q * h).sech()
                top, slope = Y - k + k * e, -1 + (1 - k * h) * e
            else:
                Y, e = q * (q * h).coth(), e * q * (q * h).csch()
                top, slope = Y - k - e, -1 + h * e
            m0 = top / away
            m1 = -k * (slope + 2 * k * m0) / away
        if "vegard33" in c:
            b33, b11, nu = (arb(c[n]) for n in ("vegard33", "vegard11", "nu"))
            m0 = (b33 * (m0 + m1) + b11 * ((1 + 2 * nu) * m0 - m1)) / (2 * (1 + nu))
        if c["interface"] == "flux":
            return m0 / Y
        return m0 if c["interface"] == "conc" else m0 * c["biot"] / (c["biot"] + Y)

    return transfer


def rigorous(c, r):
    """u(r) of the gaussian by ``acb.integral``."""
    transfer, R = quotients(c), arb(r)

    def f(k, analytic):
        out = transfer(k, analytic) * k * (-k * k / 2).exp() * (R * k).bessel_j(0)
        return out * (k.sin() / k) if c["readout"] == "punch" else out

    # below the first cut: less than 1e-34 of the rest
    cuts = [1e-17 * min(1.0, math.sqrt(c["omega"] / c["d"]))]
    while cuts[-1] < 15.5:
        cuts.append(min(7 * cuts[-1], 15.5))
    total = acb(0)
    for a, b in zip(cuts, cuts[1:]):
        total += acb.integral(
            f, a, b, rel_tol=arb(2) ** -84, abs_tol=arb(float(abs(total))) * arb(2) ** -90
        )
    return total


def contour(c, r, step=0.04):
    """u(r) by the trapezoidal rule in x along smooth contours
    ``k = k1 exp(x + i angle (1 + tanh x)/2)``, one per half-plane; their sum decays
    at both ends.  The gaussian stays on the real axis."""
    transfer, R, k1 = quotients(c), arb(r), 1.4 / max(1.0, r)
    if c["tip"] == "gauss":
        k1, step, sides = 1.0, min(step, 0.5 / max(r, 1.0)), {0: None}
    else:
        sides = groups(r, c["readout"] == "punch")
    spread = c["d"], c["biot"] or 1.0, c["thickness"] or 1.0, c["omega"]
    scale = math.sqrt(min(1.0, c["omega"], c["omega"] / c["d"]))
    total = acb(0)
    for side, members in sides.items():
        if members == {}:
            continue
        angle = {1: PI / 5, -1: -PI / 7, 0: arb(0)}[side]
        low = math.log(scale / k1) - 60
        if side:
            slowest = min(rate for rest in members.values() for _, rate in rest)
            high = math.log(60 / (slowest * math.sin(abs(float(angle))) * k1))
        else:
            high = 60 + sum(abs(math.log(v)) for v in spread) if members else math.log(15)
        for n in range(math.floor(low / step), math.ceil(high / step) + 1):
            x = arb(n) * arb(step)
            t = x.tanh()
            k = (k1 * (x + I * angle * (1 + t) / 2).exp()).mid()
            part = acb(0)
            for (sa, se), rest in (members or {}).items():
                term = hankel(1, k, sa)
                if r:
                    term *= sum((hankel(0, R * k, sb) for sb, _ in rest), acb(0))
                if se:
                    term *= (se * I * k).exp() * se / (2 * I * k)
                part += term
            if members is None:
                part = k * (-k * k / 2).exp() * (R * k).bessel_j(0)
                if c["readout"] == "punch":
                    part *= k.sin() / k
            total += part * transfer(k) * k * (1 + I * angle * (1 - t * t) / 2) * step
    return total


def check(count):
    """Second route on a random subset of the file; prints the worst disagreement."""
    corners = json.loads(OUT.read_text())
    rng, worst, plain = random.Random(1), (0.0, None), (0.0, None)
    for c in rng.sample(corners, min(count, len(corners))):
        began = time.time()
        ctx.prec = 512
        smooth = c["tip"] == "disc" or (c["back"] and c["d"] == 1)
        route = contour if smooth else rigorous
        u0 = complex(route(c, 0.0))
        u = complex(route(c, c["r"])) if c["r"] else u0
        ctx.prec = 320
        v, v0 = (complex(c[n + "_re"], c[n + "_im"]) for n in ("value", "centre"))
        miss = max(abs(u - v) / (abs(u) + 1e-6 * abs(u0)), abs(u0 - v0) / abs(u0))
        assert math.isfinite(miss), c
        worst = max(worst, (miss, c["index"]), key=lambda p: p[0])
        plain = max(plain, (abs(u - v) / abs(u), c["index"]), key=lambda p: p[0])
        print(
            f"{c['index']:4d} {c['tip']:5} {c['interface']:8} {c['back']} r={c['r']:.3g}"
            f" {miss:.1e} {time.time() - began:.0f} s",
            flush=True,
        )
    print("second route, worst |difference|/(|u(r)| + 1e-6|u(0)|) and corner:", worst)
    print("second route, worst |difference|/|u(r)| and corner:", plain)


def reference(path):
    """Published values (disc and gauss entries) and the on-axis closed forms."""
    worst = (0.0, None)
    for e in json.loads(Path(path).read_text()):
        if e["kind"] not in ("disc", "gauss"):
            continue
        c = dict(
            e,
            index=-1,
            tip=e["kind"],
            back=e.get("back"),
            biot=e.get("biot"),
            thickness=e.get("thickness"),
            d=e.get("D_in_plane_over_D_normal", 1),
            readout="punch" if "punch" in e.get("readout", "") else "centre",
            r=e.get("r", 0),
        )
        u, v = complex(response(c, c["r"])[0]), complex(e["value_re"], e["value_im"])
        worst = max(worst, (abs(u / v - 1), e), key=lambda p: p[0])
    print("published values, worst:", worst)
    worst = (arb(0), None)
    for tip, interface in itertools.product(("disc", "gauss"), ("conc", "flux")):
        for power in range(-12, 13, 3):
            c = dict(
                tip=tip,
                interface=interface,
                back=None,
                thickness=None,
                biot=None,
                d=1.0,
                omega=10.0**power,
                readout="centre",
            )
            s = acb(0, c["omega"])
            q = s.sqrt()
            if interface == "conc":
                exact = (
                    (q - 1 + (-q).exp()) / s
                    if tip == "disc"
                    else (q + (PI / 2).sqrt() * ((s / 2).exp() * (q / arb(2).sqrt()).erfc() - 1))
                    / s
                )
            elif tip == "disc":
                z = q / 2
                exact = (
                    1 - z * (z.bessel_i(0) * z.bessel_k(1) - z.bessel_i(1) * z.bessel_k(0))
                ) / s
            else:
                z = s / 4
                exact = (1 - z * z.exp() * (z.bessel_k(1) - z.bessel_k(0))) / s
            miss = (abs(response(c, 0.0)[0] - exact) / abs(exact)).mid()
            assert math.isfinite(miss), c
        worst = max(worst, (miss, (tip, interface, power)), key=lambda p: float(p[0]))
    print("closed forms, worst:", float(worst[0]), worst[1])


def save(corners):
    text = "[\n" + ",\n".join(json.dumps(c) for c in corners) + "\n]\n"
    part = OUT.with_suffix(".part")
    part.write_text(text)
    os.replace(part, OUT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--check", type=int)
    parser.add_argument("--reference")
    args = parser.parse_args()
    if args.check:
        return check(args.check)
    if args.reference:
        return reference(args.reference)
    corners = json.loads(OUT.read_text()) if OUT.exists() else []
    began = time.time()
    for index in range(len(corners), args.count):
        corners.append(solve(draw(index)))
        if index % 10 == 9:
            save(corners)
            print(index + 1, f"{time.time() - began:.0f} s", flush=True)
    save(corners)


if __name__ == "__main__":
    main()

"""Half-space, on-axis closed forms to 60 digits and more, rounded to double.

Writes ``closed_forms.json`` (needs mpmath; nothing of the library is used)::

    {"transfer": [{"x", "phi_over_pi", "s_re", "s_im",
                   "F_disc": [re, im], "F_gauss", "G_disc", "G_gauss"}, ...],
     "step":     [{"T", "F_disc", "F_gauss", "G_disc", "G_gauss"}, ...]}

R = D = 1, sigma^2 = s = x exp(i phi).  u = 2(1+nu) beta c R F under a fixed
concentration, 2(1+nu) beta (J R^2/D) G under a fixed flux.  The values belong to
the floats ``s_re + i s_im`` and ``T`` as written.  Step: unit step at t = 0.

The working precision (120 digits) covers the cancellation at both ends, at most
24 digits of sigma and as many of exp(sigma^2/2).  ``--check`` compares

- the transfer functions with their integrals over k, on five rays of s,
- the steps with Talbot's inverse Laplace transform of the transfer functions,
- and, without any transfer function, with integrals over k of the step response of
  one wavenumber.

Usage::

    python make_closed_forms.py [--check]
"""

import argparse
import itertools
import json
from pathlib import Path

import mpmath as mp
from mpmath import mpf

mp.mp.dps = 120
OUT = Path(__file__).with_name("closed_forms.json")
NAMES = ("F_disc", "F_gauss", "G_disc", "G_gauss")
PHASES = (0.0, 0.5, -0.5, 0.75, 0.95)


# ---- transfer functions ----


def f_disc(s):
    q = mp.sqrt(s)
    return (q - 1 + mp.exp(-q)) / s


def f_gauss(s):
    q = mp.sqrt(s)
    tail = mp.exp(s / 2) * mp.erfc(q / mp.sqrt(2))
    return (q + mp.sqrt(mp.pi / 2) * (tail - 1)) / s


def g_disc(s):
    z = mp.sqrt(s) / 2
    bracket = mp.besseli(0, z) * mp.besselk(1, z) - mp.besseli(1, z) * mp.besselk(0, z)
    return (1 - z * bracket) / s


def g_gauss(s):
    z = s / 4
    return (1 - z * mp.exp(z) * (mp.besselk(1, z) - mp.besselk(0, z))) / s


TRANSFER = dict(zip(NAMES, (f_disc, f_gauss, g_disc, g_gauss)))


# ---- steps ----


def step_f_disc(T):
    x = 1 / (2 * mp.sqrt(T))
    wave = (1 + 2 * x * x) * mp.erfc(x) - 2 * x / mp.sqrt(mp.pi) * mp.exp(-x * x)
    return 2 * mp.sqrt(T / mp.pi) - T + T * wave


def step_f_gauss(T):
    arc = (T + mpf(1) / 2) * mp.atan(mp.sqrt(2 * T)) - mp.sqrt(T / 2)
    return 2 * mp.sqrt(T / mp.pi) - mp.sqrt(mp.pi / 2) * T + mp.sqrt(2 / mp.pi) * arc


def step_g_gauss(T):
    return T - mp.sqrt(2 * T * (1 + 2 * T)) / 2 + mp.asinh(mp.sqrt(2 * T)) / 2


def start_g_disc(T):
    """int_0^T [1 - e^-y I0(y)] dt, y = 1/(8t), from the large-y series of I0."""
    total, a = T, mpf(1)
    for n in range(12):
        total -= a / mp.sqrt(2 * mp.pi) * mpf(8) ** (n + 0.5) * T ** (n + 1.5) / (n + 1.5)
        a *= mpf(2 * n + 1) ** 2 / (8 * (n + 1))
    return total


def piece_g_disc(a, b):
    """The same from a to b, on log scale."""

    def f(v):
        y = mp.exp(-v) / 8
        return (1 - mp.exp(-y) * mp.besseli(0, y)) * mp.exp(v)

    value, error = mp.quad(f, [mp.log(a), mp.log(b)], method="gauss-legendre", error=True)
    assert error < mpf(10) ** -50 * value
    return value


# ---- independent integrals ----


def k_integral(name, kernel, scale=1):
    """int_0^inf J1(k) or k exp(-k^2/2), times kernel(k), which bends at `scale`, dk."""
    bends = [scale * mpf(n) / 10 for n in (1, 5, 8, 9, 10, 11, 12, 15, 30)]
    if name.endswith("gauss"):
        return mp.quad(
            lambda k: k * mp.exp(-k * k / 2) * kernel(k),
            sorted({0, 0.1, 0.5, 1, 2, 4, 8, 13} | {b for b in bends if b < 13}),
        )
    zero = mp.besseljzero(1, 1)
    first = mp.quad(
        lambda k: mp.besselj(1, k) * kernel(k),
        sorted({0, 0.1, 0.5, 1, 2, zero} | {b for b in bends if b < zero}),
    )
    return first + mp.quadosc(
        lambda k: mp.besselj(1, k) * kernel(k),
        [zero, mp.inf],
        zeros=lambda n: mp.besseljzero(1, n + 1),
    )


def one_wavenumber(name, T):
    """Step response of the moment at k: the integral from 0 to T of the impulse response.

    Flux: L^-1 of 1/[q(k+q)] is erfc(k sqrt t).
    Concentration: L^-1 of 1/(k+q) is exp(-k^2 t)/sqrt(pi t) - k erfc(k sqrt t).
    """
    w = mp.sqrt(T)

    def flux(k):
        return (
            T * mp.erfc(k * w)
            + mp.erf(k * w) / (2 * k * k)
            - w * mp.exp(-((k * w) ** 2)) / (k * mp.sqrt(mp.pi))
        )

    if name.startswith("G"):
        return flux
    return lambda k: mp.erf(k * w) / k - k * flux(k)


def check():
    worst = dict.fromkeys(
        ("transfer, k-integral", "step, Talbot", "step, k-integral"), (mpf(0), None)
    )

    def note(what, a, b, where):
        worst[what] = max(worst[what], (abs(a / b - 1), where), key=lambda p: p[0])

    for name, x, phase in itertools.product(NAMES, ("1e-3", "1", "1e3"), PHASES):
        mp.mp.dps = 30
        s = mpf(x) * mp.expjpi(phase)

        def kernel(k):
            q = mp.sqrt(k * k + s)
            return 1 / (k + q) if name.startswith("F") else 1 / (q * (k + q))

        note(
            "transfer, k-integral",
            k_integral(name, kernel, mp.sqrt(mpf(x))),
            TRANSFER[name](s),
            (name, x, phase),
        )
    for name, T in itertools.product(NAMES, ("1e-12", "1e-4", "0.03", "1", "50", "1e6", "1e12")):
        mp.mp.dps = 120
        T = mpf(T)
        exact = step(name, T)
        mp.mp.dps = 40
        talbot = mp.invertlaplace(lambda s: TRANSFER[name](s) / s, T, method="talbot", degree=60)
        note("step, Talbot", talbot, exact, (name, mp.nstr(T, 3)))
        if 0.01 < T < 100:
            mp.mp.dps = 30
            note(
                "step, k-integral",
                k_integral(name, one_wavenumber(name, T)),
                exact,
                (name, mp.nstr(T, 3)),
            )
    for what, (miss, where) in worst.items():
        print(f"{what}: worst {mp.nstr(miss, 3)} at {where}")


def step(name, T):
    """One step response; G_disc from its start at 1e-12 in pieces."""
    if name != "G_disc":
        return {"F_disc": step_f_disc, "F_gauss": step_f_gauss, "G_gauss": step_g_gauss}[name](T)
    times = [mpf(10) ** -12]
    while times[-1] * 3 < T:
        times.append(times[-1] * 3)
    times.append(T)
    return start_g_disc(times[0]) + sum(
        piece_g_disc(a, b) for a, b in zip(times, times[1:]) if b > a
    )


def main():
    transfer, steps = [], []
    for phase, n in itertools.product(PHASES, range(49)):
        x = 10.0 ** (n / 2 - 12)
        turn = mp.expjpi(phase)
        re, im = float(x * turn.real), float(x * turn.imag)
        entry = dict(x=x, phi_over_pi=phase, s_re=re, s_im=im)
        for name in NAMES:
            value = TRANSFER[name](mp.mpc(re, im))
            entry[name] = [float(value.real), float(value.imag)]
        transfer.append(entry)
    disc, last = None, None
    for n in range(49):
        T = mpf(10.0 ** (n / 2 - 12))
        disc = start_g_disc(T) if n == 0 else disc + piece_g_disc(last, T)
        last = T
        entry = {name: step(name, T) for name in NAMES if name != "G_disc"}
        entry["G_disc"] = disc
        steps.append(dict(T=float(T), **{name: float(entry[name]) for name in NAMES}))

    def rows(entries):
        return "[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]"

    OUT.write_text(f'{{"transfer": {rows(transfer)},\n"step": {rows(steps)}}}\n')


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check() if parser.parse_args().check else main()

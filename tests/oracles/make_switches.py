"""400 more corners where the code changes its way: rim, R/4 and 4R, punch, thin films, extremes.

Same quantity, method and precision as make_corners.py, whose ``solve`` does the work. Writes
``switches.json``; the family ``fam`` of a corner is named in ``draw``.
"""

import json
import random
from pathlib import Path

import make_corners as mc

SEED = 987654321


def draw(i):
    rng = random.Random(SEED + i)
    fam = i % 8
    end = rng.random() < 0.15

    def log(a, b):
        return 10.0 ** (rng.choice((a, b)) if end else rng.uniform(a, b))

    c = dict(
        index=i,
        fam=fam,
        tip=rng.choice(("disc", "gauss")),
        interface=rng.choice(("conc", "flux", "kinetics")),
        back=rng.choice((None, "blocking", "permeable")),
    )
    c["thickness"] = log(-4, 6) if c["back"] else None
    c["biot"] = log(-8, 8) if c["interface"] == "kinetics" else None
    c["d"] = 1.0 if rng.random() < 0.5 else log(-4, 4)
    c["omega"] = log(-12, 12)
    c["readout"] = "centre"
    r = log(-3, 2)
    if fam == 0:  # near rim
        c["tip"] = "disc"
        r = 1 + rng.choice((-1, 1)) * 10.0 ** rng.uniform(-9, -2)
        if rng.random() < 0.5:
            c["back"] = None
            c["thickness"] = None
            c["omega"] = 10.0 ** rng.uniform(-12, 1)
    elif fam == 1:  # near 1/4 and 4 etc
        c["tip"] = "disc"
        r = rng.choice((0.25, 4.0)) * (1 + rng.choice((-1, 1)) * 10.0 ** rng.uniform(-9, -1))
        if rng.random() < 0.3:
            c["readout"] = "punch"
    elif fam == 2:  # disc+punch r>0
        c["tip"] = "disc"
        c["readout"] = "punch"
        r = rng.choice(
            (
                2 * (1 + rng.choice((-1, 1)) * 10.0 ** rng.uniform(-9, -1)),
                1 + rng.choice((-1, 1)) * 10.0 ** rng.uniform(-9, -1),
                10.0 ** rng.uniform(-9, -3),
                10.0 ** rng.uniform(-3, 2),
                2.0,
                1.0,
                8.0 * (1 + 1e-3 * rng.uniform(-1, 1)),
                0.5 * (1 + 1e-3 * rng.uniform(-1, 1)),
            )
        )
    elif fam == 3:  # gauss punch far
        c["tip"] = "gauss"
        c["readout"] = "punch"
        r = 10.0 ** rng.uniform(-1, 2)
    elif fam == 4:  # thin film
        c["back"] = rng.choice(("blocking", "permeable"))
        c["thickness"] = 1e-4 * 10.0 ** rng.uniform(0, 1) if rng.random() < 0.5 else 1e-4
        c["d"] = rng.choice((1e4, 1e-4))
        r = rng.choice((0.0, 10.0 ** rng.uniform(-3, 2)))
    elif fam == 5:  # |q|h near 1, (q-k)h near .5
        c["back"] = rng.choice(("blocking", "permeable"))
        h = 10.0 ** rng.uniform(-3, 2)
        c["thickness"] = h
        c["d"] = rng.choice((1.0, 1.0, 0.5, 2.0, 1e-4))
        c["omega"] = (rng.choice((1.0, 0.5, 0.75, 2.0)) / h) ** 2 * (1 + rng.uniform(-0.01, 0.01))
        r = rng.choice((0.0, 10.0 ** rng.uniform(-2, 1)))
        c["omega"] = min(max(c["omega"], 1e-12), 1e12)
        b33, b11 = rng.choice(((1.0, 0.0), (0.0, 1.0), (1.0, -0.5)))
        c.update(vegard33=b33, vegard11=b11, nu=0.3)
    elif fam == 6:  # omega extremes
        c["omega"] = rng.choice((1e-12, 1e12, 1e-11, 1e11))
        r = rng.choice((0.0, 10.0 ** rng.uniform(-3, 2), 100.0))
        c["readout"] = rng.choice(("centre", "punch"))
    else:
        c["readout"] = rng.choice(("centre", "punch"))
        if rng.random() < 0.5:
            c.update(
                vegard33=rng.uniform(-1, 1),
                vegard11=rng.uniform(-1, 1),
                nu=round(rng.uniform(0, 0.49), 3),
            )
        r = rng.choice((0.0, r, 1.0, 100.0))
    c["r"] = r
    return c


if __name__ == "__main__":
    corners = [mc.solve(draw(i)) for i in range(400)]
    text = "[\n" + ",\n".join(json.dumps(c) for c in corners) + "\n]\n"
    Path(__file__).with_name("switches.json").write_text(text)

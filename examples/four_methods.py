"""What PITT, GITT, EIS and ESM would each report of one film with a slow interface."""

import vegard as vg

material = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
film = vg.Cell(material, length=200e-9, area=1e-4, rate=5e-7)  # κL/D = 1
comparison = vg.compare(film)
print(comparison.report())

bias = {(row.method, row.estimator): row.bias for row in comparison.rows}
assert abs(bias["PITT", "long_time"] - 0.30) < 0.005
assert abs(bias["GITT", "sqrt_t"] - 1) < 0.01

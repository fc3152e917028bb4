"""How small a feature a tip resolves: LiMn2O4 under a disc of 10 nm, with 100 mV.

The experiment reads at a point; its resolution is quoted for a punch of the contact's radius.
"""

import vegard as vg

instrument = vg.instruments["QPDI+SCM-PIT+SP983"]
material = vg.materials["LiMn2O4"].material()
experiment = vg.Experiment(material, vg.DiscTip(10e-9))

found = vg.resolution(experiment, [1.0, 100.0], drive=0.1, instrument=instrument)
print(found.report())

edge = found.quoted.edge_25_75
assert abs(edge[1] / 8.42e-9 - 1) < 0.01  # narrower than the contact …
assert edge[1] < edge[0] < 10e-9  # … the more so as the skin gets thin
assert found.edge_25_75[1] < edge[1]  # a point read would promise more than the tip can hold

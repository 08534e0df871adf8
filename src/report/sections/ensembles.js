espalier.section("ensembles", (box, data, state) => espalier.plot.figure(box, "ensembles", data, state));

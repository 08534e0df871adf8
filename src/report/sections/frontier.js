espalier.section("frontier", (box, data, state) => espalier.plot.figure(box, "frontier", data, state));

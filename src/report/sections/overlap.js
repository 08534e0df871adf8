espalier.section("overlap", (box, data, state) => espalier.plot.figure(box, "overlap", data, state));

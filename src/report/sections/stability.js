espalier.section("stability", (box, data, state) => espalier.plot.figure(box, "stability", data, state));

espalier.section("widths", (box, data, state) => espalier.plot.figure(box, "widths", data, state));

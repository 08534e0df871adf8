espalier.section("rewinding", (box, data, state) => espalier.plot.figure(box, "rewinding", data, state));

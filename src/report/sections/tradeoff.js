espalier.section("tradeoff", (box, data, state) => espalier.plot.figure(box, "tradeoff", data, state));

espalier.section("one_shot", (box, data, state) => espalier.plot.figure(box, "one_shot", data, state));

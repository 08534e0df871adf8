espalier.section("signs", (box, data, state) => espalier.plot.figure(box, "signs", data, state));

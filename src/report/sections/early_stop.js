espalier.section("early_stop", (box, data, state) => {
    const {element, plot} = espalier;
    state.hidden ??= new Set();
    const steps = (value) => Math.round(value).toLocaleString("en");
    const series = plot.armSeries(data, "best_step");
    const place = element("div");
    box.append(element("div", {class: "bar"}, plot.legend(series, () => [chart], state.hidden)), place);
    const chart = plot.overShare(place, {
        label: "Step of least validation loss against weights left", series, hidden: state.hidden,
        y: {title: "Step of least validation loss", beginAtZero: true, grace: "4%", ticks: {callback: steps}},
        describe: (one, p) => `${one.label} ${steps(p.mean)}` +
            (p.n > 1 ? ` (${steps(p.low)}–${steps(p.high)}, n = ${p.n})` : ""),
    });
    espalier.tools(box, "early_stop", ...plot.armRows(data));
});

espalier.section("early_stop", (box, data, state) => {
    const {element, plot} = espalier;
    state.band ??= plot.usualBand(data);
    state.hidden ??= plot.hiddenAtFirst(plot.armSeries(data, "best_step", state.band));
    const steps = (value) => Math.round(value).toLocaleString("en");
    const place = element("div");
    let chart;

    function draw() {
        chart?.destroy();
        place.replaceChildren();
        chart = plot.overShare(place, {
            label: "Step of least validation loss against weights left",
            series: plot.armSeries(data, "best_step", state.band), hidden: state.hidden,
            y: {title: "Step of least validation loss", beginAtZero: true, grace: "4%", ticks: {callback: steps}},
            describe: (one, p) => `${one.label} ${plot.described(p, steps, "")}`,
        });
    }

    box.append(element("div", {class: "bar"},
        plot.legend(plot.armSeries(data, "best_step", state.band), () => [chart], state.hidden),
        plot.bandChoice(state, draw)), place);
    draw();
    espalier.tools(box, "early_stop", ...plot.armRows(data));
});

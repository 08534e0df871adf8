espalier.section("accuracy", (box, data, state) => {
    const {element, fixed, plot} = espalier;
    state.measure ??= data.measures[0].key;
    state.hidden ??= new Set();
    const place = element("div");
    let chart;

    function draw() {
        chart?.destroy();
        const {label} = data.measures.find(({key}) => key === state.measure);
        const series = plot.armSeries(data, state.measure);
        place.replaceChildren();
        chart = plot.overShare(place, {
            label: `${label}: accuracy against weights left`, series, hidden: state.hidden,
            y: {title: `${label.split(",")[0]} accuracy (%)`, grace: "4%", ticks: {callback: (value) => fixed(value, 1)}},
            describe: (one, p) => `${one.label} ${fixed(p.mean)} %` +
                (p.n > 1 ? ` (${fixed(p.low)}–${fixed(p.high)}, n = ${p.n})` : ""),
        });
    }

    const choice = element("select", {onchange: () => { state.measure = choice.value; draw(); }},
        ...data.measures.map(({key, label}) => element("option", {value: key}, label)));
    choice.value = state.measure;
    box.append(
        element("div", {class: "bar"},
            plot.legend(plot.armSeries(data, state.measure), () => [chart], state.hidden),
            element("label", {class: "choice"}, "Accuracy", choice)),
        place);
    draw();
    espalier.tools(box, "accuracy", ...plot.armRows(data));
});

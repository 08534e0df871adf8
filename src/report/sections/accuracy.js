espalier.section("accuracy", (box, data, state) => {
    const {element, fixed, plot} = espalier;
    state.measure ??= data.measures[0].key;
    state.band ??= plot.usualBand(data);
    state.hidden ??= plot.hiddenAtFirst(plot.armSeries(data, state.measure, state.band));
    const place = element("div");
    let chart;

    function draw() {
        chart?.destroy();
        const {label} = data.measures.find(({key}) => key === state.measure);
        const series = plot.armSeries(data, state.measure, state.band);
        place.replaceChildren();
        chart = plot.overShare(place, {
            label: `${label}: ${data.score} against weights left`, series, hidden: state.hidden,
            y: {title: `${label.split(",")[0]} ${data.score} (%)`, grace: "4%", ticks: {callback: (value) => fixed(value, 1)}},
            describe: (one, p) => `${one.label} ${plot.described(p, fixed, " %")}`,
        });
    }

    const choice = element("select", {onchange: () => { state.measure = choice.value; draw(); }},
        ...data.measures.map(({key, label}) => element("option", {value: key}, label)));
    choice.value = state.measure;
    box.append(
        element("div", {class: "bar"},
            plot.legend(plot.armSeries(data, state.measure, state.band), () => [chart], state.hidden),
            element("div", {class: "choices"}, element("label", {class: "choice"}, `${data.score[0].toUpperCase()}${data.score.slice(1)}`, choice),
                plot.bandChoice(state, draw))),
        place);
    draw();
    espalier.tools(box, "accuracy", ...plot.armRows(data));
});

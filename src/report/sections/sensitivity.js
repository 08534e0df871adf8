// A line a layer over the share of that layer that is pruned.
espalier.section("sensitivity", (box, data, state) => {
    const {element, fixed, share, plot} = espalier;
    state.hidden ??= new Set();
    const series = data.layers.map((layer, index) => ({
        name: layer.name, label: layer.name, style: plot.numbered(index),
        points: layer.points.map(({sparsity, accuracy: [mean, low, high, n]}) => ({x: sparsity, mean, low, high, n})),
    }));
    const place = element("div");
    let chart;
    box.append(element("div", {class: "bar"}, plot.legend(series, () => [chart], state.hidden)), place);
    const text = (p) => `${fixed(p.mean)} %` + (p.n > 1 ? ` (${fixed(p.low)}–${fixed(p.high)}, n = ${p.n})` : "");
    chart = espalier.chart(place, `${data.score} with one layer pruned`, {
        type: "line",
        data: {datasets: series.flatMap((one) => plot.datasets(one, state.hidden))},
        options: {
            interaction: {mode: "nearest", axis: "x", intersect: false},
            scales: {
                x: plot.titled({type: "linear", min: 0, max: 100, title: "Pruned weights of the layer (%)"}),
                y: plot.titled({title: `Validation ${data.score} (%)`, grace: "4%"}),
            },
            plugins: {tooltip: {
                filter: (item) => !item.dataset.edge,
                callbacks: {
                    title: ([item]) => item === undefined ? "" : `${share(item.raw.x)} of the layer pruned`,
                    label: (item) => `${item.dataset.label} ${text(item.raw.point)}`,
                },
            }},
        },
    });
    espalier.tools(box, "sensitivity",
        ["layer", "pruned in %", `${data.score} in %`, "least", "greatest", "replicates"],
        data.layers.flatMap((layer) => layer.points.map(({sparsity, accuracy}) => [layer.name, sparsity, ...accuracy.slice(0, 4)])));
});

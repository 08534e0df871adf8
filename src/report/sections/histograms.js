espalier.section("histograms", (box, data, state) => {
    const {element, colour, number, share} = espalier;
    state.selected ??= data.selected;
    const bins = data.layers[0].counts[0].length;
    const width = (layer) => 2 * layer.reach / bins;
    const centre = (layer, bin) => -layer.reach + (bin + 0.5) * width(layer);
    const sum = (counts) => counts.reduce((total, count) => total + count, 0);
    const whole = (count) => count.toLocaleString("en");
    // A logarithm has no zero: an empty bin is left out.
    const bars = (layer, at) => layer.counts[at].map((count, bin) => ({x: centre(layer, bin), y: count || null}));

    function config(layer) {
        const bar = {barPercentage: 1, categoryPercentage: 1, grouped: false};
        return {
            type: "bar",
            data: {datasets: [
                {...bar, label: "after", data: bars(layer, state.selected), backgroundColor: colour("ticket")},
                {...bar, label: "before", data: bars(layer, 0), backgroundColor: colour("before")},
            ]},
            options: {
                interaction: {mode: "nearest", axis: "x", intersect: false},
                scales: {
                    x: {type: "linear", min: -layer.reach, max: layer.reach, offset: false, grid: {display: false},
                        title: {display: true, text: "Value of the weight", color: colour("ink")},
                        ticks: {maxRotation: 0, includeBounds: false, callback: (value) => number(value, 2)}},
                    y: {type: "logarithmic", min: 0.7, title: {display: true, color: colour("ink"),
                        text: "Weights in a bin (logarithmic)"},
                        afterBuildTicks: (axis) => {
                            axis.ticks = axis.ticks.filter(({value}) => Number.isInteger(Math.log10(value)));
                        },
                        ticks: {callback: (value) => whole(value)}},
                },
                plugins: {tooltip: {callbacks: {
                    title: ([item]) => item === undefined ? "" : `${number(item.raw.x - width(layer) / 2, 3)} to ` +
                        number(item.raw.x + width(layer) / 2, 3),
                    label: (item) => `${item.dataset.label}: ${whole(item.raw.y ?? 0)}`,
                }}},
            },
        };
    }

    const key = (name, label) => element("li", {}, element("span", {class: "key"}, square(name), label));
    function square(name) {
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        svg.setAttribute("viewBox", "0 0 14 14");
        svg.setAttribute("aria-hidden", "true");
        svg.innerHTML = `<path d="M0 0h14v14H0z" fill="${colour(name)}"/>`;
        return svg;
    }

    const output = element("output", {for: "histogram-level"});
    const slider = element("input", {type: "range", id: "histogram-level", min: 1, max: data.levels.length - 1, step: 1,
        value: state.selected, oninput: () => { state.selected = Number(slider.value); show(); }});
    const grid = element("div", {class: "plots"});
    const plots = data.layers.map((layer) => {
        const counts = element("small");
        const place = element("div", {}, element("h3", {}, layer.name, counts));
        grid.append(place);
        return {layer, counts, place};
    });
    box.append(
        element("div", {class: "bar"}, element("ul", {class: "legend"},
            key("before", "Dense network"), key("ticket", "Survivors at the level chosen"))),
        element("p", {class: "slider"}, element("label", {for: "histogram-level"}, "Level"), slider, output), grid);
    for (const one of plots) {
        one.chart = espalier.chart(one.place, `Histogram of the weights of ${one.layer.name}`, config(one.layer));
    }

    function show() {
        const level = data.levels[state.selected];
        output.textContent = `${level.level}, with ${share(level.share)} of the weights`;
        slider.setAttribute("aria-valuetext", output.textContent);
        for (const {layer, counts, chart} of plots) {
            const bad = layer.not_finite > 0 ? `; ${whole(layer.not_finite)} not finite, left out` : "";
            counts.textContent = `${whole(sum(layer.counts[0]))} before, ${whole(sum(layer.counts[state.selected]))} after${bad}`;
            chart.data.datasets[0].data = bars(layer, state.selected);
            chart.update();
        }
    }
    show();

    espalier.tools(box, "histograms", ["layer", "level", "bin from", "bin to", "weights"],
        data.layers.flatMap((layer) => data.levels.flatMap((level, at) => layer.counts[at].map((count, bin) =>
            [layer.name, level.level, centre(layer, bin) - width(layer) / 2, centre(layer, bin) + width(layer) / 2, count]))));
});

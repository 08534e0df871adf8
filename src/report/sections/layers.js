// A few layers are lines over the share of weights left. Among many one could not see anything; then layers lie
// along the axis, by number since names have no room there, and a line is a level.
espalier.section("layers", (box, data, state) => {
    const {element, number, share, plot} = espalier;
    const kManyLayers = 8;
    const kLevelsShown = 6;
    state.hidden ??= new Set();
    const kept = (point, index) => 100 * point.left[index] / data.layers[index].total;
    const counts = (point, index) => `${share(kept(point, index))} (${number(Math.round(point.left[index]), 12)} of ` +
        `${number(data.layers[index].total, 12)})`;
    const least = Math.min(50, ...data.points.flatMap((point) => data.layers.map((_, index) => kept(point, index)))
        .filter((value) => value > 0));
    const y = plot.logarithmic(least * 0.88, 114, "Weights left in the layer (%, logarithmic)");
    const label = "Share left of each layer";
    const place = element("div");
    let chart;

    function overShare() {
        const layers = data.layers.map((layer, index) => ({
            name: layer.name, label: layer.name, style: plot.numbered(index),
            points: data.points.map((point) => ({x: point.share, level: point.level, mean: kept(point, index),
                text: counts(point, index)})),
        }));
        const network = {
            name: "whole network", label: "Whole network", style: plot.styleOf("dense"), order: -1,
            points: data.points.map((point) => ({x: point.share, level: point.level, mean: point.share,
                text: share(point.share)})),
        };
        const series = [...layers, network];
        box.append(element("div", {class: "bar"}, plot.legend(series, () => [chart], state.hidden)), place);
        chart = plot.overShare(place, {label, series, hidden: state.hidden, y,
            describe: (one, point) => `${one.label} ${point.text}`});
    }

    function overLayers() {
        const pruned = data.points.filter((point) => point.share < 99.99);
        const shown = pruned.filter((_, i) => pruned.length <= kLevelsShown ||
            Math.floor((i + 1) * kLevelsShown / pruned.length) > Math.floor(i * kLevelsShown / pruned.length));
        const levels = shown.map((point, index) => ({
            name: `level ${point.level}`, label: `level ${point.level}: ${share(point.share)} left`,
            style: plot.numbered(index),
            points: data.layers.map((_, at) => ({x: at + 1, mean: kept(point, at), text: counts(point, at)})),
        }));
        box.append(element("div", {class: "bar"}, plot.legend(levels, () => [chart], state.hidden)), place);
        chart = espalier.chart(place, label, {
            type: "line",
            data: {labels: data.layers.map((_, at) => at + 1),
                datasets: levels.flatMap((level) => plot.datasets(level, state.hidden))},
            options: {
                interaction: {mode: "index", intersect: false},
                scales: {
                    x: plot.titled({type: "category", title: "Layer, counted from the input", ticks: {maxRotation: 0}}),
                    y: plot.titled(y),
                },
                plugins: {tooltip: {callbacks: {
                    title: ([item]) => item === undefined ? "" : data.layers[item.dataIndex].name,
                    label: (item) => `${item.dataset.label}: ${item.raw.point.text}`,
                }}},
            },
        });
    }

    if (data.layers.length > kManyLayers) overLayers();
    else overShare();
    espalier.tools(box, "layers",
        ["layer", "level", "network left in %", "weights left", "weights", "layer left in %"],
        data.layers.flatMap((layer, index) => data.points.map((point) => [
            layer.name, point.level, point.share, point.left[index], layer.total, kept(point, index)])));
});

espalier.section("layers", (box, data, state) => {
    const {element, number, share, plot} = espalier;
    state.hidden ??= new Set();
    const layers = data.layers.map((layer, index) => ({
        name: layer.name, label: layer.name, style: plot.numbered(index),
        points: data.points.map((point) => ({
            x: point.share, level: point.level, mean: 100 * point.left[index] / layer.total, left: undefined,
            kept: point.left[index], total: layer.total,
        })),
    }));
    const low = Math.min(...layers.flatMap((layer) => layer.points.map((point) => point.mean)).filter((v) => v > 0), 50);
    const network = {
        name: "whole network", label: "Whole network", style: plot.styleOf("dense"), order: -1,
        points: data.points.map((point) => ({x: point.share, level: point.level, mean: point.share})),
    };
    const series = [...layers, network];
    const place = element("div");
    box.append(element("div", {class: "bar"}, plot.legend(series, () => [chart], state.hidden)), place);
    const chart = plot.overShare(place, {
        label: "Share left of each layer against weights left", series, hidden: state.hidden,
        y: plot.logarithmic(low * 0.88, 114, "Weights left in the layer (%, logarithmic)"),
        describe: (one, p) => `${one.label} ${share(p.mean)}` +
            (p.kept === undefined ? "" : ` (${number(Math.round(p.kept), 12)} of ${number(p.total, 12)})`),
    });
    espalier.tools(box, "layers",
        ["layer", "level", "network left in %", "weights left", "weights", "layer left in %"],
        layers.flatMap((layer) => layer.points.map((p) => [layer.name, p.level, p.x, p.kept, p.total, p.mean])));
});

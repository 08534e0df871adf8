espalier.section("latency", (box, data, state) => {
    const {element, number, fixed, plot} = espalier;
    state.hidden ??= new Set();
    const lines = [
        {name: "sparse", short: "chosen", label: "Chosen kernels", style: plot.styleOf("ticket")},
        {name: "dense", short: "dense", label: "Dense kernels", style: {...plot.styleOf("dense"), shape: "rectRot"}},
    ];
    const charts = [];
    const grid = element("div", {class: "plots"});
    box.append(element("div", {class: "bar"}, plot.legend(lines, () => charts, state.hidden)), grid);
    for (const group of data.series) {
        const place = element("div", {}, element("h3", {}, group.label));
        grid.append(place);
        // Microseconds below a millisecond: no axis of 0.02, 0.04, ...
        const most = Math.max(...group.points.flatMap((point) => [point.sparse[0], point.dense[0]]));
        const [unit, scale] = most < 1 ? ["µs", 1000] : most < 1000 ? ["ms", 1] : ["s", 0.001];
        charts.push(plot.overShare(place, {
            label: `${group.label}: latency against weights left`, hidden: state.hidden,
            series: lines.map((line) => ({...line, points: group.points.map((point) => {
                const [mean, low, high, n] = point[line.name].map((value, i) => i < 3 ? value * scale : value);
                return {x: point.share, level: point.level, left: point.left, speedUp: point.speed_up, mean, low, high, n};
            })})),
            y: {title: `Time of one batch (${unit})`, beginAtZero: true, grace: "4%",
                ticks: {callback: (value) => number(value)}},
            describe: (line, p) => `${line.short} ${number(p.mean, 3)} ${unit} (${number(p.low, 3)}–${number(p.high, 3)})`,
            footer: (p) => p.speedUp.shown ? `${fixed(p.speedUp.ratio)} times as fast as dense`
                : `no difference to dense (${fixed(p.speedUp.low)}–${fixed(p.speedUp.high)} times its speed)`,
        }));
    }
    espalier.tools(box, "latency",
        ["batch", "threads", "level", "weights left", "share left in %", "sparse ms", "sparse: 10 %", "sparse: 90 %",
            "dense ms", "dense: 10 %", "dense: 90 %", "dense / sparse", "dense / sparse: low", "dense / sparse: high", "replicates", "file bytes", "kernels"],
        data.series.flatMap((group) => group.points.map((point) => [
            group.batch, group.threads, point.level, point.left, point.share, ...point.sparse.slice(0, 3),
            ...point.dense.slice(0, 3), point.speed_up.ratio, point.speed_up.low, point.speed_up.high, point.replicates, point.bytes, point.kernels])));
});

// Lines with bands over the share of weights left, on a logarithmic axis with 100 % at the left.
espalier.plot = (() => {
    const {element, colour, bandAlpha, number, share} = espalier;

    // Colour, dash and point differ together, so that no line needs its colour to be told apart.
    const arms = {
        "ticket": {colour: "ticket", dash: [], shape: "circle"},
        "reinitialize": {colour: "reinitialize", dash: [8, 4], shape: "triangle"},
        "random-mask": {colour: "random-mask", dash: [2, 4], shape: "rect"},
        "dense": {colour: "dense", dash: [12, 4, 3, 4], shape: "none"},
    };
    const dashes = [[], [8, 4], [2, 4], [12, 4, 3, 4]];
    const shapes = ["circle", "triangle", "rect", "rectRot", "cross", "star"];
    const colours = 6;

    /** How line `index` of many looks; the first 24 all differ. */
    const numbered = (index) => ({
        colour: `series-${index % colours + 1}`,
        dash: dashes[(index + Math.floor(index / colours)) % dashes.length],
        shape: shapes[index % shapes.length],
        // Layers often keep the same share: a small point shows inside a large hollow one.
        radius: index % 2 === 0 ? 6 : 3.5,
        hollow: index % 2 === 0,
    });
    const styleOf = (name, index) => Object.hasOwn(arms, name) ? arms[name] : numbered(index);

    const paths = {
        circle: "M24 7a4 4 0 1 1-8 0a4 4 0 1 1 8 0z", triangle: "M20 2.5L24.5 10.5H15.5z", rect: "M16.5 3.5h7v7h-7z",
        rectRot: "M20 2L25 7L20 12L15 7z", cross: "M16 7H24M20 3V11", star: "M16 7H24M20 3V11M17 4L23 10M23 4L17 10",
        none: "",
    };

    function swatch(style) {
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        const stroke = colour(style.colour);
        svg.setAttribute("viewBox", "0 0 40 14");
        svg.setAttribute("aria-hidden", "true");
        svg.innerHTML = `<path d="M1 7H39" fill="none" stroke="${stroke}" stroke-width="2" ` +
            `stroke-dasharray="${style.dash.join(" ")}"/><path d="${paths[style.shape]}" ` +
            `fill="${colour(style.hollow ? "card" : style.colour)}" ` +
            `stroke="${stroke}" stroke-width="1.5"/>`;
        return svg;
    }

    /** Names of lines; a click hides one in all `charts`. `hidden` keeps the names of those that are. */
    function legend(series, charts, hidden) {
        const toggle = (name, button) => {
            if (!hidden.delete(name)) hidden.add(name);
            button.setAttribute("aria-pressed", String(!hidden.has(name)));
            for (const one of charts()) {
                one.data.datasets.forEach((set, i) => one.setDatasetVisibility(i, !hidden.has(set.series)));
                one.update();
            }
        };
        return element("ul", {class: "legend", "aria-label": "Lines, press to show or hide"}, ...series.map((one) => {
            const button = element("button", {type: "button", "aria-pressed": String(!hidden.has(one.name))},
                swatch(one.style), one.label);
            button.addEventListener("click", () => toggle(one.name, button));
            return element("li", {}, button);
        }));
    }

    /** 1, 2 and 5 times the powers of ten between `low` and `high`. */
    function roundSteps(low, high) {
        const steps = [];
        for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
            for (const digit of [1, 2, 5]) {
                const value = Number(`${digit}e${power}`);
                if (value >= low && value <= high * 1.0001) steps.push(value);
            }
        }
        return steps;
    }

    /** An axis that ends in round numbers up to 100 %; `more` may reverse it. */
    function logarithmic(low, high, title, more = {}) {
        return {
            ...more, type: "logarithmic", min: low, max: high, title,
            afterBuildTicks: (axis) => { axis.ticks = roundSteps(low, Math.min(high, 100)).map((value) => ({value})); },
            ticks: {callback: (value) => number(value), maxRotation: 0},
        };
    }

    const titled = (axis) => ({...axis, title: {display: true, text: axis.title, color: colour("ink")}});

    /** A line and, where any point has several replicates, the band between its two edges. */
    function datasets(series, hidden) {
        const stroke = colour(series.style.colour);
        const {radius = 4} = series.style;
        const plain = series.style.shape === "none";
        const common = {series: series.name, hidden: hidden.has(series.name)};
        const edge = {...common, edge: true, borderWidth: 0, pointRadius: 0, pointHoverRadius: 0,
            backgroundColor: colour(series.style.colour, bandAlpha())};
        const at = (key) => series.points.map((point) => ({x: point.x, y: point[key]}));
        const line = {
            ...common, label: series.label,
            data: series.points.map((point) => ({x: point.x, y: point.mean, point})),
            borderColor: stroke, backgroundColor: stroke, borderWidth: 2, borderDash: series.style.dash,
            pointBackgroundColor: series.style.hollow ? "transparent" : stroke, pointBorderWidth: 1.5,
            pointStyle: plain ? "line" : series.style.shape,
            pointRadius: plain ? 0 : radius, pointHoverRadius: plain ? 0 : radius + 2, order: series.order ?? 0,
        };
        if (!series.points.some((point) => point.low < point.high)) return [line];
        return [line, {...edge, data: at("low"), fill: false}, {...edge, data: at("high"), fill: "-1"}];
    }

    /**
     * options: {label, series: [{name, label, style, points: [{x, mean, low, high, level, left}]}], y: {title, ...},
     * hidden, describe(series, point), footer(point)}. A series of lower `order` lies further in front. A point with `end` only extends its line to the edge of the plot.
     */
    function overShare(box, options) {
        const shares = options.series.flatMap((one) => one.points.filter((p) => !p.end).map((p) => p.x));
        const low = Math.min(...shares, 50) * 0.88;
        const bySeries = new Map(options.series.map((one) => [one.name, one]));
        return espalier.chart(box, options.label, {
            type: "line",
            data: {datasets: options.series.flatMap((one) => datasets(one, options.hidden))},
            options: {
                interaction: {mode: "nearest", axis: "x", intersect: false},
                scales: {
                    x: titled(logarithmic(low, 114, "Weights left in the network (%, logarithmic)", {reverse: true})),
                    y: titled(options.y),
                },
                plugins: {tooltip: {
                    filter: (item) => !item.dataset.edge && !item.raw.point.end,
                    callbacks: {
                        title: (items) => items.length === 0 ? "" : heading(items[0].raw.point),
                        footer: (items) => items.length === 0 || !options.footer ? "" : options.footer(items[0].raw.point),
                        label: (item) => options.describe(bySeries.get(item.dataset.series), item.raw.point),
                    },
                }},
            },
        });
    }

    const heading = (point) => `level ${point.level}: ${share(point.x)} left` +
        (point.left === undefined ? "" : `, ${Math.round(point.left).toLocaleString("en")} weights`);

    /** The dense network as a line right across, which has a point at each level for the sake of the tooltip. */
    function denseLine(points, value) {
        const [mean, low, high, n] = value;
        const at = (point) => ({...point, mean, low, high, n});
        return {name: "dense", label: "Dense", style: arms.dense, points: [
            at({x: 114, end: true}), ...points.map((point) => at({x: point.share, level: point.level, left: point.left})),
            at({x: 0.001, end: true}),
        ]};
    }

    /** Lines of data from arms_over_share() for one measure, the dense network's among them. */
    function armSeries(data, key) {
        const series = data.arms.map((arm, index) => ({
            name: arm.name, label: arm.label, style: styleOf(arm.name, index),
            points: arm.points.map((point) => {
                const [mean, low, high, n] = point[key];
                return {x: point.share, level: point.level, left: point.left, mean, low, high, n};
            }),
        }));
        const ticket = data.arms.find((arm) => arm.name === "ticket");
        const dense = ticket?.points.find((point) => point.level === 0);
        if (dense) series.push(denseLine(ticket.points, dense[key]));
        return series;
    }

    function armRows(data) {
        const header = ["arm", "level", "weights left", "share left in %"];
        for (const {label} of data.measures) header.push(label, `${label}: least`, `${label}: greatest`);
        header.push("replicates");
        const rows = data.arms.flatMap((arm) => arm.points.map((point) => [
            arm.name, point.level, point.left, point.share,
            ...data.measures.flatMap(({key}) => point[key].slice(0, 3)), point[data.measures[0].key][3],
        ]));
        return [header, rows];
    }

    return {overShare, armSeries, armRows, legend, numbered, styleOf, logarithmic, titled, datasets};
})();

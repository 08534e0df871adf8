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
    const dashes = [[], [8, 4], [2, 4], [12, 4, 3, 4], [18, 5], [7, 2, 2, 2, 2, 2]];
    const shapes = ["circle", "triangle", "rect", "rectRot", "cross", "star"];
    const colours = 6;

    /** How line `index` of many looks; the first 36 all differ. */
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

    const kReadable = 7;  // lines in one plot

    /** Of very many lines the first few and the reference are shown until one asks for more. */
    const hiddenAtFirst = (series) => new Set(series.length <= kReadable ? [] :
        series.filter(({name}) => name !== "dense").slice(kReadable - 2).map(({name}) => name));

    /** Names of lines; a click hides one in all `charts`. `hidden` keeps the names of those that are. */
    function legend(series, charts, hidden) {
        const buttons = new Map();
        const redraw = () => {
            for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(!hidden.has(name)));
            if (all) all.textContent = hidden.size > 0 ? "Show all" : "Show fewer";
            for (const one of charts()) {
                one.data.datasets.forEach((set, i) => one.setDatasetVisibility(i, !hidden.has(set.series)));
                one.update();
            }
        };
        const all = series.length <= kReadable ? null : element("button", {type: "button", class: "all", onclick: () => {
            const wanted = hidden.size > 0 ? [] : [...hiddenAtFirst(series)];
            hidden.clear();
            wanted.forEach((name) => hidden.add(name));
            redraw();
        }}, hidden.size > 0 ? "Show all" : "Show fewer");

        return element("ul", {class: "legend", "aria-label": "Lines, press to show or hide"}, ...series.map((one) => {
            const button = element("button", {type: "button", "aria-pressed": String(!hidden.has(one.name))},
                swatch(one.style), one.label);
            button.addEventListener("click", () => {
                if (!hidden.delete(one.name)) hidden.add(one.name);
                redraw();
            });
            buttons.set(one.name, button);
            return element("li", {}, button);
        }), ...(all ? [element("li", {}, all)] : []));
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

    const bands = {interval: "95 % interval", range: "least to greatest"};
    /** With two replicates an interval is wider than any plot. */
    const usualBand = (data) => data.arms.some((arm) => arm.points.some((point) =>
        point[data.measures[0].key][3] > 2)) ? "interval" : "range";

    /** [mean, least, greatest, n, deviation, margin] with the edges of a band. */
    function banded([mean, least, greatest, n, , margin], band) {
        const known = margin !== null && margin !== undefined;
        const inside = band === "interval" ? [known ? mean - margin : mean, known ? mean + margin : mean] : [least, greatest];
        return {mean, low: inside[0], high: inside[1], n, margin, least, greatest};
    }

    /** "89.61 % ± 0.24 (89.50–89.72, n = 3)" */
    function described(p, text, unit) {
        const margin = p.margin === null || p.margin === undefined ? "" : ` ± ${text(p.margin)}`;
        return text(p.mean) + margin + unit + (p.n > 1 ? ` (${text(p.least)}–${text(p.greatest)}, n = ${p.n})` : "");
    }

    function bandChoice(state, draw) {
        const choice = element("select", {onchange: () => { state.band = choice.value; draw(); }},
            ...Object.entries(bands).map(([key, label]) => element("option", {value: key}, label)));
        choice.value = state.band;
        return element("label", {class: "choice"}, "Band", choice);
    }

    /** The dense network as a line right across, which has a point at each level for the sake of the tooltip. */
    function denseLine(points, value, band) {
        const values = banded(value, band);
        const at = (point) => ({...point, ...values});
        return {name: "dense", label: "Dense", style: arms.dense, points: [
            at({x: 114, end: true}), ...points.map((point) => at({x: point.share, level: point.level, left: point.left})),
            at({x: 0.001, end: true}),
        ]};
    }

    /** Lines of data from arms_over_share() for one measure, the dense network's among them. */
    function armSeries(data, key, band) {
        const series = data.arms.map((arm, index) => ({
            name: arm.name, label: arm.label, style: styleOf(arm.name, index),
            points: arm.points.map((point) => {
                return {x: point.share, level: point.level, left: point.left, ...banded(point[key], band)};
            }),
        }));
        const ticket = data.arms.find((arm) => arm.name === "ticket");
        const dense = ticket?.points.find((point) => point.level === 0);
        if (dense) series.push(denseLine(ticket.points, dense[key], band));
        return series;
    }

    function armRows(data) {
        const header = ["arm", "level", "weights left", "share left in %"];
        for (const {label} of data.measures) {
            header.push(label, ...["least", "greatest", "standard deviation", "half the 95 % interval"].map((what) =>
                `${label}: ${what}`));
        }
        header.push("replicates");
        const rows = data.arms.flatMap((arm) => arm.points.map((point) => [
            arm.name, point.level, point.left, point.share,
            ...data.measures.flatMap(({key}) => [0, 1, 2, 4, 5].map((at) => point[key][at])), point[data.measures[0].key][3],
        ]));
        return [header, rows];
    }

    /** The lines of one plot of C++'s Plot; a level line carries a point at each x for the sake of the tooltip. */
    function seriesOf(one) {
        const series = one.lines.map((line, index) => ({
            name: line.name, label: line.label, style: styleOf(line.name, index),
            points: line.points.map(({x, value: [mean, low, high, n], note}) => ({x, mean, low, high, n, note})),
        }));
        const xs = [...new Set(series.flatMap(({points}) => points.map(({x}) => x)))].sort((a, b) => b - a);
        if (one.reference !== "" && xs.length > 0) series.push({
            name: "dense", label: one.reference, style: arms.dense,
            points: xs.map((x) => ({x, mean: one.reference_at, low: one.reference_at, high: one.reference_at, end: true})),
        });
        return series;
    }

    function axisOf(one, xs) {
        if (one.axis === "share") {
            return logarithmic(Math.min(...xs, 50) * 0.88, 114, "Weights left in the network (%, logarithmic)", {reverse: true});
        }
        if (one.axis === "linear") return {type: "linear", title: one.x, ticks: {maxRotation: 0}};
        return {type: "linear", title: one.x, min: -0.25, max: one.categories.length - 0.75, grid: {display: false},
            afterBuildTicks: (axis) => { axis.ticks = one.categories.map((_, value) => ({value})); },
            ticks: {maxRotation: 0, callback: (value) => one.categories[value]}};
    }

    /** Points and, upright through each, its interval. */
    function dots(line, hidden) {
        const [set] = datasets(line, hidden);
        const bar = ({x, low, high}) => ({series: line.name, edge: true, hidden: hidden.has(line.name), borderWidth: 2,
            borderColor: set.borderColor, pointStyle: "line", pointRadius: 5, pointBorderWidth: 2, data: [{x, y: low}, {x, y: high}]});
        return [{...set, showLine: false}, ...line.points.map(bar)];
    }

    function lines(box, one, series, hidden) {
        const xs = series.flatMap(({points}) => points.map(({x}) => x));
        const text = (p) => `${number(p.mean)}${one.unit}` +
            (p.n > 1 ? ` (${number(p.low)} to ${number(p.high)}, n = ${p.n})` : "");
        // Many points on one line would be a chain of pearls.
        const sets = one.dots ? series.flatMap((line) => dots(line, hidden)) : series.flatMap((line) =>
            datasets(line, hidden).map((set) => line.points.length > 20 ? {...set, pointRadius: 0} : set));
        return espalier.chart(box, one.title || one.y, {
            type: "line", data: {datasets: sets},
            options: {
                interaction: {mode: "nearest", axis: "x", intersect: false},
                scales: {x: titled(axisOf(one, xs)), y: titled({title: one.y, grace: "4%", ticks: {callback: (value) => number(value)},
                    afterDataLimits: (axis) => { if (one.unit === " %") axis.max = Math.min(axis.max, 100); }})},
                plugins: {tooltip: {
                    filter: (item) => !item.dataset.edge && !item.raw.point.end,
                    callbacks: {
                        title: (items) => items.length === 0 ? "" : items[0].raw.point.note,
                        label: (item) => `${item.dataset.label} ${text(item.raw.point)}`,
                    },
                }},
            },
        });
    }

    /** Draws {plots}: plots with the same lines share one legend. */
    function figure(box, name, data, state) {
        state.hidden ??= new Map();
        const charts = new Map();
        let grid = null;
        let before = null;
        for (const one of data.plots) {
            const series = seriesOf(one);
            const key = series.map((line) => line.name).join("\n");
            if (!state.hidden.has(key)) state.hidden.set(key, hiddenAtFirst(series));
            const hidden = state.hidden.get(key);
            if (key !== before) {
                const group = [];
                charts.set(key, group);
                grid = element("div", {class: data.plots.length > 1 ? "plots" : ""});
                box.append(element("div", {class: "bar"}, legend(series, () => group, hidden)), grid);
                before = key;
            }
            const place = element("div", {}, ...(one.title ? [element("h3", {}, one.title)] : []));
            grid.append(place);
            charts.get(key).push(lines(place, one, series, hidden));
        }
        espalier.tools(box, name, ["plot", "line", "x", "at", "mean", "low", "high", "n"],
            data.plots.flatMap((one) => one.lines.flatMap((line) => line.points.map(({x, value, note}) =>
                [one.title || one.y, line.label, x, note, ...value]))));
    }

    return {overShare, armSeries, armRows, legend, numbered, styleOf, logarithmic, titled, datasets, hiddenAtFirst, figure,
        usualBand, bandChoice, described};
})();

"use strict";
// Finds the figures of the page and has each drawn by the function of its section:
//   espalier.section("accuracy", (box, data, state) => { ... });
// `state` is kept when a figure is drawn again, for another colour scheme.
const espalier = (() => {
    const sections = new Map();
    const states = new Map();
    let charts = [];

    /** An HTML element; attributes that start with "on" are listeners. */
    function element(tag, attributes = {}, ...children) {
        const node = document.createElement(tag);
        for (const [key, value] of Object.entries(attributes)) {
            if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
            else node.setAttribute(key, value);
        }
        node.append(...children);
        return node;
    }

    /** A colour of page.css, such as colour("ticket"); with `alpha`, that of a band. */
    function colour(name, alpha) {
        const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
        if (alpha === undefined) return value;
        return value + Math.round(alpha * 255).toString(16).padStart(2, "0");
    }
    const bandAlpha = () => Number(getComputedStyle(document.documentElement).getPropertyValue("--band"));

    /** `count` digits that count, without an exponent or trailing zeros: 0.0612, 61.2, 26,620. */
    function number(value, digits = 4) {
        if (value === null || value === undefined || Number.isNaN(value)) return "–";
        return value.toLocaleString("en", {maximumSignificantDigits: digits}).replace("-", "\u2212");
    }
    const fixed = (value, decimals = 2) => value === null ? "–" :
        value.toLocaleString("en", {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
    const share = (percent) => `${percent.toFixed(percent < 0.995 ? 2 : 1)} %`;

    /** Adds a chart to `box`, described for those who do not see it. */
    function chart(box, label, config) {
        const figure = box.closest("figure");
        const canvas = element("canvas", {role: "img", "aria-label": label,
            "aria-describedby": figure.querySelector("figcaption").id});
        box.append(element("div", {class: "canvas"}, canvas));
        const made = new Chart(canvas, config);
        charts.push(made);
        return made;
    }

    function csv(header, rows) {
        const cell = (value) => {
            const text = value === null || value === undefined ? "" : String(value);
            return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        };
        return [header, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
    }

    function download(name, text) {
        const url = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
        const link = element("a", {href: url, download: name});
        link.click();
        setTimeout(() => URL.revokeObjectURL(url), 1000);
    }

    function dataTable(header, rows) {
        const cell = (value) => element("td", {}, typeof value === "number" ? number(value, 6) : value ?? "–");
        return element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Data of this plot"},
            element("table", {class: "data"},
                element("thead", {}, element("tr", {}, ...header.map((name) => element("th", {scope: "col"}, name)))),
                element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell))))));
    }

    /** Buttons under a plot: its numbers as a file and, unless there are very many, as a table. */
    function tools(box, name, header, rows) {
        const place = box.closest("figure").querySelector(".tools");
        place.replaceChildren(element("button",
            {class: "tool", type: "button", onclick: () => download(`${name}.csv`, csv(header, rows))}, "Download CSV"));
        if (rows.length > 1000) return;
        let table = null;
        const button = element("button", {class: "tool", type: "button", "aria-expanded": "false", onclick: () => {
            if (table === null) place.append(table = dataTable(header, rows));
            else table.hidden = !table.hidden;
            button.setAttribute("aria-expanded", String(!table.hidden));
            button.textContent = table.hidden ? "Show data" : "Hide data";
        }}, "Show data");
        place.append(button);
    }

    function setDefaults() {
        Chart.defaults.animation = false;
        Chart.defaults.maintainAspectRatio = false;
        Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
        Chart.defaults.font.size = 13;
        Chart.defaults.color = colour("soft");
        Chart.defaults.borderColor = colour("grid");
        Chart.defaults.plugins.legend.display = false;
        Object.assign(Chart.defaults.plugins.tooltip, {
            backgroundColor: colour("ink"), titleColor: colour("paper"), bodyColor: colour("paper"), footerColor: colour("paper"),
            padding: 10, cornerRadius: 8, boxPadding: 5, usePointStyle: true,
        });
        Chart.defaults.plugins.tooltip.callbacks.labelColor = ({dataset}) => {
            const fill = dataset.borderColor ?? dataset.backgroundColor;
            return {borderColor: fill, backgroundColor: fill};
        };
    }

    function drawAll() {
        charts.forEach((one) => one.destroy());
        charts = [];
        setDefaults();
        const failed = [];
        for (const box of document.querySelectorAll(".plot")) {
            const name = box.dataset.section;
            box.replaceChildren();
            try {
                if (!states.has(name)) states.set(name, {});
                const data = JSON.parse(document.getElementById(`data-${name}`).textContent);
                sections.get(name)(box, data, states.get(name));
            } catch (error) {
                // One plot that fails must not take the others with it.
                box.replaceChildren(element("p", {class: "failed"}, `This plot could not be drawn: ${error.message}`));
                failed.push(name);
                console.error(name, error);
            }
        }
        document.documentElement.dataset.charts = charts.length;
        document.documentElement.dataset.failed = failed.join(" ");
    }

    function start() {
        drawAll();
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    }

    return {
        section: (name, draw) => sections.set(name, draw),
        start, element, colour, bandAlpha, number, fixed, share, chart, tools,
    };
})();

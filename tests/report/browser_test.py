#!/usr/bin/env python3
"""Opens the report of a made-up run in headless Chromium, at desktop and at phone width.

usage: browser_test.py MADE_UP_REPORT

Asserts that every chart was drawn, that its controls work, that nothing was loaded and that the console stayed
silent. Exit code 77 (skipped) when there is no Chromium.
"""
import csv
import html
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Runs inside the comparison of two runs.
COMPARISON = r"""
document.body.append(Object.assign(document.createElement("pre"), {id: "found", textContent: JSON.stringify({
    failed: document.documentElement.dataset.failed, charts: Number(document.documentElement.dataset.charts),
    lines: Chart.getChart(document.querySelector("canvas")).data.datasets.filter((set) => !set.edge).map((set) => set.label),
    runs: document.querySelectorAll("thead th").length - 1})}));
"""

# Runs inside the report. A canvas on which nothing is drawn has only transparent pixels.
PROBE = r"""
const found = {};
const blank = (canvas) => !canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v);
const pixels = (canvas) => canvas.toDataURL();
const canvases = () => [...document.querySelectorAll("canvas")];
const inside = (section, selector) => document.querySelector(`#${section} ${selector}`);
const changed = (section, act) => {
    const before = pixels(inside(section, "canvas"));
    act();
    return pixels(inside(section, "canvas")) !== before;
};
const distinct = (looks) => looks.length - new Set(looks).size;
// The tooltip that a pointer in the middle of the plot calls up.
const hover = async (section) => {
    const canvas = inside(section, "canvas");
    const {left, top, width, height} = canvas.getBoundingClientRect();
    const chart = Chart.getChart(canvas);
    const event = new MouseEvent("mousemove", {clientX: left + width * 0.6, clientY: top + height / 2, bubbles: true});
    canvas.dispatchEvent(event);
    await new Promise((done) => setTimeout(done, 100));
    return {title: chart.tooltip.title, lines: (chart.tooltip.body ?? []).map(({lines}) => lines.join(" ")),
        shown: chart.tooltip.opacity > 0};
};
(async () => {
try {
    found.failed = document.documentElement.dataset.failed;
    found.maps = document.querySelectorAll("canvas.map").length;
    found.charts = Number(document.documentElement.dataset.charts);
    found.figures = [...document.querySelectorAll("figure")].map((figure) => figure.closest("section").id);
    found.canvases = canvases().length;
    found.blank = canvases().filter(blank).map((canvas) => canvas.getAttribute("aria-label"));
    found.undescribed = canvases().filter((canvas) =>
        !document.getElementById(canvas.getAttribute("aria-describedby"))?.textContent).length;
    found.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    found.width = innerWidth;
    found.measure = changed("accuracy", () => {
        const choice = inside("accuracy", "select");
        choice.value = "best_validation";
        choice.dispatchEvent(new Event("change"));
    });
    // An arm that was left out at first comes in, then goes; "Show all" brings in every one.
    const shown = (section) => Chart.getChart(inside(section, "canvas")).getSortedVisibleDatasetMetas()
        .map((meta) => meta._dataset).filter((set) => !set.edge).length;
    found.few = shown("early_stop");
    const arm = (label) => [...document.querySelectorAll("#early_stop .legend button")]
        .find((button) => button.textContent === label);
    found.legend = changed("early_stop", () => arm("Fine-tune").click());
    found.one_more = shown("early_stop");
    arm("Fine-tune").click();
    arm("Show all").click();
    found.all = shown("early_stop");
    found.pressed = arm("Fine-tune").getAttribute("aria-pressed");
    found.plain = distinct(Chart.getChart(inside("early_stop", "canvas")).data.datasets.filter((set) => !set.edge)
        .map((set) => `${set.borderDash} ${set.pointStyle} ${set.pointBackgroundColor === "transparent"}`));
    arm("Show fewer").click();
    found.few_again = shown("early_stop");
    found.hover = await hover("accuracy");
    found.hover_line = await hover("stability");
    found.band = changed("accuracy", () => {
        const [, choice] = document.querySelectorAll("#accuracy select");
        choice.value = "range";
        choice.dispatchEvent(new Event("change"));
    });
    found.slider = changed("histograms", () => {
        const slider = inside("histograms", "input[type=range]");
        slider.value = 2;
        slider.dispatchEvent(new Event("input"));
    });
    inside("latency", "button[aria-expanded]").click();
    found.rows = inside("latency", ".data tbody").rows.length;
    found.cells = document.querySelectorAll("#levels tbody tr").length;
    found.overflow = Math.max(found.overflow,
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
    HTMLAnchorElement.prototype.click = function () { found.download.push(this.download); };
    const blobs = [];
    found.download = [];
    URL.createObjectURL = (blob) => { blobs.push(blob); return "blob:none"; };
    for (const figure of document.querySelectorAll("figure")) figure.querySelector(".tools button").click();
    found.csv = await Promise.all(blobs.map((blob) => blob.text()));
    espalier.start();  // once more, as when the colour scheme changes
    found.again = canvases().filter((canvas) => !blank(canvas)).length;
    found.loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
} catch (error) {
    found.error = String(error.stack);
}
const text = JSON.stringify(found);
if (parent === window) document.body.append(Object.assign(document.createElement("pre"), {id: "found", textContent: text}));
else parent.postMessage(text, "*");
})();
"""

# A page without a screen gets a frame when it happens; Chart.js answers a pointer in the next one.
FRAMES = "window.requestAnimationFrame = (act) => setTimeout(() => act(performance.now()), 0);"

# A window cannot be as narrow as a phone, a frame can.
PHONE = """<!DOCTYPE html><meta charset="utf-8">
<script>addEventListener("message", ({data}) => {
    document.body.append(Object.assign(document.createElement("pre"), {id: "found", textContent: data}));
});</script>
<body><iframe src="probed.html" style="border:0;width:390px;height:844px"></iframe></body>
"""

FIGURES = ["accuracy", "early_stop", "one_shot", "rewinding", "stability", "ensembles", "tradeoff", "latency", "frontier", "layers", "widths",
           "sensitivity", "histograms", "overlap", "signs", "first_layer"]
# Two barriers and two lines, votes by level, the two plots of the study, two batch sizes in time and against accuracy, widths, three layers.
CHARTS = 1 + 1 + 1 + 1 + 4 + 1 + 2 + 2 + 2 + 1 + 1 + 1 + 3 + 1 + 1
MAPS = 4  # levels near 50, 20, 10 and 5 %
ARMS = 16


def open_page(chromium, page, scheme):
    """What the probe found, and what was written to the console."""
    with tempfile.TemporaryDirectory(prefix="espalier-chromium-") as profile:
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   f"--user-data-dir={profile}", f"--blink-settings=preferredColorScheme={scheme}",
                   "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1280,900", "--enable-logging=stderr",
                   "--virtual-time-budget=10000", "--dump-dom", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    if match is None:
        sys.exit(f"{page.name}: the page did not answer\n{done.stderr[-3000:]}\n{done.stdout[-500:]}")
    return json.loads(html.unescape(match.group(1))), console


def problems(found, console, width):
    wrong = [f"console: {line}" for line in console]

    def expect(name, wanted):
        if found.get(name) != wanted:
            wrong.append(f"{name}: got {found.get(name)!r}, expected {wanted!r}")

    if "error" in found:
        wrong.append(found["error"])
        return wrong
    for name, wanted in (("failed", ""), ("figures", FIGURES), ("charts", CHARTS), ("maps", MAPS),
                         ("canvases", CHARTS + MAPS), ("blank", []), ("undescribed", 0), ("overflow", 0), ("width", width),
                         ("measure", True), ("legend", True), ("band", True), ("slider", True), ("few", 6),
                         ("one_more", 7), ("all", ARMS + 1), ("pressed", "true"), ("few_again", 6), ("plain", 0),
                         ("rows", 32), ("cells", 16), ("again", CHARTS + MAPS),
                         ("download", [f"{name}.csv" for name in FIGURES]), ("loaded", [])):
        expect(name, wanted)
    wrong += [f"hover: {found[name]}" for name in ("hover", "hover_line") if not tooltip_is_right(found[name])]
    return wrong + [f"CSV: {problem}" for problem in csv_problems(dict(zip(FIGURES, found["csv"])))]


def tooltip_is_right(tooltip):
    """It is shown, with a heading and, for every line, its name and number."""
    return tooltip["shown"] and tooltip["title"] and len(tooltip["lines"]) >= 2 and all(
        re.search(r"\d", line) for line in tooltip["lines"])


def csv_problems(files):
    tables = {name: list(csv.DictReader(io.StringIO(text))) for name, text in files.items()}
    for name, rows in tables.items():
        if not rows or any(None in row or None in row.values() for row in rows):
            yield f"{name}: {len(rows)} rows, or one of another length"
    dense = [row for row in tables["accuracy"] if row["arm"] == "ticket" and row["level"] == "0"]
    if len(dense) != 1 or dense[0]["weights left"] != "266200" or dense[0]["replicates"] != "5":
        yield f"accuracy: the dense network is {dense}"
    # 2.776 is Student's t for five replicates.
    row = {key.removeprefix("Test, end of training: "): float(value) for key, value in dense[0].items()
           if key.startswith("Test, end of training")}
    margin = 2.7764451 * row["standard deviation"] / 5 ** 0.5
    if abs(row["half the 95 % interval"] - margin) > 1e-6 or not row["least"] <= row["Test, end of training"] <= row["greatest"]:
        yield f"accuracy: {row}"
    if len({row["arm"] for row in tables["accuracy"]}) != ARMS:
        yield "accuracy: not every arm is there"
    if len(tables["first_layer"]) != MAPS * 784:
        yield f"first_layer: {len(tables['first_layer'])} rows"


def main():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("skipped: no chromium, chromium-browser or google-chrome on the path")
        return 77
    wrong = []
    with tempfile.TemporaryDirectory(prefix="espalier-report-") as name:
        folder = Path(name)
        subprocess.run([sys.argv[1], str(folder)], check=True, stdout=subprocess.DEVNULL)
        report = (folder / "report.html").read_text(encoding="utf-8")
        report = report.replace("<head>", f"<head><script>{FRAMES}</script>")
        (folder / "probed.html").write_text(report.replace("</body>", f"<script>{PROBE}</script></body>"),
                                            encoding="utf-8")
        (folder / "phone.html").write_text(PHONE, encoding="utf-8")
        for page, scheme, width in (("probed.html", 1, 1280), ("probed.html", 0, 1280), ("phone.html", 1, 390),
                                    ("phone.html", 0, 390)):
            found, console = open_page(chromium, folder / page, scheme)
            name = f"{width} px, {'dark' if scheme == 0 else 'light'}"
            wrong += [f"{name}: {problem}" for problem in problems(found, console, width)]
            print(f"{name}: {found.get('charts')} charts")
        page = folder / "compare.html"
        page.write_text(page.read_text(encoding="utf-8").replace("</body>", f"<script>{COMPARISON}</script></body>"),
                        encoding="utf-8")
        found, console = open_page(chromium, page, 1)
        if console or found != {"failed": "", "charts": 1, "lines": ["run", "other"], "runs": 2}:
            wrong.append(f"compare.html: {found} {console}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

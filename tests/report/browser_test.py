#!/usr/bin/env python3
"""Opens the report of a made-up run in headless Chromium, at desktop and at phone width.

usage: browser_test.py MADE_UP_REPORT

Asserts that every chart was drawn, that its controls work, that nothing was loaded and that the console stayed
silent. Exit code 77 (skipped) when there is no Chromium.
"""
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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
try {
    found.failed = document.documentElement.dataset.failed;
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
    found.legend = changed("early_stop", () => inside("early_stop", ".legend button").click());
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
    HTMLAnchorElement.prototype.click = function () { found.download = this.download; };
    URL.createObjectURL = (blob) => { found.csv = blob.size; return "blob:none"; };
    inside("accuracy", ".tools button").click();
    espalier.start();  // once more, as when the colour scheme changes
    found.again = canvases().filter((canvas) => !blank(canvas)).length;
    found.loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
} catch (error) {
    found.error = String(error.stack);
}
const text = JSON.stringify(found);
if (parent === window) document.body.append(Object.assign(document.createElement("pre"), {id: "found", textContent: text}));
else parent.postMessage(text, "*");
"""

# A window cannot be as narrow as a phone, a frame can.
PHONE = """<!DOCTYPE html><meta charset="utf-8">
<script>addEventListener("message", ({data}) => {
    document.body.append(Object.assign(document.createElement("pre"), {id: "found", textContent: data}));
});</script>
<body><iframe src="probed.html" style="border:0;width:390px;height:844px"></iframe></body>
"""

FIGURES = ["accuracy", "early_stop", "latency", "layers", "sensitivity", "histograms"]
CHARTS = 1 + 1 + 2 + 1 + 1 + 3  # two batch sizes, three layers


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
    for name, wanted in (("failed", ""), ("figures", FIGURES), ("charts", CHARTS), ("canvases", CHARTS),
                         ("blank", []), ("undescribed", 0), ("overflow", 0), ("width", width), ("measure", True),
                         ("legend", True), ("slider", True), ("rows", 32), ("cells", 16), ("again", CHARTS),
                         ("download", "accuracy.csv"), ("loaded", [])):
        expect(name, wanted)
    if found.get("csv", 0) < 1000:
        wrong.append(f"the CSV file has {found.get('csv')} bytes")
    return wrong


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
        (folder / "probed.html").write_text(report.replace("</body>", f"<script>{PROBE}</script></body>"),
                                            encoding="utf-8")
        (folder / "phone.html").write_text(PHONE, encoding="utf-8")
        for page, scheme, width in (("probed.html", 1, 1280), ("probed.html", 0, 1280), ("phone.html", 1, 390)):
            found, console = open_page(chromium, folder / page, scheme)
            name = f"{width} px, {'dark' if scheme == 0 else 'light'}"
            wrong += [f"{name}: {problem}" for problem in problems(found, console, width)]
            print(f"{name}: {found.get('charts')} charts")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

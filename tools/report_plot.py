#!/usr/bin/python3
"""Pictures of a report's plots, as the documentation shows them: one section's figure, cut to what is drawn.

  tools/report_plot.py runs/RUN/report.html docs/images accuracy early_stop     # docs/images/accuracy.png, ...

Needs Chromium and, to cut, Pillow. Sections are named as in the report's address bar (#accuracy).
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

STYLE = """<style>
header, nav, footer, section:not(#%(name)s), section > :not(figure), figure .tools { display: none !important; }
body, main, section { margin: 0 !important; padding: 0 !important; border: 0 !important; }
</style></head>"""


def shot(page, width, height):
    """A screenshot of the page in light colours."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        target = Path(folder, "page.png")
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        "--blink-settings=preferredColorScheme=1", f"--window-size={width},{height}",
                        "--virtual-time-budget=3000", f"--screenshot={target}", source.as_uri()],
                       check=True, capture_output=True)
        return Image.open(target).convert("RGB")


def cut(image, margin=12):
    """Without the empty edges."""
    background = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, background).getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    return image.crop((max(0, left - margin), max(0, top - margin), min(image.width, right + margin),
                       min(image.height, bottom + margin)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("folder", type=Path, help="where NAME.png is written")
    parser.add_argument("sections", nargs="+")
    parser.add_argument("--width", type=int, default=860)
    arguments = parser.parse_args()
    report = arguments.report.read_text(encoding="utf-8")
    known = re.findall(r'<section id="(\w+)"', report)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.sections:
        if name not in known:
            sys.exit(f"{arguments.report}: no section {name}, expected one of {', '.join(known)}")
        image = cut(shot(report.replace("</head>", STYLE % {"name": name}, 1), arguments.width, 1600))
        if image is None:
            sys.exit(f"{arguments.report}: section {name} has no plot")
        image.save(arguments.folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The table "never slower than dense": networks x granularities x sparsities, each timed in turn with its own dense.

    tools/never_slower.py --out docs/never-slower.md resnet50.onnx mobilenet_v2.onnx minilm.onnx:ids=1x64:mask=1x64

A network is an ONNX file, with the shapes of its open inputs behind colons. What was measured is kept in --folder, so
that a run that was stopped goes on. A cell is slower when the 95 % interval of its speed-up lies below 1; the program
ends with 1 if there is one.
"""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def study(program, network, options):
    """The result of `espalier study granularity` for one network."""
    model, *shapes = network.split(":")
    folder = pathlib.Path(options.folder) / pathlib.Path(model).stem
    command = [program, "study", "granularity", model, "--granularities", options.granularities, "--sparsities",
               options.sparsities, "--batch", str(options.batch), "--threads", str(options.threads), "--seconds",
               str(options.seconds), "--folder", str(folder), "--json"]
    for shape in shapes:
        command += ["--shape", shape]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{model}: espalier ended with {done.returncode}")
    return json.loads(done.stdout)


def text_of(cell):
    """'3.5', with a mark where it is slower, and "=" where nothing is told apart."""
    if cell["speedup_high"] < 1:
        return f"**{cell['speedup']:.2f} slower**"
    if cell["speedup_low"] <= 1:
        return f"{cell['speedup']:.2f} ="
    return f"{cell['speedup']:.2f}"


def table(results, sparsities):
    """Rows of Markdown."""
    head = "| network | granularity | " + " | ".join(f"{100 * s:g} %" for s in sparsities) + " |"
    rows = [head, "|" + "---|" * (2 + len(sparsities))]
    for result in results:
        cells = {}
        for cell in result["cells"]:
            cells.setdefault(cell["granularity"], {})[cell["asked"]] = cell
        for granularity, by_sparsity in cells.items():
            texts = [text_of(by_sparsity[s]) if s in by_sparsity else "" for s in sparsities]
            rows.append(f"| {result['model'].removesuffix('.onnx')} | {granularity} | " + " | ".join(texts) + " |")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", help="FILE.onnx[:INPUT=SHAPE...]")
    parser.add_argument("--granularities", default="element,4x1,16x1,1x4")
    parser.add_argument("--sparsities", default="0.5,0.6,0.7,0.8,0.9,0.95")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--folder", default="studies/never-slower")
    parser.add_argument("--out", help="Markdown file")
    parser.add_argument("--espalier", default=str(ROOT / "build" / "release" / "bin" / "espalier"))
    options = parser.parse_args()
    results = [study(options.espalier, network, options) for network in options.networks]
    sparsities = sorted(float(s) for s in options.sparsities.split(","))
    cells = [cell for result in results for cell in result["cells"]]
    slower = sum(cell["speedup_high"] < 1 for cell in cells)
    first = results[0]
    lines = ["# Never slower than dense", "",
             f"Speed-up over the same network run dense at its best, timed in turn; f32, batch {first['batch']}, "
             f"{first['threads']} thread(s), layer-wise magnitude, {first['processor']}, version {first['version']}. "
             "\"=\": the 95 % interval holds 1. "
             f"{len(cells)} cells, {slower} slower. Made by tools/never_slower.py.", "",
             *table(results, sparsities), ""]
    text = "\n".join(lines)
    print(text)
    if options.out:
        pathlib.Path(options.out).write_text(text, encoding="utf-8")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())

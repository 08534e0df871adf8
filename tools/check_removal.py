#!/usr/bin/env python3
"""Removes half of the structure of networks, and checks what is written: onnx's checker, and ONNX Runtime against ours.

The program itself proves each removal against the network with zeros instead; here the file that it writes is read by
others. Needs onnx, onnxruntime and numpy. Open dimensions become 1, or what --shape says.

  tools/check_removal.py models/*.onnx
  tools/check_removal.py --shape images=1x3x320x320 yolov8n.onnx
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

TOLERANCE = 2e-4  # two programs add in other orders: 1.2e-4 was the most seen, of PP-OCRv4's recogniser
QUANTISED = 2e-2  # a quantum here and there
LEAST = 0.01  # outputs below are small beside this: ONNX Runtime's Sigmoid is exact to 1e-7, not to seven digits


def shapes_of(model, given):
    """NAME=1x3x224x224 of every input."""
    known = dict(text.split("=", 1) for text in given)
    constants = {tensor.name for tensor in model.graph.initializer}
    shapes = {}
    for value in model.graph.input:
        if value.name in constants:
            continue
        sizes = [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        shapes[value.name] = [int(size) for size in known[value.name].split("x")] if value.name in known else sizes
    return shapes


def check(program, path, share, given, folder):
    """A row of the table; "" for what went wrong is all right."""
    shapes = shapes_of(onnx.load(path, load_external_data=False), given)
    written = folder / "removed.onnx"
    options = [f"--shape={name}={'x'.join(map(str, sizes))}" for name, sizes in shapes.items()]
    done = subprocess.run([program, "prune", path, "--remove", f"--sparsity={share}", "--scope=layer-wise", "--json",
                           *options, "-o", written], capture_output=True, text=True, check=False)
    if done.returncode:
        return None, done.stderr.strip().removeprefix("espalier: ")
    result = json.loads(done.stdout)
    onnx.checker.check_model(str(written), full_check=True)
    session = onnxruntime.InferenceSession(str(written), providers=["CPUExecutionProvider"])
    inputs = {}
    for value in session.get_inputs():
        kind = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32}[value.type]
        inputs[value.name] = numpy.random.RandomState(1).rand(*shapes[value.name]).astype(kind)
    numpy.savez(folder / "x.npz", **inputs)
    subprocess.run([program, "run", written, "--input", folder / "x.npz", "--output", folder / "y.npz"], check=True,
                   capture_output=True)
    ours = numpy.load(folder / "y.npz")
    apart = 0.0
    for value, expected in zip(session.get_outputs(), session.run(None, inputs)):
        scale = max(float(numpy.abs(expected).max(initial=0)), LEAST)
        apart = max(apart, float(numpy.abs(ours[value.name] - expected).max(initial=0)) / scale)
    quantised = any("Quantize" in node.op_type or "Integer" in node.op_type for node in onnx.load(written).graph.node)
    allowed = QUANTISED if quantised else TOLERANCE
    return result, "" if apart <= allowed else f"ONNX Runtime differs by {apart:.2g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bin/espalier")
    parser.add_argument("--sparsity", type=float, default=0.5)
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=1x3x224x224")
    arguments = parser.parse_args()
    failed = 0
    print(f"{'network':28}{'groups':>7}{'refused':>8}{'parameters left':>17}{'MACs left':>11}{'proved':>9}")
    for path in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            result, fault = check(arguments.program, path, arguments.sparsity, arguments.shape, pathlib.Path(folder))
        failed += bool(fault)
        if result is None:
            print(f"{path.stem[:27]:28}{fault}")
            continue
        refused = sum(bool(group["refused"]) for group in result["groups"])
        macs = result["macs"] / result["macs_before"] if result["macs_before"] else 1
        print(f"{path.stem[:27]:28}{len(result['groups']) - refused:7}{refused:8}"
              f"{result['parameters'] / result['parameters_before']:17.1%}{macs:11.1%}{result['difference']:9.0e}  {fault}",
              flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

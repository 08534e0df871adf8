#!/usr/bin/env python3
"""Holds ONNX files that Espalier wrote against the originals: onnx's checker accepts them, and ONNX Runtime loads them and
gives the same outputs. Needs onnx, onnxruntime and numpy (from PyPI).

  ESPALIER_MODELS=models ESPALIER_WRITTEN=written build/release/bin/onnx_exported_test
  tools/check_written.py models written
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-4  # of the greatest magnitude: constants are folded and nodes fused in another order
NEGLIGIBLE = 1e-6  # the sigmoid of a large negative number is rounded by more than its size


def sizes(shape):
    """Open dimensions of an image: the batch is 2, height and width what most networks take."""
    known = {0: 2, 1: 3, 2: 64, 3: 320}
    return [d if isinstance(d, int) and d > 0 else known.get(i, 8) for i, d in enumerate(shape)]


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def compare(original, written):
    onnx.checker.check_model(str(written), full_check=True)
    first, second = session(original), session(written)
    names = [value.name for value in first.get_outputs()]
    if names != [value.name for value in second.get_outputs()]:
        return "the outputs have other names"
    random = numpy.random.default_rng(1)
    feeds = {value.name: random.standard_normal(sizes(value.shape)).astype(numpy.float32) for value in first.get_inputs()}
    for a, b in zip(first.run(None, feeds), second.run(None, feeds)):
        if a.shape != b.shape:
            return f"shapes {a.shape} and {b.shape}"
        difference, most = float(numpy.abs(a - b).max()), float(numpy.abs(a).max())
        if not difference <= TOLERANCE * most + NEGLIGIBLE:
            return f"outputs of up to {most:.1e} differ by {difference:.1e}"
    return None


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    originals, written = map(pathlib.Path, sys.argv[1:])
    failed = 0
    for path in sorted(written.rglob("*.onnx")):
        name = path.relative_to(written)
        try:
            complaint = compare(originals / name, path)
        except Exception as error:  # whatever the checker or the runtime throws: the other files are still checked
            complaint = str(error).strip().splitlines()[0]
        failed += complaint is not None
        print(f"{name}: {complaint or 'the same'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

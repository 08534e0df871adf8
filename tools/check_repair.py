#!/usr/bin/env python3
"""How much accuracy a removal loses without retraining, with and without repair by calibration data.

Takes trained networks for Fashion-MNIST (a ticket of `espalier train`), removes a share of their channels layer by layer,
and counts what ONNX Runtime classifies rightly of the test images. A network passes where least squares loses at most half
of what plain removal loses. Needs onnxruntime and numpy.

  espalier train recipes/structured/resnet-20.toml --run runs/dense --set train.steps=1000it --set train.batch_size=64
  tools/check_repair.py runs/dense/tickets/level-00-replicate-0.onnx
"""

import argparse
import gzip
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
ALLOWED = 0.5
KINDS = ("none", "statistics", "least-squares")


def read(path, header):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def images(split, data):
    return read(data / f"{split}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).astype(numpy.float32) / 255


def normalised(pixels, model):
    """As the file's metadata say."""
    known = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    return (pixels - numpy.float32(known["espalier.input_mean"])) / numpy.float32(known["espalier.input_deviation"])


def accuracy(model, inputs, labels):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    right = 0
    for first in range(0, len(labels), 500):
        scores = session.run(None, {name: inputs[first:first + 500]})[0]
        right += int((scores.argmax(1) == labels[first:first + 500]).sum())
    return right / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bin/espalier")
    parser.add_argument("--sparsity", type=float, default=0.3)
    parser.add_argument("--images", type=int, default=512, help="for calibration, of the training images")
    parser.add_argument("--data", type=pathlib.Path, default=DATA)
    arguments = parser.parse_args()
    labels = read(arguments.data / "t10k-labels-idx1-ubyte.gz", 8)
    failed = 0
    print(f"{'network':28}{'before':>9}" + "".join(f"{kind:>15}" for kind in KINDS))
    for model in arguments.models:
        tests = normalised(images("t10k", arguments.data), model)
        before = accuracy(model, tests, labels)
        after = {}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            numpy.save(folder / "images.npy", normalised(images("train", arguments.data)[:arguments.images], model))
            for kind in KINDS:
                repair = [] if kind == "none" else ["--repair", kind, "--calibrate", folder / "images.npy"]
                subprocess.run([arguments.program, "prune", model, "--remove", "--sparsity", str(arguments.sparsity),
                                "--scope", "layer-wise", "-o", folder / "cut.onnx", *repair], check=True,
                               capture_output=True)
                after[kind] = accuracy(folder / "cut.onnx", tests, labels)
        failed += before - after["least-squares"] > ALLOWED * (before - after["none"])
        print(f"{model.parent.parent.name[:27]:28}{before:9.2%}" + "".join(f"{after[kind]:15.2%}" for kind in KINDS), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs ONNX files with `espalier run` and with ONNX Runtime on the same inputs and holds the outputs against each other.
Needs onnxruntime, numpy and, for --text, Pillow (from PyPI).

  tools/check_against_onnxruntime.py build/release/bin/espalier models/*.onnx
  tools/check_against_onnxruntime.py build/release/bin/espalier ocr/*.onnx --text "Espalier 2026" --sizes 3,48,320

Inputs are random (seeded), or with --text an image of that text as PaddleOCR's networks take it. Open dimensions are
those of --sizes, from the last one backwards, else a batch of 2, 3 channels, 64 and 320. An error is relative to the
greatest output; differences below 1e-6 do not count. `espalier run` writes the first output only, so that is the one that is compared. What PaddleOCR's recogniser
reads is printed with --keys."""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnxruntime

TYPES = {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64, "tensor(int64)": numpy.int64,
         "tensor(int32)": numpy.int32}
USUAL = (2, 3, 64, 320)
NEGLIGIBLE = 1e-6  # the sigmoid of a large negative number is rounded by more than its size


def shape_of(value, wanted):
    """The input's shape: as it is fixed, as `wanted` says, counted from the end, or as usual."""
    shape = []
    for i, size in enumerate(value.shape):
        from_end = len(value.shape) - i
        if isinstance(size, int) and size > 0:
            shape.append(size)
        elif from_end <= len(wanted):
            shape.append(wanted[-from_end])
        else:
            shape.append(USUAL[i] if i < len(USUAL) else 8)
    return shape


def text_image(text, shape):
    """Black on white, a row of text that fills the height; (v / 255 - 0.5) / 0.5."""
    from PIL import Image, ImageDraw, ImageFont

    _, channels, height, width = shape
    size = min(height, 48)
    font = ImageFont.truetype("DejaVuSans.ttf", size * 3 // 4)
    image = Image.new("L", (width, height), 255)
    ImageDraw.Draw(image).text((4, (height - size) // 2), text, font=font, fill=0)
    values = (numpy.asarray(image, numpy.float32) / 255 - 0.5) / 0.5
    return numpy.broadcast_to(values, (channels, height, width))


def inputs_for(session, args):
    random = numpy.random.default_rng(args.seed)
    feeds = {}
    for value in session.get_inputs():
        shape = shape_of(value, args.sizes)
        if args.text and len(shape) == 4:
            feeds[value.name] = numpy.ascontiguousarray(numpy.broadcast_to(text_image(args.text, shape), shape))
        elif value.type in ("tensor(float)", "tensor(double)"):
            feeds[value.name] = random.standard_normal(shape).astype(TYPES[value.type])
        elif value.type in TYPES:
            feeds[value.name] = random.integers(0, 100, shape).astype(TYPES[value.type])
        else:
            raise ValueError(f'input "{value.name}" is {value.type}, expected one of {", ".join(TYPES)}')
    return feeds


def run_espalier(program, model, feeds, folder):
    words = []
    for i, (name, values) in enumerate(feeds.items()):
        numpy.save(folder / f"{i}.npy", values)
        words += ["--input", f"{name}={folder / f'{i}.npy'}"]
    result = subprocess.run([program, "run", model, *words, "--output", folder / "out.npy"], capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip().splitlines()[-1])
    return numpy.load(folder / "out.npy")


def read_text(probabilities, keys):
    """Greedy CTC: class 0 is blank, the last one a space."""
    letters = [""] + keys + [" "]
    best = probabilities[0].argmax(1)
    return "".join(letters[b] for i, b in enumerate(best) if b > 0 and (i == 0 or b != best[i - 1]))


def compare(args, model, folder):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    feeds = inputs_for(session, args)
    expected = session.run([session.get_outputs()[0].name], feeds)[0]
    got = run_espalier(args.espalier, model, feeds, folder)
    if got.shape != expected.shape:
        return f"shape {got.shape}, expected {expected.shape}", True
    greatest = float(numpy.abs(expected).max())
    difference = float(numpy.abs(got - expected).max())
    error = difference / max(greatest, 1e-30)
    shapes = ", ".join("x".join(map(str, values.shape)) for values in feeds.values())
    text = f"{shapes} -> {'x'.join(map(str, got.shape))}, up to {greatest:.3g}: relative error {error:.1e}" + (", negligible" if difference <= NEGLIGIBLE else "")
    if args.keys and got.ndim == 3 and got.shape[2] == len(args.keys) + 2:
        text += f', reads "{read_text(got, args.keys)}"'
    return text, not difference <= args.tolerance * greatest + NEGLIGIBLE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("espalier", type=pathlib.Path)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--sizes", type=lambda text: [int(word) for word in text.split(",")], default=[],
                        help="open dimensions, from the last one backwards: 3,48,320")
    parser.add_argument("--text", help="the input is an image of this text")
    parser.add_argument("--keys", type=lambda path: pathlib.Path(path).read_text(encoding="utf-8").split("\n"),
                        help="the characters of a recogniser, one a line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    args = parser.parse_intermixed_args()
    if args.keys and args.keys[-1] == "":
        args.keys.pop()
    failed = 0
    for model in args.models:
        with tempfile.TemporaryDirectory() as folder:
            try:
                text, is_wrong = compare(args, model, pathlib.Path(folder))
            except Exception as error:  # whatever either of them throws: the other files are still compared
                text, is_wrong = str(error).strip().splitlines()[0], True
        failed += is_wrong
        print(f"{model.name}: {'WRONG, ' if is_wrong else ''}{text}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

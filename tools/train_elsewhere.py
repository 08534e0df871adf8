#!/usr/bin/python3
"""Trains a small convolutional network on Fashion-MNIST in PyTorch and exports it to ONNX: a network from elsewhere for
`espalier prune recipes/imported.toml`. Needs torch and numpy, on Debian python3-torch (run it with /usr/bin/python3), and
the files of dataset-fashion-mnist.

  tools/train_elsewhere.py elsewhere.onnx
  tools/train_elsewhere.py elsewhere.onnx --epochs 1 --fixed-batch

Inputs are normalised as Espalier does it (docs/data.md). The last 5,000 training images are left out. The export keeps
BatchNormalization and Dropout as nodes, so that the network can be trained on."""

import argparse
import gzip
import pathlib
import sys
import time
import warnings

import numpy
import torch
from torch import nn

MEAN, DEVIATION = 0.2860405969887955, 0.3530242445149226
VALIDATION = 5000


def read_idx(path):
    with gzip.open(path) as file:
        bytes_ = file.read()
    dims = bytes_[3]
    sizes = numpy.frombuffer(bytes_, ">u4", dims, 4).astype(int)
    return numpy.frombuffer(bytes_, numpy.uint8, offset=4 + 4 * dims).reshape(sizes)


def load(folder, part):
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    normalized = (images.astype(numpy.float32) / 255 - MEAN) / DEVIATION
    return torch.from_numpy(normalized).unsqueeze(1).float(), torch.from_numpy(labels.astype(numpy.int64))


def network():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.25), nn.Linear(128, 10))


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in zip(images.split(500), labels.split(500)))
    return right / len(labels)


def train(model, images, labels, args):
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    steps = args.epochs * (len(images) // args.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for epoch in range(args.epochs):
        model.train()
        for batch in torch.randperm(len(images)).split(args.batch)[:len(images) // args.batch]:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {args.epochs}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="(default: all cores)")
    parser.add_argument("--fixed-batch", action="store_true", help="export for one image at a time, as torch does by itself")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    if args.threads > 0:
        torch.set_num_threads(args.threads)
    start = time.monotonic()
    images, labels = load(args.data, "train")
    model = network()
    train(model, images[:-VALIDATION], labels[:-VALIDATION], args)
    reached = accuracy(model, *load(args.data, "t10k"))
    warnings.simplefilter("ignore")
    axes = None if args.fixed_batch else {"input": {0: "N"}, "output": {0: "N"}}
    part = args.output.with_name(args.output.name + ".part")
    torch.onnx.export(model.eval(), torch.zeros(1, 1, 28, 28), str(part), opset_version=13, input_names=["input"],
                      output_names=["output"], dynamic_axes=axes, training=torch.onnx.TrainingMode.PRESERVE,
                      do_constant_folding=False)
    part.replace(args.output)
    print(f"{args.output}: test accuracy {100 * reached:.2f} %, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()

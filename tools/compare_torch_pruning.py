#!/usr/bin/env python3
"""Halves networks of torchvision with Torch-Pruning, as a peer of tools/check_removal.py.

A network counts if the pruned module runs and gives outputs of the same shape, with fewer parameters. Heads stay as
wide as they are. Needs torch, torchvision and PyPI's torch-pruning; weights are random.

  tools/compare_torch_pruning.py [NETWORK ...]
"""

import argparse
import sys
import warnings

import torch
import torch_pruning

from export_torchvision import NETWORKS, build, example_for, input_size

CLASSES = 1000


def halve(name):
    torch.manual_seed(1)
    size = input_size(NETWORKS[name], 64)
    model = build(name, size, CLASSES).eval()
    example = example_for(name, size)
    before = sum(parameter.numel() for parameter in model.parameters())
    shape = model(example).shape
    heads = [module for module in model.modules()
             if getattr(module, "out_features", getattr(module, "out_channels", None)) == CLASSES]
    pruner = torch_pruning.pruner.MagnitudePruner(
        model, example, importance=torch_pruning.importance.MagnitudeImportance(p=2), pruning_ratio=0.5,
        ignored_layers=heads)
    pruner.step()
    after = sum(parameter.numel() for parameter in model.parameters())
    if model(example).shape != shape:
        raise RuntimeError("outputs of another shape")
    if after >= before:
        raise RuntimeError("nothing was pruned")
    return after / before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    failed = 0
    for name in arguments.networks or NETWORKS:
        try:
            print(f"{name:28}{halve(name):8.1%}", flush=True)
        except Exception as error:  # whatever the peer throws is its answer
            failed += 1
            text = str(error).splitlines()
            print(f"{name:28}{type(error).__name__}: {text[0][:90] if text else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

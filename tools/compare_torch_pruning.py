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
import torchvision

FIXED_SIDE = {"vit_h_14": 224, "inception_v3": 107, "swin_v2_t": 256, "swin_v2_s": 256, "swin_v2_b": 256}


def example_for(name, model):
    if "video" in type(model).__module__:
        return torch.randn(1, 3, 16, 112, 112) if "mvit" not in name else torch.randn(1, 3, 16, 224, 224)
    side = FIXED_SIDE.get(name) or (224 if name.startswith(("vit", "maxvit", "swin", "alexnet", "vgg")) else 64)
    return torch.randn(1, 3, side, side)


def output_of(result):
    return result["out"] if isinstance(result, dict) else result


def halve(name):
    torch.manual_seed(1)
    options = {"weights_backbone": None} if name.startswith(("deeplab", "fcn", "lraspp")) else {}
    model = torchvision.models.get_model(name, weights=None, **options).eval()
    example = example_for(name, model)
    before = sum(parameter.numel() for parameter in model.parameters())
    shape = output_of(model(example)).shape
    classes = shape[1]
    heads = [module for module in model.modules()
             if getattr(module, "out_features", getattr(module, "out_channels", None)) == classes]
    pruner = torch_pruning.pruner.MagnitudePruner(
        model, example, importance=torch_pruning.importance.MagnitudeImportance(p=2), pruning_ratio=0.5,
        ignored_layers=heads)
    pruner.step()
    after = sum(parameter.numel() for parameter in model.parameters())
    if output_of(model(example)).shape != shape:
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
    for name in arguments.networks or torchvision.models.list_models():
        try:
            print(f"{name:28}{halve(name):8.1%}", flush=True)
        except Exception as error:  # whatever the peer throws is its answer
            failed += 1
            text = str(error).splitlines()
            print(f"{name:28}{type(error).__name__}: {text[0][:90] if text else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Exports torchvision's networks (classification, segmentation, video) to ONNX, with an input and what the framework gives for it.

For each network NAME.onnx and NAME.npz, whose arrays "input" and "output" are named like the graph's. Needs torch
and torchvision, on Debian python3-torchvision (run it with /usr/bin/python3). The weights are random and depend on
--seed and the network alone.

  tools/export_torchvision.py models/                        # all of them
  tools/export_torchvision.py models/ resnet18 vit_b_16      # some
  tools/export_torchvision.py models/ --size 64 --classes 10 # small inputs, where the network allows them
"""

import argparse
import os
import sys
import time
import warnings
from dataclasses import dataclass, field

import numpy
import torch
import torchvision


@dataclass
class Network:
    """Inputs are square: `size` as published, any multiple of `step` from `least` on."""

    size: int = 224
    least: int = 32
    step: int = 32
    options: dict = field(default_factory=dict)


# Those whose inputs or options differ from Network(). Heads that pool adaptively to 7x7 or 6x6 are exported as a plain
# pool, which needs inputs that divide evenly.
OTHERS = {
    "alexnet": Network(least=224, step=224),
    "googlenet": Network(options={"aux_logits": False, "init_weights": False}),
    "inception_v3": Network(size=299, least=107, options={"aux_logits": False, "init_weights": False}),
    "maxvit_t": Network(least=224, step=224),
    "mvit_v1_b": Network(least=224, step=224),
    "mvit_v2_s": Network(least=224, step=224),
    "s3d": Network(least=224),
    "swin_v2_t": Network(size=256),
    "swin_v2_s": Network(size=256),
    "swin_v2_b": Network(size=256),
    "vit_b_16": Network(step=16),
    "vit_l_16": Network(step=16),
    "vit_h_14": Network(least=28, step=14),
}
SEGMENTATION = ("deeplabv3", "fcn", "lraspp")
# Their outputs are lists of boxes, pairs of images go in, or they are written for PyTorch's own 8-bit kernels.
LEFT_OUT = ("fasterrcnn", "fcos", "keypointrcnn", "maskrcnn", "retinanet", "ssd", "raft", "quantized")
FRAMES = 16


def network_of(name):
    if name.startswith("vgg"):
        return Network(least=224, step=224)
    network = OTHERS.get(name, Network())
    if name.startswith(SEGMENTATION):
        network.options = {"weights_backbone": None}
    return network


NETWORKS = {name: network_of(name) for name in torchvision.models.list_models() if not name.startswith(LEFT_OUT)}


class Output(torch.nn.Module):
    """A network for segmentation without the name of its output."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)["out"]


def input_size(network, wanted):
    """The smallest size that the network takes and that is at least `wanted`."""
    if wanted is None or wanted == network.size:
        return network.size
    steps = max(0, -(-(wanted - network.least) // network.step))
    return network.least + steps * network.step


def build(name, size, classes):
    options = dict(NETWORKS[name].options, weights=None, num_classes=classes)
    if name.startswith("vit"):
        options["image_size"] = size
    model = torchvision.models.get_model(name, **options)
    return Output(model) if name.startswith(SEGMENTATION) else model


def example_for(name, size, batch=1):
    frames = [FRAMES] if torchvision.models.get_model_builder(name).__module__.startswith("torchvision.models.video") else []
    return torch.randn(batch, 3, *frames, size, size)


def randomize(model, example):
    """Leaves no parameter without influence: networks start with heads of zeros (ViT), branches scaled by 1e-6
    (ConvNeXt) and normalisations that do nothing, and an executor that gets those wrong must not agree by luck."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("layer_scale"):
                parameter.uniform_(0.2, 0.6)
            elif parameter.numel() > 1 and parameter.std() == 0:
                around = parameter.flatten()[0].item()
                parameter.normal_(around, 0.1 * max(abs(around), 0.2))
        norms = [m for m in model.modules() if isinstance(m, (torch.nn.BatchNorm2d, torch.nn.BatchNorm3d))]
        momenta = [norm.momentum for norm in norms]
        if norms:  # statistics of random images, as training would have left them
            for norm in norms:
                norm.momentum = None  # an average over all that is seen
            model.train()
            model(torch.randn(4, *example.shape[1:]))
            model.eval()
            for norm, momentum in zip(norms, momenta):
                norm.momentum = momentum


def zero_biases_of_keys(model):
    """As Swin V2 does to a copy in every run, by an operation that torch 1.13 cannot export: done once, it changes nothing."""
    for module in model.modules():
        if hasattr(module, "logit_scale") and module.qkv.bias is not None:
            length = module.qkv.bias.numel() // 3
            module.qkv.bias.data[length:2 * length] = 0


def export(name, folder, args):
    size = input_size(NETWORKS[name], args.size)
    torch.manual_seed(args.seed)
    model = build(name, size, args.classes).eval()
    example = example_for(name, size, args.batch)
    randomize(model, example)
    zero = torch.Tensor.zero_
    if name.startswith("swin_v2"):
        zero_biases_of_keys(model)
        torch.Tensor.zero_ = lambda self: self
    try:
        return written(name, model, example, folder, args), size
    finally:
        torch.Tensor.zero_ = zero


def written(name, model, example, folder, args):
    with torch.no_grad():
        output = model(example)
    path = os.path.join(folder, name)
    # Gradients stay on: without them torch 1.13 takes an attention in one piece that it cannot export.
    mode = torch.onnx.TrainingMode.PRESERVE if args.keep_batch_norm else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(model, example, path + ".onnx.part", opset_version=args.opset, training=mode,
                      input_names=["input"], output_names=["output"],
                      dynamic_axes={"input": {0: "N"}, "output": {0: "N"}} if args.dynamic_batch else None)
    with open(path + ".npz.part", "wb") as file:
        numpy.savez(file, input=example.numpy(), output=output.numpy())
    os.replace(path + ".npz.part", path + ".npz")
    os.replace(path + ".onnx.part", path + ".onnx")
    return os.path.getsize(path + ".onnx")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: all of them")
    parser.add_argument("--size", type=int, help="height and width of the input (default: as published)")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dynamic-batch", action="store_true", help="the batch is a symbolic dimension N")
    parser.add_argument("--keep-batch-norm", action="store_true", help="do not fold it into the convolutions")
    args = parser.parse_intermixed_args()
    for name in args.networks:
        if name not in NETWORKS:
            parser.error(f'network "{name}" is not known, expected one of {" ".join(NETWORKS)}')
    return args


def main():
    args = parse_arguments()
    os.makedirs(args.folder, exist_ok=True)
    warnings.simplefilter("ignore")
    failed = False
    for name in args.networks or NETWORKS:
        start = time.monotonic()
        try:
            length, size = export(name, args.folder, args)
        except Exception as error:  # whatever torch throws: the other networks are still wanted
            failed = True
            print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
            continue
        print(f"{name}: {size}x{size}, {length / 1e6:.1f} MB, {time.monotonic() - start:.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

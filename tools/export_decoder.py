#!/usr/bin/env python3
"""Exports a decoder of GPT-2's size (124 million random weights) to ONNX: one token, with the keys and values of those before.

Inputs are `ids` [1, n] and, for each layer l, `past_key.l` and `past_value.l` [1, heads, tokens before, 64]; outputs are
`logits` [1, n, 50257] and all keys and values so far. The output layer shares the embedding's weights. Needs torch and onnx.

  tools/export_decoder.py gpt2.onnx
  espalier bench gpt2.onnx --shape ids=1x1 --shape past_key.0=1x12x128x64 ...      # printed by this tool
"""

import argparse
import pathlib
import sys

import torch
from torch import nn

HEAD = 64


class Layer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.heads = width // HEAD
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, HEAD).transpose(1, 2)

    def forward(self, x, past_key, past_value):
        query, key, value = (self.split(part) for part in self.qkv(self.norm_1(x)).chunk(3, dim=-1))
        key, value = torch.cat((past_key, key), dim=2), torch.cat((past_value, value), dim=2)
        weights = torch.softmax(query @ key.transpose(-1, -2) / HEAD ** 0.5, dim=-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(x.shape))
        return x + self.down(nn.functional.gelu(self.up(self.norm_2(x)))), key, value


class Decoder(nn.Module):
    def __init__(self, layers, width, words, positions):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(positions, width)
        self.layers = nn.ModuleList(Layer(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids, *past):
        first = past[0].shape[2]
        x = self.words(ids) + self.positions(torch.arange(first, first + ids.shape[1])[None])
        present = []
        for layer, key, value in zip(self.layers, past[0::2], past[1::2]):
            x, key, value = layer(x, key, value)
            present += [key, value]
        return (self.norm(x) @ self.words.weight.T, *present)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--words", type=int, default=50257)
    parser.add_argument("--before", type=int, default=128, help="tokens before, of the shapes that are printed")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    model = Decoder(arguments.layers, arguments.width, arguments.words, 1024).eval()
    past = [torch.zeros(1, arguments.width // HEAD, arguments.before, HEAD) for _ in range(2 * arguments.layers)]
    names = [f"past_{kind}.{layer}" for layer in range(arguments.layers) for kind in ("key", "value")]
    axes = {name: {2: "before"} for name in names} | {"ids": {1: "tokens"}}
    torch.onnx.export(model, (torch.zeros(1, 1, dtype=torch.int64), *past), str(arguments.output), opset_version=17,
                      input_names=["ids", *names], output_names=["logits", *(f"all_{name[5:]}" for name in names)],
                      dynamic_axes=axes)
    shape = "x".join(map(str, past[0].shape))
    print("--shape ids=1x1 " + " ".join(f"--shape {name}={shape}" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main())

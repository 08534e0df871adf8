#!/usr/bin/env python3
"""Data that are no pictures: features and tokens as NumPy arrays, trained, pruned and retrained by a recipe."""
import json
import random
import struct
import unittest
import zipfile

import onnx_file
from workspace import Workspace, espalier

TEXT = """
[model]
onnx = "{model}"
[data]
dataset = "npz"
path = "{data}"
validation = 50
{more}
[train]
steps = "10ep"
batch_size = 20
optimizer = {{name = "adam", learning_rate = 0.01}}
[prune]
scope = "global"
rounds = 1
sparsity = 0.5
[retrain]
mode = "fine-tune"
steps = "3ep"
[experiment]
replicates = 1
evaluate_every = "50it"
"""


def npy(values, shape, code):
    header = f"{{'descr': '<{code[1]}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{code[0]}", *values)


def write_npz(path, width, code, draw, label):
    rng = random.Random(1)
    with zipfile.ZipFile(path, "w") as archive:
        for part, count in (("train", 350), ("test", 100)):
            rows = [[draw(rng) for _ in range(width)] for _ in range(count)]
            archive.writestr(f"x_{part}.npy", npy([one for row in rows for one in row], (count, width), code))
            archive.writestr(f"y_{part}.npy", npy([label(row) for row in rows], (count,), ("q", "i8")))
    return path


class Numbers(Workspace):
    def run_recipe(self, name, model, data, more="", *words):
        recipe = self.root / f"{name}.toml"
        recipe.write_text(TEXT.format(model=model, data=data, more=more))
        return espalier("prune", recipe, "--run", self.root / name, *words, timeout=600)

    def features(self):
        node, value, weight = onnx_file.node, onnx_file.value, onnx_file.weight
        model = onnx_file.write_model(
            self.root / "features.onnx",
            [node("Gemm", ["x", "w0", "b0"], ["a"], "fc0"), node("Relu", ["a"], ["r"], "relu"),
             node("Gemm", ["r", "w1", "b1"], ["y"], "fc1")],
            [value("x", ["N", 16])], [value("y", ["N", 2])],
            [weight("w0", 16, 32), weight("b0", 32), weight("w1", 32, 2), weight("b1", 2)])
        data = write_npz(self.root / "features.npz", 16, ("f", "f4"), lambda rng: rng.uniform(-1, 1),
                         lambda row: int(sum(row[:8]) > sum(row[8:])))
        return model, data

    def test_features(self):
        model, data = self.features()
        written = self.root / "written.onnx"
        result = self.run_recipe("features", model, data, "", "-o", written, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        after = json.loads(result.stdout)["outcome"]["after"]
        self.assertEqual(after["weights"], 288)  # half of 576
        self.assertGreater(after["test_accuracy"], 0.9)
        self.assertTrue(written.exists())

    def test_normalised_features(self):
        model, data = self.features()
        result = self.run_recipe("normalised", model, data, 'normalize = "computed"', "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(json.loads(result.stdout)["outcome"]["after"]["test_accuracy"], 0.9)

    def tokens(self):
        node, value, weight = onnx_file.node, onnx_file.value, onnx_file.weight
        model = onnx_file.write_model(
            self.root / "tokens.onnx",
            [node("Gather", ["table", "ids"], ["e"], "embedding"), node("ReduceMean", ["e"], ["m"], "mean", axes=[1], keepdims=0),
             node("Gemm", ["m", "w0", "b0"], ["a"], "fc0"), node("Relu", ["a"], ["r"], "relu"),
             node("Gemm", ["r", "w1", "b1"], ["y"], "fc1")],
            [value("ids", ["N", 6], onnx_file.INT64)], [value("y", ["N", 2])],
            [weight("table", 20, 8), weight("w0", 8, 16), weight("b0", 16), weight("w1", 16, 2), weight("b1", 2)])
        data = write_npz(self.root / "tokens.npz", 6, ("q", "i8"), lambda rng: rng.randrange(20),
                         lambda row: int(sum(token < 10 for token in row) > 3))
        return model, data

    def test_tokens(self):
        result = self.run_recipe("tokens", *self.tokens(), "", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        after = json.loads(result.stdout)["outcome"]["after"]
        self.assertEqual(after["weights"], 80)  # half of 8 x 16 and 16 x 2, the table is no layer
        self.assertGreater(after["test_accuracy"], 0.9)

    def test_an_embedding_is_cut_where_the_recipe_asks_for_it(self):
        model, data = self.tokens()
        written = self.root / "cut.onnx"
        result = self.run_recipe("included", model, data, "", "-o", written, "--json", "--set", 'prune.include=["tab*"]')
        self.assertEqual(result.returncode, 0, result.stderr)
        after = json.loads(result.stdout)["outcome"]["after"]
        self.assertEqual(after["weights"], 160)  # half of those and 20 x 8
        self.assertGreater(after["test_accuracy"], 0.8)
        found = espalier("inspect", written, "--json")
        self.assertEqual(found.returncode, 0, found.stderr)
        for name, hint in (("tabel", 'did you mean "table"?'), ("w0", "is pruned anyway")):
            result = self.run_recipe(f"refused-{name}", model, data, "", "--set", f'prune.include=["{name}"]')
            self.fails_last(result, 2, "prune.include", hint)

    def test_what_does_not_fit_is_one_line(self):
        model, data = self.features()
        self.fails_last(self.run_recipe("crop", model, data, "crop = 2"), 2, "data.crop", "it is about images")
        other = write_npz(self.root / "ids.npz", 16, ("q", "i8"), lambda rng: rng.randrange(3), lambda row: row[0] % 2)
        self.fails_last(self.run_recipe("type", model, other), 2, "its input is f32 Nx16, the data set has examples i64 Nx16")


if __name__ == "__main__":
    unittest.main()

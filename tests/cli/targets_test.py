#!/usr/bin/env python3
"""Data of any kind through the program: several inputs, numbers to predict, classes of pixels and of tokens."""
import json
import random
import struct
import unittest
import zipfile

from onnx_file import INT64, node, field, value, weight, write_model
from workspace import Workspace, espalier

BOOL = 9

TEXT = """
[model]
onnx = "{model}"
{layout}
[data]
dataset = "npz"
path = "{data}"
validation = 40
{padding}
[train]
steps = "{steps}"
batch_size = 20
loss = "{loss}"
optimizer = {{name = "adam", learning_rate = 1e-2}}
[prune]
rounds = 1
sparsity = 0.5
scope = "global"
[experiment]
replicates = 1
controls = ["random-mask"]
evaluate_every = "20it"
metrics = {metrics}
"""


def npy(kind, shape, values):
    codes = {"<f4": "f", "<f2": "e", "<f8": "d", "<i8": "q", "<i4": "i", "|u1": "B", "|b1": "?"}
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}\n".encode()
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
            struct.pack(f"<{len(values)}{codes[kind]}", *values))


def write_arrays(path, arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            archive.writestr(name + ".npy", npy(*array))
    return path


def integers(name, *values):
    return field(1, len(values)) + field(2, INT64) + field(8, name) + field(9, struct.pack(f"<{len(values)}q", *values))


def two_inputs(path):
    """y = f(a, b), from three numbers and two."""
    return write_model(
        path,
        [node("Concat", ["a", "b"], ["ab"], "join", axis=1), node("Gemm", ["ab", "w1", "b1"], ["h"], "fc1", transB=1),
         node("Relu", ["h"], ["r"], "relu"), node("Gemm", ["r", "w2", "b2"], ["y"], "fc2", transB=1)],
        [value("a", ["N", 3]), value("b", ["N", 2])], [value("y", ["N", 1])],
        [weight("w1", 24, 5), weight("b1", 24), weight("w2", 1, 24), weight("b2", 1)])


def regression(rng, path, **changes):
    arrays = {}
    for part, count in (("train", 240), ("test", 80)):
        a = [rng.gauss(0, 1) for _ in range(3 * count)]
        b = [rng.gauss(0, 1) for _ in range(2 * count)]
        y = [5 + 3 * a[3 * i] - 2 * abs(b[2 * i]) + a[3 * i + 1] for i in range(count)]
        arrays[f"x_{part}.a"] = ("<f4", (count, 3), a)
        arrays[f"x_{part}.b"] = ("<f8", (count, 2), b)
        arrays[f"y_{part}"] = ("<f4", (count,), y)
    arrays.update(changes)
    return write_arrays(path, arrays)


def pixels_to_classes(path):
    padded = {"pads": [1, 1, 1, 1]}
    return write_model(
        path,
        [node("Conv", ["x", "c1", "b1"], ["h"], "conv1", **padded), node("Relu", ["h"], ["r"], "relu"),
         node("Conv", ["r", "c2", "b2"], ["z"], "conv2")],
        [value("x", ["N", 1, 8, 8])], [value("z", ["N", 3, 8, 8])],
        [weight("c1", 8, 1, 3, 3), weight("b1", 8), weight("c2", 3, 8, 1, 1), weight("b2", 3)])


def segmentation(rng, path):
    """Dark, grey and bright pixels; the rim is labelled 255, nobody knows what."""
    arrays = {}
    for part, count in (("train", 120), ("test", 40)):
        x = [rng.randrange(256) for _ in range(64 * count)]
        rim = [i % 64 // 8 in (0, 7) or i % 8 in (0, 7) for i in range(64 * count)]
        arrays[f"x_{part}"] = ("|u1", (count, 8, 8), x)
        arrays[f"y_{part}"] = ("|u1", (count, 8, 8), [255 if r else v // 86 for v, r in zip(x, rim)])
    return write_arrays(path, arrays)


def tagger(path, tokens=12, length=6, width=8, hidden=8, tags=3):
    """Embedding, LSTM, a tag a token; padding is masked."""
    return write_model(
        path,
        [node("Gather", ["embedding", "tokens"], ["e"], "embed"), node("Cast", ["mask"], ["m"], "cast", to=1),
         node("Unsqueeze", ["m", "last"], ["m3"], "widen"), node("Mul", ["e", "m3"], ["masked"], "mul"),
         node("Transpose", ["masked"], ["steps"], "turn", perm=[1, 0, 2]),
         node("LSTM", ["steps", "lstm.w", "lstm.r", "lstm.b"], ["all"], "lstm", hidden_size=hidden),
         node("Squeeze", ["all", "one"], ["states"], "squeeze"),
         node("Transpose", ["states"], ["back"], "turn_back", perm=[1, 0, 2]),
         node("MatMul", ["back", "tag.w"], ["p"], "tag"), node("Add", ["p", "tag.b"], ["z"], "bias")],
        [value("tokens", ["N", length], INT64), value("mask", ["N", length], BOOL)], [value("z", ["N", length, tags])],
        [weight("embedding", tokens, width), weight("lstm.w", 1, 4 * hidden, width),
         weight("lstm.r", 1, 4 * hidden, hidden), weight("lstm.b", 1, 8 * hidden), weight("tag.w", hidden, tags),
         weight("tag.b", tags), integers("last", 2), integers("one", 1)])


def tagging(rng, path):
    """The tag is the token before, modulo 3; sequences of 3 to 6 tokens, padded by 0 and -100."""
    arrays = {}
    for part, count in (("train", 200), ("test", 60)):
        tokens, tags, mask = [], [], []
        for _ in range(count):
            length = rng.randrange(3, 7)
            own = [rng.randrange(1, 12) for _ in range(length)]
            tokens += own + [0] * (6 - length)
            tags += [0] + [one % 3 for one in own[:-1]] + [-100] * (6 - length)
            mask += [True] * length + [False] * (6 - length)
        arrays[f"x_{part}.tokens"] = ("<i4", (count, 6), tokens)
        arrays[f"x_{part}.mask"] = ("|b1", (count, 6), mask)
        arrays[f"y_{part}"] = ("<i8", (count, 6), tags)
    return write_arrays(path, arrays)


class AnyData(Workspace):
    def write_recipe(self, name, model, data, loss="cross-entropy", steps="8ep", layout="", padding="", metrics=()):
        path = self.root / f"{name}.toml"
        path.write_text(TEXT.format(model=model, data=data, loss=loss, steps=steps, layout=layout, padding=padding,
                                    metrics=json.dumps(list(metrics))))
        return path

    def ticket(self, recipe, run, *options):
        result = espalier("ticket", recipe, "--run", self.root / run, "--json", *options, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def of_level(self, outcome, level, arm="ticket"):
        return next(one for one in outcome["stages"] if one["level"] == level and one["arm"] == arm)

    def test_numbers_from_two_inputs(self):
        data = regression(random.Random(1), self.root / "two.npz")
        recipe = self.write_recipe("numbers", two_inputs(self.root / "two.onnx"), data, "mean-squared-error", "40ep",
                                   metrics=["mean-squared-error", "mean-absolute-error", "r2"])
        outcome = self.ticket(recipe, "numbers")
        dense, pruned = self.of_level(outcome, 0), self.of_level(outcome, 1)
        self.assertGreater(dense["test_r2"], 0.9)
        self.assertNotIn("test_accuracy", dense)
        self.assertAlmostEqual(dense["test_r2"], dense["metrics"]["r2"]["test"], places=12)
        self.assertEqual(pruned["weights_left"], (24 * 5 + 24) // 2)
        self.assertEqual({one["level"] for one in outcome["latencies"]}, {0, 1}, "measured, and R2 as in training")
        report = (self.root / "numbers" / "report.html").read_text()
        self.assertIn("R2 against weights left", report)
        self.assertNotIn("Test accuracy", report)
        table = espalier("report", self.root / "numbers")
        self.assertIn("R2 in %", table.stdout)
        self.assertNotIn("ccuracy", table.stdout)
        onnx = next((self.root / "numbers" / "tickets").glob("*.onnx"))
        run = espalier("run", onnx, "--dataset", "npz", "--data-path", data, "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("r2", json.loads(run.stdout))

    def test_robust_losses_of_numbers(self):
        data = regression(random.Random(1), self.root / "robust.npz")
        for loss in ("huber", "mean-absolute-error"):
            recipe = self.write_recipe(loss, two_inputs(self.root / "robust.onnx"), data, loss, "40ep")
            self.assertGreater(self.of_level(self.ticket(recipe, loss), 0)["test_r2"], 0.85, loss)

    def test_classes_of_pixels(self):
        data = segmentation(random.Random(2), self.root / "pixels.npz")
        recipe = self.write_recipe("pixels", pixels_to_classes(self.root / "pixels.onnx"), data, steps="30ep",
                                   padding="ignore = [255]", metrics=["mean-iou", "top-1"])
        dense = self.of_level(self.ticket(recipe, "pixels"), 0)
        self.assertGreater(dense["test_accuracy"], 0.85)
        self.assertEqual(dense["test_accuracy"], dense["metrics"]["top-1"]["test"])
        self.assertGreater(dense["metrics"]["mean-iou"]["test"], 0.7)

    def test_classes_of_tokens(self):
        data = tagging(random.Random(3), self.root / "tags.npz")
        recipe = self.write_recipe("tags", tagger(self.root / "tags.onnx"), data, steps="40ep",
                                   layout="class_axis = -1", padding="ignore = [-100]")
        first = self.ticket(recipe, "tags")
        self.assertGreater(self.of_level(first, 0)["test_accuracy"], 0.85)
        again = self.ticket(recipe, "tags-again")
        for one, other in zip(first["stages"], again["stages"], strict=True):
            self.assertEqual(one["hash"], other["hash"])
            self.assertEqual(one["test_accuracy"], other["test_accuracy"])

    def test_shards_add_up_by_targets(self):
        model = pixels_to_classes(self.root / "shards.onnx")
        data = segmentation(random.Random(2), self.root / "shards.npz")
        scores = []
        for shards in (1, 4):
            recipe = self.write_recipe(f"shards-{shards}", model, data, steps="3ep", padding="ignore = [255]")
            stage = self.of_level(self.ticket(recipe, f"shards-{shards}", "--set", f"train.shards={shards}"), 0)
            scores.append(stage["test_accuracy"])
        self.assertAlmostEqual(*scores, delta=2e-3)

    def test_what_does_not_fit_is_one_line(self):
        model = two_inputs(self.root / "fit.onnx")
        rng = random.Random(1)
        data = regression(rng, self.root / "fit.npz")

        def fails(words, code=2, data=data, model=model, **how):
            recipe = self.write_recipe("fit", model, data, **{"loss": "mean-squared-error", **how})
            self.fails(espalier("ticket", recipe, "--run", self.root / "fit"), code, *words)

        fails(['train.loss = "cross-entropy"', "is of classes (integers), and targets are numbers"],
              loss="cross-entropy")
        fails(['"top-1" is of classes'], metrics=["top-1"])
        fails(["model.class_axis", "many positions"], layout="class_axis = -1")
        fails(["model.output", '"no"'], layout='output = "no"')
        fails(["data.ignore is for integers"], 1, padding="ignore = [0]")
        nan = regression(rng, self.root / "nan.npz", y_test=("<f4", (80,), [1.0] * 79 + [float("nan")]))
        fails(["y_test", "target of example 79 is nan"], 1, nan)
        same = regression(rng, self.root / "same.npz", y_test=("<f4", (80,), [1.0] * 80))
        fails(["all 80 test examples are the same"], 1, same)
        short = regression(rng, self.root / "short.npz", **{"x_test.b": ("<f8", (79, 2), [0.0] * 158)})
        fails(["x_test.b holds 79 examples", "y_test holds 80 targets"], 1, short)
        wide = regression(rng, self.root / "wide.npz", **{"x_train.b": ("<f8", (240, 3), [0.0] * 720),
                                                          "x_test.b": ("<f8", (80, 3), [0.0] * 240)})
        fails(['its input "b" is f32 Nx2', "f32 Nx3"], 2, wide)
        tokens = regression(rng, self.root / "tokens.npz", **{"x_train.b": ("<i8", (240, 2), [0] * 480),
                                                              "x_test.b": ("<i8", (80, 2), [0] * 160)})
        fails(['its input "b" is f32 Nx2', "i64 Nx2"], 2, tokens)
        alone = segmentation(rng, self.root / "alone.npz")
        fails(["it has 2 inputs", "x_train.NAME"], 2, alone, loss="cross-entropy", padding="ignore = [255]")
        fails(["its input is f32 Nx5", "images"], 2, alone, pixels_to_rows(self.root / "rows.onnx"),
              loss="cross-entropy", padding="ignore = [255]")
        tags = tagging(rng, self.root / "fit-tags.npz")
        fails(["model.class_axis = -1 would fit"], 2, tags, tagger(self.root / "fit-tags.onnx"), loss="cross-entropy",
              padding="ignore = [-100]")
        fails(["y_train", "label -100 of position", "data.ignore"], 1, tags, self.root / "fit-tags.onnx",
              loss="cross-entropy")
        fails(["data.flip", "not be moved with the picture"], 2, alone, pixels_to_classes(self.root / "flip.onnx"),
              loss="cross-entropy", padding="ignore = [255]\nflip = true")


def pixels_to_rows(path):
    return write_model(path, [node("MatMul", ["x", "w"], ["z"], "fc")], [value("x", ["N", 5])], [value("z", ["N", 3])],
                       [weight("w", 5, 3)])


if __name__ == "__main__":
    unittest.main()

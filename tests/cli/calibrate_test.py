#!/usr/bin/env python3
"""Pruning by calibration data, where its budget goes, and judging the outputs of files."""
import json
import pathlib
import random
import struct
import tempfile
import unittest

from onnx_file import node, value, weight, write_model
from workspace import espalier


def npy(path, kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
    return path


def floats(path, *shape, scale=1.0):
    rng = random.Random(3)
    count = 1
    for size in shape:
        count *= size
    return npy(path, "<f4", shape, struct.pack(f"<{count}f", *(scale * rng.gauss(0, 1) for _ in range(count))))


class Calibrate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temporary.name)
        cls.model = write_model(
            cls.root / "model.onnx",
            [node("MatMul", ["x", "w1"], ["a"], "first"), node("Relu", ["a"], ["r"], "relu"),
             node("MatMul", ["r", "w2"], ["y"], "second")],
            [value("x", ["N", 24])], [value("y", ["N", 6])], [weight("w1", 24, 32), weight("w2", 32, 6)])
        cls.data = floats(cls.root / "x.npy", 80, 24)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def prune(self, *arguments):
        self.output = self.root / f"{self._testMethodName}.onnx"
        return espalier("prune", self.model, "-o", self.output, *arguments)

    def pruned(self, *arguments):
        result = self.prune("--json", "--calibrate", self.data, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def refused(self, result, word):
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(word, result.stderr)

    def test_methods_lose_less_than_magnitude(self):
        half = ("--sparsity", 0.5, "--scope", "layer-wise")
        magnitude = self.pruned(*half)
        for arguments in (("--criterion", "sparsegpt"), ("--criterion", "alps"), ("--reconstruct", "refit"),
                          ("--criterion", "wanda", "--reconstruct", "refit")):
            out = self.pruned(*half, *arguments)
            self.assertEqual(out["left"], magnitude["left"])
            self.assertLess(out["output_relative_error"], magnitude["output_relative_error"], arguments)
            self.assertEqual([layer["rows"] for layer in out["layers"]], [80, 80])
        text = self.prune("--calibrate", self.data, "--metric", "cosine", *half).stdout
        self.assertIn("over the calibration data, 5 runs", " ".join(text.split()))
        self.assertIn("against them: cosine 0.", text)

    def test_budgets_that_are_measured(self):
        for scope in ("sensitivity", "by-time"):
            out = self.pruned("--sparsity", 0.5, "--scope", scope)
            self.assertEqual(out["left"], (24 * 32 + 32 * 6) // 2)
        self.refused(self.prune("--sparsity", 0.5, "--scope", "by-time"), "needs a table for every layer")

    def test_removals_by_what_the_outputs_lose(self):
        def lost(criterion, *arguments):
            result = self.prune("--remove", "--sparsity", 0.5, "--criterion", criterion, *arguments)
            self.assertEqual(result.returncode, 0, result.stderr)
            told = espalier("run", self.output, "--input", self.data, "--against", self.model, "--metric", "distance", "--json")
            return json.loads(told.stdout)["metrics"]["distance"]

        data = ("--calibrate", self.data)
        fisher = lost("fisher", *data)
        self.assertLess(fisher, lost("random"))
        self.assertLess(lost("fisher", *data, "--repair", "least-squares"), fisher)
        for arguments, word in ((("--criterion", "fisher"), "--calibrate DATA.npz"),
                                (data, "\"magnitude\" reads none"),
                                ((*data, "--criterion", "sparsegpt"), "chooses single weights")):
            self.refused(self.prune("--remove", "--sparsity", 0.5, *arguments), word)

    def test_metrics_of_files(self):
        out = self.pruned("--sparsity", 0.5, "--metric", "distance", "--metric", "agreement")
        self.assertAlmostEqual(out["metrics"]["distance"], out["output_relative_error"], places=9)
        told = espalier("run", self.output, "--input", self.data, "--against", self.model, "--metric", "distance",
                        "--metric", "agreement", "--metric", "cosine", "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        told = json.loads(told.stdout)
        self.assertEqual((told["output"], told["runs"], told["rows"]), ("y", 5, 80))
        self.assertAlmostEqual(told["metrics"]["distance"], out["metrics"]["distance"], places=5)
        self.assertAlmostEqual(told["metrics"]["agreement"], out["metrics"]["agreement"], places=5)
        labels = npy(self.root / "labels.npy", "<i8", (80,), struct.pack("<80q", *([1] * 80)))
        judged = espalier("run", self.model, "--input", self.data, "--expected", labels, "--metric", "accuracy",
                          "--metric", "perplexity")
        self.assertRegex(judged.stdout, r"y over 80 rows of 5 runs: accuracy [0-9.e-]+, perplexity [0-9.e+]+")
        pairs = floats(self.root / "pairs.npy", 40)
        judged = espalier("run", self.model, "--input", self.data, "--expected", pairs, "--metric", "spearman", "--json")
        self.assertLess(abs(json.loads(judged.stdout)["metrics"]["spearman"]), 0.6)

    def test_what_does_not_fit_is_refused(self):
        few = floats(self.root / "few.npy", 3, 7)
        zeros = floats(self.root / "zeros.npy", 80, 24, scale=0.0)
        for arguments, word in ((("--calibrate", few), "got f32 3x7"),
                                (("--calibrate", zeros, "--criterion", "wanda"), "zero"),
                                (("--criterion", "sparsegpt"), "--calibrate DATA.npz"),
                                (("--metric", "cosine"), "--metric needs --calibrate"),
                                (("--calibrate", self.data, "--metric", "accuracy"), "espalier run --metric"),
                                (("--calibrate", self.data, "--metric", "cosin"), "did you mean \"cosine\"")):
            self.refused(self.prune("--sparsity", 0.5, *arguments), word)
            self.assertFalse(self.output.exists())
        run = ("run", self.model, "--input", self.data)
        for arguments, word in ((("--metric", "cosine"), "--against MODEL.onnx"),
                                (("--metric", "accuracy"), "--expected FILE.npy"),
                                (("--metric", "accuracy", "--expected", few), "80 rows"),
                                (("--metric", "cosine", "--metric-output", "z"), "these are: \"y\""),
                                (("--against", self.model), "are for --metric NAME")):
            self.refused(espalier(*run, *arguments), word)


if __name__ == "__main__":
    unittest.main()

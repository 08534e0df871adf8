#!/usr/bin/env python3
"""espalier study granularity, of a file and of a recipe; prune --permute; bench --would-pay."""
import json
import unittest

from onnx_file import open_picture
from workspace import Trained, espalier


class Study(Trained):
    """Small networks in a few granularities."""

    def study(self, file, *arguments):
        self.folder = self.root / self._testMethodName
        return espalier("study", "granularity", file, "--folder", self.folder, "--seconds", 0.01, *arguments, timeout=600)

    def model(self):
        return self.run_folder / "tickets" / "level-00-replicate-0.onnx"

    def test_of_a_file(self):
        result = self.study(self.model(), "--granularities", "4x1,2:4", "--sparsities", "0.8,0.9", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        out = json.loads(result.stdout)
        self.assertEqual([(cell["granularity"], cell["asked"]) for cell in out["cells"]],
                         [("4x1", 0.8), ("4x1", 0.9), ("2:4", 0.5)])
        self.assertEqual(json.loads((self.folder / "result.json").read_text()), out)
        self.assertIn("frontier", (self.folder / "report.html").read_text())
        again = json.loads(self.study(self.model(), "--granularities", "4x1,2:4", "--sparsities", "0.8,0.9", "--json").stdout)
        self.assertEqual(again, out)

    def test_of_open_sizes(self):
        """Multiply-adds are counted at the sizes that are given."""
        model = open_picture(self.root / "open.onnx")
        result = self.study(model, "--granularities", "4x1", "--sparsities", "0.9", "--shape", "x=1x3x32x32", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertAlmostEqual(json.loads(result.stdout)["cells"][0]["macs_left"], 0.1, delta=0.05)
        without = espalier("study", "granularity", model, "--folder", self.root / "without")
        self.assertEqual(len(without.stderr.splitlines()), 1, without.stderr)
        self.assertNotEqual(without.returncode, 0)

    def test_of_a_recipe(self):
        changes = ["--set", "retrain.mode=fine-tune", "--set", "retrain.steps=10it", "--set", "experiment.replicates=2"]
        result = self.study(self.recipe, *changes, "--granularities", "element,16x1", "--sparsities", "0.8",
                            "--permute", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        out = json.loads(result.stdout)
        self.assertEqual([(cell["granularity"], cell["permuted"]) for cell in out["cells"]],
                         [("element", False), ("16x1", False), ("16x1", True)])
        self.assertEqual(len(out["dense_accuracies"]), 2)
        for cell in out["cells"]:
            self.assertEqual(len(cell["accuracies"]), 2)
            self.assertAlmostEqual(cell["sparsity"], 0.8, delta=0.03)

    def test_refuses(self):
        for arguments, word in ((("--granularities", "4xx"), "4xx"), (("--sparsities", "2"), "out of range"),
                                (("--set", "prune.rate=0.2"), "--set is for a recipe"), (("--run", "x"), "--folder")):
            result = self.study(self.model(), *arguments)
            self.assertNotEqual(result.returncode, 0)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn(word, result.stderr)
        result = espalier("study", "tradeoff", self.recipe, "--permute")
        self.assertIn("--permute is for \"granularity\"", result.stderr)

    def test_permutation(self):
        def pruned(name, *more):
            output = self.root / name
            result = espalier("prune", self.model(), "-o", output, "--granularity", "16x1", "--scope", "layer-wise",
                              "--sparsity", 0.8, "--json", *more)
            self.assertEqual(result.returncode, 0, result.stderr)
            return json.loads(result.stdout), output
        out, file = pruned("permuted.onnx", "--permute")
        order = out["permutation"]
        self.assertTrue(order["applied"])
        self.assertGreater(order["kept_magnitude"], order["kept_magnitude_before"])
        self.assertLess(order["output_difference"], 1e-4)
        self.assertIn("espalier.permutation", json.loads(espalier("inspect", file, "--json").stdout)["metadata"])
        plain, _ = pruned("plain.onnx")
        self.assertIsNone(plain["permutation"])
        self.assertAlmostEqual(plain["left"], out["left"], delta=64)  # by whole groups, of which some are smaller
        text = " ".join(espalier("inspect", file).stdout.split())
        self.assertIn("spmm_f32_panel 4x1, spmv_f32_csr 16x1, in bf16 conv_bf16_groups 16x1 can skip them", text)
        refused = espalier("prune", self.model(), "-o", file, "--permute", "--sparsity", 0.8)
        self.assertEqual(len(refused.stderr.splitlines()), 1, refused.stderr)
        self.assertIn("has no groups", refused.stderr)

    def test_what_would_pay(self):
        model = open_picture(self.root / "picture.onnx")
        result = espalier("bench", model, "--shape", "x=1,3,32,32", "--seconds", 0.05, "--would-pay", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        for layer in json.loads(result.stdout)["layers"]:
            if "would_pay" in layer:
                self.assertLess(layer["would_pay"]["us"], layer["would_pay"]["dense_us"])


if __name__ == "__main__":
    unittest.main()

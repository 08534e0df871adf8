#!/usr/bin/env python3
"""Pruning files without data, and by recipes whose criteria need it."""
import json
import unittest

from workspace import Trained, espalier


class Prune(Trained):
    """espalier prune on files without data, and on a recipe."""

    def prune(self, *arguments, model=None):
        model = model or self.run_folder / "tickets" / "level-00-replicate-0.onnx"
        self.output = self.root / f"{self._testMethodName}.onnx"
        return espalier("prune", model, "-o", self.output, *arguments)

    def pruned(self, *arguments):
        result = self.prune("--json", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_exact_sparsity_in_a_file_without_data(self):
        out = self.pruned("--criterion", "magnitude", "--scope", "global", "--sparsity", 0.9)
        self.assertEqual(out["weights"], 266200)
        self.assertEqual(out["left"], 26620)
        inspect = json.loads(espalier("inspect", self.output, "--json").stdout)
        self.assertEqual(inspect["parameters"] - inspect["nonzeros"], 266200 - 26620)

    def test_granularities_and_scopes(self):
        for granularity in ("element", "2:4", "block 4x1", "vector 1x8", "filter", "channel"):
            for scope in ("global", "layer-wise", "erk", "lamp"):
                if granularity == "2:4" and scope != "global":
                    continue
                target = [] if granularity == "2:4" else ["--sparsity", 0.5]
                result = self.prune("--json", "--granularity", granularity, "--scope", scope, *target)
                self.assertEqual(result.returncode, 0, f"{granularity} {scope}: {result.stderr}")

    def test_pruned_stays_pruned(self):
        self.pruned("--sparsity", 0.8)
        first = self.output
        result = espalier("prune", first, "-o", self.root / "twice.onnx", "--sparsity", 0.9, "--json")
        self.assertEqual(json.loads(result.stdout)["left"], 26620)

    def test_one_line_each(self):
        cases = (
            (("--sparsity", 1.0), "sparsity"), (("--sparsity", -0.1), "sparsity"), ((), "target"),
            (("--granularity", "5:4"), "5:4"), (("--granularity", "block 4000x1", "--sparsity", 0.5), "block"),
            (("--scope", "layer-wise", "--sparsity", 0.5, "--layer", "nope=0.5"), "nope"),
            (("--criterion", "gradient", "--sparsity", 0.5), "needs the gradient"),
            (("--criterion", "magnitud", "--sparsity", 0.5), "did you mean \"magnitude\"?"),
            (("--sparsity", 0.5, "--layer", "fc1.weight"), "NAME=SPARSITY"),
        )
        for arguments, word in cases:
            result = self.prune(*arguments)
            self.fails(result, 2, word)
            self.assertFalse(self.output.exists())

    def test_recipe_with_criteria_that_need_data(self):
        for criterion in ("gradient", "taylor", "snip", "grasp", "fisher", "wanda", "synflow", "magnitude-increase"):
            recipe = self.root / f"{criterion}.toml"
            recipe.write_text(self.recipe.read_text()
                              .replace("[prune]", f"[prune]\ncriterion = \"{criterion}\"\nsignal_batches = 2")
                              .replace("rounds = 2", "rounds = 1").replace("replicates = 2", "replicates = 1")
                              .replace("control_levels = [2]", "control_levels = []").replace("\"3ep\"", "\"1ep\""))
            result = espalier("prune", recipe, "--run", self.root / criterion, "--json")
            self.assertEqual(result.returncode, 0, f"{criterion}: {result.stderr}")
            stages = json.loads(result.stdout)["stages"]
            self.assertEqual([stage["arm"] for stage in stages], ["ticket", "ticket"])


if __name__ == "__main__":
    unittest.main()

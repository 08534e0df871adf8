#!/usr/bin/env python3
"""An experiment with a network of convolutions: its tickets are measured, and the verbs take them."""
import json
import unittest

from workspace import Workspace, espalier

MODEL = """
[model]
network = "lenet-5"
"""


class Convolutions(Workspace):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        text = cls.recipe.read_text().replace("replicates = 2", "replicates = 1").replace("rounds = 2", "rounds = 1")
        text = text.replace('controls = ["reinitialize", "random-mask"]\ncontrol_levels = [2]', "controls = []")
        cls.recipe.write_text(MODEL + text)
        cls.run_folder = cls.root / "run"
        cls.result = espalier("ticket", cls.recipe, "--run", cls.run_folder, "--json")
        cls.ticket = cls.run_folder / "tickets" / "level-01-replicate-0.onnx"

    def test_ticket_measures_every_ticket(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        latencies = json.loads(self.result.stdout)["latencies"]
        self.assertEqual(sorted(latency["level"] for latency in latencies), [0, 1])
        for latency in latencies:
            self.assertGreater(latency["median_ms"], 0)
            self.assertRegex(latency["kernels"], r"conv1 (dense \(oneDNN\)|conv_f32_panel)")

    def test_bench(self):
        result = espalier("bench", self.ticket, "--batch", 8, "--threads", 1, "--seconds", 0.2, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        bench = json.loads(result.stdout)
        self.assertGreater(bench["speedup"], 0)
        layers = {layer["node"]: layer for layer in bench["layers"]}
        self.assertRegex(layers["conv1"]["kernel"], r"^(dense \(oneDNN\)|conv_f32_panel)")
        self.assertLess(layers["conv2"]["weights_left"], 0.9)

    def test_inspect(self):
        result = espalier("inspect", self.ticket)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("conv1", result.stdout)

    def test_run_agrees_with_the_trainer(self):
        run = espalier("run", self.ticket, "--dataset", "fashion-mnist", "--data-path", self.root / "data", "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        stages = json.loads(self.result.stdout)["stages"]
        trained = next(s for s in stages if s["arm"] == "ticket" and s["level"] == 1)
        self.assertAlmostEqual(json.loads(run.stdout)["accuracy"], trained["test_accuracy"], places=9)


if __name__ == "__main__":
    unittest.main()

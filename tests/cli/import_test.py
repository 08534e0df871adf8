#!/usr/bin/env python3
"""A trained network that comes as an ONNX file: pruned and retrained with and without labels, parts of it frozen."""
import contextlib
import json
import sqlite3
import unittest

from workspace import Trained, espalier

TEXT = """
[model]
onnx = "{model}"
[data]
dataset = "fashion-mnist"
path = "{data}"
validation = 100
[train]
steps = "0it"
batch_size = 50
schedule = "linear"
freeze = ["fc1.bias"]
optimizer = {{name = "sgd", learning_rate = 0.05, momentum = 0.9}}
{train}
[prune]
scope = "global"
rounds = 2
sparsity = 0.8
[retrain]
mode = "fine-tune"
steps = "30it"
[experiment]
replicates = 1
controls = ["reinitialize"]
control_levels = [2]
evaluate_every = "10it"
"""


class Import(Trained):
    def prune(self, name, train="", verb="ticket", more=(), **changes):
        recipe = self.root / f"{name}.toml"
        model = self.run_folder / "tickets" / "level-00-replicate-0.onnx"
        recipe.write_text(TEXT.format(model=model, data=self.root / "data", train=train))
        words = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
        return espalier(verb, recipe, "--run", self.root / name, *words, *more, "--json")

    def test_pruned_to_80_percent_and_retrained(self):
        result = self.prune("labels")
        self.assertEqual(result.returncode, 0, result.stderr)
        stages = {(s["arm"], s["level"]): s for s in json.loads(result.stdout)["stages"]}
        dense, pruned = stages["ticket", 0], stages["ticket", 2]
        original = json.loads(espalier("ticket", self.recipe, "--run", self.run_folder, "--json").stdout)["stages"]
        trained = next(s for s in original if s["arm"] == "ticket" and s["level"] == 0 and s["replicate"] == 0)
        self.assertEqual(dense["test_accuracy"], trained["test_accuracy"])  # nothing was trained
        self.assertEqual(pruned["weights_left"], 53240)  # a fifth of 266,200
        self.assertGreater(pruned["test_accuracy"], dense["test_accuracy"] - 0.05)
        self.assertLess(stages["reinitialize", 2]["test_accuracy"], 0.6)  # 30 steps from fresh weights
        models = [self.run_folder / "tickets" / "level-00-replicate-0.onnx",
                  self.root / "labels" / "tickets" / "level-02-replicate-0.onnx"]
        layers = [{layer["node"]: layer for layer in json.loads(espalier("inspect", model, "--json").stdout)["layers"]}
                  for model in models]
        self.assertEqual(layers[0].keys(), layers[1].keys())

    def test_itself_as_teacher(self):
        result = self.prune("itself", 'loss = "distillation"\nteacher = "itself"\nmix = 1.0\n')
        self.assertEqual(result.returncode, 0, result.stderr)
        stages = {(s["arm"], s["level"]): s for s in json.loads(result.stdout)["stages"]}
        self.assertGreater(stages["ticket", 2]["test_accuracy"], stages["ticket", 0]["test_accuracy"] - 0.05)

    def test_what_it_cost_and_gained(self):
        written = self.root / "written.onnx"
        metrics = {"experiment.metrics": '["top-5", "agreement"]'}
        result = self.prune("outcome", verb="prune", more=("-o", written, "--without-pass", "identity"), **metrics)
        self.assertEqual(result.returncode, 0, result.stderr)
        out = json.loads(result.stdout)
        before, after = out["outcome"]["before"], out["outcome"]["after"]
        self.assertEqual((before["weights"], after["weights"], after["level"]), (266200, 53240, 2))
        self.assertEqual((before["macs"], after["macs"]), (266200, 53240))
        self.assertEqual(before["metrics"]["agreement"], 1)
        self.assertGreater(after["metrics"]["agreement"], 0.9)
        self.assertGreaterEqual(after["metrics"]["top-5"], after["test_accuracy"])
        stage = next(s for s in out["stages"] if s["level"] == 2)
        self.assertEqual(stage["metrics"]["agreement"]["test"], after["metrics"]["agreement"])
        for one in (before, after):
            self.assertGreater(one["median_ms"], 0)
            self.assertGreater(one["file_bytes"], 4 * 266200)
        self.assertEqual(out["output"]["file_bytes"], written.stat().st_size)
        self.assertEqual([p["name"] for p in out["output"]["passes"]], ["dropout", "constants", "batch-norm", "unread"])
        same = espalier("run", written, "--dataset", "fashion-mnist", "--data-path", self.root / "data", "--json")
        self.assertEqual(json.loads(same.stdout)["accuracy"], after["test_accuracy"], same.stderr)

        text = espalier("prune", self.root / "outcome.toml", "--run", self.root / "outcome", "-o", written,
                        *[w for k, v in metrics.items() for w in ("--set", f"{k}={v}")]).stdout
        for words in ("test accuracy", "agreement", "53,240", "MACs", "file", "latency, batch 128, threads 1", "output: "):
            self.assertIn(words, text)
        self.assertIn("agreement %", (self.root / "outcome" / "report.html").read_text())

    def test_a_run_of_before_there_were_metrics_goes_on(self):
        """A field that is added later, at its default, makes no other recipe of an old one."""
        self.assertEqual(self.prune("older").returncode, 0)
        with contextlib.closing(sqlite3.connect(self.root / "older" / "run.sqlite")) as store, store:
            text = store.execute("SELECT recipe FROM run").fetchone()[0]
            self.assertIn("metrics = []\n", text)
            store.execute("UPDATE run SET recipe = ?", (text.replace("metrics = []\n", ""),))
        again = self.prune("older")
        self.assertEqual(again.returncode, 0, again.stderr)
        more = self.prune("older", **{"experiment.metrics": '["top-5"]'})
        self.assertEqual(more.returncode, 0, more.stderr)
        self.assertIn("only what is new is trained", more.stderr)

    def test_what_does_not_fit(self):
        self.fails(self.prune("pass", verb="prune", more=("--without-pass", "batchnorm")), 2, 'did you mean "batch-norm"?')
        self.fails(self.prune("metric", **{"experiment.metrics": '["top5"]'}), 2, 'did you mean "top-5"?', "espalier list metrics")
        self.fails(self.prune("typo", **{"train.freeze": '["fc9*"]'}), 2, "train.freeze", "fc9*")
        self.fails(self.prune("kept", **{"prune.keep": '["fc9*"]'}), 2, "prune.keep", "fc9*")
        self.fails(self.prune("gone", **{"model.onnx": "nowhere.onnx"}), 1, "nowhere.onnx")
        self.fails(self.prune("images", **{"data.dataset": "cifar-10", "data.path": str(self.cifar()), "data.validation": 4, "train.batch_size": 4}),
                   2, "model.onnx",
                   "its input is", "Nx3x32x32")
        recipe = self.root / "steps.toml"
        recipe.write_text('[train]\nsteps = "0it"\n')
        self.fails(espalier("train", recipe), 2, "steps.toml:2", "only model.onnx may be trained already")

    def cifar(self):
        from networks_test import make_cifar
        folder = self.root / "cifar"
        if not folder.exists():
            make_cifar(folder)
        return folder


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""The figures that training and pruning promise on Fashion-MNIST, from the recipes that people run: about ten minutes.

    training_test.py ESPALIER RECIPES [RUNS]      RUNS: a folder where runs are kept, and gone on with"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ESPALIER, RECIPES = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
RUNS = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else pathlib.Path(tempfile.mkdtemp())
del sys.argv[1:]


def run(verb, recipe, name, *more):
    """{arm: [(share pruned, mean test accuracy)] by level}, both in per cent."""
    result = subprocess.run([ESPALIER, *verb, RECIPES / recipe, "--run", RUNS / name, *more, "--json"], capture_output=True,
                            text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(result.stderr)
    arms = {}
    for stage in json.loads(result.stdout)["stages"]:
        arms.setdefault(stage["arm"], {}).setdefault(stage["level"], []).append(stage)
    return {arm: [(100 - 100 * stages[0]["weights_left"] / stages[0]["weights"],
                   100 * sum(s["test_accuracy"] for s in stages) / len(stages)) for _, stages in sorted(levels.items())]
            for arm, levels in arms.items()}


class Training(unittest.TestCase):
    def test_multilayer_perceptron(self):
        arms = run(["ticket"], "networks/mlp-512-512-512.toml", "mlp")
        dense = arms["ticket"][0][1]
        for pruned, accuracy in arms["ticket"]:
            if pruned <= 92:
                self.assertGreaterEqual(accuracy, dense - 1, f"retrained at {pruned:.1f} %")
        self.assertGreaterEqual(arms["ticket"][-1][0], 93.7)
        self.assertGreaterEqual(arms["ticket"][-1][1], 87.4)
        for pruned, accuracy in arms["no-retraining"]:
            if pruned <= 47:
                self.assertGreaterEqual(accuracy, dense - 1.5, f"not retrained at {pruned:.1f} %")
            if pruned >= 87:
                self.assertLessEqual(accuracy, dense - 12, f"not retrained at {pruned:.1f} %")

    def test_twelve_times_fewer_weights(self):
        levels = run(["ticket"], "lenet-300-100-12x.toml", "l12b")["ticket"]
        self.assertGreaterEqual(levels[-1][0], 100 - 100 / 12 - 0.1)
        self.assertGreaterEqual(levels[-1][1], levels[0][1] - 0.2)

    def test_lenet_5(self):
        levels = run(["train"], "lenet-5.toml", "lenet5", "--set", "experiment.replicates=2")["ticket"]
        self.assertGreaterEqual(levels[0][1], 91.5)

    def test_tradeoff(self):
        arms = run(["study", "tradeoff"], "tradeoff.toml", "tradeoff")
        loss = {arm: [(pruned, levels[0][1] - accuracy) for pruned, accuracy in levels] for arm, levels in arms.items()}

        def mean(arm, least, most):
            chosen = [lost for pruned, lost in loss[arm] if least <= pruned <= most]
            return sum(chosen) / len(chosen)

        self.assertLess(mean("l1-no-retraining", 80, 90), mean("l2-no-retraining", 80, 90))
        self.assertLess(mean("l2-retrained", 50, 98), mean("l1-retrained", 50, 98) + 0.2)
        for arm in ("l1-retrained", "l2-retrained", "l1-no-retraining", "l2-no-retraining"):
            self.assertLess(mean("ticket", 80, 98), mean(arm, 80, 98))


if __name__ == "__main__":
    unittest.main()

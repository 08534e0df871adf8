#!/usr/bin/env python3
"""A network trained elsewhere, by tools/train_elsewhere.py in PyTorch, pruned to 80 % and retrained by recipes/imported.toml:
with labels, by its own outputs, and from an export for one image at a time. Five to ten minutes.

    imported_test.py ESPALIER SOURCE [FOLDER]      FOLDER: where networks and runs are kept, and gone on with

Skipped without a Python that has torch ($ESPALIER_TORCH_PYTHON, /usr/bin/python3 or python3). Outputs are held against ONNX Runtime where a Python has it
($ESPALIER_ONNXRUNTIME_PYTHON, python3)."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ESPALIER, SOURCE = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
FOLDER = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()).resolve()
del sys.argv[1:]


def python_with(module, *candidates):
    """The first of these Pythons that has the module; None if none has."""
    for python in filter(None, candidates):
        try:
            if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
                return python
        except FileNotFoundError:
            continue
    return None


TORCH = python_with("torch", os.environ.get("ESPALIER_TORCH_PYTHON"), "/usr/bin/python3", "python3")
ONNXRUNTIME = python_with("onnxruntime", os.environ.get("ESPALIER_ONNXRUNTIME_PYTHON"), "python3")


@unittest.skipIf(TORCH is None, "no Python here has torch (Debian: python3-torch): there is nothing to train a network elsewhere with")
class Imported(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        FOLDER.mkdir(parents=True, exist_ok=True)
        cls.model = cls.trained("elsewhere.onnx")

    @classmethod
    def trained(cls, name, *options):
        model = FOLDER / name
        if not model.exists():
            subprocess.run([TORCH, SOURCE / "tools" / "train_elsewhere.py", model, *options], check=True)
        return model

    def prune(self, name, *changes, model=None):
        words = [word for change in (f"model.onnx={model or self.model}", *changes) for word in ("--set", change)]
        output = FOLDER / f"{name}.onnx"
        result = subprocess.run([ESPALIER, "prune", SOURCE / "recipes" / "imported.toml", "--run", FOLDER / name, "-o", output,
                                 *words, "--json"], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        outcome = json.loads(result.stdout)["outcome"]
        before, after = outcome["before"], outcome["after"]
        print(f"{name}: {json.dumps(outcome)}", file=sys.stderr)
        self.assertLessEqual(after["weights"], 0.2 * before["weights"] + 1)
        self.assertGreater(after["median_ms"], 0)
        if ONNXRUNTIME is None:
            print("no Python here has onnxruntime: what was written is not held against it", file=sys.stderr)
        else:
            subprocess.run([ONNXRUNTIME, SOURCE / "tools" / "check_against_onnxruntime.py", ESPALIER, output, FOLDER / name / "tickets" / "level-02-replicate-0.onnx",
                            "--tolerance", "1e-4"], check=True)
        return before, after

    def test_with_labels(self):
        before, after = self.prune("labels")
        self.assertGreater(before["test_accuracy"], 0.9)
        self.assertEqual(before["metrics"]["agreement"], 1)
        self.assertGreaterEqual(after["test_accuracy"], before["test_accuracy"] - 0.01)

    def test_by_its_own_outputs(self):
        before, after = self.prune("itself", "train.loss=distillation", "train.teacher=itself", "train.mix=1.0")
        self.assertGreaterEqual(after["test_accuracy"], before["test_accuracy"] - 0.01)

    def test_exported_for_one_image_at_a_time(self):
        before, after = self.prune("fixed", model=self.trained("fixed.onnx", "--epochs", "1", "--fixed-batch"))
        self.assertGreaterEqual(after["test_accuracy"], before["test_accuracy"] - 0.01)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Every network that has a recipe trains for 100 steps on small data in the real formats, is stopped in the middle,
goes on, and is exported to ONNX."""
import json
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from workspace import ESPALIER, espalier, make_dataset

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "recipes"
STEPS = 100


def make_cifar(folder):
    """CIFAR-10 in its binary format: a label and 3 x 1024 bytes an image."""
    folder.mkdir(parents=True)
    rng = random.Random(2)
    for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
        records = bytearray()
        for _ in range(8):
            label = rng.randrange(10)
            records += bytes([label]) + bytes(v // 2 + (120 if k % 10 == label else 0)
                                              for k, v in enumerate(rng.randbytes(3 * 1024)))
        (folder / name).write_bytes(records)


def choices(recipe, root):
    """The recipe's own settings but for what makes it long."""
    text = recipe.read_text()
    data = root / ("cifar" if 'dataset = "cifar-10"' in text else "grey")
    settings = {"train.steps": f"{STEPS}it", "train.batch_size": 2, "bench.batch": 2, "data.path": str(data), "data.validation": 4,
                "experiment.evaluate_every": "40it", "experiment.replicates": 1, "retrain.to": "0it", "prune.at": "0it"}
    if "warmup" in text:
        settings["train.warmup"] = "5it"
    if "milestones" in text:
        settings["train.milestones"] = f'["{STEPS // 2}it", "{STEPS * 3 // 4}it"]'
    if "stability =" in text:
        settings["experiment.stability"] = "[]"
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


class Networks(unittest.TestCase):
    def check(self, recipe, root):
        run = root / recipe.stem
        arguments = ["train", recipe, "--run", run, "--jobs", "1", *choices(recipe, root)]
        process = subprocess.Popen([ESPALIER, *map(str, arguments), "--checkpoint-seconds", "0.2"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not list(run.glob("stages/*/checkpoint.safetensors")):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=600)
        if process.returncode != 0:  # a small network may have ended before
            self.assertIn("the same command goes on from there", error)
        result = espalier(*arguments, "--json", timeout=600)
        self.assertEqual(result.returncode, 0, result.stderr)
        stage = json.loads(result.stdout)["stages"][0]
        ticket = run / "tickets" / "level-00-replicate-0.onnx"
        again = espalier("run", ticket, "--dataset", "cifar-10" if "cifar" in str(arguments) else "fashion-mnist",
                         "--data-path", root / ("cifar" if "cifar" in str(arguments) else "grey"), "--json", timeout=600)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertAlmostEqual(json.loads(again.stdout)["accuracy"], stage["test_accuracy"], places=9)

    def test_every_recipe(self):
        recipes = sorted(RECIPES.glob("networks/*.toml")) + sorted(RECIPES.glob("lottery/*.toml"))
        recipes = [recipe for recipe in recipes if not recipe.stem.endswith("-small")]
        self.assertGreaterEqual(len(recipes), 17)
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
            root = pathlib.Path(folder)
            make_cifar(root / "cifar")
            make_dataset(root / "grey", train=46, test=10)
            for recipe, done in [(recipe, pool.submit(self.check, recipe, root)) for recipe in recipes]:
                with self.subTest(recipe=recipe.stem):
                    done.result()


if __name__ == "__main__":
    unittest.main()

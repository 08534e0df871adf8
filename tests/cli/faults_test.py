#!/usr/bin/env python3
"""A run that is killed before and after every durable write, and goes on: the same bytes and records as without.

The points are not listed here: a whole run tells all that it passes (src/base/fault.h)."""
import os
import shutil
import sqlite3
import time
import unittest

from workspace import Workspace, espalier, tickets

RECIPE = """
[data]
dataset = "fashion-mnist"
path = "{data}"
validation = 100
test = 100
[train]
steps = "1ep"
batch_size = 50
[prune]
rounds = 2
rate = 0.6
floor = 900
[retrain]
to = "2it"
[experiment]
replicates = 1
controls = ["random-mask"]
control_levels = [2]
stability = ["0it"]
stability_levels = [1]
stability_points = 3
stability_examples = 50
evaluate_every = "6it"
metrics = ["top-5"]
[bench]
batch = 16
[arms.one-shot]
prune.one_shot = true
"""
LONGER = ["--set", "experiment.replicates=2", "--set", 'experiment.metrics=["top-5", "top-1"]',
          "--set", "bench.batch=8"]
# What two runs share of each table; times are their own.
QUERIES = [
    "SELECT hash, parent, arm, level, replicate, first_step, last_step, best_step, best_validation_loss, "
    "best_test_accuracy, validation_accuracy, test_accuracy, train_accuracy FROM stages ORDER BY arm, level, replicate",
    "SELECT * FROM layers ORDER BY stage, position",
    "SELECT * FROM evaluations ORDER BY stage, position",
    "SELECT * FROM stabilities ORDER BY level, replicate, step, position",
    "SELECT * FROM metrics ORDER BY stage, position",
    "SELECT level, replicate, batch, threads, file_bytes, test_accuracy FROM latencies ORDER BY 1, 2, 3, 4",
    "SELECT key, value FROM facts WHERE key LIKE 'note %' ORDER BY key",
    "SELECT recipe FROM run",
]


def records(run):
    database = sqlite3.connect(run / "run.sqlite")
    try:
        return [database.execute(query).fetchall() for query in QUERIES]
    finally:
        database.close()


def ticket(recipe, run, *arguments, **environment):
    return espalier("ticket", recipe, "--run", run, "--jobs", 1, "--checkpoint-seconds", 0, *arguments,
                    env={**os.environ, **environment}, timeout=300)


class Faults(Workspace):
    def setUp(self):
        self.small = self.root / "faults.toml"
        self.small.write_text(RECIPE.format(data=self.root / "data"))

    def points(self, run, *arguments):
        """Every point of a run, in the order in which they are first passed."""
        log = self.root / "log"
        log.unlink(missing_ok=True)
        result = ticket(self.small, run, *arguments, ESPALIER_FAULT_LOG=str(log))
        self.assertEqual(result.returncode, 0, result.stderr)
        return list(dict.fromkeys(log.read_text().splitlines()))

    def same(self, run, whole):
        self.assertEqual(tickets(run), tickets(whole))
        for mine, theirs in zip(records(run), records(whole)):
            self.assertEqual(mine, theirs)
        self.assertEqual((run / "recipe.toml").read_text(), (whole / "recipe.toml").read_text())
        self.assertTrue((run / "report.html").exists())
        self.assertEqual([f for f in run.rglob(".*") if f.is_file()], [])

    def killed_at(self, point, run, *arguments):
        """Whether the run was killed there; False if it ended without passing the point."""
        result = ticket(self.small, run, *arguments, ESPALIER_FAULT=point)
        if result.returncode == 0:
            return False
        self.assertTrue(result.returncode == -9 or "killed by signal 9" in result.stderr, point + result.stderr)
        time.sleep(0.2)  # the kernel ends the children
        return True

    def kill_at_all(self, points, whole, begin, *arguments):
        """One run is killed at point after point; when it is at its end, another begins at the point it had passed."""
        count = 0
        run = begin(count)
        for point in points:
            if self.killed_at(point, run, *arguments):
                continue
            self.same(run, whole)
            count += 1
            run = begin(count)
            self.assertTrue(self.killed_at(point, run, *arguments), f"{point} is not passed")
        result = ticket(self.small, run, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.same(run, whole)

    def test_killed_around_every_write(self):
        whole = self.root / "whole"
        points = self.points(whole)
        for name in ("checkpoint.safetensors", "weights.safetensors", "masks.safetensors", "report.html",
                     "recipe.toml", "level-02-replicate-0.onnx", "copy-1.safetensors", "line.safetensors"):
            self.assertIn(f"rename:{name}", points)
            self.assertIn(f"renamed:{name}", points)
        for what in ("run", "fact", "stage", "stability", "latency"):
            self.assertIn(f"commit:{what}", points)
            self.assertIn(f"committed:{what}", points)
        self.kill_at_all(points, whole, lambda count: self.root / f"killed-{count}")

        longer = self.root / "longer"
        shutil.copytree(whole, longer)
        new = [point for point in self.points(longer, *LONGER) if point not in points]
        for point in ("commit:recipe", "committed:recipe", "commit:amendment", "committed:amendment"):
            self.assertIn(point, new)

        def begin(count):
            run = self.root / f"extended-{count}"
            shutil.copytree(whole, run)
            return run

        self.kill_at_all(new, longer, begin, *LONGER)


if __name__ == "__main__":
    unittest.main()

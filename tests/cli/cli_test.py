#!/usr/bin/env python3
"""The program as a user meets it: a small experiment on IDX files made on the spot, help, errors, resuming.

usage: cli_test.py ESPALIER [unittest arguments]"""
import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ESPALIER = pathlib.Path(sys.argv[1]).resolve() if __name__ == "__main__" else None
TRAINER = ESPALIER.with_name("espalier-train") if ESPALIER else None

RECIPE = """
[data]
dataset = "fashion-mnist"
path = "{data}"
validation = 100
[train]
steps = "3ep"
batch_size = 50
[prune]
rounds = 2
rate = 0.6
[retrain]
to = "5it"
[experiment]
replicates = 2
controls = ["reinitialize", "random-mask"]
control_levels = [2]
evaluate_every = "10it"
[bench]
batch = 16
"""


def write_idx(path, dims, data):
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(struct.pack(f">BBBB{len(dims)}I", 0, 0, 8, len(dims), *dims) + bytes(data))


def make_dataset(folder, train=700, test=200):
    """28x28 images whose bright rows tell the class."""
    folder.mkdir(parents=True)
    rng = random.Random(1)
    for part, count in (("train", train), ("t10k", test)):
        labels = [rng.randrange(10) for _ in range(count)]
        images = bytearray()
        for label in labels:
            noise = rng.randbytes(28 * 28)
            images += bytes(v // 2 + (120 if (i // 28) % 10 == label else 0) for i, v in enumerate(noise))
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", (count, 28, 28), images)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", (count,), labels)


def espalier(*arguments, cwd=None, **options):
    return subprocess.run([ESPALIER, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120, **options)


def tickets(run):
    """name -> hash of every ticket and every stage's tensors."""
    files = sorted(run.glob("tickets/*.onnx")) + sorted(run.glob("stages/*/*.safetensors"))
    return {str(f.relative_to(run)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


class Workspace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temporary.name)
        make_dataset(cls.root / "data")
        cls.recipe = cls.root / "small.toml"
        cls.recipe.write_text(RECIPE.format(data=cls.root / "data"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def fails(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        lines = [line for line in result.stderr.splitlines() if line]
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])


class Trained(Workspace):
    """A workspace with a finished run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_folder = cls.root / "run"
        cls.result = espalier("ticket", cls.recipe, "--run", cls.run_folder, "--jobs", 2)


class Experiment(Trained):

    def test_ticket_succeeds_and_leaves_a_run(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        self.assertIn("random-mask", self.result.stdout.lower().replace(" ", "-"))
        self.assertTrue((self.run_folder / "report.html").stat().st_size > 100_000)
        self.assertEqual(len(list(self.run_folder.glob("tickets/*.onnx"))), 6)
        self.assertIn("[prune]", (self.run_folder / "recipe.toml").read_text())
        left_over = [f for f in self.run_folder.rglob(".*") if f.is_file()]
        self.assertEqual(left_over, [])

    def test_again_does_nothing_new(self):
        before = tickets(self.run_folder)
        start = time.monotonic()
        result = espalier("ticket", self.recipe, "--run", self.run_folder, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(tickets(self.run_folder), before)
        self.assertEqual(len(json.loads(result.stdout)["stages"]), 10)

    def start(self, run, **options):
        return subprocess.Popen([ESPALIER, "ticket", self.recipe, "--run", run, "--jobs", "1"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                **options)

    def wait_for_stages(self, process, run, count):
        """Until `count` stages have left their weights; the run is then in the middle of the next one."""
        deadline = time.monotonic() + 60
        while len(list(run.glob("stages/*/masks.safetensors"))) < count:
            self.assertIsNone(process.poll(), "the run ended too soon")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_same_bytes_with_one_job_and_after_kills(self):
        other = self.root / "killed"
        for count, kill in ((1, os.killpg), (3, os.kill), (6, os.killpg)):  # the whole group, or the front alone
            process = self.start(other)
            self.wait_for_stages(process, other, count)
            kill(process.pid, signal.SIGKILL)
            process.communicate()
            self.assertLess(len(list(other.glob("stages/*/masks.safetensors"))), 10, "nothing was left to do")
            time.sleep(0.3)  # the kernel ends the children
        result = espalier("ticket", self.recipe, "--run", other, "--jobs", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(tickets(other), tickets(self.run_folder))
        self.assertEqual([f for f in other.rglob(".*") if f.is_file()], [])

    def test_two_processes_on_one_run(self):
        other = self.root / "twice"
        process = self.start(other)
        self.wait_for_stages(process, other, 1)
        os.killpg(process.pid, signal.SIGSTOP)  # or it might end before the second asks for the lock
        self.fails_last(espalier("ticket", self.recipe, "--run", other), 1, "another process works on this run")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def test_terminating_the_front_alone(self):
        other = self.root / "terminated"
        process = self.start(other)
        self.wait_for_stages(process, other, 1)
        process.terminate()
        _, error = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1, error)
        self.assertIn("the same command goes on from there", error)

    def test_interrupt_says_how_to_go_on(self):
        other = self.root / "interrupted"
        process = self.start(other)
        self.wait_for_stages(process, other, 1)
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1, error)
        self.assertIn("the same command goes on from there", error)

    def test_runtime_agrees_with_the_trainer(self):
        result = json.loads(espalier("ticket", self.recipe, "--run", self.run_folder, "--json").stdout)
        for stage in result["stages"]:
            if stage["arm"] != "ticket":
                continue
            path = self.run_folder / "tickets" / f"level-{stage['level']:02}-replicate-{stage['replicate']}.onnx"
            run = espalier("run", path, "--dataset", "fashion-mnist", "--data-path", self.root / "data", "--json",
                           "--output", self.root / "logits.npy")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertAlmostEqual(json.loads(run.stdout)["accuracy"], stage["test_accuracy"], places=9)
        self.assertEqual((self.root / "logits.npy").stat().st_size, 128 + 200 * 10 * 4)

    def test_bench_and_inspect(self):
        path = self.run_folder / "tickets" / "level-02-replicate-0.onnx"
        bench = json.loads(espalier("bench", path, "--batch", 16, "--threads", 1, "--seconds", 0.2, "--json").stdout)
        for key in ("median_ms", "dense_median_ms", "speedup"):
            self.assertGreater(bench[key], 0)
        self.assertTrue(all(layer["kernel"] and layer["why"] for layer in bench["layers"]))
        inspect = json.loads(espalier("inspect", path, "--json").stdout)
        self.assertEqual(inspect["parameters"], 266610)
        self.assertLess(inspect["nonzeros"], 50000)
        text = espalier("inspect", path).stdout
        self.assertIn("fc1", text)

    def test_report_again(self):
        result = espalier("report", self.run_folder, "-o", self.root / "again.html")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.root / "again.html").exists())

    def test_another_recipe_in_the_same_folder(self):
        other = self.root / "other.toml"
        other.write_text(self.recipe.read_text().replace("rate = 0.6", "rate = 0.5"))
        self.fails_last(espalier("ticket", other, "--run", self.run_folder), 1, "recipe")

    def fails_last(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr.splitlines()[-1])

    def test_train_trains_only_the_dense_network(self):
        run = self.root / "dense"
        result = espalier("train", self.recipe, "--run", run)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(list(run.glob("stages/*"))), 2)
        dense = {k: v for k, v in tickets(run).items() if "weights" in k}
        self.assertLessEqual(dense.items(), tickets(self.run_folder).items())


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


class Front(unittest.TestCase):
    def test_help_is_quick_and_has_examples(self):
        times = []
        for _ in range(5):
            start = time.monotonic()
            result = espalier("--help")
            times.append(time.monotonic() - start)
        self.assertEqual(result.returncode, 0)
        self.assertLess(min(times), 0.05)
        for verb in ("ticket", "train", "inspect", "run", "bench", "report", "list"):
            self.assertIn(verb, result.stdout)
            self.assertIn(f"espalier {verb}", espalier(verb, "--help").stdout)

    def test_front_does_not_load_libtorch(self):
        libraries = subprocess.run(["ldd", ESPALIER], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("torch", libraries)
        self.assertNotIn("c10", libraries)
        trainer = subprocess.run(["ldd", TRAINER], capture_output=True, text=True, check=True).stdout
        self.assertIn("torch", trainer)

    def test_openmp_spins_only_briefly(self):
        """libgomp shows the settings it was loaded with."""
        clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
        for extra, expected in (({}, "10000"), ({"GOMP_SPINCOUNT": "77"}, "77")):
            shown = espalier("--version", env={**clean, **extra, "OMP_DISPLAY_ENV": "verbose"}).stderr
            self.assertEqual(re.findall(r"GOMP_SPINCOUNT = '(\d+)'", shown)[-1], expected)

    def test_list(self):
        for what, name in (("criteria", "magnitude"), ("networks", "lenet-300-100"), ("optimizers", "adam"),
                           ("controls", "reinitialize"), ("datasets", "fashion-mnist")):
            result = espalier("list", what, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(name, [entry["name"] for entry in json.loads(result.stdout)[what]])
        everything = espalier("list").stdout
        self.assertIn("magnitude", everything)
        self.assertIn("adam", everything)

    def test_usage_errors(self):
        self.assertEqual(espalier().returncode, 2)
        self.assertEqual(espalier("tickets").returncode, 2)
        self.assertEqual(espalier("bench").returncode, 2)
        self.assertEqual(espalier("list", "criterions").returncode, 2)


class BadInput(Workspace):
    def ticket(self, text, **options):
        recipe = self.root / "bad.toml"
        recipe.write_text(text)
        return espalier("ticket", recipe, "--run", self.root / "bad-run", **options)

    def good(self, **changes):
        text = RECIPE.format(data=self.root / "data")
        for old, new in changes.values():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def tearDown(self):
        self.assertFalse((self.root / "bad-run").exists(), "a failed command left a run folder")

    def test_recipe_key_and_value(self):
        self.fails(self.ticket(self.good(a=("rate = 0.6", "rat = 0.6"))), 2, "bad.toml:11:", "did you mean \"prune.rate\"?")
        self.fails(self.ticket(self.good(a=("rate = 0.6", "rate = 1.5"))), 2, "bad.toml:11:", "between 0 and 1")
        self.fails(self.ticket(self.good(a=("[prune]", "[prune]\ncriterion = \"magnitud\""))), 2, "bad.toml:10:",
                   "did you mean \"magnitude\"?", "espalier list criteria")
        self.fails(self.ticket("[prune\n"), 2, "bad.toml:1:")

    def test_what_cannot_work_fails_before_training(self):
        for change, word in ((("[prune]", "[prune]\nunit_norm = \"l3\""), "unit_norm"),
                             (("[prune]", "[prune]\ncriterion = \"movement\""), "movement"),
                             (("[prune]", "[prune]\ngranularity = \"block 4000x1\""), "block"),
                             (("batch_size = 50", "batch_size = 5000"), "600 examples"),
                             (("rounds = 2", "rounds = 3000000000"), "0 to 10,000")):
            self.fails(self.ticket(self.good(a=change)), 2, "bad.toml", word)

    def test_files_that_are_not_files(self):
        self.fails(espalier("ticket", "/dev/stdin", stdin=subprocess.PIPE), 1, "not a regular file")
        self.assertFalse(pathlib.Path("/dev/null").is_file())

    def test_rewind_beyond_training(self):
        self.fails(self.ticket(self.good(a=("to = \"5it\"", "to = \"3ep\""))), 2, "bad.toml:13:", "retrain.to",
                   "not before the end of training")

    def test_missing_recipe(self):
        self.fails(espalier("ticket", self.root / "none.toml"), 1, "none.toml", "No such file")

    def test_missing_data(self):
        self.fails(self.ticket(self.good(a=("/data\"", "/nowhere\""))), 1, "nowhere", "dataset-fashion-mnist")

    def damaged(self, name, damage):
        folder = self.root / f"damaged-{self._testMethodName}"
        if not folder.exists():
            make_dataset(folder, 200, 50)
        file = folder / name
        file.write_bytes(gzip.compress(damage(gzip.decompress(file.read_bytes()))))
        return self.ticket(self.good(a=("/data\"", f"/{folder.name}\"")))

    def test_truncated_data(self):
        self.fails(self.damaged("train-images-idx3-ubyte.gz", lambda b: b[:5000]), 1, "train-images-idx3-ubyte.gz")

    def test_wrong_magic(self):
        self.fails(self.damaged("train-images-idx3-ubyte.gz", lambda b: b"PNG!" + b[4:]), 1, "train-images-idx3-ubyte.gz")

    def test_counts_that_differ(self):
        self.fails(self.damaged("train-labels-idx1-ubyte.gz", lambda b: b[:4] + struct.pack(">I", 150) + b[8:158]), 1,
                   "200", "150")

    def test_unwritable_folder(self):
        recipe = self.root / "good.toml"
        recipe.write_text(self.good())
        result = espalier("ticket", recipe, "--run", "/proc/espalier")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/proc/espalier", result.stderr.splitlines()[-1])

    def test_damaged_onnx(self):
        model = self.root / "model.onnx"
        for content in (b"", b"not a model", b"\x08\x07\x3a\xff\xff\xff\x7f"):
            model.write_bytes(content)
            for verb in ("inspect", "bench"):
                self.fails(espalier(verb, model), 1, "model.onnx")
        self.fails(espalier("inspect", self.root / "none.onnx"), 1, "none.onnx")

    def test_not_a_run(self):
        self.fails(espalier("report", self.root / "data"), 1, "data")


class FullDisk(Workspace):
    def test_full_disk(self):
        """A limit on the size of files stands for a full disk: writing fails in the same place."""
        import resource
        run = self.root / "full"
        result = espalier("ticket", self.recipe, "--run", run,
                          preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                              resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("cannot write", result.stderr)
        self.assertEqual([f for f in run.rglob(".*") if f.is_file()], [])
        again = espalier("ticket", self.recipe, "--run", run)
        self.assertEqual(again.returncode, 0, again.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

#!/usr/bin/env python3
"""Every bad input: one clear line, the right exit code, nothing half-written left."""
import gzip
import pathlib
import resource
import signal
import struct
import subprocess
import unittest

from workspace import RECIPE, Workspace, espalier, make_dataset


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
                             (("[prune]", "[prune]\ncriterion = \"batch-norm-scale\""), "batch normalisation"),
                             (("[prune]", "[prune]\ngranularity = \"block 4x\""), "block"),
                             (("batch_size = 50", "batch_size = 5000"), "600 examples"),
                             (("rounds = 2", "rounds = 3000000000"), "0 to 10,000")):
            self.fails(self.ticket(self.good(a=change)), 2, "bad.toml", word)

    def test_files_that_are_not_files(self):
        self.fails(espalier("ticket", "/dev/stdin", stdin=subprocess.PIPE), 1, "not a regular file")
        self.assertFalse(pathlib.Path("/dev/null").is_file())

    def test_rewind_beyond_training(self):
        self.fails(self.ticket(self.good(a=("to = \"5it\"", "to = \"3ep\""))), 2, "bad.toml:13:", "retrain.to",
                   "not before the end of training")

    def test_options_out_of_range(self):
        self.fails(espalier("prune", "trees.onnx", "--refit", "-1"), 2, "--refit", "not in range 0.000000 on")

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
    unittest.main()

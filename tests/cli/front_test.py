#!/usr/bin/env python3
"""Help, lists, usage errors, and what the front does not load."""
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import unittest

from workspace import ESPALIER, TRAINER, espalier


class Front(unittest.TestCase):
    def test_help_is_quick_and_has_examples(self):
        def processor_time():
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            return usage.ru_utime + usage.ru_stime

        times = []
        for _ in range(15):  # the least, as other programs run beside it and share caches
            start = processor_time()
            result = espalier("--help")
            times.append(processor_time() - start)
        self.assertEqual(result.returncode, 0)
        self.assertLess(min(times), 2 if os.environ.get("ESPALIER_SANITIZED") else 0.05)
        for verb in ("ticket", "train", "inspect", "run", "bench", "report", "list"):
            self.assertIn(verb, result.stdout)
            self.assertIn(f"espalier {verb}", espalier(verb, "--help").stdout)

    def test_front_does_not_load_libtorch(self):
        libraries = subprocess.run(["ldd", ESPALIER], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("torch", libraries)
        self.assertNotIn("libc10", libraries)  # not "c10", which an address may hold
        trainer = subprocess.run(["ldd", TRAINER], capture_output=True, text=True, check=True).stdout
        self.assertIn("torch", trainer)

    def test_openmp_spins_only_briefly(self):
        """libgomp shows the settings it was loaded with."""
        clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
        for extra, expected in (({}, "10000"), ({"GOMP_SPINCOUNT": "77"}, "77")):
            shown = espalier("--version", env={**clean, **extra, "OMP_DISPLAY_ENV": "verbose"}).stderr
            self.assertEqual(re.findall(r"GOMP_SPINCOUNT = '(\d+)'", shown)[-1], expected)

    def test_matrix_products_use_what_the_processor_can(self):
        """OpenBLAS shows the kernels it has taken each time it is loaded; on a processor that it does not know they were
        those of 2004."""
        clean = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}

        def kernels(**extra):
            shown = subprocess.run([TRAINER, "list", "optimizers"], capture_output=True, text=True, check=True,
                                   env={**clean, **extra, "OPENBLAS_VERBOSE": "2"})
            return re.findall(r"Core: (\w+)", shown.stdout + shown.stderr)

        if not kernels():
            self.skipTest("the BLAS here is not OpenBLAS")
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            if " avx2 " in file.read():
                self.assertNotIn(kernels()[-1], ("Prescott", "Core2", "Nehalem"))
        self.assertEqual(kernels(OPENBLAS_CORETYPE="Nehalem")[-1], "Nehalem")

    def test_list(self):
        for what, name in (("criteria", "magnitude"), ("networks", "lenet-300-100"), ("optimizers", "adam"),
                           ("controls", "reinitialize"), ("datasets", "fashion-mnist"), ("datasets", "cifar-10"),
                           ("datasets", "cifar-100"), ("datasets", "image-folder"), ("datasets", "npz")):
            result = espalier("list", what, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(name, [entry["name"] for entry in json.loads(result.stdout)[what]])
        models = espalier("list", "models").stdout
        for name in ("lenet-5", "mlp-<widths>", "resnet-20", "vit-<width>-<depth>"):
            self.assertIn(name, models)
        everything = re.sub(r"\n {10,}", " ", espalier("list").stdout)  # descriptions may take several lines
        for name, mode in (("grasp", "training"), ("gradient", "training"), ("rigl", "training"), ("snip", "evaluation")):
            self.assertRegex(everything, rf"(?m)^  {name} .*\(signals in {mode} mode\)$")
        self.assertIn("magnitude", everything)
        self.assertIn("adam", everything)

    def test_list_as_json_has_all_that_the_text_has(self):
        told = json.loads(espalier("list", "--json").stdout)
        headings = re.findall(r"(?m)^(\S+)$", espalier("list").stdout)
        self.assertEqual(list(told), headings)
        self.assertTrue({"criteria", "reconstructions", "optimizers"} <= set(told), told.keys())
        self.assertLessEqual({"tradeoff", "granularity"}, {study["name"] for study in told["studies"]})
        with tempfile.TemporaryDirectory() as alone:
            program = shutil.copy(ESPALIER, alone)
            done = subprocess.run([program, "list", "--json"], capture_output=True, text=True, check=True,
                                  env={**os.environ, "PATH": ""})
        self.assertEqual(set(told) - set(json.loads(done.stdout)),
                         {"optimizers", "losses", "metrics", "regularizers", "learning_rates", "trained_operators", "controls",
                          "retraining", "studies"})

    def test_usage_errors(self):
        for arguments, words in (((), "expected a verb, one of"), (("tickets",), 'verb "tickets" is not known; did you mean "ticket"?'),
                                 (("bench",), "model is required (espalier bench --help)"),
                                 (("bench", "x.onnx", "--batch", "0"), "--batch: "),
                                 (("prune", "x.onnx", "-o", "y.onnx", "--sparsity", "0.5", "--macs", "0.5"), "give one of them"),
                                 (("ticket", "x.onnx"), 'name it there: model.onnx = "x.onnx"')):
            result = espalier(*arguments)
            self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)
            self.assertIn(words, result.stderr)
        self.assertEqual(espalier("list", "criterions").returncode, 2)


if __name__ == "__main__":
    unittest.main()

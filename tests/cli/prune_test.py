#!/usr/bin/env python3
"""Pruning files without data, and by recipes whose criteria need it."""
import json
import unittest

from onnx_file import long_names, open_gate, open_picture
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

    def test_compressed_files_are_written_and_read(self):
        out = self.pruned("--sparsity", 0.95)
        packed = self.output.with_suffix(".onnx.zst")
        result = espalier("prune", self.output, "--sparsity", 0.95, "-o", packed, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["file_bytes"], packed.stat().st_size)
        self.assertLess(packed.stat().st_size, 0.25 * self.output.stat().st_size)
        self.assertAlmostEqual(packed.stat().st_size / out["zstd_bytes"], 1, delta=0.02)
        for verb in (("inspect", "--json"), ("bench", "--seconds", 0.05)):
            self.assertEqual(espalier(verb[0], packed, *verb[1:]).returncode, 0)
        plain, zipped = (json.loads(espalier("inspect", file, "--json").stdout) for file in (self.output, packed))
        self.assertEqual(plain["nonzeros"], zipped["nonzeros"])
        packed.write_bytes(packed.read_bytes()[:1000])
        cut = espalier("inspect", packed)
        self.assertEqual((cut.returncode, len(cut.stderr.splitlines())), (1, 1), cut.stderr)

    def test_removal_ranks_groups_of_one_shape_unless_told(self):
        usual, alike, of_all = (self.pruned("--remove", "--sparsity", 0.5, *scope)["groups"]
                                for scope in ((), ("--scope", "isomorphic"), ("--scope", "global")))
        self.assertEqual(usual, alike)
        self.assertNotEqual(usual, of_all)

    def test_removal_makes_the_file_smaller(self):
        out = self.pruned("--remove", "--sparsity", 0.5, "--scope", "layer-wise")
        self.assertEqual([group["left"] for group in out["groups"]], [150, 50, 10])  # the last are the outputs
        self.assertLess(out["file_bytes"], 0.5 * out["bytes_before"])
        self.assertLess(out["difference"], 1e-5)
        inspect = json.loads(espalier("inspect", self.output, "--json").stdout)
        self.assertEqual(inspect["parameters"], out["parameters"])
        self.assertEqual(inspect["nonzeros"], out["parameters"])
        text = self.prune("--remove", "--sparsity", 0.5).stdout
        self.assertIn("proved: outputs are those of the network with zeros instead", text)

    def test_removal_to_multiply_adds_and_to_a_time(self):
        out = self.pruned("--remove", "--macs", 0.3, "--scope", "layer-wise")
        self.assertAlmostEqual(out["macs"] / out["macs_before"], 0.3, delta=0.01)
        out = self.pruned("--remove", "--latency", "0.9x", "--batch", 256)
        self.assertLess(out["macs"], out["macs_before"])
        self.assertGreater(out["reached"], 0)

    def test_weights_are_stored_as_halves(self):
        whole = self.pruned("--remove", "--scope", "layer-wise", "--sparsity", 0.5)
        half = self.pruned("--remove", "--scope", "layer-wise", "--sparsity", 0.5, "--store", "f16")
        self.assertEqual(half["halves"], 4)  # three matrices, and the bias of 150
        self.assertLess(half["file_bytes"], 0.6 * whole["file_bytes"])
        again = json.loads(espalier("inspect", self.output, "--json").stdout)
        self.assertTrue(again)
        self.assertIn("tensors are stored as f16", self.prune("--sparsity", 0.5, "--store", "f16").stdout)

    def test_widths_in_multiples(self):
        out = self.pruned("--remove", "--sparsity", 0.5, "--round-to", "auto")
        self.assertTrue(any("widths are multiples of" in note for note in out["notes"]), out["notes"])
        result = self.prune("--remove", "--sparsity", 0.5, "--round-to", "some")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn("expected a whole number from 1 to 1048576, or auto", result.stderr)

    def test_removal_refuses(self):
        for arguments, word in (((), "one of --sparsity, --macs, --latency and --width"),
                                (("--latency", "soon"), "0.5x or 8ms"),
                                (("--latency", "0.00001ms"), "cannot be met"),
                                (("--sparsity", 0.5, "--granularity", "2:4"), "keeps its tensors"),
                                (("--sparsity", 0.5, "--criterion", "taylor"), "an ONNX file has no data")):
            result = self.prune("--remove", *arguments)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(word, result.stderr)
            self.assertFalse(self.output.exists())
        result = self.prune("--latency", "0.5x")
        self.assertIn("is for --remove", result.stderr)

    def test_groups_are_listed(self):
        model = self.run_folder / "tickets" / "level-00-replicate-0.onnx"
        listed = json.loads(espalier("inspect", model, "--groups", "--json").stdout)
        self.assertEqual((listed["parameters"], listed["removable"]), (266610, 266600))  # all but the outputs' biases
        groups = listed["groups"]
        self.assertEqual([(group["units"], bool(group["refused"])) for group in groups],
                         [(300, False), (100, False), (10, True)])
        self.assertIn("is an output of the network", espalier("inspect", model, "--groups", "--wide").stdout)

    def test_passes_over_what_is_written(self):
        out = self.pruned("--sparsity", 0.5)
        self.assertEqual([p["name"] for p in out["passes"]], ["identity", "dropout", "constants", "batch-norm", "unread"])
        self.assertTrue(all(p["milliseconds"] >= 0 and p["nodes"] == 0 for p in out["passes"]))
        self.assertEqual(out["file_bytes"], self.output.stat().st_size)
        out = self.pruned("--sparsity", 0.5, "--without-pass", "dropout", "--without-pass", "batch-norm")
        self.assertEqual([p["name"] for p in out["passes"]], ["identity", "constants", "unread"])
        self.assertNotIn("passes took out", self.prune("--sparsity", 0.5).stdout)
        listed = json.loads(espalier("list", "passes", "--json").stdout)["passes"]
        self.assertEqual(len(listed), 5)

    def test_text(self):
        text = " ".join(self.prune("--sparsity", 0.8).stdout.split())
        self.assertIn("20.0 % of 266,200 prunable weights left; 410 parameters are not prunable: 410 bias", text)
        self.assertIn("multiply-adds (MACs) for one example at 1x1x28x28: 266.2 k, 53.2 k with weights that are not "
                      "zero (20.0 %)", text)
        text = " ".join(self.prune("--granularity", "2:4", "--sparsity", 0.8).stdout.split())
        self.assertIn("50 % of every layer: the target is ignored", text)
        text = " ".join(self.prune("--granularity", "2:4", "--sparsity", 0.5).stdout.split())
        self.assertIn("50 % of every layer: what the target asks for, too", text)
        self.prune("--sparsity", 0.8)
        again = espalier("prune", self.output, "-o", self.root / "again.onnx", "--sparsity", 0.5)
        self.assertIn("nothing was cut: the file is as sparse as asked, or sparser, already (80.00 % of its prunable weights are zero)",
                      " ".join(again.stdout.split()))
        long = long_names(self.root / "long.onnx")
        text = self.prune("--sparsity", 0.5, model=long).stdout
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()[:-1]), text)

    def test_macs_of_open_dimensions(self):
        model = open_picture(self.root / "open.onnx")
        self.fails(self.prune("--granularity", "filter", "--macs", 0.5, model=model), 2,
                   'H and W of input "x" (Nx3xHxW) are open', "--shape x=1x3xHxW")
        self.assertFalse(self.output.exists())
        result = self.prune("--granularity", "filter", "--macs", 0.5, "--shape", "x=1x3x64x64", "--json", model=model)
        self.assertEqual(result.returncode, 0, result.stderr)
        found = json.loads(result.stdout)
        self.assertAlmostEqual(found["nonzero_macs"] / found["macs"], 0.5, delta=0.06, msg="filters go whole")
        self.assertEqual(found["counted_at"], "1x3x64x64")
        written = json.loads(espalier("inspect", self.output, "--json").stdout)
        self.assertEqual(written["inputs"][0]["shape"], ["N", 3, "H", "W"], "sizes are for counting only")
        text = " ".join(self.prune("--sparsity", 0.5, model=model).stdout.split())
        self.assertIn("the multiply-adds of 2 nodes are not known: H and W", text)

    def test_removal_from_a_network_of_open_dimensions(self):
        gate = open_gate(self.root / "gate.onnx")
        result = self.prune("--remove", "--sparsity", 0.5, "--json", model=gate)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(self.output.stat().st_size, gate.stat().st_size)
        model = open_picture(self.root / "open.onnx")
        for target in (("--macs", 0.5), ("--latency", "0.5x")):
            self.fails(self.prune("--remove", *target, model=model), 2, 'H and W of input "x" (Nx3xHxW) are open',
                       "--shape x=1x3xHxW")

    def test_an_output_that_cannot_be_written_is_said_before_the_work(self):
        model = self.run_folder / "tickets" / "level-00-replicate-0.onnx"
        for arguments in (("--remove", "--latency", "0.00001ms"), ("--sparsity", 0.5, "--scope", "nope")):
            result = espalier("prune", model, "-o", self.root / "missing" / "out.onnx", *arguments)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("cannot write", result.stderr)

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
            (("--granularity", "5:4"), "5:4"), (("--granularity", "block 4x", "--sparsity", 0.5), "block"),
            (("--scope", "layer-wise", "--sparsity", 0.5, "--layer", "nope=0.5"), "nope"),
            (("--criterion", "gradient", "--sparsity", 0.5), "needs the gradient"),
            (("--criterion", "magnitud", "--sparsity", 0.5), "did you mean \"magnitude\"?"),
            (("--sparsity", 0.5, "--layer", "fc1.weight"), "NAME=SPARSITY"),
            (("--sparsity", 0.5, "--without-pass", "batchnorm"), "did you mean \"batch-norm\"?"),
        )
        for arguments, word in cases:
            result = self.prune(*arguments)
            self.fails(result, 2, word)
            self.assertFalse(self.output.exists())

    def test_options_of_the_other_kind(self):
        self.fails(self.prune("--sparsity", 0.5, "--set", "prune.rate=0.5"), 2, "--set is for a recipe")
        for option in (("--dry-run",), ("--jobs", 2), ("--shard", "1/4")):
            self.fails(self.prune("--sparsity", 0.5, *option), 2, f"{option[0]} is for a recipe")
        for option in (("--batch", 2), ("--threads", 1), ("--combine", "max"), ("--precision", "f32")):
            self.fails(self.prune("--sparsity", 0.5, *option), 2, f"{option[0]} is for --remove")
        self.assertFalse(self.output.exists())
        self.fails(self.prune("--sparsity", 0.5, "--folds", 3), 2, "--folds is for trees, and --sparsity is not")
        self.fails(self.prune("--remove", "--width", "nope=4"), 2, 'group "nope" is not known; known are: ')
        self.fails(espalier("prune", self.recipe, "--sparsity", 0.5), 2, "--sparsity is for an ONNX file", "--set prune.KEY=VALUE")
        self.fails(espalier("prune", self.recipe, "--without-pass", "unread"), 2, "say where, -o OUT.onnx")

    def test_recipe_with_criteria_that_need_data(self):
        for criterion in ("gradient", "taylor", "snip", "grasp", "fisher", "wanda", "synflow", "magnitude-increase", "movement"):
            runs = criterion not in ("synflow", "magnitude-increase", "movement")
            batches = "\nsignal_batches = 2" if runs else ""
            recipe = self.root / f"{criterion}.toml"
            recipe.write_text(self.recipe.read_text()
                              .replace("[prune]", f"[prune]\ncriterion = \"{criterion}\"{batches}")
                              .replace("rounds = 2", "rounds = 1").replace("replicates = 2", "replicates = 1")
                              .replace("control_levels = [2]", "").replace("\"3ep\"", "\"1ep\""))
            result = espalier("prune", recipe, "--run", self.root / criterion, "--json")
            self.assertEqual(result.returncode, 0, f"{criterion}: {result.stderr}")
            stages = json.loads(result.stdout)["stages"]
            self.assertEqual([stage["arm"] for stage in stages], ["ticket", "ticket"])

    def small(self, name, prune, **replace):
        """The recipe with [prune] as given."""
        text = self.recipe.read_text().replace("rounds = 2\nrate = 0.6", prune)
        text = text.replace("controls = [\"reinitialize\", \"random-mask\"]", "").replace("control_levels = [2]", "")
        recipe = self.root / f"{name}.toml"
        recipe.write_text(text)
        return recipe

    def test_schedules(self):
        for schedule in ("before-training", "agp", "rigl", "set"):
            during = "every = \"5it\"" if schedule != "before-training" else ""
            recipe = self.small(schedule, "rounds = 1\nsparsity = 0.9\nscope = \"erk\"\n"
                                          f"schedule = \"{schedule}\"\n{during}")
            recipe.write_text(recipe.read_text().replace("to = \"5it\"", ""))
            result = espalier("prune", recipe, "--run", self.root / schedule, "--json")
            self.assertEqual(result.returncode, 0, f"{schedule}: {result.stderr}")
            pruned = [stage for stage in json.loads(result.stdout)["stages"] if stage["level"] == 1]
            self.assertEqual([stage["weights_left"] for stage in pruned], [26620, 26620], schedule)

    def test_sensitivity_table_for_its_scope(self):
        recipe = self.small("sensitivity", "rounds = 1")
        run = self.root / "sensitivity"
        result = espalier("sensitivity", recipe, "--run", run, "--grid", "0.5,0.9", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        out = json.loads(result.stdout)
        self.assertEqual([layer["name"] for layer in out["layers"]], ["fc1.weight", "fc2.weight", "fc3.weight"])
        self.assertEqual([point["sparsity"] for point in out["layers"][0]["points"]], [0, 0.5, 0.9])
        self.assertIn('data-section="sensitivity"', (run / "report.html").read_text())
        plain = espalier("sensitivity", recipe, "--run", run, "--grid", "0.5,0.9")
        self.assertIn("fc2.weight", plain.stdout)

        table = run / "sensitivity.csv"
        dense = run / "tickets" / "level-00-replicate-0.onnx"
        # A recipe whose table is not there yet asks for it itself.
        early = self.small("early", "rounds = 1\nscope = \"sensitivity\"\nsensitivity = \"not-yet.csv\"")
        result = espalier("sensitivity", early, "--run", self.root / "early", "--grid", "0.5", "-o", self.root / "now.csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.root / "now.csv").exists())

        left = self.pruned("--scope", "sensitivity", "--sensitivity", table, "--sparsity", 0.5)["left"]
        self.assertEqual(left, 133100)
        scoped = self.small("scoped", f"rounds = 1\nsparsity = 0.5\nscope = \"sensitivity\"\nsensitivity = \"{table}\"")
        result = espalier("prune", scoped, "--run", self.root / "scoped", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["stages"][-1]["weights_left"], 133100)
        self.assertTrue(dense.exists())

    def test_sensitivity_refuses_its_grid_before_training(self):
        recipe = self.small("grid", "rounds = 1")
        for grid in ("0.9,0.5", "0,0.5", "1"):
            result = espalier("sensitivity", recipe, "--run", self.root / "grid", "--grid", grid)
            self.fails(result, 2, "ascend")
            self.assertFalse((self.root / "grid").exists())
        pattern = self.small("pattern", "rounds = 1\ngranularity = \"2:4\"")
        self.fails(espalier("sensitivity", pattern, "--run", self.root / "grid"), 2, "no grid to measure")
        self.assertFalse((self.root / "grid").exists())


if __name__ == "__main__":
    unittest.main()

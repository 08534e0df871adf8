#!/usr/bin/env python3
"""A whole experiment: files, resuming after kills, the verbs that read it."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from workspace import ESPALIER, Trained, espalier, tickets


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

    def start(self, run, *arguments, **options):
        return subprocess.Popen([ESPALIER, "ticket", self.recipe, "--run", run, "--jobs", "1", *arguments],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                **options)

    def wait_for_stages(self, process, run, count):
        """Until `count` stages have left their weights; the run is then in the middle of the next one."""
        deadline = time.monotonic() + 300
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

    def wait_for_checkpoint(self, process, run, than):
        """Until a stage in training has left a checkpoint newer than `than`."""
        deadline = time.monotonic() + 300
        while not any(f.stat().st_mtime > than for f in run.glob("stages/*/checkpoint.safetensors")):
            self.assertIsNone(process.poll(), "the run ended too soon")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def test_same_bytes_after_kills_within_stages(self):
        other = self.root / "within"
        for _ in range(4):
            started = time.time()
            process = self.start(other, "--checkpoint-seconds", "0")
            self.wait_for_checkpoint(process, other, started)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            time.sleep(0.3)  # the kernel ends the children
        result = espalier("ticket", self.recipe, "--run", other, "--jobs", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(tickets(other), tickets(self.run_folder))  # and no checkpoint is left

    def test_two_processes_on_one_run(self):
        other = self.root / "twice"
        process = self.start(other)
        self.wait_for_stages(process, other, 1)
        os.killpg(process.pid, signal.SIGSTOP)  # or it might end before the second asks for the lock
        while (other / "run.sqlite-journal").exists():  # stopped within a transaction: nobody gets at the run
            os.killpg(process.pid, signal.SIGCONT)
            time.sleep(0.01)
            os.killpg(process.pid, signal.SIGSTOP)
        self.fails_last(espalier("ticket", self.recipe, "--run", other), 1, "another process works on this run")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def test_two_shards_divide_the_work_and_give_the_same_bytes(self):
        other = self.root / "sharded"
        first = self.start(other, "--shard", "1/2")
        environment = {**os.environ, "RANK": "1", "WORLD_SIZE": "2"}  # as torchrun sets them
        second = self.start(other, "--shard", "auto", env=environment)
        for process in (first, second):
            _, error = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, error)
        self.assertEqual(tickets(other), tickets(self.run_folder))
        self.assertTrue((other / "report.html").exists())

    def test_ranks_are_ignored_unless_asked_for(self):
        other = self.root / "ranks"
        for names in (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"),
                      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")):
            environment = {**os.environ, names[0]: "1", names[1]: "2"}
            result = espalier("ticket", self.recipe, "--run", other, env=environment)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(f"{names[0]}=1 and {names[1]}=2 are ignored", result.stderr)
            self.assertIn("--shard auto", result.stderr)
            self.assertIn("report.html", result.stdout)
            self.assertEqual(tickets(other), tickets(self.run_folder))
        alone = espalier("ticket", self.recipe, "--run", other, env={**os.environ, "RANK": "0", "WORLD_SIZE": "1"})
        self.assertNotIn("ignored", alone.stderr)
        bare = {k: v for k, v in os.environ.items() if k.split("_")[0] not in ("RANK", "WORLD", "SLURM", "OMPI")}
        self.fails(espalier("ticket", self.recipe, "--run", other, "--shard", "auto", env=bare), 2,
                   "no launcher has set", "RANK and WORLD_SIZE")

    def stages_trained(self, result):
        """Lines "  3/10 level 1 ...", one for each stage that was done."""
        return re.findall(r"^ +\d+/\d+ level (\d+) · (\S+) · replicate (\d+)", result.stderr, re.M)

    def test_a_finished_run_is_extended(self):
        folder = self.root / "extended"
        folder.mkdir()
        base = folder / "base.toml"
        base.write_text(self.recipe.read_text())
        first = espalier("ticket", base, "--json", cwd=folder)
        self.assertEqual(first.returncode, 0, first.stderr)
        run = folder / json.loads(first.stdout)["run"]
        before = tickets(run)
        self.assertEqual(before, tickets(self.run_folder))

        second = espalier("ticket", base, "--set", "experiment.replicates=3", "--json", cwd=folder)
        self.assertEqual(second.returncode, 0, second.stderr)
        result = json.loads(second.stdout)
        self.assertEqual(folder / result["run"], run)
        self.assertEqual({replicate for _, _, replicate in self.stages_trained(second)}, {"2"})
        self.assertEqual(len(result["stages"]), 15)
        self.assertEqual(len(result["latencies"]), 9)
        self.assertLessEqual(before.items(), tickets(run).items())
        self.assertIn("replicates = 3", (run / "recipe.toml").read_text())
        self.assertIn("n = 3", (run / "report.html").read_text())

        # Another batch is measured, nothing is trained; the shorter recipe drops nothing.
        third = espalier("ticket", base, "--set", "bench.batch=4", "--json", cwd=folder)
        self.assertEqual(third.returncode, 0, third.stderr)
        self.assertEqual(self.stages_trained(third), [])
        self.assertIn("the run has more than this recipe asks for", third.stderr)
        self.assertEqual([l["batch"] for l in json.loads(third.stdout)["latencies"]], [4, 16] * 9)

        # Moved data are the same data.
        moved = self.root / "moved"
        moved.symlink_to(self.root / "data")
        fourth = espalier("ticket", base, "--run", run, "--set", f"data.path={moved}", "--set", "experiment.replicates=3",
                          "--json")
        self.assertEqual(fourth.returncode, 0, fourth.stderr)
        self.assertEqual(self.stages_trained(fourth), [])

        # What conflicts is refused, and nothing is changed.
        text = (run / "recipe.toml").read_text()
        self.fails_last(espalier("ticket", base, "--run", run, "--set", "prune.rate=0.5"), 1,
                        "holds a run of another recipe: prune.rate = 0.6, asked for is 0.5; choose another folder")
        self.assertEqual((run / "recipe.toml").read_text(), text)

    def test_what_was_deleted_is_made_again(self):
        other = self.root / "deleted"
        shutil.copytree(self.run_folder, other)
        whole = tickets(other)
        shutil.rmtree(other / "tickets")
        (other / "report.html").unlink()
        (other / "recipe.toml").unlink()
        sorted(other.glob("stages/*/masks.safetensors"))[0].unlink()
        result = espalier("ticket", self.recipe, "--run", other)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("its ONNX file not there, written again", result.stderr)
        self.assertRegex(result.stderr, r"masks\.safetensors.* not there, trained again")
        self.assertNotIn("val 0.0 %", result.stderr)
        self.assertEqual(tickets(other), whole)
        self.assertTrue((other / "report.html").exists())
        self.assertTrue((other / "recipe.toml").exists())

    def test_an_interrupt_of_a_worker_alone_is_the_parents(self):
        other = self.root / "worker"
        process = self.start(other)
        self.wait_for_stages(process, other, 1)
        workers = [int(path.parent.name) for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                   if self.words_of(path)[1:3] == ["worker", str(other)]]
        self.assertEqual(len(workers), 1)
        os.kill(workers[0], signal.SIGINT)
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, error)
        self.assertEqual(tickets(other), tickets(self.run_folder))

    @staticmethod
    def words_of(path):
        try:
            return path.read_text().split("\0")
        except OSError:
            return []

    def test_a_reader_that_goes_ends_it_quietly(self):
        for command in ("ticket '{}' --run '{}' --dry-run", "list", "report '{1}'"):
            line = f"'{ESPALIER}' " + command.format(self.recipe, self.run_folder) + " | true"
            result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""), command)
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([ESPALIER, "list", "criteria"], stdout=full, stderr=subprocess.PIPE, text=True,
                                    timeout=60)
        self.fails(result, 1, "cannot write to standard output", "No space left")

    def test_two_processes_on_one_shard(self):
        other = self.root / "shard-twice"
        process = self.start(other, "--shard", "2/2")
        self.wait_for_stages(process, other, 1)
        os.killpg(process.pid, signal.SIGSTOP)
        self.fails_last(espalier("ticket", self.recipe, "--run", other, "--shard", "2/2"), 1,
                        "another process works on shard 2 of 2 of this run")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.fails(espalier("ticket", self.recipe, "--run", other, "--shard", "3/2"), 2, "expected I/N", "2/4")

    def test_dry_run_says_what_there_is_to_do(self):
        result = espalier("ticket", self.recipe, "--run", self.root / "dry", "--dry-run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((self.root / "dry").exists())
        for words in ("reinitialize", "random-mask", "10 stages, 0 done", "with"):
            self.assertIn(words, result.stdout)
        self.assertIn("10 stages, 10 done", espalier("ticket", self.recipe, "--run", self.run_folder, "--dry-run").stdout)

    def test_arms_share_stages(self):
        recipe = self.root / "arms.toml"
        recipe.write_text(self.recipe.read_text() + "[arms.one-shot]\nprune.one_shot = true\n")
        result = espalier("ticket", recipe, "--run", self.root / "arms", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        stages = json.loads(result.stdout)["stages"]
        hashes = {(s["arm"], s["level"], s["replicate"]): s["hash"] for s in stages}
        for level, shared in ((0, True), (1, True), (2, False)):
            self.assertEqual(hashes["one-shot", level, 0] == hashes["ticket", level, 0], shared)

    def test_terminating_the_front_alone(self):
        other = self.root / "terminated"
        process = self.start(other)
        self.wait_for_stages(process, other, 1)
        process.terminate()
        _, error = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1, error)
        self.assertIn("the same command goes on from there", error)
        result = espalier("ticket", self.recipe, "--run", other, "--jobs", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(tickets(other), tickets(self.run_folder))

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

    def test_compare_lays_runs_side_by_side(self):
        result = espalier("compare", self.run_folder, self.run_folder, "--json", "-o", self.root / "compare.html")
        self.assertEqual(result.returncode, 0, result.stderr)
        runs = json.loads(result.stdout)["runs"]
        self.assertEqual([run["replicates"] for run in runs], [2, 2])
        self.assertEqual(runs[0]["dense"], runs[1]["dense"])
        self.assertIn("<html", (self.root / "compare.html").read_text())
        self.fails(espalier("compare", self.run_folder, self.root), 1, "not a run")

    def test_a_study_makes_its_arms(self):
        recipe = self.root / "study.toml"
        text = self.recipe.read_text().replace("replicates = 2", "replicates = 1").replace('to = "5it"', 'mode = "fine-tune"\nsteps = "5it"')
        text = text.replace('controls = ["reinitialize", "random-mask"]\ncontrol_levels = [2]\n', "")
        recipe.write_text(text + "[regularize]\nl1 = 1e-4\nl2 = 1e-3\ndropout = 0.2\n")
        result = espalier("study", "tradeoff", recipe, "--run", self.root / "study", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        arms = {stage["arm"] for stage in json.loads(result.stdout)["stages"]}
        self.assertEqual(arms, {"ticket", "l1-retrained", "l2-retrained", "l1-no-retraining", "l2-no-retraining", "dropout"})
        self.assertIn("Trade-off", (self.root / "study" / "report.html").read_text())
        self.fails(espalier("study", "tradeoff", self.recipe), 2, "regularize.l1", "needs the strength")
        self.fails(espalier("study", "trade-off", recipe), 2, "did you mean \"tradeoff\"?")

    def test_another_recipe_in_the_same_folder(self):
        other = self.root / "other.toml"
        other.write_text(self.recipe.read_text().replace("rate = 0.6", "rate = 0.5"))
        self.fails_last(espalier("ticket", other, "--run", self.run_folder), 1, "recipe")

    def test_train_trains_only_the_dense_network(self):
        run = self.root / "dense"
        result = espalier("train", self.recipe, "--run", run)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(list(run.glob("stages/*"))), 2)
        dense = {k: v for k, v in tickets(run).items() if "weights" in k}
        self.assertLessEqual(dense.items(), tickets(self.run_folder).items())


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Processes that train together: the same bytes for 1, 2 and 4 of them, after kills too, and one line for every
mistake. Started as ranks_test.py ESPALIER [unittest arguments]."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from workspace import ESPALIER, TRAINER, Workspace, espalier, make_dataset, tickets  # noqa: E402

LAUNCHERS = ("OMPI", "SLURM", "RANK", "WORLD", "LOCAL", "MASTER", "PMIX")
BARE = {k: v for k, v in os.environ.items() if k.split("_")[0] not in LAUNCHERS}

RIGL = """
[prune]
rounds = 1
sparsity = 0.9
schedule = "rigl"
every = "5it"
scope = "erk"
"""


class Ranks(Workspace):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        text = cls.recipe.read_text().replace("batch_size = 50", "batch_size = 52\nshards = 4")
        text = text.replace("replicates = 2", "replicates = 1").replace("[2]", "[2]\nstability = [\"5it\"]")
        cls.recipe.write_text(text)
        cls.alone = cls.root / "alone"
        result = espalier("ticket", cls.recipe, "--run", cls.alone)  # worker processes, one stage each
        assert result.returncode == 0, result.stderr

    def start(self, run, rank, size, *arguments, recipe=None, verb="ticket"):
        process = subprocess.Popen(
            [ESPALIER, verb, recipe or self.recipe, "--run", run, "--data-parallel", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**BARE, "RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)})
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        """What a test that failed has left."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()
        process.stderr.close()

    def start_all(self, run, size, *arguments, **options):
        return [self.start(run, rank, size, *arguments, **options) for rank in range(size)]

    def finish(self, processes, timeout=300):
        """Exit codes, and all lines of errors but progress."""
        codes, errors = [], []
        for process in processes:
            _, error = process.communicate(timeout=timeout)
            codes.append(process.returncode)
            errors += [line for line in error.splitlines() if line.startswith("espalier: ") or ".toml:" in line]
        return codes, errors

    def run_all(self, run, size, **options):
        codes, errors = self.finish(self.start_all(run, size, **options))
        self.assertEqual((codes, errors), ([0] * size, []))

    def test_the_same_bytes_for_any_number(self):
        for size in (1, 2, 4):
            run = self.root / f"ranks-{size}"
            self.run_all(run, size)
            self.assertEqual(tickets(run), tickets(self.alone), size)
            self.assertTrue((run / "report.html").exists())
            self.assertFalse((run / "ranks").exists())

    def test_rigl_gives_the_same_bytes(self):
        recipe = self.root / "rigl.toml"
        text = self.recipe.read_text()
        begin, end = text.index("[prune]"), text.index("[experiment]")
        text = text[:begin] + RIGL + text[end:]
        recipe.write_text("\n".join(line for line in text.splitlines()
                                    if not line.startswith(("controls", "control_levels", "stability"))))
        result = espalier("ticket", recipe, "--run", self.root / "rigl-alone")
        self.assertEqual(result.returncode, 0, result.stderr)
        for size in (2, 4):
            run = self.root / f"rigl-{size}"
            self.run_all(run, size, recipe=recipe)
            self.assertEqual(tickets(run), tickets(self.root / "rigl-alone"), size)

    def wait_for(self, run, pattern, processes, count=1):
        deadline = time.monotonic() + 300
        while len(list(run.glob(pattern))) < count:
            self.assertTrue(any(p.poll() is None for p in processes), "the run ended too soon")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_a_killed_rank_ends_all_with_one_line_and_another_number_goes_on(self):
        run = self.root / "killed"
        for size, victim in ((2, 1), (4, 0), (1, 0)):
            processes = self.start_all(run, size, "--checkpoint-seconds", "0")
            done = len(list(run.glob("stages/*/weights.safetensors")))
            self.wait_for(run, "stages/*/weights.safetensors", processes, done + 1)
            self.wait_for(run, "stages/*/checkpoint.safetensors", processes)
            os.killpg(processes[victim].pid, signal.SIGKILL)
            codes, errors = self.finish(processes)
            self.assertEqual(codes[victim], -signal.SIGKILL)
            self.assertTrue(all(code != 0 for code in codes), codes)
            self.assertEqual(len(errors), 1 if size > 1 else 0, errors)
            for error in errors:
                self.assertIn("another rank has ended", error)
            time.sleep(0.3)  # the kernel ends the children
        self.run_all(run, 2)
        self.assertEqual(tickets(run), tickets(self.alone))

    def test_an_interrupt_of_one_stops_all_at_a_checkpoint(self):
        run = self.root / "interrupted"
        processes = self.start_all(run, 2)
        self.wait_for(run, "stages/*/weights.safetensors", processes)
        processes[1].send_signal(signal.SIGINT)
        codes, errors = self.finish(processes)
        self.assertEqual(codes, [1, 1])
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("the same command goes on from there", errors[0])
        self.run_all(run, 4)
        self.assertEqual(tickets(run), tickets(self.alone))

    def test_an_interrupt_ends_the_waiting_for_others(self):
        run = self.root / "waiting"
        processes = [self.start(run, 0, 2)]
        self.wait_for(run, "ranks", processes)
        processes[0].send_signal(signal.SIGINT)
        codes, errors = self.finish(processes, timeout=60)
        self.assertEqual(codes, [1])
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("stopped while rank 0 of 2 waited for the others", errors[0])

    def test_a_killed_trainer_is_told_whatever_an_earlier_run_has_left(self):
        run = self.root / "told"
        run.mkdir()
        for size in (1, 2):  # of two, the second never comes
            (run / "told").touch()
            processes = [self.start(run, 0, size, "--checkpoint-seconds", "0")]
            self.wait_for(run, "stages/*/checkpoint.safetensors" if size == 1 else "ranks", processes)
            children = pathlib.Path(f"/proc/{processes[0].pid}/task/{processes[0].pid}/children").read_text()
            os.kill(int(children.split()[0]), signal.SIGKILL)
            codes, errors = self.finish(processes)
            self.assertEqual(codes, [1])
            self.assertEqual(len(errors), 1, errors)
            self.assertIn("the trainer was killed by signal 9", errors[0])

    def fail_together(self, run, *words, recipes=None):
        processes = [self.start(run, rank, 2, recipe=(recipes or [self.recipe] * 2)[rank]) for rank in range(2)]
        codes, errors = self.finish(processes)
        self.assertTrue(all(codes), codes)
        self.assertEqual(len(errors), 1, errors)
        for word in words:
            self.assertIn(word, errors[0])

    def test_ranks_with_other_recipes_are_refused(self):
        other = self.root / "other.toml"
        other.write_text(self.recipe.read_text().replace("rate = 0.6", "rate = 0.5"))
        self.fail_together(self.root / "other-recipe", "rank 1 has another recipe than rank 0", "rate = 0.5",
                           recipes=[self.recipe, other])

    def test_ranks_with_other_data_are_refused(self):
        make_dataset(self.root / "other-data", train=720)
        other = self.root / "other-data.toml"
        other.write_text(self.recipe.read_text().replace(str(self.root / "data"), str(self.root / "other-data")))
        self.fail_together(self.root / "other-data-run", "rank 1 has other data", "fashion-mnist",
                           recipes=[self.recipe, other])

    def test_shards_that_do_not_divide(self):
        run = self.root / "not-divided"
        codes, errors = self.finish(self.start_all(run, 3))
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("train.shards = 4 cannot be divided among 3 ranks: expected 1, 2, 4 ranks", errors[0])
        result = espalier("ticket", self.recipe, "--run", run, "--set", "train.shards=3")
        self.fails(result, 2, "train.shards = 3: it does not divide a batch of 52")

    @unittest.skipIf(os.environ.get("ESPALIER_SANITIZED"), "a sanitizer's library must be loaded first")
    def test_a_folder_without_locks_is_named(self):
        source = self.root / "no_locks.c"
        source.write_text("#include <errno.h>\nint flock(int f, int o) { (void)f; (void)o; errno = ENOLCK; return -1; }\n")
        library = self.root / "no_locks.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        result = subprocess.run([TRAINER, "ticket", self.recipe, "--run", self.root / "no-locks"], capture_output=True,
                                text=True, env={**BARE, "LD_PRELOAD": str(library)})
        self.fails_last(result, 1, "cannot lock", "no-locks/lock", "No locks available")

    def test_options_that_exclude_each_other(self):
        for option in (("--shard", "1/2"), ("--jobs", "2")):
            self.fails(espalier("ticket", self.recipe, "--data-parallel", *option), 2, "--data-parallel", option[0])

    @unittest.skipUnless(shutil.which("mpirun"), "package openmpi-bin")
    def test_mpirun(self):
        run = self.root / "mpirun"
        result = subprocess.run(
            ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2", ESPALIER, "ticket", self.recipe, "--run",
             run, "--data-parallel"], capture_output=True, text=True, timeout=300, env=BARE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(tickets(run), tickets(self.alone))


if __name__ == "__main__":
    unittest.main()

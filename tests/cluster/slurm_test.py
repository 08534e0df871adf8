#!/usr/bin/env python3
"""A study of 60 stages by a real Slurm of two nodes, one of which is shut down in the middle, gives the bytes of one
process. Started as slurm_test.py ESPALIER [unittest arguments]; needs slurm-wlm and munge, and root."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
from workspace import ESPALIER, Workspace, espalier, tickets  # noqa: E402

SCRIPT = HERE / "slurm.sh"
STAGES = 60
CAN_START = shutil.which("slurmctld") and shutil.which("munged") and os.geteuid() == 0


@unittest.skipUnless(CAN_START, "packages slurm-wlm and munge, and root")
class Slurm(Workspace):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.temporary.cleanup)  # when nothing runs in it any more
        os.chmod(cls.root, 0o755)  # munged runs as its own user
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="espalier-slurm-"))
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(cls.stop)
        started = subprocess.run([SCRIPT, "start", cls.folder], capture_output=True, text=True, timeout=120)
        assert started.returncode == 0, started.stderr
        os.environ["SLURM_CONF"] = started.stdout.split("=", 1)[1].strip()
        text = cls.recipe.read_text().replace("rounds = 2", "rounds = 5").replace("replicates = 2", "replicates = 5")
        text = text.replace("control_levels = [2]", "control_levels = [1, 3, 5]")
        cls.recipe.write_text(text.replace('"3ep"', '"6ep"'))
        cls.alone = cls.root / "alone"
        whole = espalier("ticket", cls.recipe, "--run", cls.alone, "--json", timeout=900)
        assert whole.returncode == 0, whole.stderr
        assert len(json.loads(whole.stdout)["stages"]) == STAGES

    @classmethod
    def tearDownClass(cls):
        pass  # the cleanups, which a failed setUpClass has too

    @classmethod
    def stop(cls):
        subprocess.run([SCRIPT, "stop", cls.folder], timeout=120, check=True)
        left = [path.name for path in cls.folder.glob("*.pid")]
        shutil.rmtree(cls.folder, ignore_errors=True)
        assert not left, left

    def submit(self, run, *arguments):
        return espalier("ticket", self.recipe, "--run", run, "--slurm", "--partition", "main", *arguments,
                        timeout=300)

    def queue(self):
        return subprocess.run(["squeue", "-h", "-o", "%i %T %N"], capture_output=True, text=True).stdout

    def wait_for_end(self, run, seconds=1200):
        deadline = time.monotonic() + seconds
        while self.queue().strip():
            self.assertLess(time.monotonic(), deadline, self.queue())
            for job in re.findall(r"^(\S+) PENDING", self.queue(), re.M):  # Slurm lets what it queues again wait 2 min
                subprocess.run(["scontrol", "update", f"jobid={job}", "starttime=now"], capture_output=True)
            time.sleep(1)

    def stages_done(self, run):
        return len(list(run.glob("stages/*/weights.safetensors")))

    def test_a_study_with_a_node_that_is_shut_down(self):
        run = self.root / "by-slurm"
        submitted = self.submit(run, "--pack-seconds", "2", "--time", "00:30:00")
        self.assertEqual(submitted.returncode, 0, submitted.stderr)
        self.assertRegex(submitted.stdout, r"submitted \d+ tasks in \d+ arrays")
        again = self.submit(run)
        self.fails(again, 1, "are queued already", "scancel")
        deadline = time.monotonic() + 600
        while self.stages_done(run) < STAGES // 4:
            self.assertLess(time.monotonic(), deadline, self.queue())
            time.sleep(0.2)
        status = espalier("ticket", "--status", run)
        self.assertRegex(status.stdout, r"\d+ stages: \d+ done, \d+ in work, \d+ waiting")
        self.assertRegex(status.stdout, r"Slurm: .*(running|pending)")
        self.assertLess(self.stages_done(run), STAGES)
        self.addCleanup(subprocess.run, [SCRIPT, "up", self.folder, "n2"], check=True, timeout=60)
        subprocess.run([SCRIPT, "down", self.folder, "n2"], check=True, timeout=60)
        self.wait_for_end(run)
        self.assertEqual(tickets(run), tickets(self.alone))
        self.assertTrue((run / "report.html").exists(), (run / "slurm" / "report.log").read_text())
        status = espalier("ticket", "--status", run)
        self.assertIn(" 0 in work, 0 waiting", status.stdout)
        self.assertIn("nothing of this run is queued", status.stdout)

    def test_a_task_near_its_time_limit_is_queued_again(self):
        run = self.root / "limited"
        submitted = self.submit(run, "--pack-seconds", "100000")
        self.assertEqual(submitted.returncode, 0, submitted.stderr)
        job = (run / "slurm" / "jobs").read_text().split()[0]
        log = run / "slurm" / "array-0-0.log"
        deadline = time.monotonic() + 600
        while self.stages_done(run) < 5:
            self.assertLess(time.monotonic(), deadline, self.queue())
            time.sleep(0.1)
        subprocess.run(["scancel", "--batch", "--signal=USR1", f"{job}_0"], check=True)  # as Slurm does
        while "the time limit is near: queued again" not in log.read_text():
            self.assertLess(time.monotonic(), deadline, log.read_text())
            time.sleep(0.2)
        self.wait_for_end(run)
        self.assertEqual(tickets(run), tickets(self.alone))

    @unittest.skipIf(os.environ.get("ESPALIER_GLOO") == "OFF", "a build without Gloo")
    def test_srun_starts_ranks_on_two_nodes(self):
        few = ["--set", "train.shards=2", "--set", "experiment.replicates=1"]
        alone, run = self.root / "shards", self.root / "srun"
        whole = espalier("ticket", self.recipe, "--run", alone, *few, timeout=600)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        result = subprocess.run(["srun", "-N", "2", "-n", "2", ESPALIER, "ticket", self.recipe, "--run", run,
                                 "--data-parallel", *few], capture_output=True, text=True, timeout=600)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(tickets(run), tickets(alone))

    def test_what_slurm_refuses_is_told_in_its_words(self):
        run = self.root / "refused"
        self.fails_last(espalier("ticket", self.recipe, "--run", run, "--slurm", "--partition", "nowhere",
                                 timeout=300), 1, "Slurm refused: sbatch: error:", "partition")
        self.assertFalse((run / "slurm" / "jobs").exists())
        self.fails(espalier("ticket", self.recipe, "--partition", "main"), 2, "--partition requires --slurm")


class WithoutSlurm(Workspace):
    def test_a_machine_without_slurm_is_told(self):
        empty = self.root / "bin"
        empty.mkdir(exist_ok=True)
        self.fails_last(espalier("ticket", self.recipe, "--run", self.root / "none", "--slurm", timeout=300,
                                 env={**os.environ, "PATH": str(empty)}), 1, "this machine has no Slurm")

    def test_a_time_limit_that_no_task_can_go_on_behind(self):
        for words in (("--time", "1"), ("--slurm-option=--time=00:01:00",)):
            self.fails_last(espalier("ticket", self.recipe, "--run", self.root / "brief", "--slurm", *words, timeout=300),
                            2, words[-1].removeprefix("--slurm-option="), "a task is told 60 s before its time limit")

    def test_status_of_what_is_no_run(self):
        self.fails(espalier("ticket", "--status", self.root), 1, "not a run")
        self.fails(espalier("ticket"), 2, "expected a recipe, or --status RUN")


if __name__ == "__main__":
    unittest.main()

"""The figures that the project promises, measured: accuracy and speed of the demo's tickets, speed of training.

Started as `demo_test.py ESPALIER BENCH_TRAIN RECIPE`. Slow, and of use only on a machine that does nothing else."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

ESPALIER, BENCH_TRAIN, RECIPE = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
del sys.argv[1:4]


def run_json(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        start = time.monotonic()
        cls.result = run_json(ESPALIER, "ticket", RECIPE, "--run", pathlib.Path(cls.folder.name) / "run", "--json")
        cls.seconds = time.monotonic() - start

    def accuracy(self, arm, level):
        """Test accuracy in percent, mean over replicates."""
        return 100 * statistics.fmean(stage["test_accuracy"] for stage in self.result["stages"]
                                      if stage["arm"] == arm and stage["level"] == level)

    def level_with(self, share):
        """The first level with at most this share of the weights left."""
        return min(stage["level"] for stage in self.result["stages"]
                   if stage["weights_left"] <= share * stage["weights"])

    def test_takes_less_than_three_minutes(self):
        self.assertLess(self.seconds, 180)

    def test_has_three_replicates(self):
        self.assertGreaterEqual(len({stage["replicate"] for stage in self.result["stages"]}), 3)

    def test_dense_network_reaches_89_percent(self):
        self.assertGreaterEqual(self.accuracy("ticket", 0), 89.0)

    def test_ticket_with_an_eighth_of_the_weights_is_within_half_a_point(self):
        self.assertGreaterEqual(self.accuracy("ticket", self.level_with(0.1355)), self.accuracy("ticket", 0) - 0.5)

    def test_ticket_with_a_25th_of_the_weights_beats_its_controls(self):
        level = self.level_with(0.04)
        for control in ("reinitialize", "random-mask"):
            self.assertGreater(self.accuracy("ticket", level), self.accuracy(control, level), control)

    def test_no_ticket_is_slower_than_dense(self):
        for latency in self.result["latencies"]:
            # The same dense kernels stand on both sides where nothing sparse pays: 2 % is the spread of two timings.
            self.assertGreaterEqual(latency["speedup"], 0.98, latency)

    def test_sparsest_ticket_is_three_times_faster(self):
        level = self.level_with(0.04)
        ticket = pathlib.Path(self.result["run"]) / "tickets" / f"level-{level:02}-replicate-0.onnx"
        bench = run_json(ESPALIER, "bench", ticket, "--batch", 128, "--threads", 1, "--json")
        self.assertGreaterEqual(bench["speedup"], 3)


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.runs = [run_json(BENCH_TRAIN, "--json", "--no-conv") for _ in range(3)]

    def test_uses_60_percent_of_a_core(self):
        self.assertGreaterEqual(statistics.median(run["fma_peak_fraction_1_thread"] for run in self.runs), 0.6)

    def test_two_threads_are_never_slower_than_one(self):
        self.assertGreaterEqual(min(run["speedup_of_2_threads"] for run in self.runs), 1.0)


if __name__ == "__main__":
    unittest.main()

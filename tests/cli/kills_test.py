#!/usr/bin/env python3
"""A run whose processes are killed at random, twenty times."""
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

from workspace import ESPALIER, Workspace, espalier, tickets


class Kills(Workspace):
    def processes(self, leader):
        """Every process of the run: front, trainer, workers."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] != "Z":
                found.append(int(path.parent.name))
        return found

    def test_twenty_kills_of_random_processes_change_nothing(self):
        recipe = self.root / "long.toml"
        recipe.write_text(self.recipe.read_text().replace("rounds = 2", "rounds = 6").replace('"3ep"', '"8ep"'))
        whole = espalier("ticket", recipe, "--run", self.root / "whole")
        self.assertEqual(whole.returncode, 0, whole.stderr)
        rng = random.Random(3)
        run = self.root / "killed"
        command = [ESPALIER, "ticket", recipe, "--run", run, "--jobs", "2", "--checkpoint-seconds", "0.05"]
        for _ in range(20):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True)
            time.sleep(0.5 + 0.7 * rng.random())
            alive = self.processes(process.pid)
            if alive:
                os.kill(rng.choice(alive), signal.SIGKILL)
                time.sleep(0.1)
            os.killpg(process.pid, signal.SIGKILL)  # whoever went on without it
            process.communicate()
            time.sleep(0.1)
        result = espalier("ticket", recipe, "--run", run)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(tickets(run), tickets(self.root / "whole"))


if __name__ == "__main__":
    unittest.main()

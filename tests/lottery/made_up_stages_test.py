"""Four workers on one folder do a thousand made-up stages, and twenty of them are killed on the way.

Nothing is lost, nothing is done twice, and they take at most 1 / 0.95 of the ideal time: all stages, and what
killed workers had begun, divided by four.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = sys.argv[1]
STAGES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 2.0
WORKERS = 4
KILLS = 20
LEAST_EFFICIENCY = 0.95


def start(folder, worker):
    return subprocess.Popen([PROGRAM, "pool", folder, str(worker), str(WORKERS), str(STAGES), str(SECONDS)])


def main():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "run"
        folder.mkdir()
        (folder / "log").touch()
        ideal = STAGES * SECONDS / WORKERS
        kills = sorted(rng.uniform(0.02 * ideal, 0.95 * ideal) for _ in range(KILLS))
        begin = time.monotonic()
        workers = []
        try:
            workers += [start(folder, i) for i in range(WORKERS)]
            for at in kills:
                time.sleep(max(0.0, begin + at - time.monotonic()))
                victim = rng.randrange(WORKERS)
                assert workers[victim].poll() is None, "a worker ended before the work was done"
                workers[victim].kill()
                workers[victim].wait()
                workers[victim] = start(folder, victim)
            for worker in workers:
                assert worker.wait() == 0
        finally:
            for worker in workers:
                worker.kill()  # nothing, if it has ended
                worker.wait()
        took = time.monotonic() - begin
        done = (folder / "log").read_text().split()
        assert len(set(done)) == STAGES, f"{STAGES - len(set(done))} stages were lost"
        assert len(done) == STAGES, f"{len(done) - STAGES} stages were done twice"
        lost = KILLS * SECONDS / 2  # a killed worker was in the middle of a stage, on average
        efficiency = (ideal + lost / WORKERS) / took
        print(f"{STAGES} stages of {SECONDS} s on {WORKERS} workers, {KILLS} killed: {took:.1f} s, "
              f"{100 * efficiency:.1f} % of the ideal time's pace")
        assert efficiency >= LEAST_EFFICIENCY


main()

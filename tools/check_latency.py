#!/usr/bin/env python3
"""Holds `prune --remove --latency` to its word: cuts networks to a share of their time, then measures them again.

Both networks are timed in turn by `espalier bench --against`, as a machine with neighbours may be half as fast a minute
later, in five processes, which compile anew; the share is the median of theirs. A network passes where it is within 5 % of
what was asked for.

  tools/check_latency.py --share 0.5 models/*.onnx
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ALLOWED = 0.05
TURNS = 5


def in_turn(program, model, written, threads):
    done = subprocess.run([program, "bench", written, "--against", model, "--threads", str(threads), "--seconds", "3",
                           "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def check(program, model, share, threads, granularity, folder):
    """Milliseconds before and after, their share, seconds that the search took; or what was said instead."""
    written = folder / "cut.onnx"
    started = time.monotonic()
    done = subprocess.run([program, "prune", model, "--remove", "--granularity", granularity, "--latency", f"{share}x",
                           "--threads", str(threads), "-o", written], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode:
        return done.stderr.strip().removeprefix("espalier: ")
    turns = [in_turn(program, model, written, threads) for _ in range(TURNS)]
    return (*(statistics.median(turn[key]["median_ms"] for turn in turns) for key in ("against", "network")),
            statistics.median(turn["share"] for turn in turns), seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bin/espalier")
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--granularity", default="filter")
    arguments = parser.parse_args()
    failed = 0
    print(f"{'network':24}{'ms before':>10}{'ms after':>10}{'share':>8}{'off by':>8}{'search':>9}")
    for model in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            found = check(arguments.program, model, arguments.share, arguments.threads, arguments.granularity,
                          pathlib.Path(folder))
        if isinstance(found, str):
            failed += 1
            print(f"{model.stem[:23]:24}{found}", flush=True)
            continue
        before, after, measured, seconds = found
        off = measured / arguments.share - 1
        failed += abs(off) > ALLOWED
        print(f"{model.stem[:23]:24}{before:10.2f}{after:10.2f}{measured:8.3f}{off:+8.1%}{seconds:7.0f} s"
              f"{'' if abs(off) <= ALLOWED else '  missed'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

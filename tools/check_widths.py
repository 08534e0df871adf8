#!/usr/bin/env python3
"""Whether chosen widths are better than uniform ones that run as fast: accuracy after retraining, seed by seed.

Takes trained networks for Fashion-MNIST (tickets of `espalier train`, one a seed), brings each to a share of its measured
time twice, by units ranked among groups of the same shape and by the same share of every layer, retrains both by the same recipe
and prints test accuracy, with the mean difference and its 95 % interval. Passes where the mean of the chosen widths is not
below that of the uniform ones by more than the interval allows.

  espalier train recipes/structured/resnet-20.toml --run runs/dense --set train.steps=4ep
  tools/check_widths.py --share 0.5 --steps 2ep runs/dense/tickets/level-00-replicate-*.onnx
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

WAYS = {"chosen": ["--scope", "isomorphic"], "uniform": ["--scope", "layer-wise"]}
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 97.5 % quantile for so many seeds
RECIPE = """
[model]
onnx = "{model}"
[data]
dataset = "fashion-mnist"
flip = true
crop = 2
[train]
steps = "{steps}"
batch_size = 128
schedule = "cosine"
optimizer = {{name = "sgd", learning_rate = {rate}, momentum = 0.9, weight_decay = 1e-4}}
[experiment]
replicates = 1
seed = {seed}
evaluate_every = "1ep"
"""


def asked(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def share_of_time(program, written, model, threads):
    turn = asked(program, "bench", written, "--against", model, "--threads", threads, "--seconds", 3, "--json")
    return turn["share"]


def retrained(program, model, arguments, seed, folder):
    recipe = folder / "retrain.toml"
    recipe.write_text(RECIPE.format(model=model, steps=arguments.steps, rate=arguments.rate, seed=seed))
    changes = [part for change in arguments.set for part in ("--set", change)]
    trained = asked(program, "train", recipe, "--run", folder / f"run-{model.stem}", "--jobs", 1, "--json", *changes)
    return trained["stages"][0]["test_accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bin/espalier")
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--steps", default="2ep", help="of retraining")
    parser.add_argument("--rate", type=float, default=0.01, help="learning rate that retraining begins with")
    parser.add_argument("--options", default="", help="for both prunings, such as '--combine mean'")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE for retraining; may be repeated")
    arguments = parser.parse_args()
    differences = []
    print(f"{'network':32}" + "".join(f"{way + ': time':>16}{'accuracy':>10}" for way in WAYS), flush=True)
    for seed, model in enumerate(arguments.models):
        accuracy = {}
        line = f"{model.stem[:31]:32}"
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for way, options in WAYS.items():
                written = folder / f"{way}.onnx"
                # Without normalisation retraining would diverge: it stays in the file, and is folded when that runs.
                asked(arguments.program, "prune", model, "--remove", "--latency", f"{arguments.share}x", "--unit-norm", "l2",
                      "--without-pass", "batch-norm", "-o", written, "--json", *options, *arguments.options.split())
                accuracy[way] = retrained(arguments.program, written, arguments, seed, folder)
                line += f"{share_of_time(arguments.program, written, model, 1):15.3f}x{accuracy[way]:10.2%}"
        differences.append(100 * (accuracy["chosen"] - accuracy["uniform"]))
        print(line, flush=True)
    mean = statistics.mean(differences)
    half = STUDENT.get(len(differences), 2) * statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0
    print(f"chosen over uniform: {mean:+.2f} points ({mean - half:.2f} to {mean + half:.2f})")
    return 0 if mean + half >= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
